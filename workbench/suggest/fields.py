"""The two sides of a mapping as levels: scalars, and lists that open a level of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.canonical import Entity, Money, UnitPrice
from workbench.mapping import item_type, kind_of, resolve_field
from workbench.model import ITEMS, ApiDescription, Event, Operation
from workbench.suggest.body_shape import Leaf, ShapeReader, leaves_of_value
from workbench.suggest.thesaurus import tokens

_DEEP = 8  # levels of a body that are mapped
_NESTED = 3  # levels of one of our entities
_SKIPPED = frozenset({"origin", "ext", "raw_status", "raw_type"})
_AMOUNTS = frozenset({"amount", "value", "importe", "valor", "fractional", "minor"})
_PAGING = frozenset(
    tokens(
        "page pages total count limit offset more next previous cursor success message status code"
        " error links meta per size last first current"
    )
)
_CARRIERS = frozenset(
    ["data", "orders", "reservations", "bookings", "results", "items", "records", "pedidos"]
)
_IDS = (tokens("id"), tokens("uuid"), tokens("guid"), tokens("code"), tokens("number"))
_CURRENCIES = frozenset({*tokens("currency"), "moneda", "moeda"})


@dataclass(frozen=True)
class TargetField:
    """One of our fields: dotted path inside its level, bare type (tuple: a list of texts)."""

    path: str
    type_: Any
    required: bool


@dataclass(frozen=True)
class TargetLevel:
    """Our side: the fields of an entity, and its lists of entities by path."""

    scalars: tuple[TargetField, ...]
    lists: dict[str, type[Entity]]


@dataclass(frozen=True)
class SourceField:
    """One value of theirs; `parts` names amount and currency where it is an object of money."""

    path: tuple[str, ...]
    kind: str
    format: str = ""
    values: tuple[str, ...] = ()
    example: Any = None
    parts: tuple[str, str] | None = None


@dataclass(frozen=True)
class SourceLevel:
    """Their side: the values of an object, and its lists of objects by path."""

    scalars: tuple[SourceField, ...]
    lists: dict[tuple[str, ...], SourceLevel]


def read_targets(model: type[Entity]) -> TargetLevel:
    """The fields of one of our entities, nested ones with dotted paths."""
    scalars: list[TargetField] = []
    lists: dict[str, type[Entity]] = {}
    _collect(model, "", True, scalars, lists)
    return TargetLevel(tuple(scalars), lists)


def _collect(
    model: type[Entity],
    prefix: str,
    required: bool,
    scalars: list[TargetField],
    lists: dict[str, type[Entity]],
) -> None:
    for name in model.model_fields:
        slot = resolve_field(model, name)[-1]
        path, needed = f"{prefix}{name}", required and slot.required
        if name in _SKIPPED:
            continue
        if slot.kind == "leaf":
            scalars.append(TargetField(path, _bare(slot.type_), needed))
        elif slot.kind == "model" and path.count(".") < _NESTED - 1:
            _collect(slot.type_, f"{path}.", needed, scalars, lists)
        elif slot.kind == "list" and kind_of(item_type(slot)) == "model":
            lists[path] = item_type(slot)
        elif slot.kind == "list" and item_type(slot) is str:
            scalars.append(TargetField(path, tuple, False))


def _bare(type_: Any) -> Any:
    """The type without its mark: the price of one unit is money."""
    return Money if type_ is UnitPrice else type_


def read_source(
    description: ApiDescription, item: Operation | Event, samples: Sequence[Any] = ()
) -> SourceLevel:
    """The body that carries the data: what is read with GET, else what is sent."""
    reader = ShapeReader(description, deep=_DEEP)
    carries_answer = isinstance(item, Operation) and item.method.upper() == "GET"
    sides = (
        (reader.response, reader.request) if carries_answer else (reader.request, reader.response)
    )
    leaves = next((shape.leaves for side in sides if (shape := side(item))), ())
    bodies = [body for answer in item.responses if answer.is_success for body in answer.bodies]
    shown = [e for body in (bodies if carries_answer else item.bodies) for e in body.examples]
    seen = {
        leaf.path: leaf
        for sample in (*shown, *samples)
        for leaf in leaves_of_value(sample)
        if leaf.path
    }
    known = {leaf.path for leaf in leaves}
    samples_only = [leaf for path, leaf in seen.items() if path not in known]
    merged = [
        replace(leaf, example=seen[leaf.path].example) if leaf.path in seen else leaf
        for leaf in leaves
    ]
    return _unwrap(_level([*merged, *(samples_only if samples or not leaves else [])]))


def _unwrap(level: SourceLevel) -> SourceLevel:
    """What a page or an envelope carries: the things of its only list, where it tells no thing."""
    carried = [one for path, one in level.lists.items() if len(path) <= 1 or path[-1] == "data"]
    if len(level.lists) != 1 or len(carried) != 1:
        return level
    (path, inner), *_ = level.lists.items()
    around = [one for one in level.scalars if not {*tokens(one.path[-1])} & _PAGING]
    is_page = bool(path) and path[-1].lower() in _CARRIERS and len(inner.scalars) > len(around)
    return inner if not level.scalars or (is_page and not _names_one(level)) else level


def _names_one(level: SourceLevel) -> bool:
    """Whether the top of a body says which thing it is."""
    return any(len(one.path) == 1 and tokens(one.path[0])[-1:] in _IDS for one in level.scalars)


def _level(leaves: Iterable[Leaf]) -> SourceLevel:
    scalars: list[Leaf] = []
    inner: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        if ITEMS not in leaf.path:
            scalars.append(leaf)
            continue
        cut = leaf.path.index(ITEMS)
        rest = leaf.path[cut + 1 :]
        if rest:
            inner.setdefault(leaf.path[:cut], []).append(replace(leaf, path=rest))
        elif cut:
            scalars.append(replace(leaf, path=leaf.path[:cut], kind="list"))
    return SourceLevel(_join_money(scalars), {path: _level(found) for path, found in inner.items()})


def _join_money(leaves: list[Leaf]) -> tuple[SourceField, ...]:
    """Let an amount and its currency, alone in one object, be one value."""
    objects: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        objects.setdefault(leaf.path[:-1], []).append(leaf)
    found: list[SourceField] = []
    for parent, inside in objects.items():
        amounts = [leaf for leaf in inside if {*tokens(leaf.name)} & _AMOUNTS]
        currencies = [leaf for leaf in inside if {*tokens(leaf.name)} & _CURRENCIES]
        if parent and len(inside) <= 3 and len(amounts) == len(currencies) == 1:
            parts = (amounts[0].name, currencies[0].name)
            kind = f"money-{amounts[0].kind}"
            found.append(SourceField(parent, kind, example=amounts[0].example, parts=parts))
        else:
            found += [
                SourceField(leaf.path, leaf.kind, leaf.format, leaf.values, leaf.example)
                for leaf in inside
            ]
    return tuple(found)
