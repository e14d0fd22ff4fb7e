"""`hooks.py` of a partner folder: what YAML cannot say, before reading and after writing.

`read_<mapping>(payload)` gets a copy of the partner's payload and returns the one that the mapping
reads; `write_<mapping>(payload)` gets what the mapping wrote and returns what is sent. A `-` in the
mapping's name is a `_` here. Other functions of the file are left alone.
"""

from __future__ import annotations

import copy
import inspect
import runpy
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import HookError
from workbench.mapping.targets import suggest

FILE = "hooks.py"
_MODULE = "hooks"


@dataclass(frozen=True, slots=True)
class Hook:
    """One function of the file.

    Attributes:
        name: Its name.
        file: The file, for messages.
        function: What is called.
    """

    name: str
    file: str
    function: Callable[[Any], Any]

    def __call__(self, payload: Any) -> Any:
        """Call it with a copy of the payload.

        Raises:
            HookError: It raised; with the line.
        """
        try:
            return self.function(copy.deepcopy(payload))
        except Exception as error:
            lines = [
                frame.lineno
                for frame in traceback.extract_tb(error.__traceback__)
                if frame.filename == self.file
            ]
            raise HookError(
                f"{self.name} raised {type(error).__name__}: {error}",
                location=f"{self.file}:{lines[-1] if lines else 1}",
                hint="let the hook return the payload as it is when there is nothing to do",
            ) from error


def load_hooks(path: Path, mappings: Iterable[str]) -> dict[str, Hook]:
    """The hooks of a partner folder, by function name; none when there is no file.

    Raises:
        HookError: The file does not run, or a hook is for no mapping or has a wrong signature.
    """
    if not path.is_file():
        return {}
    file = str(path)
    try:
        found = runpy.run_path(file, run_name=_MODULE)
    except Exception as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise HookError(
            f"{path.name} does not run: {type(error).__name__}: {error}",
            location=file if line is None else f"{file}:{line}",
        ) from error
    known = {f"{verb}_{name_hook(name)}" for name in mappings for verb in ("read", "write")}
    hooks = {}
    for name, function in found.items():
        is_own = inspect.isfunction(function) and function.__module__ == _MODULE
        if is_own and name.startswith(("read_", "write_")):
            hooks[name] = _check(Hook(name, file, function), known)
    return hooks


def name_hook(mapping: str) -> str:
    """A mapping's name as it stands in the names of its hooks."""
    return mapping.replace("-", "_")


def _check(hook: Hook, known: set[str]) -> Hook:
    function = hook.function
    location = f"{hook.file}:{function.__code__.co_firstlineno}"
    if hook.name not in known:
        hint = suggest(hook.name, known) + "; a name with `_` first is no hook"
        raise HookError(f"there is no mapping for {hook.name}", location=location, hint=hint)
    parameters = list(inspect.signature(function).parameters.values())
    is_one = len(parameters) == 1 and parameters[0].kind in {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    }
    if not is_one or inspect.iscoroutinefunction(function):
        shown = f"{'async ' if inspect.iscoroutinefunction(function) else ''}{hook.name}"
        raise HookError(
            f"{shown}{inspect.signature(function)} has a wrong signature",
            location=location,
            hint=f"write it as `def {hook.name}(payload):`, returning the payload",
        )
    return hook
