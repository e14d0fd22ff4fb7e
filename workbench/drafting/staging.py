"""Documents as they enter a partner folder: copied with their neighbours, without secrets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.adapters import Collected, collect_documents
from workbench.description import clean_document, describe
from workbench.errors import InputError
from workbench.model import ApiDescription


@dataclass(frozen=True)
class Staged:
    """The copies that a new folder gets.

    Attributes:
        folder: Holds the copies as they will lie below `documents/`.
        paths: Each document in there, in the order of `description.documents`.
        description: What the copies say.
        sources: Path → address that it was fetched from.
        originals: Path → sha256 of the document before anything was replaced in it.
        replaced: Path → what was replaced in it and its neighbours, and how often.
    """

    folder: Path
    paths: tuple[Path, ...]
    description: ApiDescription
    sources: dict[Path, str] = field(default_factory=dict)
    originals: dict[Path, str] = field(default_factory=dict)
    replaced: dict[Path, dict[str, int]] = field(default_factory=dict)

    def addresses(self) -> dict[str, str]:
        """Document → address that it was fetched from."""
        named = zip(self.description.documents, self.paths, strict=True)
        return {item.name: self.sources[path] for item, path in named if path in self.sources}

    def place(self, number: int) -> str:
        """Path of a document below `documents/`."""
        return self.paths[number].relative_to(self.folder).as_posix()


def stage_documents(
    documents: Sequence[str | Path],
    room: Path,
    *,
    root: str | Path | None = None,
    follow: bool = False,
) -> Staged:
    """Bring documents together and copy them, secrets and recorded people replaced.

    Args:
        documents: Paths, or addresses that are fetched.
        room: A folder of our own to work in.
        root: Folder or address whose files references may name.
        follow: Whether the description that a page draws is fetched and taken instead.

    Raises:
        InputError: A document is refused, or two bring a file of the same name.
        PartnerError: A document could not be fetched.
    """
    found = collect_documents(documents, room, root=root, follow=follow)
    return _copy_collected(found, (room / "copies").resolve())


def _copy_collected(found: Collected, folder: Path) -> Staged:
    description = describe(found.paths, root=found.root)
    paths: list[Path] = []
    originals: dict[Path, str] = {}
    replaced: dict[Path, dict[str, int]] = {}
    for number, (document, path) in enumerate(zip(description.documents, found.paths, strict=True)):
        target, counts = _copy(path, folder / _place(found, description, number))
        for name in document.files:
            counts += _copy(path.parent / name, target.parent / name)[1]
        if counts:
            originals[target] = document.sha256
            replaced[target] = dict(counts.most_common())
        paths.append(target)
    if replaced:
        description = describe(paths, root=folder if found.root else None)
    sources = {
        target: found.downloads[path].source
        for target, path in zip(paths, found.paths, strict=True)
        if path in found.downloads
    }
    return Staged(folder, tuple(paths), description, sources, originals, replaced)


def _place(found: Collected, description: ApiDescription, number: int) -> str:
    if found.root is None:
        return description.documents[number].name
    return found.paths[number].resolve().relative_to(found.root.resolve()).as_posix()


def _copy(source: Path, target: Path) -> tuple[Path, Counter[str]]:
    """Write the cleaned copy; return where it lies, and what was replaced in it."""
    cleaned = clean_document(source.read_bytes(), source.name)
    target = target.parent.resolve() / (target.name + cleaned.suffix)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and _sha256(target.read_bytes()) != _sha256(cleaned.data):
        raise InputError(
            f"Two documents bring a file {target.name} each",
            location=str(source),
            hint="Give the documents from folders that lie side by side.",
        )
    target.write_bytes(cleaned.data)
    return target, Counter(cleaned.replaced)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
