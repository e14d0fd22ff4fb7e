"""Judges requests by the partner's own document: what it forbids is refused, and nothing else is.

The document is read as a partner's document is always read (`description`), and bodies are judged
by `jsonschema-rs`. Simulators keep code for their state only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal

import orjson

from workbench.description import SchemaValidator, SchemaViolation, describe
from workbench.model import (
    ApiDescription,
    LocatedSchema,
    Operation,
    Parameter,
    SchemaReader,
    SchemaView,
    view_schema,
)
from workbench.settings import find_shipped

Place = Literal["query", "header", "body"]
Values = Callable[[str], Sequence[str]]

_LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")
_IN_TEXT = frozenset({"integer", "number", "boolean"})


class UnfitError(Exception):
    """A request that the document does not allow; `place` is the part of it that is wrong."""

    def __init__(self, place: Place, violations: Sequence[SchemaViolation]) -> None:
        super().__init__(f"{place}: {violations[0].message}")
        self.place = place
        self.violations = violations


class RequestRules:
    """What a document says of the requests of one operation.

    Attributes:
        media_types: In which bodies may be sent; empty where the operation takes none.
        answer_types: In which it answers when it does as it was asked; empty where such an answer
            has no body.
    """

    def __init__(self, document: PartnerDocument, operation: Operation) -> None:
        self._document = document
        self._operation = operation
        self.media_types = frozenset(body.media_type for body in operation.bodies)
        self.answer_types = frozenset(
            body.media_type
            for response in operation.responses
            if response.status.startswith("2")
            for body in response.bodies
        )

    def read_parameters(self, place: Place, given: Values) -> dict[str, Any]:
        """The documented parameters of one place, as their types, with defaults filled in.

        Args:
            place: Which.
            given: Gives the values that came under a name.

        Raises:
            UnfitError: One is missing, repeated, or not as documented.
        """
        found: dict[str, Any] = {}
        for parameter in self._operation.parameters:
            if parameter.place != place:
                continue
            values = given(parameter.name)
            default = self._document.view(LocatedSchema(parameter.schema_)).constraints
            if values or parameter.required:
                found[parameter.name] = self._read_parameter(place, parameter, values)
            elif "default" in default:
                found[parameter.name] = default["default"]
        return found

    def read_body(self, raw: bytes) -> Any:
        """The JSON body; whole numbers are integers in it, and instants are in UTC.

        Where the document does not require a body, none is an empty object.

        Raises:
            UnfitError: It is no JSON, or not as documented.
        """
        body = next((item for item in self._operation.bodies if item.schema_), None)
        if body is None or (not raw and not body.required):
            return {}
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise UnfitError("body", [SchemaViolation("", str(error))]) from None
        if violations := self._document.find_violations(body.schema_, value):
            raise UnfitError("body", violations)
        return self._document.settle(LocatedSchema(body.schema_), value, is_whole=False)

    def fill(self, value: Any) -> Any:
        """A body with what its writer may leave out: its default, null, or an empty list."""
        schema = self._operation.request_schema or {}
        return self._document.settle(LocatedSchema(schema), value, is_whole=True)

    def _read_parameter(self, place: Place, parameter: Parameter, values: Sequence[str]) -> Any:
        if len(values) != 1:
            message = "may be given once" if values else "is required"
            raise UnfitError(place, [SchemaViolation(f"/{parameter.name}", message)])
        value = self._document.parse_text(LocatedSchema(parameter.schema_), values[0])
        if violations := self._document.find_violations(parameter.schema_, value):
            named = [item._replace(pointer=f"/{parameter.name}") for item in violations]
            raise UnfitError(place, named)
        return self._document.settle(LocatedSchema(parameter.schema_), value, is_whole=False)


class PartnerDocument:
    """One document of a fictional partner, as we ship it."""

    def __init__(self, description: ApiDescription) -> None:
        (self._document,) = (document.name for document in description.documents)
        self._description = description
        self._reader = SchemaReader.of(description, self._document)
        # By the identity of a schema, which is kept beside so that it stays its own.
        self._views: dict[int, tuple[Any, SchemaView]] = {}
        self._validators: dict[int, tuple[Any, SchemaValidator]] = {}

    def rules(self, method: str, path: str) -> RequestRules:
        """What it says of the requests of `METHOD /path`.

        Raises:
            KeyError: It has no such operation: a simulator serves what is documented.
        """
        found = self._description.exchange(f"{method} {path}")
        if not isinstance(found, Operation):
            raise KeyError(f"{self._document} has no {method} {path}")
        return RequestRules(self, found)

    def find_violations(self, schema: dict[str, Any], value: Any) -> list[SchemaViolation]:
        """Every way in which a value breaks a schema, formats included."""
        if id(schema) not in self._validators:
            validator = SchemaValidator(self._description, self._document, schema, formats=True)
            self._validators[id(schema)] = schema, validator
        return self._validators[id(schema)][1].find_violations(value)

    def view(self, place: LocatedSchema) -> SchemaView:
        """A schema of the document, flattened."""
        if id(place.schema) not in self._views:
            self._views[id(place.schema)] = place.schema, view_schema(self._reader, place)
        return self._views[id(place.schema)][1]

    def parse_text(self, place: LocatedSchema, text: str) -> Any:
        """A parameter's text as the JSON type that is documented; as it came when it is none."""
        types = self.view(place).types or frozenset()
        if not types or not types <= _IN_TEXT or text != text.strip():
            return text
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text

    def settle(self, place: LocatedSchema, value: Any, *, is_whole: bool, at: str = "") -> Any:
        """A value that fits, in one spelling; with all that may be left out when `is_whole`.

        Raises:
            UnfitError: A date is beyond the calendar.
        """
        view = self._view_of(place, value)
        if isinstance(value, list) and view.items is not None:
            items = view.items
            return [
                self.settle(items, item, is_whole=is_whole, at=f"{at}/{index}")
                for index, item in enumerate(value)
            ]
        if isinstance(value, dict):
            filled = self._missing(view) if is_whole else {}
            return filled | {
                name: self.settle(view.properties[name], item, is_whole=is_whole, at=f"{at}/{name}")
                if name in view.properties
                else item
                for name, item in value.items()
            }
        return _settle_scalar(view, value, at)

    def _view_of(self, place: LocatedSchema, value: Any) -> SchemaView:
        view = self.view(place)
        if not view.is_open:
            return view
        fitting = (one for one in view.choices if not self.find_violations(one.schema, value))
        chosen = next(fitting, None)
        return view if chosen is None else self._view_of(chosen, value)

    def _missing(self, view: SchemaView) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, place in view.properties.items():
            member = self.view(place)
            if "default" in member.constraints:
                found[name] = deepcopy(member.constraints["default"])
            elif member.types is not None and member.nullable:
                found[name] = None
            elif member.types == frozenset({"array"}):
                found[name] = []
        return found


@cache
def open_document(slug: str, name: str) -> PartnerDocument:
    """The document of a fictional partner, read once in a process."""
    return PartnerDocument(describe([find_shipped() / "contracts" / slug / name]))


def _settle_scalar(view: SchemaView, value: Any, at: str) -> Any:
    if isinstance(value, float) and value.is_integer() and view.types == frozenset({"integer"}):
        return int(value)
    form = view.constraints.get("format")
    if not isinstance(value, str) or form not in {"date", "date-time"}:
        return value
    try:
        return _to_utc(value) if form == "date-time" else date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UnfitError("body", [SchemaViolation(at, str(error))]) from None


def _to_utc(text: str) -> str:
    instant = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text.upper()))
    try:
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the first or last day of the calendar
        return text
