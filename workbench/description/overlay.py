"""OpenAPI Overlay 1.0 and 1.1: corrections that lie beside a partner's document.

Targets are RFC 9535 JSONPath queries. An action that matches nothing is no error in the
specification, but mostly a slip of its author: it is reported.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.description.guard import read_bytes, read_file
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits
from workbench.errors import DescriptionError, InputError, OverlayError

_VERSION = re.compile(r"1\.[01](?:\.\d+)?")
_UNSAFE = re.compile(r"[\x00-\x1f'\\]")
_STEP = re.compile(r"\['((?:[^'\\]|\\.)*+)'\]|\[(0|[1-9][0-9]{0,8})\]")
# What `path_to` writes. It is read here: libraries refuse the control characters of RFC 9535.
_NORMALISED = re.compile(
    r"\$(?:\['(?:[^'\\\x00-\x1f]|\\[btnfr'\\]|\\u00[01][0-9a-f])*+'\]|\[(?:0|[1-9][0-9]{0,8})\])*+"
)
_ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|[btnfr'\\])")
_ESCAPES = dict(zip("\b\t\n\f\r'\\", (rf"\{letter}" for letter in "btnfr'\\"), strict=True))
_MEANT = {escape: character for character, escape in _ESCAPES.items()}
_HINT = "See the Overlay Specification 1.1: each action has a target and update, remove or copy."


@dataclass(frozen=True)
class Action:
    """One change: `target` is a JSONPath; exactly one of the three others counts.

    `update` is wrapped in a one-element tuple, so that an update to null differs from none.
    """

    target: str
    update: tuple[Any] | None = None
    remove: bool = False
    copy: str | None = None
    description: str = ""


@dataclass(frozen=True)
class Overlay:
    """An overlay file; `extends` is the name of the document it is meant for, if it says so."""

    name: str
    title: str
    version: str
    actions: tuple[Action, ...]
    extends: str | None = None

    def concerns(self, document: str) -> bool:
        """Whether this overlay is meant for the document of that name."""
        return self.extends is None or Path(self.extends).name == Path(document).name


def load_overlay(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> Overlay:
    """Read and check an overlay file.

    Raises:
        OverlayError: It cannot be read, is no Overlay 1.0 or 1.1, or has a wrong action.
    """
    try:
        data = read_bytes(read_file(path, limits), path.name, limits).data
    except DescriptionError as error:
        raise OverlayError(error.message, location=error.location, hint=error.hint) from error
    return read_overlay(data, path.name)


def read_overlay(data: Any, name: str) -> Overlay:
    """Check an overlay that is already plain data; raises OverlayError as `load_overlay`."""
    if not isinstance(data, dict) or not _VERSION.fullmatch(str(data.get("overlay", ""))):
        raise _invalid("this is not an Overlay of version 1.0 or 1.1", name, "/overlay")
    info = data.get("info")
    if not isinstance(info, dict) or "title" not in info or "version" not in info:
        raise _invalid("info needs a title and a version", name, "/info")
    entries = data.get("actions")
    if not isinstance(entries, list) or not entries:
        raise _invalid("actions must be a list with at least one action", name, "/actions")
    extends = data.get("extends")
    if extends is not None and not isinstance(extends, str):
        raise _invalid("extends must be a URI reference", name, "/extends")
    actions = tuple(_read_action(entry, name, index) for index, entry in enumerate(entries))
    return Overlay(name, str(info["title"]), str(info["version"]), actions, extends)


def apply_actions(
    document: Any, actions: Sequence[Action], name: str = "overlay"
) -> tuple[Any, frozenset[int]]:
    """Apply actions in order.

    Args:
        document: Plain JSON data; may be changed in place, so give a copy to keep it.
        actions: What to change.
        name: File name of the overlay, for messages.

    Returns:
        The changed document, and the indices of the actions that matched something.

    Raises:
        OverlayError: An action does not fit what it selects.
    """
    result = document
    matched = set()
    for index, action in enumerate(actions):
        where = f"/actions/{index}"
        places = _select(action.target, result, name, f"{where}/target")
        if not places:
            continue
        matched.add(index)
        if action.remove:
            _remove(result, places, name, where)
            continue
        value = _value(action, result, name, where)
        for place in places:
            result = _change(result, place, value, name, where)
    return result, frozenset(matched)


def path_to(tokens: Iterable[str | int]) -> str:
    """Return the normalised JSONPath of one place, as RFC 9535 writes it."""
    parts = []
    for token in tokens:
        if isinstance(token, int):
            parts.append(f"[{token}]")
        else:
            parts.append(f"['{_UNSAFE.sub(_escape, token)}']")
    return "$" + "".join(parts)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _read_action(entry: Any, name: str, index: int) -> Action:
    where = f"/actions/{index}"
    if not isinstance(entry, dict) or not isinstance(entry.get("target"), str):
        raise _invalid("an action needs a target, which is a JSONPath", name, where)
    remove = entry.get("remove", False)
    source = entry.get("copy")
    if not isinstance(remove, bool):
        raise _invalid("remove is true or false", name, f"{where}/remove")
    if source is not None and not isinstance(source, str):
        raise _invalid("copy is a JSONPath", name, f"{where}/copy")
    if not remove and source is None and "update" not in entry:
        raise _invalid("an action needs update, remove or copy", name, where)
    for key in ("target", "copy"):
        if isinstance(entry.get(key), str):
            _compile(entry[key], name, f"{where}/{key}")
    return Action(
        target=entry["target"],
        update=(entry["update"],) if "update" in entry else None,
        remove=remove,
        copy=source,
        description=str(entry.get("description") or ""),
    )


def _parse(path: str) -> tuple[str | int, ...]:
    """The tokens of a normalised path, as `path_to` writes them."""
    return tuple(
        int(index) if index else _ESCAPED.sub(_unescape, text)
        for text, index in _STEP.findall(path)
    )


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _MEANT[match[0]]


def _is_there(document: Any, place: tuple[str | int, ...]) -> bool:
    for token in place:
        if isinstance(document, dict):
            if token not in document:
                return False
        elif not isinstance(document, list) or not isinstance(token, int) or token >= len(document):
            return False
        document = document[token]
    return True


def _compile(path: str, name: str, where: str) -> Any:
    # Imported late: it takes a tenth of a second, and most partners need no correction.
    from workbench.model import compile_path  # noqa: PLC0415

    try:
        return compile_path(path)
    except InputError as error:
        raise _invalid(f"{path[:120]!r} is not a JSONPath of RFC 9535", name, where) from error


def _select(path: str, document: Any, name: str, where: str) -> list[tuple[str | int, ...]]:
    from jsonpath.exceptions import JSONPathError  # noqa: PLC0415 - as in `_compile`

    if not isinstance(document, dict | list):
        return []
    if _NORMALISED.fullmatch(path):
        place = _parse(path)
        return [place] if _is_there(document, place) else []
    query = _compile(path, name, where)
    try:
        return list(dict.fromkeys(match.parts for match in query.finditer(document)))
    except (JSONPathError, RecursionError) as error:
        raise _invalid(f"{path[:120]!r} cannot be evaluated", name, where) from error


def _value(action: Action, document: Any, name: str, where: str) -> Any:
    if action.copy is None:
        return action.update[0] if action.update else None
    places = _select(action.copy, document, name, f"{where}/copy")
    if len(places) != 1:
        raise _invalid(f"copy selects {len(places)} places, not one", name, f"{where}/copy")
    return copy.deepcopy(_at(document, places[0]))


def _at(document: Any, place: tuple[str | int, ...]) -> Any:
    for token in place:
        document = document[token]
    return document


def _remove(document: Any, places: list[tuple[str | int, ...]], name: str, where: str) -> None:
    if () in places:
        raise _invalid("the whole document cannot be removed", name, where)
    # From the back and from below, so that no index moves and no parent is gone before its child.
    for place in sorted(places, key=_removal_order, reverse=True):
        del _at(document, place[:-1])[place[-1]]


def _removal_order(place: tuple[str | int, ...]) -> tuple[int, list[tuple[int, str]]]:
    keys = [(token, "") if isinstance(token, int) else (-1, token) for token in place]
    return len(place), keys


def _change(document: Any, place: tuple[str | int, ...], value: Any, name: str, where: str) -> Any:
    current = _at(document, place)
    changed = _merge(current, value, name, where)
    if not place:
        return changed
    _at(document, place[:-1])[place[-1]] = changed
    return document


def _merge(current: Any, value: Any, name: str, where: str) -> Any:
    if isinstance(current, list):
        return [*current, *copy.deepcopy(value if isinstance(value, list) else [value])]
    if isinstance(current, dict) and isinstance(value, dict):
        merged = dict(current)
        for key, part in value.items():
            merged[key] = (
                _merge_member(merged[key], part, name, f"{where}/{key}")
                if key in merged
                else copy.deepcopy(part)
            )
        return merged
    if isinstance(current, dict) or isinstance(value, dict | list):
        raise _invalid("the update has another type than what it selects", name, where)
    return value


def _merge_member(current: Any, value: Any, name: str, where: str) -> Any:
    if isinstance(current, list) and not isinstance(value, list):
        raise _invalid("a list can only be merged with a list", name, where)
    return _merge(current, value, name, where)


def _invalid(what: str, name: str, pointer: str) -> OverlayError:
    return OverlayError(f"the overlay is wrong: {what}", location=f"{name}#{pointer}", hint=_HINT)
