"""After a power cut every acknowledged event is there; weaker promises are seen to fail."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import postgres_server
import pytest
from children import child, compile_disk

from workbench.receiver.inbox import Inbox


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The disk that forgets."""
    return compile_disk(tmp_path_factory.mktemp("disk"))


def cut(folder: Path, library: str, mode: str, enough: int) -> tuple[set[str], list[str]]:
    """Write, cut the power, start again: (acknowledged, stored)."""
    disk, shadow = folder / "disk", folder / "shadow"
    disk.mkdir(exist_ok=True)
    shadow.mkdir(exist_ok=True)
    settings = {"DISK_ROOT": str(disk), "DISK_SHADOW": str(shadow)}
    if mode == "ack-before-commit":
        settings["DISK_DELAY_US"] = "20000"  # so that something is always under way
    with child("writer", disk / "inbox.db", mode, 8, disk=settings) as writer:
        writer.read(enough)
        acknowledged = {line for line in writer.kill() if not line.startswith("!")}
    after = folder / "after"
    shutil.rmtree(after, ignore_errors=True)
    after.mkdir()
    for name in ("inbox.db", "inbox.db-wal"):
        if (shadow / name).exists():
            shutil.copy(shadow / name, after / name)
    with Inbox(after / "inbox.db") as inbox:
        stored = [receipt.target for receipt in inbox.receipts("p")]
    with contextlib.closing(sqlite3.connect(after / "inbox.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return acknowledged, stored


@pytest.mark.parametrize("enough", [300, pytest.param(2000, marks=pytest.mark.nightly)])
def test_no_acknowledged_event_is_lost(tmp_path: Path, library: str, enough: int) -> None:
    """Only what was synced survives, and every acknowledged event was."""
    acknowledged, stored = cut(tmp_path, library, "ours", enough)
    assert len(acknowledged) >= enough
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.nightly
@pytest.mark.parametrize("turn", range(5))
def test_five_power_cuts(tmp_path: Path, library: str, turn: int) -> None:
    """Cut at five other moments."""
    acknowledged, stored = cut(tmp_path, library, "ours", 150 + 166 * turn)
    assert acknowledged <= set(stored)


@pytest.mark.parametrize(
    "mode",
    [
        "PRAGMA synchronous=NORMAL",
        pytest.param("ack-before-commit", marks=pytest.mark.slow),
    ],
)
def test_the_controls_lose_events(tmp_path: Path, library: str, mode: str) -> None:
    """The experiment can see a loss: weaker settings do lose acknowledged events."""
    acknowledged, stored = cut(tmp_path, library, mode, 300)
    assert acknowledged - set(stored)


def cut_server(
    server: postgres_server.Cluster, mode: str, enough: int
) -> tuple[set[str], list[str]]:
    """The same with PostgreSQL: its machine loses power, and it recovers from what was synced."""
    shadow = server.folder / "shadow"
    server.stop()
    server.copy_to(shadow)  # all of it was synced long ago
    server.environment = {
        "LD_PRELOAD": compile_disk(server.folder),
        "DISK_ROOT": str(server.data),
        "DISK_SHADOW": str(shadow),
    }
    server.start()
    with child("writer", server.url(), mode, 16) as writer:
        writer.read(enough)
        server.kill()
        acknowledged = {line for line in writer.kill() if not line.startswith("!")}
    server.environment = {}
    server.replace_with(shadow)
    server.start()
    with Inbox(server.url()) as inbox:
        return acknowledged, [receipt.target for receipt in inbox.receipts("p")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "enough", [150, *(pytest.param(many, marks=pytest.mark.nightly) for many in (400, 1000))]
)
def test_postgresql_keeps_what_was_acknowledged(
    own_cluster: postgres_server.Cluster, enough: int
) -> None:
    """Every acknowledged event is there after its recovery, and none twice."""
    acknowledged, stored = cut_server(own_cluster, "ours", enough)
    assert len(acknowledged) >= enough
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.slow
def test_the_control_of_postgresql_loses_events(own_cluster: postgres_server.Cluster) -> None:
    """`synchronous_commit=off` does lose what a power cut finds unsynced."""
    acknowledged, stored = cut_server(own_cluster, "SET synchronous_commit=off", 1000)
    assert acknowledged - set(stored)
