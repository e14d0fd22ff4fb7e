"""Events of prose documents: named in headings, tables, lists, or by a field of their payload."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from workbench.description.direction import manages_webhooks, reads_like_webhook, said_direction
from workbench.description.draft_operations import DraftBody, DraftOperation
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import ProseSection, TextBlock, bare
from workbench.description.prose.calls import is_title_of_part
from workbench.description.prose.deliveries import words_of_delivery
from workbench.description.prose.documented_tables import ProseTable, clean
from workbench.description.prose.labels import label_of, short_lines
from workbench.description.prose.payload_examples import EVENT_KEYS, event_named, happened
from workbench.model import Direction

_SPAN_NAME = re.compile(r"`([\w.:/-]{3,80})`")
_DOTTED_NAME = re.compile(r"\b[A-Za-z]\w*(?:[._:][A-Za-z]\w*)+\b")
_CELL_NAME = re.compile(r"[A-Za-z][\w.:/-]{1,78}")
_ITEM = re.compile(
    r"\s*(?:[^`\w]{0,4})?[`*_]{0,3}([A-Za-z][\w.:/-]{2,78})[`*_]{0,3}\s*(?:$|[-\u2013\u2014:(|=])(.*)",
    re.DOTALL,
)
_WORDS = re.compile(
    r"[A-Z][\w-]*(?: [\w-]+){0,5}"
)  # a name of words, such as `Order status update`
_SENTENCE = re.compile(
    r"(?:when|if|once|after|every|the|an?|cuando|si|al|la|el|wenn|lorsque|quand)\b"
)
_TOLD = re.compile(  # `Order paid: sent when …`
    r"[\s`*_]*([A-Z][\w -]{2,60}?)[\s`*_]*[:\u2013\u2014-]+\W*(?:\w+ )?(?:triggered|sent|fired|"
    r"emitted|raised|occurs?|delivered|posted|notifies|se (?:envia|dispara|emite)|enviad[oa]|"
    r"disparad[oa]|envoyee?|declenchee?|gesendet|ausgelost|inviat[oa])\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\s*(?:`|\*\*|__)+([A-Za-z][\w.:/-]{2,78})(?:`|\*\*|__)+(\s.*)", re.DOTALL)
_ONE_OF = re.compile(rf"`(?:{'|'.join(EVENT_KEYS)})`(?=[^\n]{{0,200}}?`[^`\n]*`[^\n]*?`[^`\n]*`)")
_MENTIONED = re.compile(r"\(\s*`([A-Za-z][\w.:-]{2,78})`\s*\)")
_SIGNATURE_HEADER = re.compile(
    r"\b((?:x-)?[a-z0-9]+(?:-[a-z0-9]+)*-(?:signature|hmac|sign|digest)(?:-[a-z0-9]+)*)\b",
    re.IGNORECASE,
)
_PAYLOAD_TITLE = re.compile(
    r"\b(?:payloads?|example|sample|body|format|exemplo|ejemplo|beispiel)\b"
)
_GENERIC = re.compile(
    r"\b(?:web-?hooks?|payloads?|examples?|samples?|templates?|events?|json|xml|notifications?)\b"
)
_FILE = re.compile(r"\.(?:js|json|php|py|md|html|io|com|net|org)$", re.IGNORECASE)
_MANAGED = re.compile(
    r"\b(?:creat|register|add|updat|delet|list|manag|configur|set|get|remov|test|enabl|disabl)\w*"
    r"(?: up)?(?: (?:an?|the|your|new|all))* (?:web-?hooks?|callbacks?)\b"
)
_EVERY = re.compile(
    r"\b(?:all|each|every|these|those|following|both|todos|todas|cada|alle|jede\w*|tous|toutes|chaque)\b"
)
_UNNAMED = re.compile(
    rf"\b(?:{words.METHODS})\b[`*]*\s(?:\w+\s)?(?:web-?hooks?|callbacks?)\b[ \w]{{0,20}}"
)
_MOST_NOTES = 6
_LONGEST_NOTE = 600
_MOST_SHOWN = 40  # names of one line


@dataclass
class EventBook:
    """The events of one document, by name.

    `fields` are tables of fields that stand among the events and belong to all of them, each with
    the name that its heading would give to an event.
    """

    drafts: dict[str, DraftOperation] = field(default_factory=dict)
    fields: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    last: tuple[ProseSection, str] | None = None  # the event that a section said it is about
    sent: ProseSection | None = None  # one that tells of a delivery to us and names no event yet
    shown: dict[str, None] = field(default_factory=dict)  # names that only words tell of
    unnamed: dict[str, None] = field(default_factory=dict)  # deliveries that words tell of
    header: str = ""

    def open(self, name: str, summary: str = "") -> DraftOperation:
        """Return the event of a name, begun where it is new."""
        draft = self.drafts.setdefault(
            name, DraftOperation(method="POST", path=name, source="webhook")
        )
        draft.summary = draft.summary or clean(summary)[:200]
        return draft

    def note(self, text: str) -> None:
        """Keep a paragraph about signatures or retries; a header that it names is the signature."""
        plain = words.plain(text)
        signs = words.SIGNATURE.search(plain)
        if not signs and not words.RETRY.search(plain):
            return
        header = _SIGNATURE_HEADER.search(text)
        self.header = self.header or (header[1] if header else "")
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(text[:_LONGEST_NOTE])

    def begin(self, section: ProseSection) -> None:
        """Open the event that a heading names, such as `order.created`."""
        named = _SPAN_NAME.search(section.title) or _DOTTED_NAME.search(section.title)
        name = named[named.lastindex or 0] if named else ""
        if name and happened(name) and is_compound(name) and not _FILE.search(name):
            self.open(name, section.title.replace(name, ""))
            self.last = (section, name)

    def label(self, label: str, value: str, section: ProseSection, *, is_free: bool) -> bool:
        """Open the event that a line such as `Event: order.created` names.

        Inside an operation (not `is_free`) only a label of webhooks does so.
        """
        is_event = words.EVENT_LABEL.fullmatch(label)
        names = re.split(r"[`\s]*[,;][`\s]*", value.strip("` "))
        is_list = is_event and len(names) > 1 and all(map(_CELL_NAME.fullmatch, names))
        if is_list and all(map(is_compound, names)):
            for name in names:
                self.open(name)
            return True
        is_hook = words.HOOK_LABEL.fullmatch(label) and _is_event_name(value) and "/" not in value
        if not (is_hook or (is_event and is_free)) or not _CELL_NAME.fullmatch(value):
            return False
        if not (is_about_events(section) or is_compound(value)):
            return False
        self.open(value, "" if is_generic(section) else section.title)
        self.last = (section, value)
        return True

    def label_code(self, text: str, section: ProseSection, *, is_free: bool) -> None:
        """Open the events that the lines of a code block name behind such a label."""
        for labelled in filter(None, map(label_of, short_lines(text))):
            self.label(*labelled, section, is_free=is_free)

    def deliver(self, line: str, section: ProseSection) -> bool:
        """Take a line that names our own address as the target; False where it is none."""
        before = words_of_delivery(line)
        if before is None:
            return False
        named = _SPAN_NAME.search(before) or _DOTTED_NAME.search(before)
        if named:
            name = named[named.lastindex or 0]
            self.open(name, "" if is_generic(section) else section.title)
            self.last = (section, name)
        else:
            self.sent = section
        return True

    def settle(self, section: ProseSection) -> None:
        """Name a delivery by the title above it, where nothing below it did."""
        title = bare(section.title)
        is_shown = any(not isinstance(block, TextBlock) for block in section.blocks)
        if is_shown and words.WEBHOOK.search(title) and not _MANAGED.search(title):
            name = name_of_heading(section)
            if happened(name) and (self.last is None or self.last[0] is not section):
                self.open(name, section.title)
        if self.sent is section:
            self.sent = None
            name = name_of_heading(section)
            if name and not words.WEBHOOK.fullmatch(bare(section.subject)):
                self.open(name, section.subject)

    def show(self, line: str, section: ProseSection) -> None:
        """Note the names of events that a line only speaks of."""
        if unnamed := _UNNAMED.search(line):
            self.unnamed.setdefault(unnamed[0])
        names = _SPAN_NAME.findall(line)[:_MOST_SHOWN]
        plain = words.plain(line) if names else ""
        is_said = bool(words.ABOUT_EVENTS.search(plain) or words.WEBHOOK.search(plain))
        for name in names if is_said or (names and is_about_events(section)) else ():
            is_apart = re.search(r"[.:]", name) or (is_said and name.isupper())
            if is_apart and "/" not in name and _is_event_name(name):
                self.shown.setdefault(name)

    def add_payload(self, value: Any, section: ProseSection, lead: str = "") -> bool:
        """Take a payload shown among events; False where it is none that can be named."""
        is_hook = section.is_about_webhooks or self.sent is section
        said = (
            lead,
            " ".join(section.opening),
            *(" ".join(up.opening) for up in section.parents[-1:]),
        )
        is_hook = is_hook or any(said_direction(text) is Direction.INBOUND for text in said)
        stated = _of_family(event_named(value), section)
        if self.last is not None and not stated and self.last[0] in (section, *section.parents):
            stated = self.last[1]
        if stated and (is_hook or stated in self.drafts or happened(stated)):
            draft = self.open(stated, "" if is_generic(section) else section.title)
        elif is_hook and isinstance(value, dict):
            name = name_of_heading(section)
            if not name:
                return False
            draft = self.open(name, section.subject)
        else:
            return False
        self.sent = None
        if not draft.description:
            draft.description = "\n\n".join(section.opening)[:2_000]
        draft.request = draft.request or DraftBody()
        draft.request.examples.append(value)
        return True

    def add_table(self, table: ProseTable, section: ProseSection) -> bool:
        """Take a table whose rows are events; False where it is none."""
        if not is_about_events(section):
            return False
        columns = table.columns(words.EVENT_COLUMN)
        if not columns:
            self.add_values(table)
            return False
        found = False
        # `Topic ID` may stand before `Topic name`.
        column = max(
            columns, key=lambda one: sum(bool(_cell_name(table, r, one)) for r in table.rows)
        )
        for row in table.rows:
            if name := _cell_name(table, row, column):
                others = [clean(cell) for index, cell in enumerate(row) if index > column]
                described = table.cell(row, table.column(words.DESCRIPTION_COLUMN))
                self.open(name, described or next(iter(others), ""))
                found = True
        return found

    def add_values(self, table: ProseTable) -> None:
        """Open the events that the field of a payload may name, as a table of fields lists them."""
        column = table.column(words.NAME_COLUMN)
        for row in table.rows if column is not None else ():
            if table.cell(row, column) in EVENT_KEYS:
                self.add_named(" ".join(row))

    def add_named(self, text: str) -> None:
        """Open the events that a text lists as the values of a field."""
        names = re.findall(r"[`\"']([\w.:/-]{3,80})[`\"']", text)
        # One that tells what happened speaks for the others of its list.
        for name in names if any(map(_is_event_name, names)) else ():
            if is_compound(name) and not _FILE.search(name):
                self.open(name)

    def add_item(self, text: str, section: ProseSection, *, is_item: bool) -> bool:
        """Take a list item that is an event, or a line that begins with one below such a title."""
        is_titled = words.ABOUT_EVENTS.search(bare(section.title))
        opening = _OPENING.match(text) if is_titled else None
        if not (is_item or opening) or not is_about_events(section):
            if _ONE_OF.search(text) and is_about_events(section):
                self.add_named(text)
            return False
        item = _ITEM.match(text) or opening
        if not item or not _is_event_name(item[1]):
            item = None
            mentioned = _MENTIONED.search(text)
        name = item[1] if item else mentioned[1] if mentioned else ""
        if not _is_event_name(name):
            return self.add_words(text, section, is_item=is_item)
        about = item[2] if item else text[: text.find("(")]
        self.open(name, re.sub(r"^[\s:–—-]+", "", about))  # noqa: RUF001 - dashes
        return True

    def add_words(self, text: str, section: ProseSection, *, is_item: bool) -> bool:
        """Take a list item that names an event in words: `Order paid: sent when …`."""
        told = _TOLD.match(text)
        is_list = is_item and words.EVENT_LIST.fullmatch(bare(section.title))
        alone = re.sub(r"[`*]|\s*\([^()]*\)\W*$", "", text).strip(" .") if is_list else ""
        name = told[1] if told and is_item else alone if _WORDS.fullmatch(alone) else ""
        if not name:
            return False
        self.open(slug_of(name), text if told else name)
        return True

    def finish(self) -> list[DraftOperation]:
        """Return the events, with what is said of all of them."""
        self.shown |= {} if self.drafts else self.unnamed
        if self.fields and not self.drafts and self.fields[0][0]:
            self.open(self.fields[0][0])
        for draft in self.drafts.values():
            if draft.request is None and self.fields:
                draft.request = DraftBody(schema=self.fields[0][1])
            self.sign(draft)
        return list(self.drafts.values())

    def sign(self, draft: DraftOperation) -> None:
        """Add the header that carries the signature, where one is named."""
        names = {item["name"].lower() for item in draft.parameters}
        if self.header and self.header.lower() not in names:
            draft.parameters.append(
                {
                    "name": self.header,
                    "in": "header",
                    "description": "Signature of the delivery.",
                    "schema": {"type": "string"},
                }
            )


def comes_to_us(method: str, path: str, section: ProseSection, said: str) -> tuple[bool, bool]:
    """Whether a call is one that they make, and whether words say so plainly.

    Args:
        method: Its method.
        path: Its path.
        section: Where it stands; the sections above count, too.
        said: What is said of the call itself.
    """
    # A sentence with a payload of its own tells of that one.
    spoken = [text for text in section.opening if "`{" not in text]
    whole = "\n\n".join((f"{said}. {section.title}.", *spoken))
    own = said_direction(said) or said_direction(whole)
    is_managing = manages_webhooks(path, said)
    if own is not None:
        return own is Direction.INBOUND and not is_managing, True
    for above in reversed(section.parents):
        lead = ". ".join(
            sentence
            for text in (above.title, *above.opening)
            for sentence in re.split(r"(?<=[.;:!?])\s", text)
            if above.level > 1 or _EVERY.search(words.plain(sentence))
        )
        stated = said_direction(lead)
        if stated is not None:
            is_sending = method in {"POST", "PUT", "PATCH"}
            return stated is Direction.INBOUND and is_sending and not is_managing, True
    is_hook = section.is_about_webhooks and reads_like_webhook(
        method, path, tags=("webhook",), summary=said
    )
    return is_hook, False


def is_about_events(section: ProseSection) -> bool:
    """Whether a heading, or the text above a list, speaks of webhooks or events."""
    if section.is_about_webhooks:
        return True
    titles = [section.title, *(parent.title for parent in section.parents)]
    if any(words.ABOUT_EVENTS.search(bare(title)) for title in titles):
        return True
    return any(words.WEBHOOK.search(words.plain(text)) for text in section.opening[:4])


def is_generic(section: ProseSection) -> bool:
    """Whether a heading only says that a payload follows."""
    return is_title_of_part(section.title) or bool(_PAYLOAD_TITLE.search(bare(section.title)))


def _is_event_name(name: str) -> bool:
    return happened(name) and is_compound(name) and not _FILE.search(name)


def is_compound(name: str) -> bool:
    """Whether a name is made of parts, as `order.created`, `ORDER_PLACED` or `orderCreated`."""
    return bool(re.search(r"[._:/-]|[a-z][A-Z]", name)) or name.isupper()


def _cell_name(table: ProseTable, row: tuple[str, ...], column: int) -> str:
    """Name of an event that a cell holds: as it is sent, or in words."""
    name = table.cell(row, column)
    if _CELL_NAME.fullmatch(name):
        return "" if _FILE.search(name) else name
    is_named = not re.search(r"trigger|id$", words.plain(clean(table.header[column])))
    is_name = is_named and _WORDS.fullmatch(name) and not _SENTENCE.match(words.plain(name))
    return slug_of(name) if is_name else ""


def slug_of(title: str) -> str:
    """A name of words as one word."""
    return re.sub(r"[^a-z0-9]+", "-", words.plain(title)).strip("-")


def _of_family(stated: str, section: ProseSection) -> str:
    """The heading's own name where the payload shows one of a family that it tells of.

    Below `order.status` a payload may say `order.cancelled`: one of the words that it can end with.
    """
    named = _SPAN_NAME.search(section.title) or _DOTTED_NAME.search(section.title)
    heading = named[named.lastindex or 0] if named else ""
    is_family = heading.partition(".")[0] == stated.partition(".")[0]
    return heading if "." in heading and "." in stated and is_family else stated


def name_of_heading(section: ProseSection) -> str:
    """Name of the event that a heading speaks of, or nothing."""
    titles = (section.title, section.subject)
    for title in titles:
        named = _SPAN_NAME.search(title) or _DOTTED_NAME.search(title)
        if named and not _FILE.search(named[0].strip("`")):
            return named[named.lastindex or 0]
    alone = words.MARKS.sub("", section.subject).strip()
    if _CELL_NAME.fullmatch(alone) and is_compound(alone):
        return alone
    title = re.sub(r"\s*\([^()]*\)", "", bare(section.subject)) or bare(section.subject)
    if words.ABOUT_DELIVERY.search(title) or is_title_of_part(section.subject):
        return ""
    spoken = _GENERIC.sub(" ", title)
    if not spoken.strip(" -:()") and section.parents:
        return name_of_heading(section.parents[-1])
    return slug_of(spoken if spoken.strip(" -:()") else title)
