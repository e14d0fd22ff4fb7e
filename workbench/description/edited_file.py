"""Files that a person edits beside the documents: read strictly, with errors that name the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from workbench.description.guard import read_bytes, read_file
from workbench.errors import DescriptionError, InputError, WorkbenchError
from workbench.text import read_pointer

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_edited(path: Path, location: str, kind: type[InputError]) -> Any:
    """The content of `partner.yaml` or `mapping.yaml`.

    Args:
        path: The file.
        location: How messages name it.
        kind: The error to raise.

    Raises:
        InputError: Of that kind. The file cannot be read, or it holds what a document may hold and
            a file of ours may not: a key given twice hides what stands below the first one.
    """
    try:
        reading = read_bytes(read_file(path), location)
    except DescriptionError as error:
        message = error.message.replace("the document is refused: ", "").replace(
            "the document cannot be read", "the file cannot be read"
        )
        raise kind(message, location=error.location, hint=error.hint) from error
    for warning in reading.warnings:
        place = f"{location}#{warning.pointer or ''}"
        with locating(path):
            raise kind(warning.summary, location=place, hint=warning.hint or None)
    return reading.data


def find_position(text: str, steps: Sequence[str | int]) -> tuple[int, int] | None:
    """Where a value stands, or the nearest one above it that is there.

    Args:
        text: A YAML text that the intake guard has read.
        steps: Keys and indexes down to it; indexes may be digits.

    Returns:
        Line and column, both from 1: of its key, or of the item itself; where the text had to be
        mended to be read (tabs), of what was wrong. None where it says nothing.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return (mark.line + 1, mark.column + 1) if mark else None
    except yaml.YAMLError:
        return None
    if node is None:
        return 1, 1
    mark = node.start_mark
    for step in steps:
        below = _enter(node, str(step))
        if below is None:
            break
        mark, node = below
    return mark.line + 1, mark.column + 1


@contextmanager
def locating(path: Path) -> Iterator[None]:
    """Write line and column into errors about a file: `file:12:7#/pointer`.

    Args:
        path: The file; errors whose location is no `file#/pointer` of it stay as they are.
    """
    try:
        yield
    except WorkbenchError as error:
        _add_position(error, path)
        raise


def _add_position(error: WorkbenchError, path: Path) -> None:
    file, sign, pointer = (error.location or "").partition("#")
    if not sign or not file.endswith(path.name):
        return
    try:
        found = find_position(path.read_text("utf-8"), read_pointer(pointer))
    except (OSError, UnicodeDecodeError):
        return
    if found is not None:
        error.location = f"{file}:{found[0]}:{found[1]}#{pointer}"


def _enter(node: yaml.Node, step: str) -> tuple[Any, yaml.Node] | None:
    """The mark and the node of a member or an item."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == step:
                return key.start_mark, value
    elif isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
        item = node.value[int(step)]
        return item.start_mark, item
    return None
