"""Ids that exist: from the manifest, from what was answered before, and from lists.

A made-up id is answered with 404, which tells nothing of the operation. Path parameters go
together: a section belongs to one menu of one restaurant.

A schema cannot say that `restaurant_id` has to exist, so a refusal of a made-up one proves nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from workbench.adapters import SAFE, Recorded, Session
from workbench.errors import InputError, PartnerError
from workbench.evidence.known import Value, known_values
from workbench.evidence.placing import send
from workbench.model import ITEMS, Operation, SchemaReader
from workbench.partners import reads_only

Path = dict[str, str]
"""Path parameters that exist together, by name."""

_MOST = 4
_NAMES = re.compile(r"{([^{}]+)}")


def find_paths(
    session: Session, operations: Mapping[str, Operation], since: int = 0
) -> dict[str, list[Path]]:
    """For each operation with path parameters, those that exist together; an empty list if none.

    Where neither the manifest nor an earlier answer tells, a list is asked for; where the manifest
    leaves several combinations, each is read. Whatever hinders that is left out. What writes never
    gets an order or reservation that the manifest states as known: a status is not taken back, and
    the next run reads it again. An account that is reset, and what is given as spare, may change.

    Args:
        session: The opened environment.
        operations: What ids are needed for, by id.
        since: Number of recorded exchanges that say nothing any more, as of before a reset.
    """
    described = [*session.partner.callable_operations]
    seen = [*_seen(session, described, session.recorder.exchanges[since:])]
    found: dict[str, list[Path]] = {}
    for name, operation in operations.items():
        wanted = _NAMES.findall(operation.path)
        if not wanted:
            continue
        stated = [*_stated(session, wanted)]
        paths = [*_matching(operation.path, seen)]
        if not paths and len(stated) == 1:
            paths = stated
        if not paths:
            seen += _asked(session, operation, described, stated, seen)
            paths = [*_matching(operation.path, seen)] or stated
        spared = find_spared(session, operation)
        distinct = {tuple(path.items()): path for path in paths if spared.isdisjoint(path.values())}
        found[name] = [*distinct.values()][:_MOST]
    return found


def find_spared(session: Session, operation: Operation) -> set[str]:
    """Orders and reservations that stay as they are: known ones that nothing puts back."""
    environment = session.partner.environment(session.environment)
    account = environment.test_account
    is_read = operation.method in SAFE or reads_only(session.partner, operation)
    if account is None or environment.reset or is_read:
        return set()
    spare = {identity for ids in account.spare.values() for identity in ids}
    known = (ids for noun, ids in account.known.items() if noun in {"order", "reservation"})
    return {str(value) for ids in known for value in ids} - spare


def _stated(session: Session, names: list[str]) -> Iterator[Path]:
    """By the manifest; each parameter by itself, as it does not say what belongs together."""
    columns = [known_values(session.partner, session.environment, name) for name in names]
    if all(columns):
        for values in itertools.islice(itertools.product(*columns), _MOST):
            yield dict(zip(names, map(str, values), strict=True))


def _seen(
    session: Session, described: list[Operation], entries: list[Recorded]
) -> Iterator[tuple[str, Path]]:
    """Path templates and the parameters with which they were answered, the latest first."""
    gone: set[str] = set()
    for entry in reversed(entries):
        if not 200 <= entry.status < 300 or not entry.url.startswith(session.client.base_url):
            continue
        where = urlsplit(entry.url.removeprefix(session.client.base_url)).path
        if entry.method == "DELETE":
            gone.add(where)
        if where in gone:
            continue
        for operation in described:
            values = _read(operation.path, where)
            if values is not None:
                yield operation.path, values
                if operation.method == entry.method in {"GET", "POST"}:
                    yield from _inside(operation, values, entry, described, gone, where)


def _inside(
    operation: Operation,
    values: Path,
    entry: Recorded,
    described: list[Operation],
    gone: set[str],
    where: str,
) -> Iterator[tuple[str, Path]]:
    """The ids of items in an answer, as paths of what is about one of them."""
    start = f"{operation.path.rstrip('/')}/{{"
    below = {item.path.removeprefix(start) for item in described if item.path.startswith(start)}
    for name in sorted({rest.partition("}")[0] for rest in below}):
        for identity in _identities(entry.response_body, name):
            if f"{where.rstrip('/')}/{identity}" not in gone:
                yield f"{start}{name}}}", {**values, name: identity}


def _identities(body: bytes, name: str) -> Iterator[str]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    lists = [data] if isinstance(data, list) else []
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)] or [[data]]
    for item in itertools.chain.from_iterable(lists):
        value = _identity(item, name)
        if value is not None:
            yield value


def _identity(item: Any, name: str) -> str | None:
    if not isinstance(item, dict):
        return None
    for key in (name, "id", "Id", "ID", "uuid", "ref", "code"):
        value = item.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
    return None


def _read(template: str, where: str) -> Path | None:
    pattern = _NAMES.sub(r"([^/]+)", re.sub(r"[.+*?()|^$\[\]\\]", r"\\\g<0>", template))
    match = re.fullmatch(pattern, where)
    names = _NAMES.findall(template)
    return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else None


def _matching(template: str, seen: list[tuple[str, Path]]) -> Iterator[Path]:
    """What was answered at this path, or below the thing that it is about."""
    names = _NAMES.findall(template)
    stem = template[: template.rfind("}") + 1]
    for other, values in seen:
        if other == template or (names and f"{other}/".startswith(f"{stem}/")):
            yield {name: values[name] for name in names}


def _asked(
    session: Session,
    operation: Operation,
    described: list[Operation],
    stated: list[Path],
    seen: list[tuple[str, Path]],
) -> list[tuple[str, Path]]:
    """Read each combination, or the list that the last thing in a path is in."""
    stem = operation.path[: operation.path.rfind("}") + 1]
    reads = {item.path: item for item in described if item.method == "GET"}
    before = session.recorder.count
    read, listed = reads.get(stem), reads.get(stem.rpartition("/")[0])
    found: list[tuple[str, Path]] = []
    if stated and read is not None:
        _send(session, read, stated)
    elif listed is not None and not stated:
        places = [*_matching(listed.path, seen)]
        if "{" in listed.path and not places:
            found = _asked(session, listed, described, [], seen)
            places = [*_matching(listed.path, found)]
        _send(session, listed, places[:_MOST] if "{" in listed.path else [{}])
    return [*found, *_seen(session, described, session.recorder.exchanges[before:])]


def _send(session: Session, operation: Operation, paths: list[Path]) -> None:
    for path in paths:
        with suppress(InputError, PartnerError):
            send(session, operation, ids=path)


_DEEPEST = 5
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def body_references(session: Session, operation: Operation) -> dict[str, tuple[str, list[Value]]]:
    """Field name → its place in Schemathesis' words, and the ids that exist for it."""
    if operation.request_schema is None or operation.method != "POST":
        return {}
    found: dict[str, tuple[str, list[Value]]] = {}
    spared = find_spared(session, operation)
    reader = SchemaReader.of(session.partner.description, operation.document)
    for place, name in _fields(reader, operation.request_schema):
        known = known_values(session.partner, session.environment, name)
        if ids := [value for value in known if str(value) not in spared]:
            found[name] = (place, ids)
    return found


def _fields(reader: SchemaReader, schema: Any) -> Iterator[tuple[str, str]]:
    """The single values of a body: their place in Schemathesis' words, and their names."""
    for path, _ in reader.walk(schema, _DEEPEST):
        names = [part for part in path if part != ITEMS]
        if path[:1] != (ITEMS,) and names and all(map(_PLAIN_NAME.fullmatch, names)):
            steps = "".join("[*]" if part == ITEMS else f".{part}" for part in path)
            yield f"body{steps}".removesuffix("[*]"), names[-1]
