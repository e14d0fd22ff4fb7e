"""Compares two versions of a partner's documents: what breaks us, what does not, what is words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.description.document_change import ChangeSeverity, DocumentChange, shown
from workbench.description.exchange_diff import ExchangeDiff, path_key
from workbench.description.schema_diff import DocumentVersion
from workbench.description.senders import find_directions
from workbench.model import (
    ApiDescription,
    Direction,
    Document,
    Event,
    Operation,
    SecurityScheme,
    follow_reference,
    list_of,
    mapping_of,
)

BREAKING = ChangeSeverity.BREAKING
NON_BREAKING = ChangeSeverity.NON_BREAKING

Item = Operation | Event
_Alternative = frozenset[tuple[str, frozenset[str]]]


def compare_descriptions(
    old: ApiDescription, new: ApiDescription, *, features: Mapping[str, Sequence[str]] | None = None
) -> tuple[DocumentChange, ...]:
    """Every change between two versions, the worst first.

    Documents are paired by name, a single one with a single one, the rest in their order.

    Args:
        old: The version that is integrated.
        new: The other version.
        features: Bound reference (as in the manifest, resolved in `old`) → feature slugs.
    """
    bound = _bound(old, features or {})
    changes: list[DocumentChange] = []
    seen: set[tuple[str, str, str]] = set()
    directions = find_directions(old), find_directions(new)
    for pair in _pairs(old, new):
        for change, item in _compare_documents(old, new, pair, directions):
            # Words of a shared schema are worth one line, not one for each of its users.
            mark = (change.slug, change.document, change.pointer)
            if change.severity is ChangeSeverity.COSMETIC and mark in seen:
                continue
            seen.add(mark)
            slugs = bound.get((item.document, item.id), ()) if item is not None else ()
            changes.append(change.model_copy(update={"features": slugs}) if slugs else change)
    return tuple(sorted(changes, key=lambda change: (change.severity.rank, not change.features)))


def _bound(
    old: ApiDescription, features: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    bound: dict[tuple[str, str], tuple[str, ...]] = {}
    for reference, slugs in features.items():
        item = old.exchange(reference)
        if item is not None:
            key = (item.document, item.id)
            bound[key] = tuple(dict.fromkeys((*bound.get(key, ()), *slugs)))
    return bound


_Directions = Mapping[tuple[str, str], Direction]
_Pair = tuple[Document | None, Document | None]


def _pairs(old: ApiDescription, new: ApiDescription) -> list[_Pair]:
    names = {document.name for document in old.documents}
    known = {document.name: document for document in new.documents}
    left = [document for document in new.documents if document.name not in names]
    pairs: list[_Pair] = []
    for document in old.documents:
        other = known.get(document.name) or (left.pop(0) if left else None)
        pairs.append((document, other))
    return [*pairs, *((None, document) for document in left)]


def _compare_documents(
    old: ApiDescription,
    new: ApiDescription,
    pair: _Pair,
    directions: tuple[_Directions, _Directions],
) -> Iterator[tuple[DocumentChange, Item | None]]:
    """Changes of one pair of documents, each with the old operation or event that it is about."""
    one, other = pair
    before = _items(old, one)
    after = _items(new, other)
    if one is not None and other is not None:
        one, other, before, after = _align(one, other, before, after)
        for change in (*_compare_servers(one, other), *_compare_schemes(old, new, one, other)):
            yield change, None
        sides = (
            DocumentVersion(old, one.name, directions[0]),
            DocumentVersion(new, other.name, directions[1]),
        )
        diff = ExchangeDiff(*sides)
        for key, item in before.items():
            if key in after:
                for change in (
                    *diff.compare(item, after[key]),
                    *_compare_security(sides, item, after[key]),
                ):
                    yield change, item
    for key, item in before.items():
        if key not in after:
            what = "operation" if isinstance(item, Operation) else "event"
            severity = ChangeSeverity.BREAKING
            yield _about(item, severity, f"{what}-removed", f"is gone ({item.id})"), item
    for key, item in after.items():
        if key not in before:
            what = "operation" if isinstance(item, Operation) else "event"
            yield _about(item, NON_BREAKING, f"{what}-added", "is new"), None


def _items(description: ApiDescription, document: Document | None) -> dict[str, Item]:
    if document is None:
        return {}
    items: dict[str, Item] = {}
    for operation in description.operations:
        if operation.document == document.name:
            items.setdefault(f"{operation.method} {path_key(operation.path)}", operation)
    for event in description.events:
        if event.document == document.name:
            items.setdefault(event.id, event)
    return items


def _align(
    old: Document, new: Document, before: dict[str, Item], after: dict[str, Item]
) -> tuple[Document, Document, dict[str, Item], dict[str, Item]]:
    """Read a base path that moved from the servers into the paths, or back, as what it is."""
    bases = [_base(document) for document in (old, new)]
    if None in bases or bases[0] == bases[1] or before.keys() & after.keys():
        return old, new, before, after
    moved = [
        {key.replace(" ", f" {base}", 1): item for key, item in items.items()}
        for base, items in zip(bases, (before, after), strict=True)
    ]
    if moved[0].keys().isdisjoint(moved[1]):
        return old, new, before, after
    hosts = [
        document.model_copy(
            update={
                "servers": tuple(
                    url.rstrip("/").removesuffix(base or "") for url in document.servers
                )
            }
        )
        for base, document in zip(bases, (old, new), strict=True)
    ]
    return hosts[0], hosts[1], moved[0], moved[1]


def _base(document: Document) -> str | None:
    """The path that all servers of a document have in common; None where they differ."""
    found = {urlsplit(url).path.rstrip("/") for url in document.servers}
    return found.pop() if len(found) == 1 else None


def _about(item: Item, severity: ChangeSeverity, slug: str, summary: str) -> DocumentChange:
    return DocumentChange(
        severity=severity,
        slug=slug,
        operation=item.id,
        document=item.document,
        pointer=item.pointer,
        summary=summary,
    )


def _compare_servers(old: Document, new: Document) -> Iterator[DocumentChange]:
    before, after = ({url.rstrip("/"): url for url in side.servers} for side in (old, new))
    for key, url in before.items():
        if key not in after:
            yield DocumentChange(
                severity=BREAKING,
                slug="server-removed",
                document=new.name,
                summary=f"lost the server {shown(url)}",
                before=url,
            )
    for key, url in after.items():
        if key not in before:
            yield DocumentChange(
                severity=NON_BREAKING,
                slug="server-added",
                document=new.name,
                summary=f"gained the server {shown(url)}",
                after=url,
            )
    for what, was, now in (
        ("title", old.title, new.title),
        ("version", old.api_version, new.api_version),
    ):
        if was != now:
            yield DocumentChange(
                severity=ChangeSeverity.COSMETIC,
                slug=f"{what}-changed",
                document=new.name,
                summary=f"changed its {what} from {shown(was)} to {shown(now)}",
                before=was,
                after=now,
            )


def _compare_schemes(
    old: ApiDescription, new: ApiDescription, one: Document, other: Document
) -> Iterator[DocumentChange]:
    before = {item.id: item for item in old.security if item.document == one.name}
    after = {item.id: item for item in new.security if item.document == other.name}
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            verb, present = ("gained", now) if was is None else ("lost", was)
            yield DocumentChange(
                severity=NON_BREAKING if was is None else BREAKING,
                slug="security-scheme-added" if was is None else "security-scheme-removed",
                document=other.name,
                pointer=present.pointer if present else "",
                summary=f"{verb} the security scheme {shown(name)}",
            )
        elif _meaning(was) != _meaning(now):
            yield DocumentChange(
                severity=BREAKING,
                slug="security-scheme-changed",
                document=other.name,
                pointer=now.pointer,
                summary=f"changed how the security scheme {shown(name)} works",
                before=_meaning(was),
                after=_meaning(now),
            )


def _meaning(scheme: SecurityScheme) -> dict[str, Any]:
    return scheme.model_dump(exclude={"pointer", "document", "description"}, exclude_defaults=True)


@dataclass(frozen=True)
class _Demands:
    """The ways to log in that an operation accepts; no way at all means that none is needed."""

    ways: frozenset[_Alternative]

    def accept(self, way: _Alternative) -> bool:
        """Whether a caller that logs in this way still gets in."""
        given = dict(way)
        return not self.ways or any(
            all(name in given and scopes <= given[name] for name, scopes in demanded)
            for demanded in self.ways
        )


def _compare_security(
    sides: tuple[DocumentVersion, DocumentVersion], old: Item, new: Item
) -> Iterator[DocumentChange]:
    before, after = _demands(sides[0], old), _demands(sides[1], new)
    if before == after:
        return
    ways: frozenset[_Alternative] = before.ways or frozenset({frozenset()})
    is_kept = all(after.accept(way) for way in ways)
    yield DocumentChange(
        severity=NON_BREAKING if is_kept else BREAKING,
        slug="security-loosened" if is_kept else "security-changed",
        operation=new.id,
        document=new.document,
        pointer=new.pointer,
        summary="accepts further ways to log in" if is_kept else "asks for another login",
        before=_plain(before),
        after=_plain(after),
    )


def _demands(side: DocumentVersion, item: Item) -> _Demands:
    bundle = side.description.bundles.get(side.document, {})
    node = mapping_of(follow_reference(bundle, f"#{item.pointer}"))
    stated = node["security"] if "security" in node else bundle.get("security")
    return _Demands(
        frozenset(
            frozenset((name, frozenset(map(str, list_of(scopes)))) for name, scopes in way.items())
            for way in map(mapping_of, list_of(stated))
        )
    )


def _plain(demands: _Demands) -> list[dict[str, list[str]]]:
    ways = [{name: sorted(scopes) for name, scopes in sorted(way)} for way in demands.ways]
    return sorted(ways, key=str)
