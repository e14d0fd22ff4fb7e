"""Secrets and people in the tables and lines of prose, where a name stands beside the value."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.description.conversion import PACKED, convert, read_csv
from workbench.description.file_kinds import recognise
from workbench.description.guard import decode
from workbench.description.limits import IntakeLimits
from workbench.description.prose import Block, CodeBlock, read_markdown, read_page
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import Grid, Heading
from workbench.description.prose.documented_tables import ProseTable, clean
from workbench.description.recorded_persons import substitute
from workbench.secrecy import is_placeholder, is_secret_name, is_telling

SHORTEST = 12  # signs of a key or token that is no example
_SHORTEST_PASSWORD = 6
_LONGEST_NAME = 40
PASSWORD = re.compile(r"pass|pwd|secret|contra|senha|kennwort", re.IGNORECASE)
_VALUE = re.compile(r"[^\s|,;()<>{}\"'`]{6,400}")
_LABELLED = re.compile(
    r"(?P<name>[^\n:=|]{2,40}?)(?:\s+(?:is|ist|es|lautet)|\s*[:=]|\s)\s*(?P<value>\S+)"
)
_CALL = re.compile(rf"^\s*`?(?:{words.METHODS})\b", re.MULTILINE)
_SENTENCE_END = re.compile(r"\n|(?<=[.;`])\s")
_MOST_LINES = 20_000
_PARAGRAPH = re.compile(r"</(?:\w+:)?(?:p|si|row)>")
_TAG = re.compile(r"<[^<>]*>")


def blocks_of_file(raw: bytes, name: str, limits: IntakeLimits) -> tuple[str, list[Block]]:
    """The kind of a file, and the blocks of its prose; none for other kinds."""
    kind = recognise(raw, Path(name))
    if kind in PACKED:
        return kind, convert(raw, kind, name, limits)
    if kind not in {"csv", "html", "markdown"}:
        return kind, []
    text = decode(raw, name, limits)
    if kind == "csv":
        return kind, read_csv(text, name)
    return kind, read_page(text) if kind == "html" else read_markdown(text)[0]


def named_secrets(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """(name, value) of secrets in cells beside or below their name, and at the end of lines."""
    for block in blocks:
        if isinstance(block, Grid):
            for row in (block.table.header, *block.table.rows[:_MOST_LINES]):
                yield from _in_row([clean(cell) for cell in row], block.table.header)
        else:
            text = block.title if isinstance(block, Heading) else block.text
            for line in _SENTENCE_END.split(text)[:_MOST_LINES]:
                found = _LABELLED.fullmatch(line[:1_000].strip(" -*_`."))
                value = found["value"].strip("`*_.,") if found else ""
                if found and _is_secret(found["name"], value):
                    yield found["name"].strip(), value


def _in_row(row: list[str], header: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, cell in enumerate(row):
        value = cell.strip("`*_.,")
        above = header[index] if index < len(header) else ""
        for name in (row[index - 1] if index else "", row[0] if index else "", clean(above)):
            if name != value and _is_secret(name, value):
                yield name, value
                break


def _is_secret(name: str, value: str) -> bool:
    shortest = _SHORTEST_PASSWORD if PASSWORD.search(name) else SHORTEST
    return (
        len(value) >= shortest
        and len(name) <= _LONGEST_NAME
        and any(sign.isdigit() for sign in value)
        and bool(_VALUE.fullmatch(value))
        and "://" not in value
        and is_secret_name(name.strip(), parameter=True)
        and is_telling(value)
        and not is_placeholder(value)
    )


def people_in(blocks: Sequence[Block]) -> dict[str, tuple[str, str]]:
    """Value → (what stands for it, what it was) of the people in tables of recorded data.

    Such a table has a column of mails or phones of people; one that describes fields has none.
    """
    found: dict[str, tuple[str, str]] = {}
    for block in blocks:
        if isinstance(block, Grid) and _is_recorded(block.table):
            for row in block.table.rows[:_MOST_LINES]:
                for name, value in zip(block.table.header, row, strict=False):
                    person = substitute(value, ["customer", clean(name)])
                    if person is not None:
                        found[value] = person
    return found


def _is_recorded(table: ProseTable) -> bool:
    for column, name in enumerate(table.header):
        cells = [row[column] for row in table.rows[:50] if column < len(row)]
        values = [value for value in cells if value.strip()]
        people = [substitute(value, [clean(name)]) for value in values]
        told = sum(person is not None and person[1] in {"mail", "phone"} for person in people)
        if len(values) > 1 and told * 2 > len(values):
            return True
    return False


def hidden_texts(raw: bytes) -> Iterator[str]:
    """The texts in the parts of an office file, shown or not: comments, properties, old cells."""
    if not raw.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels")):
                text = archive.read(part).decode("utf-8", "replace")
                # Word cuts a text into runs: what stands between two tags belongs together.
                yield html.unescape(_TAG.sub("", _PARAGRAPH.sub("\n", text)))


def write_page(blocks: Sequence[Block]) -> str:
    """The blocks as a plain HTML page, which the reader of pages takes for the same blocks."""
    parts = ["<!doctype html>", '<html><head><meta charset="utf-8"></head><body>']
    for block in blocks:
        if isinstance(block, Heading):
            tag = f"h{min(block.level, 6)}"
            line = f"<{tag}>{html.escape(block.title, quote=False)}</{tag}>"
            if block.level > 6:
                line = f"<p><strong>{html.escape(block.title, quote=False)}</strong></p>"
            parts.append(line)
        elif isinstance(block, Grid):
            rows = [("th", block.table.header), *(("td", row) for row in block.table.rows)]
            lines = [
                "<tr>" + "".join(f"<{tag}>{html.escape(cell, quote=False)}</{tag}>" for cell in row)
                for tag, row in rows
            ]
            parts.append("<table>\n" + "</tr>\n".join(lines) + "</tr>\n</table>")
        elif isinstance(block, CodeBlock):
            parts.append(f"<pre><code>{html.escape(block.text, quote=False)}</code></pre>")
        else:
            tag = "li" if block.is_item else "p"
            # A line that is a call stands alone; any other goes on in the next one.
            lines = block.text.split("\n") if _CALL.search(block.text) else [block.text]
            parts += [f"<{tag}>{html.escape(line, quote=False)}</{tag}>" for line in lines]
    return "\n".join([*parts, "</body></html>", ""])
