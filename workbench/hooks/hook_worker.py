"""Runs one `hooks.py` and calls its functions, as asked by lines of JSON on standard input.

Started as a program with the file as its argument. It needs nothing but the standard library, and
nothing of the process that starts it is in reach: what it answers is data.
"""

from __future__ import annotations

import base64
import inspect
import json
import os
import runpy
import sys
import traceback
from decimal import Decimal
from typing import Any

MODULE = "hooks"
# JSON has no exact decimals and no bytes; a key that no document has marks them.
DECIMAL, BYTES = "\0decimal", "\0bytes"


def write(value: Any) -> bytes:
    """A value as one line.

    Raises:
        TypeError: It holds something that is no data.
    """
    return json.dumps(value, default=_mark).encode("utf-8", "surrogatepass") + b"\n"


def read(line: bytes) -> Any:
    """The value of one line."""
    return json.loads(line, object_hook=_unmark)


def _mark(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} is no JSON data")


def _unmark(value: dict[str, Any]) -> Any:
    if value.keys() == {DECIMAL}:
        return Decimal(value[DECIMAL])
    if value.keys() == {BYTES}:
        return base64.b64decode(value[BYTES])
    return value


def _describe(name: str, function: Any) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())
    places = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    is_async = inspect.iscoroutinefunction(function)
    return {
        "name": name,
        "line": function.__code__.co_firstlineno,
        "shown": f"{'async ' if is_async else ''}{name}{inspect.signature(function)}",
        "takes_one": len(parameters) == 1 and parameters[0].kind in places and not is_async,
    }


def _fail(error: BaseException, file: str) -> dict[str, Any]:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    told = {"error": type(error).__name__, "message": str(error)[:2000]}
    return told | {"line": lines[-1] if lines else None}


def _load(file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        found = runpy.run_path(file, run_name=MODULE)
    except BaseException as error:  # noqa: BLE001 - foreign code may raise anything
        line = error.lineno if isinstance(error, SyntaxError) else None
        return {}, _fail(error, file) | {"line": line}
    own = {
        name: value
        for name, value in found.items()
        if inspect.isfunction(value) and value.__module__ == MODULE
    }
    return own, {"functions": [_describe(name, value) for name, value in own.items()]}


def main() -> None:
    """Answer until standard input ends; what the hooks print goes nowhere."""
    file = sys.argv[1]
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        functions, told = _load(file)
        answers.write(write(told))
        for line in sys.stdin.buffer:
            name, arguments = read(line)
            try:
                reply = write({"result": functions[name](*arguments)})
            except BaseException as error:  # noqa: BLE001 - foreign code may raise anything
                reply = write(_fail(error, file))
            answers.write(reply)


if __name__ == "__main__":
    main()
