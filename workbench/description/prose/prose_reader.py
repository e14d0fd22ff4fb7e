"""Sections of prose → operations and events.

A section that names a call becomes an operation; sections below it (request, response,
parameters) add to it. What is sent to us becomes an event. Calls in the middle of a sentence
count as operations only where nothing else defines them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import urlsplit

from workbench.description.draft_operations import DraftDocument, DraftOperation
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import (
    Block,
    CodeBlock,
    Grid,
    ProseSection,
    TextBlock,
    cut_sections,
)
from workbench.description.prose.call_tables import calls_of_table, procedures_of_table
from workbench.description.prose.calls import (
    Strength,
    Suspect,
    WrittenCall,
    calls_of_code,
    calls_of_heading,
    calls_of_line,
    is_call_title,
    procedure_of,
    resource_of,
)
from workbench.description.prose.collection import (
    FoundOperation,
    Index,
    Prose,
    ReadingTally,
    SeenCalls,
    join,
    nothing_found,
)
from workbench.description.prose.contents import Filler
from workbench.description.prose.deliveries import payloads_within
from workbench.description.prose.documented_tables import ProseTable
from workbench.description.prose.parts import DraftCall
from workbench.description.prose.prose_events import EventBook, comes_to_us
from workbench.description.prose.residue import likely_calls
from workbench.description.prose.servers import (
    environment_of,
    is_about_servers,
    is_api,
    is_base,
    is_only_base,
    stated_bases,
    stated_servers,
)
from workbench.description.prose.stated_logins import schemes_of
from workbench.description.targets import RequestTarget, read_target, shape

_CONTINUED = re.compile(rf"\\\n\s*|(?<![\w*])({words.METHODS})\n[ \t]*(?=/)")  # wrapped lines
_BREAK = re.compile(r"<br\s*/?>|\n")
_NEAREST = 40  # calls of one section among which an example looks for its own


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
    reader, drafts, tally = _read(sections, name, frozenset())
    if reader.spoken:
        # Where only a sentence names the call of a section, what follows belongs to that call.
        reader, drafts, tally = _read(sections, name, frozenset(reader.spoken))
    if not drafts:
        raise nothing_found(name, tally)
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


def _read(
    sections: Sequence[ProseSection], name: str, lone: frozenset[ProseSection]
) -> tuple[_Reader, list[DraftOperation], ReadingTally]:
    reader = _Reader(name, sections, stated_servers(sections), lone)
    for section in sections:
        reader.read(section)
    return reader, *reader.finish()


@dataclass
class _Reader:
    name: str
    sections: Sequence[ProseSection]
    servers: dict[str, str]
    lone: frozenset[ProseSection]  # sections whose only call is named in a sentence
    spoken: list[ProseSection] = field(default_factory=list)  # the same, while they are found
    found: list[FoundOperation] = field(default_factory=list)
    open: list[FoundOperation] = field(default_factory=list)  # of the part of the document at hand
    current: FoundOperation | None = None
    level: int = 0
    mentions: list[tuple[WrittenCall, RequestTarget, ProseSection]] = field(default_factory=list)
    unstated: list[tuple[WrittenCall, ProseSection]] = field(default_factory=list)  # no method
    seen: SeenCalls = field(default_factory=SeenCalls)
    events: EventBook = field(default_factory=EventBook)
    headers: list[str] = field(default_factory=list)
    parts: DraftCall = field(default_factory=DraftCall)
    every_call: str = ""  # method that the document states for all calls

    def __post_init__(self) -> None:
        self.filler = Filler(self.name, self.events)

    def read(self, section: ProseSection) -> None:
        """Read one section: a new operation, a part of the one above, or events."""
        if self.current is not None and section.ends(self.current.section, self.level):
            self.current, self.open = None, []
        self.parts.begin(section.title, is_inside=self.current is not None)
        resources = [resource_of(above.title) for above in (section, *reversed(section.parents))]
        resource = next((path for path in resources if path), "")
        calls = calls_of_heading(section.title, resource=resource)
        for call in calls:
            self.take(call, section, in_heading=True)
        self.parts.path = self.parts.path or ("" if calls else resources[0])
        if self.current is None and section.is_about_webhooks:
            self.events.begin(section)
        procedure = procedure_of(section.title)
        if self.every_call and procedure and self.current is None:
            self.take(WrittenCall(self.every_call, f"/{procedure}", Strength.ALONE), section)
        if self.current is not None:
            self.filler.note_status(self.current, section.title)
        lead = ""
        for block in section.blocks:
            if isinstance(block, TextBlock):
                self.read_words(block, lead, section)
                lead = lead if block.is_item else block.text
            elif isinstance(block, CodeBlock):
                self.read_code(block, lead, section)
            else:
                self.read_table(block, lead, section)
        if self.current is not None:
            self.current.describe(section, self.level)
        self.events.settle(section)

    def read_words(self, block: TextBlock, lead: str, section: ProseSection) -> None:
        """Read a paragraph or list item."""
        self.events.note(block.text)
        every = words.ALL_CALLS.search(block.text)
        self.every_call = self.every_call or (every[1].upper() if every else "")
        if self.events.add_item(block.text, section, is_item=block.is_item):
            return
        if self.current is not None:
            if block.is_item and self.filler.add_item(self.current, block.text, lead, section):
                return
            self.filler.note_status(self.current, block.text.partition("\n")[0])
            if not self.current.draft.summary:
                self.current.name_by(block.text)
        for line in _CONTINUED.sub(lambda found: f"{found[1] or ''} ", block.text).split("\n"):
            self.read_line(line, section, is_item=block.is_item)
        for payload in payloads_within(block.text):
            self.filler.add_payload(self.current, payload, section)

    def read_line(self, line: str, section: ProseSection, *, is_item: bool) -> None:
        """Read one line: a call, a label with a method or path, or an address."""
        self.events.show(line, section)
        if self.events.deliver(line, section):
            self.current = None
            self.parts.method = self.parts.path = self.parts.waiting = ""
            return
        calls = list(calls_of_line(line, is_item=is_item))
        self.seen.suspects.update({call.words: None for call in calls if isinstance(call, Suspect)})
        written = [call for call in calls if isinstance(call, WrittenCall)]
        if written:
            self.take(written[0], section)
            self.parts.method = self.parts.path = self.parts.waiting = ""
            # Further calls of a line are spoken of: they count where nothing else defines them.
            for further in written[1:]:
                self.mention(further, section)
            self.parts.carried = written[-1].method
            return
        if self.parts.carried and self.speak(line, section):
            return
        environment = environment_of(line)
        if environment is not None:
            self.take_address(environment[1], environment[0], section)
            return
        labelled = self.parts.labelled(line)
        if labelled and self.events.label(*labelled, section, is_free=self.current is None):
            self.current = None
        else:
            self.seen.suspects.update(self.parts.note(line, labelled))
        for whole in self.parts.whole():
            self.take_labelled(whole, section)
        for title, url in self.parts.assumed:
            self.unstated.append((WrittenCall("GET", url, Strength.LISTED, title), section))
        self.parts.assumed.clear()

    def mention(self, call: WrittenCall, section: ProseSection) -> None:
        """Keep a call that is only spoken of, to settle later."""
        target = self.seen.see(call, tuple(self.servers))
        if target is not None:
            self.mentions.append((call, target, section))

    def take_labelled(self, call: WrittenCall, section: ProseSection) -> None:
        """Take a call of labels; below a heading that names a call they write out that one."""
        heading = self.current
        if heading is not None and heading.section is section and heading.begins(call):
            target = read_target(call.target, tuple(self.servers))
            if target is not None:
                heading.target, heading.draft.path = target, target.path
                self.seen.add(call.method, target)
        self.take(call, section)

    def read_code(self, block: CodeBlock, lead: str, section: ProseSection) -> None:
        """Read a code block: requests, an answer, or a payload."""
        calls = list(calls_of_code(block))
        rest: tuple[str, ...] = ()
        for call in calls:
            if isinstance(call, Suspect):
                self.seen.suspects.setdefault(call.words)
            elif call.strength is Strength.MENTION:
                self.mention(call, section)
            else:
                self.take(call, section)
                rest = call.rest
        if not calls:
            self.events.label_code(block.text, section, is_free=self.current is None)
            for whole in self.parts.of_code(block, lead):
                self.take(whole, section)
        text = "\n".join(rest) if calls else block.text
        self.events.note(block.text if len(block.text) < 300 else "")
        if text.strip():
            self.filler.add_code(
                self.current, CodeBlock(block.language, text, block.line), lead, section
            )

    def read_table(self, block: Grid, lead: str, section: ProseSection) -> None:
        """Read a table: of calls, of events, or of fields."""
        calls = calls_of_table(block.table)
        if not calls and self.every_call:
            calls = procedures_of_table(block.table, self.every_call)
        if len(calls) == 1 and calls[0].row is None:
            self.take(calls[0], section)
        elif calls:
            for call, rows in self.filler.rows_of(block.table, calls):
                listed = self.take(call, section, is_listed=True)
                if listed is not None and rows is not None:
                    self.filler.add_table(listed, rows, "", section)
        self.read_cells(block.table, section)
        for row in block.table.rows:
            told = [self.events.deliver(cell, section) for cell in row]
            if any(told):
                self.current = None
                for payload in payloads_within(" | ".join(row)):
                    self.filler.add_payload(None, payload, section)
        if not calls and not self.events.add_table(block.table, section):
            self.filler.add_table(self.current, block.table, lead, section)

    def read_cells(self, table: ProseTable, section: ProseSection) -> None:
        """Keep the calls that cells only speak of."""
        for cell in (cell for row in (table.header, *table.rows) for cell in row):
            self.parts.carried = ""
            for line in _BREAK.split(cell):
                self.speak(line, section)

    def speak(self, line: str, section: ProseSection) -> bool:
        """Keep the calls of a line as spoken of; whether there is one."""
        found = [call for call in calls_of_line(line) if isinstance(call, WrittenCall)]
        found = found or self.parts.carry(line)
        for call in found:
            self.mention(call, section)
            self.parts.carried = call.method
        return bool(found)

    def take_address(self, url: str, label: str, section: ProseSection) -> None:
        """Take the address that a line gives for an environment: of the API, or of one call."""
        target = read_target(url, tuple(self.servers))
        if target is None or is_about_servers(section) or is_only_base(target.path):
            if is_base(url.rstrip("/")):
                self.servers[url.rstrip("/")] = label
            return
        stated = words.SENDS_POST.search(" ".join(section.opening))
        self.take(WrittenCall(stated[1] if stated else "GET", url, Strength.ALONE), section)
        if target.server in self.servers:
            self.servers[target.server] = self.servers[target.server] or label

    def take(
        self,
        call: WrittenCall,
        section: ProseSection,
        *,
        in_heading: bool = False,
        is_listed: bool = False,
    ) -> FoundOperation | None:
        """Take a call: a new operation, another example of one, or a mention to settle later."""
        target = self.seen.see(call, tuple(self.servers))
        if target is None:
            return None
        near = self.open[-_NEAREST:]
        known = next((one for one in near if one.takes(call, target, section)), None)
        if known is not None and not is_listed and not in_heading:
            known.improve(call, target)
            known.samples.append(shape(target.path))
            self.current = known
            self.filler.add_request(known, call)
        elif call.strength <= Strength.LISTED and section not in self.lone:
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
        host = next((value for name, value in call.headers if name.lower() == "host"), "")
        if target.server or re.fullmatch(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?", host):
            self.servers.setdefault(target.server or f"https://{host}", "")
        return known

    def begin(
        self, call: WrittenCall, target: RequestTarget, section: ProseSection
    ) -> FoundOperation:
        """Start an operation or event."""
        subject = words.NUMBER.sub("", words.MARKS.sub("", section.subject)).strip(" :")
        summary = call.summary or (subject if not is_call_title(subject) else "")
        is_open = any(isinstance(block, TextBlock) for block in section.blocks)
        if not summary and section.parents and not (is_call_title(section.title) and is_open):
            summary = words.MARKS.sub("", section.parents[-1].title)
        # What a column, or the sentence around it, says of the direction is about this call.
        said = f"{call.clause} {call.method}. {summary}" if call.clause else summary
        is_theirs, is_said = comes_to_us(call.method, target.path, section, said)
        draft = DraftOperation(
            method=call.method,
            path=target.path,
            summary=summary,
            description=f"{call.clause} {call.method}." if call.clause and is_said else "",
            tags=[words.MARKS.sub("", above.title) for above in section.parents[1:2]],
            parameters=target.parameters(),
            source="path" if is_theirs else "",
            is_sender_stated=is_said,
        )
        found = FoundOperation(draft, call.strength, target, section)
        self.found.append(found)
        self.filler.add_request(found, call)
        return found

    def finish(self) -> tuple[list[DraftOperation], ReadingTally]:
        """Settle the mentions, join what is the same, and count."""
        for call, section in self.unstated:
            target = read_target(call.target, tuple(self.servers))
            # Other addresses than those of the API are links.
            if target is not None and (target.server in self.servers or is_api(target.server)):
                self.seen.suspects |= {} if call.summary else {call.target: None}
                self.mentions += [(call, target, section)] if call.summary else []
        known = Index(self.found)
        crowd = Counter(section for _, _, section in self.mentions)
        owners = {one.section for one in self.found}
        for call, target, section in self.mentions:
            if known.holds(call.method, target) or words.GONE.search(words.plain(call.clause)):
                continue
            is_lone = section not in owners and crowd[section] == 1
            if is_lone and call.strength is Strength.MENTION:
                self.spoken.append(section)
            summary = call.summary or ("" if is_lone else call.clause)
            known.add(self.begin(replace(call, summary=summary), target, section))
        roots = [urlsplit(url).path.rstrip("/") for url in self.servers]
        joined = join(self.found, [*stated_bases(self.sections), *filter(None, roots)])
        self.filler.finish([item.draft for item in joined], self.parts.guessed)
        events = self.events.finish()
        self.parts.give_up()
        self.seen.suspects.update(self.parts.lost)
        for item in joined:
            if item.draft.source:
                self.events.sign(item.draft)
        drafts = [*(item.draft for item in joined), *events]
        self.seen.likely = dict.fromkeys(islice(likely_calls(self.sections), 5_000))
        return drafts, self.seen.tally(known, drafts, tuple(self.servers), self.events.shown)
