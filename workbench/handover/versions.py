"""What changed between the versions of our entities, from the fields that each version had."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

Listing = dict[str, dict[str, str]]
"""Entity → field → its type, as text."""


@dataclass(frozen=True)
class Change:
    """One field, or value of a list of words, that a version has and another has not.

    Attributes:
        kind: `added`, `removed` or `changed`.
        name: `Entity.field`, or `Entity` for a whole one.
        before: The type that it had; empty when it is new.
        now: The type that it has; empty when it is gone.
    """

    kind: str
    name: str
    before: str = ""
    now: str = ""


@dataclass(frozen=True)
class Step:
    """All changes from one version to the next."""

    old: str
    new: str
    changes: tuple[Change, ...]


@cache
def load_versions() -> dict[str, Listing]:
    """Version → what it had, oldest first."""
    folder = files("workbench.handover").joinpath("versions")
    found = (item.name for item in folder.iterdir() if item.name.endswith(".json"))
    names = sorted(found, key=lambda name: int(name.removesuffix(".json")))
    texts = {name: folder.joinpath(name).read_text("utf-8") for name in names}
    return {name.removesuffix(".json"): json.loads(text) for name, text in texts.items()}


def list_steps() -> tuple[Step, ...]:
    """What changed, latest first."""
    versions = list(load_versions().items())
    found = [Step(old, new, _compare(a, b)) for (old, a), (new, b) in pairwise(versions)]
    return tuple(reversed(found))


def latest_version() -> str:
    """The version in force."""
    return list(load_versions())[-1]


def _compare(old: Listing, new: Listing) -> tuple[Change, ...]:
    found = [Change("added", name) for name in new if name not in old]
    found += [Change("removed", name) for name in old if name not in new]
    for name in (name for name in new if name in old):
        before, now = old[name], new[name]
        for field in sorted({*before, *now}):
            was, is_now = before.get(field, ""), now.get(field, "")
            if was != is_now:
                kind = "changed" if was and is_now else "added" if is_now else "removed"
                found.append(Change(kind, f"{name}.{field}", was, is_now))
    return tuple(found)
