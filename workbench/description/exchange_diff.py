"""What differs between two versions of one operation or event: words, parameters, bodies, answers.

The side that sends decides: what we send may become wider but not narrower, what we receive may
become narrower but not wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.description.document_change import ChangeSeverity, DocumentChange, shown
from workbench.description.schema_changes import SchemaChange, ValueSetEffect
from workbench.description.schema_diff import DocumentVersion, SchemaDiff
from workbench.model import (
    WORDS,
    Body,
    Direction,
    Event,
    Interaction,
    LocatedSchema,
    Operation,
    Parameter,
    mapping_of,
)
from workbench.model import Response as Answer

BREAKING = ChangeSeverity.BREAKING
NON_BREAKING = ChangeSeverity.NON_BREAKING
COSMETIC = ChangeSeverity.COSMETIC

_BYTES: tuple[dict[str, Any], ...] = (
    {},
    {"type": "string", "format": "binary"},
    {"type": "string", "contentMediaType": "application/octet-stream"},
    {"contentMediaType": "application/octet-stream"},
)
_VARIABLE = re.compile(r"\{[^{}]*\}")


@dataclass
class ExchangeDiff:
    """Compares the operations and events of one pair of documents.

    Named schemas are compared once for each direction, however many operations use them.
    """

    old: DocumentVersion
    new: DocumentVersion
    diffs: dict[bool, SchemaDiff] = field(default_factory=dict)

    def compare(self, old: Operation | Event, new: Operation | Event) -> Iterator[DocumentChange]:
        """Every change between two versions of one operation or event."""
        we_call = self.new.direction(new) is Direction.OUTBOUND
        for change in (
            *self._head(old, new),
            *self._parameters(old, new, sent=we_call),
            *self._request(old, new, sent=we_call),
            *self._answers(old, new, sent=not we_call),
        ):
            yield change.model_copy(update={"operation": new.id, "document": new.document})

    def _head(self, old: Operation | Event, new: Operation | Event) -> Iterator[DocumentChange]:
        if new.deprecated != old.deprecated:
            slug = "operation-deprecated" if new.deprecated else "operation-restored"
            words = "is deprecated now" if new.deprecated else "is no longer deprecated"
            yield _change(NON_BREAKING, slug, new.pointer, words)
        sides = self.old.direction(old), self.new.direction(new)
        if sides[0] is not sides[1]:
            yield _change(
                BREAKING,
                "direction-changed",
                new.pointer,
                f"is {sides[1]} now, was {sides[0]}",
                *sides,
            )
        if _variables(old) != _variables(new):
            yield _change(
                NON_BREAKING,
                "path-variable-renamed",
                new.pointer,
                f"is now written {shown(new.id)}",
                old.id,
                new.id,
            )
        for slug, before, after in (
            ("summary-changed", old.summary, new.summary),
            ("description-changed", old.description, new.description),
            ("tags-changed", old.tags, new.tags),
            ("operation-id-changed", _operation_id(old), _operation_id(new)),
        ):
            if before != after:
                summary = f"changed its {slug.removesuffix('-changed').replace('-', ' ')}"
                yield _change(COSMETIC, slug, new.pointer, summary, before, after)

    def _parameters(
        self, old: Interaction, new: Interaction, *, sent: bool
    ) -> Iterator[DocumentChange]:
        before, after = _keyed(old), _keyed(new)
        for key, parameter in before.items():
            if key in after:
                yield from self._parameter(parameter, after[key], sent=sent)
            else:
                yield _change(
                    BREAKING,
                    "parameter-removed",
                    parameter.pointer,
                    f"lost the {parameter.place} parameter {shown(parameter.name)}",
                    parameter.name,
                )
        for key, parameter in after.items():
            if key not in before:
                is_needed = parameter.required and sent and "default" not in parameter.schema_
                yield _change(
                    BREAKING if is_needed else NON_BREAKING,
                    "parameter-added-required" if parameter.required else "parameter-added",
                    parameter.pointer,
                    f"gained the {'required ' if parameter.required else ''}{parameter.place} "
                    f"parameter {shown(parameter.name)}",
                    after=parameter.name,
                )

    def _parameter(self, old: Parameter, new: Parameter, *, sent: bool) -> Iterator[DocumentChange]:
        name = shown(new.name)
        if old.required != new.required:
            slug = "parameter-became-required" if new.required else "parameter-became-optional"
            verb = "now requires" if new.required else "no longer requires"
            yield _change(
                BREAKING if new.required == sent else NON_BREAKING,
                slug,
                new.pointer,
                f"{verb} the parameter {name}",
                old.required,
                new.required,
            )
        if old.description != new.description:
            words = f"has another description of the parameter {name}"
            yield _change(COSMETIC, "description-changed", new.pointer, words)
        if self._is_compound(old, self.old) or self._is_compound(new, self.new):
            yield from _forms(old, new, name)
        yield from _reserved(old, new, name)
        if bool(old.schema_) and bool(new.schema_):
            changes = self._diff(sent=sent).compare(
                LocatedSchema(old.schema_, f"{old.pointer}/schema"),
                LocatedSchema(new.schema_, f"{new.pointer}/schema"),
                as_text=True,
                as_list=new.place == "query",
            )
            for change in changes:
                # An omitted parameter means its default, so another default is another request.
                is_default = sent and change.slug == "default-changed"
                where = f"in the parameter {name}" if change.field else ""
                told = _from_schema_change(change, where, f"the parameter {name}", sent=sent)
                yield told.model_copy(update={"severity": BREAKING}) if is_default else told

    def _is_compound(self, parameter: Parameter, side: DocumentVersion) -> bool:
        """Whether the value is a list or an object, or may be one: then its form counts."""
        types = side.view(LocatedSchema(parameter.schema_, f"{parameter.pointer}/schema")).types
        return parameter.media_type != "" or types is None or bool(types & {"array", "object"})

    def _request(
        self, old: Interaction, new: Interaction, *, sent: bool
    ) -> Iterator[DocumentChange]:
        if old.bodies and not new.bodies:
            pointer = old.bodies[0].pointer
            yield _change(BREAKING, "request-body-removed", pointer, "lost its request body")
            return
        if new.bodies and not old.bodies:
            is_needed = new.bodies[0].required and sent
            yield _change(
                BREAKING if is_needed else NON_BREAKING,
                "request-body-added-required" if is_needed else "request-body-added",
                new.bodies[0].pointer,
                "gained a required request body" if is_needed else "gained a request body",
            )
            return
        if new.bodies and old.bodies[0].required != new.bodies[0].required:
            is_required = new.bodies[0].required
            yield _change(
                BREAKING if is_required == sent else NON_BREAKING,
                "request-body-became-required" if is_required else "request-body-became-optional",
                new.bodies[0].pointer,
                "now requires a request body" if is_required else "no longer requires its body",
            )
        yield from self._bodies(old.bodies, new.bodies, "in the request", sent=sent)

    def _answers(
        self, old: Interaction, new: Interaction, *, sent: bool
    ) -> Iterator[DocumentChange]:
        before = {answer.status: answer for answer in old.responses}
        after = {answer.status: answer for answer in new.responses}
        for status, answer in before.items():
            other = _covering(status, after)
            if other is not None:
                yield from self._answer(answer, other, sent=sent)
            else:
                yield _change(
                    BREAKING if answer.is_success else NON_BREAKING,
                    "response-removed",
                    answer.pointer,
                    f"lost the answer {status}",
                    status,
                )
        for status, answer in after.items():
            if _covering(status, before) is None:
                words = f"gained the answer {status}"
                yield _change(NON_BREAKING, "response-added", answer.pointer, words, after=status)

    def _answer(self, old: Answer, new: Answer, *, sent: bool) -> Iterator[DocumentChange]:
        if old.description != new.description:
            words = f"has another description of the answer {new.status}"
            yield _change(COSMETIC, "description-changed", new.pointer, words)
        before = {name.lower() for name in old.headers}
        after = {name.lower() for name in new.headers}
        for name in sorted(before - after):
            words = f"lost the header {shown(name)} of the answer {new.status}"
            yield _change(BREAKING, "header-removed", new.pointer, words, name)
        for name in sorted(after - before):
            words = f"gained the header {shown(name)} of the answer {new.status}"
            yield _change(NON_BREAKING, "header-added", new.pointer, words, after=name)
        known = {item.name.lower(): item for item in old.header_types}
        for header in new.header_types:
            if header.name.lower() in known:
                yield from self._parameter(known[header.name.lower()], header, sent=sent)
        yield from self._bodies(old.bodies, new.bodies, f"in the answer {new.status}", sent=sent)

    def _bodies(
        self, old: Sequence[Body], new: Sequence[Body], where: str, *, sent: bool
    ) -> Iterator[DocumentChange]:
        before = {_media_type(body): body for body in old}
        after = {_media_type(body): body for body in new}
        for name in before.keys() - after.keys():
            words = f"lost the media type {shown(name)} {where}"
            yield _change(BREAKING, "media-type-removed", before[name].pointer, words, name)
        for name in after.keys() - before.keys():
            words = f"gained the media type {shown(name)} {where}"
            yield _change(NON_BREAKING, "media-type-added", after[name].pointer, words, after=name)
        for name, body in before.items():
            if name in after and not (_is_bytes(body) and _is_bytes(after[name])):
                changes = self._diff(sent=sent).compare(_place(body), _place(after[name]))
                files = _files(body, self.old) & _files(after[name], self.new)
                for change in changes:
                    if change.field.removesuffix("[]") not in files:
                        yield _from_schema_change(change, where, "the body", sent=sent)

    def _diff(self, *, sent: bool) -> SchemaDiff:
        if sent not in self.diffs:
            self.diffs[sent] = SchemaDiff(self.old, self.new, sent=sent)
        return self.diffs[sent]


def path_key(path: str) -> str:
    """A path with the names of its variables taken out: those may change freely."""
    return _VARIABLE.sub("{}", path)


def _change(
    severity: ChangeSeverity,
    slug: str,
    pointer: str,
    summary: str,
    before: Any = None,
    after: Any = None,
) -> DocumentChange:
    return DocumentChange(
        severity=severity,
        slug=slug,
        document="",
        pointer=pointer,
        summary=summary,
        before=before,
        after=after,
    )


def _from_schema_change(
    change: SchemaChange, where: str, subject: str, *, sent: bool
) -> DocumentChange:
    """What it means for the operation; `where` and `subject` name its place and its root."""
    breaking = {
        ValueSetEffect.MOVED,
        ValueSetEffect.LOST,
        ValueSetEffect.NARROWED if sent else ValueSetEffect.WIDENED,
    }
    severity = BREAKING if change.effect in breaking else NON_BREAKING
    field_name = change.field
    if change.slug.startswith("property"):
        field_name = field_name.rpartition(".")[0]
    words = f"{where}, {shown(field_name)}" if field_name else f"{where}, {subject}"
    return _change(
        COSMETIC if change.effect is ValueSetEffect.COSMETIC else severity,
        change.slug,
        change.pointer,
        f"{words} {change.summary}".removeprefix(", "),
        change.before,
        change.after,
    )


def _place(body: Body) -> LocatedSchema:
    keeps = body.pointer.rpartition("/")[2] in {"schema", "itemSchema"}
    return LocatedSchema(body.schema_, body.pointer if keeps else f"{body.pointer}/schema")


def _is_bytes(body: Body) -> bool:
    """Whether a body is bytes of no structure: 3.0 says so by a format, 3.1 by no schema at all."""
    is_plain = not re.search(r"json|xml|form|text|yaml|\*/\*", body.media_type, re.IGNORECASE)
    return is_plain and body.schema_ in _BYTES


def _files(body: Body, side: DocumentVersion) -> set[str]:
    """Parts of a multipart form that are bytes, which 3.1 may say by no schema at all."""
    if not body.media_type.lower().startswith("multipart/"):
        return set()
    parts = side.view(_place(body)).properties
    return {name for name, part in parts.items() if _is_file(part.schema)}


def _is_file(schema: Any) -> bool:
    node = mapping_of(schema)
    listed = mapping_of(node.get("items")) if node.get("type") == "array" else node
    return {key: value for key, value in listed.items() if key not in WORDS} in _BYTES


def _forms(old: Parameter, new: Parameter, name: str) -> Iterator[DocumentChange]:
    """Another way of writing the same value: whoever writes or reads it has to change."""
    forms = (
        ("style", old.style, new.style),
        ("explode", old.explode, new.explode),
        ("media type", old.media_type, new.media_type),
    )
    for word, before, after in forms:
        if before != after:
            yield _change(
                BREAKING,
                f"parameter-{word.replace(' ', '-')}-changed",
                new.pointer,
                f"changed the {word} of the parameter {name} from {shown(str(before) or 'none')} "
                f"to {shown(str(after) or 'none')}",
                before,
                after,
            )


def _reserved(old: Parameter, new: Parameter, name: str) -> Iterator[DocumentChange]:
    """Whether signs such as `/` stand in a value as they are; so may any value have them."""
    if old.allow_reserved != new.allow_reserved:
        verb = "takes" if new.allow_reserved else "no longer takes"
        yield _change(
            NON_BREAKING if new.allow_reserved else BREAKING,
            "parameter-reserved-changed",
            new.pointer,
            f"{verb} reserved signs in the parameter {name} as they are",
            old.allow_reserved,
            new.allow_reserved,
        )


def _covering(status: str, others: Mapping[str, Answer]) -> Answer | None:
    """The answer of the other version that speaks of a status: the same, its class, or one of it.

    A class that the other version lists by its members is spoken of by the first of them.
    """
    if status in others:
        return others[status]
    of_class = f"{status[:1]}XX"
    if of_class in others:
        return others[of_class]
    if status == of_class:
        return next((item for key, item in others.items() if key[:1] == status[:1]), None)
    return None


def _media_type(body: Body) -> str:
    """The media type without its character set, which every reader of a text finds out."""
    plain = re.sub(r"\s*;\s*", ";", body.media_type.lower().strip())
    return re.sub(r";charset=[^;]*", "", plain)


def _operation_id(item: Operation | Event) -> str | None:
    return item.operation_id if isinstance(item, Operation) else None


def _variables(exchange: Interaction) -> list[str]:
    return _VARIABLE.findall(exchange.path) if isinstance(exchange, Operation) else []


def _keyed(exchange: Interaction) -> dict[tuple[str, str], Parameter]:
    """Parameters by place and name: path variables by their order, headers in any case."""
    names = [name.strip("{}") for name in _variables(exchange)]
    keyed = {}
    for parameter in exchange.parameters:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if parameter.place == "path" and parameter.name in names:
            name = str(names.index(parameter.name))
        keyed[parameter.place, name] = parameter
    return keyed
