"""Which of our features a row of a partner's list asks for, and how sure that is.

What a person states holds: a feature, a criterion, or an operation that the folder binds. Words
alone propose. A row is taken apart into the thing that it names first, what is done to it, and who
does it; a feature has to agree in all of them. A proposal whose criterion says every word of the
row is as good as stated; with any other a person agrees first, or vouches for the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

from babel import Locale
from snowballstemmer import algorithms

from workbench.handover.phrases import load_words
from workbench.model import Binding, Catalogue, Criterion, Feature, FeatureKind
from workbench.partners import Partner
from workbench.suggest import status_meant
from workbench.vocabulary import (
    STOP,
    acting_party,
    concepts,
    names_an_id,
    plain_words,
    silent_words,
    split_words,
    stem,
)

# How alike a row and a criterion have to be, so that the one is bound to the other by its words.
_LEAST = 0.27
# What a shared role adds: one that every part of a menu has says less than one of its own.
_OWN_ROLE, _COMMON_ROLE = 0.4, 0.1
_COMMON = frozenset({"create", "update"})
# Kinds of our vocabulary that name a thing, and not what is done to it.
_SUBJECTS = ("entity:", "facet:", "other:", "manner:")
_OURS = frozenset({"reader", "restaurant"})
_LOOKS = frozenset({"read", "list"})
_WRITES = frozenset({"create", "update", "push", "import", "delete", "handle"})
_TIMES = frozenset({"hours", "closure"})


@dataclass(frozen=True)
class Bound:
    """What a row is bound to.

    Attributes:
        feature: None where only a person can tell.
        criterion: Of it, where one is meant.
        is_sure: Somebody stated it, or every word of the row is that of the criterion.
        rivals: Features between which the words do not decide.
        is_part: The feature is stated, and the criterion a guess by words: the core counts too.
    """

    feature: Feature | None = None
    criterion: Criterion | None = None
    is_sure: bool = False
    rivals: tuple[Feature, ...] = ()
    is_part: bool = False

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What has to be shown: the criterion, or else all that is the core of the feature."""
        core = tuple(item for item in self.feature.criteria if item.core) if self.feature else ()
        if self.criterion is None:
            return core
        return tuple(dict.fromkeys((self.criterion, *(core if self.is_part else ()))))


@dataclass(frozen=True)
class RowReading:
    """A row taken apart.

    Attributes:
        title: As it was written.
        things: What it names, the first first; who acts is not among them.
        first: The first act: what is done, or the step that is taken.
        acts: All of them.
        facets: Sides of a thing, such as its status or its hours.
        side: Who acts: `us`, `them`, or nobody is named.
        is_order: Whether it begins with what is to be done.
    """

    title: str
    things: tuple[str, ...]
    first: str
    acts: frozenset[str]
    facets: frozenset[str]
    side: str
    is_order: bool


def read_row(title: str) -> RowReading:
    """Take the title of a row apart."""
    party = acting_party(title)
    found = [item for item in concepts(title) if item != STOP]
    things = [item.name for item in found if item.kind == "entity"] or [
        # `order state` is one phrase for a status, and still about an order.
        item.name
        for word in plain_words(title)
        for item in concepts(word)
        if item.kind == "entity"
    ]
    if party == "restaurant" and "restaurant" in things:
        things.remove("restaurant")
    if party == "courier" and "courier" in things:
        things.remove("courier")
    # Only who has a reservation is seated, whatever word is near to it (`the order is sent`).
    seats = not things or "reservation" in things
    acts = [
        item.name
        for item in found
        if item.kind in {"verb", "transition"} and (seats or item.name != "seat")
    ]
    return RowReading(
        title=title,
        things=tuple(things),
        first=acts[0] if acts else "",
        acts=frozenset(acts),
        facets=frozenset(item.name for item in found if item.kind == "facet"),
        side=("us" if party in _OURS else "them") if party else "",
        # `New` before a step is no order to make something: a new booking arrives.
        is_order=bool(acts)
        and found[0].name == acts[0]
        and (acts[0] != "create" or {*acts} <= _WRITES),
    )


class RowIndex:
    """What the folder binds, ready to be asked which of it a row speaks of.

    Rare words count more, and those of titles twice.
    """

    def __init__(self, catalogue: Catalogue, partner: Partner, code: str) -> None:
        self._code = code
        rows = [(feature, item) for feature in catalogue.features for item in feature.criteria]
        texts = [
            (_stems(f"{item.title} {item.slug}", code),
             _stems(f"{feature.title} {item.benefit}", code))
            for feature, item in rows
        ]  # fmt: skip
        counted = Counter(word for title, rest in texts for word in title | rest)
        self._weights = {word: log(1 + len(rows) / n) for word, n in counted.items()}
        self._rows = [
            (feature, item, self._weigh(title, rest))
            for (feature, item), (title, rest) in zip(rows, texts, strict=True)
            if isinstance(partner.statement(feature.slug), Binding)
        ]

    def find(self, title: str, expected: tuple[str, ...] = ()) -> Bound:
        """What a row is about by its words; nothing where that would be a guess."""
        row = read_row(title)
        asked = self._weigh(_stems(title, self._code), _stems(" ".join(expected), self._code))
        fits = {feature.slug: fit for feature, *_ in self._rows if (fit := _fit(feature, row))}
        best = [slug for slug, fit in fits.items() if fit == max(fits.values())]
        near = {slug: self._nearest(slug, asked, row) for slug in best}
        if len(best) > 1:
            return self._settle(near)
        if best:
            feature, criterion, _ = near[best[0]]
            is_clear = not expected and self._is_clear(feature, fits)
            return Bound(feature, criterion, is_clear and self._covers(feature, criterion, row))
        return self._find_plain(asked, row)

    def within(self, feature: Feature, title: str, expected: tuple[str, ...] = ()) -> Bound:
        """Which criterion of a feature that is known a row is about."""
        asked = self._weigh(_stems(title, self._code), _stems(" ".join(expected), self._code))
        row = read_row(title)
        found = [known for known, *_ in self._rows if known.slug == feature.slug]
        criterion = self._nearest(feature.slug, asked, row)[1] if found else None
        return Bound(
            feature, criterion, is_sure=True, is_part=not self._covers(feature, criterion, row)
        )

    def _nearest(
        self, slug: str, asked: Mapping[str, float], row: RowReading
    ) -> tuple[Feature, Criterion | None, float]:
        """The criterion of a feature that a row is most like; None where none is like it."""
        scored = [
            (_compare(asked, words) + _share_role(feature, item, row), feature, item)
            for feature, item, words in self._rows
            if feature.slug == slug
        ]
        score, feature, item = max(scored, key=lambda found: found[0])
        return feature, item if score >= _LEAST else None, score

    def _settle(self, near: Mapping[str, tuple[Feature, Criterion | None, float]]) -> Bound:
        """Of features that agree alike, the one whose criterion is meant; else all are told."""
        ranked = sorted(near.values(), key=lambda found: -found[2])
        features = tuple(feature for feature, *_ in ranked)
        # A call of ours and a notification of theirs are two things, however alike the words are.
        if len({feature.kind for feature in features}) > 1 or ranked[0][1] is None:
            return Bound(rivals=features)
        return Bound(ranked[0][0], ranked[0][1], rivals=features[1:])

    def _find_plain(self, asked: Mapping[str, float], row: RowReading) -> Bound:
        """By words in common alone, where a row names no thing of a feature."""
        scored = [
            (_compare(asked, words), feature, item)
            for feature, item, words in self._rows
            if _share_enough(asked, words) and (not row.things or feature.noun is None)
        ]
        best = max(scored, key=lambda found: found[0], default=None)
        if best is None or best[0] < _LEAST:
            return Bound()
        return Bound(best[1], best[2])

    def _is_clear(self, feature: Feature, fits: Mapping[str, int]) -> bool:
        """Whether nothing of the other kind (we call, they notify) comes near."""
        kinds = {known.slug: known.kind for known, *_ in self._rows}
        others = [fit for slug, fit in fits.items() if kinds[slug] is not feature.kind]
        return fits[feature.slug] - max(others, default=0) > 1

    def _covers(self, feature: Feature, criterion: Criterion | None, row: RowReading) -> bool:
        """Whether the criterion says all that the row says, who does it among it."""
        if criterion is None or not row.things or not row.acts:
            return False
        told = _stems(f"{feature.title} {criterion.title} {' '.join(criterion.roles)}", self._code)
        told |= {f"verb:{name}" for name in _spoken_acts(feature)} | {"facet:status"}
        told |= {"entity:restaurant", "entity:courier", "other:customer"} if row.side else set()
        meant = {
            f"{item.kind}:{item.name}"
            for item in concepts(row.title)
            if item.kind not in {"stop", "manner"}
        }
        return meant <= told and all(
            concepts(word) or _is_silent(word) or stem(word, _find_stemmer(self._code)) in told
            for word in plain_words(row.title)
        )

    def _weigh(self, title: set[str], rest: set[str]) -> dict[str, float]:
        known = self._weights
        found = {word: known[word] for word in rest if word in known}
        return found | {word: 2 * known[word] for word in title if word in known}


def _fit(feature: Feature, row: RowReading) -> int:
    """How well a feature agrees with a row in thing, act and actor; 0: not in one of them."""
    if feature.noun is None or feature.kind is FeatureKind.PAPERWORK:
        return 0
    thing, act, actor = _fit_thing(feature, row), _fit_act(feature, row), _fit_actor(feature, row)
    return thing + act + actor if thing and act and actor else 0


def _fit_thing(feature: Feature, row: RowReading) -> int:
    """A compound (`delivery order`) names what it is about second."""
    if feature.aspect == "availability":
        timed = bool(_TIMES & row.facets)
        return 3 if timed and row.things[:1] in ((), ("restaurant",)) else 0
    if feature.aspect == "location":
        return 3 if "place" in row.things and {"courier", "delivery"} & {*row.things} else 0
    if feature.noun not in row.things[:2] or "place" in row.things[:2]:
        return 0
    return 3 if row.things[0] == feature.noun else 2


def _fit_act(feature: Feature, row: RowReading) -> int:
    """An act that is said weighs more than none at all; one that speaks against it rules it out."""
    looks = row.first in _LOOKS
    is_status = feature.aspect == "status"
    if feature.access == "read":
        fits = looks or row.first in {"", "handle"}
        return (2 + (is_status or looks)) * (fits and (not is_status or "status" in row.facets))
    if feature.access == "created":
        fits = not row.first or "create" in row.acts
        return (2 + (bool(row.acts) and row.acts <= _WRITES)) * fits
    step = _find_step(feature, row)
    if looks:
        return 0
    if feature.access == "changed":
        told = "status" in row.facets or (row.first == "update" and row.side == "them")
        fits = row.first not in {"create", "push"} and bool(row.acts - _WRITES or told)
        return (2 + bool(step or told)) * fits
    if feature.access == "write" and is_status:
        return (2 + (row.first != "create")) * bool(step)
    if feature.access == "write":
        fits = bool(_TIMES & row.facets) or not row.acts - _WRITES - _LOOKS
        return (2 + bool(row.first)) * fits
    return 0


def _fit_actor(feature: Feature, row: RowReading) -> int:
    """Who acts: what we call is done by our side, what we are told of by theirs or a guest.

    Where nobody is named, an order (`cancel a booking`) is given to us.
    """
    if feature.access in {"created", "read"}:
        # The kitchen receives an order: that it acts speaks for what is new.
        return 1 + (row.side == "us" and row.first == "create" and feature.access == "created")
    ours = feature.kind is FeatureKind.SERVICE
    if not row.side:
        return 1 + (ours and row.is_order)
    return 2 * (ours == (row.side == "us"))


def _find_step(feature: Feature, row: RowReading) -> str:
    """The role of a criterion to which a row moves an order or a reservation."""
    roles = [role for item in feature.criteria for role in item.roles]
    if not row.acts - _WRITES - _LOOKS:
        return ""
    return status_meant(row.title, roles) or ""


def _share_role(feature: Feature, criterion: Criterion, row: RowReading) -> float:
    """What it adds that a criterion is about the step or the act of a row."""
    step = _find_step(feature, row) if feature.aspect == "status" else ""
    if step:
        return _OWN_ROLE if step in criterion.roles else 0.0
    names = {name for role in criterion.roles for name in _names(role)}
    shared = names & _names(row.title)
    return _COMMON_ROLE * len(shared & _COMMON) + _OWN_ROLE * len(shared - _COMMON)


@cache
def _names(text: str) -> frozenset[str]:
    return frozenset(item.name for item in concepts(text) if item.kind not in {"manner", "stop"})


def _spoken_acts(feature: Feature) -> frozenset[str]:
    """Acts that say no more than what the feature is for."""
    if feature.access == "read":
        return _LOOKS
    return frozenset({"create"}) if feature.access == "created" else _WRITES


def _is_silent(word: str) -> bool:
    return names_an_id(word) or word in silent_words()


def _share_enough(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether both speak of the same thing, and say a second word of it alike."""
    shared = {word for word in one if word in other}
    named = any(word.startswith(_SUBJECTS) for word in shared)
    said = [word for word in shared if ":" not in word and concepts(word) != (STOP,)]
    return named and len(said) > 1


def _compare(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The cosine of two weighted sets of words: 0 to 1."""
    shared = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    size = sqrt(sum(x * x for x in one.values()) * sum(x * x for x in other.values()))
    return shared / size if size else 0.0


def _stems(text: str, code: str) -> set[str]:
    """Stems of the words, and what our vocabulary takes them for in whatever language."""
    meant = {f"{item.kind}:{item.name}" for item in concepts(text) if item != STOP}
    return meant | {stem(word, _find_stemmer(code)) for word in split_words(text)}


@cache
def _find_stemmer(code: str) -> str:
    """The stemmer of a language; that of English where there is none of its own."""
    name = str(load_words(code).locale.language)
    named = (Locale(name).get_language_name("en") or "").lower()
    return named if named in algorithms() else "english"
