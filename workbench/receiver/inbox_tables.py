"""The inbox as tables, and the steps that bring an older one up to date.

    receipts ──< events ──< attempts
                   └──────< effects       entities

A *receipt* is one request, kept as it came. Reading it gives *events*, which are what is worked on.
A finished event leaves an *effect*: a canonical entity for the sink. *Entities* is what we know of
each order and reservation: its last status, for the rule against stale events and the reconciler.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from workbench.canonical import OrderStatus, ReservationStatus, is_terminal
from workbench.errors import InputError

METADATA = MetaData()
_PACKED = b"\x00wb-zlib"  # begins a value that is packed; no body of before begins so
_SMALL = 512  # bytes that are not worth it


class PackedBytes(TypeDecorator[bytes]):
    """Bytes that take a third of the room on the disk, as JSON does; read as they were given."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, _dialect: Dialect) -> bytes | None:
        """As it is kept."""
        if value is None or (len(value) < _SMALL and not value.startswith(_PACKED)):
            return value
        packed = _PACKED + zlib.compress(value, 1)
        return packed if len(packed) < len(value) or value.startswith(_PACKED) else value

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> bytes | None:
        """As it was given."""
        if value is None or bytes(value[: len(_PACKED)]) != _PACKED:
            return value
        return zlib.decompress(value[len(_PACKED) :])


OPEN = ("new", "processing", "retry")  # what is still to be done

# Orders and reservations that are not at their end, in the very words of the partial index.
_ENDED = ", ".join(
    f"'{kind}:{status.value}'"
    for kind, statuses in (("order", OrderStatus), ("reservation", ReservationStatus))
    for status in statuses
    if is_terminal(status)
)
IS_UNDER_WAY = f"kind || ':' || status NOT IN ({_ENDED})"


def _number() -> BigInteger:
    return BigInteger().with_variant(Integer, "sqlite")


def _key() -> Column[int]:
    return Column("id", _number(), primary_key=True)


def _queue(table: str) -> tuple[Column[str] | Column[int] | Index, ...]:
    """What makes a table a queue: `due_at` is the earliest next try, or the end of the lease."""
    is_open = text("state IN ('new', 'processing', 'retry')")
    is_dead = text("state = 'dead'")
    return (
        Column("order_key", String(200)),
        Column("state", String(16), nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("lease", String(40)),
        Column("attempts", Integer, nullable=False),
        Column("error", Text),
        Index(f"{table}_open", "id", "due_at", sqlite_where=is_open, postgresql_where=is_open),
        Index(
            f"{table}_in_order",
            "pos_code",
            "order_key",
            "id",
            sqlite_where=is_open,
            postgresql_where=is_open,
        ),
        Index(f"{table}_dead", "id", sqlite_where=is_dead, postgresql_where=is_dead),
    )


# Instants are microseconds since 1970 in UTC: they sort, and every store has integers.
RECEIPTS = Table(
    "receipts",
    METADATA,
    _key(),
    Column("partner", String(40), nullable=False),
    Column("pos_code", Text, nullable=False),
    Column("dedup_key", String(80), nullable=False),
    Column("method", String(8), nullable=False),
    Column("target", Text, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("body", PackedBytes, nullable=False),
    Column("content", LargeBinary(32), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("verified", Integer, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("seen_again", Integer, nullable=False),
    Column("differed", Integer, nullable=False),
    Column("reopens", Integer, nullable=False),
    # new, read (its events tell the rest), unknown (no rule knows it), quarantined, erased
    Column("state", String(16), nullable=False),
    # address that a refused delivery came from; empty for all others
    Column("sender", String(64), nullable=False, server_default=""),
    # names of our credentials that it told, apart by commas
    Column("leaked", Text, nullable=False, server_default=""),
    UniqueConstraint("pos_code", "dedup_key"),
    Index("receipts_by_state", "state", "received_at"),
    Index("receipts_by_partner", "partner", "last_seen_at"),
    Index("receipts_in_order", "partner", "id"),
    sqlite_autoincrement=True,
)

EVENTS = Table(
    "events",
    METADATA,
    _key(),
    Column("receipt_id", _number(), ForeignKey("receipts.id"), nullable=False, index=True),
    Column("partner", String(40), nullable=False),
    Column("pos_code", Text, nullable=False),
    Column("event_key", String(80), nullable=False),
    Column("reference", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("run", Integer, nullable=False),  # grows with every replay
    *_queue("events"),
    UniqueConstraint("pos_code", "event_key"),
    sqlite_autoincrement=True,
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    _key(),
    Column("event_id", _number(), ForeignKey("events.id"), nullable=False, index=True),
    Column("run", Integer, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text),
)

EFFECTS = Table(
    "effects",
    METADATA,
    _key(),
    Column("event_id", _number(), ForeignKey("events.id"), nullable=False),
    Column("run", Integer, nullable=False),
    Column("partner", String(40), nullable=False),
    Column("pos_code", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("entity_id", String(200), nullable=False),
    Column("body", PackedBytes, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    *_queue("effects"),
    UniqueConstraint("event_id", "run"),  # an event has its effect once, whoever crashes
    sqlite_autoincrement=True,
)

ENTITIES = Table(
    "entities",
    METADATA,
    Column("pos_code", Text, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("entity_id", String(200), primary_key=True),
    Column("partner", String(40), nullable=False),
    Column("status", String(60), nullable=False),
    Column("status_at", BigInteger),
    Column("payload", PackedBytes),  # theirs, whole, for events that tell only what changed
    Column("mapping", Text),
    Column("told", String(64)),  # hash of what was heard last, where it came without an id
    Column("heard_at", BigInteger, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
    Index(
        "entities_under_way",
        "partner",
        "checked_at",
        sqlite_where=text(IS_UNDER_WAY),
        postgresql_where=text(IS_UNDER_WAY),
    ),
)

# Refused deliveries that are no longer kept, as counts: that there were, how many, and when.
DROPPED = Table(
    "dropped",
    METADATA,
    Column("pos_code", Text, primary_key=True),
    Column("reason", String(16), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)


def content_bytes() -> ColumnElement[int]:
    """What of a receipt goes when it is erased: body, headers and address."""
    kept = RECEIPTS.c
    return func.length(kept.body) + func.length(kept.headers) + func.length(kept.target)


_VERSION = Table("inbox_version", METADATA, Column("version", Integer, nullable=False))


def _create(connection: Connection) -> None:
    METADATA.create_all(connection)


def _bound_quarantine(connection: Connection) -> None:
    """The sender of what was refused, and counts of what was dropped."""
    METADATA.create_all(connection)
    _add(connection, "receipts", "sender VARCHAR(64) NOT NULL DEFAULT ''")


def _note_leaks(connection: Connection) -> None:
    """Which of our credentials a delivery told."""
    _add(connection, "receipts", "leaked TEXT NOT NULL DEFAULT ''")


def _remember_words(connection: Connection) -> None:
    """What was heard last of an order, so that the same said again is known."""
    _add(connection, "entities", "told VARCHAR(64)")


def _pack(_connection: Connection) -> None:
    """Bodies may be packed, which an older workbench would take for what came."""


def _add(connection: Connection, table: str, column: str) -> None:
    known = {one["name"] for one in inspect(connection).get_columns(table)}
    if column.partition(" ")[0] not in known:
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}"))


def _count_dead(connection: Connection) -> None:
    """What is dead is counted for whoever watches, however much is done."""
    for table in (EVENTS, EFFECTS):
        for index in table.indexes:
            if str(index.name).endswith("_dead"):
                index.create(connection, checkfirst=True)


def _find_what_is_under_way(connection: Connection) -> None:
    """What is to be asked about is found however much is at its end."""
    connection.execute(text("DROP INDEX IF EXISTS entities_by_partner"))
    for index in ENTITIES.indexes:
        index.create(connection, checkfirst=True)


def _list_in_order(connection: Connection) -> None:
    """The newest receipts of a partner are found without sorting all of them."""
    for index in RECEIPTS.indexes:
        index.create(connection, checkfirst=True)


STEPS: tuple[Callable[[Connection], None], ...] = (
    _create,
    _bound_quarantine,
    _note_leaks,
    _count_dead,
    _find_what_is_under_way,
    _remember_words,
    _pack,
    _list_in_order,
)


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, inside the transaction of `connection`.

    Raises:
        InputError: The inbox was written by a newer workbench.
    """
    _VERSION.create(connection, checkfirst=True)
    version = connection.scalar(select(_VERSION.c.version))
    if version is None:
        version = 0
        connection.execute(insert(_VERSION).values(version=0))
    if version > len(STEPS):
        raise InputError(
            f"the inbox has version {version}, this workbench knows {len(STEPS)}",
            hint="use the workbench that wrote it, or another file",
        )
    for step in STEPS[version:]:
        step(connection)
    connection.execute(update(_VERSION).values(version=len(STEPS)))
