"""What is wrong with a file of ours: from pydantic's errors, in the words of YAML.

A person who writes `partner.yaml` or `mapping.yaml` knows keys, lists and text, and neither tuples
nor models. So a fault says which key it is, what the key takes, what stands there, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from workbench.text import suggest_name

_PLAIN = {
    str: "text",
    Decimal: "a number",
    datetime: "an instant, as 2026-11-30T20:15:00+01:00",
    time: "a time, as 20:15",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date, as 2026-11-30",
}
_LEAST = {"greater_than": "more than", "greater_than_equal": "at least"}
_MOST = {"less_than": "less than", "less_than_equal": "at most"}
_SHORT = frozenset({"too_short", "string_too_short"})
_REFERENCE = "contracts/reference.md says what each key takes."
_KINDS = {str: "text", int: "number", float: "number", list: "list", dict: "keys"}
_OWN = "fault"  # type of the errors that our own validators raise


@dataclass(frozen=True, slots=True)
class Takes:
    """Beside the pattern of a field: what it takes, in words."""

    words: str


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing that is wrong.

    Attributes:
        steps: Where: keys and indexes down to the value, or to the one that lacks a key.
        message: What is wrong.
        hint: What to do.
    """

    steps: tuple[str | int, ...]
    message: str
    hint: str | None = None


def fault(message: str, hint: str | None = None) -> PydanticCustomError:
    """The error that a validator of ours raises, with the way on."""
    return PydanticCustomError(_OWN, "{message}", {"message": message, "hint": hint})


def tell_faults(error: ValidationError, root: type[BaseModel], data: Any) -> list[FileFault]:
    """What is wrong, a misspelt key before what is missing because of it.

    Args:
        error: What pydantic found.
        root: The model of the whole file.
        data: The file's content.

    Returns:
        At least one fault; the first one is to be mended first.
    """
    found = [(_find_steps(item, data), item) for item in error.errors(include_url=False)]
    # Of a key that takes one of several shapes, the shape that fits further down was meant.
    deepest = [
        (steps, item)
        for steps, item in found
        if item["type"] == _OWN
        or not any(len(other) > len(steps) and other[: len(steps)] == steps for other, _ in found)
    ]
    told: dict[tuple[str | int, ...], FileFault] = {}
    for steps, item in sorted(deepest, key=lambda pair: pair[1]["type"] != "extra_forbidden"):
        told.setdefault(steps, _tell(steps, item, root))
    return list(told.values())


def tell_fault(item: Mapping[str, Any], root: type[BaseModel]) -> FileFault:
    """What is wrong, from one of pydantic's errors about data that is no file of ours."""
    return _tell(tuple(item["loc"]), item, root)


def describe_type(annotation: Any) -> str:
    """What a type takes, in the words of YAML."""
    return _join(_describe(annotation))


def describe_field(field: FieldInfo) -> str:
    """What a key takes, in the words of YAML."""
    return _join(_describe(_mark(field)))


def list_keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys that a part of a file has, as they are written."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def find_models(annotation: Any) -> list[type[BaseModel]]:
    """The parts of a file that may stand at a key, or in its list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [item for part in get_args(annotation) for item in find_models(part)]


def _find_steps(item: Mapping[str, Any], data: Any) -> tuple[str | int, ...]:
    """The steps that the file has, without the names of pydantic's own branches."""
    place, is_absent = item["loc"], item["type"] in {"missing", "extra_forbidden"}
    steps: list[str | int] = []
    value = data
    for number, step in enumerate(place, start=1):
        is_index = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if is_index or (isinstance(value, dict) and step in value):
            value = value[step]
            steps.append(step)
        elif is_absent and number == len(place):
            steps.append(step)
    return tuple(steps)


def _tell(
    steps: tuple[str | int, ...], item: Mapping[str, Any], root: type[BaseModel]
) -> FileFault:
    kind, context = item["type"], item.get("ctx", {})
    name = f"`{steps[-1]}`" if steps and isinstance(steps[-1], str) else _name_item(steps)
    holders = _hold(root, steps[:-1]) if steps else [root]
    known = [key for model in _models(holders) for key in list_keys(model)]
    if kind == _OWN:
        return FileFault(steps, context["message"], context["hint"])
    if kind == "value_error":
        error = context["error"]
        return FileFault(steps, str(error), getattr(error, "hint", None) or _REFERENCE)
    if kind == "extra_forbidden":
        return FileFault(steps, f"there is no key {name} here", suggest_name(str(steps[-1]), known))
    if item["loc"] and item["loc"][-1] == "[key]":
        keys = [get_args(_bare(one))[0] for one in holders if get_origin(_bare(one)) is dict]
        words = [word for one in keys for word in _words(one)]
        takes = "" if words else f"; a name here is {_join(map(describe_type, keys))}"
        hint = suggest_name(str(steps[-1]), words) if words else _REFERENCE
        return FileFault(steps, f"there is no name {name} here{takes}", hint)
    stated = _hold(root, steps) if steps else [root]
    if kind == "missing":
        takes = _join(words for one in stated for words in _describe(one))
        return FileFault(steps, f"{name} is missing", f"Add `{steps[-1]}: …`; it takes {takes}.")
    return _tell_value(steps, name, stated, item)


def _name_item(steps: tuple[str | int, ...]) -> str:
    named = [step for step in steps if isinstance(step, str)]
    if not steps:
        return "the file"
    number = steps[-1]
    return f"item {int(number) + 1} of `{named[-1]}`" if named else f"item {number}"


def _tell_value(
    steps: tuple[str | int, ...], name: str, stated: Sequence[Any], item: Mapping[str, Any]
) -> FileFault:
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    takes = _join(words for one in stated for words in _describe(one))
    if kind in _LEAST or kind in _MOST:
        bound = next(iter(context.values()))
        limit = {**_LEAST, **_MOST}[kind]
        return FileFault(steps, f"{name} takes a number that is {limit} {bound}", _REFERENCE)
    if kind in _SHORT:
        return FileFault(
            steps,
            f"{name} needs at least {_count(context['min_length'], kind)}",
            "Write it, or take the key out where it may be absent.",
        )
    if kind == "string_too_long":
        return FileFault(
            steps, f"{name} has more than {context['max_length']} letters", "Shorten it."
        )
    kinds = {kind for one in stated for kind in _kinds(one)}
    is_near = _KINDS.get(type(value)) in kinds
    there = "this is none" if is_near else f"here is {_shape(value)}"
    return FileFault(
        steps, f"{name} takes {takes or 'something else'}; {there}", _mend(stated, value)
    )


def _count(number: int, kind: str) -> str:
    what = "letter" if kind.startswith("string") else "entry"
    plural = {"letter": "letters", "entry": "entries"}[what]
    return f"one {what}" if number == 1 else f"{number} {plural}"


def _shape(value: Any) -> str:
    """What stands in the file, without saying it: somebody may have put a secret there."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text" if value.strip() else "an empty text"
        case list() | tuple():
            return "a list"
        case _:
            return "keys with values"


def _mend(stated: Sequence[Any], value: Any) -> str | None:
    """The way on, from what is wanted and what is there."""
    kinds = {kind for one in stated for kind in _kinds(one)}
    words = [word for one in stated for word in _words(one)]
    if isinstance(value, str) and words:
        return suggest_name(value, words)
    if value is None:
        return "Write what belongs there, indented below the key; or take the key out."
    if "list" in kinds and not isinstance(value, list | dict):
        return "Write it in brackets, as in `[one, two]`, or each entry on a line with a dash."
    if "text" in kinds and isinstance(value, int | float):
        return "Write it in quotes."
    if isinstance(value, list) and kinds & {"text", "number"}:
        return "Write one, without brackets and dashes."
    if "keys" in kinds:
        keys = [key for model in _models(stated) for key in list_keys(model)]
        known = f": {', '.join(keys[:8])}{', …' if len(keys) > 8 else ''}" if keys else ""
        return f"Write keys with values, each on a line of its own and indented{known}."
    return _REFERENCE


def _hold(root: Any, steps: Sequence[str | int]) -> list[Any]:
    """The types that may stand at some steps of a file."""
    stated = [root]
    for step in steps:
        stated = [inner for one in stated for inner in _enter(one, step)]
    return stated


def _enter(annotation: Any, step: str | int) -> Iterator[Any]:
    bare = _bare(annotation)
    origin, parts = get_origin(bare), get_args(bare)
    if origin in {Union, UnionType}:
        for part in parts:
            yield from _enter(part, step)
    elif origin is dict:
        yield parts[1]
    elif origin in {tuple, list} and isinstance(step, int):
        yield parts[0]
    elif isinstance(bare, type) and issubclass(bare, BaseModel):
        bare.model_rebuild()
        field = list_keys(bare).get(str(step))
        if field is not None:
            yield _mark(field)


def _mark(field: FieldInfo) -> Any:
    """The type of a field, with the words that stand beside its pattern."""
    takes = [one for one in field.metadata if isinstance(one, Takes)]
    return Annotated[field.annotation, takes[0]] if takes else field.annotation


def _models(stated: Sequence[Any]) -> list[type[BaseModel]]:
    """The parts of a file among some types, not those in their lists."""
    found: list[type[BaseModel]] = []
    for one in stated:
        bare = _bare(one)
        if get_origin(bare) in {Union, UnionType}:
            found += _models(get_args(bare))
        elif isinstance(bare, type) and issubclass(bare, BaseModel):
            found.append(bare)
    return found


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _describe(annotation: Any) -> Iterator[str]:
    """Each shape that a type allows, in words."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        told = [mark.words for mark in marks if isinstance(mark, Takes)]
        yield from told or _describe(inner)
        return
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        for part in parts:
            if part is not NoneType:
                yield from _describe(part)
    elif origin in {tuple, list}:
        yield f"a list (each: {_join(_describe(parts[0]))})"
    elif origin is dict:
        yield "names with values"
    elif origin is Literal:
        yield "one of " + ", ".join(f"`{part}`" for part in parts)
    else:
        yield _describe_plain(annotation)


def _describe_plain(annotation: Any) -> str:
    if annotation is AwareDatetime:
        return _PLAIN[datetime]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys with values"
    if isinstance(annotation, type) and issubclass(annotation, str):
        return "text"
    return _PLAIN.get(annotation, "anything")


def _join(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))


def _kinds(annotation: Any) -> Iterator[str]:
    bare = _bare(annotation)
    origin = get_origin(bare)
    if origin in {Union, UnionType}:
        for part in get_args(bare):
            yield from _kinds(part)
    elif origin in {tuple, list}:
        yield "list"
    elif origin is dict or (isinstance(bare, type) and issubclass(bare, BaseModel)):
        yield "keys"
    elif bare in {int, float}:
        yield "number"
    elif bare is str or origin is Literal:
        yield "text"


def _words(annotation: Any) -> Iterator[str]:
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        yield from map(str, get_args(bare))
    elif get_origin(bare) in {Union, UnionType}:
        for part in get_args(bare):
            yield from _words(part)
