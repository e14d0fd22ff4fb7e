"""A session that was begun in one language, told in another: what we wrote, not what people did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from workbench.model import Protocol, StepResult
from workbench.partners import load_catalogue
from workbench.reporting.language import Language, load_language, read_part, translate
from workbench.reporting.phrase import fill, make_shape, translate_phrase

_WORD = re.compile(r"\{(\w+)\}")


def retell(protocol: Protocol, language: Language) -> Protocol:
    """The session in the language of a reader; the words of persons stay as they are.

    Args:
        protocol: As it was begun; its header names the language.
        language: Of the reader.
    """
    source, target = protocol.header.language, language.code
    if source == target:
        return protocol

    def tell(text: str) -> str:
        return _retell(text, source, target)

    steps = tuple(
        step.model_copy(
            update={
                "title": tell(step.title),
                "action": tell(step.action),
                "expected": tuple(map(tell, step.expected)),
            }
        )
        for step in protocol.header.steps
    )
    lines = tuple(
        line.model_copy(update={"seen": tell(line.seen)}) if isinstance(line, StepResult) else line
        for line in protocol.lines
    )
    return replace(
        protocol, header=protocol.header.model_copy(update={"steps": steps}), lines=lines
    )


def _retell(text: str, source: str, target: str) -> str:
    for shape, ours in _read(source, target):
        if found := shape.fullmatch(text):
            words = found.groupdict().items()
            return fill(ours, {name: _retell(word, source, target) for name, word in words})
    return translate_phrase(text, target)


@cache
def _read(source: str, target: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What a session says by itself, in both languages; what says most comes first."""
    pairs = sorted(_pair(source, target), key=lambda pair: -len(_WORD.sub("", pair[0])))
    return tuple((make_shape(theirs), ours) for theirs, ours in pairs if theirs != ours)


def _pair(source: str, target: str) -> Iterator[tuple[str, str]]:
    before, after = (read_part(code, "handover") for code in (source, target))
    for key, text in before.items():
        if key.startswith("session.") and _WORD.sub("", text).strip() and key in after:
            yield text, after[key]
    yield from zip(_titles(source), _titles(target), strict=True)


def _titles(code: str) -> Iterator[str]:
    catalogue = translate(load_catalogue(), load_language(code))
    for feature in catalogue.features:
        yield feature.title
        yield from (item.title for item in feature.criteria)
