"""Tables of prose documents: parameters, fields of bodies, and lists of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.description import prose

_MARKUP = re.compile(r"[`*]|<[^<>]{0,200}>|\\(?=[_\[\]])")
_LONGEST = 2_000  # characters of one cell that are read
_FIELD = re.compile(r"[A-Za-z_$@][\w$@.\[\]-]*")


@dataclass(frozen=True)
class ProseTable:
    """A table: its header cells and its rows, as written."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, pattern: re.Pattern[str]) -> int | None:
        """Index of the first column whose header matches."""
        for index, cell in enumerate(self.header):
            if pattern.search(prose.plain(clean(cell))):
                return index
        return None

    def cell(self, row: tuple[str, ...], column: int | None) -> str:
        """Text of a cell without markup; empty where there is none."""
        return clean(row[column]) if column is not None and column < len(row) else ""

    def statuses(self) -> Iterator[tuple[str, str]]:
        """Yield status and description of each row of a table of answers."""
        status = self.column(prose.STATUS_COLUMN)
        if status is None or self.column(prose.NAME_COLUMN) is not None:
            return
        words = self.column(prose.DESCRIPTION_COLUMN)
        for row in self.rows:
            code = prose.STATUS.match(self.cell(row, status))
            if code:
                yield code[1], self.cell(row, words)


def clean(text: str) -> str:
    """Return the text of a cell without Markdown and HTML marks."""
    return _MARKUP.sub("", text[:_LONGEST]).strip()


def read_fields(table: ProseTable) -> dict[str, Any] | None:
    """Read a table of fields as an object schema; dotted names nest. None when it is no such."""
    name = table.column(prose.NAME_COLUMN)
    if name is None:
        return None
    root: dict[str, Any] = {"type": "object", "properties": {}}
    for row in table.rows:
        field = table.cell(row, name)
        if _FIELD.fullmatch(field):
            schema, required = _describe(table, row)
            _set_field(root, field, schema, required=required)
    return root if root["properties"] else None


def read_parameters(
    table: ProseTable, path: str, about: str, *, has_body: bool
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Read a table as parameters and, when the operation has a body, as fields of that body.

    Args:
        table: The table.
        path: Path template; names in it are path parameters.
        about: Words that introduce the table (heading, sentence before).
        has_body: Whether a row without a place is a field of the body.
    """
    name = table.column(prose.NAME_COLUMN)
    place_column = table.column(prose.PLACE_COLUMN)
    if name is None:
        return [], None
    parameters: list[dict[str, Any]] = []
    fields: dict[str, Any] = {"type": "object", "properties": {}}
    for row in table.rows:
        field = table.cell(row, name)
        if not _FIELD.fullmatch(field):
            continue
        schema, required = _describe(table, row)
        stated = table.cell(row, place_column)
        place = prose.place_named(stated) or prose.place_named(about)
        if "{" + field + "}" in path:
            place = "path"
        elif place == "path" or (place is None and not has_body and not stated):
            place = "query"
        if place is None or (has_body and "." in field):
            _set_field(fields, field, schema, required=required)
        else:
            parameters.append(_parameter(field, place, schema, required=required))
    return parameters, fields if fields["properties"] else None


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": required or place == "path",
        "description": schema.get("description", ""),
        "schema": {key: value for key, value in schema.items() if key != "description"},
    }


def _describe(table: ProseTable, row: tuple[str, ...]) -> tuple[dict[str, Any], bool]:
    schema: dict[str, Any] = {}
    kind = prose.type_named(table.cell(row, table.column(prose.TYPE_COLUMN)))
    if kind:
        schema["type"] = kind
    description = table.cell(row, table.column(prose.DESCRIPTION_COLUMN))
    if description:
        schema["description"] = description
    column = table.column(prose.REQUIRED_COLUMN)
    says_yes = bool(prose.YES.search(prose.plain(table.cell(row, column))))
    is_negative = column is not None and prose.plain(clean(table.header[column])).startswith("op")
    return schema, says_yes != is_negative if column is not None else False


def _set_field(root: dict[str, Any], name: str, schema: dict[str, Any], *, required: bool) -> None:
    node = root
    parts = [part for part in name.split(".") if part]
    for number, part in enumerate(parts):
        key = part.removesuffix("[]")
        properties = node.setdefault("properties", {})
        is_last = number == len(parts) - 1
        child = properties.setdefault(key, {})
        if is_last:
            child.update(schema)
            if required and key not in node.setdefault("required", []):
                node["required"].append(key)
            return
        if part.endswith("[]") or child.get("type") == "array":
            child.setdefault("type", "array")
            child = child.setdefault("items", {})
        child.setdefault("type", "object")
        node = child
