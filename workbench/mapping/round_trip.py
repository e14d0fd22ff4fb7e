"""One payload there and back: what came out, what is broken in it, and what the way back loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.canonical import Violation, check
from workbench.errors import TranslationError
from workbench.mapping.tracing import Coverage
from workbench.mapping.translator import Translation, Translator
from workbench.model import MISSING, compare_json, reads_same
from workbench.text import read_pointer, write_token


@dataclass(frozen=True)
class TriedPayload:
    """What became of a payload.

    Attributes:
        payload: What was read, after a hook where there is one; outward the entity as given.
        result: What came out, as plain JSON data; None when it did not fit.
        provenance: Inward, dotted canonical field → JSON Pointer of their value.
        coverage: What was not read, and what stayed empty.
        violations: Invariants that the entity breaks.
        changes: (pointer, before, after) of values that the way back makes others; of the payload
            inward, of the entity outward. What the mapping itself says to be lost (`ignore`,
            `one-way`, `back`, `rounding`) is none.
        rereads: Whether what goes back is read as the same entity again; then a value that is only
            spelt otherwise (a phone without spaces, 0.30000000000000004 as 0.3) is no loss.
        assumed_units: Currencies whose minor units nobody stated, and which have not two decimals.
        error: Why it did not fit.
    """

    payload: Any
    result: Any = None
    provenance: dict[str, str] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    violations: tuple[Violation, ...] = ()
    changes: tuple[tuple[str, Any, Any], ...] = ()
    rereads: bool = False
    assumed_units: tuple[str, ...] = ()
    error: TranslationError | None = None

    @property
    def losses(self) -> tuple[tuple[str, Any, Any], ...]:
        """Those of `changes` that lose what was read; what no rule reads is `coverage`."""
        unread = set(self.coverage.unread)
        return tuple(
            (pointer, before, after)
            for pointer, before, after in self.changes
            if not (self.rereads and _is_spelling(before, after))
            and not all(_collapse(leaf) in unread for leaf in _leaves(before, pointer))
        )


def try_payload(translator: Translator, payload: Any, *, to_partner: bool = False) -> TriedPayload:
    """Translate a payload and back; what does not fit is told, not raised.

    Args:
        translator: The mapping.
        payload: Their JSON data; with `to_partner` the canonical entity as JSON data.
        to_partner: Write instead of read.

    Raises:
        InputError: The mapping is one-way the other way.
        HookError: The partner's hook raised.
    """
    try:
        return _write(translator, payload) if to_partner else _read(translator, payload)
    except TranslationError as error:
        return TriedPayload(payload, error=error)


def _read(translator: Translator, payload: Any) -> TriedPayload:
    read = translator.translate(payload)
    back = _untranslate(translator, read)
    return TriedPayload(
        read.payload,
        result=read.value.model_dump(mode="json", exclude_unset=True),
        provenance=read.provenance,
        coverage=read.coverage,
        violations=check(read.value),
        assumed_units=read.assumed_units,
        changes=tuple(_find_changes(read, back)),
        rereads=_rereads(translator, read, back),
    )


def _untranslate(translator: Translator, read: Translation) -> Any:
    """What would go back, or the error; MISSING where the mapping only reads."""
    if not any(step.writes and not step.is_constant for step in translator.plan.steps):
        return MISSING
    try:
        return translator.untranslate(read.value).payload
    except TranslationError as error:
        return error


def _rereads(translator: Translator, read: Translation, back: Any) -> bool:
    if back is MISSING or isinstance(back, TranslationError):
        return False
    # What is only read is not in it, and makes no difference here.
    whole = {**read.payload, **back} if isinstance(read.payload, dict) else back
    try:
        return translator.translate(whole).value == read.value
    except TranslationError:
        return False


def _find_changes(read: Translation, back: Any) -> Iterator[tuple[str, Any, Any]]:
    """What the way back makes of the payload."""
    if back is MISSING:
        return
    if isinstance(back, TranslationError):
        yield back.path, back.value, f"nothing: {back}"
        return
    for change in compare_json(read.payload, back, same=reads_same):
        # An object that does not come back is lost only as far as somebody meant it to.
        leaves = _leaves(change.sent, change.pointer) if change.found is None else [change.pointer]
        if not all(map(read.declares, leaves)):
            yield change


def _is_spelling(before: Any, after: Any) -> bool:
    return isinstance(before, str | int | float) and isinstance(after, str | int | float)


def _leaves(value: Any, pointer: str) -> Iterator[str]:
    items = enumerate(value) if isinstance(value, list) else ()
    for step, child in value.items() if isinstance(value, dict) else items:
        yield from _leaves(child, pointer + write_token(step))
    if not isinstance(value, dict | list) or not value:
        yield pointer


def _collapse(pointer: str) -> str:
    steps = read_pointer(pointer)
    return "".join("/*" if step.isdecimal() else write_token(step) for step in steps)


def _write(translator: Translator, data: Any) -> TriedPayload:
    entity = translator.read_entity(data)
    written = translator.untranslate(entity)
    return TriedPayload(
        data,
        result=written.payload,
        coverage=written.coverage,
        violations=check(entity),
        changes=tuple(_find_losses(translator, data, written.payload)),
    )


def _find_losses(translator: Translator, data: Any, payload: Any) -> Iterator[tuple[str, Any, Any]]:
    try:
        back = translator.translate(payload).value.model_dump(mode="json", exclude_unset=True)
    except TranslationError:
        return  # what we send says less than what we read needs
    yield from compare_json(data, back, same=reads_same)
