"""The database under the inbox: a SQLite file, or PostgreSQL; a COMMIT outlives a power cut."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DataError, SQLAlchemyError

from workbench.errors import InputError, StoreError, install_hint
from workbench.receiver.inbox_tables import EFFECTS, ENTITIES, content_bytes, migrate

# Below the fastest partner's patience (2 s, connection included).
BUSY_MILLISECONDS = 800
CONNECT_SECONDS = 2
# What is given back of a file in one transaction, so that writers do not wait for long.
PAUSE_SECONDS = 0.01
PORTION_PAGES, MOST_PORTIONS = 200, 100_000
# Keys of PostgreSQL's advisory locks.
MIGRATING, SPLITTING = 7310233, 7310234
# After these the disk may have dropped what it was told to keep: an fsync must not be retried.
_FATAL = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")


class Database:
    """An opened inbox, its tables up to date; several threads may use it.

    Args:
        location: Path of a SQLite file, `sqlite:///path`, or `postgresql://user@host/name`.

    Attributes:
        name: The location, without a password.

    Raises:
        InputError: It cannot be opened, is no inbox, or would not be durable.
    """

    def __init__(self, location: str | Path) -> None:
        url = _read_location(location)
        is_file = url.get_backend_name() == "sqlite"
        self.name = str(url.database) if is_file else url.render_as_string(hide_password=True)
        try:
            if is_file:
                with _sole_opener(Path(self.name)):
                    self.engine = _open_file(Path(self.name))
                    self._prepare()
            else:
                self.engine = _open_server(url)
                self._prepare()
        except (OSError, SQLAlchemyError) as error:
            hint = "give a file in a writable folder on a local disk"
            # Only the kind of the fault: the driver's own text may hold the password.
            raise InputError(
                f"the inbox cannot be opened ({_kind(error)})",
                location=self.name,
                hint=hint if is_file else "check that the server runs and lets this user in",
            ) from (error if is_file else None)

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    def free_bytes(self) -> int | None:
        """Room on the disk of the file; None for a server, or where the system does not tell."""
        with suppress(OSError):
            return shutil.disk_usage(Path(self.name).parent).free if self.is_file else None
        return None

    def size(self) -> int:
        """Bytes that the inbox takes, without room that waits to be used again.

        Of a file, all its pages but the free ones; on a server, what is in the rows, for tables
        there keep their size when something is erased.

        Raises:
            StoreError: It cannot be read.
        """
        with self.transact() as connection:
            if not self.is_file:
                held = (
                    content_bytes(),
                    func.length(EFFECTS.c.body),
                    func.length(ENTITIES.c.payload),
                )
                return sum(int(connection.scalar(select(func.sum(one))) or 0) for one in held)
            pages, free, bytes_each = (
                connection.scalar(text(f"PRAGMA {name}")) or 0
                for name in ("page_count", "freelist_count", "page_size")
            )
            return (pages - free) * bytes_each

    def give_back(self) -> None:
        """Let the file shrink, some pages at a time; a server sees to that itself.

        Raises:
            StoreError: It cannot be written.
        """
        if not self.is_file:
            return
        for _ in range(MOST_PORTIONS):
            with self.transact() as connection:
                before = connection.scalar(text("PRAGMA freelist_count")) or 0
                # Each of its steps gives back one page, and has no columns to fetch: of all ways to
                # run a statement, only that of a script goes on to its end.
                cursor = connection.connection.cursor()
                cursor.executescript(f"PRAGMA incremental_vacuum({PORTION_PAGES})")
                after = connection.scalar(text("PRAGMA freelist_count")) or 0
            if not after or after == before:
                break
            time.sleep(PAUSE_SECONDS)

    @contextmanager
    def transact(self) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        Raises:
            StoreError: Nothing of it was committed, as far as can be known.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._explain(error) from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _prepare(self) -> None:
        try:
            with self.engine.begin() as connection:
                if not self.is_file:  # whoever opens it first may be a while
                    connection.execute(text("SET LOCAL lock_timeout = '60s'"))
                lock(connection, MIGRATING)
                if not self.is_file:
                    _require_durable(connection, self.name)
                migrate(connection)
        except BaseException:
            self.engine.dispose()
            raise

    def _explain(self, error: SQLAlchemyError) -> StoreError:
        # Only the kind of the fault: the text of SQLAlchemy's errors holds the row.
        name = _kind(error)
        if isinstance(error, DataError):
            return StoreError(
                f"the inbox holds no such value ({name})", location=self.name, is_data=True
            )
        return StoreError(
            f"the inbox cannot be written or read ({name})",
            location=self.name,
            hint="look at the disk: space, rights, another process that holds the file"
            if self.is_file
            else "look at the database server: is it up, has it space, who holds a lock",
            is_fatal=name.startswith(_FATAL),
        )


def lock(connection: Connection, number: int) -> None:
    """Let one process at a time go on, until the end of the transaction; call it first."""
    statement = "BEGIN IMMEDIATE" if _is_file(connection) else "SELECT pg_advisory_xact_lock(:key)"
    connection.execute(text(statement), {} if _is_file(connection) else {"key": number})


def _is_file(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _kind(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(code or type(cause).__name__)


def _read_location(location: str | Path) -> URL:
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(location))
    try:
        url = make_url(location)
    except ArgumentError:
        url = URL.create("unknown")
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url
    if url.drivername in {"postgresql", "postgres"} and url.database:
        return url.set(drivername="postgresql+psycopg")
    raise InputError(
        "the inbox is a SQLite file or a PostgreSQL database",
        location=url.render_as_string(hide_password=True),
        hint="give a path, sqlite:///path, or postgresql://user@host/name",
    )


def _open_file(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # Only a new file can be told, and to tell another one would be a write on each connection.
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for setting in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            # A checkpoint costs two more fsyncs: one in some 800 receipts, not in 400.
            "wal_autocheckpoint=2000",
            "secure_delete=ON",  # what is erased leaves no bytes in the file
            "fullfsync=ON",  # macOS: fsync alone does not reach the platter
            "checkpoint_fullfsync=ON",
        ):
            connection.execute(f"PRAGMA {setting}")

    return engine


@contextmanager
def _sole_opener(path: Path) -> Iterator[None]:
    """Create the file where it is absent, and keep other openers out while tables are made.

    Locks of SQLite's own would not do: the change to WAL does not wait for them. The lock is on
    the folder, since closing a handle of the file itself would drop SQLite's locks.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        # Bodies hold names and addresses: for our eyes only.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        os.fsync(folder)  # or the whole file may be gone after a power cut
        yield
    finally:
        os.close(folder)


def _open_server(url: URL) -> Engine:
    settings: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        # The server's own default may be to acknowledge before the disk does.
        "options": f"-c synchronous_commit=on -c lock_timeout={BUSY_MILLISECONDS}"
        " -c idle_in_transaction_session_timeout=60000",
    }
    try:
        from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415  an extra

        engine = create_engine(url, connect_args=settings)
    except ModuleNotFoundError as error:
        raise InputError(
            "the PostgreSQL driver is not installed",
            hint=install_hint("postgres"),
        ) from error

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # A batch is arrays, and bodies in arrays of text are escaped twice over.
        connection.adapters.register_dumper(list, ListBinaryDumper)

    return engine


def _require_durable(connection: Connection, name: str) -> None:
    if connection.scalar(text("SHOW fsync")) != "on":
        raise InputError(
            "this server acknowledges what is not on disk (fsync is off)",
            location=name,
            hint="set fsync=on in postgresql.conf",
        )
