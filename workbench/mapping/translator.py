"""Translates between one partner's payloads and our entities, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from workbench.canonical import Entity, Money, walk
from workbench.canonical import exponent as digits_of
from workbench.errors import HookError, InputError, MappingError, TranslationError
from workbench.mapping.code import GeneratedCode
from workbench.mapping.explaining import (
    FAILURES,
    explain,
    explain_entity,
    explain_invalid,
    find_source,
)
from workbench.mapping.hooks import Hook, name_hook
from workbench.mapping.locating import MappedField, find_rules
from workbench.mapping.money import LARGEST_EXPONENT, Unit
from workbench.mapping.plan import Level, PlannedRule, collect_levels
from workbench.mapping.reading import emit_reader
from workbench.mapping.runtime import find_currency, put
from workbench.mapping.tracing import Coverage, FieldTrace, list_unread, trace
from workbench.mapping.writing import emit_writer
from workbench.model import MISSING, collapse_pointer, look_up, pin_filters
from workbench.text import read_pointer, suggest_name, write_pointer


class Program:
    """The functions of all mappings of a file.

    Args:
        levels: The mappings.
        file: The mapping file, for messages.
        currency: The manifest's currency.

    Attributes:
        code: The source, and which rule each line stands for.
        functions: The compiled functions, by name.
    """

    def __init__(self, levels: Iterable[Level], file: str, currency: str) -> None:
        self.file = file
        self.currency = currency
        self.code = GeneratedCode()
        self._name = f"<{file}>"
        for level in collect_levels(levels):
            emit_reader(self.code, level)
            emit_writer(self.code, level)
        self.functions: dict[str, Any] = dict(self.code.names)
        compiled = compile(self.code.text, self._name, "exec")
        exec(compiled, self.functions)  # noqa: S102 our own text; names from the file are literals

    def explain(self, error: BaseException, source: Any, *, inward: bool) -> TranslationError:
        """The located form of an exception of the generated code."""
        return explain(error, self.code, self._name, source, inward=inward)


# Filled by the workbench itself, never by a mapping alone.
_OURS = frozenset({"origin", "ext"})


@dataclass(frozen=True)
class Translation:
    """A payload in our words.

    Coverage and provenance are worked out when first asked for, from the payload as it is then.

    Attributes:
        value: The entity; pydantic-valid, its invariants not yet checked.
        payload: The source, as the hook left it if there is one.
        level: The plan.
    """

    value: Entity
    payload: Any
    level: Level

    @cached_property
    def _trace(self) -> FieldTrace:
        return trace(self.level, self.payload, inward=True)

    @cached_property
    def coverage(self) -> Coverage:
        """Source leaves never read, and top-level canonical fields without a value."""
        filled = {
            name for name in self.value.model_fields_set if getattr(self.value, name) is not None
        }
        unfilled = [
            name
            for name in type(self.value).model_fields
            if name not in filled | _OURS | self.level.unfilled
        ]
        assumed = (".".join(map(str, steps)) for steps in self._trace.assumed)
        return Coverage(list_unread(self.payload, self._trace), tuple(unfilled), tuple(assumed))

    @cached_property
    def unzoned(self) -> tuple[str, ...]:
        """Pointers, list indexes as `*`, of times without the zone that they should say."""
        return tuple(dict.fromkeys(collapse_pointer(steps) for steps in self._trace.unzoned))

    @cached_property
    def assumed_units(self) -> tuple[str, ...]:
        """Currencies without two decimals whose minor units nobody stated.

        100 of such a unit are mostly 100, and with some partners 1: they were counted as ISO 4217
        has them.
        """
        if not assumes_unit(self.level):
            return ()
        amounts = (item for _, item in walk(self.value) if isinstance(item, Money))
        found = {item.currency for item in amounts if item.amount_minor and item.exponent != 2}
        return tuple(sorted(found))

    def declares(self, pointer: str) -> bool:
        """Whether the mapping says of a value of the payload that it is not sent back as it is."""
        steps: list[str | int] = []
        value = self.payload
        for token in read_pointer(pointer):
            step = int(token) if isinstance(value, list) and token.isdecimal() else token
            steps.append(step)
            value = look_up(value, (step,))[0]
        return self._trace.declares(tuple(steps))

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Dotted canonical path → JSON Pointer of the source value."""
        return {
            ".".join(map(str, target)): write_pointer(source)
            for target, source in self._trace.filled.items()
        }


@dataclass(frozen=True)
class Untranslation:
    """An entity in the partner's words.

    Attributes:
        payload: Plain JSON data; an object unless the mapping has a rule for `$`.
        entity: The source.
        level: The plan.
        only: The fields that were asked for; None for all.
    """

    payload: Any
    entity: Entity
    level: Level
    only: frozenset[str] | None = None

    @cached_property
    def coverage(self) -> Coverage:
        """Given fields that no rule writes, and the partner's values that were not written."""
        data = self.entity.model_dump(
            exclude_unset=True,
            exclude_none=True,
            include=None if self.only is None else set(self.only),
        )
        source = {name: value for name, value in data.items() if name not in _OURS}
        unfilled = [
            collapse_pointer(step.source)
            for step in self.level.steps
            if step.writes
            and step.source
            and look_up(self.payload, step.source)[1] < len(step.source)
        ]
        unread = list_unread(source, trace(self.level, data, inward=False))
        return Coverage(unread, tuple(unfilled))


class Translator:
    """One mapping, compiled to Python functions.

    Attributes:
        name: Name of the mapping.
        entity_type: The canonical class.
        can_write: Whether at least one field is written outward.
        source: The generated Python, to read.
        table: Its rules, flat, for people; what decides by a rule asks `rules_of`.
        plan: Its rules, resolved, for checks.
    """

    def __init__(
        self, level: Level, program: Program, table: list[MappedField], hooks: Mapping[str, Hook]
    ) -> None:
        self.name = level.title
        self.table = table
        self.plan = level
        self.entity_type = level.model
        self.can_write = any(step.writes for step in level.steps)
        self.source = program.code.text
        self._program = program
        self._usual_currency = level.fixed_currency or program.currency
        self._prepare = hooks.get(f"read_{name_hook(level.title)}")
        self._finish = hooks.get(f"write_{name_hook(level.title)}")
        self._read: Callable[..., Any] = program.functions[f"read_{level.number}"]
        self._write: Callable[..., Any] = program.functions[f"write_{level.number}"]
        self._patch: Callable[..., Any] = program.functions[f"patch_{level.number}"]
        self._validate = level.model.__pydantic_validator__.validate_python
        # Digits that the payload says, and always says the same, are written as a number is.
        said = level.exponent
        constant = level.constants.get(said) if isinstance(said, tuple) else None
        self._written_exponent = constant if type(constant) is int else said
        self._writes_currency = level.currency is not None and not any(
            step.writes and step.source == level.currency for step in level.steps
        )
        self._has_own_currency = level.currency is not None or any(
            step.keys == ("currency",) and step.writes for step in level.steps
        )

    def rules_of(self, *names: str, inward: bool = True) -> list[PlannedRule]:
        """The rules that convert a field of ours, what it is in, or something in it.

        Args:
            names: From the entity on, positions in lists left out: `lines`, `price`.
            inward: Only what is read; else only what is written.
        """
        return list(find_rules(self.plan, names, inward=inward))

    def find_value(self, payload: Any, *names: str) -> Any:
        """What a payload has where a field of ours is read from; None where it has nothing."""
        steps = find_source(self.plan, names, payload)
        found = () if steps is None else pin_filters(payload, steps)
        value = look_up(payload, found)[0] if found else None
        return None if value is MISSING else value

    def translate(self, payload: Any) -> Translation:
        """Read a partner's payload.

        Args:
            payload: Plain JSON data; it is not changed, and kept for coverage.

        Raises:
            TranslationError: A value does not fit; with its path and the canonical field.
            HookError: The partner's hook raised.
        """
        if self._prepare is not None:
            payload = self._prepare(payload)
        currency = self._usual_currency
        if self.plan.currency is not None:
            found = look_up(payload, self.plan.currency)[0]
            currency = found if isinstance(found, str) else currency
        if self.plan.exponent is not None:
            currency = self._find_unit(payload, currency)
        try:
            data = self._read(payload, currency)
        except FAILURES as error:
            raise self._program.explain(error, payload, inward=True) from error
        try:
            value = self._validate(data)
        except ValidationError as error:
            raise explain_invalid(error, self.plan, payload) from error
        return Translation(value, payload, self.plan)

    def read_entity(self, data: Any) -> Entity:
        """A canonical entity of this mapping from its JSON data.

        Raises:
            TranslationError: The data is none; with the place in it.
        """
        try:
            return self.entity_type.model_validate(data)
        except ValidationError as error:
            raise explain_entity(error, self.entity_type, data) from error

    def untranslate(self, entity: Entity, *, only: set[str] | None = None) -> Untranslation:
        """Write an entity as the partner's payload.

        Args:
            entity: Fields that were never set are left out; those set to None become null.
            only: Top-level canonical fields to write, for a partial update; `constants` are
                written in any case.

        Raises:
            MappingError: The mapping is one-way in.
            InputError: The entity is of another class, or `only` names an unknown field.
            TranslationError: A value cannot be said in the partner's words.
            HookError: The partner's hook raised.
        """
        self._check(entity, only)
        given = entity.model_fields_set if only is None else entity.model_fields_set & only
        currency = self._find_currency(entity)
        write = self._write if only is None else self._patch
        unit, exponent = currency, self._written_exponent
        if isinstance(exponent, int):
            unit = Unit(currency, exponent)
        try:
            payload = write(entity, given, unit)
            if isinstance(exponent, tuple) and find_currency([getattr(entity, n) for n in given]):
                put(payload, exponent, digits_of(currency))
            if self._writes_currency and find_currency([getattr(entity, n) for n in given]):
                put(payload, self.plan.currency or (), currency)
        except FAILURES as error:
            raise self._program.explain(error, entity, inward=False) from error
        if self._finish is not None:
            payload = self._finish(payload)
        return Untranslation(payload, entity, self.plan, None if only is None else frozenset(only))

    def _find_unit(self, payload: Any, currency: str) -> str:
        """The currency with the decimal digits that the payload's minor units have."""
        digits: Any = self.plan.exponent
        if isinstance(digits, tuple):
            digits = look_up(payload, digits)[0]
        if digits is MISSING or digits is None:
            return currency
        if type(digits) is not int or not 0 <= digits <= LARGEST_EXPONENT:
            raise TranslationError(
                "the decimal digits of its minor units are expected, a small whole number",
                path=write_pointer(
                    self.plan.exponent if isinstance(self.plan.exponent, tuple) else ()
                ),
                value=digits,
            )
        return Unit(currency, digits)

    def _find_currency(self, entity: Entity) -> str:
        """The currency that the written payload is in."""
        if not self._has_own_currency:
            return self._usual_currency
        own = getattr(entity, "currency", None) or find_currency(entity)
        return own or self._usual_currency

    def _check(self, entity: Entity, only: set[str] | None) -> None:
        if not self.can_write:
            raise MappingError(
                f"the mapping {self.name!r} is one-way in",
                location=self._program.file,
                hint="give its fields rules without `one-way: in`",
            )
        if not isinstance(entity, self.entity_type):
            raise InputError(
                f"the mapping {self.name!r} writes {self.entity_type.__name__}, "
                f"not {type(entity).__name__}",
                location=self._program.file,
            )
        fields = self.entity_type.model_fields
        for name in sorted((only or set()) - fields.keys()):
            raise InputError(
                f"{self.entity_type.__name__} has no field {name!r}",
                hint=suggest_name(name, fields),
            )


def assumes_unit(level: Level) -> bool:
    """Whether minor units are counted as ISO 4217 has them, as nothing of a mapping says how."""
    return level.exponent is None and any(
        step.codec is not None and step.codec.assumes_unit and step.reads
        for one in collect_levels([level])
        for step in one.steps
    )


def translate_one(translator: Translator, payload: Any) -> Translation | TranslationError:
    """The translation of a payload, or its error as a value."""
    try:
        return translator.translate(payload)
    except TranslationError as error:
        return error
    except HookError as error:
        failure = TranslationError(error.message, location=error.location, hint=error.hint)
        failure.__cause__ = error
        return failure
