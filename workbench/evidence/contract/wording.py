"""Failures of generated requests in plain words, for the people of a partner.

Schemathesis tells its failures to developers of tests. Whoever reads our report needs the field,
the operation, what the document says, and what came instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from workbench.evidence.check_table import say
from workbench.evidence.contract.interaction_record import Witness
from workbench.model import Finding, Operation, Severity, make_finding, name_field, show_json
from workbench.text import write_pointer

UNKNOWN_STATUS = "UndefinedStatusCode"
_LONGEST = 400
_SHOWN = 200
_NAMED = ("/components/", "/definitions/")
_PLACE = re.compile(r"Schema at (/\S+):\n\n(.*?)\n\nValue:\n\n(.*)", re.DOTALL)
_WHOLE = re.compile(r"Schema:\n\n(.*?)\n\nValue:\n\n(.*)", re.DOTALL)
_QUOTED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")
_BULLET = re.compile(r"^\s*- `([^`]+)`", re.MULTILINE)
_PART = re.compile(r"Invalid component: (.*)", re.DOTALL)
_WAS = re.compile(r"\s*\(was .*", re.DOTALL)
_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


class FailureWording(NamedTuple):
    """What is said of a failure; `observed` is put behind the status of the answer.

    Attributes:
        kind: Of the finding, in the table of kinds.
        facts: What its sentences want beside operation and status.
        expected: Where the table does not say it.
    """

    kind: str
    facts: Mapping[str, object] = {}
    observed: str = ""
    expected: str | None = None
    pointer: str | None = None


class Failed(NamedTuple):
    """A failure as the report has it, with the case that showed it.

    Attributes:
        kind: Name of the failure's class.
        severity: Schemathesis' word.
    """

    kind: str
    title: str
    message: str
    severity: str
    operation: str
    documented: Operation | None
    seen: Witness

    @property
    def status(self) -> int:
        """Of the answer; 0 when none came."""
        return int(self.seen.response.get("status_code") or 0)

    @property
    def content_type(self) -> str:
        """Of the answer, without parameters; empty when it does not say."""
        headers = self.seen.exchange.answer_headers.items()
        found = next((value for name, value in headers if name.lower() == "content-type"), "")
        return found.partition(";")[0].strip()


def describe_failure(failed: Failed) -> Finding:
    """A finding that stands without the tool that made it."""
    words = _SAID.get(failed.kind, _other)(failed)
    redactor = failed.seen.redactor
    answer = say("contract.answer", status=failed.status)
    observed = ". ".join(part for part in (answer, words.observed) if part)
    made = make_finding(
        words.kind,
        slug=f"contract-{failed.title.lower().replace(' ', '-')}",
        severity=_weigh(failed),
        operation=failed.operation,
        pointer=words.pointer,
        expected=words.expected,
        observed=redactor.text(" ".join(observed.split()))[:_LONGEST],
        reproduction=failed.seen.sent.curl,
        exchange=failed.seen.exchange,
        documented=words.pointer if (words.pointer or "").startswith(_NAMED) else None,
        **words.facts,
    )
    told = {"summary": redactor.text(made.summary), "expected": _documented(failed, made)}
    return made.model_copy(update=told)


def _documented(failed: Failed, made: Finding) -> str:
    """What was expected and where that stands; of a schema that stands inline, its operation."""
    pointer, told = made.pointer, made.expected or ""
    if pointer is None or not pointer.startswith((*_NAMED, "/paths/")):
        pointer = failed.documented.pointer if failed.documented else None
    return say("contract.documented-at", told=told, pointer=pointer) if pointer else told


def _weigh(failed: Failed) -> Severity:
    """As Schemathesis has it; but a refusal's own form, or how a text is written, breaks nothing.

    A refusal of valid data may rest on a rule that no schema can state: it is only a remark.
    """
    if failed.kind == "RejectedPositiveData":
        return Severity.LOW
    found = Severity(failed.severity.lower())
    is_form = failed.kind in {"JsonSchemaError", "MalformedJson", "ContentDeserializationError"}
    is_mild = 400 <= failed.status < 500 or _keyword(failed.message) == "format"
    return max(found, Severity.MEDIUM, key=lambda item: item.rank) if is_form and is_mild else found


def _schema(message: str) -> tuple[str | None, dict[str, Any], str]:
    """Pointer, the part of the schema with what was broken first, and the value."""
    if found := _PLACE.search(message):
        pointer, text, value = found[1], found[2], found[3]
    elif whole := _WHOLE.search(message):
        pointer, text, value = None, whole[1], whole[2]
    else:
        return None, {}, ""
    try:
        schema = json.loads(text)
    except ValueError:  # it was cut; the first keyword still stands at its start
        first = re.search(r'"([^"]+)": ("[^"]*"|[\d.-]+|true|false)?', text)
        schema = {first[1]: json.loads(first[2] or '""')} if first else {}
    return pointer, schema if isinstance(schema, dict) else {}, " ".join(value.split())


def _keyword(message: str) -> str:
    return next(iter(_schema(message)[1]), "")


def _breaks_schema(failed: Failed) -> FailureWording:
    pointer, schema, value = _schema(failed.message)
    keyword = next(iter(schema), "")
    wanted = schema.get(keyword)
    name = name_field(pointer) if pointer else ""
    where = say("contract.in-answer", status=failed.status, operation=failed.operation)
    facts: dict[str, object] = {
        "where": where,
        "field": say("contract.field", name=name) if name else say("contract.whole-body"),
    }
    first = failed.message.partition("\n")[0]
    if keyword == "type":
        types = _types(wanted)
        facts |= {"seen": _kind(value), "wanted": types}
        return FailureWording("contract-type", facts, value, types, pointer)
    if keyword == "required":
        lacking = next(iter(_QUOTED.findall(first)), "")
        facts = {"name": ".".join(filter(None, (name, lacking))), "where": where}
        facts["lacking"] = lacking
        # Each field that is missing is a finding of its own.
        place = f"{pointer}{write_pointer(('properties', lacking))}" if pointer else None
        observed = say("contract.missing-in", value=value)
        return FailureWording("contract-required", facts, observed, pointer=place)
    if keyword == "enum":
        return FailureWording("contract-enum", facts, value, show_json(wanted), pointer)
    if keyword == "format":
        facts["wanted"] = wanted
        return FailureWording("contract-format", facts, value, pointer=pointer)
    if keyword == "additionalProperties":
        return FailureWording("contract-additional", facts, first, pointer=pointer)
    facts["rule"] = _rule(keyword, wanted)
    return FailureWording("contract-rule", facts, value, pointer=pointer)


def _rule(keyword: str, wanted: Any) -> str:
    is_plain = isinstance(wanted, str | int | float)
    return f"{keyword} {wanted}" if is_plain else keyword or say("contract.its-schema")


def _kind(value: str) -> str:
    try:
        parsed = json.loads(value)
    except ValueError:
        return say("contract.something-else")
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    names |= {list: "array", dict: "object", type(None): "null"}
    return say(f"contract.type-{names[type(parsed)]}")


def _types(wanted: Any) -> str:
    listed = wanted if isinstance(wanted, list) else [wanted]
    names = [say(f"contract.type-{item}") if item in _TYPES else str(item) for item in listed]
    return " or ".join(names)


def _accepts(failed: Failed) -> FailureWording:
    found = _PART.search(failed.message)
    parts = (
        [_WAS.sub("", line).replace("`", "").strip(" -") for line in found[1].splitlines() if line]
        if found
        else []
    )
    what = "; ".join(part.removeprefix("in ") for part in parts if part) or "it"
    observed = say("contract.what-was-wrong", what=what)
    return FailureWording("contract-accepts", {"status": failed.status}, observed)


def _refuses(failed: Failed) -> FailureWording:
    answer = failed.seen.exchange.answer[:_SHOWN]
    return FailureWording("contract-refuses", {"status": failed.status}, answer)


def _breaks(failed: Failed) -> FailureWording:
    answer = failed.seen.exchange.answer[:_SHOWN]
    return FailureWording("contract-breaks", {"status": failed.status}, answer)


def _status(failed: Failed) -> FailureWording:
    known = failed.documented.responses if failed.documented else ()
    listed = ", ".join(item.status for item in known) or say("contract.those-listed")
    return FailureWording("contract-status-unknown", {"status": failed.status, "listed": listed})


def _media(failed: Failed) -> FailureWording:
    wanted = failed.message.partition("Documented: ")[2].partition("\n")[0]
    wanted = wanted or ", ".join(_BULLET.findall(failed.message)) or say("contract.a-media-type")
    came = failed.content_type
    if not came:
        nothing = say("contract.no-content-type")
        return FailureWording("contract-media-unsaid", observed=nothing, expected=wanted)
    return FailureWording("contract-media", {"came": came, "wanted": wanted}, came)


def _unreadable(failed: Failed) -> FailureWording:
    return FailureWording("contract-unreadable", observed=failed.seen.exchange.answer[:_SHOWN])


def _headers(failed: Failed) -> FailureWording:
    names = ", ".join(_BULLET.findall(failed.message)) or say("contract.a-header")
    facts = {"status": failed.status, "names": names}
    return FailureWording("contract-header", facts, say("contract.missing"))


def _removed(failed: Failed) -> FailureWording:
    return FailureWording("contract-removed", {"status": failed.status})


def _made(failed: Failed) -> FailureWording:
    return FailureWording("contract-made", {"status": failed.status})


def _other(failed: Failed) -> FailureWording:
    return FailureWording("contract-other", observed=failed.message)


_SAID: dict[str, Callable[[Failed], FailureWording]] = {
    "JsonSchemaError": _breaks_schema,
    "AcceptedNegativeData": _accepts,
    "MissingHeaderNotRejected": _accepts,
    "RejectedPositiveData": _refuses,
    "ServerError": _breaks,
    "ContentTypeServerError": _breaks,
    UNKNOWN_STATUS: _status,
    "UndefinedContentType": _media,
    "MissingContentType": _media,
    "MalformedMediaType": _media,
    "MalformedJson": _unreadable,
    "ContentDeserializationError": _unreadable,
    "MissingHeaders": _headers,
    "UseAfterFree": _removed,
    "EnsureResourceAvailability": _made,
}

# One answer, one cause: what stands first explains what stands behind it.
_EXPLAINS = (
    frozenset({"ServerError", "ContentTypeServerError"}),
    frozenset({"AcceptedNegativeData", "MissingHeaderNotRejected", "UseAfterFree"}),
    frozenset({UNKNOWN_STATUS}),
    frozenset({"UndefinedContentType", "MissingContentType", "MalformedMediaType"}),
    frozenset({"MalformedJson", "ContentDeserializationError"}),
)


def causes(failures: list[Failed]) -> Iterator[Failed]:
    """Of the failures of one answer, those that the others follow from; several if independent."""
    failures = [_named(failed) for failed in failures]
    kinds = {failed.kind for failed in failures}
    first = next((group for group in _EXPLAINS if group & kinds), None)
    for failed in failures:
        if first is None or failed.kind in first:
            yield failed


def _named(failed: Failed) -> Failed:
    """A success that only a catch-all documents is one that the document does not mention."""
    if failed.kind != "JsonSchemaError" or not 200 <= failed.status < 300:
        return failed
    stated = (
        {item.status.upper() for item in failed.documented.responses} if failed.documented else ()
    )
    if not stated or {str(failed.status), "2XX"} & set(stated):
        return failed
    return failed._replace(kind=UNKNOWN_STATUS, title="undocumented-status-code", severity="medium")
