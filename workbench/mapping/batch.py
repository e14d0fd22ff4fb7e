"""Many payloads through one mapping; a bad one is an answer of its own, not the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.errors import HookError, TranslationError
from workbench.mapping.translator import Translation, Translator


def translate_many(
    translator: Translator, payloads: Iterable[Any]
) -> Iterator[Translation | TranslationError]:
    """Translate one payload after another, without holding on to any.

    Returns:
        For each payload, in order, its translation or the error that says why there is none.
    """
    for payload in payloads:
        yield translate_one(translator, payload)


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
