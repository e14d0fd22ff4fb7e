"""Why a proposal stands: what was seen, quoted; the strongest against; what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.suggest.body_shape import BodyShape, Leaf
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.scoring import Weights, probability
from workbench.suggest.signals import Aim, SignalValues
from workbench.suggest.suggestion import THRESHOLD
from workbench.vocabulary import concepts

_FOR, _AGAINST, _TURNS = 4, 2, 2  # reasons that are told
_LOUD = 0.15  # log-odds from which a signal is a reason
_SILENT = frozenset({"always", "rule", "no rule", "belief", "wide belief"})
_ROLE = "sent to us"
_QUOTED = 60  # characters of a text that are quoted
_FIELDS = 3  # fields that are named


@dataclass(frozen=True)
class Reasons:
    """What speaks for a proposal, what against it, and what would turn it, strongest first."""

    for_it: tuple[str, ...]
    against: tuple[str, ...]
    turns: tuple[str, ...]


def explain(
    values: SignalValues, aim: Aim, weights: Weights, signals: InteractionSignals
) -> Reasons:
    """What speaks for it and what against it, in words, strongest first."""
    shares = sorted(
        (
            (weights.of(aim.family, name) * value, name)
            for name, value in values.items()
            if name not in _SILENT
        ),
        key=lambda pair: (-abs(pair[0]), pair[1]),
    )
    told = [
        (share, _say(name, aim, signals), name) for share, name in shares if abs(share) >= _LOUD
    ]
    return Reasons(
        tuple(dict.fromkeys(text for share, text, _ in told if share > 0))[:_FOR],
        tuple(dict.fromkeys(text for share, text, _ in told if share < 0))[:_AGAINST],
        tuple(dict.fromkeys(_turns(values, aim, weights, told)))[:_TURNS],
    )


def _turns(
    values: SignalValues, aim: Aim, weights: Weights, told: list[tuple[float, str, str]]
) -> Iterator[str]:
    """What would turn a proposal into none, or the other way, each with the score it would have."""
    is_proposed = probability(values, aim, weights) >= THRESHOLD

    def score(name: str, value: float) -> float:
        return probability({**values, name: value}, aim, weights)

    flipped = score(_ROLE, -values[_ROLE])
    if (flipped >= THRESHOLD) is not is_proposed:
        side = "we sent it" if values[_ROLE] > 0 else "they sent it"
        yield f"if {side}, and not the other side: {flipped:.2f}"
    nearest = ""
    for share, text, name in told:
        if name == _ROLE or (share > 0) is not is_proposed:
            continue
        without = score(name, 0.0)
        if (without >= THRESHOLD) is not is_proposed:
            yield f"without this, that {text}: {without:.2f}"
        nearest = (
            nearest or f"no single thing; most of all, without this, that {text}: {without:.2f}"
        )
    if nearest:
        yield nearest


def _say(name: str, aim: Aim, signals: InteractionSignals) -> str:
    """A signal in words, with what was seen."""
    if name == _ROLE:
        side = "they send it" if signals.inbound > 0 else "we send it"
        return f"{side}: {signals.why}" if signals.why else side
    noun = aim.noun.replace("-", " ")
    said = f"{name} ".replace(" its kin ", f" what stands for the {noun} ")
    said = said.replace(" of it ", f" of the {noun} ").replace(" it ", f" the {noun} ").strip()
    seen = _seen(name, aim, signals)
    return f"{said} ({seen})" if seen else said


def _seen(name: str, aim: Aim, signals: InteractionSignals) -> str:
    """The words of the document in which a signal was seen."""
    item = signals.item
    if name.startswith(("path", "names one")):
        return item.id
    for start, text in (
        ("name", item.summary),
        ("text", item.description),
        ("tag", ", ".join(item.tags)),
    ):
        if name.startswith(f"{start} ") and text.strip():
            return f"“{_around(text, name)}”"
    if name.startswith(("body ", "type field", "event types")):
        return _fields(name, aim, signals.request)
    return _fields(name, aim, signals.response) if name.startswith("answer ") else ""


def _around(text: str, name: str) -> str:
    """The part of a text that holds the word of a signal, else its beginning."""
    plain = " ".join(text.split())
    wanted = name.rpartition(" ")[2]
    words = plain.split(" ")
    at = next(
        (n for n, word in enumerate(words) if any(c.name == wanted for c in concepts(word))), 0
    )
    start = max(0, len(" ".join(words[:at])) - _QUOTED // 2)
    cut = plain[start : start + _QUOTED].strip()
    return f"{'…' if start else ''}{cut}{'…' if start + _QUOTED < len(plain) else ''}"


def _fields(name: str, aim: Aim, shape: BodyShape) -> str:
    """The fields of a body in which a signal was seen, with some of their values."""
    if name.endswith("coordinates"):
        return ", ".join(".".join(path) or "at the top" for path in shape.positions[:_FIELDS])
    if "a status" in name:
        found = list(shape.statuses)
    elif name.startswith(("type field", "event types")):
        found = [leaf for leaf in shape.leaves if leaf.values and leaf.depth <= 2]
    elif name.endswith((" it", " its kin")):
        wanted = {aim.noun, *aim.kin}
        found = [leaf for leaf in shape.leaves if wanted & _nouns(leaf)]
    else:
        found = [leaf for leaf in shape.leaves if name.rpartition(" ")[2] in _nouns(leaf)]
    return ", ".join(map(_field, found[:_FIELDS]))


def _nouns(leaf: Leaf) -> set[str]:
    return {item.name for part in leaf.path for item in concepts(part)}


def _field(leaf: Leaf) -> str:
    values = "|".join(leaf.values[:_FIELDS])
    more = "|…" if len(leaf.values) > _FIELDS else ""
    return ".".join(leaf.path) + (f" = {values}{more}" if values else "")
