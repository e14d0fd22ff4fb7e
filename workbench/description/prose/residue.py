"""What looks like a call anywhere in a document: a method, and a path near it.

This is no reader: it asks only whether everything that a person would take for a call was taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import ProseSection
from workbench.description.prose.calls import resource_of

_METHOD = re.compile(
    rf"(?<![\w-])(?:{words.METHODS})(?![\w-])(?!\s*=)|(?<=`)(?i:{words.METHODS})(?=`)"
)
_PATH = re.compile(
    r"(?:https?://[^\s`\"'<>)|,/]+|\{\{?[\w.]+\}?\}|\$\{?[\w.]+\}?|(?<![\w<:/.&]))"
    r"/(?![/*>\s])[^\s`\"'<>|,;)]*(?:<[\w:]+>[^\s`\"'<>|,;)]*)*"
)
_TEMPLATE = re.compile(  # a path with variables, and nothing beside it
    r"(?:https?://[^\s/]+|\{\{?[\w .-]{1,40}\}?\})?(?=/)\S*?(?:/:\w|\{\w|<\w)\S*", re.IGNORECASE
)
# A call by a method that no version of OpenAPI before 3.2 has, such as `QUERY /orders`.
_RARE = re.compile(r"([A-Z]{4,9})[`*\s]{1,4}(/[\w{:/.<>}-]+)")
_LONGEST = 1_000  # characters of a line
_FARTHEST = 120  # characters between a method and its path


def likely_calls(sections: Sequence[ProseSection]) -> Iterator[tuple[str, str]]:
    """Yield method and path of everything in a document that looks like a call."""
    for section in sections:
        lines = [section.title, resource_of(section.title)]
        lines += [line[:_LONGEST] for line in section.lines()]
        for number, line in enumerate(lines):
            methods = list(_METHOD.finditer(line))
            paths = list(_PATH.finditer(line)) if methods else []
            for method in methods if paths else ():
                behind = [path for path in paths if path.start() >= method.end()]
                path = behind[0] if behind else paths[-1]
                if -_FARTHEST < path.start() - method.end() < _FARTHEST:
                    written = path[0].rstrip("*")
                    yield method[0].upper(), written if "[" in written else written.rstrip("]")
            for alone in (part.strip("`*_ ") for part in line.split(" | ")):
                if _TEMPLATE.fullmatch(alone):
                    yield "", alone
                elif rare := _RARE.fullmatch(alone):
                    yield rare[1], rare[2]
            if len(methods) == 1 and not paths:
                yield from _apart(methods[0], lines[number + 1 : number + 4])


def _apart(method: re.Match[str], below: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The call of a method that ends its line, or is all of it, and of a path below it."""
    if re.sub(r"[\w ]{0,30}:|\W", "", method.string) != method[0]:
        return
    for line in below:
        path = _PATH.search(line)
        if _METHOD.search(line) or path:
            if path and not _METHOD.search(line):
                yield method[0], path[0]
            return
