"""PDF, Word, Excel, CSV and mails → the blocks of prose, within limits.

The parsers are an extra (`documents`) and run in a child process, see `extraction`. Archives are
weighed before anything is unpacked.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from workbench.description import extraction
from workbench.description.file_kinds import recognise
from workbench.description.guard import decode, read_file
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits, refusal
from workbench.description.prose import Block, CodeBlock, read_markdown, read_page
from workbench.description.prose.blocks import Grid, Heading, TextBlock
from workbench.description.prose.documented_tables import clean, settle
from workbench.errors import DescriptionError, install_hint

SECONDS = 60.0
_MOST_PARTS = 4_000
_MOST_UNPACKED = 100 * 2**20
_MOST_OUTPUT = 32 * 2**20
_WORST_RATIO = 300
_NAMES = {"docx": "Word document", "xlsx": "Excel workbook", "pdf": "PDF", "mail": "mail"}
PACKED = frozenset(_NAMES)  # kinds whose text cannot be changed in place
ATTACHED = "attached"  # language of a code block that is the name of what a mail carries
_WHY = {
    "scanned": (
        "it holds pictures of its pages, and no text",
        "Ask the partner for the text, or run a text recognition over it first.",
    ),
    "locked": ("it is locked with a password", "Save it without the password."),
    "memory": ("reading it takes more memory than is allowed", "Ask the partner for it in parts."),
    "depth": ("it is nested too deeply", "Ask the partner for a sound one."),
    "time": ("reading it takes longer than is allowed", "Ask the partner for it in parts."),
    "damaged": (
        "it cannot be opened as one",
        "Open it in its own program and save it again, or export it as text, CSV or Markdown.",
    ),
}


def convert(raw: bytes, kind: str, name: str, limits: IntakeLimits) -> list[Block]:
    """Turn a file into blocks.

    Args:
        raw: The bytes of the file.
        kind: One of `PACKED`.
        name: File name, for messages.
        limits: Caps of the intake guard.

    Raises:
        DescriptionError: The file is damaged, locked, a bomb, or the extra is not installed.
    """
    if kind in {"docx", "xlsx"}:
        _weigh(raw, kind, name)
    answer = _ask(raw, kind, name)
    if "missing" in answer:
        raise DescriptionError(
            f"to read a {_NAMES[kind]}, the parsers of the extra `documents` are needed "
            f"({answer['missing']} is not installed)",
            location=name,
            hint=install_hint("documents"),
        )
    if "refused" in answer:
        raise _refused(kind, name, str(answer["refused"]))
    blocks = [block for item in answer["blocks"] for block in _blocks_of(item)]
    if sum(len(getattr(block, "text", "")) for block in blocks) > limits.size:
        raise refusal(f"its text is larger than {limits.size:,} bytes", name, 1)
    return blocks


def read_csv(text: str, name: str) -> list[Block]:
    """Turn separated values into one table.

    Raises:
        DescriptionError: It is no table.
    """
    rows = split_values(text, name)
    return [Grid(settle(rows), 1)] if rows else []


def split_values(text: str, name: str) -> list[tuple[str, ...]]:
    """The rows of separated values that say something; the separator is found out.

    Raises:
        DescriptionError: It is no table.
    """
    sample = text[:4_000]
    first = sample.split("\n", 1)[0]
    separator = max((",", ";", "\t", "|"), key=first.count)
    rows: list[tuple[str, ...]] = []
    try:
        for row in csv.reader(io.StringIO(text.replace("\0", "")), delimiter=separator):
            if len(rows) >= extraction.MOST_ROWS:
                break
            if any(cell.strip() for cell in row):
                rows.append(tuple(cell.strip() for cell in row[: extraction.MOST_COLUMNS]))
    except csv.Error as error:
        raise DescriptionError(
            f"this is no table of separated values: {error}",
            location=name,
            hint="Export it again as CSV in UTF-8.",
        ) from error
    return rows


def read_rows(
    path: Path, limits: IntakeLimits = DEFAULT_LIMITS
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows of all tables of a file, heads among them, and the items of its lists.

    Args:
        path: Markdown, a page, separated values, a Word, Excel or PDF file.
        limits: Caps of the intake guard.

    Raises:
        DescriptionError: It cannot be read, is too large, or is of another kind.
    """
    raw = read_file(path, limits)
    kind = recognise(raw, path)
    if kind in _NAMES:
        blocks = convert(raw, kind, path.name, limits)
    elif kind == "html":
        blocks = read_page(decode(raw, path.name, limits))
    elif kind == "markdown":
        blocks, _ = read_markdown(decode(raw, path.name, limits))
    else:
        return split_values(decode(raw, path.name, limits), path.name), []
    tables = [block.table for block in blocks if isinstance(block, Grid)]
    rows = [row for table in tables for row in (table.header, *table.rows)]
    plain = [tuple(map(clean, row)) for row in rows]
    items = [block.text for block in blocks if isinstance(block, TextBlock) and block.is_item]
    return plain, [clean(item) for item in items]


def _weigh(raw: bytes, kind: str, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS:
                raise refusal(f"it is an archive of more than {_MOST_PARTS:,} parts", name, 1)
            unpacked = sum(part.file_size for part in parts)
            if unpacked > _MOST_UNPACKED or unpacked > _WORST_RATIO * len(raw) + 2**20:
                raise refusal(f"it unpacks to {unpacked:,} bytes", name, 1)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        if b"<!DOCTYPE" in stream.read(4_096).upper():
                            raise refusal("a part of it declares entities", name, 1)
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, OSError) as error:
        raise _refused(kind, name, "damaged") from error


def _ask(raw: bytes, kind: str, name: str) -> dict[str, Any]:
    program = [sys.executable, "-I", str(Path(extraction.__file__)), kind]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own file
            program, input=raw, capture_output=True, timeout=SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(kind, name, "time") from error
    if len(done.stdout) > _MOST_OUTPUT:
        raise refusal("its text is too large", name, 1)
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        # Ended by a limit: no answer was written.
        raise _refused(kind, name, "time" if done.returncode in {-9, -24} else "memory") from error
    return answer if isinstance(answer, dict) else {"refused": "damaged"}


def _refused(kind: str, name: str, why: str) -> DescriptionError:
    what, hint = _WHY.get(why, _WHY["damaged"])
    return DescriptionError(f"the {_NAMES[kind]} cannot be read: {what}", location=name, hint=hint)


def _blocks_of(item: dict[str, Any]) -> list[Block]:
    if "html" in item:
        return read_page(str(item["html"]))
    if "markdown" in item:
        return read_markdown(str(item["markdown"]))[0]
    if "heading" in item:
        return [Heading(int(item["level"]), str(item["heading"]), 1)]
    if "rows" in item:
        return [Grid(settle([tuple(map(str, row)) for row in item["rows"]]), 1)]
    for key in ("code", ATTACHED):
        if key in item:
            return [CodeBlock(key if key == ATTACHED else "", str(item[key]), 1)]
    return [TextBlock(str(item["words"]), 1)]
