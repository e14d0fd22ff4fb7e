"""A codec: one value in the partner's words and in ours, both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Codec:
    """Two pure functions, each the inverse of the other on the values that both sides can hold.

    `read` takes a value that is neither missing nor null; `write` never sees None. Both raise
    ValueError with a message that makes sense beside the path and the value.

    Attributes:
        read: Theirs to ours, in a form that pydantic takes.
        write: Ours to theirs, plain JSON.
        is_money: Both take the payload's currency as second argument.
        read_inline: The same as `read` as an expression, for the hot paths: `{first}` is the value
            on first evaluation, `{v}` afterwards, `{c}` the name of the `read` function. A faster
            equal of `read`, never another behaviour.
        write_inline: Likewise for `write`.
        lacks_zone: Whether a value of theirs says no zone though it should, so that `read` takes
            the restaurant's.
    """

    read: Callable[..., Any]
    write: Callable[..., Any]
    is_money: bool = False
    read_inline: str = ""
    write_inline: str = ""
    lacks_zone: Callable[[Any], bool] | None = None


def describe(value: Any) -> str:
    """The JSON kind of a value in words, for messages."""
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
