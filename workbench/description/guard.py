"""The intake guard: nothing is built from a partner's text before it has passed here.

JSON goes through orjson, which itself stops at a nesting of 1,024. YAML is read as a stream of
events, and each cap is checked before the value is built, so that a bomb costs what its text
costs. Mapping keys become strings, because JSON and every later room only know strings.
"""

from __future__ import annotations

import json
import re
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from workbench.description.encodings import encoding_of
from workbench.description.limits import (
    DEFAULT_LIMITS,
    MOST_WARNINGS,
    IntakeLimits,
    Reading,
    duplicate,
    refusal,
    too_deep,
    too_large,
)
from workbench.description.yaml_scalars import read_decimal, read_integer
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning

_JSON_KEY = re.compile(rb'"\s*:')
_TABS = re.compile(r"^[ ]*\t[ \t]*", re.MULTILINE)
_TAB_WIDTHS = (2, 4, 8)
_LONG_NUMBER = re.compile(rb"[:\[,]\s*+-?[0-9]{19}")
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*+:)?')  # the group: it is a key


def load_text(text: str, name: str) -> Any:
    """Read YAML or JSON text into plain JSON values (dict, list, str, int, float, bool, None).

    Args:
        text: The whole text.
        name: File name, for messages.

    Raises:
        DescriptionError: The text is no YAML or JSON, or a cap was reached.
    """
    return read_text(text, name).data


def load_json(text: str, name: str, limits: IntakeLimits = DEFAULT_LIMITS) -> Any:
    """Read a piece of strict JSON that was found inside a document, such as a saved body.

    Raises:
        DescriptionError: It is no JSON, or nested too deep.
    """
    try:
        data = orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        raise _not_json(error, name) from error
    if _measure(data, limits.depth)[1] > limits.depth:
        raise too_deep(name, 1, limits)
    return data


def read_text(
    text: str, name: str, limits: IntakeLimits = DEFAULT_LIMITS, *, includes: bool = False
) -> Reading:
    """As `load_text`, with the warnings (duplicate keys, unknown tags, further documents).

    With `includes`, `!include FILE` of RAML becomes `{"!include": FILE}`; nothing is read.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise refusal("the text is not valid Unicode", name, line) from error
    return read_bytes(encoded, name, limits, includes=includes)


def read_bytes(
    data: bytes, name: str, limits: IntakeLimits = DEFAULT_LIMITS, *, includes: bool = False
) -> Reading:
    """Read the bytes of a YAML or JSON file; see `read_text`."""
    text = decode(data, name, limits)
    if text.lstrip()[:1] not in {"{", "["}:
        return _read_yaml(text, name, limits, includes=includes)
    try:
        return _read_json(text, name, limits)
    except orjson.JSONDecodeError as error:
        if "depth" in error.msg or "ecursion" in error.msg:
            raise too_deep(name, error.lineno, limits) from error
        # YAML's own flow style begins with the same brackets, and forgives a trailing comma.
        try:
            return _read_yaml(text, name, limits)
        except DescriptionError:
            if name.lower().endswith(".json"):
                raise _not_json(error, name) from error
            raise


def decode(data: bytes, name: str, limits: IntakeLimits = DEFAULT_LIMITS) -> str:
    """Turn bytes into text, in the encoding that they are marked with, declare or show.

    Raises:
        DescriptionError: Too many bytes, or no text.
    """
    if len(data) > limits.size:
        raise too_large(name, len(data), limits)
    codec, mark = encoding_of(data)
    try:
        return data[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refusal(
            f"byte {error.start} is not {codec.upper()}", name, line, "Save the file as UTF-8."
        ) from error


def read_file(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes of a regular file, its size checked before it is opened.

    Raises:
        DescriptionError: There is no such regular file, it cannot be read, or it is too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DescriptionError(
                "this is not a file", location=str(path), hint="Give the path of one document."
            )
        if status.st_size > limits.size:
            raise too_large(str(path), status.st_size, limits)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it cannot be opened"
        raise DescriptionError(
            f"the document cannot be read: {why}",
            location=str(path),
            hint="Check the path and its permissions.",
        ) from error


def _read_yaml(text: str, name: str, limits: IntakeLimits, *, includes: bool = False) -> Reading:
    # Imported late: the YAML parser takes a while, and many documents are JSON.
    from workbench.description.composer import read_yaml  # noqa: PLC0415

    try:
        return read_yaml(text, name, limits, includes=includes)
    except DescriptionError:
        if not _TABS.search(text):
            raise
        for width in _TAB_WIDTHS:
            try:
                reading = read_yaml(expand_tabs(text, width), name, limits, includes=includes)
            except DescriptionError:
                continue
            return Reading(reading.data, (*reading.warnings, _tabs(name, width)))
        raise


def expand_tabs(text: str, width: int) -> str:
    """A YAML text with spaces for the tabs that indent its lines."""
    return _TABS.sub(lambda match: match[0].replace("\t", " " * width), text)


def _tabs(name: str, width: int) -> DocumentWarning:
    return DocumentWarning(
        slug="tabs",
        document=name,
        severity="low",
        summary=f"Tabs indent the document, which YAML forbids; each was read as {width} spaces.",
        hint="Indent it with spaces.",
    )


def _read_json(text: str, name: str, limits: IntakeLimits) -> Reading:
    encoded = text.encode()
    data = _load(text, encoded, name, limits)
    keys, depth = _measure(data, limits.depth)
    if depth > limits.depth:
        raise too_deep(name, 1, limits)
    # A quote before a colon inside a string only costs the slower count, never a wrong answer.
    is_sure = keys == len(_JSON_KEY.findall(encoded))
    if not is_sure and keys != sum(map(bool, _JSON_STRING.findall(encoded))):
        return Reading(data, _find_json_duplicates(text, name))
    return Reading(data)


def _load(text: str, encoded: bytes, name: str, limits: IntakeLimits) -> Any:
    """The values of a JSON text; the fast reader rounds long integers and refuses long floats."""
    try:
        data = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        if "infinity" not in error.msg:
            raise
    else:
        if not _LONG_NUMBER.search(encoded):
            return data
    try:
        return json.loads(text, parse_int=read_integer, parse_float=read_decimal)
    except RecursionError as error:
        raise too_deep(name, 1, limits) from error


def _measure(data: Any, deepest: int) -> tuple[int, int]:
    level: list[Any] = [data] if isinstance(data, dict | list) else []
    keys = depth = 0
    while level and depth <= deepest:
        depth += 1
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                keys += len(node)
                below += [child for child in node.values() if isinstance(child, dict | list)]
            else:
                below += [child for child in node if isinstance(child, dict | list)]
        level = below
    return keys, depth


def _find_json_duplicates(text: str, name: str) -> tuple[DocumentWarning, ...]:
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            found.extend(key for key, count in counts.items() if count > 1)
        return members

    # Numbers stay text here: Python refuses very long ones, and only the keys matter.
    json.loads(text, object_pairs_hook=note, parse_int=str, parse_float=str)
    return tuple(duplicate(name, key, "") for key in found[:MOST_WARNINGS])


def _not_json(error: orjson.JSONDecodeError, name: str) -> DescriptionError:
    return DescriptionError(
        f"this is not valid JSON: {error.msg}",
        location=f"{name}:{error.lineno}",
        hint="Correct the document, or ask the partner for a sound one.",
    )
