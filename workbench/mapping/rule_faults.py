"""What a rule of `mapping.yaml` must not say at once, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.text import suggest_name

Rule = Any  # `grammar.Rule`, which asks this module and so cannot be named here

# Kinds of source; what may be said of a value; what may be said of a list of objects only.
_SOURCES = frozenset({"from_", "each", "join", "value"})
_INNER = frozenset({"as_", "enum", "fields", "use", "case"})
_OF_OBJECTS = frozenset({"fields", "use", "case"})
_OF_LISTS = frozenset({"key", "inner", "group", "overnight", "closed"})


class Contradiction(NamedTuple):
    """A condition that must not hold.

    Attributes:
        holds: Whether it does, of a rule and the keys that it has.
        message: What is wrong then.
        hint: What to write.
    """

    holds: Callable[[Rule, set[str]], object]
    message: str
    hint: str


def find_contradiction(rule: Rule) -> tuple[str, str] | None:
    """What is wrong with a rule, and what to write; None where nothing is."""
    given = rule.model_fields_set
    if rule.options and not given & {*_SOURCES, "as_"}:
        strange = min(rule.options)
        keys = (field.alias or name for name, field in type(rule).model_fields.items())
        return f"a rule has no key {strange!r}", suggest_name(strange, keys)
    for item in _CONTRADICTIONS:
        if item.holds(rule, given):
            return item.message, item.hint
    return None


def _takes_objects(given: set[str]) -> bool:
    return bool(given & _OF_OBJECTS)


_CONTRADICTIONS = (
    Contradiction(
        lambda _, given: not given & _SOURCES,
        "a rule has exactly one of `from`, `each`, `join` and `value`",
        "say where the value stands: `from: $.path`; for a list `each: $.items`",
    ),
    Contradiction(
        lambda _, given: len(given & _SOURCES) > 1,
        "a rule has exactly one of `from`, `each`, `join` and `value`",
        "keep one of them; a second source needs a rule of its own",
    ),
    Contradiction(
        lambda _, given: len(given & _INNER) > 1 and given & _INNER != {"as_", "enum"},
        "a rule has at most one of `as`, `enum`, `fields`, `use` and `case`",
        "keep the one that says what stands there; `as` may say the type of an `enum`",
    ),
    Contradiction(
        lambda _, given: "each" in given and not given & _INNER,
        "`each` needs `fields`, `use`, `case`, `as` or `enum`",
        "say what an item is: `fields: {…}` of objects, `as: string` of plain values",
    ),
    Contradiction(
        lambda rule, given: "[*]" in (rule.each or "") and _takes_objects(given),
        "`each` with `[*]` takes one value of each object; it goes with `as` or `enum`",
        "for whole objects write the list itself, without `[*]`",
    ),
    Contradiction(
        lambda _, given: "value" in given and given - {"value", "to"},
        "`value` goes with `to` only",
        "a constant needs nothing else; where they say something, use `from`",
    ),
    Contradiction(
        lambda _, given: "to" in given and "value" not in given,
        "`to` goes with `value`; a rule with `from` is written where it is read",
        "take `to` out; where they read elsewhere, write two rules, each `one-way`",
    ),
    Contradiction(
        lambda rule, given: given & {"unknown", "back"} and rule.enum is None,
        "`unknown`, `back` belong to `enum`",
        "add the `enum` that they speak of, or take them out",
    ),
    Contradiction(
        lambda _, given: ("case" in given) != ("when" in given),
        "`case` and `when` go together",
        "write `case: $.type` and `when: {WORD: {fields: …}}`",
    ),
    Contradiction(
        lambda _, given: given & {"default", "none"} and given & {"each", *_OF_OBJECTS},
        "`default` and `none` belong to a single value",
        "give them to the rules inside",
    ),
    Contradiction(
        lambda _, given: "join" in given and given & _INNER - {"as_"},
        "`join` goes with `as`, or gives text as it is",
        "give each part a rule of its own, or write `as` with a converter",
    ),
    Contradiction(
        lambda rule, _: rule.join and not rule.as_ and not rule.split and rule.one_way != "in",
        "nothing says how a `join` is taken apart again",
        "add `split: first` or `last` (the space to cut at), or `one-way: in`",
    ),
    Contradiction(
        lambda rule, given: "split" in given and rule.join is None,
        "`split` belongs to `join`",
        "where one text of theirs is a list of ours, use `as: list`",
    ),
    Contradiction(
        lambda _, given: given & _OF_LISTS and not ("each" in given and _takes_objects(given)),
        "`key`, `inner`, `group`, `overnight` and `closed` belong to `each` with objects",
        "write `each: $.list` and `fields: {…}` beside it",
    ),
    Contradiction(
        lambda _, given: "closed" in given and "key" not in given,
        "`closed` belongs to `key`",
        "days without openings are written only in an object that is keyed by days",
    ),
    Contradiction(
        lambda _, given: "less" in given and not ("from_" in given and given & _INNER == {"as_"}),
        "`less` belongs to an amount: `from` with `as`",
        "as in `{from: $.price, as: decimal, less: {each: $.extras, price: $.price}}`",
    ),
    Contradiction(
        lambda _, given: "group" in given and "inner" not in given,
        "`group` needs `inner`",
        "name the list that the rows are gathered into: `inner: $.rows`",
    ),
    Contradiction(
        lambda rule, given: len(rule.inner or ()) > 1 and given & {"key", "group"},
        "`key` and `group` go with one `inner` list",
        "name one list in `inner`",
    ),
)
