"""Documents of a partner brought together: paths as they are, addresses fetched with neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urljoin

from workbench.adapters.download import POLICY, Download, download, is_address, plain
from workbench.adapters.egress import guard_egress, judge_address, read_endpoint
from workbench.adapters.retry_policy import RetryPolicy
from workbench.description import DEFAULT_LIMITS, IntakeLimits, missing_neighbours, page_addresses
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
    follow: bool = False,
    policy: RetryPolicy = POLICY,
    limits: IntakeLimits = DEFAULT_LIMITS,
) -> Collected:
    """Bring documents together; an address is fetched, and so is what its references name beside.

    Neighbours are only fetched from the folder of the address (or below `root`), on the same host.

    Args:
        documents: Paths, or addresses.
        folder: Where fetched files are saved.
        root: A folder, or an address, above the documents.
        follow: Whether the description that a page draws is taken instead of that page, see
            `follow_pages`.
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
        fetched = _fetch_document(document, folder / str(number), mirror, str(root), policy, limits)
        downloads[fetched.path] = fetched
        paths.append(fetched.path)
    found = Collected(tuple(paths), downloads, mirror or (Path(root) if root else None))
    return follow_pages(found, folder, policy=policy) if follow else found


def follow_pages(found: Collected, folder: Path, *, policy: RetryPolicy = POLICY) -> Collected:
    """Put the description that a page draws in the place of that page, once and no further.

    A page was written by others. It may name files of its own folder and addresses of its own host;
    any other address must be a public one, whatever its name resolves to.

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
            with _public_only(behind, known.source if known else ""):
                fetched = collect_documents([behind], folder / f"behind-{number}", policy=policy)
            downloads |= fetched.downloads
            behind = fetched.paths[0]
        paths.append(behind or page)
    return Collected(tuple(paths), downloads, found.root)


@contextmanager
def _public_only(address: str, page: str) -> Iterator[None]:
    """Within this block only `address` is reached, and only as a page from `page` may lead there.

    Raises:
        InputError: It is no address, or a private one that is not the page's own.
    """
    refused = InputError(
        f"The page leads to {plain(address)[:160]}, which is no public address; it is not followed",
        location=page or None,
        hint="If the description is there, save it and give its path, or give its address.",
    )
    try:
        target = read_endpoint(address)
        is_own = bool(page) and read_endpoint(page) == target
    except ValueError:
        raise refused from None
    if is_own:
        yield
        return
    if target[0] == "localhost" or judge_address(target[0]) not in {None, "public"}:
        raise refused
    with guard_egress([address], is_public=True) as guard:
        try:
            yield
        except PartnerError:
            if guard.refused:
                raise refused from None
            raise


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


def _fetch_document(
    document: str,
    home: Path,
    mirror: Path | None,
    root: str,
    policy: RetryPolicy,
    limits: IntakeLimits,
) -> Download:
    """Fetch a document and what it names, into its own folder or into the mirror of the root."""
    base = urljoin(document, ".")
    if mirror is not None:
        base = root.rstrip("/") + "/"
        home = mirror / _below(base, document)
    home.mkdir(parents=True, exist_ok=True)
    fetched = download(document, home, policy=policy, largest=limits.size)
    _fetch_neighbours(fetched, mirror or home, base, policy, limits)
    return fetched


def _fetch_neighbours(
    document: Download, fence: Path, base: str, policy: RetryPolicy, limits: IntakeLimits
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
