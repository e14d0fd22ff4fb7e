"""Documents among files: their names, their root, and what they name beside themselves."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from workbench.description.bundle import missing_files
from workbench.description.file_kinds import recognise
from workbench.description.guard import decode, read_bytes, read_file, read_text
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits
from workbench.description.neighbours import Neighbours
from workbench.description.postman import variables_of
from workbench.description.postman_versions import is_environment, unwrap
from workbench.description.raml_files import RamlFiles
from workbench.description.saved_pages import addresses_in_page, descriptions_in_page
from workbench.errors import DescriptionError
from workbench.model import mapping_of

_LARGEST = 2**20  # bytes of a file of variables


def missing_neighbours(
    path: Path, *, root: Path | None = None, limits: IntakeLimits = DEFAULT_LIMITS
) -> tuple[str, ...]:
    """Files that a document or its neighbours name and that are not there, relative to it.

    Args:
        path: The document; one without references, such as prose, names none.
        root: As for `describe`.
        limits: Caps of the intake guard.

    Raises:
        DescriptionError: A document is refused.
    """
    raw = read_file(path, limits)
    kind = recognise(raw, path)
    if kind == "raml":
        text = decode(raw, path.name, limits)
        files = RamlFiles(Neighbours(path, path.name, root or path.parent, limits))
        files.whole(mapping_of(read_text(text, path.name, limits, includes=True).data))
        return tuple(files.missing)
    if kind != "data":
        return ()
    data = mapping_of(read_bytes(raw, path.name, limits).data)
    if data.keys().isdisjoint({"openapi", "swagger", "asyncapi"}):
        return ()
    return missing_files(data, path, limits=limits, root=root)


def page_addresses(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """Where a saved page says that the description lies which it draws; nothing for other files.

    Raises:
        DescriptionError: The file is refused.
    """
    raw = read_file(path, limits)
    if recognise(raw, path) != "html":
        return ()
    text = decode(raw, path.name, limits)
    return () if descriptions_in_page(text, path.name, limits) else tuple(addresses_in_page(text))


def keep_below(root: Path | None, paths: Sequence[Path]) -> None:
    """Refuse documents that do not lie below a stated root."""
    for path in paths:
        if root is not None and not Path(path).resolve().is_relative_to(root.resolve()):
            raise DescriptionError(
                "the document does not lie below the stated root",
                location=str(path),
                hint="State as root a folder above all documents.",
            )


def names_of(paths: Sequence[Path]) -> list[str]:
    """Names of documents: as short as tells them apart."""
    counts = Counter(Path(path).name for path in paths)
    if all(count == 1 for count in counts.values()):
        return [Path(path).name for path in paths]
    absolute = [Path(path).absolute() for path in paths]
    if len(set(absolute)) < len(absolute):
        raise DescriptionError(
            "the same document was given twice", location=str(paths[0]), hint="Name it once."
        )
    shared = Path(os.path.commonpath(absolute))
    return [path.relative_to(shared).as_posix() for path in absolute]


def variables_among(paths: Sequence[Path], limits: IntakeLimits) -> dict[str, str]:
    """The variables of all environment files among the documents, for the collections."""
    found: dict[str, str] = {}
    for path in map(Path, paths):
        if path.suffix.lower() == ".json" and path.is_file() and path.stat().st_size < _LARGEST:
            raw = read_file(path, limits)
            if b'"values"' in raw:
                data = unwrap(mapping_of(read_bytes(raw, path.name, limits).data))
                if is_environment(data):
                    found |= variables_of(data.get("values"))
    return found
