"""Lists: everything is in them once, pages and filters do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.adapters import lists_only
from workbench.errors import InputError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import differences
from workbench.evidence.behaviour.filtering import TOTAL, find_value, look_at_filters
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.placing import fresh, send
from workbench.evidence.relations import collections, last_parameter
from workbench.model import (
    Evidence,
    Finding,
    Operation,
    Outcome,
    Parameter,
    SchemaReader,
    show_json,
)

_SIZE = re.compile(
    r"^(limit|size|count|take|max|per_?page|page_?size|tamano|limite)$", re.IGNORECASE
)
_OFFSET = re.compile(r"^(offset|skip|start|desde)$", re.IGNORECASE)
_PAGE = re.compile(r"^(page|page_?(number|no)|pagina)$", re.IGNORECASE)
_CURSOR = re.compile(
    r"^(cursor|after|page_?token|next|continuation.*|starting_after)$", re.IGNORECASE
)
_NEXT = re.compile(r"^(next|next_?(cursor|page_?token|token)|cursor)$", re.IGNORECASE)
_MOST_PAGES = 30


class Listing:
    """One list operation, and how its pages are asked for.

    Attributes:
        identity: Name of the field in which items carry their id.
    """

    def __init__(self, context: CheckContext, operation: Operation, read: Operation) -> None:
        self.context = context
        self.operation = operation
        self.identity = last_parameter(read.path) or "id"
        self.size = self._parameter(_SIZE)
        self.offset = self._parameter(_OFFSET)
        self.page = self._parameter(_PAGE)
        self.cursor = self._parameter(_CURSOR)

    def _parameter(self, name: re.Pattern[str]) -> Parameter | None:
        queries = (item for item in self.operation.parameters if item.place == "query")
        return next((item for item in queries if name.match(item.name)), None)

    def fetch(self, query: Mapping[str, Any] | None = None) -> tuple[list[dict[str, Any]], Any]:
        """Items of one answer, and the whole body.

        Raises:
            InputError: It is refused, or has no list in it.
        """
        answer = send(self.context.session, self.operation, query=query)
        body = answer.json()
        items = _items(body)
        if answer.status >= 300 or items is None:
            raise InputError(f"{self.operation.id} with {dict(query or {})}: {answer.status}")
        return items, body

    def largest(self) -> dict[str, int]:
        """The query for as many items at once as the document allows."""
        if self.size is None:
            return {}
        reader = SchemaReader.of(self.context.partner.description, self.operation.document)
        schema = reader.first(self.size.schema_)
        return {self.size.name: int(schema.get("maximum", 50))}

    def id_of(self, item: Mapping[str, Any]) -> str | None:
        """The id of an item."""
        for name in (self.identity, "id", "Id", "ID"):
            if name in item:
                return str(item[name])
        return None

    def walk(self, size: int) -> tuple[list[list[str]], Any]:
        """Ids page by page, and the first body."""
        pages: list[list[str]] = []
        query: dict[str, Any] = {self.size.name: size} if self.size else {}
        first: Any = None
        while len(pages) < _MOST_PAGES:
            items, body = self.fetch(query)
            first = first if first is not None else body
            pages.append([name for item in items if (name := self.id_of(item))])
            following = self._following(query, pages, size, body)
            if not items or following is None:
                break
            query = following
        return pages, first

    def _following(
        self, query: Mapping[str, Any], pages: list[list[str]], size: int, body: Any
    ) -> dict[str, Any] | None:
        if self.cursor is not None:
            token = find_value(body, _NEXT)
            return {**query, self.cursor.name: token} if isinstance(token, str | int) else None
        if self.offset is not None:
            return {**query, self.offset.name: len(pages) * size}
        if self.page is not None:
            least = self.page.schema_.get("minimum", self.page.schema_.get("default", 1))
            return {**query, self.page.name: int(least) + len(pages)}
        return None


def look_at_lists(context: CheckContext) -> Iterator[Evidence]:
    """The lists beside the bound reads: what was just made is in them, pages add up."""
    for kind in KINDS:
        operations = context.partner.operations(kind.read)
        if not operations:
            continue
        read = operations[0][1]
        for operation in _lists(context, kind, read):
            listing = Listing(context, operation, read)
            try:
                yield from _look_at(context, kind, listing)
            except InputError as error:
                yield context.tell(
                    kind.read,
                    "list-complete",
                    say("list-complete.unreadable", error=error),
                    outcome=Outcome.UNTESTED,
                    subject=operation.id,
                )


def _lists(context: CheckContext, kind: EntityKind, read: Operation) -> list[Operation]:
    """Every list that is bound beside a read, and the one on its own path."""
    bound = [operation for _, operation in context.partner.operations(kind.read)]
    lists = [item for item in bound if item is not read and lists_only(context.partner, item)]
    near = collections(context.partner, read, "GET")[:1]
    return [*lists, *(item for item in near if item not in lists)]


def _look_at(context: CheckContext, kind: EntityKind, listing: Listing) -> Iterator[Evidence]:
    new = [name for _ in range(3) if (name := fresh(context.session, kind))]
    subject = listing.operation.id
    items, _ = listing.fetch(listing.largest())
    listed = {listing.id_of(item): item for item in items}
    findings = [*_absent(kind, listing, new, listed), *_disagreeing(context, kind, listing, listed)]
    yield context.tell(
        kind.read,
        "list-complete",
        say("list-complete.gave", subject=subject, n=len(items), noun=kind.noun, new=len(new)),
        findings=findings,
        subject=subject,
    )
    if listing.size is not None and len(items) > 2:
        found = [*_page_troubles(listing)]
        words = say("pages-walked.walked", subject=subject)
        yield context.tell(kind.read, "pages-walked", words, findings=found, subject=subject)
    yield from look_at_filters(
        context, kind.read, listing.operation, listing.fetch, listing.largest()
    )


def _absent(
    kind: EntityKind, listing: Listing, new: list[str], listed: Mapping[str | None, Any]
) -> Iterator[Finding]:
    # A list that is cut at its largest page may leave the newest to the last page.
    most = next(iter(listing.largest().values()), None)
    if new and not set(new) & set(listed) and (most is None or len(listed) < most):
        yield finding(
            "created-not-listed",
            expected=new[0],
            operation=listing.operation.id,
            observed=f"{len(listed)} others",
            noun=kind.noun,
        )


def _disagreeing(
    context: CheckContext, kind: EntityKind, listing: Listing, listed: Mapping[str | None, Any]
) -> Iterator[Finding]:
    for name, item in [*listed.items()][:5]:
        if name is None:
            continue
        whole = context.adapter.call(kind.read, ids={kind.noun: name})
        shared = {
            key: value
            for key, value in item.items()
            if isinstance(value, str | int | float) and whole.status < 300
        }
        body = whole.json()
        read = body if isinstance(body, dict) else {}
        level = next(
            (v for v in (read, *read.values()) if isinstance(v, dict) and set(shared) & set(v)), {}
        )
        both = {key: value for key, value in shared.items() if key in level}
        for item_ in differences(both, level):
            yield finding(
                "list-disagrees",
                expected=show_json(item_.found),
                operation=listing.operation.id,
                observed=show_json(item_.sent),
                pointer=item_.pointer,
                noun=kind.noun,
            )
            return


def _page_troubles(listing: Listing) -> Iterator[Finding]:
    size = 2
    pages, body = listing.walk(size)
    flat = [name for page in pages for name in page]
    everything, _ = listing.fetch(listing.largest())
    whole = {listing.id_of(item) for item in everything}
    troubles: list[tuple[str, str, str]] = []
    if len(pages[0]) > size:
        troubles.append(("limit-ignored", "2", str(len(pages[0]))))
    elif len(pages) > 1:
        doubled = len(flat) - len(set(flat))
        if doubled:
            troubles.append(
                ("pages-overlap", say("each-once"), say("pages-walked.twice", doubled=doubled))
            )
        lost = whole - set(flat)
        if lost and len(pages) < _MOST_PAGES:
            troubles.append(("pages-skip", f"{len(whole)}", f"{len(set(flat))}"))
    total = find_value(body, TOTAL)
    most = next(iter(listing.largest().values()), 0)
    if isinstance(total, int) and len(whole) < most and total not in {len(whole), len(pages[0])}:
        troubles.append(("total-wrong", str(len(whole)), str(total)))
    for kind, expected, observed in troubles:
        yield finding(
            kind,
            operation=listing.operation.id,
            expected=expected,
            observed=observed,
        )


def _items(body: Any) -> list[dict[str, Any]] | None:
    if isinstance(body, list):
        return [item for item in body if isinstance(item, dict)]
    if isinstance(body, dict):
        for value in body.values():
            if isinstance(value, list):
                return [item for item in value if isinstance(item, dict)]
        for value in body.values():
            found = _items(value) if isinstance(value, dict) else None
            if found is not None:
                return found
    return None
