"""Payloads shown in prose: JSON as authors shorten it, and what it is an example of."""

from __future__ import annotations

import re
from typing import Any

from workbench.description.guard import load_json, read_text
from workbench.description.prose import section_words as words
from workbench.errors import DescriptionError

_JSON_LANGUAGES = frozenset(
    {"", "json", "json5", "jsonc", "js", "javascript", "text", "txt", "http"}
)
_REMARK = re.compile(r"(?:^|(?<=[\s,{\[]))//[^\n\"]*(?=\n|$)|/\*[^*]{0,500}\*/")
_ELISION = re.compile(r"(?:(?<=[\[{,\n])|^)\s*(?:\.{3}|…)\s*,?\s*(?=[\]},\n]|$)")
_MISSING_COMMA = re.compile(r"(?<=[\"\d\]}el])[ \t]*\n(?=[ \t]*(?:\.{3}|…))")
_TRAILING = re.compile(r",(?=\s*[}\]])")
_PLACE_FOR_VALUE = re.compile(r"(?<=:)\s*(?:<[\w .-]{1,40}>|\{\{[\w .-]{1,40}\}\})\s*(?=[,}\n])")
_LONGEST_MENDED = 100_000
_KEYS = (
    "event", "event_type", "eventType", "event_name", "eventName", "eventCode", "fullCode", "topic",
    "evento", "tipo_evento", "trigger", "action", "notification_type", "notificationType", "type",
    "webhook", "message_type", "messageType", "evt", "tipo", "typ", "evenement", "ereignis",
    "gebeurtenis", "zdarzenie", "nome_evento", "nombre_evento",
)  # fmt: skip
EVENT_KEYS = frozenset(_KEYS) - {"type", "action", "trigger", "tipo", "typ"}
_ENVELOPES = ("event", "meta", "metadata", "header", "headers", "data", "notification")
_NAME = re.compile(r"[A-Za-z][\w.:/-]{1,78}")
# A name of parts behind a key that often names an event.
LIKELY_EVENT = re.compile(
    r"\"(?:event\w{0,9}|type|topic|tipo|typ)\"\s*:\s*\"([A-Za-z]\w{1,40}[.:]\w[\w.:]{1,40})\""
)
_HAPPENED = re.compile(
    r"(?:ed|[_.:/-](?:nuev[oa]|nov[oa]|nouve(?:au|lle)|neue?|nuov[oa]|nieuwe?|now[aey])|"
    r"[_.:/-](?:new|create|update|delete|cancel|change|add|remove|upload|patch|paid|sent|ready|"
    r"accept|reject|fail|success|complete|open|close|lost|placed|refund|accepted|deny|assign)s?|"
    r"[_.:/-](?:taken|gone|made|left|done|begun|broken|given|shown|met|held|sold|bought|built|begin|end)|"
    r"[_.:/-](?:\w{2,20}(?:ad|id)[oa]s?|ge\w{3,20}t|\w{3,20}iert|erstellt)|"
    r"(?:created|updated|cancell?ed|changed|placed)\w{0,12}|(?:Event|CREATED|READY|PLACED|NEW))$"
)


class NotJsonError(ValueError):
    """The text looks like JSON and cannot be read."""


def looks_like_json(language: str, text: str) -> bool:
    """Whether a code block is meant as a JSON payload."""
    begins = text.lstrip()[:1]
    return begins in {"{", "["} and (language in _JSON_LANGUAGES or language.startswith("json"))


def read_example(text: str, name: str) -> Any:
    """Read JSON as prose shows it: with remarks, `...` and trailing commas.

    Raises:
        NotJsonError: It cannot be read.
    """
    try:
        return load_json(text, name)
    except DescriptionError:
        pass
    mended = text[:_LONGEST_MENDED]
    mended = _REMARK.sub("", mended)
    mended = _MISSING_COMMA.sub(",\n", mended)
    mended = _ELISION.sub("", mended)
    mended = _PLACE_FOR_VALUE.sub(" null", mended)
    mended = _TRAILING.sub("", mended)
    try:
        return load_json(mended, name)
    except DescriptionError:
        pass
    try:
        # Keys without quotes, quotes of the other kind: YAML's flow style is of that form.
        value = read_text(mended, name).data
    except DescriptionError as error:
        raise NotJsonError(str(error)) from error
    if not isinstance(value, dict | list) or (isinstance(value, dict) and None in value.values()):
        raise NotJsonError("no JSON")
    return value


def event_named(value: Any) -> str:
    """Name of the event that a payload says it is, or nothing."""
    return _named(value[0] if isinstance(value, list) and value else value)


def name_in(text: str, name: str) -> str:
    """Name of the event that a text of JSON says it is, or nothing."""
    try:
        return event_named(read_example(text, name))
    except NotJsonError:
        return ""


def _named(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    envelopes = [value, *(value[key] for key in _ENVELOPES if isinstance(value.get(key), dict))]
    for number, node in enumerate(envelopes):
        for key in _KEYS:
            stated = node.get(key)
            if not isinstance(stated, str) or not _NAME.fullmatch(stated):
                continue
            if key in EVENT_KEYS or happened(stated):
                if number and key not in EVENT_KEYS and node is not value.get("event"):
                    continue
                owner = value.get("resource_type") or value.get("resource") or value.get("entity")
                if (
                    isinstance(owner, str)
                    and re.fullmatch(r"[a-z_]{2,30}", owner)
                    and "." not in stated
                ):
                    return f"{owner}.{stated}"
                return stated
    return ""


def happened(name: str) -> bool:
    """Whether a name says that something happened, as names of events do."""
    return bool(_NAME.fullmatch(name)) and bool(_HAPPENED.search(name))


def is_answer(about: str, *, method: str, has_request: bool) -> bool:
    """Whether an example introduced by these words is an answer.

    Args:
        about: Heading and sentence before it.
        method: Method of the operation.
        has_request: Whether an example of the request was seen before.
    """
    plain = words.plain(about)
    answer = [match.start() for match in words.ANSWER.finditer(plain)]
    request = [match.start() for match in words.REQUEST.finditer(plain)]
    if answer or request:
        # The word nearest to the example counts.
        return max(answer, default=-1) > max(request, default=-1)
    return method in {"GET", "DELETE", "HEAD", "OPTIONS"} or has_request
