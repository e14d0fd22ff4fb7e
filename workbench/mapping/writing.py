"""Generates the functions that write a canonical entity as the partner's payload.

Only fields that were given are written (`model_fields_set`), and a None that was given is null, so
that a partial update can be built from a partial entity.
"""

from __future__ import annotations

from contextlib import nullcontext

from workbench.mapping import arranging, runtime
from workbench.mapping.code import Display, GeneratedCode, display_whole, is_certain
from workbench.mapping.plan import UNSET, Case, Group, Level, PlannedRule, find_marks, group_fields
from workbench.model import ItemFilter, Keys, Steps
from workbench.text import write_pointer

_LAST = 100
_FIELDS_SET = "__pydantic_fields_set__"
_CALLED = (
    ItemFilter,
    runtime.find_marked,
    runtime.put,
    runtime.merge,
    runtime.refuse_constant,
    runtime.refuse_entity,
    runtime.split_parts,
    runtime.plant,
    runtime.add_on,
    arranging.place_nested,
    arranging.Gathering,
    arranging.split_nights,
)


def emit_writer(code: GeneratedCode, level: Level) -> None:
    """Append `write_N(e, fs, cur)`: entity, its given fields, currency in; payload out.

    Levels that may be written in part also get `patch_N`, which takes no field for granted.
    """
    for called in _CALLED:
        code.bind(called.__name__, called)
    for verb in ("write", "patch") if level.is_root else ("write",):
        with code.block(f"def {verb}_{level.number}(e, fs, cur):  # {level.title!r}"):
            if level.case is not None:
                _emit_case(code, level, level.case, verb)
            else:
                _Writer(code, level, verb).emit_level()


def _emit_case(code: GeneratedCode, level: Level, case: Case, verb: str) -> None:
    """Choose the branch by the constants that it fills; its word is written at the path."""
    for word, branch in case.branches.items():
        marks = [
            f"e.{field} == {code.bind(f'm{branch.number}_{field}', value)}"
            for field, value in branch.marks.items()
        ]
        with code.block(f"if {' and '.join(marks) or 'True'}:"):
            code.add(f"out = {verb}_{branch.number}(e, fs, cur)")
            code.add(f"put(out, {case.source!r}, {word!r})")
            code.add("return out")
    if case.other is not None:
        code.add(f"return {verb}_{case.other.number}(e, fs, cur)")
    else:
        marked = sorted({field for branch in case.levels for field in branch.marks})
        nothing = PlannedRule(number=0, slots=(), source=case.source)
        code.add(f"refuse_entity({level.model.__name__!r}, {marked!r})", nothing)


class _Writer:
    """Writes one level; knows which paths of theirs are shared by several rules."""

    def __init__(self, code: GeneratedCode, level: Level, verb: str) -> None:
        self.code = code
        self.level = level
        self.verb = verb
        steps = [step for step in level.steps if step.writes]
        # Parents that are there for sure, by path: the local variables that hold them.
        self.parents: dict[Steps, str] = {(): "out"}
        self.paths = [path for step in steps for path in step.sources]
        self.shared = {
            step.number
            for step in steps
            if sum(_is_prefix(step.source or (), path) for path in self.paths) > 1
        }
        # Rules and objects that the display at the start has seen to.
        self.done: set[int] = set()
        self.made: set[Steps] = set()
        self.marks = find_marks(level)

    def emit_level(self) -> None:
        """Write the whole level."""
        tree = group_fields(self.level.steps, inward=False)
        self.open(tree)
        self.emit(tree, "e", "fs", is_partial=self.verb == "patch")
        self.code.add("return out")

    def open(self, tree: Group) -> None:
        """Start the object with the values that are always there, in one display."""
        paths = [path for path in self.paths if path]
        if paths and not any(isinstance(path[0], str) for path in paths):
            self.code.add("out = []")
            return
        sure = [step for step in tree.children.values() if self.is_sure(step)]
        display = Display(step for step in sure if isinstance(step, PlannedRule))
        if self.verb == "write":
            self.done = {step.number for step in display.steps}
            self.made = set(display.paths)
        with self.code.block("out = {"):
            if self.verb == "write":
                self.emit_display(display, "e")
        self.code.add("}")
        for steps, value in self.level.constants.items():
            self.code.add(f"put(out, {steps!r}, {value!r})")

    def emit_display(
        self, display: Display, entity: str, around: PlannedRule | None = None
    ) -> None:
        """Write the members of an object display, nested ones in place."""
        for name, member in display.members.items():
            if isinstance(member, PlannedRule):
                value = self.convert(member, f"{entity}.{member.keys[0]}")
                self.code.add(f"{name!r}: {value},", member, around=around)
            else:
                with self.code.block(f"{name!r}: {{"):
                    self.emit_display(member, entity, around)
                self.code.add("},")

    def is_sure(self, step: Group | PlannedRule) -> bool:
        """Whether a value is there in every entity, for a place of its own."""
        return is_certain(step) and step.number not in self.shared

    def emit(
        self, group: Group, entity: str, given: str, at: Keys = (), *, is_partial: bool = False
    ) -> None:
        """Write the fields of an entity, a dictionary or a list that a variable holds."""
        # What stands in lists of other rules comes after these, the deepest last.
        for key, child in sorted(group.children.items(), key=lambda pair: _depth(pair[1])):
            if isinstance(child, PlannedRule) and child.number in self.done:
                continue
            condition, value = _reach(group, child, key, entity, given, is_partial=is_partial)
            if marks := self.marks.get((*at, key)):
                value = self.code.variable("q")
                bound = self.code.bind(
                    f"m{self.level.number}{write_pointer((*at, key)).replace('/', '_')}", marks
                )
                condition = f"({value} := find_marked({entity}, {bound})) is not None"
            with self.code.block(f"if {condition}:") if condition else nullcontext():
                if isinstance(child, Group):
                    self.emit_group(child, value, (*at, key))
                elif child.is_constant:
                    self.emit_constant(child, key, value, given)
                else:
                    self.emit_step(child, value)
                    self.emit_contained(child)
        for step in group.merges:
            verb = "patch" if is_partial else "write"
            number = 0 if step.level is None else step.level.number
            self.code.add(f"v = {verb}_{number}({entity}, {given}, cur)", step)
            self.assign_object(step)

    def emit_contained(self, step: PlannedRule) -> None:
        """Add to a price what theirs contains; this is written before."""
        if step.less is not None:
            less = self.code.bind(f"l{step.number}", step.less)
            self.code.add(f"add_on(out, {less})", step)

    def emit_group(self, group: Group, value: str, at: Keys) -> None:
        """Enter a group; one that was given as None is null wherever its parts are written."""
        name = self.code.variable("e")
        self.code.add(f"{name} = {value}")
        given = self.code.variable("f")
        nulls = [step for step in group.walk() if not step.is_constant]
        if group.slot is not None and group.slot.nullable and nulls:
            with self.code.block(f"if {name} is None:"):
                for step in nulls:
                    self.assign_null(step)
        with self.code.block(f"if {name} is not None:"):
            if group.kind == "model":
                self.code.add(f"{given} = {name}.{_FIELDS_SET}")
            self.emit(group, name, given, at)

    def emit_constant(self, step: PlannedRule, key: str | int, value: str, given: str) -> None:
        """Write a `value` rule with `to`; another value in the entity cannot be expressed."""
        constant = self.code.bind(f"k{step.number}", step.value)
        self.code.add(
            f"if {key!r} in {given} and {value} != {constant}: "
            f"refuse_constant({value}, {constant})",
            step,
        )
        codec = step.codec
        self.assign(step, repr(codec.write(step.value)) if codec else constant)

    def emit_step(self, step: PlannedRule, value: str) -> None:
        """Write one value, object or list."""
        inline = self.inline(step, value)
        is_plain = inline == value
        if inline and (is_plain or not step.is_nullable) and step.none is UNSET:
            self.assign(step, inline)
            return
        self.code.add(f"v = {value}", step)
        if not step.is_nullable:
            self.emit_value(step)
            return
        with self.code.block("if v is None:"):
            self.assign_null(step)
        with self.code.block("else:"):
            self.emit_value(step)

    def inline(self, step: PlannedRule, value: str) -> str:
        """The expression of a value that one converter writes; empty for anything else."""
        is_single = step.level is None and not step.is_list and step.join is None
        return self.convert(step, value) if is_single else ""

    def emit_value(self, step: PlannedRule) -> None:
        """Convert what is in `v` and assign it."""
        if step.is_list:
            self.emit_items(step)
        elif step.level is not None:
            self.code.add(f"v = {self.convert(step, 'v')}", step)
            self.assign_object(step)
        else:
            self.assign(step, self.convert(step, "v"))

    def emit_items(self, step: PlannedRule) -> None:
        """Convert the items of the list in `v` and assign it."""
        items, shape = f"a{step.number}", step.shape
        if step.nested is not None:
            self.code.add(f"{items} = []", step)
            with self.code.block("for x in v:", step):
                self.code.add(f"{items}.append({self.convert(step, 'x')})", step, is_item=True)
            self.code.add(f"place_nested(out, {step.lists!r}, {step.nested!r}, {items})", step)
            return
        if shape is None:
            self.code.add(f"{items} = []", step)
            with self.code.block("for x in v:", step):
                self.emit_item(step, items)
            self.assign(step, items)
            return
        bound = self.code.bind(f"h{step.number}", shape)
        self.code.add(f"{items} = Gathering({bound})", step)
        parts = [
            "None" if level is None else f"write_{level.number}(x, x.{_FIELDS_SET}, cur)"
            for level in (step.level, shape.group, shape.key)
        ]
        with self.code.block(f"for x in {'split_nights(v)' if shape.is_overnight else 'v'}:", step):
            self.code.add(f"{items}.add({', '.join(parts)})", step, is_item=True)
        self.assign(step, f"{items}.finish()")

    def emit_item(self, step: PlannedRule, items: str) -> None:
        """Append one item; an object whose values are always there is written in place."""
        display = None if step.level is None else display_whole(step.level)
        if display is None:
            value = self.convert(step, "x")
            value = f"plant({step.item!r}, {value})" if step.item else value
            self.code.add(f"{items}.append({value})", step, is_item=True)
            return
        with self.code.block(f"{items}.append({{", step):
            self.emit_display(display, "x", step)
        self.code.add("})")

    def convert(self, step: PlannedRule, value: str) -> str:
        """The expression that converts a local variable."""
        if step.level is not None:
            return f"write_{step.level.number}({value}, {value}.{_FIELDS_SET}, cur)"
        codec = step.codec
        if codec is None:
            return value
        name = self.code.bind(f"w{step.number}", codec.write)
        if codec.write_inline:
            is_name = value.isidentifier() or "{v}" not in codec.write_inline
            first = value if is_name else f"(v := {value})"
            return codec.write_inline.format(first=first, v=value if is_name else "v", c=name)
        return f"{name}({value}, cur)" if codec.is_money else f"{name}({value})"

    def assign_object(self, step: PlannedRule) -> None:
        """Put the object in `v` at the rule's path, unless it is empty for want of values."""
        codec = step.codec
        if codec is not None:
            name = self.code.bind(f"w{step.number}", codec.write)
            with self.code.block("if v:", step):
                self.assign(step, f"{name}(v)", is_merged=False)
        elif step.slots:
            self.assign(step, "v")
        else:
            with self.code.block("if v:", step):
                self.assign(step, "v")

    def assign_null(self, step: PlannedRule) -> None:
        """Write our None."""
        self.assign(step, "None" if step.none is UNSET else repr(step.none))

    def assign(self, step: PlannedRule, value: str, *, is_merged: bool = True) -> None:
        """Put an expression at the rule's path."""
        path = step.source or ()
        add = self.code.add
        if step.join is not None:
            join = self.code.bind(f"j{step.number}", step.join)
            add(f"split_parts(out, {join}, {value})", step)
        elif not path:
            if step.is_object and is_merged:
                add(f"merge(out, {value} or {{}})", step)
            else:
                add(f"out = {value}", step)
        elif step.number in self.shared or not all(isinstance(part, str) for part in path):
            add(f"put(out, {path!r}, {value})", step)
        else:
            parent = self.find_parent(path[:-1], step)
            add(f"{parent}[{path[-1]!r}] = {value}", step)

    def find_parent(self, path: Steps, step: PlannedRule) -> str:
        """The expression of the object at a path, made if need be."""
        if path in self.parents:
            return self.parents[path]
        outer = self.find_parent(path[:-1], step)
        is_made = path in self.made
        made = f"{outer}[{path[-1]!r}]" if is_made else f"{outer}.setdefault({path[-1]!r}, {{}})"
        if self.code.depth > 1 or not outer.isidentifier():
            return made
        name = self.parents[path] = self.code.variable("o")
        self.code.add(f"{name} = {made}", step)
        return name


def _depth(child: Group | PlannedRule) -> int:
    """How late a rule writes: into lists of other rules, the deeper the later, and sums last."""
    if isinstance(child, Group):
        return max(map(_depth, child.walk()), default=0)
    if child.less is not None:
        return _LAST
    return 0 if child.nested is None else len(child.lists)


def _is_prefix(one: Steps, other: Steps) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _reach(
    group: Group,
    child: Group | PlannedRule,
    key: str | int,
    entity: str,
    given: str,
    *,
    is_partial: bool,
) -> tuple[str, str]:
    """Condition under which a field is written (empty: always), and the expression of its value."""
    if group.kind == "list":
        return f"len({entity}) > {key}", f"{entity}[{key}]"
    if group.kind == "dict":
        return f"{key!r} in {entity}", f"{entity}[{key!r}]"
    slot = child.slot if isinstance(child, Group) else child.slots[-1]
    condition = f"{key!r} in {given}"
    if child.is_constant and isinstance(child, PlannedRule):
        return condition if is_partial else "", f"{entity}.{key}"
    if slot is not None and slot.required and not is_partial:
        condition = ""
    return condition, f"{entity}.{key}"
