"""The fence around a document: which files its references may name, and how they are read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from workbench.description.guard import decode, read_bytes, read_file
from workbench.description.limits import IntakeLimits
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
TEXTS = frozenset({".md", ".markdown", ".txt"})
OUTWARD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|[/\\]")
_LONGEST_NAME = 255  # bytes of one step of a path; no file system takes more


class OutsideError(Exception):
    """A reference names what it may not name; the text says why."""


@dataclass
class Neighbours:
    """Reads the files beside a document, and none outside the fence.

    Attributes:
        path: The document.
        name: Its name, for messages.
        root: The fence; the document's folder, or a folder above it that a person has stated.
        limits: Caps on each file, and on all of them together.
    """

    path: Path
    name: str
    root: Path
    limits: IntakeLimits
    bytes_read: int = 0

    def locate(self, file: str, home: str, suffixes: frozenset[str] = SUFFIXES) -> str:
        """Return the path of a named file relative to the document's folder; empty for itself.

        Args:
            file: As the reference writes it.
            home: The file in which the reference stands; empty for the document.
            suffixes: What may be read there.

        Raises:
            OutsideError: It is no document inside the fence.
        """
        plain = unquote(unquote(file))
        if OUTWARD.match(plain) or "\\" in plain or "\0" in plain:
            raise OutsideError(self._outside)
        folder = self.path.parent.resolve()
        if any(len(os.fsencode(step)) > _LONGEST_NAME for step in plain.split("/")):
            return plain
        target = ((folder / home).parent / plain if home else folder / plain).resolve()
        fence = self.root.resolve()
        if not target.is_relative_to(fence):
            raise OutsideError(self._outside)
        if any(part.startswith(".") for part in target.relative_to(fence).parts):
            message = "names a hidden file"
            raise OutsideError(message)
        if target.suffix.lower() not in suffixes and target.is_file():
            message = "names a file that is no YAML or JSON document"
            raise OutsideError(message)
        if target == self.path.resolve():
            return ""
        return Path(os.path.relpath(target, folder)).as_posix()

    def exists(self, relative: str) -> bool:
        """Whether a located file is there."""
        try:
            return (self.path.parent / relative).is_file()
        except (OSError, ValueError):
            return False

    def load(self, relative: str) -> tuple[Any, tuple[DocumentWarning, ...]]:
        """Read one neighbour through the guard."""
        data, name = self._read(relative)
        reading = read_bytes(data, name, self.limits)
        return reading.data, tuple(
            warning.model_copy(update={"document": self.name}) for warning in reading.warnings
        )

    def text(self, relative: str) -> str:
        """Read one neighbour as plain text."""
        data, name = self._read(relative)
        return decode(data, name, self.limits)

    def _read(self, relative: str) -> tuple[bytes, str]:
        name = Path(os.path.normpath(Path(self.name).parent / relative)).as_posix()
        data = read_file(self.path.parent / relative, self.limits)
        self.bytes_read += len(data)
        if self.bytes_read > self.limits.size:
            raise DescriptionError(
                f"the files of the document are together more than {self.limits.size:,} bytes",
                location=name,
                hint="Ask the partner for a smaller document.",
            )
        return data, name

    @property
    def _outside(self) -> str:
        is_stated = self.root.resolve() != self.path.parent.resolve()
        return f"points outside {'the stated root' if is_stated else 'the folder of the document'}"
