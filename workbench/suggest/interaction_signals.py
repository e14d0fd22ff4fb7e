"""What one operation or event says about itself, in concepts: subject, owners, acts, bodies."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from workbench.description import Sender, judge_senders
from workbench.model import ApiDescription, Direction, Event, Operation
from workbench.suggest.body_shape import BodyShape, Leaf, ShapeReader
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import (
    Concept,
    concepts,
    head,
    is_part_of_unknown,
    split_words,
    trailing_concept,
)

_PARAMETER = re.compile(r"\{[^}]*\}|<[^>]*>|:\w+|\d{2,}|[0-9a-fA-F-]{24,}")
_BOILERPLATE = re.compile(r"\bvia the\b.*|\([^)]*\)")
# What stands before the verb of a remote procedure tells where it is kept, not what it is about.
_NAMESPACE = re.compile(r"(?<![\w.])([A-Za-z]\w*)\.(?=[a-z]+(?:[A-Z]|_[a-z])\w*(?![\w.]))")
_MARKUP = re.compile(r"<[^>]*>|```.*?```|[*_`>#|]+", re.DOTALL)
_LEAD = 220  # characters of a description that are about the operation as a whole
# What ends a segment and says only who answers, or in which form: `.php`, `.{format}`.
_HANDLER = re.compile(
    r"(?<=[a-z_}])\.(?:php|aspx?|ashx|jsp|do|action|cgi|json|xml|\{\w+\}|:\w+)$", re.IGNORECASE
)
_FILLER = re.compile(r"v?\d[\w.]*|rest|b2b|pub|gateway|index|hub", re.IGNORECASE)
_PARTS = frozenset({"menu-section", "product", "product-variant", "option-category", "option"})
_SELF = frozenset({"me", "self", "mine"})  # who asks: `/restaurants/me`
_ASKING = frozenset({"read", "list"})
_CHANGING = frozenset({"update", "accept", "confirm", "reject", "cancel", "push"})
_WHOLE = 10  # fields at the top of a body that is a whole thing
_UNKNOWN = Concept("other", "unknown")
_ORDER, _DELIVERY = Concept("entity", "order"), Concept("entity", "delivery")
_EVENTS = (Concept("manner", "event"), Concept("manner", "notice"))


@dataclass(frozen=True)
class PathSegment:
    """One segment of a path; `last` is what its last word means, None when that is not known."""

    text: str
    found: tuple[Concept, ...]
    last: Concept | None
    is_parameter: bool = False

    def has(self, kind: str) -> bool:
        """Whether it names something of that kind."""
        return any(item.kind == kind for item in self.found)


@dataclass(frozen=True)
class InteractionSignals:
    """The reading of one operation or event.

    Attributes:
        item: What was read.
        direction: Who sends it, and `why` in words.
        subject: What the path says it acts on; `unknown` when its last segment is no word of ours.
        owners: What the path names before that, nearest first.
        acts: Facets, transitions and verbs behind the subject in the path.
        identified: Whether a parameter says which one of the subject.
        kinds: Entities among the values of a type field of the body, for this resource.
        names: Readings of operationId, summary and the like, in that order.
        tags: Nouns of the tags.
        topics: Nouns of the title of its document.
        is_qualifier: Whether a name's noun only qualifies a word that is not known.
    """

    item: Operation | Event
    direction: Direction
    why: str
    steps: tuple[PathSegment, ...]
    subject: Concept | None
    owners: tuple[str, ...]
    acts: tuple[Concept, ...]
    identified: bool
    names: tuple[tuple[Concept, ...], ...]
    tags: frozenset[str]
    request: BodyShape
    response: BodyShape
    kinds: frozenset[str] = frozenset()
    text: frozenset[Concept] = frozenset()
    inbound: float = 0.0
    topics: frozenset[str] = frozenset()
    is_qualifier: bool = False

    @property
    def resource(self) -> tuple[str, ...]:
        """The fixed segments of the path, which all calls on one resource share."""
        return tuple(step.text for step in self.steps if not step.is_parameter)

    @cached_property
    def method(self) -> str:
        """The HTTP method that what is done deserves, in capitals.

        `GET /updateOrderStatus/{id}` changes, so it counts as POST. The other way round it stays:
        a POST is a read only where a person binds it to one.
        """
        stated = self.item.method.upper()
        fixed = next((step for step in reversed(self.steps) if not step.is_parameter), None)
        said = [item for item in (fixed.found if fixed else ()) if item.kind != "stop"]
        asks = [name[0].name in _ASKING for name in self.names]
        if stated == "GET" and self.identified and len(said) > 1 and not any(asks):
            orders = said[0].name in _CHANGING and said[1].kind in {"entity", "facet"}
            return "POST" if orders else stated
        return stated

    @property
    def outward(self) -> Factor:
        """How far it counts as something that we call."""
        return Factor(1.0 if self.direction is Direction.OUTBOUND else 0.15, self.why)

    @property
    def is_write(self) -> bool:
        """Whether the method changes something."""
        return self.method in {"POST", "PUT", "PATCH"}

    @property
    def moves_by_path(self) -> bool:
        """Whether its path names a step of a life cycle, or a status."""
        return any(act.kind == "transition" or act.name == "status" for act in self.acts)

    @property
    def writes_whole(self) -> bool:
        """Whether it writes a thing with most of its fields, not a side of it."""
        tops = {leaf.path[0] for leaf in self.request.leaves}
        return not self.moves_by_path and len(tops) >= _WHOLE

    @cached_property
    def said(self) -> frozenset[str]:
        """Names of all concepts of the names, whatever their kind."""
        return frozenset(concept.name for name in self.names for concept in name)

    @property
    def path_nouns(self) -> frozenset[str]:
        """Names of the things that the path speaks of."""
        return frozenset([*self.owners, *([self.subject.name] if self.subject else [])])

    @cached_property
    def acted(self) -> frozenset[str]:
        """Names of the concepts behind the subject in the path."""
        return frozenset(concept.name for concept in self.acts)

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Names of everything that path, names, tags, text and the top of the bodies speak of."""
        steps = (concept.name for step in self.steps for concept in step.found)
        return frozenset(
            {*steps, *self.said, *self.tags, *self.kinds, *(item.name for item in self.text)}
            | self.request.about
            | self.response.about
        )

    @cached_property
    def transitions(self) -> frozenset[str]:
        """Steps of a life cycle that path or names speak of."""
        spoken = [*self.acts, *(concept for name in self.names for concept in name)]
        return frozenset(concept.name for concept in spoken if concept.kind == "transition")

    @cached_property
    def nouns(self) -> tuple[Concept, ...]:
        """The head noun of each name that has one."""
        return tuple(noun for noun in map(head, self.names) if noun is not None)

    def belief(self, *entities: str) -> float:
        """How sure it is, from 0 to 1, that this is about one of the entities.

        Path, operationId, summary and tags support each other; one that names something else
        takes away.
        """
        doubt = kept = 1.0
        if self.subject is not None:
            if self.subject.name in entities:
                doubt *= 0.28
            else:
                kept *= 0.35
        for noun in self.nouns:
            if noun.name in entities:
                doubt *= 0.5
            else:
                kept *= 0.8 if noun.kind == "entity" else 0.7
        if doubt < 1 and self.tags & set(entities):
            doubt *= 0.8
        return (1 - doubt) * kept


class SignalReader:
    """Reads every operation and event of a description."""

    def __init__(
        self,
        description: ApiDescription,
        senders: Sequence[Sender],
    ) -> None:
        self._shapes = ShapeReader(description)
        items = (*description.operations, *description.events)
        self._senders = dict(zip(map(id, items), senders, strict=True))
        self._topics = {one.name: _topics(one.title) for one in description.documents}

    def read(self, item: Operation | Event) -> InteractionSignals:
        """Return the signals of one operation or event."""
        sender = self._senders[id(item)]
        direction, why = sender.direction, "; ".join(sender.reasons)
        path = item.name if isinstance(item, Event) else item.path
        steps = _steps(path)
        subject, owners, acts, identified = _parse(steps)
        identifier = path if isinstance(item, Event) else (item.operation_id or "")
        identifier = _NAMESPACE.sub("", identifier)
        summary = _NAMESPACE.sub("", _BOILERPLATE.sub("", item.summary))
        names = [
            concepts(identifier),
            concepts(summary) if split_words(summary) != split_words(identifier) else (),
        ]
        return InteractionSignals(
            item=item,
            direction=direction,
            why=why,
            steps=steps,
            subject=subject,
            owners=owners,
            acts=acts,
            identified=identified,
            names=tuple(name for name in names if name),
            tags=frozenset(
                noun.name for tag in item.tags if (noun := head(concepts(tag))) is not None
            ),
            request=self._shapes.request(item),
            response=self._shapes.response(item),
            text=frozenset(concepts(_lead(item.description))),
            topics=self._topics.get(item.document, frozenset()),
            is_qualifier=is_part_of_unknown(identifier) or is_part_of_unknown(summary),
            inbound=math.log(max(sender.inbound, 1e-6) / max(1 - sender.inbound, 1e-6)),
        )


def _topics(title: str) -> frozenset[str]:
    """The nouns of a title, those of its parts among them: `Drivers & Shifts API`."""
    return frozenset(item.name for item in concepts(title) if item.kind in {"entity", "other"})


def _steps(path: str) -> tuple[PathSegment, ...]:
    """Segments of a path; a colon verb (`/orders/{id}:accept`) is a segment of its own.

    The module before the verb of a remote procedure (`orders.getBooking`) is left out.
    """
    made = []
    path = _NAMESPACE.sub("", path.split("?", maxsplit=1)[0])
    for part in re.split(r"/|(?<=[}\w]):(?=[a-zA-Z])", path):
        raw = _HANDLER.sub("", part)
        if raw:
            is_parameter = _PARAMETER.fullmatch(raw) is not None or raw.lower() in _SELF
            made.append(PathSegment(raw, concepts(raw), trailing_concept(raw), is_parameter))
    return tuple(made)


def _parse(
    steps: tuple[PathSegment, ...],
) -> tuple[Concept | None, tuple[str, ...], tuple[Concept, ...], bool]:
    """Split a path into what it acts on, what owns that, what is done, and whether it names one."""
    acts: list[Concept] = []
    owners: list[str] = []
    named: list[Concept] = []
    subject: Concept | None = None
    behind = False
    kept = [step for number, step in enumerate(steps) if not _only_says_which(steps, number)]
    for step in reversed(kept):
        noun = head(step.found)
        if step.is_parameter:
            named.extend([noun] if noun is not None else [])
            if subject is None:
                behind = True
                acts.extend(item for item in step.found if item.kind in {"facet", "transition"})
        elif subject is not None:
            owners.extend(
                item.name for item in step.found if item in (noun, *_EVENTS) or item.kind == "facet"
            )
        elif step.last is None and not _FILLER.fullmatch(step.text):
            # What is unknown between a thing and a side of it only says which: `/stores/x/hours`.
            if not any(item.kind == "facet" for item in acts):
                subject = _UNKNOWN
        else:
            acts.extend(item for item in step.found if item.kind not in {"entity", "other", "stop"})
            subject = noun
    if subject is None and named:
        return named[0], tuple(owners), tuple(acts), True
    return subject, tuple(owners), tuple(acts), behind or subject in named


def _only_says_which(steps: tuple[PathSegment, ...], number: int) -> bool:
    """Whether a segment says which hours those before it are: `schedules/catering`."""
    before, step = steps[number - 1] if number else None, steps[number]
    if before is None or before.is_parameter or step.is_parameter:
        return False
    is_side = bool(before.found) and all(item.name == "hours" for item in before.found)
    return is_side and (step.last is None or step.last.name == "delivery")


def _lead(text: str) -> str:
    """The first words of a description, without markup: what it says in a sentence or two."""
    plain = " ".join(_MARKUP.sub(" ", text[:800]).split())
    return plain[:_LEAD]


def read_all(
    description: ApiDescription,
    *,
    we_are: str | None = None,
    senders: Sequence[Sender] | None = None,
) -> tuple[InteractionSignals, ...]:
    """Read every operation and event, in the order of their ids."""
    reader = SignalReader(description, senders or judge_senders(description, we_are=we_are))
    pool: list[Operation | Event] = [*description.operations, *description.events]
    read = [reader.read(item) for item in sorted(pool, key=lambda it: (it.id, it.document))]
    with_orders = {one.item.document for one in read if _ORDER.name in one.path_nouns}
    interactions = [
        one if one.item.document in with_orders else _deliveries_as_orders(one) for one in read
    ]
    kinds: dict[tuple[str, ...], frozenset[str]] = {}
    for signals in interactions:
        found = _kinds(signals.request)
        kinds[signals.resource] = kinds.get(signals.resource, frozenset()) | found
    return tuple(replace(signals, kinds=kinds[signals.resource]) for signals in interactions)


def _deliveries_as_orders(signals: InteractionSignals) -> InteractionSignals:
    """The same, a delivery being what others call an order: couriers may know no other."""

    def called(concept: Concept) -> Concept:
        return _ORDER if concept == _DELIVERY else concept

    return replace(
        signals,
        subject=called(signals.subject) if signals.subject else None,
        owners=tuple(_ORDER.name if name == _DELIVERY.name else name for name in signals.owners),
        names=tuple(tuple(map(called, name)) for name in signals.names),
        tags=frozenset(_ORDER.name if tag == _DELIVERY.name else tag for tag in signals.tags),
        text=frozenset(map(called, signals.text)),
    )


def _kinds(shape: BodyShape) -> frozenset[str]:
    """Entities that a type field of the body may say, as in `itemType: Product | Modifier`."""
    return frozenset(
        noun.name
        for leaf in shape.leaves
        if leaf.depth == 1 and (_is_type(leaf) or _lists_things(leaf))
        for value in leaf.values
        if (noun := head(concepts(value))) is not None and noun.kind == "entity"
    )


def _is_type(leaf: Leaf) -> bool:
    return split_words(leaf.name)[-1:] in (["type"], ["kind"], ["tipo"], ["typ"])


def _lists_things(leaf: Leaf) -> bool:
    """Whether all values of a field are parts of a menu, whatever its name is."""
    nouns = [head(concepts(value)) for value in leaf.values]
    return bool(nouns) and all(noun is not None and noun.name in _PARTS for noun in nouns)
