"""What code is generated from: levels of resolved rules with their paths, slots and codecs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.canonical import Entity, OpenEnum
from workbench.mapping.canonical_fields import Kind, Slot
from workbench.mapping.codec import Codec
from workbench.model import Keys, Steps, look_up

UNSET: Any = type("Unset", (), {"__repr__": lambda _: "unset", "__bool__": lambda _: False})()


@dataclass(frozen=True, slots=True)
class Join:
    """One text of ours in several values of theirs.

    Attributes:
        paths: Where the parts are; `Step.source` is the first.
        separator: What stands between them.
        split: Whether what has too many separators is cut at the first or the last ones.
    """

    paths: tuple[Steps, ...]
    separator: str
    split: str


@dataclass(frozen=True, slots=True)
class Less:
    """What a price of theirs contains and ours does not, as the price of a dish with its extras.

    Attributes:
        source: Where the price is.
        each: The list of what it contains.
        price: Where in each of these its price is.
        quantity: Where its quantity is; None for one each.
    """

    source: Steps
    each: Steps
    price: Steps
    quantity: Steps | None


@dataclass(frozen=True, eq=False, slots=True)
class Arrangement:
    """How a list of ours is arranged in their payload, if it is no plain list.

    Attributes:
        key: The level whose `$` is the key, when theirs is an object and not a list.
        inner: Where each of their members holds its own list of items, and so on down; empty
            without such groups.
        group: The level that reads the member itself, for fields that all its items share.
        is_overnight: Theirs has openings cut at midnight, ours has them whole.
        days: Their keys of all days, where keys are days of the week and a day without openings is
            written too, as a partner may take what is absent for unchanged.
        closed: What stands under a key that has no items, or UNSET.
    """

    key: Level | None
    inner: tuple[Steps, ...]
    group: Level | None
    is_overnight: bool
    days: tuple[Any, ...] = ()
    closed: Any = UNSET

    @property
    def first(self) -> Steps:
        """Where a member holds its list."""
        return self.inner[0] if self.inner else ()

    @property
    def levels(self) -> list[Level]:
        """Levels that fill an item beside its own."""
        return [level for level in (self.group, self.key) if level is not None]


@dataclass(eq=False, slots=True)
class PlannedRule:
    """One rule, resolved.

    Attributes:
        number: Unique in the file; names the step's variables in generated code.
        slots: Where it is in the canonical level; empty for a rule on the level itself.
        source: Where it is in the partner's level; None for a constant that is not written.
        place: JSON Pointer of the rule in the mapping file.
        is_list: The source is a list and the rule holds for each item.
        codec: How one value is converted; with `level`, how theirs becomes an object.
        level: The nested level.
        join: The parts of a joined text.
        shape: The arrangement of a list of objects.
        value: The constant, or UNSET.
        default: The value when the source has none, or UNSET.
        none: Their value for our None, beside null, or UNSET.
        keeps_null: Whether a null of theirs is a None of ours, and not the same as absent.
        reads: Whether it is used inward.
        writes: Whether it is used outward.
        item: Where in each object of the list the value is, for a list of single values.
        less: What is taken off an amount of theirs, and added again outward.
        nested: For items that stand in lists of other rules (dishes in their sections): the member
            of theirs that says which item is which; None for lists of their own.
        label: Name of the converter, or `enum`.
        words: Their values in an `enum` table.
        is_lossy: Whether the rule says that it cannot be undone: it is only read, writes one word
            for several of theirs, or rounds.
    """

    number: int
    slots: tuple[Slot, ...]
    source: Steps | None
    place: str = ""
    is_list: bool = False
    codec: Codec | None = None
    level: Level | None = None
    join: Join | None = None
    shape: Arrangement | None = None
    value: Any = UNSET
    default: Any = UNSET
    none: Any = UNSET
    keeps_null: bool = False
    reads: bool = True
    writes: bool = True
    item: Steps = ()
    less: Less | None = None
    nested: Steps | None = None
    label: str = ""
    words: tuple[Any, ...] = ()
    is_lossy: bool = False

    @property
    def keys(self) -> Keys:
        """Steps of the canonical field below its level."""
        return tuple(slot.key for slot in self.slots)

    @property
    def sources(self) -> tuple[Steps, ...]:
        """All the places in the partner's level."""
        return self.join.paths if self.join is not None else (self.source or (),)

    @property
    def lists(self) -> tuple[Steps, ...]:
        """The lists of theirs that lead to its items, from the outside in."""
        inner = () if self.shape is None else self.shape.inner
        return (self.source or (), *inner) if self.is_list else ()

    @property
    def is_constant(self) -> bool:
        """Whether it is a `value` rule."""
        return self.value is not UNSET

    @property
    def is_object(self) -> bool:
        """Whether it fills one nested object."""
        return self.level is not None and not self.is_list

    @property
    def is_nullable(self) -> bool:
        """Whether our field may be None."""
        return bool(self.slots) and self.slots[-1].nullable

    @property
    def levels(self) -> list[Level]:
        """Levels right below."""
        own = [] if self.level is None else [self.level]
        return own + (self.shape.levels if self.shape is not None else [])


@dataclass(eq=False, slots=True)
class Case:
    """Which level holds, by a word of theirs.

    Attributes:
        source: Where the word is.
        branches: Word, as they write it → level.
        other: The level for all other words.
    """

    source: Steps
    branches: dict[Any, Level] = field(default_factory=dict)
    other: Level | None = None

    def choose(self, payload: Any) -> Level | None:
        """The branch for a payload."""
        word = look_up(payload, self.source)[0]
        for expected, level in self.branches.items():
            if expected == word and type(expected) is type(word):
                return level
        return self.other

    def choose_back(self, entity: Mapping[str, Any]) -> Level | None:
        """The branch that writes an entity, given as plain data."""
        for level in self.branches.values():
            if all(entity.get(field) == value for field, value in level.marks.items()):
                return level
        return self.other

    @property
    def levels(self) -> list[Level]:
        """All branches, the one for other words last."""
        return [*self.branches.values(), *([] if self.other is None else [self.other])]


@dataclass(eq=False, slots=True)
class Level:
    """An object of theirs and the entity of ours that it fills.

    Attributes:
        number: Unique in the file; names the level's functions in generated code.
        title: Mapping name, or mapping name and field.
        model: The canonical class.
        place: JSON Pointer in the mapping file of the mapping, or of the rule it belongs to.
        case: The branches, for a level that has no rules of its own.
        currency: Where the payload says its currency.
        fixed_currency: What it is, where the mapping says so; else empty.
        exponent: The decimal digits of its minor units, or where it says them.
        keeps_nulls: Whether nulls of theirs are kept apart from absent values.
        is_root: It may be written in part.
        is_lenient: The source is the surrounding object itself, so that nothing of this level need
            be there.
    """

    number: int
    title: str
    model: type[Entity]
    place: str = ""
    steps: list[PlannedRule] = field(default_factory=list)
    case: Case | None = None
    constants: dict[Steps, Any] = field(default_factory=dict)
    ignored: tuple[Steps, ...] = ()
    unfilled: frozenset[str] = frozenset()
    currency: Steps | None = None
    fixed_currency: str = ""
    exponent: Steps | int | None = None
    keeps_nulls: bool = False
    is_root: bool = False
    is_lenient: bool = False

    @property
    def levels(self) -> list[Level]:
        """Levels right below."""
        branches = [] if self.case is None else self.case.levels
        return branches + [level for step in self.steps for level in step.levels]

    @property
    def marks(self) -> dict[str, Any]:
        """Constants of the level's own fields, by which a branch is known from our side."""
        return {
            str(step.keys[0]): step.value
            for step in self.steps
            if step.is_constant and len(step.slots) == 1
        }


@dataclass(slots=True)
class Group:
    """Canonical fields with a common parent, from dotted paths.

    Attributes:
        merges: Rules that fill this object beside its children.
    """

    kind: Kind
    slot: Slot | None = None
    children: dict[str | int, Group | PlannedRule] = field(default_factory=dict)
    merges: list[PlannedRule] = field(default_factory=list)

    def walk(self) -> Iterator[PlannedRule]:
        """All steps below."""
        yield from self.merges
        for child in self.children.values():
            if isinstance(child, Group):
                yield from child.walk()
            else:
                yield child

    @property
    def is_assumed(self) -> bool:
        """Whether every rule below says what holds where the payload says nothing."""
        return not self.merges and all(
            step.is_constant or step.default is not UNSET for step in self.walk()
        )

    @property
    def is_constant(self) -> bool:
        """Whether nothing below is read from the payload."""
        return all(step.is_constant for step in self.walk())


class Mark(NamedTuple):
    """A constant that classifies an item of ours, and what the field is when it is not given."""

    value: Any
    default: Any


def find_marks(level: Level) -> dict[Keys, dict[str, Mark]]:
    """The constants by which the items of lists are told that rules name by their index.

    `fees.0.kind: {value: delivery}` says that `fees.0` is the delivery fee, wherever it stands.
    What classifies counts, kinds and enumerations: a constant name only fills a gap, unless two
    items of one kind are told apart by it.
    """
    marks: dict[Keys, dict[str, Mark]] = {}
    others: dict[Keys, dict[str, Mark]] = {}
    for step in level.steps:
        if step.is_constant and len(step.keys) > 1 and isinstance(step.keys[-2], int):
            type_ = step.slots[-1].type_
            is_enum = isinstance(type_, type) and issubclass(type_, OpenEnum)
            name = str(step.keys[-1])
            default = step.slots[-2].type_.model_fields[name].default
            found = marks if is_enum or name == "kind" else others
            found.setdefault(step.keys[:-1], {})[name] = Mark(step.value, default)

    def count(own: dict[str, Mark], at: Keys) -> int:
        return sum(one == own and place[:-1] == at[:-1] for place, one in marks.items())

    told = {
        at: own | (others.get(at, {}) if count(own, at) > 1 else {}) for at, own in marks.items()
    }
    marks = told
    # What nothing tells apart goes by its place, as it always did.
    return {at: own for at, own in told.items() if count(own, at) == 1}


def collect_levels(levels: Iterable[Level]) -> list[Level]:
    """All levels, also the nested ones, each once."""
    found: dict[int, Level] = {}
    waiting = list(levels)
    while waiting:
        level = waiting.pop()
        if level.number not in found:
            found[level.number] = level
            waiting += level.levels
    return list(found.values())


def group_fields(steps: list[PlannedRule], *, inward: bool) -> Group:
    """The tree of a level's canonical fields in one direction.

    Raises:
        ValueError: A field is mapped twice, as a whole and in parts.
    """
    root = Group("model")
    used = [step for step in steps if (step.reads if inward else step.writes)]
    # An object may be filled by several rules; those on the whole of it come after its parts.
    for step in sorted(used, key=lambda step: (step.is_object, -len(step.slots))):
        if not _add(root, step):
            dotted = ".".join(map(str, step.keys))
            raise ValueError(f"{dotted} is also mapped as a whole or in parts")
    return root


def _add(root: Group, step: PlannedRule) -> bool:
    """Put a step into the tree; False when something else is in its place."""
    node = root
    for slot in step.slots[:-1]:
        kind: Kind = "dict" if slot.kind == "leaf" else slot.kind
        child = node.children.setdefault(slot.key, Group(kind, slot))
        if isinstance(child, PlannedRule):
            return False
        node = child
    if not step.slots:
        node.merges.append(step)
        return True
    key = step.keys[-1]
    present = node.children.get(key)
    if isinstance(present, Group) and step.is_object:
        present.merges.append(step)
        return True
    if present is not None:
        return False
    node.children[key] = step
    return True
