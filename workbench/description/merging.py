"""Several documents of one partner seen as one: each operation once, contradictions told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from workbench.description.exchange_diff import path_key
from workbench.model import (
    Document,
    DocumentWarning,
    Event,
    Interaction,
    Operation,
    SchemaReader,
    list_of,
    mapping_of,
)
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
    kept, stands_for, warnings = _join(documents, items, bundles)
    left = [kept[_full(item)] for item in items if _full(item) in kept]
    return (
        [item for item in left if isinstance(item, Operation)],
        [item for item in left if isinstance(item, Event)],
        stands_for,
        warnings[:_MOST],
    )


def _join(
    documents: Sequence[Document], items: Sequence[Item], bundles: dict[str, dict[str, Any]]
) -> tuple[dict[str, Item], dict[str, str], list[DocumentWarning]]:
    formats = {document.name: document.format for document in documents}
    order = {document.name: number for number, document in enumerate(documents)}
    stands_for: dict[str, str] = {}
    kept: dict[str, Item] = {}
    index: dict[tuple[str, str], list[str]] = {}
    warnings: list[DocumentWarning] = []
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
        if len(warnings) < _MOST:
            warnings += _contradictions(kept[same], item, bundles)
        kept[same] = _with_words(kept[same], item)
    return kept, stands_for, warnings


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
    if all(paths):
        is_equal = not paths[0].isdisjoint(paths[1])
    else:
        is_equal = not (paths[0] | {_plain(kept)}).isdisjoint(paths[1] | {_plain(other)})
    if formats[kept.document] != formats[other.document]:
        return is_equal
    # Two documents of one kind may describe two services that have the same paths.
    hosts = [{urlsplit(url).netloc for url in item.servers} for item in (kept, other)]
    return is_equal and not hosts[0].isdisjoint(hosts[1])


def _with_words(kept: Item, other: Item) -> Item:
    """What only the other document says in words."""
    updates: dict[str, Any] = {
        name: getattr(other, name)
        for name in ("summary", "description")
        if not getattr(kept, name) and getattr(other, name)
    }
    return kept.model_copy(update=updates) if updates else kept


def _contradictions(
    kept: Item, other: Item, bundles: dict[str, dict[str, Any]]
) -> Iterator[DocumentWarning]:
    readers = [SchemaReader(bundles.get(item.document, {})) for item in (kept, other)]
    for subject, one, two in _comparable(kept, other):
        for what, here, there in _differences(readers, one, two):
            yield DocumentWarning(
                slug="contradiction",
                document=kept.document,
                pointer=kept.pointer,
                severity="medium",
                summary=f"{kept.id}: {subject}{what} {here} here, and {there} in "
                f"{other.document}#{other.pointer}.",
                hint="Ask the partner which of the two holds.",
            )


def _comparable(kept: Interaction, other: Interaction) -> Iterator[tuple[str, Any, Any]]:
    """Schemas of the same thing in both documents, with a name for it."""
    known = {(item.place, item.name): item for item in other.parameters if item.place != "path"}
    for item in kept.parameters:
        match = known.get((item.place, item.name))
        if match is not None:
            yield f"the parameter {item.name[:60]!r} ", item.schema_, match.schema_
    for word, one, two in (
        ("in the request, ", kept.request_schema, other.request_schema),
        ("in the answer, ", kept.response_schema, other.response_schema),
    ):
        if one and two:
            yield word, one, two


def _differences(readers: list[SchemaReader], one: Any, two: Any) -> Iterator[tuple[str, str, str]]:
    """Types and listed values that cannot both hold, at the top and one level below."""
    pairs = [("", readers[0].first(one), readers[1].first(two))]
    known = [reader.properties(schema) for reader, schema in zip(readers, (one, two), strict=True)]
    pairs += [
        (f"{name[:60]!r} ", readers[0].first(known[0][name]), readers[1].first(known[1][name]))
        for name in known[0].keys() & known[1].keys()
    ]
    for name, here, there in pairs:
        types = [_types(schema) for schema in (here, there)]
        if all(types) and types[0].isdisjoint(types[1]):
            yield f"{name}is", " or ".join(sorted(types[0])), " or ".join(sorted(types[1]))
        values = [list_of(schema.get("enum")) for schema in (here, there)]
        if all(values) and not all(value in values[1] for value in values[0]):
            texts = [", ".join(map(str, listed))[:120] for listed in values]
            yield f"{name}is one of", texts[0], texts[1]


def _types(schema: dict[str, Any]) -> frozenset[str]:
    stated = mapping_of(schema).get("type")
    types = {item for item in (stated if isinstance(stated, list) else [stated]) if item}
    found = {item for item in types if isinstance(item, str) and item != "null"}
    return frozenset(found | ({"integer", "number"} if found & {"integer", "number"} else set()))
