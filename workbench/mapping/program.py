"""The generated code of one mapping file, compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.errors import TranslationError
from workbench.mapping.code import GeneratedCode
from workbench.mapping.explaining import explain
from workbench.mapping.plan import Level, collect_levels
from workbench.mapping.reading import emit_reader
from workbench.mapping.writing import emit_writer


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
