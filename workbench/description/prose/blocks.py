"""The one stream that every prose document becomes: headings, words, code, tables, in order.

Markdown and HTML are both read into these blocks, and so is what a converter makes of a PDF or a
spreadsheet; all that is understood later is understood here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from workbench.description.prose import section_words as words
from workbench.description.prose.documented_tables import ProseTable

_JSON_START = re.compile(r"\s*(?:\{\s*(?:[\"'}]|$)|\[\s*(?:[{\"\[]|\]\s*$|$))")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"")
_SEGMENT = re.compile(r"[\w{}.:-]{1,60}")
_MOST_LINES = 400
_MOST_OPENING = 12  # paragraphs that are read for what a section is about
_LONGEST = 2_000  # characters of one of them
BOLD_LEVEL = 7  # of a line that is nothing but bold words; it stands below every heading


@dataclass(frozen=True)
class Heading:
    """A heading; `level` 1 to 6, or `BOLD_LEVEL`."""

    level: int
    title: str
    line: int


@dataclass(frozen=True)
class TextBlock:
    """A paragraph or a list item, with the marks of its spans (`code`, **bold**)."""

    text: str
    line: int
    is_item: bool = False


@dataclass(frozen=True)
class CodeBlock:
    """A code block."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Grid:
    """A table."""

    table: ProseTable
    line: int


Block = Heading | TextBlock | CodeBlock | Grid


@dataclass(eq=False)
class ProseSection:
    """What stands between two headings.

    `parents` are the sections around it, outermost first; `level` is 0 for what stands before
    the first heading.
    """

    level: int
    title: str
    line: int
    parents: tuple[ProseSection, ...] = ()
    blocks: list[TextBlock | CodeBlock | Grid] = field(default_factory=list)

    @property
    def paragraphs(self) -> list[str]:
        """The words of the section, in order."""
        return [block.text for block in self.blocks if isinstance(block, TextBlock)]

    def lines(self) -> Iterator[str]:
        """All its lines of words and code, and the rows of its tables."""
        for block in self.blocks:
            if isinstance(block, Grid):
                yield from map(" | ".join, (block.table.header, *block.table.rows))
            else:
                yield from block.text.split("\n")

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """The first of its words: they say what the section is about."""
        spoken = (block.text for block in self.blocks if isinstance(block, TextBlock))
        return tuple(text[:_LONGEST] for text in islice(spoken, _MOST_OPENING))

    @cached_property
    def is_about_webhooks(self) -> bool:
        """Whether its heading or one above speaks of webhooks."""
        return any(
            words.WEBHOOK.search(words.plain(section.title)) for section in (*self.parents, self)
        )

    @property
    def scope(self) -> int:
        """Level at which an operation stands that is named inside this section.

        A section called `Request` or `Endpoint` is a part of the one around it.
        """
        if self.parents and (
            self.level == BOLD_LEVEL or words.PART_TITLE.fullmatch(bare(self.title))
        ):
            return self.parents[-1].scope
        return self.level

    def ends(self, other: ProseSection, level: int) -> bool:
        """Whether this heading ends an operation of that section and level."""
        if self.level <= level:
            return True
        is_part = words.PART_TITLE.fullmatch(bare(self.title))
        return other.level == BOLD_LEVEL and self.level < BOLD_LEVEL and not is_part

    @property
    def subject(self) -> str:
        """Title of the section that the words are about, parts such as `Request` skipped."""
        if self.parents and words.PART_TITLE.fullmatch(bare(self.title)):
            return self.parents[-1].subject
        return self.title


def bare(title: str) -> str:
    """Return a title in plain words: no marks, no number before it."""
    return words.NUMBER.sub("", words.plain(words.MARKS.sub("", title))).strip(" :.-")


def gather_payloads(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join paragraphs that together are one JSON payload, as word processors leave them."""
    held: list[TextBlock] = []
    depth = 0
    for block in blocks:
        if held and isinstance(block, TextBlock) and len(held) < _MOST_LINES:
            held.append(block)
        elif isinstance(block, TextBlock) and _JSON_START.match(block.text):
            yield from held
            held, depth = [block], 0
        else:
            yield from held
            held = []
            yield block
            continue
        depth += _depth(block.text)
        if depth <= 0:
            yield CodeBlock("json", "\n".join(piece.text for piece in held), held[0].line)
            held = []
    yield from held


def join_paths(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join paragraphs that are the pieces of one path, as some portals draw it."""
    held: list[TextBlock] = []
    for block in blocks:
        is_piece = isinstance(block, TextBlock) and (
            block.text == "/" or (held and held[-1].text == "/" and _SEGMENT.fullmatch(block.text))
        )
        if is_piece and isinstance(block, TextBlock):
            held.append(block)
            continue
        if held:
            yield TextBlock("".join(piece.text for piece in held), held[0].line)
            held = []
        yield block
    if held:
        yield TextBlock("".join(piece.text for piece in held), held[0].line)


def _depth(text: str) -> int:
    bare_text = _STRING.sub("", text)
    opened = bare_text.count("{") + bare_text.count("[")
    return opened - bare_text.count("}") - bare_text.count("]")


def cut_sections(blocks: Iterable[Block], title: str = "") -> list[ProseSection]:
    """Cut the stream at its headings.

    Args:
        blocks: In the order of the document.
        title: Title of the whole, where it stands outside the stream.
    """
    current = ProseSection(0, title, 1)
    sections = [current]
    above: list[ProseSection] = [current] if title else []
    for block in gather_payloads(join_paths(blocks)):
        if not isinstance(block, Heading):
            current.blocks.append(block)
            continue
        above = [section for section in above if section.level < block.level]
        current = ProseSection(block.level, block.title, block.line, tuple(above))
        sections.append(current)
        above.append(current)
    return sections
