"""An inbox within its bounds: old and large goes, what is open stays, nobody waits."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deliveries import START, CallableSink, order, partner, post
from sqlalchemy import select, update

from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import RECEIPTS, content_bytes
from workbench.receiver.process import Party
from workbench.receiver.queries import ReceiptFilter, list_receipts
from workbench.receiver.retention import Keeping, Retainer
from workbench.receiver.worker import Worker


@pytest.fixture
def inbox(location: str) -> Iterator[Inbox]:
    """An empty inbox in either store."""
    with Inbox(location) as opened:
        yield opened


def fill(inbox: Inbox, count: int, *, padding: int = 0, first: int = 1) -> None:
    """So many orders, an hour apart; the receipts are processed."""
    for number in range(first, first + count):
        payload = order(number, comment=os.urandom(padding // 2).hex())
        post(inbox, "tavola", "orders", payload, at=START + timedelta(hours=number))
    worker = Worker(inbox.database, [Party(partner())], CallableSink(lambda _: None))
    while worker.step():
        pass


def states(inbox: Inbox) -> list[str]:
    """Of all receipts, oldest first."""
    return [line.state for line in reversed(list_receipts(inbox.database, ReceiptFilter()))]


def test_what_is_older_than_its_days_is_erased(inbox: Inbox) -> None:
    """The bound counts from now; what is not yet processed stays, however old."""
    fill(inbox, 3)
    post(inbox, "tavola", "orders", order(9), at=START)
    now = START + timedelta(days=30, hours=2.5)
    retainer = Retainer(inbox.database, Keeping(days=30), clock=lambda: now)
    assert retainer.step() == 2
    assert states(inbox) == ["erased", "erased", "done", "new"]
    assert retainer.step() == 0


def test_above_its_size_the_oldest_go(inbox: Inbox) -> None:
    """The newest stay, and the inbox is smaller than before."""
    fill(inbox, 30, padding=50_000)
    before = inbox.database.size()
    retainer = Retainer(inbox.database, Keeping(bytes=before - 600_000))
    assert 10 <= retainer.step() <= 20
    found = states(inbox)
    assert found == sorted(found, key=["erased", "done"].index)
    assert found[-1] == "done"
    assert retainer.step() == 0
    assert states(inbox) == found


def test_not_one_receipt_more_goes_than_the_bound_asks(inbox: Inbox) -> None:
    """Exactly at its bound an inbox keeps all; above it by one receipt's content, that one goes."""
    fill(inbox, 3)
    size = inbox.database.size()
    with inbox.database.transact() as connection:
        first = connection.scalar(select(content_bytes()).order_by(RECEIPTS.c.id).limit(1))
    assert Retainer(inbox.database, Keeping(bytes=size)).step() == 0
    assert first
    assert Retainer(inbox.database, Keeping(bytes=size - int(first))).step() == 1
    assert states(inbox) == ["erased", "done", "done"]


def test_what_nobody_has_read_yet_makes_no_room(inbox: Inbox) -> None:
    """A receipt that waits to be read is not counted among what can go: the next one goes."""
    fill(inbox, 3)
    size = inbox.database.size()
    with inbox.database.transact() as connection:
        connection.execute(update(RECEIPTS).where(RECEIPTS.c.id == 1).values(state="new"))
        cost = connection.scalar(select(content_bytes()).where(RECEIPTS.c.id == 2))
    assert Retainer(inbox.database, Keeping(bytes=size - int(cost or 0))).step() > 0
    with inbox.database.transact() as connection:
        kept = connection.scalars(select(RECEIPTS.c.state).order_by(RECEIPTS.c.id)).all()
    assert kept[1] == "erased"


def test_the_room_of_a_file_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After everything is erased the file is nearly as small as a new one, in few portions."""
    pauses: list[float] = []
    monkeypatch.setattr("workbench.receiver.database.time.sleep", pauses.append)
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        fill(inbox, 40, padding=100_000)
        full = path.stat().st_size
        Retainer(inbox.database, Keeping(days=1), clock=lambda: datetime.now(UTC)).step()
    assert full > 4_000_000
    assert path.stat().st_size < full / 4
    assert len(pauses) < 50


def test_deliveries_are_taken_meanwhile(inbox: Inbox) -> None:
    """While much is erased every delivery is stored."""
    fill(inbox, 40, padding=20_000)
    now = START + timedelta(days=60)
    retainer = Retainer(inbox.database, Keeping(days=1), clock=lambda: now)
    thread = threading.Thread(target=retainer.step)
    thread.start()
    for number in range(100, 140):
        post(inbox, "tavola", "orders", order(number), at=now)
    thread.join(60)
    found = states(inbox)
    assert found.count("erased") == 40
    assert found.count("new") == 40
