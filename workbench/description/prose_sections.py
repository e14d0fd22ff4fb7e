"""Prose cut into sections by its headings → operations and events.

A section that names a call (`GET /orders/{id}`) becomes an operation; sections below it (request,
response, parameters) add to it. Under a heading about webhooks, calls become events, and so do
sections that show a payload. Markdown and HTML are both cut into these sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.description import prose
from workbench.description.direction import judge_direction
from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.description.prose_tables import ProseTable, read_fields, read_parameters
from workbench.errors import DescriptionError
from workbench.model.description import Direction, DocumentWarning

_JSON_LANGUAGES = frozenset({"", "json", "json5", "jsonc", "js", "javascript"})
_LONGEST = 4_000  # characters of description kept for one operation
_EVENT_NAME = re.compile(r"`([\w.:/-]{3,80})`")
_PLAIN_EVENT_NAME = re.compile(r"\b[A-Za-z]\w*(?:[._:][A-Za-z]\w*)+\b")
_SAFE = frozenset({"GET", "DELETE", "HEAD", "OPTIONS"})


@dataclass
class Fence:
    """A code block, with the words just before it."""

    language: str
    text: str
    lead: str


@dataclass
class ProseSection:
    """What stands between two headings."""

    level: int
    title: str
    line: int
    parents: tuple[str, ...] = ()
    paragraphs: list[str] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    tables: list[tuple[ProseTable, str]] = field(default_factory=list)

    @property
    def is_about_webhooks(self) -> bool:
        """Whether its heading or one above speaks of webhooks."""
        return any(prose.WEBHOOK.search(prose.plain(text)) for text in (*self.parents, self.title))


def read_sections(
    sections: Sequence[ProseSection], text: str, name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read the sections of one document into a drafted document.

    Args:
        sections: In the order of the document.
        text: The words of the whole document: servers and security are looked for there.
        name: Document name, for the warnings and as a title of last resort.

    Raises:
        DescriptionError: The prose names no call and no event.
    """
    reader = _Reader(name, tuple(_stated_servers(text)))
    for section in sections:
        reader.read(section)
    if not reader.drafts:
        raise DescriptionError(
            "no operation was found in the prose",
            location=name,
            hint="Expected headings or lines such as `GET /orders/{id}`, or a heading about "
            "webhooks with JSON examples. A page that is drawn by a program names the document "
            "that it draws in its source: give that one instead.",
        )
    title = next((section.title for section in sections if section.title), "")
    drafted = DraftDocument(
        title=title or name,
        version="1",
        drafts=reader.drafts,
        servers=tuple(dict.fromkeys([*reader.bases, *reader.hosts])),
        security=_security(text),
    )
    return drafted, tuple(reader.warnings)


@dataclass
class _Reader:
    name: str
    bases: tuple[str, ...] = ()
    drafts: list[DraftOperation] = field(default_factory=list)
    warnings: list[DocumentWarning] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    current: DraftOperation | None = None
    level: int = 0

    def read(self, section: ProseSection) -> None:
        """Read one section: a new operation, a part of the one above, or an event."""
        if self.current is not None and section.level <= self.level:
            self.current = None
        call = prose.CALL.search(section.title)
        if call is not None:
            self.begin(section, call)
        else:
            self.begin_from_body(section)
        if self.current is None:
            self.begin_event(section)
        if self.current is not None:
            self.add(self.current, section)

    def begin(self, section: ProseSection, call: re.Match[str]) -> None:
        """Start an operation or event named in a heading or a line."""
        path, parameters = self.split(call[2])
        title = section.title.replace(call[0], "") if call[0] in section.title else section.title
        summary = re.sub(r"[`*_]", "", title).strip(" \t:-–—|()")  # noqa: RUF001 - dashes in titles
        method = call[1].upper()
        words = "\n\n".join(section.paragraphs)
        is_event = section.is_about_webhooks and (
            judge_direction(method, path, tags=("webhook",), summary=summary) is Direction.INBOUND
            or judge_direction(method, path, summary=summary, description=words)
            is Direction.INBOUND
        )
        self.current = DraftOperation(
            method=method,
            path=path,
            summary=summary or (section.parents[-1] if section.parents else ""),
            tags=[re.sub(r"[`*_]", "", text) for text in section.parents[1:2]],
            parameters=parameters,
            source="path" if is_event else "",
        )
        self.level = section.level
        self.drafts.append(self.current)

    def begin_from_body(self, section: ProseSection) -> None:
        """Start an operation for each line of a section that is nothing but a call."""
        blocks = [
            *section.paragraphs,
            *(fence.text for fence in section.fences if fence.language in {"", "http", "text"}),
        ]
        for block in blocks:
            for line in block.splitlines():
                call = prose.CALL.match(line.strip().lstrip("`*> "))
                rest = line.strip().lstrip("`*> ")[call.end() :] if call else ""
                if call and re.fullmatch(r"[`*\s|.]*(?:HTTP/[\d.]+)?", rest):
                    self.begin(section, call)

    def begin_event(self, section: ProseSection) -> None:
        """Start an event for a section about a webhook that shows a payload."""
        words = prose.plain(section.title)
        shows_json = any(fence.language in _JSON_LANGUAGES - {""} for fence in section.fences)
        if not section.is_about_webhooks or not shows_json or not words:
            return
        named = _EVENT_NAME.search(section.title) or _PLAIN_EVENT_NAME.search(section.title)
        if named is None and prose.ABOUT_DELIVERY.search(words):
            return
        name = (
            named[named.lastindex or 0] if named else re.sub(r"[^a-z0-9]+", "-", words).strip("-")
        )
        self.current = DraftOperation(
            method="POST", path=name, summary=re.sub(r"[`*_]", "", section.title), source="webhook"
        )
        self.level = section.level
        self.drafts.append(self.current)

    def split(self, target: str) -> tuple[str, list[dict[str, Any]]]:
        """Cut a URL or path into its template and its query parameters."""
        base = next((base for base in self.bases if target.startswith(f"{base}/")), None)
        host = re.match(r"https?://[^/]+", target)
        if base is not None:
            target = target.removeprefix(base)
        elif host:
            self.hosts.append(host[0])
        target = re.sub(r"^(?:https?://[^/]+|\{\{?\w+\}?\})(?=/)", "", target)
        path, _, query = target.rstrip(".:").partition("?")
        path = re.sub(r"/:([A-Za-z_]\w*)", r"/{\1}", path)
        path = re.sub(r"\{\{(\w+)\}\}", r"{\1}", path)
        names = re.findall(r"(?:^|&)\{?&?([A-Za-z_][\w.\[\]-]*)", query)
        return path or "/", [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name in names
        ]

    def add(self, draft: DraftOperation, section: ProseSection) -> None:
        """Add what a section says to its operation."""
        if section.level == self.level or not draft.description:
            text = "\n\n".join(section.paragraphs)
            draft.description = f"{draft.description}\n\n{text}".strip()[:_LONGEST]
        for table, lead in section.tables:
            self.add_table(draft, table, lead, section)
        for fence in section.fences:
            if fence.language in _JSON_LANGUAGES:
                self.add_example(draft, fence, section)

    def add_table(
        self, draft: DraftOperation, table: ProseTable, lead: str, section: ProseSection
    ) -> None:
        """Take a table as parameters, as fields of a body, or as a list of answers."""
        about = f"{section.title} {lead}" if section.level > self.level else lead
        for status, words in table.statuses():
            draft.answers.setdefault(status, DraftBody()).description = words
        is_body = draft.source != "" or (
            draft.method not in _SAFE and prose.place_named(about) is None
        )
        if prose.ANSWER.search(prose.plain(about)):
            schema = read_fields(table)
            if schema is not None:
                answer = draft.answers.setdefault(self.status(about), DraftBody())
                answer.schema = answer.schema or schema
            return
        parameters, fields = read_parameters(table, draft.path, about, has_body=is_body)
        names = {(item["name"], item["in"]) for item in parameters}
        kept = [item for item in draft.parameters if (item["name"], item["in"]) not in names]
        draft.parameters = kept + parameters
        if fields is not None:
            draft.request = draft.request or DraftBody()
            draft.request.schema = draft.request.schema or fields

    def add_example(self, draft: DraftOperation, fence: Fence, section: ProseSection) -> None:
        """Take a JSON block as an example of the request or of an answer."""
        try:
            value = load_json(fence.text, self.name)
        except DescriptionError:
            if fence.language.startswith("json"):
                self.warnings.append(
                    DocumentWarning(
                        slug="unreadable-example",
                        document=self.name,
                        severity="info",
                        summary=f"A JSON example below line {section.line} is not valid JSON; "
                        "left out.",
                    )
                )
            return
        about = fence.lead
        if section.level > self.level:
            about = f"{section.title} {fence.lead}"
        if self.is_answer(draft, about):
            payload = draft.answers.setdefault(self.status(about), DraftBody())
        else:
            draft.request = payload = draft.request or DraftBody()
        payload.examples.append(value)

    def is_answer(self, draft: DraftOperation, about: str) -> bool:
        """Whether an example introduced by these words is an answer."""
        if draft.source:
            return False
        words = prose.plain(about)
        answer = [match.start() for match in prose.ANSWER.finditer(words)]
        request = [match.start() for match in prose.REQUEST.finditer(words)]
        if answer or request:
            # The word nearest to the example counts.
            return max(answer, default=-1) > max(request, default=-1)
        if draft.method in _SAFE:
            return True
        return draft.request is not None and bool(draft.request.examples)

    def status(self, about: str) -> str:
        """The status that words name, else 200."""
        found = prose.STATUS.search(about)
        return found[1] if found else "200"


def _stated_servers(text: str) -> Iterator[str]:
    for match in prose.BASE_URL.finditer(text):
        yield match[1].rstrip("/.")


def _security(text: str) -> dict[str, dict[str, Any]]:
    words = prose.plain(text)
    schemes: dict[str, dict[str, Any]] = {}
    if prose.BEARER.search(words):
        schemes["bearer"] = {"type": "http", "scheme": "bearer"}
    if prose.BASIC.search(words):
        schemes["basic"] = {"type": "http", "scheme": "basic"}
    key = prose.KEY_HEADER.search(text)
    if key and not key[1].lower().endswith(("signature", "idempotency-key")):
        schemes["apiKey"] = {"type": "apiKey", "in": "header", "name": key[1]}
    return schemes
