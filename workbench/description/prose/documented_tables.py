"""Tables of prose documents: parameters, fields of bodies, and lists of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.description.prose import section_words as words

_MARKUP = re.compile(r"[`*]|<[^<>]{0,200}>|\\(?=[_\[\]])")
_LATEST_HEADER = 12  # rows among which the header of a spreadsheet is looked for
_LONGEST = 2_000  # characters of one cell that are read
_ELEMENT = re.compile(r"\W*<([A-Za-z][\w.-]*)/?>\W*")  # of XML, in the place of a field's name
_FIELD = re.compile(r"[A-Za-z_$@][\w$@.\[\]-]*")
MOST_COLUMNS = 100  # of one table that are looked at
NAMED = "$named"  # key of a schema while it is read: name of a type that another table describes
_MANY = re.compile(
    r"(?:array|list|collection|set|lista|liste)s? ?(?:of|de|von|"
    r"<)? ?([A-Za-z][\w ]*?)s?>?(?: or null)?$|\[?([A-Z]\w*)\]?\(?[^()]*\)?\[\]$",
    re.IGNORECASE,
)
_TYPE_NAME = re.compile(
    r"\[?([A-Za-z][A-Za-z0-9]*(?: ?[A-Z][A-Za-z0-9]*)*)\]?(?:\([^()]*\))?(?: or Null)?",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(
    r"\b(?:enum(?:eration)?|one of|(?:possible|allowed|valid|accepted) values?(?: are)?|"
    r"values|options are|"
    r"either|valores(?: posibles)?|uno de|um de|werte)\b[^`\n]{0,20}?[: ]\s*([^\n]{3,400})",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\w][\w.-]{0,40}(?: [\w.-]{1,20})?")


@dataclass(frozen=True)
class ProseTable:
    """A table: its header cells and its rows, as written."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, pattern: re.Pattern[str]) -> int | None:
        """Index of the first column whose header matches."""
        return next(iter(self.columns(pattern)), None)

    def columns(self, pattern: re.Pattern[str]) -> list[int]:
        """Indices of all columns whose header matches."""
        return [i for i, cell in enumerate(self._plain_header) if pattern.search(cell)]

    @cached_property
    def _plain_header(self) -> tuple[str, ...]:
        return tuple(words.plain(clean(cell)) for cell in self.header[:MOST_COLUMNS])

    def cell(self, row: tuple[str, ...], column: int | None) -> str:
        """Text of a cell without markup; empty where there is none."""
        if column is None or column >= len(row):
            return ""
        element = _ELEMENT.fullmatch(row[column])
        return element[1] if element else clean(row[column])

    def statuses(self) -> Iterator[tuple[str, str]]:
        """Yield status and description of each row of a table of answers."""
        status = self.column(words.STATUS_COLUMN)
        if self.column(words.NAME_COLUMN) is not None:
            # A list of answers may call them names: `200 OK`.
            named = [words.STATUS.match(self.cell(row, 0)) for row in self.rows]
            status = 0 if any(named) and sum(map(bool, named)) * 2 >= len(named) else None
        if status is None:
            return
        described = self.column(words.DESCRIPTION_COLUMN)
        for row in self.rows:
            code = words.STATUS.match(self.cell(row, status))
            if code:
                yield code[1], self.cell(row, described)


def settle(rows: Sequence[tuple[str, ...]]) -> ProseTable:
    """Make a table of rows whose header may stand below a title, as in spreadsheets."""
    known = (
        words.NAME_COLUMN,
        words.TYPE_COLUMN,
        words.METHOD_COLUMN,
        words.PATH_COLUMN,
        words.REQUIRED_COLUMN,
        words.DESCRIPTION_COLUMN,
        words.EVENT_COLUMN,
    )
    for number, row in enumerate(rows[:_LATEST_HEADER]):
        table = ProseTable(row, tuple(rows[number + 1 :]))
        if sum(table.column(pattern) is not None for pattern in known) > 1:
            return table
    return ProseTable(rows[0], tuple(rows[1:])) if rows else ProseTable((), ())


def clean(text: str) -> str:
    """Return the text of a cell without Markdown and HTML marks."""
    return _MARKUP.sub("", text[:_LONGEST]).strip()


def read_fields(table: ProseTable) -> dict[str, Any] | None:
    """Read a table of fields as an object schema; dotted names nest. None when it is no such."""
    name = table.column(words.NAME_COLUMN)
    if name is None:
        return None
    root = _open_fields(table)
    for row in table.rows:
        field = field_of(table.cell(row, name))
        if field:
            schema, required = _describe(table, row)
            _set_field(root, field, schema, required=required)
    return root if root["properties"] else None


def _open_fields(table: ProseTable) -> dict[str, Any]:
    """An object without fields; it says that none is required where a column could say so."""
    made: dict[str, Any] = {"type": "object", "properties": {}}
    return made if table.column(words.REQUIRED_COLUMN) is None else made | {"required": []}


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
    name = table.column(words.NAME_COLUMN)
    place_column = table.column(words.PLACE_COLUMN)
    if name is None:
        return [], None
    parameters: list[dict[str, Any]] = []
    fields = _open_fields(table)
    for row in table.rows:
        field = field_of(table.cell(row, name))
        if not field:
            continue
        schema, required = _describe(table, row)
        stated = table.cell(row, place_column)
        place = words.place_named(stated) or words.place_named(about)
        if "{" + field + "}" in path:
            place = "path"
        elif words.BODY_PLACE.search(words.plain(stated)):
            place = None
        elif place == "path" or (place is None and not has_body):
            place = "query"
        if place is None or (has_body and "." in field):
            _set_field(fields, field, schema, required=required)
        else:
            parameters.append(parameter(field, place, schema, required=required))
    return parameters, fields if fields["properties"] else None


def field_of(text: str) -> str:
    """The name of a field as a cell or list item shows it, or nothing."""
    bare = text.strip().strip("*:").rstrip("?*").strip()
    return bare if _FIELD.fullmatch(bare) else ""


def parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """An OpenAPI parameter object."""
    return {
        "name": name,
        "in": place,
        "required": required or place == "path",
        "description": schema.get("description", ""),
        "schema": {key: value for key, value in schema.items() if key != "description"},
    }


def _describe(table: ProseTable, row: tuple[str, ...]) -> tuple[dict[str, Any], bool]:
    described = table.column(words.DESCRIPTION_COLUMN)
    if described is None and table.header and not table.header[-1].strip():
        described = len(table.header) - 1
    raw = row[described] if described is not None and described < len(row) else ""
    schema, required = describe_field(table.cell(row, table.column(words.TYPE_COLUMN)), raw)
    column = table.column(words.REQUIRED_COLUMN)
    if column is not None:
        says_yes = bool(words.YES.search(words.plain(table.cell(row, column))))
        is_negative = words.plain(clean(table.header[column])).startswith(("op", "facult"))
        return schema, says_yes != is_negative
    name = table.column(words.NAME_COLUMN)
    written = words.plain(row[name]) if name is not None and name < len(row) else ""
    is_starred = written.replace("*", "").strip() + "*" == written.strip()
    return schema, (required or is_starred) and not words.STATED_OPTIONAL.search(written)


def describe_field(kind: str, words_of_it: str) -> tuple[dict[str, Any], bool]:
    """Schema of one field, and whether its words say that it is required.

    Args:
        kind: Its type, as written.
        words_of_it: Its description, marks included: values in code spans are an enumeration.
    """
    schema: dict[str, Any] = {}
    named = words.type_named(kind)
    if named:
        schema["type"] = named
    many = _MANY.match(kind.strip())
    reference = _TYPE_NAME.fullmatch(many[1] or many[2] if many else kind.strip())
    if reference and (many or not named):
        schema[NAMED] = reference[1]
        schema["type"] = "array" if many else "object"
    values = _values(words_of_it)
    if values and named not in {"object", "array", "boolean"} and not many:
        schema = (
            {"type": "string", "enum": values} if NAMED in schema else schema | {"enum": values}
        )
        if named in {"integer", "number"}:
            schema.pop("enum")
    text = clean(words_of_it)
    if text:
        schema["description"] = text
    plain = words.plain(text)
    required = bool(words.STATED_REQUIRED.search(plain)) and not words.STATED_OPTIONAL.search(plain)
    return schema, required


def _values(text: str) -> list[str]:
    found = _ENUMERATION.search(text[:_LONGEST])
    if found is None:
        return []
    listed = re.findall(r"`([^`]{1,200})`", found[1]) or re.findall(r'"([^"]{1,60})"', found[1])
    values = [value.strip() for item in listed for value in item.split(",")]
    if not listed:
        values = [value.strip() for value in re.split(r",|\||/|\bor\b", found[1].split(".")[0])]
    is_list = len(values) > 1 and all(_VALUE.fullmatch(value) for value in values)
    return list(dict.fromkeys(values)) if is_list else []


def resolve_named(schema: Any, named: Mapping[str, dict[str, Any]], deepest: int = 6) -> Any:
    """Return a schema with the types that other tables describe put in their place."""
    if isinstance(schema, list):
        return [resolve_named(item, named, deepest) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = schema.get(NAMED)
    node = {
        key: resolve_named(value, named, deepest) for key, value in schema.items() if key != NAMED
    }
    target = named.get(name.lower()) if isinstance(name, str) else None
    if target is None or deepest == 0:
        if isinstance(name, str) and node.get("type") == "object":
            node.pop("type")
        return node
    whole = resolve_named(target, named, deepest - 1)
    return node | ({"items": whole} if node.get("type") == "array" else whole)


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
