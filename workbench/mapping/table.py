"""A mapping as a flat table, for people: our field, their path, how a value is converted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.mapping.grammar import Mapping, Rule


@dataclass(frozen=True, slots=True)
class MappedField:
    """One rule in a flat table.

    Attributes:
        field: Dotted canonical path; `lines[].name` for fields of list items.
        path: JSONPath in their payload, items as `[*]`; None for a constant of ours.
        conversion: How a value is converted, in a few words.
        enum: Their value → ours, for translated words.
    """

    field: str
    path: str | None
    conversion: str
    enum: dict[str, Any] | None = None


def tabulate(mapping: Mapping) -> list[MappedField]:
    """All rules of a mapping, nested ones in place, constants they must be sent last."""
    constants = [
        MappedField("", path, f"always {value!r}") for path, value in mapping.constants.items()
    ]
    return [*_walk(mapping.fields, "", "$"), *constants]


def _walk(fields: dict[str, Rule], prefix: str, root: str) -> Iterator[MappedField]:
    for name, rule in fields.items():
        field = f"{prefix}{name}" if name != "." else prefix.removesuffix(".") or "."
        paths = rule.join or (rule.each or rule.from_ or rule.to,)
        path = ", ".join(filter(None, (_join(root, one) for one in paths))) or None
        below = prefix if name == "." else f"{field}."
        inside = path or root
        if rule.each is not None:
            below, inside = f"{field}[].", f"{path}[*]"
            if rule.inner is not None:
                yield from _walk(rule.group or {}, below, inside)
                for inner in rule.inner:
                    inside = f"{_join(inside, inner)}[*]"
        for key in rule.key or ():
            yield MappedField(f"{below}{key}", path, "the key")
        if rule.fields is not None:
            yield from _walk(rule.fields, below, inside)
        elif rule.when is not None:
            for word, branch in rule.when.items():
                condition = f"{_join(inside, rule.case)} is {word!r}"
                if branch.fields is not None:
                    yield MappedField(field, path, f"when {condition}:")
                    yield from _walk(branch.fields, below, inside)
                else:
                    yield MappedField(field, path, f"as in {branch.use!r} when {condition}")
        else:
            yield MappedField(field, path, _convert(rule), dict(rule.enum) if rule.enum else None)


def _join(root: str, path: str | None) -> str | None:
    return None if path is None else root + path.removeprefix("$")


def _convert(rule: Rule) -> str:
    given = rule.model_fields_set
    words = (
        ("value" in given, f"always {rule.value!r}"),
        (rule.join is not None, f"joined, cut at the {rule.split}" if rule.split else "joined"),
        (rule.enum is not None, f"{len(rule.enum or ())} values"),
        (rule.as_ is not None, rule.as_),
        (rule.use is not None, f"as in {rule.use!r}"),
        ("default" in given, f"{rule.default!r} when absent"),
        (rule.none is not None, f"{rule.none!r} for none"),
        (rule.overnight is not None, "cut at midnight"),
        (rule.one_way is not None, "read only" if rule.one_way == "in" else "written only"),
    )
    return ", ".join(str(word) for holds, word in words if holds)
