"""Failures of generated requests in plain words, for the people of a partner.

Schemathesis tells its failures to developers of tests. Whoever reads our report needs the field,
the operation, what the document says, and what came instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from workbench.evidence.contract.interaction_record import Witness
from workbench.model import Finding, Operation, Severity, name_field, show_json
from workbench.text import write_pointer

UNKNOWN_STATUS = "UndefinedStatusCode"
_LONGEST = 400
_NAMED = ("/components/", "/definitions/")
_PLACE = re.compile(r"Schema at (/\S+):\n\n(.*?)\n\nValue:\n\n(.*)", re.DOTALL)
_WHOLE = re.compile(r"Schema:\n\n(.*?)\n\nValue:\n\n(.*)", re.DOTALL)
_QUOTED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")
_BULLET = re.compile(r"^\s*- `([^`]+)`", re.MULTILINE)
_PART = re.compile(r"Invalid component: (.*)", re.DOTALL)
_WAS = re.compile(r"\s*\(was .*", re.DOTALL)
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "empty (null)",
}


class FailureWording(NamedTuple):
    """What is said of a failure; `observed` is put behind the status of the answer."""

    summary: str
    expected: str
    observed: str = ""
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


def say(failed: Failed) -> Finding:
    """A finding that stands without the tool that made it."""
    words = _SAID.get(failed.kind, _other)(failed)
    redactor = failed.seen.redactor
    observed = ". ".join(part for part in (f"Answer {failed.status}", words.observed) if part)
    return Finding(
        slug=f"contract-{failed.title.lower().replace(' ', '-')}",
        severity=_weigh(failed),
        summary=redactor.text(words.summary),
        operation=failed.operation,
        pointer=words.pointer,
        expected=f"{words.expected}{_documented(failed, words.pointer)}",
        observed=redactor.text(" ".join(observed.split()))[:_LONGEST],
        reproduction=failed.seen.sent.curl,
        exchange=failed.seen.exchange,
        documented=words.pointer if (words.pointer or "").startswith(_NAMED) else None,
    )


def _documented(failed: Failed, pointer: str | None) -> str:
    """Where the document says so; schemas that stand inline are found from their operation."""
    if pointer is not None and pointer.startswith((*_NAMED, "/paths/")):
        return f" (documented at {pointer})"
    return f" (documented at {failed.documented.pointer})" if failed.documented else ""


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
    field = f"The field {name}" if name else "The whole body"
    where = f"in the {failed.status} answer of {failed.operation}"
    first = failed.message.partition("\n")[0]
    if keyword == "type":
        is_kind = f"{field} is {_kind(value)} {where}"
        return FailureWording(
            f"{is_kind}; the document says {_types(wanted)}.", _types(wanted), value, pointer
        )
    if keyword == "required":
        lacking = next(iter(_QUOTED.findall(first)), "")
        whole = ".".join(filter(None, (name, lacking)))
        summary = f"The field {whole} is missing {where}; the document requires it."
        # Each field that is missing is a finding of its own.
        place = f"{pointer}{write_pointer(('properties', lacking))}" if pointer else None
        return FailureWording(summary, f"the field {lacking}", f"it is missing in {value}", place)
    told = {
        "enum": (f"has a value {where} that the document does not list", show_json(wanted)),
        "format": (f"is not written {where} as the document says ({wanted})", str(wanted)),
        "additionalProperties": (
            f"has fields {where} that the document rules out",
            "only the documented fields",
        ),
    }
    rule = _rule(keyword, wanted)
    words, expected = told.get(
        keyword, (f"does not keep to the document {where} ({rule})", rule or "as documented")
    )
    observed = first if keyword == "additionalProperties" else value
    return FailureWording(f"{field} {words}.", expected, observed, pointer)


def _rule(keyword: str, wanted: Any) -> str:
    is_plain = isinstance(wanted, str | int | float)
    return f"{keyword} {wanted}" if is_plain else keyword or "its schema"


def _kind(value: str) -> str:
    try:
        parsed = json.loads(value)
    except ValueError:
        return "something else"
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    names |= {list: "array", dict: "object", type(None): "null"}
    return _TYPES[names[type(parsed)]]


def _types(wanted: Any) -> str:
    listed = wanted if isinstance(wanted, list) else [wanted]
    return " or ".join(_TYPES.get(str(item), str(item)) for item in listed)


def _accepts(failed: Failed) -> FailureWording:
    found = _PART.search(failed.message)
    parts = (
        [_WAS.sub("", line).replace("`", "").strip(" -") for line in found[1].splitlines() if line]
        if found
        else []
    )
    what = "; ".join(part.removeprefix("in ") for part in parts if part) or "it"
    return FailureWording(
        f"{failed.operation} takes data that its document rules out, and answers {failed.status}.",
        "a refusal (4xx) of data that is not as documented",
        f"What was wrong with what we sent: {what}",
    )


def _refuses(failed: Failed) -> FailureWording:
    return FailureWording(
        f"{failed.operation} refuses data that its document allows, with {failed.status}.",
        "a success, or a rule in the document that says why not",
        failed.seen.exchange.answer[:200],
    )


def _breaks(failed: Failed) -> FailureWording:
    return FailureWording(
        f"{failed.operation} breaks down with {failed.status}.",
        "a success, or a refusal (4xx)",
        failed.seen.exchange.answer[:200],
    )


def _status(failed: Failed) -> FailureWording:
    return FailureWording(
        f"{failed.operation} answers {failed.status}, which its document does not mention.",
        f"one of {_statuses(failed.documented)}",
    )


def _statuses(operation: Operation | None) -> str:
    return ", ".join(item.status for item in operation.responses) if operation else "those listed"


def _media(failed: Failed) -> FailureWording:
    wanted = failed.message.partition("Documented: ")[2].partition("\n")[0]
    wanted = wanted or ", ".join(_BULLET.findall(failed.message)) or "a documented media type"
    came = failed.content_type
    summary = (
        f"{failed.operation} answers as {came}; the document says {wanted}."
        if came
        else f"An answer of {failed.operation} does not say what it is (no Content-Type)."
    )
    return FailureWording(summary, wanted, came or "no Content-Type")


def _unreadable(failed: Failed) -> FailureWording:
    return FailureWording(
        f"An answer of {failed.operation} is said to be JSON, and cannot be read as such.",
        "a body of the media type that the answer states",
        failed.seen.exchange.answer[:200],
    )


def _headers(failed: Failed) -> FailureWording:
    names = ", ".join(_BULLET.findall(failed.message)) or "a header"
    return FailureWording(
        f"The {failed.status} answer of {failed.operation} lacks {names}, which its document "
        "requires.",
        f"the header {names}",
        "it is missing",
    )


def _removed(failed: Failed) -> FailureWording:
    return FailureWording(
        f"What was removed is still there: {failed.operation} answers {failed.status}.",
        "404 or 410 after a removal",
    )


def _made(failed: Failed) -> FailureWording:
    return FailureWording(
        f"What was just made is not found: {failed.operation} answers {failed.status}.",
        "200 with what was made",
    )


def _other(failed: Failed) -> FailureWording:
    return FailureWording(
        f"An answer of {failed.operation} is not as its document says.",
        "as documented",
        failed.message,
    )


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
    return failed._replace(kind=UNKNOWN_STATUS, title="Undocumented status code", severity="medium")
