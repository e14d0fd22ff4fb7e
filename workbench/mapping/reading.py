"""Generates the functions that read a partner's payload into the input of a canonical class."""

from __future__ import annotations

from typing import Any

from workbench.canonical import Money, UnitPrice
from workbench.mapping import arranging, money, runtime
from workbench.mapping.code import GeneratedCode
from workbench.mapping.plan import UNSET, Arrangement, Case, Group, Level, PlannedRule, group_fields
from workbench.model import ItemFilter, Steps

_CALLED = (
    ItemFilter,
    runtime.pick,
    runtime.refuse_list,
    runtime.refuse_word,
    runtime.is_null,
    runtime.join_parts,
    runtime.reach,
    runtime.merge,
    arranging.spread,
    arranging.unite,
    runtime.pluck,
    runtime.take_off,
    money.amount,
    arranging.join_nights,
)


def emit_reader(code: GeneratedCode, level: Level) -> None:
    """Append `read_N(s, cur)`: source object and currency in, dictionary for pydantic out."""
    for called in _CALLED:
        code.bind(called.__name__, called)
    with code.block(f"def read_{level.number}(s, cur):  # {level.title!r}"):
        if level.case is not None:
            _emit_case(code, level.case)
            return
        tree = group_fields(level.steps, inward=True)
        code.add(f"return {_emit_group(code, tree, eager=not level.is_lenient)}")


def _emit_case(code: GeneratedCode, case: Case) -> None:
    word = PlannedRule(number=0, slots=(), source=case.source)
    code.add(f"w = reach(s, {case.source!r})")
    for expected, level in case.branches.items():
        with code.block(f"if {_equals('w', expected)}:"):
            code.add(f"return read_{level.number}(s, cur)")
    if case.other is not None:
        code.add(f"return read_{case.other.number}(s, cur)")
    else:
        code.add(f"refuse_word({tuple(case.branches)!r})", word)


def _equals(name: str, value: Any) -> str:
    """The condition that a variable holds a JSON scalar; true is not 1."""
    return f"{name} == {value!r} and type({name}) is {type(value).__name__}"


def _emit_group(code: GeneratedCode, group: Group, *, eager: bool) -> str:
    """Build a group into a variable.

    Eager: the group is there whatever the payload says, so that a missing required field is an
    error; else it stays empty unless something of it is in the payload.
    """
    if group.kind == "list":
        return _emit_list(code, group)
    inner: dict[Any, str] = {}
    direct: list[tuple[Any, PlannedRule]] = []
    later: list[tuple[Any, PlannedRule]] = []
    constants: list[tuple[Any, PlannedRule | Group]] = []
    for key, child in group.children.items():
        if child.is_constant and not (eager and isinstance(child, Group)):
            constants.append((key, child))
        elif isinstance(child, Group):
            # What several rules fill may get its required fields from any of them.
            required = child.slot is not None and child.slot.required and not child.merges
            inner[key] = _emit_group(code, child, eager=eager and (required or child.is_constant))
        else:
            is_direct = eager and _is_direct(child) and not group.merges
            (direct if is_direct else later).append((key, child))
    name = code.variable("g")
    with code.block(f"{name} = {{"):
        for key, step in direct:
            code.add(f"{key!r}: {_convert(code, step, _index('s', step.source or ()))},", step)
    code.add("}")
    for key, step in later:
        _emit_optional(code, step, (f"{name}[{key!r}] = ", ""))
        if eager and step.default is not UNSET:
            code.add(f"if {key!r} not in {name}: {name}[{key!r}] = {_constant(code, step)}")
    for key, variable in inner.items():
        code.add(f"if {variable}: {name}[{key!r}] = {variable}")
    for step in group.merges:
        _emit_optional(code, step, (f"merge({name}, ", ")"))
    _emit_constants(code, group, name, constants, eager=eager)
    return name


def _emit_constants(
    code: GeneratedCode,
    group: Group,
    name: str,
    constants: list[tuple[Any, PlannedRule | Group]],
    *,
    eager: bool,
) -> None:
    late_defaults = [
        (key, child)
        for key, child in group.children.items()
        if isinstance(child, PlannedRule) and child.default is not UNSET and not eager
    ]
    if not constants and not late_defaults:
        return
    is_there = eager or group.is_constant or group.is_assumed
    with code.block("if True:" if is_there else f"if {name}:"):
        for key, child in constants:
            if isinstance(child, Group):
                value = _emit_group(code, child, eager=True)
            else:
                value = _constant(code, child)
            code.add(f"{name}[{key!r}] = {value}")
        for key, child in late_defaults:
            code.add(f"if {key!r} not in {name}: {name}[{key!r}] = {_constant(code, child)}")


def _emit_list(code: GeneratedCode, group: Group) -> str:
    name = code.variable("g")
    code.add(f"{name} = []")
    for _key, child in sorted(group.children.items(), key=lambda pair: int(pair[0])):
        if isinstance(child, Group):
            variable = _emit_group(code, child, eager=False)
            code.add(f"if {variable}: {name}.append({variable})")
        elif child.is_constant:
            code.add(f"{name}.append({_constant(code, child)})")
        else:
            _emit_optional(code, child, (f"{name}.append(", ")"))
    return name


def _is_direct(step: PlannedRule) -> bool:
    """Whether the source is simply indexed, because without it there is no entity."""
    return (
        step.slots[-1].required
        and step.default is UNSET
        and step.none is UNSET
        and step.join is None
        and step.less is None
        and not step.is_list
        and bool(step.source)
        and all(isinstance(part, str) for part in step.source or ())
    )


def _emit_optional(code: GeneratedCode, step: PlannedRule, around: tuple[str, str]) -> None:
    """Read a value that may be missing; `around` is what stands around it in the assignment."""
    head, tail = around
    if step.join is not None:
        code.add(f"v = join_parts(s, {step.join.paths!r}, {step.join.separator!r})", step)
    else:
        _emit_fetch(code, step, step.source or ())
    if step.less is not None:
        less = code.bind(f"l{step.number}", step.less)
        code.add(f"if v is not None: v = take_off(s, v, {less})", step)
    if step.none is not UNSET:
        code.add(f"if {_equals('v', step.none)}: v = None; {head}None{tail}")
    with code.block("if v is not None:", step):
        if step.is_list:
            _emit_items(code, step)
            code.add(f"{head}a{step.number}{tail}", step)
        elif step.level is not None and step.level.is_lenient:
            code.add(f"v = {_convert(code, step, 'v')}", step)
            code.add(f"if v: {head}v{tail}", step)
        else:
            code.add(f"{head}{_convert(code, step, 'v')}{tail}", step)
    if step.keeps_null and step.is_nullable:
        code.add(f"elif is_null(s, {step.source!r}): {head}None{tail}")


def _emit_items(code: GeneratedCode, step: PlannedRule) -> None:
    """Convert the items of the list in `v` into a variable."""
    items, shape = f"a{step.number}", step.shape
    code.add(f"{items} = []", step)
    if step.item:
        code.add(f"v = pluck(v, {step.item!r})", step)
    if shape is None:
        with code.block("for x in v if type(v) is list else refuse_list(v):", step):
            code.add(f"{items}.append({_convert(code, step, 'x')})", step, is_item=True)
        return
    _emit_arranged(code, step, shape)
    if shape.is_overnight:
        code.add(f"{items} = join_nights({items})", step)
    if step.nested is not None:
        code.add(f"{items} = unite({items}, n{step.number})", step)


def _emit_arranged(code: GeneratedCode, step: PlannedRule, shape: Arrangement) -> None:
    items, place = f"a{step.number}", f"t{step.number}"
    if step.nested is not None:
        code.add(f"n{step.number} = []", step)
    call = f"spread(v, {code.bind(f'h{step.number}', shape)})"
    with code.block(f"for {place}, k, h, x in {call}:", step):
        code.add(f"y = {_convert(code, step, 'x')}", step, is_item=True)
        if shape.group is not None:
            code.add(f"merge(y, read_{shape.group.number}(h, cur))", step, is_item=True)
        if shape.key is not None:
            code.add(f"merge(y, read_{shape.key.number}(k, cur))", step, is_item=True)
        code.add(f"{items}.append(y)")
        if step.nested is not None:
            code.add(f"n{step.number}.append(reach(x, {step.nested!r}))")


def _emit_fetch(code: GeneratedCode, step: PlannedRule, source: Steps) -> None:
    """Walk to the source, stopping at what is missing or null, and leave the value in `v`."""
    if not source:
        code.add("v = s", step)
    for position, part in enumerate(source):
        start = "s" if position == 0 else "v"
        got = f"{start}.get({part!r})" if isinstance(part, str) else f"pick({start}, {part!r})"
        code.add(f"v = {got}" if position == 0 else f"if v is not None: v = {got}", step)


def _index(start: str, source: Steps) -> str:
    return start + "".join(f"[{part!r}]" for part in source)


def _convert(code: GeneratedCode, step: PlannedRule, value: str) -> str:
    """The expression that converts a value; `value` is a local name or a subscript."""
    codec = step.codec
    name = "" if codec is None else code.bind(f"r{step.number}", codec.read)
    if step.level is not None:
        return f"read_{step.level.number}({f'{name}({value})' if codec else value}, cur)"
    if codec is None:
        return value
    if codec.read_inline:
        if value.isidentifier() or "{v}" not in codec.read_inline:
            return codec.read_inline.format(first=value, v=value, c=name)
        return codec.read_inline.format(first=f"(v := {value})", v="v", c=name)
    return f"{name}({value}, cur)" if codec.is_money else f"{name}({value})"


def _constant(code: GeneratedCode, step: PlannedRule) -> str:
    value = step.value if step.is_constant else step.default
    if step.slots[-1].type_ in {Money, UnitPrice} and isinstance(value, int):
        return f"amount({value}, cur)"
    return code.bind(f"k{step.number}", value)
