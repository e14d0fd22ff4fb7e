"""The same request once more, for whoever has to mend what was found."""

from __future__ import annotations

import json
import shlex

_FLAGS = {"-X": "method", "--request": "method", "-H": "header", "--header": "header"}
_BODIES = {"-d", "--data-raw", "--data"}


def as_python(curl: str) -> str:
    """A Python snippet for one of our own curl commands; masked secrets stay masked.

    Returns:
        Lines that run with `httpx` alone; empty when the text is no curl command.
    """
    try:
        words = shlex.split(curl)
    except ValueError:
        return ""
    if not words or words[0] != "curl":
        return ""
    method, url, body = "GET", "", ""
    headers: dict[str, str] = {}
    rest = iter(words[1:])
    for word in rest:
        if _FLAGS.get(word) == "method":
            method = next(rest, "GET")
        elif _FLAGS.get(word) == "header":
            name, _, value = next(rest, "").partition(": ")
            headers[name] = value
        elif word in _BODIES:
            body = next(rest, "")
        else:
            url = word
    return "\n".join(_lines(method, url, headers, body))


def _lines(method: str, url: str, headers: dict[str, str], body: str) -> list[str]:
    lines = ["import httpx", "", "answer = httpx.request(", f"    {method!r},", f"    {url!r},"]
    if headers:
        lines.append(f"    headers={headers!r},")
    if body:
        try:
            lines.append(f"    json={json.loads(body)!r},")
        except ValueError:
            lines.append(f"    content={body!r},")
    return [*lines, ")", "print(answer.status_code, answer.text)"]
