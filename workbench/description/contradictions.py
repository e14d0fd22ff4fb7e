"""What two documents of one partner say of the same thing, and cannot both be so.

Only what both say counts: an example tells types and no more, prose tells what is required where
a column of its tables says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from workbench.description.inference import infer_schema
from workbench.model import (
    Body,
    DocumentWarning,
    Event,
    Interaction,
    Operation,
    Parameter,
    SchemaReader,
    SecurityScheme,
    list_of,
    mapping_of,
)

_EXACT = frozenset({"openapi", "asyncapi", "raml"})  # what they leave out is optional
_SHOWN = frozenset({"postman", "har", "insomnia", "bruno", "http"})  # examples, no rules
_BOUNDS = ("format", "minimum", "maximum", "minLength", "maxLength", "pattern")
_WRITING = frozenset({"POST", "PUT", "PATCH"})
_DEEPEST = 5  # nesting of fields that are compared
_MOST = 400  # fields of one body that are compared

Item = Operation | Event
Difference = tuple[str, ...]  # what, here, there


def contradictions(
    kept: Item, other: Item, formats: Mapping[str, str], bundles: Mapping[str, dict[str, Any]]
) -> Iterator[DocumentWarning]:
    """Tell what two descriptions of one operation or event say differently, with both places."""
    reading = _Reading(formats, bundles, kept.document, other.document)
    for what, here, there in (
        *reading.of_parameters(kept, other),
        *reading.of_bodies("in the request, ", kept.bodies, other.bodies),
        *reading.of_answers(kept, other),
    ):
        yield _warning(kept, other, f"{kept.id}: {what} {here} here, and {there}")


def rival_methods(items: Sequence[Item], keys: Sequence[str]) -> Iterator[DocumentWarning]:
    """Tell of paths that two documents let us write to by other methods.

    Args:
        items: The operations and events that are kept.
        keys: The path of each, below its servers; empty for events.
    """
    by_path: dict[str, dict[str, list[Item]]] = {}
    for item, key in zip(items, keys, strict=True):
        if isinstance(item, Operation) and item.method in _WRITING and key:
            by_path.setdefault(key, {}).setdefault(item.document, []).append(item)
    for documents in by_path.values():
        (one, *_), *others = documents.values()
        for other, *_ in others:
            yield _warning(one, other, f"{one.id} is here what {other.id} is")


def rival_logins(
    pairs: Sequence[tuple[Item, Item]], security: Sequence[SecurityScheme]
) -> Iterator[DocumentWarning]:
    """Tell of two documents that describe the same calls with logins that have nothing in common.

    Args:
        pairs: Operations of two documents that are the same.
        security: The schemes of all documents.
    """
    ways: dict[str, dict[tuple[str, str], SecurityScheme]] = {}
    for scheme in security:
        ways.setdefault(scheme.document, {})[_login(scheme)] = scheme
    for one, two in {(kept.document, other.document): None for kept, other in pairs}:
        known, others = ways.get(one, {}), ways.get(two, {})
        if known and others and known.keys().isdisjoint(others):
            here, there = (next(iter(found.values())) for found in (known, others))
            said = [" ".join(part for part in _login(item) if part) for item in (here, there)]
            yield _warning(here, there, f"callers log in by {said[0]} here, and by {said[1]}")


def rival_bases(servers: Mapping[str, Sequence[str]]) -> Iterator[DocumentWarning]:
    """Tell of documents that name the same host with other base paths.

    Args:
        servers: Document → its servers.
    """
    bases: dict[str, dict[str, set[str]]] = {}
    for name, urls in servers.items():
        for url in urls:
            parts = urlsplit(url)
            bases.setdefault(parts.netloc, {}).setdefault(name, set()).add(parts.path.rstrip("/"))
    for host, found in bases.items():
        (one, known), *others = found.items() if host else [("", set())]
        for two, stated in others:
            if not any(a.startswith(b) or b.startswith(a) for a in known for b in stated):
                said = [
                    ", ".join(host + path for path in sorted(paths)) for paths in (known, stated)
                ]
                yield DocumentWarning(
                    slug="contradiction",
                    document=one,
                    pointer="/servers",
                    severity="medium",
                    summary=f"The API lives at {said[0]} here, and at {said[1]} in {two}#/servers.",
                    hint=_HINT,
                )


_HINT = "Ask the partner which of the two holds."


def _warning(
    here: Item | SecurityScheme, there: Item | SecurityScheme, said: str
) -> DocumentWarning:
    return DocumentWarning(
        slug="contradiction",
        document=here.document,
        pointer=here.pointer,
        severity="medium",
        summary=f"{said} in {there.document}#{there.pointer}.",
        hint=_HINT,
    )


def _login(scheme: SecurityScheme) -> tuple[str, str]:
    """What a caller has to send: what goes as a token is one way, however it is come by."""
    if scheme.kind in {"oauth2", "openIdConnect"} or (scheme.scheme or "").lower() == "bearer":
        return "token", ""
    if scheme.kind == "apiKey" and (scheme.parameter or "").lower() == "authorization":
        return "token", ""
    return scheme.scheme or scheme.kind, (scheme.parameter or "").lower()


class _Reading:
    """Compares what two documents say of one exchange."""

    def __init__(
        self, formats: Mapping[str, str], bundles: Mapping[str, dict[str, Any]], *names: str
    ) -> None:
        self.formats = [formats.get(name, "") for name in names]
        self.readers = [SchemaReader(bundles.get(name, {})) for name in names]
        self.left = _MOST

    def of_parameters(self, kept: Interaction, other: Interaction) -> Iterator[Difference]:
        """Parameters of one name: their place, their values, whether they may be left out."""
        known: dict[str, list[Parameter]] = {}
        for item in other.parameters:
            known.setdefault(item.name.lower(), []).append(item)
        for item in kept.parameters:
            named = known.get(item.name.lower(), ())
            what = f"the parameter {item.name[:60]!r}"
            match = next((one for one in named if one.place == item.place), None)
            if match is None and named and "path" not in {item.place, named[0].place}:
                yield f"{what} is", f"in the {item.place}", f"in the {named[0].place}"
            if match is None or item.place == "path":
                continue
            yield from self._of_schemas(f"{what} ", item.schema_, match.schema_, "")
            sides = zip((item, match), self.formats, strict=True)
            said = [one.required or (name in _EXACT) for one, name in sides]
            if all(said) and item.required != match.required:
                yield f"{what} is", *_required(item.required)

    def of_bodies(
        self, where: str, kept: Sequence[Body], other: Sequence[Body]
    ) -> Iterator[Difference]:
        """Bodies: JSON before other media types."""
        one, two = (min(sides, key=_not_json, default=None) for sides in (kept, other))
        if one is not None and two is not None and one.schema_ and two.schema_:
            stated = [
                name in _EXACT or (name not in _SHOWN and not _is_inferred(body))
                for name, body in zip(self.formats, (one, two), strict=True)
            ]
            yield from self._of_schemas(where, one.schema_, two.schema_, "", stated=all(stated))

    def of_answers(self, kept: Interaction, other: Interaction) -> Iterator[Difference]:
        """Statuses of success, and the bodies of the first."""
        found = [[item for item in side.responses if item.is_success] for side in (kept, other)]
        stated = [{item.status.upper() for item in side} for side in found]
        if not (all(stated) and "har" not in self.formats):
            pass
        elif stated[0].isdisjoint(stated[1]) and not any("2XX" in side for side in stated):
            texts = [", ".join(sorted(side)) for side in stated]
            yield "success is answered with", *texts
        bodies = [[body for item in side for body in item.bodies] for side in found]
        yield from self.of_bodies("in the answer, ", *bodies)

    def _of_schemas(
        self, where: str, one: Any, two: Any, name: str, depth: int = 0, *, stated: bool = False
    ) -> Iterator[Difference]:
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return
        what = f"{where}{name[:60]!r} is" if name else f"{where}is"
        sides = [
            reader.alternatives(node) for reader, node in zip(self.readers, (one, two), strict=True)
        ]
        types = [_types(side) for side in sides]
        if all(types) and _widened(types[0]).isdisjoint(types[1]):
            yield what, *(" or ".join(sorted(found)) for found in types)
            return
        values = [_values(side) for side in sides]
        if all(values) and not all(value in values[1] for value in values[0]):
            yield f"{what} one of", *(", ".join(map(str, found))[:120] for found in values)
        here, there = (side[0] if len(side) == 1 else {} for side in sides)
        for key in _BOUNDS:
            if key in here and key in there and here[key] != there[key] and stated:
                yield f"{what} of {key}", str(here[key])[:60], str(there[key])[:60]
        known = [
            reader.properties(node) for reader, node in zip(self.readers, (one, two), strict=True)
        ]
        required = [list_of(side.get("required")) for side in (here, there)]
        for key in known[0].keys() & known[1].keys():
            inner = f"{name}.{key}" if name else key
            if (
                stated
                and (key in required[0]) != (key in required[1])
                and _tells(here, there, self.formats)
            ):
                yield f"{where}{inner[:60]!r} is", *_required(key in required[0])
            yield from self._of_schemas(
                where, known[0][key], known[1][key], inner, depth + 1, stated=stated
            )
        if "items" in here and "items" in there:
            yield from self._of_schemas(
                where, here["items"], there["items"], f"{name}[]", depth + 1, stated=stated
            )


def _tells(here: Mapping[str, Any], there: Mapping[str, Any], formats: Sequence[str]) -> bool:
    """Whether both say which fields are required; prose does where a column of its own does."""
    return all(
        name in _EXACT or "required" in side
        for name, side in zip(formats, (here, there), strict=True)
    )


def _required(is_so: bool) -> tuple[str, str]:
    return ("required", "optional") if is_so else ("optional", "required")


def _not_json(body: Body) -> bool:
    return "json" not in body.media_type


def _is_inferred(body: Body) -> bool:
    return bool(body.examples) and body.schema_ == infer_schema(list(body.examples))


def _values(side: Sequence[dict[str, Any]]) -> list[Any]:
    """The values that all alternatives list; none where one is free."""
    listed = [list_of(schema.get("enum")) for schema in side]
    return [value for values in listed for value in values] if all(listed) else []


def _types(side: Sequence[dict[str, Any]]) -> frozenset[str]:
    """The types of all alternatives without null; none where one takes any."""
    stated = [mapping_of(schema).get("type") for schema in side]
    types = {text for item in stated for text in (item if isinstance(item, list) else [item])}
    found = frozenset(item for item in types if isinstance(item, str) and item != "null")
    return frozenset() if None in types else found


def _widened(types: frozenset[str]) -> frozenset[str]:
    """With whole numbers among the numbers, and the other way round: an example shows either."""
    return types | {"integer", "number"} if types & {"integer", "number"} else types
