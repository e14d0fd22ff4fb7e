"""Who sends a request, as far as a document lets us know.

The reader of documents already takes declared webhooks and plain prose into account. Here come the
words that name a party, as in `Host: POS`, `from: Marketplace` or `called by the partner`, and
documents that as a whole are to be implemented by us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.model.description import ApiDescription, Direction, Event, Operation
from workbench.vocabulary import concepts, fold, party, split

_MARKUP = re.compile(r"<[^>]*>|[*_`>#-]{2,}|[*_`>#]")
_PARTY = r"(?:the |a |an |el |la |o |le |der )?(?P<party>[^\s:.,;()][\w' ]{1,40})"
_HOST = (
    r"host(?:ed)?(?: by| on| side)?|implemented by|exposed by|alojad[oa] (?:por|en)|"
    r"hospedad[oa] (?:por|em|no|na)|implementad[oa] (?:por|pelo)|h[eé]berg[eé]e? par|"
    r"bereitgestellt von|gehostet von"
)
_SENDER = (
    r"(?:called|invoked|sent|triggered|initiated) by|caller|sender|from|llamad[oa] por|"
    r"enviad[oa] (?:por|pelo|pela)|chamad[oa] (?:por|pelo|pela)|appel[eé]e? par|envoy[eé]e? par|"
    r"aufgerufen von|gesendet von"
)
_RECEIVER = (
    r"(?:received|consumed) by|receiver|recipient|to|recibid[oa] por|recebid[oa] (?:por|pelo)|"
    r"re[cç]ue? par|empfangen von"
)
# Which words, whose being there makes it inbound, and how to say it.
_KINDS = (
    (_HOST, "us", "hosted by"),
    (_SENDER, "them", "sent by"),
    (_RECEIVER, "us", "received by"),
)
_LABELS = tuple(
    (re.compile(rf"\b(?:{words})\s*[:|]+\s*{_PARTY}", re.IGNORECASE), side, said)
    for words, side, said in _KINDS
)
_PROSE = tuple(
    (re.compile(rf"\b(?:{words}) {_PARTY}", re.IGNORECASE), side, said)
    for words, side, said in (
        (r"hosted by|implemented by|exposed by", "us", "hosted by"),
        (_SENDER.replace("|caller|sender|from", ""), "them", "sent by"),
        (r"(?:received|consumed) by", "us", "received by"),
    )
)
_TAIL = re.compile(
    r"\b(?:to|when|whenever|after|before|if|once|at|for|in|on|and|or|cuando|para)\b.*"
)
_OURS = re.compile(
    r"\b(?:must|should|needs? to|have to|has to|to be|shall) (?:be )?"
    r"(?:implement|expose|host|provide)(?:ed|d)?\b[^.]{0,60}"
    r"\b(?:by (?:you|your|the (?:partner|pos|integrator|merchant|restaurant))|(?:on|in) your)\b|"
    r"\b(?:you|partners|integrators|pos (?:providers|vendors|systems)) "
    r"(?:must|should|need to|have to|are required to) (?:implement|expose|host)\b|"
    r"\bdeb\w* (?:implementar|exponer|expor|ser implementad\w+)\b",
    re.IGNORECASE,
)
_OUR_SERVER = re.compile(
    r"//[<{]?(?:your|partner|pos|integrator|merchant)[-_.\w]*[>}.]", re.IGNORECASE
)
_HOOK = re.compile(r"web-?hooks?|callbacks?|notif", re.IGNORECASE)
_LEAD = 1500  # characters of a preface that are about the document as a whole


class DirectionJudge:
    """Says for every exchange of a description who sends it, and why."""

    def __init__(self, description: ApiDescription) -> None:
        self._ours = {name for name, made in description.bundles.items() if _is_for_us(made)}
        titles = {word for document in description.documents for word in split(document.title)}
        self._reading = {
            (item.document, _hook_prefix(item.path))
            for item in description.operations
            if item.method in {"GET", "DELETE"} and _hook_prefix(item.path)
        }
        self._brands = {fold(word) for word in titles if len(word) > 3 and not concepts(word)}

    def judge(self, item: Operation | Event) -> tuple[Direction, str]:
        """Return the direction and the reason in words."""
        text = " ".join(_MARKUP.sub(" ", item.description).split())
        is_path = not isinstance(item, Event) or item.source == "path"
        said = next(self._parties(_LABELS, text), None)
        if said is None and not (is_path and item.direction is Direction.INBOUND):
            said = next(self._parties(_PROSE, text), None)
        if said is not None:
            return said
        if item.direction is Direction.INBOUND and not self._is_their_api(item):
            reason = "described as a request sent to us" if is_path else "declared as an event"
            return Direction.INBOUND, reason
        if item.document in self._ours:
            return Direction.INBOUND, "the document as a whole is to be implemented by us"
        return Direction.OUTBOUND, "an ordinary operation, which we call"

    def _is_their_api(self, item: Operation | Event) -> bool:
        """Whether `webhook` is but a prefix of theirs: things are also read below it."""
        if isinstance(item, Event) or _HOOK.search(f"{item.summary} {item.description}"):
            return False
        prefix = _hook_prefix(item.path)
        return bool(prefix) and (item.document, prefix) in self._reading

    def _parties(
        self, patterns: tuple[tuple[re.Pattern[str], str, str], ...], text: str
    ) -> Iterator[tuple[Direction, str]]:
        for words, inbound, said in patterns:
            for match in words.finditer(text):
                phrase = _TAIL.sub("", match["party"]).strip()
                side = party(phrase)
                if side is None and self._brands & {fold(word) for word in split(phrase)}:
                    side = "them"
                if side is not None:
                    direction = Direction.INBOUND if side == inbound else Direction.OUTBOUND
                    yield direction, f"the text says “{said} {phrase[:30]}”"


def _hook_prefix(path: str) -> str:
    found = _HOOK.search(path)
    return path[: found.end()] if found else ""


def _is_for_us(bundle: Mapping[str, Any]) -> bool:
    info, servers = bundle.get("info"), bundle.get("servers")
    preface = str(info.get("description") or "")[:_LEAD] if isinstance(info, Mapping) else ""
    listed = servers if isinstance(servers, list) else []
    urls = [str(server.get("url")) for server in listed if isinstance(server, Mapping)]
    return bool(_OURS.search(preface)) or any(_OUR_SERVER.search(url) for url in urls)
