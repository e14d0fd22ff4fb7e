"""One answer for a whole document: proposals that fit together.

Each proposal is judged by itself first. Here the dedicated goes before the general, one event is
not taken for two things, and siblings (`accept`, `reject`) stand or fall together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.model import FeatureSlug
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import THRESHOLD, Suggestion

Judged = dict[str, list[Suggestion]]
_NEAR = 0.3  # probability from which a sibling may carry another along
_SURE = 0.7  # and how sure its siblings must be on average
_STATUS_READS = (FeatureSlug.ORDER_STATUS_READ, FeatureSlug.RESERVATION_STATUS_READ)
_EVENTS = (
    (FeatureSlug.ORDER_CREATED_EVENT, FeatureSlug.ORDER_STATUS_EVENT),
    (FeatureSlug.RESERVATION_CREATED_EVENT, FeatureSlug.RESERVATION_STATUS_EVENT),
)
_STATUS_WRITES = (FeatureSlug.ORDER_STATUS_WRITE, FeatureSlug.RESERVATION_STATUS_WRITE)


def settle(judged: Judged, clues: Mapping[str, InteractionSignals]) -> Judged:
    """Return the same suggestions, with `proposed` settled over the whole document."""
    settled = dict(judged)
    for feature in _STATUS_WRITES:
        if feature in settled:
            settled[feature] = _with_siblings(settled[feature], clues)
    for feature in _STATUS_READS:
        if feature in settled:
            settled[feature] = _dedicated_first(settled[feature], clues)
    for created, changed in _EVENTS:
        if created in settled and changed in settled:
            settled[created], settled[changed] = _told_apart(settled[created], settled[changed])
    return settled


def _told_apart(
    created: list[Suggestion], changed: list[Suggestion]
) -> tuple[list[Suggestion], list[Suggestion]]:
    """Where each of two things has an event of its own, no event stands for both."""
    scores = [
        {item.reference: item.score for item in found if item.proposed}
        for found in (created, changed)
    ]
    ours, theirs = scores
    own = [
        {ref for ref, score in one.items() if score > other.get(ref, 0.0)}
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    if not all(own):
        return created, changed
    kept = [
        [replace(item, proposed=item.proposed and item.reference in names) for item in found]
        for found, names in zip((created, changed), own, strict=True)
    ]
    return kept[0], kept[1]


def _dedicated_first(
    found: list[Suggestion], clues: Mapping[str, InteractionSignals]
) -> list[Suggestion]:
    """Where a status has a resource of its own, the whole thing is not proposed for it."""
    dedicated = {
        item.reference
        for item in found
        if item.proposed and "status" in clues[item.reference].acted
    }
    if not dedicated:
        return found
    return [replace(item, proposed=item.proposed and item.reference in dedicated) for item in found]


def _with_siblings(
    found: list[Suggestion], clues: Mapping[str, InteractionSignals]
) -> list[Suggestion]:
    """Let transitions below one path with one method be proposed together."""
    families: dict[tuple[str, str, str], list[Suggestion]] = {}
    for item in found:
        clue = clues[item.reference]
        if any(act.kind == "transition" for act in clue.acts):
            parent = clue.item.id.rpartition("/")[0]
            families.setdefault((clue.item.document, clue.method, parent), []).append(item)
    carried = set()
    for members in families.values():
        proposed = [item for item in members if item.score >= THRESHOLD]
        mean = sum(item.score for item in members) / len(members)
        if len(proposed) * 2 > len(members) or (proposed and mean >= _SURE):
            carried |= {item.reference for item in members if item.score >= _NEAR}
    return [replace(item, proposed=item.proposed or item.reference in carried) for item in found]
