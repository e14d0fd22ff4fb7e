"""One document and its neighbours made into one self-contained document.

Only files inside the fence are read: the document's folder, or a root that a person has stated.
Everything else that could make a tool reach out (`http:`, `file:`, `//host`, absolute paths, a way
out of the fence, `externalValue`, a base URI by `$id`) is refused or taken out. In the result every
reference starts with `#/` and is found; a `$ref` that is data stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from workbench.description.dialect import Dialect
from workbench.description.gathering import FILES, Gatherer, shorten
from workbench.description.inclusion import Includer, put, spread
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits
from workbench.description.neighbours import Neighbours
from workbench.description.reference import Reference, Role, Trail, drop_siblings
from workbench.model import DocumentWarning, follow_reference
from workbench.text import read_pointer

_DEEPEST = 16  # references that one pointer may lead through
_LONGEST_CHAIN = 100  # references that have to be found before another one can be


@dataclass(frozen=True)
class Bundle:
    """A self-contained document, the defects met on the way, and the neighbours pulled in."""

    document: dict[str, Any]
    warnings: tuple[DocumentWarning, ...]
    files: tuple[str, ...] = ()


@dataclass
class _Bundler(Gatherer):
    home: str = ""
    dialect: Dialect | None = None
    used: set[str] = field(default_factory=set)  # pointers into extensions that are referred to
    chain: int = 0

    def run(self) -> Bundle:
        """Gather, spread out tables, settle every reference, copy in what must stand inside."""
        self.gather()
        for item in [item for item in self.references if item.is_table]:
            self.spread(item)
        for item in self.references:  # grows: an extension may be used as a schema
            if item.is_table:
                self.spread(item)
            elif not item.is_text:
                self.settle(item)
        left = [item for item in self.references if not item.is_spread]
        texts = [item for item in left if item.is_text]
        for item in reversed(left):
            if item.is_settled and item.target is None:
                self.mend(item)
        for item in texts:
            self.include_text(item)
        settled = [item for item in left if item.target is not None]
        if self.dialect is not None:
            self.warnings += drop_siblings(settled, self.dialect, self.name)
        for item in settled:
            prefix = "" if str(item.target).startswith(f"/{FILES}/") else self.home
            item.node[item.key] = f"#{prefix}{item.target}"
        Includer(self.document, settled, self.refusal).run()
        files = (*self.slots, *dict.fromkeys(self.texts))
        return Bundle(self.document, tuple(self.warnings), files)

    def spread(self, item: Reference) -> None:
        """Spread out a table, and first the table that it leads to."""
        if item.is_begun or self.chain > _LONGEST_CHAIN:
            return
        item.is_begun = True
        if item.target is None and not self.settle(item):
            return
        self.chain += 1
        inner = self.by_node.get(id(follow_reference(self.document, f"#{item.target}")))
        if inner is not None and inner.is_table:
            self.spread(inner)
        for reference in spread(self.document, item):
            self.keep(reference)
            if reference.is_table:
                self.spread(reference)
        self.chain -= 1

    def settle(self, item: Reference) -> bool:
        """Find out where a reference leads in the bundle; False when it points at nothing."""
        if item.is_settled:
            return item.target is not None
        item.is_settled = True  # from here on, so that a circle of references ends
        self.chain += 1
        item.target = self.search(item) if self.chain <= _LONGEST_CHAIN else None
        self.chain -= 1
        return item.target is not None

    def search(self, item: Reference) -> str | None:
        """Where a reference leads, as its text says."""
        reference = item.node[item.key]
        file, _, fragment = reference.partition("#")
        home = self.locate(file, item) if file else item.file
        if home and home not in self.slots:
            return None
        prefix = f"/{FILES}/{self.slots[home]}" if home else ""
        candidates = [prefix + fragment, prefix + unquote(fragment)]
        anchor = self.anchors.get((home, fragment))
        if anchor is not None:
            candidates.insert(0, anchor)
        if prefix and not file:
            candidates.append(fragment)  # sloppy but common: meant from the root document
        for candidate in candidates:
            found = None if candidate and candidate[0] != "/" else self.find(candidate)
            if found is not None:
                self.use_extension(found, home)
                return found
        return None

    def find(self, pointer: str) -> str | None:
        """The pointer at which something is found, references on the way followed; else None."""
        if follow_reference(self.document, f"#{pointer}") is not None:
            return pointer
        for _ in range(_DEEPEST):
            steps = pointer.split("/")
            # The longest beginning that is there, and is itself a reference.
            for end in range(len(steps) - 1, 0, -1):
                node = follow_reference(self.document, "#" + "/".join(steps[:end]))
                if node is not None:
                    break
            item = self.by_node.get(id(node))
            if item is None or not self.settle(item):
                return None
            pointer = "/".join([str(item.target), *steps[end:]])
            if follow_reference(self.document, f"#{pointer}") is not None:
                return pointer
        return None

    def use_extension(self, pointer: str, file: str) -> None:
        """Scan a part of an extension, because a reference makes it part of the document."""
        steps = pointer.split("/")[1:]
        if steps[:1] == [FILES]:
            steps = steps[2:]
        if pointer in self.used or not any(step.startswith("x-") for step in steps):
            return
        self.used.add(pointer)
        trail: Trail = ()
        for step in read_pointer(pointer):
            trail = (trail, step)
        self.scan(follow_reference(self.document, f"#{pointer}"), file, trail, Role.KEYWORDS)
        self.pull()

    def mend(self, item: Reference) -> None:
        """Warn of a reference to nothing, and take it out so that the rest stays usable."""
        reference = item.node.pop(item.key)
        parent = item.trail[0] if item.trail else ()
        effect = "it is read as `{}`, anything"
        if item.owner is not None and parent and parent[1] == "parameters":
            item.owner.remove(item.node)
            effect = "the parameter is left out"
        elif item.key != "$ref":
            effect = "it is left out"
        self.warn(
            "dangling-reference",
            "medium",
            (item.trail, item.key),
            f"{item.key} {shorten(reference)} points at nothing; {effect}.",
            "Ask the partner for the missing part.",
        )

    def include_text(self, item: Reference) -> None:
        """Put the words of a text file in the place of a reference to it."""
        relative = self.locate(item.node["$ref"].partition("#")[0], item)
        if relative in self.texts:
            put(self.document, item, self.neighbours.text(relative))
        else:
            self.mend(item)


def bundle(
    document: dict[str, Any],
    path: Path,
    *,
    name: str = "",
    limits: IntakeLimits = DEFAULT_LIMITS,
    root: Path | None = None,
    dialect: Dialect | None = None,
    home: str = "",
) -> Bundle:
    """Make a document self-contained.

    Args:
        document: What the guard read; changed in place.
        path: Where the document lies.
        name: Name for messages and warnings; else the file name.
        limits: Caps on every file, and on all of them together.
        root: The fence; else the folder of the document.
        dialect: The version of OpenAPI, which says what may stand beside `$ref`; None: nothing is
            taken out there.
        home: Pointer to where the document will stand inside a generated one.

    Raises:
        DescriptionError: A reference leaves the fence, or a neighbour is refused by the guard.
    """
    neighbours = Neighbours(path, name or path.name, root or path.parent, limits)
    return _Bundler(neighbours, document, home=home, dialect=dialect).run()


def missing_files(
    document: dict[str, Any],
    path: Path,
    *,
    name: str = "",
    limits: IntakeLimits = DEFAULT_LIMITS,
    root: Path | None = None,
) -> tuple[str, ...]:
    """Files that a document or its neighbours name and that are not there, relative to it.

    Raises:
        DescriptionError: As `bundle`.
    """
    gatherer = Gatherer(Neighbours(path, name or path.name, root or path.parent, limits), document)
    gatherer.gather()
    return tuple(dict.fromkeys(gatherer.missing))
