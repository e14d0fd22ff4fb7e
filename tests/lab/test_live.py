"""The table of the inbox keeps itself up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.lab import follow_receipts
from workbench.receiver.events import Identity
from workbench.receiver.inbox import Inbox
from workbench.receiver.queries import ReceiptFilter
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification


class Screen:
    """Stands where IPython's display stands: keeps how many rows each table had."""

    def __init__(self, between: Callable[[], None]) -> None:
        self.rows: list[int] = []
        self._between = between

    def __call__(self, table: Any, *, display_id: bool) -> Screen:
        """The first showing."""
        assert display_id
        self.update(table)
        return self

    def update(self, table: Any) -> None:
        """The table anew; then something happens."""
        self.rows.append(len(table))
        self._between()


def deliver(inbox: Inbox) -> None:
    """A webhook comes."""
    arrival = Arrival(
        partner="p", pos_code="c", method="POST", target="x", headers=(), body=b"{}",
        received_at=datetime.now(UTC),
    )  # fmt: skip
    key = Identity(str(arrival.received_at))
    asyncio.run(inbox.put(arrival, Verification(ok=True, reason="ok"), key))


@pytest.mark.parametrize(("seconds", "fewest"), [(0, 1), (0.3, 3)])
def test_what_comes_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, fewest: int
) -> None:
    """Each new delivery is in the next table; without a time the table is shown once."""
    monkeypatch.setattr("workbench.lab.live.EVERY_SECONDS", 0.1)
    with Inbox(tmp_path / "inbox.db") as inbox:
        screen = Screen(lambda: deliver(inbox))
        monkeypatch.setattr("workbench.lab.live.display", screen)
        follow_receipts(inbox.database, ReceiptFilter(partner="p"), seconds=seconds)
    assert len(screen.rows) >= fewest
    assert screen.rows == list(range(len(screen.rows)))


def test_stop_ends_it_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Stop button of JupyterLab is no error."""

    def press() -> None:
        if len(screen.rows) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("workbench.lab.live.EVERY_SECONDS", 0.01)
    screen = Screen(press)
    monkeypatch.setattr("workbench.lab.live.display", screen)
    with Inbox(tmp_path / "inbox.db") as inbox:
        follow_receipts(inbox.database, ReceiptFilter(), seconds=60)
    assert screen.rows == [0, 0]
