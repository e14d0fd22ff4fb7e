"""Places in a mapping file, for errors that say what, where and how to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from workbench.errors import MappingError
from workbench.mapping.canonical_fields import UnknownNameError
from workbench.model import Steps
from workbench.text import read_pointer, write_pointer

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A file, and the steps down to a value in it."""

    file: str
    steps: Steps = ()

    def at(self, *steps: str | int) -> SourceLocation:
        """A place further down."""
        return SourceLocation(self.file, (*self.steps, *steps))

    def find(self, pointer: str) -> SourceLocation:
        """The place that a JSON Pointer names."""
        return SourceLocation(self.file, read_pointer(pointer))

    def error(self, message: str, hint: str | None = None) -> MappingError:
        """The error at this place."""
        return MappingError(message, location=f"{self.file}#{write_pointer(self.steps)}", hint=hint)

    def look(
        self, find: Callable[Arguments, Found], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Found:
        """Call a look-up whose ValueError is a mistake at this place.

        Raises:
            MappingError: The look-up found nothing.
        """
        try:
            return find(*args, **kwargs)
        except UnknownNameError as error:
            raise self.error(str(error), error.hint) from error
        except ValueError as error:
            raise self.error(str(error)) from error
