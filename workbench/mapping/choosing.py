"""Chooses the codec of a rule from its converter, its enum table and the canonical type."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from workbench.canonical import Money, OpenEnum, UnitPrice
from workbench.mapping.canonical_fields import name_type
from workbench.mapping.codec import Codec, build_plain
from workbench.mapping.converters import CONVERTERS, is_fitting, list_fitting
from workbench.mapping.enums import WordType, build_enum, cast_word, find_ambiguous, guess_type
from workbench.mapping.grammar import Rule, SourceLocation
from workbench.mapping.times import cut_clock
from workbench.model import describe_type, list_keys, show_json, tell_faults
from workbench.text import suggest_name

_NEED_CONVERTER = (Money, UnitPrice, datetime, date, time)
JOINED_TIMES = ("local-datetime", "zoned-datetime")
_WORD_TYPES = ("string", "integer", "boolean")


def choose_codec(
    rule: Rule, type_: Any, where: SourceLocation, zone: ZoneInfo, *, writes: bool
) -> Codec:
    """The codec of a rule.

    Args:
        rule: The rule.
        type_: Bare type of one canonical value.
        where: Place of the rule.
        zone: The restaurant's zone.
        writes: Whether the rule is used outward, so that it needs an inverse.

    Raises:
        MappingError: There is no such converter or option, it does not fit, or has no inverse.
    """
    if rule.join is not None:
        return _choose_joined(rule, type_, where, zone)
    if rule.enum is not None:
        return _choose_enum(rule, type_, where, writes=writes)
    return _choose_converter(rule, type_, where, zone, rule.options)


def _choose_converter(
    rule: Rule, type_: Any, where: SourceLocation, zone: ZoneInfo, given: dict[str, Any]
) -> Codec:
    """The codec of the converter that `as` names, or of none."""
    name = rule.as_
    if name is None:
        _refuse_options(rule, where)
        if type_ in _NEED_CONVERTER:
            hint = f"add `as`, one of {', '.join(list_fitting(type_))}"
            raise where.error(f"{name_type(type_)} needs a converter", hint)
        return build_plain(type_)
    if name not in CONVERTERS:
        raise where.at("as").error(
            f"there is no converter {name!r}", suggest_name(name, CONVERTERS)
        )
    if not is_fitting(name, type_):
        fitting = ", ".join(list_fitting(type_)) or "a rule without `as`"
        raise where.at("as").error(f"`{name}` does not give {name_type(type_)}", f"use {fitting}")
    return _build(name, given, type_, where, zone)


def _build(
    name: str, given: dict[str, Any], type_: Any, where: SourceLocation, zone: ZoneInfo
) -> Codec:
    """The codec of a converter, if its options are right."""
    converter = CONVERTERS[name]
    try:
        options = converter.options.model_validate(given)
    except ValidationError as error:
        first = tell_faults(error, converter.options, given)[0]
        known = list_keys(converter.options)
        strange = [option for option in given if option not in known]
        if not strange:
            told = f"{name}: {first.message}"
            raise where.at(*first.steps).error(told, first.hint) from error
        hint = suggest_name(strange[0], known) if known else "it has no options"
        message = f"{name} has no option {strange[0]!r}"
        raise where.at(strange[0]).error(message, hint) from error
    return converter.build(options, type_, zone)


def type_value(value: Any, type_: Any, where: SourceLocation) -> Any:
    """A constant of the file as a value of ours.

    An amount of money may be a whole number: minor units of the payload's currency.

    Raises:
        MappingError: It does not fit the field.
    """
    if type_ in {Money, UnitPrice} and type(value) is int:
        return value
    if isinstance(type_, type) and issubclass(type_, OpenEnum) and value not in list(type_):
        message = f"{show_json(value)} is no {type_.__name__}"
        raise where.error(message, suggest_name(str(value), type_))
    try:
        return _adapt(Money if type_ is UnitPrice else type_).validate_python(value)
    except ValidationError as error:
        takes = describe_type(type_)
        message = f"the field takes {takes}, not {show_json(value)[:40]}"
        raise where.error(message, "write a value that it takes") from error


def list_words(rule: Rule) -> tuple[Any, ...]:
    """Their values in the table of a rule, as they write them."""
    words = rule.enum or {}
    return tuple(cast_word(word, _find_word_type(rule)) for word in words)


def _find_word_type(rule: Rule) -> WordType:
    return cast("WordType", rule.as_ or guess_type(rule.enum or ()))


def _refuse_options(rule: Rule, where: SourceLocation) -> None:
    for key in rule.options:
        names = {field.alias or name for name, field in Rule.model_fields.items()}
        raise where.at(key).error(f"a rule has no key {key!r}", suggest_name(key, names))


@lru_cache(maxsize=256)
def _adapt(type_: Any) -> TypeAdapter[Any]:
    """The adapter of a canonical type; building one takes longer than using it."""
    return TypeAdapter(type_)


def _choose_joined(rule: Rule, type_: Any, where: SourceLocation, zone: ZoneInfo) -> Codec:
    """A joined text is text, or what a converter makes of it; `separator` is the join's own."""
    own = {name: value for name, value in rule.options.items() if name != "separator"}
    if rule.as_ is not None:
        codec = _choose_converter(rule, type_, where, zone, own)
        if codec.is_money:
            raise where.at("as").error(f"{rule.as_} takes one value", "use `from`")
        write, count, separator = codec.write, len(rule.join or ()), find_separator(rule)
        if rule.as_ in JOINED_TIMES and "format" not in own:
            return Codec(codec.read, lambda value: cut_clock(write(value), count, separator))
        return Codec(codec.read, write)
    if own:
        raise where.at(min(own)).error(f"`join` has no option {min(own)!r}", "separator")
    if type_ is not str:
        hint = f"add `as`, one of {', '.join(list_fitting(type_))}"
        message = f"`join` gives text, and the field takes {name_type(type_)}"
        raise where.at("join").error(message, hint)
    return build_plain(str)


def find_separator(rule: Rule) -> str:
    """What stands between the parts of a `join`; ISO 8601 has a T between date and clock."""
    is_iso = rule.as_ == "local-datetime" and "format" not in rule.options
    return str(rule.options.get("separator", "T" if is_iso else " "))


def _choose_enum(rule: Rule, type_: Any, where: SourceLocation, *, writes: bool) -> Codec:
    _refuse_options(rule, where)
    words = rule.enum or {}
    if rule.as_ is not None and rule.as_ not in _WORD_TYPES:
        raise where.at("as").error(
            f"{rule.as_} does not go with `enum`", "use string, integer or boolean, or leave it out"
        )
    table = {
        word: type_value(value, type_, where.at("enum", word)) for word, value in words.items()
    }
    back = {
        type_value(ours, type_, where.at("back", ours)): word for ours, word in rule.back.items()
    }
    ambiguous = find_ambiguous(table, back)
    if ambiguous and writes:
        shown = ", ".join(map(str, ambiguous))
        raise where.at("enum").error(
            f"several values of theirs mean {shown}",
            f"say which one to write, as in `back: {{{ambiguous[0]}: …}}`, or `one-way: in`",
        )
    word_type = _find_word_type(rule)
    for word in words:
        where.at("enum", word).look(cast_word, word, word_type)
    is_open = isinstance(type_, type) and issubclass(type_, OpenEnum)
    return build_enum(
        table,
        back,
        list(type_) if is_open else (),
        keeps=rule.unknown == "keep" and isinstance(type_, type) and issubclass(type_, str),
        type_=word_type,
    )
