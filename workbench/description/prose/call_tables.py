"""Calls that tables name: by row, as method and path below each other, or as a matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.description.prose import section_words as words
from workbench.description.prose.calls import (
    CALL,
    RELATIVE_CALL,
    RPC_NAME,
    Strength,
    WrittenCall,
)
from workbench.description.prose.documented_tables import MOST_COLUMNS, ProseTable, clean
from workbench.description.prose.labels import METHOD, method_in

_METHOD_WORD = re.compile(words.METHODS, re.IGNORECASE)
_METHOD_LIST = re.compile(
    rf"(?:{words.METHODS})(?:[\s,/|;&+`]+(?:{words.METHODS}))+", re.IGNORECASE
)
_ARROW = re.compile(r"->|=>|[→⇒➜➡⟶]")
_PATH_CELL = re.compile(r"(?:https?://\S+|/\S*|[a-z][\w.-]*(?:/[\w{}:.<>-]+)+/?)")


def calls_of_table(table: ProseTable) -> list[WrittenCall]:
    """Calls that the rows of a table name, each with the number of its row."""
    pairs = {
        words.plain(clean(row[0])): clean(row[1])
        for row in (table.header, *table.rows)
        if len(row) > 1
    }
    method = next((value for key, value in pairs.items() if words.METHOD_LABEL.fullmatch(key)), "")
    path = next((value for key, value in pairs.items() if words.TARGET_LABEL.fullmatch(key)), "")
    if method_in(method) and _PATH_CELL.fullmatch(path.partition(" ")[0]):
        return [WrittenCall(method_in(method), path.partition(" ")[0], Strength.ALONE)]
    methods = _column(table, words.METHOD_COLUMN, METHOD)
    paths = _column(table, words.PATH_COLUMN, _PATH_CELL)
    matrix = _methods_as_columns(table) if paths is not None else {}
    found: list[WrittenCall] = []
    for number, row in enumerate(table.rows):
        calls = (
            _of_matrix(row, matrix, paths or 0) if matrix else _of_row(table, row, methods, paths)
        )
        stated = table.cell(row, table.column(words.DIRECTION_COLUMN))
        arrow = stated if _ARROW.search(stated) or not stated else f"{stated} → it"
        found += [replace(call, row=number, clause=arrow) for call in calls]
    return found


def procedures_of_table(table: ProseTable, method: str) -> list[WrittenCall]:
    """Remote procedures that the first column of a table names, all called with one method."""
    if not table.header or not words.PROCEDURE_COLUMN.fullmatch(
        words.plain(clean(table.header[0]))
    ):
        return []
    named = [RPC_NAME.match(clean(row[0])) if row else None for row in table.rows]
    described = table.column(words.DESCRIPTION_COLUMN)
    return [
        WrittenCall(
            method, f"/{found[1]}", Strength.ALONE, table.cell(table.rows[row], described), row=row
        )
        for row, found in enumerate(named)
        if found
    ]


def _methods_as_columns(table: ProseTable) -> dict[int, str]:
    """Columns that are headed by a method, of a table with a row for each path."""
    heads = [clean(cell).strip("`*_ ") for cell in table.header[:MOST_COLUMNS]]
    return {column: head for column, head in enumerate(heads) if _METHOD_WORD.fullmatch(head)}


def _of_matrix(row: tuple[str, ...], matrix: dict[int, str], paths: int) -> Iterator[WrittenCall]:
    path = clean(row[paths]).strip("`*_ ") if paths < len(row) else ""
    for column, method in matrix.items():
        stated = clean(row[column]) if column < len(row) else ""
        if _PATH_CELL.fullmatch(path) and stated and not words.NO.fullmatch(words.plain(stated)):
            summary = "" if words.YES.match(words.plain(stated)) else stated
            yield WrittenCall(method.upper(), path, Strength.ALONE, summary)


def _column(table: ProseTable, header: re.Pattern[str], cell: re.Pattern[str]) -> int | None:
    """The column with such a header, else the one whose cells are all of that form."""
    stated = table.column(header)
    if stated is not None:
        return stated
    for column in range(min(len(table.header), MOST_COLUMNS)):
        cells = [clean(row[column]).strip("`*_ ") for row in table.rows[:50] if column < len(row)]
        written = [text for text in cells if text]
        if written and all(cell.fullmatch(text) for text in written):
            return column
    return None


def _of_row(
    table: ProseTable, row: tuple[str, ...], methods: int | None, paths: int | None
) -> list[WrittenCall]:
    is_field = bool(table.cell(row, table.column(words.NAME_COLUMN)))
    summary = "" if is_field else table.cell(row, table.column(words.DESCRIPTION_COLUMN))
    written = row[paths] if paths is not None and paths < len(row) else ""
    path = written.replace("\\", "").strip("`*_ ").partition(" ")[0].strip("`*")
    stated = table.cell(row, methods)
    if method_in(stated) and _PATH_CELL.fullmatch(path):
        several = _METHOD_LIST.fullmatch(stated.strip("`*_ "))
        named = re.findall(r"[A-Za-z]+", stated) if several else [method_in(stated)]
        # Lists of routes name HEAD beside each GET.
        named = [one for one in named if not several or one.upper() not in {"HEAD", "OPTIONS"}]
        return [WrittenCall(one.upper(), path, Strength.ALONE, summary) for one in named]
    if methods is None and paths is not None and _PATH_CELL.fullmatch(path) and "/" in path:
        others = [clean(cell) for place, cell in enumerate(row) if place != paths]
        named = [one for cell in others if "/" not in cell for one in words.METHOD.findall(cell)]
        return [WrittenCall(one, path, Strength.ALONE, summary) for one in dict.fromkeys(named)]
    for index, cell in enumerate(row[:MOST_COLUMNS]):
        match = CALL.match(cell.strip().strip("`*[")) or RELATIVE_CALL.match(cell.strip())
        if match:
            method, target = (group for group in match.groups() if group)
            others = [clean(other) for place, other in enumerate(row) if place != index]
            summary = summary or next(iter(reversed(others)), "")
            behind = cell.strip()[match.end() :].strip("`*[]() ") if index else ""
            strength = Strength.LISTED if behind else Strength.ALONE
            return [WrittenCall(method, target, strength, summary)]
    return []
