"""The files that a RAML document is made of: `!include`, and libraries named by `uses`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.description.composer import INCLUDE
from workbench.description.guard import read_text
from workbench.description.neighbours import Neighbours, OutsideError
from workbench.description.raml_templates import named_entries
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning, mapping_of, text_of

_STRUCTURED = frozenset({".raml", ".yaml", ".yml"})
_SUFFIXES = _STRUCTURED | {".json", ".xsd", ".xml", ".md", ".txt", ".example", ".schema"}
_TABLES = ("types", "schemas", "traits", "resourceTypes", "securitySchemes")
_SILENT = frozenset(
    {"description", "example", "examples", "default", "enum", "pattern", "displayName", "title"}
)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_DEEPEST = 12  # files that name each other
_MOST_INCLUDED = 2_000  # times that a file is put in


@dataclass
class RamlFiles:
    """Puts the files in, each read through the fence and the guard.

    Attributes:
        files: What was read, relative to the document.
        missing: What is named and not there.
    """

    neighbours: Neighbours
    files: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    included: int = 0

    def whole(self, data: dict[str, Any]) -> dict[str, Any]:
        """The document with its files put in, and the names of its libraries among its own."""
        return self._with_libraries(self._put(data, "", 0), "", 0)

    def warnings(self) -> list[DocumentWarning]:
        """One for each file that is not there."""
        return [
            DocumentWarning(
                slug="dangling-reference",
                document=self.neighbours.name,
                severity="medium",
                summary=f"The file {name[:80]!r} that it includes is not there; left out.",
                hint="Ask the partner for the whole folder.",
            )
            for name in self.missing
        ]

    def _put(self, node: Any, home: str, depth: int) -> Any:
        if isinstance(node, dict):
            if set(node) == {INCLUDE}:
                return self._include(text_of(node[INCLUDE]), home, depth)
            return {key: self._put(child, home, depth) for key, child in node.items()}
        if isinstance(node, list):
            return [self._put(child, home, depth) for child in node]
        return node

    def _include(self, file: str, home: str, depth: int) -> Any:
        self.included += 1
        if depth >= _DEEPEST or self.included > _MOST_INCLUDED:
            raise DescriptionError(
                "its files include each other too often or too deeply",
                location=self.neighbours.name,
                hint="Ask the partner for the document in one file.",
            )
        try:
            relative = self.neighbours.locate(file, home, _SUFFIXES)
        except OutsideError as error:
            raise DescriptionError(
                f"the document is refused: `!include {file[:80]}` {error}",
                location=self.neighbours.name,
                hint="Put the file beside the document, or state a folder above both (`--root`).",
            ) from error
        if not relative or not self.neighbours.exists(relative):
            self.missing[relative or file] = None
            return None
        if relative not in self.files:
            text = self.neighbours.text(relative)
            is_structured = any(relative.lower().endswith(suffix) for suffix in _STRUCTURED)
            limits = self.neighbours.limits
            self.files[relative] = (
                read_text(text, relative, limits, includes=True).data if is_structured else text
            )
        return self._put(self.files[relative], relative, depth + 1)

    def _with_libraries(self, data: dict[str, Any], home: str, depth: int) -> dict[str, Any]:
        for prefix, file in mapping_of(data.get("uses")).items():
            content = self._include(text_of(file), home, depth) if isinstance(file, str) else file
            relative = self._place(text_of(file), home)
            library = self._with_libraries(mapping_of(content), relative, depth + 1)
            own = {name for table in _TABLES for name in named_entries(library.get(table))}
            for table in _TABLES:
                renamed = {
                    f"{prefix}.{name}": _rename(node, _prefixed(own, prefix))
                    for name, node in named_entries(library.get(table)).items()
                }
                if renamed:
                    data = data | {table: {**renamed, **named_entries(data.get(table))}}
        return data

    def _place(self, file: str, home: str) -> str:
        try:
            return self.neighbours.locate(file, home, _SUFFIXES)
        except OutsideError:
            return ""


def _prefixed(own: set[str], prefix: str) -> Callable[[str], str]:
    def word(match: re.Match[str]) -> str:
        return f"{prefix}.{match[0]}" if match[0] in own else match[0]

    return partial(_NAME.sub, word)


def _rename(node: Any, change: Callable[[str], str]) -> Any:
    """A declaration of a library, with the library's own names as the document calls them."""
    if isinstance(node, dict):
        return {
            key: child if key in _SILENT else _rename(child, change) for key, child in node.items()
        }
    if isinstance(node, list):
        return [_rename(child, change) for child in node]
    return change(node) if isinstance(node, str) and not node.lstrip().startswith("{") else node
