"""The grammar of `mapping.yaml` as closed, typed models, and places in such a file for errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, ParamSpec, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from workbench.errors import MappingError
from workbench.mapping.money import Exponent
from workbench.mapping.rule_faults import find_contradiction
from workbench.model import Steps, fault
from workbench.text import read_pointer, write_pointer

Scalar = str | int | float | bool | None
Reason = Annotated[str, Field(min_length=1)]
Nulls = Literal["keep", "drop"]


def _spell_out(raw: Any) -> Any:
    """Turn the short form `$.path` into `{from: $.path}`."""
    return {"from": raw} if isinstance(raw, str) else raw


def _spell_out_key(raw: Any) -> Any:
    """Turn `key: id` and `key: {day: {as: weekday}}` into rules on `$`, which is the key."""
    fields = {raw: "$"} if isinstance(raw, str) else raw
    if not isinstance(fields, dict):
        return raw
    return {
        name: {"from": "$", **rule} if isinstance(rule, dict) else rule
        for name, rule in fields.items()
    }


def _list_one(raw: Any) -> Any:
    """Turn `inner: $.items` into a list of one; items may stand in lists of lists."""
    return [raw] if isinstance(raw, str) else raw


Inner = Annotated[tuple[str, ...], BeforeValidator(_list_one), Field(min_length=1)]


class Part(BaseModel):
    """Base of the grammar: frozen and closed, so that a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ignored(Part):
    """Source leaves that are dropped on purpose; `path` may hold `[*]`."""

    path: str
    why: Reason


class Unfilled(Part):
    """A canonical field that this partner never fills."""

    field: str
    why: Reason


class Branch(Part):
    """The rules for one word of a discriminator."""

    fields: Fields | None = None
    use: str | None = None

    @model_validator(mode="after")
    def _is_one_shape(self) -> Self:
        if (self.fields is None) == (self.use is None):
            raise fault(
                "a branch has either `fields` or `use`",
                "`use` names another mapping; `fields` says it here",
            )
        return self


class PriceParts(Part):
    """What a price of theirs contains: the objects of a list, by price and quantity."""

    each: str
    price: str
    quantity: str | None = None


class Rule(Part):
    """One canonical field and where it is in the partner's payload.

    Keys that are not of the grammar are options of the converter that `as` names. With `enum`,
    `as` (string, integer or boolean) says which JSON type the partner's words have; else words that
    are all numerals are numbers.
    """

    model_config = ConfigDict(extra="allow")

    from_: str | None = Field(default=None, alias="from")
    each: str | None = None
    join: tuple[str, ...] | None = Field(default=None, min_length=2)
    split: Literal["first", "last"] | None = None
    value: Any = None
    to: str | None = None
    as_: str | None = Field(default=None, alias="as")
    enum: dict[str, Scalar] | None = Field(default=None, min_length=1)
    unknown: Literal["keep", "error"] = "keep"
    back: dict[str, Scalar] = Field(default_factory=dict)
    default: Any = None
    none: Scalar = None
    less: PriceParts | None = None
    nulls: Nulls | None = None
    fields: Fields | None = None
    use: str | None = None
    case: str | None = None
    when: dict[str, Branch] | None = Field(default=None, min_length=1)
    key: KeyFields | None = None
    inner: Inner | None = None
    group: Fields | None = None
    overnight: Literal["split"] | None = None
    closed: Any = None
    one_way: Literal["in", "out"] | None = Field(default=None, alias="one-way")

    @property
    def options(self) -> dict[str, Any]:
        """Converter options, by name."""
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _is_one_shape(self) -> Self:
        found = find_contradiction(self)
        if found is not None:
            raise fault(*found)
        return self


Fields = Annotated[dict[str, Annotated[Rule, BeforeValidator(_spell_out)]], Field(min_length=1)]
KeyFields = Annotated[Fields, BeforeValidator(_spell_out_key)]


class Mapping(Part):
    """How one canonical class is written in the partner's words.

    `currency` and `exponent` hold for all amounts of a payload: where it says its currency, and the
    decimal digits of its minor units (a number, or where it says them) if not those of ISO 4217.
    """

    into: str
    currency: str | None = None
    exponent: Exponent | str | None = None
    nulls: Nulls = "drop"
    constants: dict[str, Scalar] = Field(default_factory=dict)
    fields: Fields
    ignore: tuple[Ignored, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()


class MappingFile(Part):
    """The whole of `mapping.yaml`."""

    mappings: dict[str, Mapping] = Field(min_length=1)


Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A file, and the steps down to a value in it."""

    file: str
    steps: Steps = ()

    def at(self, *steps: str | int) -> SourceLocation:
        """A place further down."""
        return SourceLocation(self.file, (*self.steps, *steps))

    def find(self, pointer: str) -> SourceLocation:
        """The place that a JSON Pointer names."""
        return SourceLocation(self.file, read_pointer(pointer))

    def error(self, message: str, hint: str | None = None) -> MappingError:
        """The error at this place."""
        return MappingError(message, location=f"{self.file}#{write_pointer(self.steps)}", hint=hint)

    def look(
        self, find: Callable[Arguments, Found], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Found:
        """Call a look-up whose ValueError is a mistake at this place.

        Raises:
            MappingError: The look-up found nothing.
        """
        try:
            return find(*args, **kwargs)
        except ValueError as error:
            raise self.error(str(error), getattr(error, "hint", None)) from error
