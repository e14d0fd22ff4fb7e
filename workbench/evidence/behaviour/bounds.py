"""Documented bounds: what is just inside is accepted, what is just outside is refused.

Each request is one that the partner accepts, with a single value changed; so the change reaches the
code behind the validation, which random bodies seldom do.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workbench.adapters import Answer, SentRequest
from workbench.canonical import DeliveryLocation, Product
from workbench.errors import InputError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.driving import POSITION, find_moving, here_and_now
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.spare import to_write_on
from workbench.evidence.behaviour.writes import OWN_CHECKS
from workbench.evidence.bodies import candidates
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.known import known_values
from workbench.evidence.placing import maker_of, send
from workbench.evidence.relations import at, last_parameter
from workbench.mapping import Translator
from workbench.model import Evidence, Finding, Operation, Outcome, SchemaReader, compare_json
from workbench.text import read_pointer

_MOST_PROBES = 40
_MOST_PROBES_PACED = 8  # where the manifest states how many requests a minute are allowed
_MOST_ITEMS = 120
_LONGEST = 5000
_DEEPEST = 4


class Probe(NamedTuple):
    """One changed value.

    Attributes:
        place: Keys and indexes down to the value.
        value: What is put there; `_ABSENT` takes it away.
        words: What it is, for people.
        fits: Whether the document allows it; None where it only must not break the server.
    """

    place: tuple[str | int, ...]
    value: Any
    words: str
    fits: bool | None


_ABSENT = object()
NEGATIVE = "negative-price"


class Base(NamedTuple):
    """An accepted request."""

    feature: str
    operation: Operation
    payload: Any
    ids: dict[str, str]
    senseless: tuple[Probe, ...] = ()


def try_bounds(context: CheckContext) -> Iterator[Evidence]:
    """Go round the bounds of every bound write, and of placing orders and reservations."""
    if not context.session.allow_writes:
        return
    for base in _bases(context):
        try:
            answer = send(context.session, base.operation, base.payload, ids=base.ids)
        except InputError:
            continue
        if answer.status >= 300:
            yield context.tell(
                base.feature,
                "bounds-kept",
                say("bounds-kept.no-plain-body", operation=base.operation.id, status=answer.status),
                outcome=Outcome.UNTESTED,
                subject=base.operation.id,
            )
            continue
        yield _go_round(context, base)


def _bases(context: CheckContext) -> Iterator[Base]:
    for kind in KINDS:
        yield from _placing(context, kind)
    for kind in KINDS:
        name = to_write_on(context, kind) if context.has(kind.status_write) else None
        if name is not None:
            first = "accepted" if kind.noun == "order" else "confirmed"
            entity = kind.update(name, kind.status(first))
            yield from _base(context, kind.status_write, entity, {kind.noun: name})
    yield from _moving(context)
    for feature in context.catalogue.features:
        if feature.is_write and feature.slug not in OWN_CHECKS and context.has(feature.slug):
            for entity in recorded(context, feature.slug)[:1]:
                yield from _base(context, feature.slug, entity, {})
            if context.partner.translator(feature.slug) is None:
                yield from _made(context, feature.slug)


def _moving(context: CheckContext) -> Iterator[Base]:
    order = find_moving(context) if context.has(POSITION) else None
    for entity in recorded(context, POSITION)[:1] if order is not None else ():
        if order is not None and isinstance(entity, DeliveryLocation):
            there = here_and_now(entity, order)
            yield from _base(context, POSITION, there, {"order": order.ids.partner_id})


def _made(context: CheckContext, slug: str) -> Iterator[Base]:
    """Without a mapping: bodies made from the schema, for things that are known to exist."""
    for _, operation in context.partner.operations(slug):
        name = last_parameter(operation.path)
        known = known_values(context.partner, context.session.environment, name or "")
        if operation.request_schema is None or (name and not known):
            continue
        ids = {name: str(known[0])} if name else {}
        for body in candidates(context.partner, context.session.environment, operation):
            if send(context.session, operation, body, ids=ids).status < 300:
                yield Base(slug, operation, body, ids)
                break


def _placing(context: CheckContext, kind: EntityKind) -> Iterator[Base]:
    operation = maker_of(context.session, kind) if context.has(kind.read) else None
    if operation is None:
        return
    for body in candidates(context.partner, context.session.environment, operation):
        if send(context.session, operation, body).status < 300:
            yield Base(kind.read, operation, body, {})
            return


def _base(context: CheckContext, slug: str, entity: Any, ids: dict[str, str]) -> Iterator[Base]:
    try:
        shown = context.adapter.write(slug, entity, ids=ids, dry_run=True)
    except (InputError, TranslationError):
        return
    request = shown if isinstance(shown, SentRequest) else shown.request
    translator = context.partner.translator(slug)
    path = request.url.partition("?")[0].removeprefix(context.session.client.base_url)
    for item, operation in context.partner.operations(slug):
        is_sent = operation.method == request.method and _matches(operation.path, path)
        if is_sent and operation.request_schema is not None and translator is not None:
            del item
            named = _ids(operation.path, path)
            payload = translator.untranslate(entity).payload
            yield Base(slug, operation, payload, named, _senseless(translator, entity, payload))
            return


def _senseless(translator: Translator, entity: Any, payload: Any) -> tuple[Probe, ...]:
    """Values that no dish has, whatever the document allows: a price below nothing."""
    if not isinstance(entity, Product) or entity.price is None:
        return ()
    below = entity.price.model_copy(update={"amount_minor": -100})
    try:
        other = translator.untranslate(entity.model_copy(update={"price": below})).payload
    except TranslationError:
        return ()
    return tuple(
        Probe(steps, item.found, say(NEGATIVE), False)
        for item in compare_json(payload, other)
        if (steps := tuple(read_pointer(item.pointer)))
    )


def _matches(template: str, path: str) -> bool:
    one, other = template.strip("/").split("/"), path.strip("/").split("/")
    return len(one) == len(other) and all(
        part.startswith("{") or part == given for part, given in zip(one, other, strict=True)
    )


def _ids(template: str, path: str) -> dict[str, str]:
    pairs = zip(template.strip("/").split("/"), path.strip("/").split("/"), strict=True)
    return {part[1:-1]: given for part, given in pairs if part.startswith("{")}


def _go_round(context: CheckContext, base: Base) -> Evidence:
    findings: dict[tuple[str, str], Finding] = {}
    is_paced = context.partner.manifest.limits.requests_per_minute is not None
    most = _MOST_PROBES_PACED if is_paced else _MOST_PROBES
    probes = [*base.senseless, *_probes(context, base)][:most]
    for probe in probes:
        answer = send(context.session, base.operation, _changed(base.payload, probe), ids=base.ids)
        for item in _judge(base.operation, probe, answer):
            findings.setdefault((item.slug, item.pointer or ""), item)
    read = at(context.partner, base.operation.path, "GET")
    if read is not None and base.operation.method == "PUT":
        send(context.session, base.operation, base.payload, ids=base.ids)
    return context.tell(
        base.feature,
        "bounds-kept",
        say("bounds-kept.changed", n=len(probes), operation=base.operation.id),
        subject=base.operation.id,
        outcome=None if probes else Outcome.INAPPLICABLE,
        findings=findings.values(),
        detail={"probes": len(probes)},
    )


def _judge(operation: Operation, probe: Probe, answer: Answer) -> Iterator[Finding]:
    pointer = "/" + "/".join("0" if isinstance(key, int) else key for key in probe.place)
    kind = ""
    if answer.status >= 500:
        kind = "server-error"
    elif probe.fits is True and answer.status in {400, 422}:
        kind = "boundary-refused"
    elif probe.fits is False and answer.status < 300:
        is_price = probe.words == say(NEGATIVE)
        kind = "negative-price-accepted" if is_price else "out-of-range-accepted"
    if kind:
        yield finding(
            kind,
            what=probe.words,
            operation=operation.id,
            observed=f"{answer.status} {answer.excerpt}",
            pointer=pointer,
            answer=answer,
        )


def _changed(payload: Any, probe: Probe) -> Any:
    body = copy.deepcopy(payload)
    *way, last = probe.place
    node = body
    for key in way:
        node = node[key]
    if probe.value is _ABSENT:
        del node[last]
    else:
        node[last] = probe.value
    return body


def _probes(context: CheckContext, base: Base) -> Iterator[Probe]:
    reader = SchemaReader.of(context.partner.description, base.operation.document)
    found = [*_walk(reader, base.operation.request_schema, base.payload, ())]
    # The gravest first, as the number of requests is bounded.
    return iter(sorted(found, key=lambda probe: (probe.fits is not None, len(probe.place))))


def _walk(
    reader: SchemaReader, schema: Any, value: Any, place: tuple[str | int, ...]
) -> Iterator[Probe]:
    schema = reader.first(schema)
    if len(place) > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            below = (*place, name)
            inner = reader.first(part)
            if name in schema.get("required", []) and name in value:
                yield Probe(below, _ABSENT, say("nothing-at-all"), False)
            if name in value:
                yield from _walk(reader, inner, value[name], below)
            elif _is_free_text(inner):
                yield from (item for item in _of_text(inner, below) if item.fits is not True)
    elif isinstance(value, list) and value:
        yield from _of_items(schema, value, place)
        yield from _walk(reader, schema.get("items", {}), value[0], (*place, 0))
    elif place:
        yield from _of_value(schema, value, place)


def _of_items(
    schema: Mapping[str, Any], value: list[Any], place: tuple[str | int, ...]
) -> Iterator[Probe]:
    most, least = schema.get("maxItems"), schema.get("minItems", 0)
    if not place or schema.get("uniqueItems"):
        return
    if isinstance(most, int) and most < _MOST_ITEMS:
        yield Probe(place, (value * (most + 1))[: most + 1], f"{most + 1} items", False)
    if least > 0:
        yield Probe(place, [], say("no-items"), False)


def _of_value(
    schema: Mapping[str, Any], value: Any, place: tuple[str | int, ...]
) -> Iterator[Probe]:
    if "enum" in schema:
        if isinstance(value, str):
            yield Probe(place, "workbench-none", say("value-outside"), False)
        return
    if isinstance(value, str) and _is_free_text(schema):
        yield from _of_text(schema, place)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(schema, value, place)


def _of_text(schema: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[Probe]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if least == 0:
        yield Probe(place, "", say("empty-text"), None)
    else:
        yield Probe(place, "x" * (least - 1), f"{least - 1} characters", False)
    yield Probe(place, "Ñandú 🍕 <b>'\"&"[: most or 20].ljust(least, "x"), say("all-letters"), None)
    if isinstance(most, int) and most <= _LONGEST:
        yield Probe(place, "x" * (most + 1), f"{most + 1} characters", False)
        if not _is_name_of_thing(place):
            yield Probe(place, "x" * most, f"{most} characters", True)


def _of_number(
    schema: Mapping[str, Any], value: float, place: tuple[str | int, ...]
) -> Iterator[Probe]:
    bounds = (("minimum", -1, "exclusiveMinimum"), ("maximum", 1, "exclusiveMaximum"))
    for name, step, strict in bounds:
        bound = schema.get(name)
        if not isinstance(bound, int | float) or schema.get(strict) is True:
            continue
        yield Probe(place, bound + step, f"{bound + step}", False)
        if value != bound and not _is_bound_itself(place):
            yield Probe(place, bound, f"{bound}", True)


def _is_free_text(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    is_text = kind == "string" or (isinstance(kind, list) and "string" in kind)
    return is_text and not {"enum", "const", "format", "pattern", "readOnly"} & set(schema)


def _is_name_of_thing(place: tuple[str | int, ...]) -> bool:
    """Whether a text is an id: another one is another thing, not another value."""
    name = str(place[-1]).lower()
    return name.endswith(("id", "code", "ref", "key"))


def _is_bound_itself(place: tuple[str | int, ...]) -> bool:
    """Whether a number is a bound of another field, which it may not cross."""
    return any(word in str(place[-1]).lower() for word in ("min", "max", "until"))
