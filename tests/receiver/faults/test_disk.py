"""A disk that is full, fails, is slow, or whose log was torn: nothing acknowledged is lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from children import Storm, child, compile_disk, send, serving
from deliveries import keep

from workbench.errors import InputError, StoreError
from workbench.receiver.events import Identity
from workbench.receiver.inbox import Inbox
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The disk that fails."""
    return compile_disk(tmp_path_factory.mktemp("disk"))


def stored(path: Path) -> set[str]:
    """Targets of the receipts in an inbox."""
    with Inbox(path) as inbox:
        return {receipt.target for receipt in inbox.receipts(None)}


def test_a_full_disk_is_503_until_there_is_space(tmp_path: Path, library: str) -> None:
    """ENOSPC: not acknowledged, asked to come again, and with space again all goes on."""
    path, flag = tmp_path / "inbox.db", tmp_path / "full"
    settings = {"DISK_ROOT": str(path), "DISK_FULL": str(flag)}
    with serving(str(path), settings) as (_, port):
        assert send(port, "/p1/webhooks/before") == 200
        flag.touch()
        assert [send(port, f"/p1/webhooks/during-{n}") for n in range(5)] == [503] * 5
        flag.unlink()
        assert send(port, "/p1/webhooks/after") == 200
    assert {"before", "after"} <= stored(path)


@pytest.mark.slow
def test_after_a_failed_fsync_nothing_more_is_acknowledged(tmp_path: Path, library: str) -> None:
    """EIO: the kernel may have dropped the pages, so the inbox refuses until it is restarted."""
    path, flag = tmp_path / "inbox.db", tmp_path / "broken"
    settings = {"DISK_ROOT": str(path), "DISK_EIO": str(flag)}
    with serving(str(path), settings) as (_, port):
        assert send(port, "/p1/webhooks/before") == 200
        flag.touch()
        assert send(port, "/p1/webhooks/during") == 503
        flag.unlink()
        assert send(port, "/p1/webhooks/after") == 503
    with serving(str(path)) as (_, port):
        assert send(port, "/p1/webhooks/restarted") == 200
    assert {"before", "restarted"} <= stored(path)


@pytest.mark.slow
def test_a_slow_disk_is_shared_by_all_who_wait(tmp_path: Path, library: str) -> None:
    """At +10 ms per fsync, 64 lanes together are faster than one commit per event can ever be."""
    path = tmp_path / "inbox.db"
    settings = {"DISK_ROOT": str(path), "DISK_DELAY_US": "10000"}
    with child("writer", path, "ours", 64, disk=settings) as writer:
        writer.read(64)
        before, start = len(writer.lines), time.monotonic()
        time.sleep(1.5)
        rate = (len(writer.lines) - before) / (time.monotonic() - start)
        acknowledged = set(writer.kill())
    assert acknowledged <= stored(path)
    assert rate > 2 * 100  # 100: one commit per event, were the disk nothing but the delay


@pytest.mark.slow
def test_a_torn_log_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Garbage behind the last commit, as half a write would leave it, is passed over."""
    path = tmp_path / "inbox.db"
    with child("writer", path, "ours", 4) as writer:
        writer.read(60)
        acknowledged = set(writer.kill())
    log = path.with_name("inbox.db-wal")
    log.write_bytes(log.read_bytes() + b"\x5a" * 6000)
    assert acknowledged <= stored(path)


def test_a_file_that_became_read_only_is_told(tmp_path: Path) -> None:
    """A folder where nothing can be made is an input error, and writing a StoreError."""
    with pytest.raises(InputError):
        Inbox(Path("/proc/no/such/inbox.db"))
    with Inbox(tmp_path / "inbox.db") as inbox:
        inbox.database.engine.dispose()
        with inbox.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(StoreError, match="READONLY"):
            keep(inbox, _arrival(), Verification(True, "ok"), Identity("k"))


@pytest.mark.slow
def test_a_server_under_load_survives_a_disk_that_fills_and_empties(
    tmp_path: Path, library: str
) -> None:
    """Full for a moment, three times, in a storm: every 200 is on disk, every other is a 503."""
    path, flag = tmp_path / "inbox.db", tmp_path / "full"
    settings = {"DISK_ROOT": str(path), "DISK_FULL": str(flag)}
    with serving(str(path), settings) as (_, port):
        storm = Storm(port, "s")
        with storm.blowing():
            for _ in range(3):
                storm.wait_for(20)
                flag.touch()
                storm.wait_for(4, status=503)
                flag.unlink()
            storm.wait_for(20)
    assert set(storm.answers) == {200, 503}
    assert set(storm.acknowledged) <= stored(path)


def _arrival() -> Arrival:
    return Arrival(
        partner="p",
        pos_code="c",
        method="POST",
        target="t",
        headers=(),
        body=b"{}",
        received_at=datetime.now(UTC),
    )
