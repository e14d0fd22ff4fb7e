"""The pairs of a mapping as a flat list, for tests and benchmarks."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from workbench.canonical import Entity
from workbench.model import ApiDescription, Event, Operation
from workbench.suggest.converter_choice import convert
from workbench.suggest.pairing import ACCEPTED, Paired, json_path, pair


class FieldPair(NamedTuple):
    """One field of ours, as `lines[].name`, and the JSONPath where it may be in their body."""

    field: str
    path: str
    converter: str | None
    confidence: float
    reasons: tuple[str, ...]
    options: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether a draft writes it as a rule."""
        return self.confidence >= ACCEPTED


def list_fields(
    description: ApiDescription,
    operation: Operation | Event,
    canonical: type[Entity],
    samples: Sequence[Any] = (),
) -> list[FieldPair]:
    """What `pair` finds, in the order of our fields."""
    return list(_flatten(pair(description, operation, canonical, samples), "", "$"))


def _flatten(paired: Paired, prefix: str, root: str) -> Iterator[FieldPair]:
    for target, source, confidence, reasons in paired.scalars:
        options = convert(target, source)
        yield FieldPair(
            field=f"{prefix}{target.path}",
            path=f"{root}{json_path(source.path)[1:]}",
            converter=options.get("as", "enum" if "enum" in options else None),
            confidence=confidence,
            reasons=reasons,
            options=options,
        )
    for name, (path, _, inner) in paired.each.items():
        yield from _flatten(inner, f"{prefix}{name}[].", f"{root}{json_path(path)[1:]}[*]")
