"""The durable inbox: acknowledged means on disk, repeats are counted, trouble is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deliveries import keep
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError, StoreError
from workbench.receiver.events import Identity
from workbench.receiver.inbox import GATHER_SECONDS, Inbox, _pause_after
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification
from workbench.receiver.store import Store

OK = Verification(True, "ok")
REFUSED = Verification(False, "mismatch")
START = datetime(2026, 9, 21, 12, tzinfo=UTC)


def arrival(
    number: int = 0, body: bytes = b"{}", at: datetime = START, partner: str = "p"
) -> Arrival:
    """An arrival that differs from others by its number."""
    return Arrival(
        partner=partner,
        pos_code="pos-1",
        method="POST",
        target=f"orders/{number}",
        headers=(("x-n", str(number)), ("x-n", "tw\xefce")),
        body=body,
        received_at=at,
    )


def test_what_was_put_is_there(inbox: Inbox) -> None:
    """Bytes, headers in order, address and verification come back as they were."""
    body = bytes(range(256))
    keep(inbox, arrival(1, body), OK, Identity("k"))
    (receipt,) = inbox.receipts("p")
    assert receipt.body == body
    assert receipt.headers == (("x-n", "1"), ("x-n", "tw\xefce"))
    assert (receipt.tail, receipt.method, receipt.pos_code) == ("orders/1", "POST", "pos-1")
    assert (receipt.verified, receipt.reason, receipt.state) == (True, "ok", "new")
    assert receipt.received_at == receipt.last_seen_at == START


def test_the_file_is_durable_and_private(tmp_path: Path) -> None:
    """Every connection has WAL, synchronous=FULL; only the owner may read the file."""
    path = tmp_path / "folder" / "inbox.db"
    store = Store(f"sqlite:///{path}")
    with store.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_repeats_are_counted(inbox: Inbox) -> None:
    """The same key is one row; another body under it is noticed; another pos-code is its own."""
    keep(inbox, arrival(1), OK, Identity("k"))
    keep(inbox, arrival(1, at=START + timedelta(seconds=9)), OK, Identity("k"))
    keep(inbox, arrival(1, b"other"), OK, Identity("k"))
    (receipt,) = inbox.receipts("p")
    assert (receipt.seen_again, receipt.differed, receipt.body) == (2, 1, b"{}")
    assert receipt.received_at == START


def test_receipts_are_chosen_by_partner_and_time(inbox: Inbox) -> None:
    """`since` is inclusive and counts repeats; the order is that of arrival."""
    later = START + timedelta(hours=1)
    keep(inbox, arrival(1), OK, Identity("a"))
    keep(inbox, arrival(2), OK, Identity("b"))
    keep(inbox, arrival(3, partner="q"), OK, Identity("c"))
    keep(inbox, arrival(1, at=later), OK, Identity("a"))
    assert [r.tail for r in inbox.receipts("p")] == ["orders/1", "orders/2"]
    assert [r.tail for r in inbox.receipts("p", later)] == ["orders/1"]
    assert inbox.receipts("p", later + timedelta(microseconds=1)) == []
    assert len(inbox.receipts(None)) == 3


def test_health_tells_depth_and_age(inbox: Inbox) -> None:
    """Depth counts what is new, not what is in quarantine; the age is that of the oldest."""
    assert inbox.health().oldest_seconds is None
    keep(inbox, arrival(1, at=datetime.now(UTC) - timedelta(seconds=50)), OK, Identity("a"))
    keep(inbox, arrival(2, at=datetime.now(UTC)), OK, Identity("b"))
    keep(inbox, arrival(3), REFUSED, Identity("c"))
    health = inbox.health()
    assert (health.is_writing, health.depth, health.quarantined) == (True, 2, 1)
    assert health.oldest_seconds is not None
    assert 50 <= health.oldest_seconds < 60


def test_a_repeat_that_is_news_opens_the_receipt(inbox: Inbox) -> None:
    """A ping without id is new again, a normal repeat leaves the state as it is."""
    for key in ("ping", "event"):
        keep(inbox, arrival(1), OK, Identity(key))
    with contextlib.closing(sqlite3.connect(inbox.database.name)) as other, other:
        other.execute("UPDATE receipts SET state = 'done'")
    keep(inbox, arrival(1), OK, Identity("ping", reopens=True))
    keep(inbox, arrival(1), OK, Identity("event"))
    assert [receipt.state for receipt in inbox.receipts("p")] == ["new", "done"]


def test_one_commit_serves_many(inbox: Inbox) -> None:
    """Five hundred callers at once need few commits, and each gets its answer."""
    commits = 0
    write = inbox._store.write

    def count(rows: object) -> None:
        nonlocal commits
        commits += 1
        time.sleep(0.005)
        write(rows)  # type: ignore[arg-type]

    inbox._store.write = count  # type: ignore[method-assign]

    async def storm() -> None:
        puts = (inbox.put(arrival(n), OK, Identity(str(n))) for n in range(500))
        await asyncio.gather(*puts)

    asyncio.run(storm())
    assert len(inbox.receipts("p")) == 500
    assert commits < 20


@pytest.mark.parametrize(("part", "sizes"), [(100.0, [1, 32, 32]), (0.0, [1, 32, 1, 31])])
def test_a_slow_disk_is_waited_for_together(
    inbox: Inbox, part: float, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes soon after a slow COMMIT shares the next one; without gathering it does not."""
    monkeypatch.setattr("workbench.receiver.inbox.GATHER_PART", part)
    monkeypatch.setattr("workbench.receiver.inbox.GATHER_SECONDS", 3.0)
    batches: list[int] = []
    write = inbox._store.write
    all_are_there = threading.Event()

    def count(rows: list[object]) -> None:
        all_are_there.wait(120)
        time.sleep(0.03)
        write(rows)  # type: ignore[arg-type]
        batches.append(len(rows))

    inbox._store.write = count  # type: ignore[method-assign]

    async def put(numbers: range) -> None:
        await asyncio.gather(*(inbox.put(arrival(n), OK, Identity(str(n))) for n in numbers))

    async def wait_for(waiting: int) -> None:
        for _ in range(12_000):
            if len(inbox._entries) == waiting:
                return
            await asyncio.sleep(0.01)

    async def callers() -> None:
        first = asyncio.create_task(put(range(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        await wait_for(0)  # the writer has taken it
        second = asyncio.create_task(put(range(1, 33)))
        await wait_for(32)
        all_are_there.set()
        await asyncio.gather(first, second)
        early = asyncio.create_task(put(range(33, 34)))
        for _ in range(12_000 if part == 0 else 1):
            await asyncio.sleep(0.01)
            if len(batches) > 2:
                break
        await put(range(34, 65))
        await early

    asyncio.run(callers())
    assert batches == sizes


@pytest.mark.parametrize(
    ("seconds", "rows", "pause"),
    [(0.001, 60, 0), (0.012, 1, 0), (0.012, 60, 0.0042), (2, 60, GATHER_SECONDS)],
)
def test_only_a_busy_inbox_on_a_slow_disk_gathers(seconds: float, rows: int, pause: float) -> None:
    """Alone, or where a COMMIT is quick, nobody waits; nobody waits long."""
    assert _pause_after(seconds, rows) == pytest.approx(pause)


def test_duplicates_at_once_are_one_row(inbox: Inbox) -> None:
    """Threads and tasks that bring the same event together make one receipt."""
    threads = [
        threading.Thread(target=keep, args=(inbox, arrival(1), OK, Identity("k")))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (receipt,) = inbox.receipts("p")
    assert receipt.seen_again == 9


def test_the_acknowledgement_waits_for_the_commit(inbox: Inbox) -> None:
    """While another process holds the file nobody is acknowledged; afterwards it goes on."""
    with contextlib.closing(sqlite3.connect(inbox.database.name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="SQLITE_BUSY") as caught:
            keep(inbox, arrival(1, b"Ana Example, 12 Street"), OK, Identity("k"))
        assert not caught.value.is_fatal
        assert "Ana" not in str(caught.value)
        other.execute("ROLLBACK")
    assert inbox.receipts("p") == []
    keep(inbox, arrival(1), OK, Identity("k"))
    assert len(inbox.receipts("p")) == 1


def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    """When no page can be added nothing is acknowledged; with space again all goes on."""
    with Inbox(tmp_path / "inbox.db") as inbox:
        engine = inbox.database.engine
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        kept = 0
        with pytest.raises(StoreError, match="SQLITE_FULL"):  # noqa: PT012  which put it is depends
            while kept < 20:
                keep(inbox, arrival(kept, os.urandom(4000)), OK, Identity(str(kept)))
                kept += 1
        assert len(inbox.receipts("p")) == kept
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=100000")
        keep(inbox, arrival(99), OK, Identity("99"))


def test_after_an_io_error_nothing_is_acknowledged(inbox: Inbox) -> None:
    """A failed fsync is not tried again: the inbox refuses until it is opened anew."""

    def fail(_rows: object) -> None:
        raise StoreError("the inbox cannot be written (SQLITE_IOERR_FSYNC)", is_fatal=True)

    kept = inbox._store.write
    inbox._store.write = fail  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        keep(inbox, arrival(1), OK, Identity("k"))
    inbox._store.write = kept  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="FSYNC"):
        keep(inbox, arrival(2), OK, Identity("k2"))
    assert not inbox.health().is_writing


def test_the_writer_outlives_an_unforeseen_fault(inbox: Inbox) -> None:
    """A batch that cannot be written is answered, and the next one is written."""
    broken = arrival(1)
    object.__setattr__(broken, "method", object())
    with pytest.raises(StoreError):
        keep(inbox, broken, OK, Identity("k"))
    keep(inbox, arrival(2), OK, Identity("k2"))
    assert len(inbox.receipts("p")) == 1


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    """More than may wait is refused at once, by count and by size."""
    with Inbox(tmp_path / "inbox.db", max_waiting=3, max_waiting_bytes=10_000) as inbox:
        begun, release = threading.Event(), threading.Event()
        write = inbox._store.write

        def slow(rows: object) -> None:
            begun.set()
            release.wait(120)
            write(rows)  # type: ignore[arg-type]

        inbox._store.write = slow  # type: ignore[method-assign]

        async def storm() -> list[BaseException | None]:
            first = asyncio.ensure_future(inbox.put(arrival(0), OK, Identity("0")))
            await asyncio.to_thread(begun.wait, 120)
            rest = [
                asyncio.ensure_future(inbox.put(arrival(n), OK, Identity(str(n))))
                for n in range(1, 6)
            ]
            await asyncio.sleep(0)
            release.set()
            return await asyncio.gather(first, *rest, return_exceptions=True)

        outcomes = asyncio.run(storm())
        assert [isinstance(outcome, StoreError) for outcome in outcomes] == [False] * 4 + [True] * 2
        with pytest.raises(StoreError):
            keep(inbox, arrival(9, b"x" * 10_001), OK, Identity("9"))


def test_closing_writes_what_waits_and_refuses_the_rest(tmp_path: Path) -> None:
    """A graceful end loses nothing that was begun."""
    path = tmp_path / "inbox.db"
    inbox = Inbox(path)

    async def storm() -> None:
        puts = [
            asyncio.ensure_future(inbox.put(arrival(n), OK, Identity(str(n)))) for n in range(100)
        ]
        await asyncio.sleep(0)
        await asyncio.to_thread(inbox.close)
        await asyncio.gather(*puts)

    asyncio.run(storm())
    with pytest.raises(StoreError, match="closing"):
        keep(inbox, arrival(1), OK, Identity("late"))
    with Inbox(path) as again:
        assert len(again.receipts("p")) == 100


def test_quarantine_cannot_fill_the_disk(tmp_path: Path) -> None:
    """Above its share the oldest refused deliveries go; genuine ones never do."""
    inbox = Inbox(tmp_path / "inbox.db")
    inbox._store._quarantine_bytes = 10_000
    with inbox:
        keep(inbox, arrival(0, b"g" * 9_000), OK, Identity("genuine"))
        for number in range(1, 31):
            keep(inbox, arrival(number, os.urandom(1000)), REFUSED, Identity(f"refused:{number}"))
        kept = inbox.receipts("p")
    quarantined = [receipt for receipt in kept if receipt.state == "quarantined"]
    assert kept[0].state == "new"
    assert 1 <= len(quarantined) <= 10
    assert quarantined[-1].tail == "orders/30"


@pytest.mark.parametrize(
    "location", ["mysql://u:secret@h/d", "postgresql://u:secret@h", "sqlite://", "nonsense://"]
)
def test_other_stores_are_refused(location: str) -> None:
    """An address that is no file is an input error without the password."""
    with pytest.raises(InputError) as caught:
        Inbox(location)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_inbox_is_refused(tmp_path: Path) -> None:
    """A text file is an input error, and so is an inbox of a later version."""
    text = tmp_path / "notes.txt"
    text.write_bytes(b"these are no pages of a database, but a text " * 50)
    with pytest.raises(InputError):
        Inbox(text)
    path = tmp_path / "inbox.db"
    Inbox(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE inbox_version SET version = 99")
    with pytest.raises(InputError, match="version 99"):
        Inbox(path)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.booleans(), st.binary(max_size=3)), min_size=1, max_size=25
    )
)
@settings(max_examples=15, deadline=None)
def test_rows_and_counts_agree_with_a_model(
    tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[int, bool, bytes]]
) -> None:
    """For any sequence, over a restart: first body kept, every repeat counted, none lost."""
    path = tmp_path_factory.mktemp("model") / "inbox.db"
    model: dict[str, list[bytes]] = {}
    for half in (puts[: len(puts) // 2], puts[len(puts) // 2 :]):
        with Inbox(path) as inbox:
            for number, is_genuine, body in half:
                key = f"{number}{is_genuine}"
                model.setdefault(key, []).append(body)
                keep(inbox, arrival(number, body), OK if is_genuine else REFUSED, Identity(key))
            stored = inbox.receipts("p")
    assert [receipt.body for receipt in stored] == [bodies[0] for bodies in model.values()]
    assert [receipt.seen_again for receipt in stored] == [len(b) - 1 for b in model.values()]
    differed = [sum(body != bodies[0] for body in bodies) for bodies in model.values()]
    assert [receipt.differed for receipt in stored] == differed


def test_health_tells_of_a_disk_that_takes_nothing(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While posts are refused the inbox says so; it is well again with the next that is kept."""
    write = inbox._store.write

    def refuse(rows: list[object]) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(inbox._store, "write", refuse)
    with pytest.raises(StoreError, match="full"):
        keep(inbox, arrival(1), OK, Identity("1"))
    assert not inbox.health().is_writing
    monkeypatch.setattr(inbox._store, "write", write)
    keep(inbox, arrival(1), OK, Identity("1"))
    assert inbox.health().is_writing
