"""One call of a partner's operation: the answer, how it fits the document, and what it is to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from workbench.adapters import (
    SAFE,
    Adapter,
    Answer,
    Session,
    entity_name,
    mask_headers,
    pick_operation,
    pick_read_back,
)
from workbench.canonical import Entity
from workbench.description import SchemaViolation, find_violations
from workbench.errors import InputError, TranslationError
from workbench.lab.cell_view import find_hidden, mask_alike, read_body
from workbench.model import Operation, Response
from workbench.partners import Partner
from workbench.text import suggest_name


@dataclass(frozen=True)
class Called:
    """What became of a call; whatever is in it but `data` has secrets and persons masked.

    Attributes:
        operation: `METHOD /path`, as the document names it.
        status: HTTP status.
        latency_ms: From sending until the body was read.
        headers: Of the answer.
        body: Of the answer, as JSON where it is JSON, else as text.
        data: The same, not masked, to go on with; never shown.
        violations: Where the body breaks the schema that the document gives for this status.
        schema: Which of the document's answers was held against it; empty: it has none for it.
        mapping: Name of the mapping that translates it; empty: none is bound.
        entity: Our entity as JSON data, or None.
        value: Our entity itself, not masked; never shown.
        trouble: Why there is no entity, where a mapping is bound.
        command: The request as a shell command, secrets as variables.
    """

    operation: str
    status: int
    latency_ms: float
    headers: dict[str, str]
    body: Any
    data: Any = field(repr=False)
    violations: tuple[SchemaViolation, ...] = ()
    schema: str = ""
    mapping: str = ""
    entity: Any = None
    value: Entity | None = field(default=None, repr=False)
    trouble: str = ""
    command: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is of the 2xx class."""
        return 200 <= self.status < 300

    def as_json(self) -> dict[str, Any]:
        """The document of `workbench call --json`."""
        return {
            "operation": self.operation,
            "status": self.status,
            "latency_ms": self.latency_ms,
            "headers": self.headers,
            "body": self.body,
            "violations": [item._asdict() for item in self.violations],
            "schema": self.schema,
            "mapping": self.mapping,
            "entity": self.entity,
            "trouble": self.trouble,
            "command": self.command,
        }


def find_operation(partner: Partner, reference: str) -> Operation:
    """An operation by `METHOD /path` (with any spelling of the method), or by its operationId.

    Raises:
        InputError: There is none; the nearest is named.
    """
    method, _, path = reference.strip().partition(" ")
    wanted = {reference.strip(), f"{method.upper()} {path.strip()}"}
    operations = partner.description.operations
    for operation in operations:
        if operation.id in wanted or operation.operation_id in wanted:
            return operation
    names = [item.id for item in operations]
    names += [item.operation_id for item in operations if item.operation_id]
    raise InputError(
        f"{partner.title} has no operation {reference!r}",
        partner=partner.slug,
        hint=suggest_name(reference, names),
    )


def call_operation(
    session: Session, operation: Operation, values: Mapping[str, Any], body: Any = None
) -> Called:
    """Send one request and look at its answer, whatever it is.

    Args:
        session: The opened environment; it decides whether anything may be written.
        operation: What to call.
        values: Parameter name → value; those of the folder's test account stand in for the rest.
        body: JSON data to send.

    Raises:
        InputError: A parameter is unknown or has no value; or the call would write, and writing is
            not allowed, or the folder does not name the operation.
        PartnerError: No answer came, or no token was given.
    """
    partner = session.partner
    _check_values(operation, values)
    if operation.method not in SAFE and not partner.names(operation):
        raise InputError(
            f"{operation.id} would write, and the folder names it nowhere",
            location=f"{partner.slug}/partner.yaml#/features",
            partner=partner.slug,
            hint="Bind it to a feature first; nothing that is not bound is ever written.",
        )
    channel = Adapter(session).channel
    ids = {name: str(value) for name, value in values.items()}
    answer = channel.send(channel.request(operation, ids, body))
    return _look(partner, operation, answer)


def call_feature(adapter: Adapter, feature: str, identifier: str) -> Called:
    """Read one thing by the operation that is bound to a feature, and look at the answer.

    Raises:
        InputError: The feature is not bound.
        PartnerError: No answer came, or no token was given.
    """
    operation = pick_operation(adapter.partner, feature)
    request = adapter.channel.request(operation, {entity_name(feature): identifier})
    return _look(adapter.partner, operation, adapter.channel.send(request))


def _check_values(operation: Operation, values: Mapping[str, Any]) -> None:
    known = [item.name for item in operation.parameters]
    known += [part.split("}")[0] for part in operation.path.split("{")[1:]]
    for name in values:
        if name not in known:
            raise InputError(
                f"{operation.id} has no parameter {name!r}", hint=suggest_name(name, known)
            )


def _look(partner: Partner, operation: Operation, answer: Answer) -> Called:
    redactor = answer.redactor
    data = answer.json()
    response, schema = _find_schema(operation, answer.status)
    violations: list[SchemaViolation] = []
    if schema is not None and data is not None:
        violations = find_violations(partner.description, operation.document, schema, data)
    mapping, value, trouble = _translate(partner, operation, answer, data)
    entity = value.model_dump(mode="json", exclude_unset=True) if value else None
    body = read_body(redactor.mask(answer.body))
    hidden = find_hidden(data, body)
    return Called(
        operation=operation.id,
        status=answer.status,
        latency_ms=round(answer.seconds * 1000, 1),
        headers=mask_headers(answer.headers, redactor),
        body=body,
        data=data,
        violations=tuple(
            SchemaViolation(item.pointer, redactor.text(item.message)) for item in violations
        ),
        schema=response.status if response and schema is not None else "",
        mapping=mapping,
        entity=mask_alike(redactor.data(entity), hidden),
        value=value,
        trouble=mask_alike(redactor.text(trouble), hidden),
        command=answer.curl,
    )


def _find_schema(
    operation: Operation, status: int
) -> tuple[Response | None, dict[str, Any] | None]:
    """The documented answer for a status: exactly it, its class, or the default."""
    wanted = (str(status), f"{status // 100}XX", "default")
    for word in wanted:
        for response in operation.responses:
            if response.status.upper() == word.upper():
                bodies = [item for item in response.bodies if "json" in item.media_type]
                return response, bodies[0].schema_ if bodies else None
    return None, None


def _translate(
    partner: Partner, operation: Operation, answer: Answer, data: Any
) -> tuple[str, Entity | None, str]:
    """(mapping, entity, why there is none) by the first feature that reads with this operation."""
    if not answer.is_success or data is None:
        return "", None, ""
    for feature in _reading_features(partner, operation):
        translator = partner.translator(feature)
        if translator is None:
            continue
        try:
            value = translator.translate(data).value
        except (TranslationError, ValidationError) as error:
            return translator.name, None, str(error)
        return translator.name, value, ""
    return "", None, ""


def _reading_features(partner: Partner, operation: Operation) -> Iterator[str]:
    """Features of which this operation reads one thing, and whose mapping is for its answer."""
    if operation.method not in SAFE:
        return
    for slug in partner.manifest.features:
        if partner.translator(slug) is None:
            continue
        for pick in (pick_operation, pick_read_back):
            with suppress(InputError):  # What is bound to an event has no operation of its own.
                found = pick(partner, slug)
                if found is not None and found.id == operation.id:
                    yield slug
                    break
