"""Canonical fields by dotted path: what type stands there, and what is near a misspelt name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from workbench.canonical import ENTITIES, Entity, Money, OpenEnum, UnitPrice
from workbench.text import suggest_name

_NAMES: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    bool: "true or false",
    datetime: "an instant",
    date: "a date",
    time: "a time of day",
    Money: "an amount",
    UnitPrice: "an amount",
}
Kind = Literal["model", "list", "dict", "leaf"]


class UnknownNameError(ValueError):
    """A name in the mapping is not one of ours; `hint` offers what is near."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of a dotted path.

    Attributes:
        key: Field name, list index or dictionary key.
        type_: The type without None and without constraints.
        kind: Whether the type is an entity, a list, a dictionary, or a single value.
        required: Whether its entity cannot be built without it.
        nullable: Whether None may stand there.
    """

    key: str | int
    type_: Any
    kind: Kind
    required: bool
    nullable: bool


def find_entity(name: str) -> type[Entity]:
    """The canonical class of that name.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in ENTITIES:
        raise UnknownNameError(f"{name} is not a canonical class", suggest_name(name, ENTITIES))
    return ENTITIES[name]


def resolve_field(model: type[Entity], dotted: str) -> tuple[Slot, ...]:
    """The slots from an entity down to a field, as in `delivery.address.lines.0`.

    Raises:
        UnknownNameError: A step is not there.
    """
    slots: list[Slot] = []
    type_: Any = model
    for step in dotted.split("."):
        slot = _enter(type_, step, dotted)
        slots.append(slot)
        type_ = slot.type_
    return tuple(slots)


def item_type(slot: Slot) -> Any:
    """The type of the items of a list slot."""
    return _bare(get_args(slot.type_)[0])[0]


def kind_of(type_: Any) -> Kind:
    """What stands at a bare type."""
    origin = get_origin(type_)
    if origin is tuple:
        return "list"
    if origin is dict:
        return "dict"
    if isinstance(type_, type) and issubclass(type_, Entity) and type_ is not Money:
        return "model"
    return "leaf"


def name_type(type_: Any) -> str:
    """What a canonical field takes, as a person says it."""
    origin = get_origin(type_)
    if origin in {tuple, dict}:
        return "a list" if origin is tuple else "an object"
    if isinstance(type_, type) and issubclass(type_, Entity) and type_ is not Money:
        return f"an object ({type_.__name__})"
    return _NAMES.get(type_, getattr(type_, "__name__", str(type_)))


def _enter(type_: Any, step: str, dotted: str) -> Slot:
    kind = kind_of(type_)
    required = False
    key: str | int = step
    if kind == "model":
        fields = type_.model_fields
        if step not in fields:
            message = f"{type_.__name__} has no field {step!r} (in {dotted!r})"
            raise UnknownNameError(message, suggest_name(step, fields))
        inner, required = fields[step].annotation, fields[step].is_required()
        if UnitPrice in fields[step].metadata:
            inner = UnitPrice
    elif kind == "list":
        if not step.isdecimal():
            hint = "name an item by its index, as in `notes.0.text`, or use `each`"
            raise UnknownNameError(f"{step!r} is not an index (in {dotted!r})", hint)
        inner, key = get_args(type_)[0], int(step)
    elif kind == "dict":
        keys, inner = get_args(type_)
        if issubclass(keys, OpenEnum) and step not in list(keys):
            raise UnknownNameError(f"{step!r} is not a {keys.__name__}", suggest_name(step, keys))
    elif type_ is Any:
        inner = Any
    else:
        message = f"nothing is below {name_type(type_)} (in {dotted!r})"
        raise UnknownNameError(message, "map the whole value")
    bare, nullable = _bare(inner)
    return Slot(key, bare, kind_of(bare), required, nullable)


def _bare(annotation: Any) -> tuple[Any, bool]:
    """Strip constraints and None; tell whether None was among the types."""
    nullable = False
    while True:
        origin = get_origin(annotation)
        if origin in {Union, UnionType}:
            inner = [part for part in get_args(annotation) if part is not NoneType]
            nullable = nullable or len(inner) < len(get_args(annotation))
            annotation = inner[0]
        elif origin is Annotated:
            annotation = get_args(annotation)[0]
        elif annotation is AwareDatetime:
            return datetime, nullable
        else:
            return annotation, nullable
