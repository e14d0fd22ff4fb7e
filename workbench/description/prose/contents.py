"""What an operation is given from the blocks around it: parameters, bodies, answers, examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from workbench.description.direction import said_direction
from workbench.description.draft_operations import DraftBody, DraftOperation
from workbench.description.payload_text import shape_of_xml
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import BOLD_LEVEL, CodeBlock, ProseSection, bare
from workbench.description.prose.calls import WrittenCall, answer_in
from workbench.description.prose.collection import FoundOperation
from workbench.description.prose.documented_tables import (
    ProseTable,
    describe_field,
    field_of,
    parameter,
    read_fields,
    read_parameters,
    resolve_named,
)
from workbench.description.prose.payload_examples import (
    LIKELY_EVENT,
    NotJsonError,
    is_answer,
    looks_like_json,
    name_in,
    read_example,
)
from workbench.description.prose.prose_events import EventBook, is_about_events, name_of_heading
from workbench.description.prose.shown_bodies import joined, settle_status, shown_in, status_of
from workbench.description.prose.stated_logins import KEY_NAME
from workbench.model import Direction, DocumentWarning

_SAFE = frozenset({"GET", "DELETE", "HEAD", "OPTIONS"})
_PLAIN_HEADERS = frozenset(
    {"content-type", "accept", "authorization", "user-agent", "host", "content-length", "cookie"}
    | {"accept-encoding", "connection", "cache-control", "date", "accept-language"}
)
_ITEM_FIELD = re.compile(
    r"\s*`?\*{0,2}`?([A-Za-z_$][\w$.\[\]-]{0,60})`?\*{0,2}`?\s*"
    r"(?:\(([^()]{0,80})\)|\[([^\[\]]{0,80})\])?\s*(?:[:\u2013\u2014-]|$)\s*(.*)",
    re.DOTALL,
)
_ITEM_STATUS = re.compile(r"[\s`*]*([1-5]\d\d)\b[ \w]{0,40}[`*]*\s*(?:[:–—-]|$)\s*(.*)", re.DOTALL)  # noqa: RUF001
_FIELD_COLUMN = re.compile(
    r"^(?:\w+ )?(?:field|property|attribute|campo|propiedad|atributo|feld|champ)s?$"
)
_MOST_PARAMETERS = 400  # of one operation
_MOST_WARNINGS = 50


@dataclass
class Filler:
    """Fills the operations and events of one document."""

    name: str
    events: EventBook
    warnings: list[DocumentWarning] = field(default_factory=list)
    named: dict[str, dict[str, Any]] = field(default_factory=dict)  # types, by lower-case name

    def note_status(self, found: FoundOperation, line: str) -> None:
        """Take the status that a title or a line such as `Returns 204 No Content` states."""
        stated = words.STATED_STATUS.match(words.plain(words.MARKS.sub("", line)).strip(" #-"))
        if stated and not found.draft.source:
            answer = found.draft.answers.setdefault(stated[1] or stated[3], DraftBody())
            answer.description = answer.description or stated[2] or stated[4] or ""

    def add_item(self, found: FoundOperation, text: str, lead: str, section: ProseSection) -> bool:
        """Take a list item as a status or parameter; False where it is none."""
        if len(found.draft.parameters) > _MOST_PARAMETERS:
            return True
        status = _ITEM_STATUS.match(text)
        if status:
            answer = found.draft.answers.setdefault(status[1], DraftBody())
            answer.description = answer.description or status[2][:300]
            return True
        about = self.about(found, section, lead)
        item = _ITEM_FIELD.match(text)
        name = field_of(item[1]) if item else ""
        place = words.place_named(about)
        is_field = place is not None or words.BODY_PLACE.search(words.plain(about))
        if not item or not name or not (is_field or words.FIELDS.search(words.plain(about))):
            return False
        stated = item[2] or item[3] or ""
        described, required = describe_field(stated.partition(",")[0], item[4])
        says_required = bool(words.STATED_REQUIRED.search(words.plain(f"({stated})")))
        required = required or says_required or bool(re.search(r"\brequired\b", stated))
        if "{" + name + "}" in found.draft.path:
            place = "path"
        self.put(found, name, place, described, required=required)
        return True

    def put(
        self,
        found: FoundOperation,
        name: str,
        place: str | None,
        schema: dict[str, Any],
        *,
        required: bool,
    ) -> None:
        """Add one field as a parameter or as a part of the body."""
        draft = found.draft
        if place is None and draft.method in _SAFE and not draft.source:
            place = "query"
        if place is None:
            draft.request = draft.request or DraftBody()
            body = draft.request.schema = draft.request.schema or {
                "type": "object",
                "properties": {},
            }
            body.setdefault("properties", {}).setdefault(name, schema)
            if required and name not in body.setdefault("required", []):
                body["required"].append(name)
            return
        if any((item["name"], item["in"]) == (name, place) for item in draft.parameters):
            draft.parameters = [
                item for item in draft.parameters if (item["name"], item["in"]) != (name, place)
            ]
        draft.parameters.append(parameter(name, place, schema, required=required))

    def about(self, found: FoundOperation | None, section: ProseSection, lead: str) -> str:
        """Words that introduce a block: the sentence before it, headings below the operation."""
        if found is None:
            return f"{section.title} {lead}"
        titles = [
            part.title
            for part in (*section.parents, section)
            if part.level > found.section.level or part.level == BOLD_LEVEL
        ]
        if section.scope < section.level and section.title not in titles:
            titles.append(section.title)
        return " ".join([*titles[-2:], lead])

    def add_table(
        self, found: FoundOperation | None, table: ProseTable, lead: str, section: ProseSection
    ) -> None:
        """Take a table as parameters, fields of a body, or a list of answers."""
        if found is None:
            fields = read_fields(table)
            if fields is None:
                return
            self.named.setdefault(re.sub(r"\s+", "", bare(section.title)), fields)
            if section.is_about_webhooks:
                self.add_event_fields(fields, section)
            return
        draft = found.draft
        if len(draft.parameters) > _MOST_PARAMETERS:
            return
        about = self.about(found, section, lead)
        for status, described in table.statuses():
            draft.answers.setdefault(status, DraftBody()).description = described
        is_body = draft.source != "" or (
            draft.method not in _SAFE and words.place_named(about) is None
        )
        is_shown = (
            table.column(_FIELD_COLUMN) is not None and table.column(words.PLACE_COLUMN) is None
        )
        shows_answer = bool(words.ANSWER.search(words.plain(about))) or (
            is_shown and draft.method == "GET" and words.place_named(about) is None
        )
        if shows_answer and not draft.source:
            self.add_answer_fields(draft, table, about)
            return
        parameters, fields = read_parameters(table, draft.path, about, has_body=is_body)
        names = {(item["name"], item["in"]) for item in parameters}
        kept = [item for item in draft.parameters if (item["name"], item["in"]) not in names]
        draft.parameters = kept + parameters
        if fields is not None:
            draft.request = draft.request or DraftBody()
            draft.request.schema = joined(draft.request.schema, fields)

    def add_answer_fields(self, draft: DraftOperation, table: ProseTable, about: str) -> None:
        """Take a table as fields of an answer; names of the path stay parameters."""
        schema = read_fields(table)
        if schema is None:
            return
        for name in [name for name in schema["properties"] if "{" + name + "}" in draft.path]:
            described = schema["properties"].get(name)
            if not any(item["name"] == name for item in draft.parameters):
                draft.parameters.append(parameter(name, "path", described, required=True))
        answer = draft.answers.setdefault(status_of(about), DraftBody())
        answer.schema = joined(answer.schema, schema)

    def add_event_fields(self, fields: dict[str, Any], section: ProseSection) -> None:
        """Take a table of fields under a heading about webhooks."""
        last = self.events.last
        named = next((name for name in self.events.drafts if name in section.title), "")
        if last is not None and last[0] in (section, *section.parents):
            named = last[1]
        is_payload = re.search(
            r"\b(?:payload|body|webhook|event|data|fields?)\b", bare(section.title)
        )
        if named:
            draft = self.events.open(named)
            draft.request = draft.request or DraftBody()
            draft.request.schema = joined(draft.request.schema, fields)
        elif is_payload:
            self.events.fields.append((name_of_heading(section), fields))

    def rows_of(
        self, table: ProseTable, calls: Sequence[WrittenCall]
    ) -> Iterator[tuple[WrittenCall, ProseTable | None]]:
        """Yield each call of a table once, with the rows of fields that belong to it."""
        by_row: dict[int | None, list[WrittenCall]] = {}
        for call in calls:
            by_row.setdefault(call.row, []).append(call)
        has_fields = table.column(words.NAME_COLUMN) is not None
        rows: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        first: dict[tuple[str, str], WrittenCall] = {}
        keys: list[tuple[str, str]] = []
        for number, row in enumerate(table.rows):
            here = by_row.get(number, [])
            if here:
                keys = [(call.method, call.target) for call in here]
                for key, call in zip(keys, here, strict=True):
                    first.setdefault(key, call)
                if not has_fields and first[keys[0]].row != number:
                    continue
            for key in keys:
                rows.setdefault(key, []).append(row)
        for key, call in first.items():
            yield call, ProseTable(table.header, tuple(rows[key])) if has_fields else None

    def add_code(
        self, found: FoundOperation | None, code: CodeBlock, lead: str, section: ProseSection
    ) -> None:
        """Take a code block as an example of a request, an answer or an event."""
        status, text = answer_in(code.text)
        shown = self.read_payload(code, text)
        if shown is None:
            return
        if found is None:
            self.add_event_payload(shown, section, lead)
            return
        about = self.about(found, section, lead)
        draft = found.draft
        asked = draft.request is not None and bool(draft.request.examples)
        if status or (
            not draft.source and is_answer(about, method=draft.method, has_request=asked)
        ):
            status = status or status_of(about)
            draft.answers[status] = shown_in(draft.answers.get(status), shown)
        else:
            draft.request = shown_in(draft.request, shown)

    def read_payload(self, code: CodeBlock, text: str) -> DraftBody | None:
        """The payload that a code block shows, JSON or XML; None where it shows none."""
        if looks_like_json(code.language, text):
            try:
                return DraftBody(examples=[read_example(text, self.name)])
            except NotJsonError:
                self.warn(code)
                return None
        shape = shape_of_xml(text)
        return DraftBody("application/xml", [text.strip()], shapes=[shape]) if shape else None

    def add_event_payload(self, shown: DraftBody, section: ProseSection, lead: str) -> None:
        """Take a payload that stands among events."""
        known = set(self.events.drafts)
        is_xml = bool(shown.shapes)
        value = {} if is_xml else shown.examples[0]
        if words.ANSWER.search(words.plain(section.title)):
            return
        if self.events.add_payload(value, section, lead) and is_xml:
            for name in set(self.events.drafts) - known:
                self.events.drafts[name].request = shown

    def add_payload(
        self, found: FoundOperation | None, payload: tuple[str, str, str], section: ProseSection
    ) -> None:
        """Take JSON that stands inside of words: an event that it names, or an example."""
        text, before, behind = payload
        name = name_in(text, self.name)
        if not name and (likely := LIKELY_EVENT.search(text)):
            self.events.shown.setdefault(likely[1])
            return
        said = f"{before} {behind}"
        is_sent = is_about_events(section) or said_direction(said) is Direction.INBOUND
        owner = None if name and (is_sent or self.events.sent is section) else found
        count = len(self.events.drafts)
        code = CodeBlock("json", text, section.line)
        self.add_code(owner, code, before if owner else said, section)
        if name and owner is None and count == len(self.events.drafts):
            self.events.shown.setdefault(name)

    def add_request(self, found: FoundOperation, call: WrittenCall) -> None:
        """Take headers and body that stand with the call itself."""
        draft = found.draft
        known = {item["name"].lower() for item in draft.parameters if item["in"] == "header"}
        for name, _ in call.headers:
            is_plain = name.lower() in _PLAIN_HEADERS | known or KEY_NAME.fullmatch(name)
            if not is_plain and re.fullmatch(r"[A-Za-z][\w-]{1,60}", name):
                draft.parameters.append(
                    parameter(name, "header", {"type": "string"}, required=False)
                )
        if not call.body or call.method in {"GET", "HEAD"}:
            return
        shown = self.read_payload(CodeBlock("json", call.body, 0), call.body)
        if shown is not None:
            draft.request = shown_in(draft.request, shown)
        elif call.is_form and draft.request is None and not call.body.startswith("@"):
            pairs = dict(parse_qsl(call.body, keep_blank_values=True, max_num_fields=200))
            names = [name for name in pairs if field_of(name)]
            if names:
                schema = {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in names},
                }
                draft.request = DraftBody(
                    media_type="application/x-www-form-urlencoded", schema=schema
                )

    def warn(self, code: CodeBlock) -> None:
        """Tell of an example that cannot be read."""
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(
                DocumentWarning(
                    slug="unreadable-example",
                    document=self.name,
                    severity="info",
                    summary=f"A JSON example on line {code.line} is not valid JSON; left out.",
                )
            )

    def guess(self, paths: Sequence[str]) -> None:
        """Tell of the calls whose method no one states."""
        if paths:
            shown = ", ".join(repr(path) for path in paths[:5]) + (" …" if paths[5:] else "")
            self.warnings.append(
                DocumentWarning(
                    slug="method-not-stated",
                    document=self.name,
                    severity="medium",
                    summary=f"No method is stated for {shown}; POST is taken, for its payload.",
                    hint="Ask the partner for the method.",
                )
            )

    def finish(self, drafts: Iterable[DraftOperation], guessed: Sequence[str] = ()) -> None:
        """Put the types that tables of their own describe in their places; tell of guesses."""
        self.guess(guessed)
        everything = [*drafts, *self.events.drafts.values()]
        for draft in everything:
            settle_status(draft.answers)
        bodies = [
            body
            for draft in everything
            for body in (draft.request, *draft.answers.values())
            if body is not None and body.schema is not None
        ]
        for body in bodies:
            body.schema = resolve_named(body.schema, self.named)
        self.events.fields = [
            (name, resolve_named(schema, self.named)) for name, schema in self.events.fields
        ]
        for draft in everything:
            for item in draft.parameters:
                item["schema"] = resolve_named(item["schema"], {})
