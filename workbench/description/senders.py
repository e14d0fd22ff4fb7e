"""Who sends each request of a description: the one judge of direction.

Each exchange gives signals: how it is declared, its method, words of its path and name, and what
the sentences about it, about its tag and about the whole document say of the two sides. What its
neighbours say (tag, resource, document) speaks for it too. The signals add up to log-odds with
the weights of `senders.json`, which `tests/benchmarks/fitting.py` fits on labelled documents.
Where a format has a word for the sender, as AsyncAPI has, the document's statement decides.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.description.direction import reads_like_webhook, said_direction
from workbench.description.sender_reasons import LEAD, first_sentence, say
from workbench.model import (
    ApiDescription,
    Direction,
    Event,
    Operation,
    list_of,
    mapping_of,
    text_of,
)
from workbench.vocabulary import (
    DUTY,
    EVENT_FIELDS,
    OUR_HOST,
    PARTY_HOST,
    SUBSCRIPTION_PATH,
    WEBHOOK_URL,
    WEBHOOK_WORD,
    Concept,
    concepts,
    count_counterparts,
    count_roles,
    fold,
    managing_words,
    party_words,
    plain_words,
)

Signals = dict[str, float]
_SURE = 0.99
_BY_A_PERSON = ("a person says so",)
_ROUNDS = 2  # in which what the neighbours say is asked
_GENERIC = frozenset(
    [
        *("api", "apis", "rest", "http", "open", "openapi", "reference", "documentation", "docs"),
        *("guide", "the", "a", "an", "and", "of", "for", "to", "in", "webhook", "webhooks"),
        *("event", "events", "integration", "service", "services", "public", "v1", "v2", "v3"),
    ]
)
_HOOKED = frozenset({"own:hook-is-sent", "own:hook-sends", "own:is-a-hook"})
_ADDRESS = re.compile(r"\{?(\{\w+\})\}?[\w/]*")  # where a description is an address alone
_VARIABLE = re.compile(r"[{:<]|v?\d[\d.]*$|api$")


@dataclass(frozen=True)
class Sender:
    """Who sends one exchange: how probable it is that they do, and what was seen."""

    direction: Direction
    inbound: float
    reasons: tuple[str, ...] = ()


def judge_senders(
    description: ApiDescription,
    *,
    we_are: str | None = None,
    weights: Mapping[str, Any] | None = None,
    own: list[Signals] | None = None,
    stated: Mapping[str, Direction] | None = None,
) -> list[Sender]:
    """Say for every operation, then every event, who sends it.

    Args:
        description: What the documents say.
        we_are: `restaurant`, `courier` or `channel`; by default what the documents address, else
            a restaurant.
        weights: Other weights than those that are shipped, as in `senders.json`.
        own: What `own_signals` gave, where it is known already.
        stated: Id, tag or document → who sends, as a person says; its neighbours follow.
    """
    used = weights or shipped_weights()
    own = own_signals(description, we_are) if own is None else own
    items = all_exchanges(description)
    known = [_said(item, stated or {}) or _stated(item) for item in items]
    odds = [weigh(signals, used["own"]) for signals in own]
    for _ in range(_ROUNDS):
        odds = [
            one
            if sender is None or sender.reasons != _BY_A_PERSON
            else math.log(sender.inbound / (1 - sender.inbound))
            for one, sender in zip(odds, known, strict=True)
        ]
        both = [
            {**signals, **around}
            for signals, around in zip(own, group_signals(description, odds), strict=True)
        ]
        odds = [weigh(signals, used["all"]) for signals in both]
    return [
        sender or _role(signals, used["all"], item)
        for sender, item, signals in zip(known, items, both, strict=True)
    ]


def find_directions(description: ApiDescription) -> Mapping[tuple[str, str], Direction]:
    """Document and id of every operation and event → who sends it."""
    found = zip(all_exchanges(description), judge_senders(description), strict=True)
    return {(item.document, item.id): sender.direction for item, sender in found}


def _stated(item: Operation | Event) -> Sender | None:
    """The sender that the document states in its own form."""
    if not isinstance(item, Event) or not item.is_sender_stated:
        return None
    inbound = _SURE if item.direction is Direction.INBOUND else 1 - _SURE
    return Sender(item.direction, inbound, ("the document states who sends it",))


def _said(item: Operation | Event, stated: Mapping[str, Direction]) -> Sender | None:
    """The sender that a person states, of the exchange itself, its tag or its document."""
    for name in (item.id, *item.tags, item.document):
        if name in stated:
            inbound = _SURE if stated[name] is Direction.INBOUND else 1 - _SURE
            return Sender(stated[name], inbound, _BY_A_PERSON)
    return None


def _role(signals: Signals, weights: Mapping[str, float], item: Operation | Event) -> Sender:
    inbound = 1 / (1 + math.exp(-max(-30.0, min(30.0, weigh(signals, weights)))))
    side = 1 if inbound >= 0.5 else -1
    shares = sorted(
        ((side * weights.get(name, 0.0) * value, name) for name, value in signals.items()),
        reverse=True,
    )
    reasons = tuple(
        say(name, item) for share, name in shares[:3] if share > 0.1 and name != "always"
    )
    return Sender(Direction.INBOUND if side > 0 else Direction.OUTBOUND, inbound, reasons)


def weigh(signals: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The log-odds that signals give together."""
    return sum(weights.get(name, 0.0) * value for name, value in signals.items())


def own_signals(description: ApiDescription, we_are: str | None = None) -> list[Signals]:
    """What each operation, then each event, says by itself and by its document's preface."""
    prefaces = {
        name: _Preface(bundle, description, name, we_are)
        for name, bundle in description.bundles.items()
    }
    return [
        _own(item, prefaces.get(item.document) or _Preface({}, description, item.document, we_are))
        for item in all_exchanges(description)
    ]


def all_exchanges(description: ApiDescription) -> list[Operation | Event]:
    """Every operation, then every event."""
    return [*description.operations, *description.events]


class _Preface:
    """What a document says before its operations."""

    def __init__(
        self, bundle: Mapping[str, Any], description: ApiDescription, name: str, we_are: str | None
    ) -> None:
        info = mapping_of(bundle.get("info"))
        stated = next((one.title for one in description.documents if one.name == name), "")
        title = stated or text_of(info.get("title"))
        text = text_of(info.get("description"))[: 2 * LEAD]
        self.brands = _brands(title)
        self.tags = {
            text_of(tag.get("name")): text_of(tag.get("description"))[:LEAD]
            for tag in map(mapping_of, list_of(bundle.get("tags")))
        }
        spoken = "\n".join(
            f"{item.summary}. {item.description[:LEAD]}"
            for item in (*description.operations, *description.events)
            if item.document == name
        )
        kinds = count_counterparts(f"{title}.\n{text}\n{spoken[:40_000]}", self.brands)
        found = kinds.most_common(1)[0][0] if kinds else "restaurant"
        self.ours = frozenset({"reader", we_are or found})
        self.signals = _spoken("all", text, self)
        servers = [text_of(mapping_of(item).get("url")) for item in list_of(bundle.get("servers"))]
        if servers and all(OUR_HOST.search(url) for url in servers):
            self.signals["server of ours"] = 1.0
        if servers and all(PARTY_HOST.search(url) for url in servers):
            self.signals["server named after us"] = 1.0
        if WEBHOOK_WORD.search(title):
            self.signals["title of webhooks"] = 1.0
        items = [item for item in description.operations if item.document == name]
        reads = sum(item.method == "GET" for item in items)
        self.signals["share of reads"] = reads / len(items) if items else 0.0
        self._of_tags: dict[tuple[str, ...], Signals] = {}

    def of_tag(self, tags: tuple[str, ...]) -> Signals:
        """What the text of the tags says."""
        if tags not in self._of_tags:
            text = " ".join(self.tags.get(tag, "") for tag in tags)
            self._of_tags[tags] = _spoken("tag", text, self)
        return self._of_tags[tags]


def _brands(title: str) -> frozenset[tuple[str, ...]]:
    """Names of the partner in a title: its unknown words, and what stands before generic ones."""
    words = [fold(word) for word in plain_words(title) if word not in _GENERIC]
    unknown = {
        (word,)
        for word in words
        if len(word) > 3 and not concepts(word) and word not in party_words()
    }
    return frozenset(unknown | ({tuple(words[:2])} if len(words) > 1 and unknown else set()))


def _spoken(place: str, text: str, preface: _Preface) -> Signals:
    is_said = any(map(str.isalpha, text))
    found = count_roles(text, preface.ours, preface.brands) if is_said else Counter[str]()
    return {f"{place}:{name}": min(count, 3) ** 0.5 for name, count in found.items()}


def _own(item: Operation | Event, preface: _Preface) -> Signals:
    kind = item.source if isinstance(item, Event) else "operation"
    signals: Signals = {
        "always": 1.0,
        f"declared as {kind}": 1.0,
        f"method {'event' if isinstance(item, Event) else item.method}": 1.0,
        **_own_words(item, preface),
        **preface.of_tag(item.tags),
        **preface.signals,
    }
    signals.update({key: 1.0 for key, is_so in (*_by_words(item), *_by_shape(item)) if is_so})
    if "name manages" in signals:
        signals.pop("first sentence tells of a webhook", None)
    return signals


def _own_words(item: Operation | Event, preface: _Preface) -> Signals:
    """What its text says of the two sides, and its first sentence of webhooks.

    A webhook of which a later sentence speaks often follows a call of ours: a result, told later.
    """
    text = item.description[:LEAD]
    lead = first_sentence(text)
    first = _spoken("own", f"{item.summary}.\n{lead}", preface)
    found = first
    if text.strip() != lead:
        found = _spoken("own", f"{item.summary}.\n{text}", preface)
        found = {name: value for name, value in found.items() if name not in _HOOKED} | {
            name: value for name, value in first.items() if name in _HOOKED
        }
    tells = WEBHOOK_WORD.search(lead) and not _HOOKED.isdisjoint(first)
    if tells and not DUTY.search(lead):
        found["first sentence tells of a webhook"] = 1.0
    return found


def _by_words(item: Operation | Event) -> Iterator[tuple[str, bool]]:
    """What its names and its text say."""
    text = item.description[:LEAD]
    operation_id = "" if isinstance(item, Event) else item.operation_id or ""
    name = f"{item.summary} {operation_id}"
    said = said_direction(f"{item.summary}. {text}") if item.summary or text else None
    yield "plain words say that it comes to us", said is Direction.INBOUND
    yield "plain words say that we send it", said is Direction.OUTBOUND
    yield "name speaks of webhooks", bool(WEBHOOK_WORD.search(name))
    yield "text speaks of webhooks", bool(WEBHOOK_WORD.search(text))
    yield "first sentence speaks of webhooks", bool(WEBHOOK_WORD.search(first_sentence(text)))
    yield "tag speaks of webhooks", bool(WEBHOOK_WORD.search(" ".join(item.tags)))
    tagged = bool(WEBHOOK_WORD.search(" ".join(item.tags)))
    path = item.name if isinstance(item, Event) else item.path
    managed = WEBHOOK_WORD.search(f"{path} {name}") or "subscri" in f"{path} {name}".lower()
    yield "stands among webhooks and manages none", tagged and not managed
    yield "name manages", not managing_words().isdisjoint(plain_words(name))
    yield "name tells what happened", _tells(concepts(name))


def _by_shape(item: Operation | Event) -> Iterator[tuple[str, bool]]:
    """What its path and its bodies are like."""
    is_event = isinstance(item, Event)
    path = item.name if isinstance(item, Event) else item.path
    yield "path speaks of webhooks", bool(WEBHOOK_WORD.search(path))
    told = _ADDRESS.fullmatch(item.description[:LEAD].strip())
    is_ours = WEBHOOK_URL.search(path) or (told and WEBHOOK_URL.search(told[1]))
    yield "path is an address of ours", bool(is_ours)
    yield "path manages subscriptions", not is_event and bool(SUBSCRIPTION_PATH.search(path))
    yield "path tells what happened", _tells(concepts(path.rsplit("/", 1)[-1]))
    yield (
        "reads like a request to us",
        isinstance(item, Operation)
        and reads_like_webhook(
            item.method,
            item.path,
            tags=item.tags,
            summary=item.summary,
            description=item.description,
            operation_id=item.operation_id or "",
        ),
    )
    yield "body is an event", len(_tops(item) & EVENT_FIELDS) >= 2
    answers = [body for answer in item.responses if answer.is_success for body in answer.bodies]
    yield "answers with data", any(body.schema_ for body in answers)
    yield "takes a path parameter", "{" in path


def _tells(found: tuple[Concept, ...]) -> bool:
    """Whether words say that something happened: a thing first, then what became of it."""
    kinds = [item.kind for item in found if item.kind not in {"manner", "stop"}]
    return kinds[:1] == ["entity"] and bool(set(kinds[1:]) & {"transition", "verb"})


def _tops(item: Operation | Event) -> set[str]:
    schema = item.request_schema or {}
    names = set(mapping_of(schema.get("properties")))
    for body in item.bodies:
        for example in body.examples:
            names |= set(mapping_of(example))
    return {"".join(plain_words(name)) for name in names}


def group_signals(description: ApiDescription, first: list[float]) -> list[Signals]:
    """What the neighbours of each exchange say, by their first judgement (log-odds)."""
    items = all_exchanges(description)
    groups: dict[tuple[str, str, str], list[int]] = {}
    keys: list[list[tuple[str, str, str]]] = []
    for number, item in enumerate(items):
        kind = "event" if isinstance(item, Event) and item.source != "path" else "operation"
        here = [("document", item.document, kind)]
        here += [("tag", item.document, f"{kind}:{tag}") for tag in item.tags[:1]]
        if not isinstance(item, Event):
            here += [(f"path to {n}", item.document, _start(item.path, n)) for n in (1, 2)]
        keys.append(here)
        for key in here:
            groups.setdefault(key, []).append(number)
    bounded = [max(-2.0, min(2.0, value)) for value in first]
    sums = {key: sum(bounded[n] for n in members) for key, members in groups.items()}
    hooks = [_is_about_hooks(item) for item in items]
    hooked = {key: sum(hooks[n] for n in members) for key, members in groups.items()}
    made = []
    for number, here in enumerate(keys):
        signals: Signals = {}
        for key in here:
            others = len(groups[key]) - 1
            if others:
                signals[f"neighbours by {key[0]}"] = (sums[key] - bounded[number]) / others
                signals[f"neighbours by {key[0]} speak of webhooks"] = (
                    hooked[key] - hooks[number]
                ) / others
        made.append(signals)
    return made


def _is_about_hooks(item: Operation | Event) -> bool:
    """Whether an operation is spoken of as a webhook, without being a webhook's management."""
    if not isinstance(item, Operation) or SUBSCRIPTION_PATH.search(item.path):
        return False
    said = f"{item.summary} {first_sentence(item.description)}"
    return WEBHOOK_WORD.search(said) is not None


def _start(path: str, size: int) -> str:
    """The first fixed segments of a path; versions do not count."""
    fixed = [part for part in path.split("/") if part and not _VARIABLE.match(part)]
    return "/".join(fixed[:size])


@cache
def shipped_weights() -> Mapping[str, Any]:
    """The weights that come with the package."""
    text = files("workbench.description").joinpath("senders.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded
