"""Filling path, query and header parameters of an operation from what is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from workbench.errors import InputError
from workbench.model import Operation, Parameter, SchemaReader
from workbench.partners import Partner

_SLOT = re.compile(r"\{([^{}]+)\}")
# Headers that login, the body or the client itself bring along.
_OWN_HEADERS = frozenset(
    {"authorization", "accept", "content-type", "content-length", "host", "user-agent"}
)
_KEY_HEADERS = frozenset({"idempotency-key", "x-idempotency-key"})


@dataclass(frozen=True)
class Filled:
    """An operation's address and parameters, ready to be sent."""

    path: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    key_header: str | None = None


def fill_parameters(
    partner: Partner,
    environment: str,
    operation: Operation,
    ids: Mapping[str, str],
    payload: Any = None,
) -> Filled:
    """Find a value for every parameter that must have one.

    A value comes from, in this order: `ids` by the parameter's own name; `ids` by the entity that
    the manifest's `parameters` gives it; `test_account.values`; a field of the same name at the
    top of `payload`; the only value that its schema allows; and for the last open parameter of a
    path, the only id that nothing else has taken. The test restaurant stands in for `restaurant`.

    Raises:
        InputError: No value, or no single one, is to be had; the hint says what to write.
    """
    source = _Source(partner, environment, ids, payload)
    path = _fill_path(partner, operation, source)
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    for item in operation.parameters:
        if item.place not in {"query", "header"} or _is_brought(item, partner):
            continue
        value = source.find(item.name, item, deep=item.required)
        if value is not None:
            (query if item.place == "query" else headers)[item.name] = _write(value)
        elif item.required:
            raise _ambiguous(partner, operation, item.name, ids)
    key = next((p.name for p in operation.parameters if p.name.lower() in _KEY_HEADERS), None)
    return Filled(path=path, query=query, headers=headers, key_header=key)


def fill_body(
    partner: Partner, environment: str, operation: Operation, ids: Mapping[str, str]
) -> dict[str, Any] | None:
    """The body of a call that carries ids and no entity, as a read by POST; None: it needs none.

    Raises:
        InputError: A field that it must have has no value.
    """
    schema = operation.request_schema
    if schema is None:
        return None
    reader = SchemaReader.of(partner.description, operation.document)
    source = _Source(partner, environment, ids, None)
    needed = set(reader.first(schema).get("required", ()))
    body: dict[str, Any] = {}
    for name, part in reader.properties(schema).items():
        value = source.find(name, None)
        if value is None and name in needed:
            value = _only_value(reader.resolve(part))
        if value is not None:
            body[name] = value
        elif name in needed:
            left = source.spare()
            if len(left) != 1:
                raise _ambiguous(partner, operation, name, left)
            body[name] = left[0]
    return body or None


class _Source:
    """Looks values up, and remembers which ids were used."""

    def __init__(
        self, partner: Partner, environment: str, ids: Mapping[str, str], payload: Any
    ) -> None:
        self._account = partner.environment(environment).test_account
        self._entities = partner.manifest.parameters
        self._ids = ids
        self._payload = payload if isinstance(payload, dict) else {}
        self._used: set[str] = set()

    def find(self, name: str, parameter: Parameter | None, *, deep: bool = True) -> Any:
        """The value of a parameter, or None; without `deep`, only what is meant for it by name."""
        entity = self._entities.get(name, "")
        for key in (name, entity):
            if key in self._ids:
                self._used.add(key)
                return self._ids[key]
        if self._account and name in self._account.values:
            return self._account.values[name]
        if self._account and entity == "restaurant":
            return self._account.restaurant
        if not deep:
            return None
        own = self._payload.get(name)
        if isinstance(own, str | int) and not isinstance(own, bool):
            return own
        return _only_value(parameter.schema_) if parameter else None

    def spare(self) -> list[str]:
        """Ids that no parameter has taken, each once; a restaurant is never guessed."""
        taken = self._used | {"restaurant"}
        left = [value for key, value in self._ids.items() if key not in taken]
        return list(dict.fromkeys(left))


def _fill_path(partner: Partner, operation: Operation, source: _Source) -> str:
    declared = {item.name: item for item in operation.parameters if item.place == "path"}
    slots = _SLOT.findall(operation.path)
    found = {name: source.find(name, declared.get(name)) for name in slots}
    missing = [name for name, value in found.items() if value is None]
    spare = source.spare()
    if len(missing) == 1 and len(spare) == 1:
        found[missing[0]] = spare[0]
    elif missing:
        raise _ambiguous(partner, operation, missing[0], spare)
    return _SLOT.sub(lambda slot: _quote(found[slot[1]], slot[1], partner), operation.path)


def _only_value(schema: Mapping[str, Any]) -> Any:
    allowed = schema.get("enum") or []
    if "const" in schema:
        return schema["const"]
    return allowed[0] if len(allowed) == 1 else schema.get("default")


def _is_brought(item: Parameter, partner: Partner) -> bool:
    auth = partner.manifest.auth
    brought = {auth.header, auth.query, *auth.headers, *partner.manifest.headers}
    names = {name.lower() for name in brought if name} | _OWN_HEADERS | _KEY_HEADERS
    return item.name.lower() in names


def _write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quote(value: Any, name: str, partner: Partner) -> str:
    text = _write(value)
    if text in {"", ".", ".."}:
        raise InputError(
            f"{text!r} cannot be the value of the path parameter {name!r}", partner=partner.slug
        )
    return quote(text, safe="")


def _ambiguous(
    partner: Partner, operation: Operation, name: str, given: Iterable[str]
) -> InputError:
    known = ", ".join(sorted(given)) or "none"
    return InputError(
        f"No value is known for the parameter {name!r} of {operation.id} (ids given: {known})",
        location=f"{partner.slug}/partner.yaml",
        partner=partner.slug,
        hint=f"Say whose id it is, with `parameters: {{{name}: …}}` (order, product, restaurant, "
        f"…), or give it a constant, with `test_account: {{values: {{{name}: …}}}}` under the "
        "environment.",
    )
