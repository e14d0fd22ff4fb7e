"""What it costs to make orders of events; `python tests/benchmarks/processing.py`.

Orders of 2.8 kB of an embedded partner are in the inbox; one worker splits, matches, maps,
validates and writes them down. Then a single body with as many orders. Told is the CPU of the
worker, since the wall has whatever else the machine does; a database server takes its own beside.
"""

# ruff: noqa: E402  the checkout, and helpers of the tests, are put on the path first

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "receiver")]

import postgres_server
from deliveries import START, _entry, order, partner, sample

from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.store import write_row
from workbench.receiver.upsert import Row, upsert
from workbench.receiver.worker import Worker

PORTION = 500


def list_orders(count: int) -> list[Row]:
    """So many deliveries of one order each."""
    times = (START + timedelta(milliseconds=number) for number in range(count))
    told = (_entry("tavola", "orders", order(number), at) for number, at in enumerate(times))
    return [write_row(*one) for one in told]


def list_body(count: int) -> list[Row]:
    """One delivery of so many orders."""
    batch = sample("bocado", "order-created-event", "batch")
    items = [{**batch["Pedidos"][0], "PedidoId": f"P-{number}"} for number in range(count)]
    return [write_row(*_entry("bocado", "pedidos/nuevos", {**batch, "Pedidos": items}))]


def measure(location: str, slug: str, rows: Sequence[Row], count: int, name: str) -> None:
    """Work them off, and tell what an event took."""
    with Inbox(location) as inbox:
        for first in range(0, len(rows), PORTION):
            with inbox.database.transact() as connection:
                upsert(connection, rows[first : first + PORTION])
        worker = Worker(inbox.database, [Party(partner(slug))])
        since, spent = time.monotonic(), time.process_time()
        while worker.step():
            pass
        spent, passed = time.process_time() - spent, time.monotonic() - since
    sys.stdout.write(
        f"{name:28} {spent / count * 1e6:5.0f} us CPU/event = {count / spent:5.0f} per core-second;"
        f" {count / passed:5.0f}/s on the wall, load {os.getloadavg()[0]:.1f}\n"
    )


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    count = options.events
    cases = (("tavola", list_orders(count), "deliveries"), ("bocado", list_body(count), "one body"))
    with contextlib.ExitStack() as stack:
        reason = postgres_server.missing()
        server = None if reason else stack.enter_context(postgres_server.cluster())
        for _ in range(options.turns):
            for slug, rows, name in cases:
                with tempfile.TemporaryDirectory(dir=ROOT.parent) as folder:
                    measure(f"{folder}/inbox.sqlite", slug, rows, count, f"SQLite, {name}")
                if server is not None:
                    measure(server.empty(), slug, rows, count, f"PostgreSQL, {name}")


if __name__ == "__main__":
    main()
