"""Documents of a partner brought together: paths as they are, addresses fetched with neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urljoin

from workbench.adapters.download import POLICY, Download, download, is_address
from workbench.adapters.retry import RetryPolicy
from workbench.description import DEFAULT_LIMITS, Limits, missing_neighbours, page_addresses
from workbench.errors import InputError, PartnerError, RefusedError, UnavailableError


@dataclass(frozen=True)
class Collected:
    """Documents on this machine.

    Attributes:
        paths: Where each document lies, in the order given.
        downloads: What was fetched, by path; neighbours are not listed.
        root: Folder whose files references may name, if one was stated.
    """

    paths: tuple[Path, ...]
    downloads: dict[Path, Download] = field(default_factory=dict)
    root: Path | None = None


def collect_documents(
    documents: Sequence[str | Path],
    folder: Path,
    *,
    root: str | Path | None = None,
    policy: RetryPolicy = POLICY,
    limits: Limits = DEFAULT_LIMITS,
) -> Collected:
    """Bring documents together; an address is fetched, and so is what its references name beside.

    Neighbours are only fetched from the folder of the address (or below `root`), on the same host.

    Args:
        documents: Paths, or addresses.
        folder: Where fetched files are saved.
        root: A folder, or an address, above the documents.
        policy: Bounds of time for each request.
        limits: Caps on number and size of what is fetched.

    Raises:
        InputError: An address or a document is refused, or lies outside the root.
        PartnerError: A document could not be fetched.
    """
    mirror = folder / "root" if isinstance(root, str) and is_address(root) else None
    paths: list[Path] = []
    downloads: dict[Path, Download] = {}
    for number, document in enumerate(documents):
        if not (isinstance(document, str) and is_address(document)):
            paths.append(Path(document))
            continue
        home, base = folder / str(number), urljoin(document, ".")
        if mirror is not None:
            base = str(root).rstrip("/") + "/"
            home = mirror / _below(base, document)
        home.mkdir(parents=True, exist_ok=True)
        fetched = download(document, home, policy=policy, largest=limits.size)
        fence = mirror or home
        _fetch_neighbours(fetched, fence, base, policy, limits)
        downloads[fetched.path] = fetched
        paths.append(fetched.path)
    return Collected(tuple(paths), downloads, mirror or (Path(root) if root else None))


def follow_pages(found: Collected, folder: Path, *, policy: RetryPolicy = POLICY) -> Collected:
    """Put the description that a page draws in the place of that page, once and no further.

    Args:
        found: What was brought together.
        folder: Where fetched files are saved.
        policy: Bounds of time for each request.

    Raises:
        InputError: An address or a document is refused.
        PartnerError: A description could not be fetched.
    """
    paths: list[Path] = []
    downloads = dict(found.downloads)
    for number, page in enumerate(found.paths):
        known = downloads.get(page)
        behind = _behind(page, known.source if known else "")
        if isinstance(behind, str):
            fetched = collect_documents([behind], folder / f"behind-{number}", policy=policy)
            downloads |= fetched.downloads
            behind = fetched.paths[0]
        paths.append(behind or page)
    return Collected(tuple(paths), downloads, found.root)


def _behind(page: Path, address: str) -> Path | str | None:
    """The description that a page draws: a file beside it, or an address; None for other files."""
    for named in page_addresses(page):
        if is_address(named):
            return named
        if address:
            return urljoin(address, named)
        beside = (page.parent / unquote(named.partition("?")[0].lstrip("/"))).resolve()
        if beside.is_file() and beside.is_relative_to(page.parent.resolve()):
            return beside
    return None


def _below(base: str, address: str) -> Path:
    """The folder of an address, relative to the root."""
    plain = address.partition("?")[0].partition("#")[0]
    inside = unquote(plain.removeprefix(base)).split("/")[:-1]
    if not plain.startswith(base) or {".", ".."} & set(inside):
        raise InputError(
            "The document does not lie below the stated root",
            location=plain,
            hint="State as root an address that all documents begin with.",
        )
    return Path(*inside)


def _fetch_neighbours(
    document: Download, fence: Path, base: str, policy: RetryPolicy, limits: Limits
) -> None:
    """Fetch what a document names, and what that names, until nothing new is there."""
    asked: set[Path] = set()
    size = document.size
    while True:
        named = missing_neighbours(document.path, root=fence, limits=limits)
        targets = [(document.path.parent / name).resolve() for name in named]
        new = [path for path in dict.fromkeys(targets) if path not in asked]
        if not new or len(asked) >= limits.files:
            return
        for path in new[: limits.files - len(asked)]:
            asked.add(path)
            size += _fetch(path, fence, base, policy, limits.size - size)


def _fetch(path: Path, fence: Path, base: str, policy: RetryPolicy, largest: int) -> int:
    """Fetch one neighbour; one that is not there is left to be reported as a dangling reference."""
    address = urljoin(base, quote(path.relative_to(fence.resolve()).as_posix()))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        found = download(address, path.parent, policy=policy, largest=largest, within=base)
    except (UnavailableError, RefusedError):
        raise
    except PartnerError:
        return 0
    if found.path != path:
        found.path.rename(path)
    return found.size
