"""Writes a mapping suggestion as YAML, ready to paste into mapping.yaml and to review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from workbench.canonical import Entity
from workbench.model import ApiDescription, Event, Operation
from workbench.suggest.converter_choice import convert
from workbench.suggest.fields import SourceField
from workbench.suggest.pairing import ACCEPTED, Paired, json_path, pair

_RAW = {"status": "raw_status", "order_type": "raw_type"}
_NEVER = 10_000  # columns: a rule stays on its line


def draft_mapping(
    description: ApiDescription,
    operation: Operation | Event,
    canonical: type[Entity],
    samples: Sequence[Any] = (),
    *,
    name: str | None = None,
) -> str:
    """Return a mapping file with one mapping, for review.

    Accepted pairs are rules; others, and our required fields that nothing was found for, are
    comments. The text loads with `load_mappings` once it has a rule; where nothing was accepted, it
    says so and has none.

    Args:
        description: What holds the operation.
        operation: What is read or sent.
        canonical: The class of ours.
        samples: Payloads, which show values that a schema does not.
        name: Of the mapping; by default the class name in lower-kebab.
    """
    paired = pair(description, operation, canonical, samples)
    title = name or "".join(f"-{c.lower()}" if c.isupper() else c for c in canonical.__name__)[1:]
    lines = [
        f"# Drafted from {operation.id}; every line is a proposal. Numbers are confidence.",
        "mappings:",
        f"  {title}:",
        f"    into: {canonical.__name__}",
    ]
    lines += [f"    currency: {_flow(path)}" for path in _currency(paired)]
    rules = list(_rules(paired, "      "))
    if all(line.lstrip().startswith("#") for line in rules):
        rules.append("      {}  # nothing was found: write at least one rule")
    return "\n".join([*lines, "    fields:", *rules]) + "\n"


def _currency(paired: Paired) -> Iterator[str]:
    for target, source, confidence, _ in paired.scalars:
        if target.path == "currency" and confidence >= ACCEPTED:
            yield json_path(source.path)


def _rules(paired: Paired, indent: str) -> Iterator[str]:
    found = set()
    for target, source, confidence, _ in paired.scalars:
        line = f"{target.path}: {_rule(source, convert(target, source))}"
        if confidence < ACCEPTED:
            yield f"{indent}# {line}  # {confidence:.2f}"
            continue
        found.add(target.path)
        yield f"{indent}{line}  # {confidence:.2f}"
        stem, _, last = target.path.rpartition(".")
        owner = f"{stem}." if stem else ""
        if last in _RAW and f"{owner}{_RAW[last]}" in _fields(paired):
            raw = {"one-way": "in"} | ({"as": "string"} if source.kind == "integer" else {})
            yield f"{indent}{owner}{_RAW[last]}: {_rule(source, raw)}"
    for name, (path, _, inner) in paired.each.items():
        below = list(_rules(inner, f"{indent}    "))
        if any(not line.lstrip().startswith("#") for line in below):
            yield f"{indent}{name}:"
            yield f"{indent}  each: {_flow(json_path(path))}"
            yield f"{indent}  fields:"
            yield from below
    for target in paired.targets.scalars:
        if target.required and target.path not in found:
            yield f"{indent}# {target.path}: ?  # required, and nothing sure was found"


def _fields(paired: Paired) -> set[str]:
    """Our field names on this level, nested ones with the object that they stand in."""
    nested = {target.path.rpartition(".")[0] for target in paired.targets.scalars}
    return {name for name in paired.model.model_fields if not name.startswith("_")} | {
        f"{owner}.raw_status" for owner in nested if owner == "delivery"
    }


def _rule(source: SourceField, options: dict[str, Any]) -> str:
    path = json_path(source.path)
    key = "each" if source.kind == "list" else "from"
    return _flow({key: path, **options} if options else path)


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=_NEVER
    )
    return text.removesuffix("\n").removesuffix("\n...")
