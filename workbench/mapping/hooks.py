"""`hooks.py` of a partner folder: what YAML cannot say, before reading and after writing.

`read_<mapping>(payload)` gets a copy of the partner's payload and returns the one that the mapping
reads; `write_<mapping>(payload)` gets what the mapping wrote and returns what is sent. A `-` in the
mapping's name is a `_` here. Other functions of the file are left alone. The file is code: it runs
in a process of its own, without any credential, and only where its folder is worked with.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import HookError
from workbench.hooks import FILE, Function, HookProcess
from workbench.text import suggest_name

__all__ = ["FILE", "Hook", "load_hooks", "name_hook"]


@dataclass(frozen=True, slots=True)
class Hook:
    """One function of the file.

    Attributes:
        name: Its name.
        function: What is called with the payload; raises `HookError`.
    """

    name: str
    function: Callable[[Any], Any]

    def __call__(self, payload: Any) -> Any:
        """Call it; the payload itself stays as it is.

        Raises:
            HookError: It raised, with the line; it did not end in time; or it is not run here.
        """
        return self.function(payload)


def load_hooks(path: Path, mappings: Iterable[str], *, is_run: bool = True) -> dict[str, Hook]:
    """The hooks of a partner folder, by function name; none when there is no file.

    Args:
        path: The file.
        mappings: Names of the mappings.
        is_run: Whether its code may run. If not, its text alone is looked at, and a hook that is
            needed after all is an error.

    Raises:
        HookError: The file does not run, or a hook is for no mapping or has a wrong signature.
    """
    if not path.is_file():
        return {}
    known = {f"{verb}_{name_hook(name)}" for name in mappings for verb in ("read", "write")}
    if not is_run:
        return {name: Hook(name, _refuse(path, name)) for name in _names(path) & known}
    process = HookProcess(path)
    found = [item for name, item in process.functions.items() if _is_hook(name)]
    for function in found:
        _check(function, path, known)
    if not found:
        process.close()
    return {item.name: Hook(item.name, partial(process.call, item.name)) for item in found}


def name_hook(mapping: str) -> str:
    """A mapping's name as it stands in the names of its hooks."""
    return mapping.replace("-", "_")


def _is_hook(name: str) -> bool:
    return name.startswith(("read_", "write_"))


def _names(path: Path) -> set[str]:
    """Names that the text of the file defines, without running it."""
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise HookError(
            f"{path.name} does not run: {type(error).__name__}: {error}",
            location=str(path) if line is None else f"{path}:{line}",
        ) from error
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return defined | {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def _refuse(path: Path, name: str) -> Callable[[Any], Any]:
    def refuse(_: Any) -> Any:
        raise HookError(
            f"{name} was not run: this command runs no code of a partner folder",
            location=str(path),
            hint="If you trust the folder, say --hooks.",
        )

    return refuse


def _check(function: Function, path: Path, known: set[str]) -> None:
    location = f"{path}:{function.line}"
    if function.name not in known:
        hint = suggest_name(function.name, known) + " A name with `_` first is no hook."
        raise HookError(f"there is no mapping for {function.name}", location=location, hint=hint)
    if not function.takes_one:
        raise HookError(
            f"{function.shown} has a wrong signature",
            location=location,
            hint=f"write it as `def {function.name}(payload):`, returning the payload",
        )
