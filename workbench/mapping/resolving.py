"""From the grammar to the plan: names are looked up, mistakes get their place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, count
from typing import Any
from zoneinfo import ZoneInfo

from workbench.canonical import Entity, Weekday, WeeklyRange
from workbench.mapping import grammar
from workbench.mapping.canonical_fields import (
    Slot,
    find_entity,
    item_type,
    kind_of,
    name_type,
    resolve_field,
)
from workbench.mapping.choosing import choose_codec, find_separator, list_words, type_value
from workbench.mapping.codec import Codec
from workbench.mapping.consistency import check_level, is_clash, nest_items
from workbench.mapping.converters import CONVERTERS
from workbench.mapping.enums import cast_word, guess_type
from workbench.mapping.grammar import SourceLocation
from workbench.mapping.plan import (
    UNSET,
    Arrangement,
    Case,
    Join,
    Less,
    Level,
    PlannedRule,
    collect_levels,
    group_fields,
)
from workbench.model import Steps, parse_path
from workbench.text import suggest_name, write_pointer

# Key of a rule on the object itself; word of a branch for all others; the converter of two fields.
ITSELF = "."
OTHERWISE = "*"
OMIT = "omit"  # `closed: omit`: days without openings are left out
COORDINATES = "coordinates"
_COORDINATES = {
    name: grammar.Rule.model_validate({"from": f"$.{name}"}) for name in ("latitude", "longitude")
}


def resolve_file(file: grammar.MappingFile, name: str, zone: ZoneInfo) -> dict[str, Level]:
    """The plan of every mapping of a file, by name.

    Raises:
        MappingError: With the place in the file and a hint.
    """
    where = SourceLocation(name, ("mappings",))
    numbers = count(1)
    levels = {
        title: Level(
            next(numbers),
            title,
            where.at(title, "into").look(find_entity, mapping.into),
            write_pointer(where.at(title).steps),
            keeps_nulls=mapping.nulls == "keep",
            is_root=True,
        )
        for title, mapping in file.mappings.items()
    }
    is_scaled = any(mapping.exponent is not None for mapping in file.mappings.values())
    resolver = _Resolver(levels, zone, numbers, is_scaled)
    for title, mapping in file.mappings.items():
        resolver.fill(levels[title], mapping, where.at(title))
    for level in collect_levels(levels.values()):
        check_level(level, where)
    return levels


@dataclass(frozen=True, slots=True)
class _Resolver:
    levels: dict[str, Level]
    zone: ZoneInfo
    numbers: Iterator[int]
    is_scaled: bool

    def choose(
        self, rule: grammar.Rule, type_: Any, where: SourceLocation, *, writes: bool
    ) -> Codec:
        """The codec of a rule; where minor units may be others', no shortcut past the codec."""
        codec = choose_codec(rule, type_, where, self.zone, writes=writes)
        if self.is_scaled and codec.is_money:
            return replace(codec, read_inline="", write_inline="")
        return codec

    def fill(self, level: Level, mapping: grammar.Mapping, where: SourceLocation) -> None:
        """Resolve one mapping into its level."""
        if mapping.currency is not None:
            level.currency = where.at("currency").look(parse_path, mapping.currency)
        exponent = mapping.exponent
        if isinstance(exponent, str):
            level.exponent = where.at("exponent").look(parse_path, exponent)
        else:
            level.exponent = exponent
        level.constants = {
            where.at("constants", path).look(parse_path, path): value
            for path, value in mapping.constants.items()
        }
        level.ignored = tuple(
            where.at("ignore", index, "path").look(parse_path, item.path, wildcards=True)
            for index, item in enumerate(mapping.ignore)
        )
        for index, item in enumerate(mapping.unfilled):
            where.at("unfilled", index, "field").look(resolve_field, level.model, item.field)
        level.unfilled = frozenset(item.field for item in mapping.unfilled)
        self.fill_fields(level, mapping.fields, where.at("fields"))
        own = next((step for step in level.steps if step.keys == ("currency",)), None)
        if own is not None and level.currency is None:
            # The currency of the whole is that of its amounts, where nothing else is said.
            if own.is_constant and isinstance(own.value, str):
                level.fixed_currency = own.value
            elif not own.label and own.reads and own.writes:
                level.currency = own.source

    def fill_fields(
        self, level: Level, fields: dict[str, grammar.Rule], where: SourceLocation
    ) -> None:
        """Resolve the rules of a level, and refuse those that contradict each other."""
        for dotted, rule in fields.items():
            level.steps.append(self.resolve_rule(level, dotted, rule, where.at(dotted)))
        for inward in (True, False):
            where.look(group_fields, level.steps, inward=inward)
        for dotted, step in zip(fields, level.steps, strict=True):
            nest_items(step, level.steps, where.at(dotted))
        writers = [
            (dotted, step) for dotted, step in zip(fields, level.steps, strict=True) if step.writes
        ]
        for (_, one), (dotted, other) in combinations(writers, 2):
            if is_clash(one, other):
                raise where.at(dotted).error(
                    "another rule writes the same value of theirs",
                    "give the one that shall not be written `one-way: in`",
                )

    def resolve_rule(
        self, level: Level, dotted: str, rule: grammar.Rule, where: SourceLocation
    ) -> PlannedRule:
        """Resolve one rule."""
        slots = () if dotted == ITSELF else where.look(resolve_field, level.model, dotted)
        is_object = is_object_rule(rule) or rule.as_ == COORDINATES
        if dotted == ITSELF and (rule.from_ is None or not is_object):
            raise where.error(
                "`.` stands for the object itself", "give it `from` with `fields`, `use` or `case`"
            )
        key, paths = self.find_paths(rule, where)
        step = PlannedRule(
            number=next(self.numbers),
            slots=slots,
            source=paths[0] if paths else None,
            place=write_pointer(where.steps),
            is_list=rule.each is not None,
            reads=rule.one_way != "out",
            writes=rule.one_way != "in" and bool(paths),
            keeps_null=level.keeps_nulls if rule.nulls is None else rule.nulls == "keep",
            label=rule.as_ or ("enum" if rule.enum else ""),
            is_lossy=_is_lossy(rule),
        )
        if "[*]" in (rule.each or ""):
            step.item = where.at("each").look(
                parse_path, "$" + (rule.each or "").partition("[*]")[2]
            )
        if step.writes and any(isinstance(part, int) and part < 0 for part in chain(*paths)):
            raise where.at(key).error(
                "an index from the end cannot be written", "give the rule `one-way: in`"
            )
        self.set_meaning(level, dotted, step, rule, where)
        if rule.less is not None:
            step.less = self.find_less(rule.less, step, where.at("less"))
        if rule.join is not None:
            step.join = Join(tuple(paths), find_separator(rule), rule.split or "first")
        return step

    def find_less(self, less: grammar.PriceParts, step: PlannedRule, where: SourceLocation) -> Less:
        """What a price of theirs contains."""
        if step.label not in {"minor", "decimal"}:
            raise where.error("only a plain amount contains others", "use `minor` or `decimal`")
        quantity = less.quantity
        return Less(
            source=step.source or (),
            each=where.at("each").look(parse_path, less.each),
            price=where.at("price").look(parse_path, less.price),
            quantity=None if quantity is None else where.at("quantity").look(parse_path, quantity),
        )

    def find_paths(self, rule: grammar.Rule, where: SourceLocation) -> tuple[str, list[Steps]]:
        """The key that holds the path of theirs, and the path, or all of a `join`."""
        if rule.join is not None:
            places = where.at("join")
            return "join", [
                places.at(index).look(parse_path, path) for index, path in enumerate(rule.join)
            ]
        given = {"from": rule.from_, "each": rule.each, "to": rule.to}
        key, path = next((item for item in given.items() if item[1] is not None), ("to", None))
        if key == "each" and path is not None:
            path = path.partition("[*]")[0]
        return key, [] if path is None else [where.at(key).look(parse_path, path)]

    def set_meaning(
        self,
        level: Level,
        dotted: str,
        step: PlannedRule,
        rule: grammar.Rule,
        where: SourceLocation,
    ) -> None:
        """What the rule does with what it finds: a constant, an object, or a converted value."""
        model = step.slots[-1].type_ if step.slots else level.model
        if "value" in rule.model_fields_set:
            self.set_constant(step, rule, where)
        elif is_object_rule(rule):
            step.level = self.find_level(level, dotted, step, rule, where)
            step.shape = self.find_shape(level, dotted, step.level, rule, where)
        elif rule.as_ == COORDINATES and not step.is_list:
            step.codec = self.choose(rule, model, where, writes=step.writes)
            step.level = self.add_level(level, dotted, model, where)
            step.level.is_lenient = True
            step.level.is_root = level.is_root and not step.slots
            self.fill_fields(step.level, _COORDINATES, where)
        else:
            type_ = self.find_value_type(step, where)
            step.codec = self.choose(rule, type_, where, writes=step.writes)
            step.words = list_words(rule)
            if "default" in rule.model_fields_set:
                step.default = type_value(rule.default, type_, where.at("default"))
            if rule.none is not None:
                step.none = rule.none
                if not step.slots[-1].nullable:
                    raise where.at("none").error(f"{dotted} cannot be None", "use `default`")

    def set_constant(self, step: PlannedRule, rule: grammar.Rule, where: SourceLocation) -> None:
        """Check a constant against the field, and that it can be written if it has to be."""
        slot = step.slots[-1]
        step.value = type_value(rule.value, slot.type_, where.at("value"))
        if not step.writes:
            return
        in_entity = len(step.slots) == 1 or step.slots[-2].kind == "model"
        if not (in_entity and isinstance(step.value, (str, int, float))):
            raise where.at("to").error(
                "only text, numbers and booleans of an entity are written as constants",
                "use `constants` for what is always written",
            )
        step.codec = self.choose(rule, slot.type_, where, writes=True)

    def find_value_type(self, step: PlannedRule, where: SourceLocation) -> Any:
        """The type that one converted value has to have."""
        slot = step.slots[-1]
        if step.is_list:
            return item_type(self.require_list(slot, where))
        if slot.kind == "model":
            raise where.error(
                f"{slot.key} is an object ({slot.type_.__name__})",
                "map its fields: by dotted names, or with `from` and `fields`",
            )
        return slot.type_

    def require_list(self, slot: Slot, where: SourceLocation) -> Slot:
        """The slot, if it is a list."""
        if slot.kind != "list":
            raise where.at("each").error(
                f"{slot.key} is not a list", "use `from`; with `fields` if it is an object"
            )
        return slot

    def find_level(
        self,
        parent: Level,
        dotted: str,
        step: PlannedRule,
        rule: grammar.Rule,
        where: SourceLocation,
    ) -> Level:
        """The level of a nested object: another mapping's, or one of its own."""
        if not step.slots:
            model = parent.model
        elif step.is_list:
            model = item_type(self.require_list(step.slots[-1], where))
        else:
            model = step.slots[-1].type_
        key = "use" if rule.use else "case" if rule.case else "fields"
        if kind_of(model) != "model":
            message = f"{dotted} takes {name_type(model)}, no object"
            if kind_of(model) == "list":
                raise where.error(message, "read a list by `each`")
            raise where.at(key).error(message, "use `as` or `enum`")
        if rule.use is not None:
            return self.use_level(rule.use, model, where.at("use"))
        level = self.add_level(parent, dotted, model, where)
        level.is_root = parent.is_root and not step.slots
        required = bool(step.slots) and step.slots[-1].required
        level.is_lenient = not step.is_list and not step.source and not required
        if rule.case is not None:
            level.case = self.find_case(level, rule, where)
        else:
            self.fill_fields(level, rule.fields or {}, where.at("fields"))
        return level

    def add_level(
        self, parent: Level, dotted: str, model: type[Entity], where: SourceLocation
    ) -> Level:
        """An own level of a rule."""
        if kind_of(model) != "model":
            raise where.error(f"{dotted} is no object")
        title = parent.title if dotted == ITSELF else f"{parent.title}.{dotted}"
        place = write_pointer(where.steps)
        return Level(next(self.numbers), title, model, place, keeps_nulls=parent.keeps_nulls)

    def find_case(self, level: Level, rule: grammar.Rule, where: SourceLocation) -> Case:
        """The branches of a `case`."""
        case = Case(where.at("case").look(parse_path, rule.case or "$"))
        branches = rule.when or {}
        words = [word for word in branches if word != OTHERWISE]
        type_ = guess_type(words)
        for word, branch in branches.items():
            place = where.at("when", word)
            if branch.use is not None:
                found = self.use_level(branch.use, level.model, place.at("use"))
            else:
                found = self.add_level(level, word, level.model, place)
                found.is_root, found.is_lenient = level.is_root, level.is_lenient
                self.fill_fields(found, branch.fields or {}, place.at("fields"))
            if word == OTHERWISE:
                case.other = found
            else:
                case.branches[cast_word(word, type_)] = found
        return case

    def find_shape(
        self, parent: Level, dotted: str, item: Level, rule: grammar.Rule, where: SourceLocation
    ) -> Arrangement | None:
        """The arrangement of a list that is no plain one."""
        if not rule.model_fields_set & {"key", "inner", "overnight"}:
            return None
        found: dict[str, Level | None] = {"key": None, "group": None}
        for name, fields in (("key", rule.key), ("group", rule.group)):
            if fields is not None:
                level = self.add_level(parent, dotted, item.model, where)
                level.is_lenient = True
                self.fill_fields(level, fields, where.at(name))
                found[name] = level
        if rule.overnight and item.model is not WeeklyRange:
            raise where.at("overnight").error("only openings of the week are split at midnight")
        inner = tuple(where.at("inner").look(parse_path, path) for path in rule.inner or ())
        closed = rule.closed if "closed" in rule.model_fields_set else UNSET
        days = _list_days(found["key"]) if inner or closed is not UNSET else ()
        if closed == OMIT:
            days, closed = (), UNSET
        return Arrangement(
            found["key"], inner, found["group"], rule.overnight is not None, days, closed
        )

    def use_level(self, name: str, model: type[Entity], where: SourceLocation) -> Level:
        """Another mapping of the file, if it gives what is needed."""
        if name not in self.levels:
            raise where.error(f"there is no mapping {name!r}", suggest_name(name, self.levels))
        level = self.levels[name]
        if level.model is not model:
            raise where.error(
                f"{name!r} gives {level.model.__name__}, {model.__name__} is needed",
                f"use a mapping `into: {model.__name__}`",
            )
        return level


def _list_days(key: Level | None) -> tuple[Any, ...]:
    """Their words for the days, if the key is a day of the week and nothing else."""
    steps = [] if key is None else key.steps
    codec = steps[0].codec if len(steps) == 1 and steps[0].slots[-1].type_ is Weekday else None
    return () if codec is None else tuple(codec.write(day) for day in Weekday)


def is_object_rule(rule: grammar.Rule) -> bool:
    """Whether a rule is on objects of theirs."""
    return rule.fields is not None or rule.use is not None or rule.case is not None


def _is_lossy(rule: grammar.Rule) -> bool:
    """Whether a rule says that what was read is not written back to the letter."""
    converter = CONVERTERS.get(rule.as_ or "")
    is_stated = rule.one_way == "in" or bool(rule.back) or "rounding" in rule.options
    return is_stated or (converter is not None and converter.is_lossy)
