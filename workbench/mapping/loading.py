"""Reads `mapping.yaml` and compiles its mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from workbench.description import read_bytes, read_file
from workbench.errors import DescriptionError, MappingError
from workbench.mapping import grammar
from workbench.mapping.grammar import SourceLocation
from workbench.mapping.hooks import FILE, load_hooks
from workbench.mapping.locating import tabulate
from workbench.mapping.resolving import resolve_file
from workbench.mapping.translator import Program, Translator
from workbench.text import suggest_name


def load_mappings(
    path: Path, *, timezone: str, currency: str, run_hooks: bool = True
) -> dict[str, Translator]:
    """Compile a mapping file, with the `hooks.py` beside it if there is one.

    Args:
        path: The file.
        timezone: IANA zone of the restaurant, for times without offset.
        currency: ISO 4217 code for amounts that do not name theirs.
        run_hooks: Whether the code of `hooks.py` may run; as of `load_hooks`.

    Returns:
        Translators by mapping name.

    Raises:
        MappingError: The file cannot be read or is wrong, with the place in it and a hint.
        HookError: `hooks.py` does not run, or a hook in it is wrong.
    """
    hooks = path.with_name(FILE)
    return compile_mappings(
        _read(path),
        str(path),
        timezone=timezone,
        currency=currency,
        hooks=hooks,
        run_hooks=run_hooks,
    )


def compile_mappings(
    data: Any,
    name: str,
    *,
    timezone: str,
    currency: str,
    hooks: Path | None = None,
    run_hooks: bool = True,
) -> dict[str, Translator]:
    """Compile the content of a mapping file.

    Args:
        data: The file as plain data.
        name: Its name, for messages.
        timezone: As for `load_mappings`.
        currency: As for `load_mappings`.
        hooks: The partner's `hooks.py`, which need not be there.
        run_hooks: As for `load_mappings`.

    Raises:
        MappingError: The content is wrong, with the place in it and a hint.
        HookError: The hooks are wrong.
    """
    where = SourceLocation(name)
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise where.error(
            f"{timezone!r} is not an IANA time zone", "as in Europe/Madrid"
        ) from error
    file = _parse(data, where)
    levels = resolve_file(file, name, zone)
    program = Program(levels.values(), name, currency)
    found = {} if hooks is None else load_hooks(hooks, levels, is_run=run_hooks)
    return {
        title: Translator(level, program, tabulate(file.mappings[title]), found)
        for title, level in levels.items()
    }


def _read(path: Path) -> Any:
    try:
        reading = read_bytes(read_file(path), str(path))
    except DescriptionError as error:
        raise MappingError(error.message, location=error.location, hint=error.hint) from error
    for warning in reading.warnings:
        # A key given twice hides a rule, so here it is no mere warning.
        raise MappingError(warning.summary, location=str(path), hint=warning.hint or None)
    return reading.data


def _parse(data: Any, where: SourceLocation) -> grammar.MappingFile:
    try:
        return grammar.MappingFile.model_validate(data)
    except ValidationError as error:
        # A misspelt key is the cause of a missing one.
        first = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
        steps = [step for step in first["loc"] if step != "[key]"]
        hint = None
        if first["type"] == "extra_forbidden":
            part = grammar.Mapping if steps[0] == "mappings" else grammar.MappingFile
            hint = suggest_name(str(steps[-1]), part.model_fields)
        message = first["msg"].removeprefix("Value error, ")
        raise where.at(*steps).error(message, hint) from error
