"""Sections of prose → operations and events.

A section that names a call becomes an operation; sections below it (request, response,
parameters) add to it. What is sent to us becomes an event. Calls in the middle of a sentence
count as operations only where nothing else defines them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.description.direction import judge_direction, said_direction
from workbench.description.draft_operations import DraftDocument, DraftOperation
from workbench.description.prose import words
from workbench.description.prose.blocks import Block, Code, Grid, Section, Words, bare, cut_sections
from workbench.description.prose.calls import (
    Call,
    Strength,
    Suspect,
    calls_of_code,
    calls_of_heading,
    calls_of_line,
    calls_of_table,
    label_of,
    method_in,
    procedure_of,
    resource_of,
)
from workbench.description.prose.contents import Filler, schemes_of
from workbench.description.prose.events import EventBook
from workbench.description.prose.findings import MOST_TOLD, Found, Tally, join
from workbench.description.prose.servers import (
    environment_of,
    is_about_servers,
    is_base,
    stated_servers,
)
from workbench.description.targets import Target, is_example_of, read_target, shape
from workbench.errors import DescriptionError
from workbench.model.description import Direction, DocumentWarning

_PATH_VALUE = re.compile(r"`?((?:https?://|/|\{\{?\w+\}?\}/|[a-z][\w.-]*/)[^\s`]*)`?(?:\s.*)?")
_PATH_ALONE = re.compile(r"[\s`*]*((?:https?://[^\s`]+)?/[^\s`]*)[\s`*]*")
_METHOD_ALONE = re.compile(rf"[\s`*]*({words.METHODS})[\s`*:]*")
_EVERY = re.compile(
    r"\b(?:all|each|every|these|those|following|both|todos|todas|cada|alle|jede\w*|tous|toutes|chaque)\b"
)
_LONGEST = 4_000  # characters of description kept for one operation


@dataclass(frozen=True)
class Prose:
    """What a prose document says, with how much of it was understood."""

    drafted: DraftDocument
    warnings: tuple[DocumentWarning, ...]
    tally: Tally


def read_blocks(blocks: Sequence[Block], title: str, name: str) -> Prose:
    """Read the stream of one document.

    Args:
        blocks: In the order of the document.
        title: Title that stands outside the stream, or nothing.
        name: Document name, for the warnings and as a title of last resort.

    Raises:
        DescriptionError: The prose names no call and no event.
    """
    sections = cut_sections(blocks, title)
    reader = _Reader(name, stated_servers(sections))
    for section in sections:
        reader.read(section)
    drafts, tally = reader.finish()
    if not drafts:
        raise _nothing(name, tally)
    heading = next((section.title for section in sections if section.title), "")
    drafted = DraftDocument(
        title=words.MARKS.sub("", title or heading) or name,
        version="1",
        drafts=drafts,
        servers=tuple(reader.servers),
        security=schemes_of(sections, reader.headers),
        description="\n\n".join(reader.events.notes),
        server_names={url: label for url, label in reader.servers.items() if label},
    )
    return Prose(drafted, tuple(reader.filler.warnings), tally)


@dataclass
class _Reader:
    name: str
    servers: dict[str, str]
    found: list[Found] = field(default_factory=list)
    open: list[Found] = field(default_factory=list)  # of the part of the document at hand
    current: Found | None = None
    level: int = 0
    mentions: list[tuple[Call, Target, Section]] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)
    seen: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    events: EventBook = field(default_factory=EventBook)
    headers: list[str] = field(default_factory=list)
    method: str = ""  # stated on a line of its own, its path to follow
    path: str = ""  # stated on a line of its own, its method to follow
    every_call: str = ""  # method that the document states for all calls

    def __post_init__(self) -> None:
        self.filler = Filler(self.name, self.events)

    def read(self, section: Section) -> None:
        """Read one section: a new operation, a part of the one above, or events."""
        if self.current is not None and section.level <= self.level:
            self.current, self.open = None, []
        self.method = self.path = ""
        resources = [resource_of(above.title) for above in (section, *reversed(section.parents))]
        resource = next((path for path in resources if path), "")
        for call in calls_of_heading(section.title, resource=resource):
            self.take(call, section, in_heading=True)
        self.path = self.path or resources[0]
        procedure = procedure_of(section.title)
        if self.every_call and procedure and self.current is None:
            self.take(Call(self.every_call, f"/{procedure}", Strength.ALONE), section)
        lead = ""
        for block in section.blocks:
            if isinstance(block, Words):
                self.read_words(block, section)
                lead = block.text
            elif isinstance(block, Code):
                self.read_code(block, lead, section)
            else:
                self.read_table(block, lead, section)
        if self.current is not None:
            self.describe(self.current, section)

    def read_words(self, block: Words, section: Section) -> None:
        """Read a paragraph or list item."""
        self.events.note(block.text)
        every = words.ALL_CALLS.search(block.text)
        self.every_call = self.every_call or (every[1].upper() if every else "")
        if block.is_item:
            if self.current is not None and self.filler.add_item(self.current, block.text, section):
                return
            if self.events.add_item(block.text, section):
                return
        if block.text.lstrip()[:1] in {"{", "["}:
            self.filler.add_code(self.current, Code("", block.text, block.line), "", section)
            return
        for line in block.text.split("\n"):
            self.read_line(line, section, is_item=block.is_item)

    def read_line(self, line: str, section: Section, *, is_item: bool) -> None:
        """Read one line: a call, a label with a method or path, or an address."""
        for call in calls_of_line(line, is_item=is_item):
            if isinstance(call, Suspect):
                self.suspects.append(call.words)
            else:
                self.take(call, section)
                self.method = self.path = ""
                return
        environment = environment_of(line)
        if environment is not None:
            self.take_address(environment[1], environment[0], section)
            return
        labelled = label_of(line)
        method, path = _METHOD_ALONE.fullmatch(line), _PATH_ALONE.fullmatch(line)
        value = _PATH_VALUE.fullmatch(labelled[1]) if labelled else None
        if labelled and words.METHOD_LABEL.fullmatch(labelled[0]) and method_in(labelled[1]):
            self.method = method_in(labelled[1])
        elif labelled and value and words.TARGET_LABEL.fullmatch(labelled[0]):
            self.path = value[1]
        elif labelled and value and words.HOOK_LABEL.fullmatch(labelled[0]):
            self.method, self.path = "POST", value[1]
        elif method:
            self.method, self.path = method[1], ""
        elif path and self.method:
            self.path = path[1]
        else:
            return
        if self.method and self.path:
            self.take(Call(self.method, self.path, Strength.ALONE), section)
            self.method = self.path = ""

    def read_code(self, block: Code, lead: str, section: Section) -> None:
        """Read a code block: requests, an answer, or a payload."""
        calls = list(calls_of_code(block))
        rest: tuple[str, ...] = ()
        for call in calls:
            if isinstance(call, Suspect):
                self.suspects.append(call.words)
            else:
                self.take(call, section)
                rest = call.rest
        text = "\n".join(rest) if calls else block.text
        self.events.note(block.text if len(block.text) < 300 else "")
        if text.strip():
            self.filler.add_code(
                self.current, Code(block.language, text, block.line), lead, section
            )

    def read_table(self, block: Grid, lead: str, section: Section) -> None:
        """Read a table: of calls, of events, or of fields."""
        calls = calls_of_table(block.table)
        if len(calls) == 1 and calls[0].row is None:
            self.take(calls[0], section)
        elif calls:
            for call, rows in self.filler.rows_of(block.table, calls):
                listed = self.take(call, section, is_listed=True)
                if listed is not None and rows is not None:
                    self.filler.add_table(listed, rows, "", section)
        elif not self.events.add_table(block.table, section):
            self.filler.add_table(self.current, block.table, lead, section)

    def take_address(self, url: str, label: str, section: Section) -> None:
        """Take the address that a line gives for an environment: of the API, or of one call."""
        target = read_target(url, tuple(self.servers))
        if target is None or is_about_servers(section) or target.path == "/":
            if is_base(url.rstrip("/")):
                self.servers[url.rstrip("/")] = label
            return
        stated = words.SENDS_POST.search(" ".join(section.paragraphs))
        self.take(Call(stated[1] if stated else "GET", url, Strength.ALONE), section)
        if target.server in self.servers:
            self.servers[target.server] = self.servers[target.server] or label

    def take(
        self, call: Call, section: Section, *, in_heading: bool = False, is_listed: bool = False
    ) -> Found | None:
        """Take a call: a new operation, another example of one, or a mention to settle later."""
        target = read_target(call.target, tuple(self.servers))
        if target is None:
            self.suspects.append(f"{call.method} {call.target}")
            return None
        self.seen.setdefault((call.method, shape(target.path)), f"{call.method} {target.path}")
        known = next((one for one in self.open if one.fits(call.method, target, near=True)), None)
        if known is not None and not is_listed and not in_heading:
            known.improve(call, target)
            known.samples.append(shape(target.path))
            self.current = known
            self.filler.add_request(known, call)
        elif call.strength <= Strength.LISTED:
            self.mentions.append((call, target, section))
            return None
        else:
            known = self.begin(call, target, section)
            if not is_listed:
                self.level = section.level if in_heading else section.scope
                self.open.append(known)
                self.current = known
        self.headers += [
            name if "Bearer" not in value else "Bearer" for name, value in call.headers
        ]
        if target.server:
            self.servers.setdefault(target.server, "")
        return known

    def begin(self, call: Call, target: Target, section: Section) -> Found:
        """Start an operation or event."""
        subject = words.NUMBER.sub("", words.MARKS.sub("", section.subject)).strip(" :")
        summary = call.summary or (subject if not _is_call(subject) else "")
        if not summary and section.parents:
            summary = words.MARKS.sub("", section.parents[-1].title)
        draft = DraftOperation(
            method=call.method,
            path=target.path,
            summary=summary,
            tags=[words.MARKS.sub("", above.title) for above in section.parents[1:2]],
            parameters=target.parameters(),
            source="path" if self.is_event(call, target, section, summary) else "",
        )
        found = Found(draft, call.strength, target, section)
        self.found.append(found)
        self.filler.add_request(found, call)
        return found

    def is_event(self, call: Call, target: Target, section: Section, summary: str) -> bool:
        """Whether the call is one that comes to us, by the words around it."""
        said = "\n\n".join(section.paragraphs)
        own = said_direction(f"{summary}. {said}")
        if own is not None:
            judged = judge_direction(call.method, target.path, summary=summary, description=said)
            return own is Direction.INBOUND and judged is Direction.INBOUND
        for above in reversed(section.parents):
            lead = ". ".join(
                sentence
                for text in (above.title, *above.paragraphs)
                for sentence in re.split(r"(?<=[.;:!?])\s", text)
                if above.level > 1 or _EVERY.search(words.plain(sentence))
            )
            stated = said_direction(lead)
            if stated is not None:
                judged = judge_direction(call.method, target.path, summary=summary)
                tagged = judge_direction(
                    call.method, target.path, summary=summary, tags=("webhook",)
                )
                return stated is Direction.INBOUND and Direction.INBOUND in {judged, tagged}
        tags = ("webhook",) if section.is_about_webhooks else ()
        judged = judge_direction(call.method, target.path, tags=tags, summary=summary)
        return bool(tags) and judged is Direction.INBOUND

    def describe(self, found: Found, section: Section) -> None:
        """Add the words of a section to its operation."""
        if section.scope == self.level or not found.draft.description:
            text = "\n\n".join(section.paragraphs)
            found.draft.description = f"{found.draft.description}\n\n{text}".strip()[:_LONGEST]

    def finish(self) -> tuple[list[DraftOperation], Tally]:
        """Settle the mentions, join what is the same, and count."""
        for call, target, section in self.mentions:
            if any(one.fits(call.method, target, near=False) for one in self.found):
                continue
            is_lone = all(one.section is not section for one in self.found) and not any(
                other is not call and place is section for other, _, place in self.mentions
            )
            if call.strength is Strength.LISTED or is_lone:
                self.begin(call, target, section)
        joined = join(self.found)
        self.filler.finish([item.draft for item in joined])
        events = self.events.finish()
        for item in joined:
            if item.draft.source:
                self.events.sign(item.draft)
        left = [
            text for (method, _), text in self.seen.items() if not self.is_read(method, text)
        ] + list(dict.fromkeys(self.suspects))
        drafts = [*(item.draft for item in joined), *events]
        return drafts, Tally(len(left) + len(drafts), len(drafts), tuple(left[:MOST_TOLD]))

    def is_read(self, method: str, text: str) -> bool:
        """Whether a call became an operation, alone or as an example of one."""
        path = text.partition(" ")[2]
        return any(
            one.draft.method == method
            and (
                shape(path) == shape(one.draft.path)
                or is_example_of(path, one.draft.path)
                or shape(path) in one.samples
                or one.fits(method, Target("", path), near=False)
            )
            for one in self.found
        )


def _is_call(title: str) -> bool:
    return bool(re.search(rf"\b(?:{words.METHODS})\b\W{{0,6}}\S*/", title))


def _nothing(name: str, tally: Tally) -> DescriptionError:
    seen = f" ({tally.seen} seen, none could be read: {tally.left_out[0]!r})" if tally.seen else ""
    return DescriptionError(
        f"no operation was found in the prose{seen}",
        location=name,
        hint="Expected headings or lines such as `GET /orders/{id}`, curl commands, or tables with "
        "method and path. Where a page is drawn by a program, save it as the browser shows it, or "
        "ask for the description behind it.",
    )


__all__ = ["Prose", "bare", "read_blocks"]
