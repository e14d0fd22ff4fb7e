"""A corpus of payloads in portions: what to read is told by file and range, never by content.

A folder of JSON files, an NDJSON file (one payload a line) or a Parquet file. A portion is small
enough to pickle, so that another process or machine that sees the same files can read it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from workbench.errors import InputError
from workbench.text import suggest_name

_LINES = frozenset({".ndjson", ".jsonl"})
_PARQUET = frozenset({".parquet", ".pq"})


class CorpusEntry(NamedTuple):
    """One payload.

    Attributes:
        where: File and line, row or nothing.
        payload: The JSON data; None with `fault`.
        fault: Why it could not be read.
    """

    where: str
    payload: Any
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a corpus.

    Attributes:
        files: The files; more than one only in a folder.
        start: First byte (NDJSON) or row group (Parquet).
        stop: End of them.
        first: Number of the first line or row, from 1.
        column: Column of a Parquet file that holds JSON text; None: a row is a payload.
    """

    files: tuple[str, ...]
    start: int = 0
    stop: int = 0
    first: int = 1
    column: str | None = None

    def read(self) -> Iterator[CorpusEntry]:
        """The payloads, one by one; those that are no JSON with a fault.

        Raises:
            InputError: A file is gone, or pyarrow is not installed.
        """
        suffix = Path(self.files[0]).suffix.casefold()
        if suffix in _LINES:
            return _read_lines(self)
        return _read_rows(self) if suffix in _PARQUET else _read_files(self)


def split_corpus(path: Path, *, size: int = 1000, column: str | None = None) -> Iterator[Portion]:
    """The portions of a corpus, each of about `size` payloads.

    Args:
        path: A folder (all `*.json` below it), an `.ndjson`, `.jsonl` or `.parquet` file, or one
            `.json` file.
        size: Payloads in a portion; a Parquet file has its own row groups.
        column: Column of a Parquet file that holds JSON text; `payload` if there is one.

    Raises:
        InputError: There is no such corpus, or pyarrow is not installed.
    """
    suffix = path.suffix.casefold()
    if path.is_dir():
        names = map(str, sorted(path.rglob("*.json")))
        while files := tuple(islice(names, size)):
            yield Portion(files)
    elif not path.is_file():
        raise InputError(
            "there is no such corpus",
            location=str(path),
            hint="name a folder of .json files, an .ndjson, .jsonl or .parquet file",
        )
    elif suffix in _LINES:
        yield from _split_lines(path, size)
    elif suffix in _PARQUET:
        yield from _split_rows(path, column)
    else:
        yield Portion((str(path),))


def _split_lines(path: Path, size: int) -> Iterator[Portion]:
    start, first = 0, 1
    with path.open("rb") as file:
        while lines := list(islice(file, size)):
            stop = start + sum(map(len, lines))
            yield Portion((str(path),), start, stop, first)
            start, first = stop, first + len(lines)


def _split_rows(path: Path, column: str | None) -> Iterator[Portion]:
    table = _open_parquet(path)
    names = table.schema_arrow.names
    if column is not None and column not in names:
        raise InputError(
            f"there is no column {column!r}",
            location=str(path),
            hint=suggest_name(column, names),
        )
    chosen = column or ("payload" if "payload" in names else None)
    first = 1
    for group in range(table.num_row_groups):
        yield Portion((str(path),), group, group + 1, first, chosen)
        first += table.metadata.row_group(group).num_rows


def _read_files(portion: Portion) -> Iterator[CorpusEntry]:
    for name in portion.files:
        try:
            text = Path(name).read_bytes()
        except OSError as error:
            yield CorpusEntry(name, None, f"cannot be read: {error.strerror}")
            continue
        yield _parse(name, text)


def _read_lines(portion: Portion) -> Iterator[CorpusEntry]:
    (name,) = portion.files
    with Path(name).open("rb") as file:
        file.seek(portion.start)
        number = portion.first
        while file.tell() < portion.stop:
            line = file.readline()
            if line.strip():
                yield _parse(f"{name}:{number}", line)
            number += 1


def _read_rows(portion: Portion) -> Iterator[CorpusEntry]:
    (name,) = portion.files
    table = _open_parquet(Path(name))
    columns = None if portion.column is None else [portion.column]
    number = portion.first
    groups = list(range(portion.start, portion.stop))
    for batch in table.iter_batches(batch_size=500, row_groups=groups, columns=columns):
        rows: Iterable[dict[str, Any]] = batch.to_pylist()
        for row in rows:
            where = f"{name}:{number}"
            value = row if portion.column is None else row[portion.column]
            yield (
                _parse(where, value)
                if isinstance(value, (str, bytes))
                else CorpusEntry(where, value)
            )
            number += 1


def _parse(where: str, text: bytes | str) -> CorpusEntry:
    try:
        return CorpusEntry(where, orjson.loads(text))
    except orjson.JSONDecodeError as error:
        return CorpusEntry(where, None, f"is not JSON: {error.msg}")


def require(module: str, *, extra: str, what: str) -> Any:
    """An optional package.

    Raises:
        InputError: It is not installed; with the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"{what} needs {module.partition('.')[0]}, which is not installed",
            hint=f"install it: pip install 'partner-integration-workbench[{extra}]'",
        ) from error


def _open_parquet(path: Path) -> Any:
    parquet = require("pyarrow.parquet", extra="parquet", what="reading Parquet")
    try:
        return parquet.ParquetFile(path)
    except (ValueError, OSError) as error:
        raise InputError(f"this is no Parquet file: {error}", location=str(path)) from error
