"""What was found in prose: operations and events, joined where they are the same, and counted."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from workbench.description.draft_operations import DraftDocument, DraftOperation
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import CodeBlock, ProseSection
from workbench.description.prose.calls import Strength, WrittenCall
from workbench.description.prose.residue import likely_calls
from workbench.description.prose.servers import is_only_base
from workbench.description.targets import (
    RequestTarget,
    ends_with,
    is_example_of,
    read_target,
    shape,
)
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning

_MOST_COMPARED = 200_000  # pairs of paths; a document with more has no reader's hand in it
_LONGEST_PROGRAM = 200_000
_LONGEST_SUMMARY = 90
_LONGEST = 4_000  # characters of description kept for one operation
_PATH_IN_TEXT = re.compile(r"(?:https?://|(?<![\w<:/])/(?=[\w{:<]))[^\s`*\"'|)]+")
_ASSET = re.compile(r"\.(?:css|js|map|png|jpe?g|svg|ico|woff2?)$")  # a file, and no call
MOST_TOLD = 8  # calls that a warning names
MOST_CALLS = 2_000  # different ones that are read of one document; the others are counted


@dataclass
class FoundOperation:
    """An operation, while it is read."""

    draft: DraftOperation
    strength: Strength
    target: RequestTarget
    section: ProseSection
    samples: list[tuple[str, ...]] = field(default_factory=list)  # shapes that proved to be it

    @property
    def is_certain(self) -> bool:
        """Whether its path is written as a template, not guessed from an example."""
        return not self.target.guessed

    def fits(self, method: str, target: RequestTarget, *, near: bool, loosely: bool = True) -> bool:
        """Whether a call is this operation, or an example of it.

        Args:
            method: Method of the call.
            target: Where it goes.
            near: Whether it stands in the same part of the document; there, a base path may stand
                before the path.
            loosely: Whether any value may stand for a variable there, a plain word, too.
        """
        if method != self.draft.method:
            return False
        mine, other = self.target.path, target.path
        if shape(mine) == shape(other):
            return True
        if near:
            return (
                is_example_of(other, mine, loosely=loosely)
                or is_example_of(mine, other, loosely=loosely)
                or ends_with(other, mine)
                or ends_with(mine, other)
            )
        return not target.guessed and ends_with(mine, other)

    def takes(self, call: WrittenCall, target: RequestTarget, section: ProseSection) -> bool:
        """Whether a call near it is this operation; of calls that are listed, none is a sample."""
        is_list = section is self.section and call.strength is self.strength
        loosely = not is_list or call.strength is Strength.SAMPLE
        return self.fits(call.method, target, near=True, loosely=loosely)

    def begins(self, call: WrittenCall) -> bool:
        """Whether the path of a call begins with this one, and goes on."""
        whole = call.target.partition("?")[0]
        is_longer = f"{self.draft.path.rstrip('/')}/" in f"{whole}/"
        return self.draft.method == call.method and is_longer and whole != self.draft.path

    def is_check(self, paths: Container[tuple[str, ...]]) -> bool:
        """Whether this is `curl -I` for one of these paths, which asks only whether it is there."""
        is_sample = self.draft.method == "HEAD" and self.strength is Strength.SAMPLE
        return is_sample and shape(self.draft.path) in paths

    def name_by(self, text: str) -> None:
        """Take a short line as the summary of a call that stands without a title."""
        text = words.MARKS.sub("", text).strip()
        if len(text) < _LONGEST_SUMMARY and "/" not in text:
            self.draft.summary = text

    def describe(self, section: ProseSection, level: int) -> None:
        """Add the words of a section; of one deeper than `level` only where there are none yet."""
        if section.scope == level or not self.draft.description:
            text = "\n\n".join(section.paragraphs)
            self.draft.description = f"{self.draft.description}\n\n{text}".strip()[:_LONGEST]

    def improve(self, call: WrittenCall, target: RequestTarget) -> None:
        """Take a better way of writing the same path."""
        better = len(shape(target.path)) <= len(shape(self.target.path)) or not self.is_certain
        is_sharper = target.path.count("{") >= self.target.path.count("{") and not target.guessed
        if better and is_sharper and (call.strength > self.strength or not self.is_certain):
            self.target = target
            self.draft.path = target.path
        self.strength = max(self.strength, call.strength)
        known = {(item["name"], item["in"]) for item in self.draft.parameters}
        self.draft.parameters += [
            item for item in target.parameters() if (item["name"], item["in"]) not in known
        ]


class Index:
    """Operations by their shape, to ask whether a call is one of them or an example of one."""

    def __init__(self, found: Iterable[FoundOperation]) -> None:
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.found: list[FoundOperation] = []
        self.compared = 0
        for item in found:
            self.add(item)

    def add(self, item: FoundOperation) -> None:
        """Add one operation."""
        self.found.append(item)
        for sample in (shape(item.draft.path), *item.samples):
            self.shapes.add((item.draft.method, sample))

    def holds(self, method: str, target: RequestTarget) -> bool:
        """Whether the call is known; after very many comparisons, only by its shape."""
        if (method, shape(target.path)) in self.shapes:
            return True
        if self.compared > _MOST_COMPARED:
            return False
        self.compared += len(self.found)
        return any(
            one.fits(method, target, near=False)
            or (method == one.draft.method and is_example_of(target.path, one.draft.path))
            for one in self.found
        )

    def has_path(self, text: str, servers: Sequence[str]) -> bool:
        """Whether some operation has the path that a URL or path as written names."""
        target = read_target(text, servers)
        return target is not None and any(
            self.holds(method, target) for method in {one.draft.method for one in self.found}
        )


@dataclass(frozen=True)
class ReadingTally:
    """How much of what looks like a call or an event was read.

    Attributes:
        seen: Different calls and events that the text shows.
        read: Those that became an operation or an event.
        left_out: The others, as written, in order.
        is_full: Whether the document shows more calls than are read of one.
    """

    seen: int = 0
    read: int = 0
    left_out: tuple[str, ...] = ()
    is_full: bool = False


@dataclass(frozen=True)
class Prose:
    """What a prose document says, with how much of it was understood."""

    drafted: DraftDocument
    warnings: tuple[DocumentWarning, ...]
    tally: ReadingTally


@dataclass
class SeenCalls:
    """Different calls that a document shows, each once; past a number they are only counted."""

    calls: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    beyond: dict[str, None] = field(default_factory=dict)
    suspects: dict[str, None] = field(default_factory=dict)  # look like calls, cannot be read
    likely: dict[tuple[str, str], None] = field(default_factory=dict)  # whatever looks like one

    def see(self, call: WrittenCall, servers: Sequence[str]) -> RequestTarget | None:
        """Count a call; returns where it goes, or None for one that is not read."""
        if len(self.calls) >= MOST_CALLS:
            self.beyond.setdefault(f"{call.method} {call.target}")
            return None
        target = read_target(call.target, servers)
        if target is None:
            self.suspects.setdefault(f"{call.method} {call.target}")
        elif _ASSET.search(target.path):
            return None
        else:
            self.calls.setdefault((call.method, shape(target.path)), f"{call.method} {target.path}")
        return target

    def add(self, method: str, target: RequestTarget) -> None:
        """Note a better way of writing a call."""
        self.calls[method, shape(target.path)] = f"{method} {target.path}"

    def tally(
        self,
        known: Index,
        drafts: Sequence[DraftOperation],
        servers: Sequence[str],
        events: Iterable[str],
    ) -> ReadingTally:
        """Count against what was read.

        Args:
            known: The operations that were found.
            drafts: What became an operation or an event.
            servers: Base URLs.
            events: Names of events that the words tell of.
        """
        left = [
            text
            for (method, _), text in self.calls.items()
            if not known.holds(method, RequestTarget("", text.partition(" ")[2]))
        ]
        shown = set(self.calls.values())
        left += [text for text in self.beyond if text not in shown]
        left += [text for text in self.suspects if not known.has_path(_path_in(text), servers)]
        for method, text in self.likely if not self.beyond else ():
            target = read_target(text, servers)
            if target is not None and target.path == "/" and target.server in servers:
                continue  # `All calls are POST to https://…/v1`
            if target is None or not method:
                is_known = target is None or known.has_path(text, servers)
            else:
                is_known = known.holds(method, target) or bool(_ASSET.search(target.path))
            whole = f"{method} {target.path if target and method else text}".strip()
            left += [whole] if not is_known and not any(whole in other for other in left) else []
        named = {draft.path for draft in drafts}
        left += [name for name in events if name not in named]
        read = len(drafts)
        return ReadingTally(len(left) + read, read, tuple(left[:MOST_TOLD]), bool(self.beyond))


def tell_programs(page: str, name: str) -> None:
    """Raise for a page whose words name no call where its programs make some."""
    bodies = [piece.partition(">")[2].partition("</script")[0] for piece in page.split("<script")]
    programs = [CodeBlock("js", body[:_LONGEST_PROGRAM], 1) for body in bodies[1:]]
    likely = islice(likely_calls([ProseSection(0, "", 1, (), [*programs])]), MOST_CALLS)
    left = dict.fromkeys(f"{method} {path}" for method, path in likely if method and path)
    if left:
        raise nothing_found(name, ReadingTally(len(left), 0, tuple(left)[:MOST_TOLD]))


def nothing_found(name: str, tally: ReadingTally) -> DescriptionError:
    """The error for prose that names no call and no event."""
    seen = f" ({tally.seen} seen, none could be read: {tally.left_out[0]!r})" if tally.seen else ""
    return DescriptionError(
        f"no operation was found in the prose{seen}",
        location=name,
        hint="Expected headings or lines such as `GET /orders/{id}`, curl commands, or tables with "
        "method and path. Where a page is drawn by a program, save it as the browser shows it, or "
        "ask for the description behind it.",
    )


def _path_in(text: str) -> str:
    """The first URL or path of a text, or nothing."""
    found = _PATH_IN_TEXT.search(text)
    return found[0] if found else ""


def join(found: Iterable[FoundOperation], bases: Sequence[str] = ()) -> list[FoundOperation]:
    """Join operations that are the same: the surest words win, the place of the first stays.

    Args:
        found: In the order of the document.
        bases: Paths that the document states as the base of others.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[FoundOperation]] = {}
    for item in found:
        groups.setdefault((item.draft.method, shape(item.draft.path)), []).append(item)
    _fold_bases(groups, [shape(base) for base in bases])
    joined: list[FoundOperation] = []
    for same in groups.values():
        first, *others = sorted(
            same, key=lambda one: (not one.is_certain, -one.strength, not one.draft.source)
        )
        for other in others:
            _merge(first.draft, other.draft)
        joined.append(first)
    paths = {shape(item.draft.path) for item in joined if item.draft.method != "HEAD"}
    return _without_samples([item for item in joined if not item.is_check(paths)])


def _fold_bases(
    groups: dict[tuple[str, tuple[str, ...]], list[FoundOperation]],
    bases: Sequence[tuple[str, ...]],
) -> None:
    """Join each path with the same one behind a base: `/orders` and `/v1/orders`."""
    for method, steps in list(groups):
        for cut in range(1, len(steps) + 1):
            base, rest = steps[:cut], (method, steps[cut:] or ("",))
            is_stated = any(one[-cut:] == base for one in bases)
            is_short = rest in groups and rest != (method, steps)
            if not is_short or not (is_stated or is_only_base("/".join(base))):
                continue
            whole = groups.pop((method, steps))
            best = groups[rest][0] if is_stated else whole[0]
            groups[rest] += whole
            for item in groups[rest]:
                item.draft.path, item.target = best.draft.path, best.target
            break


def _without_samples(found: list[FoundOperation]) -> list[FoundOperation]:
    """Fold an operation whose path is only an example of another's into that one."""
    certain = [item for item in found if item.is_certain and "{" in item.draft.path]
    if len(certain) * len(found) > _MOST_COMPARED:
        return found
    kept: list[FoundOperation] = []
    for item in found:
        owner = next((one for one in certain if _is_sample(item, one)), None)
        if owner is None:
            kept.append(item)
        else:
            _merge(owner.draft, item.draft)
    return kept


def _is_sample(item: FoundOperation, owner: FoundOperation) -> bool:
    if item is owner or item.draft.source != owner.draft.source:
        return False
    is_guess = not item.is_certain or "{" not in item.draft.path
    return (
        is_guess
        and item.draft.method == owner.draft.method
        and is_example_of(item.draft.path, owner.draft.path)
    )


def _merge(known: DraftOperation, other: DraftOperation) -> None:
    known.summary = known.summary or other.summary
    known.description = known.description or other.description
    names = {(item["name"], item["in"]) for item in known.parameters}
    known.parameters += [
        item for item in other.parameters if (item["name"], item["in"]) not in names
    ]
    if known.request is None:
        known.request = other.request
    elif other.request is not None and other.request.examples and not known.request.examples:
        known.request.examples = other.request.examples
    for status, answer in other.answers.items():
        known.answers.setdefault(status, answer)
