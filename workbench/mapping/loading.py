"""Reads `mapping.yaml` and compiles its mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from workbench.description import locating, read_edited
from workbench.errors import MappingError
from workbench.mapping import grammar
from workbench.mapping.grammar import SourceLocation
from workbench.mapping.hooks import FILE, load_hooks
from workbench.mapping.locating import tabulate
from workbench.mapping.resolving import resolve_file
from workbench.mapping.translator import Program, Translator
from workbench.model import tell_faults


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
    data = read_edited(path, str(path), MappingError)
    with locating(path):
        return compile_mappings(
            data,
            str(path),
            timezone=timezone,
            currency=currency,
            hooks=path.with_name(FILE),
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


def _parse(data: Any, where: SourceLocation) -> grammar.MappingFile:
    try:
        return grammar.MappingFile.model_validate(data)
    except ValidationError as error:
        first = tell_faults(error, grammar.MappingFile, data)[0]
        raise where.at(*first.steps).error(first.message, first.hint) from error
