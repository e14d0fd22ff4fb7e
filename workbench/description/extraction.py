"""Runs as a program of its own: one PDF, Word, Excel or mail on stdin → blocks as JSON on stdout.

Parsers of such files are large and meet hostile input, so they work in a child with limits of
time, memory and output, without network, and cannot take the workbench along. Nothing of the
workbench is imported here. The limits are set before the first byte is looked at.
"""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
import resource
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

MOST_MEMORY = 1 << 30
MOST_SECONDS = 40
MOST_PAGES = 400
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_SHEETS = 60
MOST_PARTS = 200  # of a mail
_MOST_HEADS = 1_000  # of parts, before a mail is parsed: that takes the longer the more there are
_HEAD = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_LONGEST_CELL = 2_000
_MONOSPACED = re.compile(
    r"mono|courier|consol|menlo|typewriter|inconsolata|hack|cmtt", re.IGNORECASE
)
_BOLD = re.compile(r"bold|black|heavy|semibold", re.IGNORECASE)

Block = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is an answer, told to the one who asked
    """The file is sound, and still cannot be read; the message says why."""


def read_docx(data: bytes) -> list[Block]:
    """Word → one block of HTML, pictures left out."""
    import mammoth  # noqa: PLC0415

    nothing = mammoth.images.img_element(lambda _: {})
    return [{"html": mammoth.convert_to_html(io.BytesIO(data), convert_image=nothing).value}]


def read_xlsx(data: bytes) -> list[Block]:
    """Excel → a heading and a table per sheet; formulas count as their last value."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    found: list[Block] = []
    for sheet in book.worksheets[:MOST_SHEETS]:
        rows = []
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)):
            if number >= MOST_ROWS:
                break
            cells = ["" if cell is None else str(cell)[:_LONGEST_CELL].strip() for cell in row]
            if any(cells):
                rows.append(cells)
        if rows:
            found += [{"heading": str(sheet.title), "level": 1}, {"rows": rows}]
    return found


def read_mail(data: bytes) -> list[Block]:
    """Mail or web archive → its words, of two forms the HTML; what is attached by its name."""
    if len(_HEAD.findall(data)) > _MOST_HEADS:
        raise Refused("time")
    message: Any = email.message_from_bytes(data, policy=email.policy.default)
    parts = list(islice(message.walk(), MOST_PARTS))
    texts = {"text/plain", "text/html"}
    spare = [
        part
        for group in parts
        if group.get_content_type() == "multipart/alternative"
        and any(inner.get_content_type() == "text/html" for inner in group.walk())
        for part in group.iter_parts()
        if part.get_content_type() == "text/plain"
    ]
    found = [{"heading": str(message["subject"]), "level": 1}] if message["subject"] else []
    for part in parts:
        name = part.get_filename()
        if part.is_multipart() or part in spare:
            continue
        if name is None and part.get_content_type() in texts:
            way = "html" if part.get_content_subtype() == "html" else "markdown"
            found.append({way: _words_of(part)})
        elif part["content-location"] is None and (name or part["content-id"] is None):
            found.append({"attached": str(name or part.get_content_type())})
    return found


def _words_of(part: Any) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a character set that nobody knows
        return bytes(part.get_payload(decode=True)).decode("latin-1")


def read_pdf(data: bytes) -> list[Block]:
    """PDF → headings by the size of their letters, code by its font, tables by their lines."""
    import pdfplumber  # noqa: PLC0415

    with pdfplumber.open(io.BytesIO(data)) as book:
        lines: list[Block] = []
        for page in book.pages[:MOST_PAGES]:
            lines += _lines_of(page)
            page.close()
    if not any("text" in line or "rows" in line for line in lines):
        raise Refused("scanned")
    return list(_blocks_of(lines))


def _lines_of(page: Any) -> list[Block]:
    tables = page.find_tables()[:50]
    boxes = [table.bbox for table in tables]
    found: list[Block] = []
    for line in page.extract_text_lines(return_chars=True):
        middle = (line["top"] + line["bottom"]) / 2
        if any(
            box[1] <= middle <= box[3] and box[0] <= line["x1"] and line["x0"] <= box[2]
            for box in boxes
        ):
            continue
        characters = line["chars"] or [{"size": 0, "fontname": ""}]
        fonts = {str(character["fontname"]) for character in characters}
        found.append(
            {
                "text": line["text"],
                "size": round(max(character["size"] for character in characters), 1),
                "is_bold": all(_BOLD.search(name) for name in fonts),
                "is_code": all(_MONOSPACED.search(name) for name in fonts),
                "top": line["top"],
                "bottom": line["bottom"],
                "x0": line["x0"],
            }
        )
    for table, box in zip(tables, boxes, strict=True):
        rows = [[(cell or "").replace("\n", " ") for cell in row] for row in table.extract()]
        if len(rows) > 1 or (rows and len(rows[0]) > 1):
            found.append({"rows": rows, "top": box[1], "bottom": box[3]})
    found.sort(key=lambda item: item["top"])
    return found


def _blocks_of(lines: list[Block]) -> Iterator[Block]:
    sizes = Counter(line["size"] for line in lines if "text" in line for _ in line["text"])
    body = sizes.most_common(1)[0][0] if sizes else 0
    larger = sorted({size for size in sizes if size >= body * 1.15}, reverse=True)
    open_block: Block | None = None
    below = 0.0
    for line in lines:
        if "rows" in line:
            if open_block:
                yield open_block
            open_block = None
            yield {"rows": line["rows"]}
            continue
        gap = line["top"] - below
        below = line["bottom"]
        is_heading = line["size"] in larger or (line["is_bold"] and len(line["text"]) < 80)
        if is_heading and not line["is_code"]:
            if open_block:
                yield open_block
            open_block = None
            level = min(larger.index(line["size"]) + 1, 6) if line["size"] in larger else 7
            yield {"heading": line["text"], "level": level}
            continue
        kind = "code" if line["is_code"] else "words"
        height = line["bottom"] - line["top"]
        if open_block and kind in open_block and -height < gap < height * 0.8:
            indent = " " * round((line["x0"] - open_block["x0"]) / 5) if kind == "code" else ""
            open_block[kind] += "\n" + indent + line["text"]
        else:
            if open_block:
                yield open_block
            open_block = {kind: line["text"], "x0": line["x0"]}
    if open_block:
        yield open_block


def _no_network(*_: object, **__: object) -> NoReturn:
    raise OSError("no network here")


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3_000)
    for name in ("connect", "connect_ex", "bind", "sendto"):
        setattr(socket.socket, name, _no_network)


READERS = {"docx": read_docx, "xlsx": read_xlsx, "pdf": read_pdf, "mail": read_mail}


def main() -> None:
    """Read the kind from the command line and the file from stdin; write one JSON document."""
    _confine()
    data = sys.stdin.buffer.read()
    try:
        answer: dict[str, Any] = {"blocks": READERS[sys.argv[1]](data)}
    except ImportError as error:
        answer = {"missing": str(error.name)}
    except Refused as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "memory"}
    except RecursionError:
        answer = {"refused": "depth"}
    except Exception as error:  # noqa: BLE001 - a parser may fail with anything; the parent tells it
        name = type(error).__name__
        is_locked = (
            "password" in f"{name} {error}".lower() or "encrypt" in f"{name} {error}".lower()
        )
        answer = {"refused": "locked" if is_locked else "damaged", "detail": name}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
