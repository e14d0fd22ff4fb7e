"""How many signed events a second the inbox takes durably; `python tests/benchmarks/inbox.py`.

64 connections send a signed order of 1.9 kB each, and wait for the answer, which comes after the
COMMIT. Compared in one run, in turns: our group commit, one commit per event through the same
application, the application without a store (its ceiling), and what the disk itself can sync.
After each turn the table must hold at least as many receipts as were acknowledged. Read the
ratios: the figures move with whatever else the machine does.
"""

# ruff: noqa: E402  the checkout, and helpers of the tests, are put on the path first

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "receiver")]

import children
import postgres_server
from sqlalchemy import func, select

from workbench.partners.webhooks import Webhooks
from workbench.receiver import inbox as inbox_module
from workbench.receiver.app import Endpoint, create_app
from workbench.receiver.database import Database
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import RECEIPTS
from workbench.receiver.server import ListeningPlace, serve

KEY = b"benchmark"
WEBHOOKS = {
    "signature": {"scheme": "hmac", "header": "X-Signature", "credentials": ["secret"]},
    "events": {"order": {"match": {"path": "orders"}, "event_id": "$.id", "entity_id": "$.id"}},
}
WRK = shutil.which("wrk")  # Debian's package; without it a client of our own, on our own CPU
ORDERS_LUA = """
local orders = {}
for line in io.lines("%s") do orders[#orders + 1] = line end
local number = 0
request = function()
  number = number %% #orders + 1
  local order = orders[number]
  local headers = {["Content-Type"] = "application/json", ["X-Signature"] = order:sub(1, 64)}
  return wrk.format("POST", nil, headers, order:sub(65))
end
"""
FILLING = '"lines":[' + ",".join(['{"sku":"A-1","name":"Croquetas","quantity":2}'] * 39) + "]"


@dataclass
class Lane(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends again until time is up.

    With an `interval` it sends so often and no oftener; a late answer then counts from when the
    event was due, not from when it was sent.
    """

    name: str
    end: float
    done: asyncio.Future[None]
    interval: float = 0.0
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    _count: int = 0
    _since: float = 0.0
    _got: bytes = b""
    _transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        self._since = time.perf_counter() + self.interval * random.random()
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answers have no body, so the end of the head is the end."""
        self._got += data
        if not self._got.endswith(b"\r\n\r\n"):
            return
        now = time.perf_counter()
        self.seconds.append(now - self._since)
        self.refused += self._got[9:12] != b"200"
        self._got = b""
        if now >= self.end:
            self._transport.close()
            return
        self._since = self._since + self.interval if self.interval else now
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        """The end."""
        if not self.done.done():
            self.done.set_result(None)

    def _wait(self) -> None:
        late = self._since - time.perf_counter()
        if late > 0:
            asyncio.get_running_loop().call_later(late, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._count += 1
        body = f'{{"id":"{self.name}-{self._count}",{FILLING}}}'.encode()
        proof = hmac.digest(KEY, body, "sha256").hex()
        self._transport.write(
            b"POST /p1/webhooks/orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            b"X-Signature: %s\r\nContent-Length: %d\r\n\r\n%s" % (proof.encode(), len(body), body)
        )


async def load(port: int, connections: int, seconds: float, rate: float = 0) -> list[Lane]:
    """Send for so long, at that rate or as fast as answers come; the lanes and what they saw."""
    loop = asyncio.get_running_loop()
    stamp = f"{time.time_ns()}"
    end = time.perf_counter() + seconds
    interval = connections / rate if rate else 0.0
    lanes = [Lane(f"{stamp}-{n}", end, loop.create_future(), interval) for n in range(connections)]
    for lane in lanes:
        await loop.create_connection(lambda lane=lane: lane, "127.0.0.1", port)
    await asyncio.gather(*(lane.done for lane in lanes))
    return lanes


def run_server(location: str, port: int, mode: str) -> None:
    """The child: granian on an inbox, in one of the modes."""
    webhooks = Webhooks.model_validate(WEBHOOKS)
    if mode == "per event":
        inbox_module.BATCH_ROWS = 1
    with Inbox(location) as inbox:
        if mode == "no store":

            async def forget(*_: object) -> None:
                return

            inbox.put = forget  # type: ignore[method-assign]
        serve(create_app({"p1": Endpoint("p", webhooks, (KEY,))}, inbox), ListeningPlace(port=port))


@contextlib.contextmanager
def served(location: str, mode: str, disk: dict[str, str] | None = None) -> Iterator[int]:
    """A server in a process of its own; its port."""
    port = children.free_port()
    command = [sys.executable, __file__, "--serve", location, str(port), mode]
    process = subprocess.Popen(command, env={**os.environ, **(disk or {})})
    try:
        for _ in range(400):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def measure(
    location: str, mode: str, options: argparse.Namespace, **more: Any
) -> tuple[float, float]:
    """(events per second, p99 in milliseconds) of one turn."""
    with served(location, mode, more.get("disk")) as port:
        asyncio.run(load(port, options.connections, 0.3))
        pace = more.get("pace", 0)
        run = run_wrk if WRK and not pace else partial(run_lanes, pace=pace)
        acknowledged, rate, p99 = run(port, options)
    if mode != "no store":
        with contextlib.closing(Database(location)) as database, database.transact() as connection:
            stored = connection.scalar(select(func.count()).select_from(RECEIPTS))
        if stored < acknowledged:
            raise SystemExit(f"{acknowledged} acknowledged, {stored} stored ({location}, {mode})")
    return rate, p99


def run_lanes(port: int, options: argparse.Namespace, pace: float = 0) -> tuple[int, float, float]:
    """(acknowledged, events per second, p99 in milliseconds) as our own client sees it."""
    start = time.perf_counter()
    lanes = asyncio.run(load(port, options.connections, options.seconds, pace))
    spent = time.perf_counter() - start
    times = sorted(second for lane in lanes for second in lane.seconds)
    refused = sum(lane.refused for lane in lanes)
    if refused:
        sys.stdout.write(f"  {refused} of {len(times)} refused\n")
    acknowledged = len(times) - refused
    return acknowledged, acknowledged / spent, times[int(len(times) * 0.99)] * 1000


def run_wrk(port: int, options: argparse.Namespace) -> tuple[int, float, float]:
    """As `run_lanes`, as wrk sees it: it leaves more of the CPU to us."""
    with tempfile.TemporaryDirectory() as room:
        lines = Path(room) / "orders"
        with lines.open("wb") as file:
            for number in range(int(options.seconds * 20_000)):
                body = f'{{"id":"{time.time_ns()}-{number}",{FILLING}}}'.encode()
                file.write(hmac.digest(KEY, body, "sha256").hex().encode() + body + b"\n")
        script = Path(room) / "orders.lua"
        script.write_text(ORDERS_LUA % lines)
        command = [WRK or "", "-t1", f"-c{options.connections}", f"-d{options.seconds:.0f}s"]
        command += ["--latency", "-s", str(script), f"http://127.0.0.1:{port}/p1/webhooks/orders"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    if refused:
        sys.stdout.write(f"  {refused[1]} refused\n")
    answers = int(re.search(r"(\d+) requests in", told)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])  # type: ignore[index]
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    late = float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]  # type: ignore[index]
    return answers - int(refused[1] if refused else 0), rate, late


def sync_rate(folder: Path, seconds: float = 1.0) -> float:
    """Appends of 4 KiB, each with fdatasync, per second: what the disk can do one by one."""
    count, end = 0, time.perf_counter() + seconds
    with (folder / "sync").open("wb", buffering=0) as file:
        while time.perf_counter() < end:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


def compare(options: argparse.Namespace, folder: Path, server: Any) -> dict[str, list[Any]]:
    """Every configuration, in turns, so that a busy moment hits all alike."""
    found: dict[str, list[Any]] = {}
    library = children.compile_disk(folder) if children.shutil.which("gcc") else None
    for turn in range(options.turns):
        found.setdefault("disk: fdatasync", []).append((sync_rate(folder), 0.0))
        for mode in ("no store", "per event", "group commit"):
            path = folder / f"{mode}-{turn}".replace(" ", "-") / "inbox.db"
            found.setdefault(f"SQLite, {mode}", []).append(measure(str(path), mode, options))
            if mode == "group commit":
                path = folder / f"paced-{turn}" / "inbox.db"
                figures = measure(str(path), mode, options, pace=1000)
                found.setdefault("SQLite, 1,000 events/s asked", []).append(figures)
            if server is not None and mode != "no store":
                figures = measure(server.empty(), mode, options)
                found.setdefault(f"PostgreSQL, {mode}", []).append(figures)
            if library is not None and mode != "no store":
                slow = {"LD_PRELOAD": library, "DISK_DELAY_US": "10000"}
                path = folder / f"slow-{mode}-{turn}".replace(" ", "-") / "inbox.db"
                slow["DISK_ROOT"] = str(path.parent)
                figures = measure(str(path), mode, options, disk=slow)
                found.setdefault(f"SQLite +10 ms/fsync, {mode}", []).append(figures)
    return found


def show(found: dict[str, list[Any]]) -> None:
    """A table of medians, with the two ratios that count."""
    rates = {name: statistics.median(rate for rate, _ in runs) for name, runs in found.items()}
    sync = rates["disk: fdatasync"]
    sys.stdout.write(
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; medians\n\n"
        f"{'configuration':36} {'events/s':>9} {'p99 ms':>8} {'x per event':>12}"
        f" {'x fdatasync':>12}\n"
    )
    for name, runs in sorted(found.items()):
        slowest = statistics.median(late for _, late in runs)
        single = rates.get(name.replace("group commit", "per event"))
        ratio = f"{rates[name] / single:.1f}" if single and "group" in name else ""
        # The fsync of the slowed disk is not that of the first line.
        against = f"{rates[name] / sync:.1f}" if not re.search(r"\+|asked|no store", name) else ""
        late = f"{slowest:.1f}" if slowest else ""
        sys.stdout.write(f"{name:36} {rates[name]:9.0f} {late:>8} {ratio:>12} {against:>12}\n")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    if options.serve:
        location, port, mode = options.serve
        run_server(location, int(port), mode)
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT.parent)))
        reason = postgres_server.missing()
        if reason:
            sys.stdout.write(f"without PostgreSQL: {reason}\n")
        server = None if reason else stack.enter_context(postgres_server.cluster())
        show(compare(options, folder, server))


if __name__ == "__main__":
    main()
