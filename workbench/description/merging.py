"""Several documents of one partner seen as one: each operation once, contradictions told."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from workbench.description.contradictions import (
    contradictions,
    rival_bases,
    rival_logins,
    rival_methods,
)
from workbench.description.exchange_diff import path_key
from workbench.model import Document, DocumentWarning, Event, Operation, SecurityScheme
from workbench.vocabulary import fold

# What a format says of an operation, the most exact first; the rest is prose.
_RANKS = ("openapi", "asyncapi", "postman", "har")
_MOST = 50  # contradictions that are told

Item = Operation | Event
Merged = tuple[list[Operation], list[Event], dict[str, str], list[DocumentWarning]]


def merge_documents(
    documents: Sequence[Document],
    operations: Sequence[Operation],
    events: Sequence[Event],
    security: Sequence[SecurityScheme],
    bundles: dict[str, dict[str, Any]],
) -> Merged:
    """Keep each operation and event once, as the most exact document has it.

    Returns:
        The kept operations and events, in their order, with words that only another document has;
        `document#id` of what was left out → that of what stands for it; what contradicts.
    """
    if len(documents) < 2:
        return [*operations], [*events], {}, []
    items: list[Item] = [*operations, *events]
    kept, stands_for, pairs = _join(documents, items)
    left = [kept[_full(item)] for item in items if _full(item) in kept]
    formats = {document.name: document.format for document in documents}
    paths = [
        min(_paths(item) or {_plain(item)}) if isinstance(item, Operation) else "" for item in left
    ]
    warnings = islice(
        chain(
            *(contradictions(one, two, formats, bundles) for one, two in pairs),
            rival_methods(left, paths),
            rival_logins(pairs, security),
            rival_bases({document.name: document.servers for document in documents}),
        ),
        _MOST,
    )
    return (
        [item for item in left if isinstance(item, Operation)],
        [item for item in left if isinstance(item, Event)],
        stands_for,
        [*warnings],
    )


def _join(
    documents: Sequence[Document], items: Sequence[Item]
) -> tuple[dict[str, Item], dict[str, str], list[tuple[Item, Item]]]:
    formats = {document.name: document.format for document in documents}
    order = {document.name: number for number, document in enumerate(documents)}
    stands_for: dict[str, str] = {}
    kept: dict[str, Item] = {}
    index: dict[tuple[str, str], list[str]] = {}
    pairs: list[tuple[Item, Item]] = []
    for item in sorted(items, key=lambda item: (_rank(formats, item), order[item.document])):
        keys = _keys(item)
        known = (name for key in keys for name in index.get(key, ()))
        same = next((name for name in known if _is_same(kept[name], item, formats)), None)
        if same is None:
            kept[_full(item)] = item
            for key in keys:
                index.setdefault(key, []).append(_full(item))
            continue
        stands_for[_full(item)] = same
        stands_for.setdefault(item.id, same)
        pairs.append((kept[same], item))
        kept[same] = _with_words(kept[same], item)
    return kept, stands_for, pairs


def _full(item: Item) -> str:
    return f"{item.document}#{item.id}"


def _rank(formats: dict[str, str], item: Item) -> int:
    name = formats[item.document]
    return _RANKS.index(name) if name in _RANKS else len(_RANKS)


def _keys(item: Item) -> list[tuple[str, str]]:
    """Under what an item may be found by one that is the same."""
    if isinstance(item, Operation):
        return [(item.method, path) for path in sorted(_paths(item) | {_plain(item)})]
    return [("event", fold(item.name))]


def _plain(operation: Operation) -> str:
    return path_key(operation.path).rstrip("/")


def _paths(operation: Operation) -> set[str]:
    """The path below the base path of each server."""
    bases = [urlsplit(url).path.rstrip("/") for url in operation.servers]
    return {base + _plain(operation) for base in bases}


def _is_same(kept: Item, other: Item, formats: dict[str, str]) -> bool:
    """Whether two documents speak of one thing: the same path below the same address."""
    if kept.document == other.document or type(kept) is not type(other):
        return False
    if not (isinstance(kept, Operation) and isinstance(other, Operation)):
        return "callback" not in {getattr(kept, "source", ""), getattr(other, "source", "")}
    paths = _paths(kept), _paths(other)
    hosts = [{urlsplit(url).netloc for url in item.servers} for item in (kept, other)]
    if all(paths):
        is_equal = not paths[0].isdisjoint(paths[1]) or (
            # Words about the same host leave out the base that another document states.
            _rank(formats, other) == len(_RANKS)
            and paths[1] == {_plain(other)} == {_plain(kept)}
            and not hosts[0].isdisjoint(hosts[1])
        )
    else:
        is_equal = not (paths[0] | {_plain(kept)}).isdisjoint(paths[1] | {_plain(other)})
    if formats[kept.document] != formats[other.document]:
        return is_equal
    # Two documents of one kind may describe two services that have the same paths.
    return is_equal and not hosts[0].isdisjoint(hosts[1])


def _with_words(kept: Item, other: Item) -> Item:
    """What only the other document says in words."""
    updates: dict[str, Any] = {
        name: getattr(other, name)
        for name in ("summary", "description")
        if not getattr(kept, name) and getattr(other, name)
    }
    return kept.model_copy(update=updates) if updates else kept
