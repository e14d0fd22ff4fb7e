"""Runs as a process of its own, to be killed: a writer, a server or a worker on an inbox."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import event

from workbench.errors import StoreError
from workbench.partners import load_partner
from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Endpoint, create_app
from workbench.receiver.events import Identity
from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.receipt import Arrival
from workbench.receiver.server import ListeningPlace, serve
from workbench.receiver.signature import Verification
from workbench.receiver.sink import NdjsonSink
from workbench.receiver.worker import Worker
from workbench.settings import Settings

OK = Verification(True, "ok")


def weaken(inbox: Inbox, statement: str) -> None:
    """Every connection gives a promise less than ours: the control of an experiment."""

    @event.listens_for(inbox.database.engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.cursor().execute(statement).close()
        if hasattr(connection, "pgconn"):
            connection.commit()

    inbox.database.engine.dispose()


async def write(inbox: Inbox, lane: int, mode: str) -> None:
    """Store events for ever; print the key of each that is acknowledged, or why it was not."""
    number = 0
    while True:
        key = f"{lane}-{number}"
        arrival = Arrival(
            partner="p",
            pos_code="c",
            method="POST",
            target=key,
            headers=(),
            body=b"x" * 1900,
            received_at=datetime.now(UTC),
        )
        try:
            if mode == "ack-before-commit":
                put = asyncio.ensure_future(inbox.put(arrival, OK, Identity(key)))
                put.add_done_callback(lambda done: done.exception())
                await asyncio.sleep(0.001)
            else:
                await inbox.put(arrival, OK, Identity(key))
            told = key
        except Exception as error:  # noqa: BLE001  the parent reads which
            told = f"!{error}"
            await asyncio.sleep(0.01)
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
        number += 1


async def run_writer(location: str, mode: str, lanes: int) -> None:
    """Eight or so lanes that write until they are killed."""
    inbox = Inbox(location)
    if mode.startswith(("PRAGMA", "SET")):
        weaken(inbox, mode)
    await asyncio.gather(*(write(inbox, lane, mode) for lane in range(lanes)))


def run_server(location: str, port: int) -> None:
    """Granian, as on duty."""
    webhooks = Webhooks.model_validate({"signature": {"scheme": "none"}, "timeout_seconds": 5})
    with Inbox(location) as inbox:
        serve(create_app({"p1": Endpoint("t", webhooks)}, inbox), ListeningPlace(port=port))


def run_worker(location: str, root: str, output: str, batch: int) -> None:
    """A worker with a file as sink; says when it has nothing left to do."""
    inbox = Inbox(location)
    partner = load_partner("tavola", Settings(root=Path(root)))
    worker = Worker(inbox.database, [Party(partner)], NdjsonSink(Path(output)), batch=batch)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    is_idle = False
    while not is_idle:
        try:
            is_idle = not worker.step()
        except StoreError:  # a busy file, for which the receiver's own loop waits as well
            time.sleep(0.1)
    sys.stdout.write("idle\n")
    sys.stdout.flush()
    threading.Event().wait()


def run(output: Connection, disk: dict[str, str], kind: str, location: str, *rest: str) -> None:
    """What a child does, on a disk that behaves like that; it says what it did to `output`."""
    os.environ.update(disk)
    sys.stdout = os.fdopen(os.dup(output.fileno()), "w", encoding="utf-8")
    if kind == "writer":
        asyncio.run(run_writer(location, rest[0], int(rest[1])))
    elif kind == "server":
        run_server(location, int(rest[0]))
    else:
        run_worker(location, rest[0], rest[1], int(rest[2]))
