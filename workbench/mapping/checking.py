"""Does a mapping fit the partner's own schema? Findings, each at its rule, before any payload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workbench.mapping.canonical_fields import kind_of
from workbench.mapping.converters import CONVERTERS
from workbench.mapping.grammar import SourceLocation
from workbench.mapping.plan import Group, Level, PlannedRule, collect_levels, group_fields
from workbench.mapping.translator import Translator
from workbench.model import (
    EVERY,
    ApiDescription,
    Finding,
    ItemFilter,
    Keys,
    SchemaNode,
    SchemaReader,
    Severity,
    Steps,
    make_finding,
    parse_path,
)
from workbench.text import suggest_name, write_pointer

_NUMERIC = ("integer", "number", "string")
_PLAIN = {
    str: ("string",),
    bool: ("boolean",),
    int: _NUMERIC,
    float: _NUMERIC,
    Decimal: _NUMERIC,
}
# Formats of JSON Schema that a converter cannot read.
_CONTRADICTED = {
    "instant": ("date", "time"),
    "local-datetime": ("date", "time"),
    "zoned-datetime": ("date", "time"),
    "date": ("date-time", "time"),
    "time": ("date-time", "date"),
}
_WORD_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def check_mapping(
    translator: Translator,
    description: ApiDescription,
    document: str,
    schema: dict[str, Any],
    *,
    at: str = "$",
    writes: bool = False,
) -> list[Finding]:
    """What of a mapping does not fit a documented body.

    Args:
        translator: The mapping.
        description: The partner's documents.
        document: The document that holds the schema.
        schema: Schema of the body.
        at: JSONPath of the object in the body that the mapping is for, as in `$.orders[*]`.
        writes: Whether the body is one that we send; else we read it.

    Raises:
        MappingError: `at` is no JSONPath.

    Returns:
        Findings whose pointer is the rule in `mapping.yaml`: a path that is not documented, a type
        that the converter does not take or give, words that one side does not know, and, for
        what we send, required members that no rule writes.
    """
    check = _Check(writes)
    reader = SchemaReader.of(description, document)
    node = SchemaNode.of(reader, schema)
    for step in SourceLocation("partner.yaml").look(parse_path, at, wildcards=True):
        below = node.items() if step is EVERY else node.go(_plain((step,)))[0]
        node = SchemaNode((), reader) if below is None else below
    check.level(translator.plan, node, str(schema), at)
    check.finish()
    return list({(*finding.key, finding.summary): finding for finding in check.found}.values())


def check_required(translator: Translator) -> list[Finding]:
    """Fields without which our entity cannot be built, and that no rule of a mapping fills.

    Returns:
        One finding for each level of the mapping that lacks some, at its place.
    """
    check = _Check(writes=False)
    told: set[tuple[int, str]] = set()
    for level, beside in _list_uses(translator.plan):
        steps = [step for part in (level, *beside) for step in part.steps]
        lacking = ", no ".join(_list_unfilled(group_fields(steps, inward=True), level.model))
        if lacking and (level.number, lacking) not in told:
            told.add((level.number, lacking))
            check.report(
                "mapping-field-unfilled",
                level,
                mapping=repr(level.title),
                field=lacking,
                entity=level.model.__name__,
            )
    return check.found


def _list_uses(root: Level) -> Iterator[tuple[Level, list[Level]]]:
    """Levels that fill an entity, with the groups and keys that fill it beside them.

    An object that several rules fill is left to the payload.
    """
    waiting: list[tuple[Level, list[Level]]] = [(root, [])]
    for outer in collect_levels([root]):
        for step in outer.steps:
            is_shared = not step.slots or any(
                other is not step and other.keys[: len(step.keys)] == step.keys
                for other in outer.steps
            )
            if step.level is not None and step.codec is None and not is_shared:
                waiting.append((step.level, step.levels[1:]))
    for level, beside in waiting:
        branches = [level] if level.case is None else level.case.levels
        yield from ((branch, beside) for branch in branches if branch.case is None)


def _list_unfilled(group: Group, model: Any, prefix: str = "") -> list[str]:
    """Required fields of an entity that nothing fills, and of the objects inside it."""
    if group.merges or kind_of(model) != "model":
        return []
    lacking = [
        f"{prefix}{name}"
        for name, field in model.model_fields.items()
        if field.is_required() and name not in group.children
    ]
    for key, child in group.children.items():
        if isinstance(child, Group) and child.slot is not None and child.kind == "model":
            lacking += _list_unfilled(child, child.slot.type_, f"{prefix}{key}.")
    return lacking


@dataclass
class _Check:
    writes: bool
    found: list[Finding] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)
    objects: list[tuple[Level, SchemaNode, str]] = field(default_factory=list)
    completed: dict[str, list[Keys]] = field(default_factory=dict)

    def level(self, level: Level, node: SchemaNode, name: str, shown: str) -> None:
        """Check one level against the schema of its object; each pair of them once."""
        if (level.number, name) in self.seen or node.is_open:
            return
        self.seen.add((level.number, name))
        if level.case is not None:
            self.path(level, node, level.case.source, shown)
            for branch in level.case.levels:
                self.level(branch, node, name, shown)
            return
        for step in level.steps:
            if step.source is not None and (step.writes if self.writes else step.reads):
                for path in step.sources:
                    self.step(step, node, path, shown)
        if self.writes and shown not in self.completed:
            self.objects.append((level, node, shown))

    def step(self, step: PlannedRule, node: SchemaNode, path: Steps, shown: str) -> None:
        """Check one rule, and what is below it."""
        inner = self.path(step, node, path, shown)
        if inner is None or inner.is_open:
            return
        here = shown + write_pointer(path).replace("/", ".")
        if step.level is None or step.codec is not None:
            single = inner.items() if step.is_list else inner
            at_item = single.go(_plain(step.item))[0] if step.item else single
            self.value(step, single if at_item is None else at_item, here)
            return
        is_keyed = step.shape is not None and step.shape.key is not None
        container = "array" if step.is_list and not is_keyed else "object"
        if container not in inner.types:
            self.report(
                "mapping-list-mismatch",
                step,
                slug="mapping-type-mismatch",
                path=here,
                type=_list(inner.types),
                kind=container,
            )
            return
        if not step.is_list:
            self.level(step.level, inner, str(inner.shapes), here)
            return
        below = inner.values() if is_keyed else inner.items()
        if step.shape is not None and step.shape.group is not None:
            self.level(step.shape.group, below, str(below.shapes), f"{here}[*]")
        for inner_list in () if step.shape is None else step.shape.inner:
            found = self.path(step, below, inner_list, f"{here}[*]")
            below = below if found is None else found.items()
            here += "[*]" + write_pointer(inner_list).replace("/", ".")
        if step.nested is not None:  # what another rule writes, completed
            self.completed.setdefault(f"{here}[*]", []).extend(_list_written(step.level))
        self.level(step.level, below, str(below.shapes), f"{here}[*]")

    def path(
        self, rule: PlannedRule | Level, node: SchemaNode, path: Steps, shown: str
    ) -> SchemaNode | None:
        """The node at a path; a finding when it is not documented."""
        plain = _plain(path)
        inner, taken = node.go(plain)
        if inner is None:
            parent = node.go(plain[:taken])[0]
            names = parent.names if parent is not None else ()
            at = shown + write_pointer(path[:taken]).replace("/", ".")
            hint = suggest_name(str(path[taken]), names) if names else None
            slots = rule.slots if isinstance(rule, PlannedRule) else ()
            is_optional = bool(slots) and not slots[-1].required
            self.report(
                "mapping-path-undocumented",
                rule,
                path=at,
                name=repr(path[taken]),
                severity=Severity.LOW if is_optional and not self.writes else Severity.MEDIUM,
                hint=hint,
            )
        return inner

    def value(self, step: PlannedRule, node: SchemaNode, shown: str) -> None:
        """Check the type and the words of a single value."""
        expected = _list_types(step, writes=self.writes)
        if node.is_open or not expected:
            return
        if not _is_fitting(node.types, expected, writes=self.writes):
            self.report(
                "mapping-type-write" if self.writes else "mapping-type-read",
                step,
                slug="mapping-type-mismatch",
                path=shown,
                type=_list(node.types),
                kind=_list(expected),
            )
        elif (
            step.join is None
            and node.formats
            and node.formats <= set(_CONTRADICTED.get(step.label, ()))
        ):
            self.report(
                "mapping-format-mismatch",
                step,
                slug="mapping-type-mismatch",
                path=shown,
                format=_list(node.formats),
                kind=step.label,
            )
        elif step.words and node.words is not None:
            self.words(step, node.words, shown)

    def words(self, step: PlannedRule, documented: Iterable[Any], shown: str) -> None:
        """Compare an enum table with the documented values."""
        ours, theirs = set(map(str, step.words)), set(map(str, documented))
        if theirs - ours and step.reads and not self.writes:
            self.report(
                "mapping-enum-incomplete",
                step,
                path=shown,
                names=_list(theirs - ours),
            )
        if ours - theirs:
            self.report(
                "mapping-enum-undocumented",
                step,
                path=shown,
                names=_list(ours - theirs),
                hint=suggest_name(min(ours - theirs), theirs),
            )

    def finish(self) -> None:
        """Required members of what we send, in each object and in those that its rules open."""
        for level, node, shown in self.objects:
            written = [*_list_written(level), *self.completed.get(shown, ())]
            for path in _list_missing(node, written, ()) if () not in written else ():
                self.report(
                    "mapping-required-unwritten",
                    level,
                    path=f"{shown}{write_pointer(path).replace('/', '.')}",
                    mapping=repr(level.title),
                )

    def report(self, kind: str, rule: PlannedRule | Level, /, **told: Any) -> None:
        """Add a finding at a rule; `told` as of `make_finding`."""
        self.found.append(make_finding(kind, pointer=f"mapping.yaml#{rule.place}", **told))


def _list_written(level: Level) -> list[Keys]:
    """Paths that the rules and the constants of a level write."""
    written = [_plain(path) for step in level.steps if step.writes for path in step.sources]
    stated = (*level.constants, level.currency or (), level.exponent)
    return written + [_plain(path) for path in stated if isinstance(path, tuple) and path]


def _plain(path: Steps) -> Keys:
    """A path in a schema, where all items of a list are alike."""
    return tuple(0 if isinstance(part, ItemFilter) else part for part in path)


def _list_missing(node: SchemaNode, written: list[Keys], at: Keys) -> Iterator[Keys]:
    """Paths of required members without a writer, below objects of which a part is written."""
    below = [path[len(at) :] for path in written if path[: len(at)] == at and len(path) > len(at)]
    for name in sorted(node.required):
        if not any(path[0] == name for path in below):
            yield (*at, name)
    for step in dict.fromkeys(path[0] for path in below if len(path) > 1):
        inner = node.go((step,))[0]
        if inner is not None and isinstance(step, str):
            yield from _list_missing(inner, written, (*at, step))


def _list_types(step: PlannedRule, *, writes: bool) -> tuple[str, ...]:
    """JSON types that a rule takes or gives; empty when it may be anything."""
    if step.words:
        types = [_WORD_TYPES[type(word)] for word in step.words]
        return tuple(dict.fromkeys(types)) + (("string",) if "integer" in types else ())
    if step.label in CONVERTERS:
        converter = CONVERTERS[step.label]
        return (converter.writes or converter.reads) if writes else converter.reads
    type_ = step.slots[-1].type_ if step.slots else None
    if kind_of(type_) == "list":
        return ("array",)
    if kind_of(type_) == "dict":
        return ("object",)
    plain = next((types for base, types in _PLAIN.items() if type_ is base), None)
    if plain is None:
        return ("string",) if isinstance(type_, type) and issubclass(type_, str) else ()
    return plain[:2] if writes and plain is _NUMERIC else plain


def _is_fitting(documented: Iterable[str], ours: Iterable[str], *, writes: bool) -> bool:
    """Whether some type is on both sides; a whole number is also a number."""
    wide, narrow = (documented, ours) if writes else (ours, documented)
    accepted = set(wide) | ({"integer"} if "number" in wide else set())
    return bool(accepted & set(narrow)) or (not writes and "number" in narrow and "integer" in wide)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
