"""Fetches one document by its address, because a person named that address; nothing else does.

The bytes are kept as they come. A redirect is followed only on the same host, and never from https
to http.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from workbench.adapters.retry_policy import RetryPolicy
from workbench.description import DEFAULT_LIMITS
from workbench.errors import InputError, PartnerError

if TYPE_CHECKING:
    from workbench.adapters.answer import Answer

POLICY = RetryPolicy(total=30.0, attempts=2)
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SUFFIXES = re.compile(
    r"\.(?:json|ya?ml|md|markdown|mdx|txt|html?|har|raml|apib|http|rest|bru|csv|tsv|pdf|docx|xlsx|"
    r"wsdl|wadl|xsd|proto|graphqls?|gql)$",
    re.IGNORECASE,
)
_KINDS = (
    (re.compile(r"json"), ".json"),
    (re.compile(r"ya?ml"), ".yaml"),
    (re.compile(r"html"), ".html"),
    (re.compile(r"markdown"), ".md"),
    (re.compile(r"text/csv"), ".csv"),
)
_STARTS = re.compile(rb"[\"']?\b(?:openapi|swagger|asyncapi)\b[\"']?\s*:")
_START = 2000  # bytes in which a description says what it is
_ACCEPT = "*/*"  # a page for people is a document too


@dataclass(frozen=True)
class Download:
    """A fetched document: where it lies, where it came from, and what it is.

    `source` is the address without its query, which may hold a key.
    """

    path: Path
    source: str
    sha256: str
    size: int


def is_address(text: str) -> bool:
    """Whether a text is meant as an address rather than a path."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text))


def download(
    address: str,
    folder: Path,
    *,
    policy: RetryPolicy = POLICY,
    largest: int = DEFAULT_LIMITS.size,
    within: str = "",
) -> Download:
    """Fetch one document and save it byte for byte in a folder, named after its address.

    Args:
        address: `http` or `https`, without a user name.
        folder: Where it is saved.
        policy: Bounds of time.
        largest: Bytes that a document may have.
        within: What the address must begin with, after redirects too; anything by default.

    Raises:
        InputError: No such address, too large, empty, redirected elsewhere, or there already.
        PartnerError: No answer, or one that is no document.
    """
    parts = urlsplit(address)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise InputError(
            "A document is only fetched by http or https, from an address without a user name",
            location=plain(address),
            hint="Save the document yourself, and give its path.",
        )
    answer, last = _follow(urldefrag(address).url, policy)
    if not last.startswith(within):
        raise _redirected(address, last)
    body = answer.require().body
    if not body or len(body) > largest:
        what = f"{len(body):,} bytes are more than {largest:,}" if body else "it is empty"
        raise InputError(
            f"The document is not taken: {what}",
            location=plain(last),
            hint="Ask the partner for the document in parts." if body else "Check the address.",
        )
    path = _save(body, folder / _name(last, _kind(answer.headers.get("content-type", ""), body)))
    return Download(path, plain(last), hashlib.sha256(body).hexdigest(), len(body))


def call_once(address: str, *, policy: RetryPolicy = POLICY) -> bytes:
    """Call an address once, for what the call does or for what it answers.

    Raises:
        InputError: It redirects elsewhere.
        PartnerError: No answer, or a refusal.
    """
    return _follow(address, policy)[0].require().body


def _save(body: bytes, path: Path) -> Path:
    try:
        with path.open("xb") as file:
            file.write(body)
    except OSError as error:
        raise InputError(
            f"The document cannot be saved: {error.strerror}",
            location=str(path),
            hint="Move what is there, or choose another folder.",
        ) from error
    return path


def _follow(address: str, policy: RetryPolicy) -> tuple[Answer, str]:
    from workbench.adapters.http_client import HttpClient  # noqa: PLC0415 - slow to import, and files need none

    for _ in range(_MOST_REDIRECTS + 1):
        parts = urlsplit(address)
        with HttpClient(f"{parts.scheme}://{parts.netloc}", policy=policy) as client:
            answer = client.send("GET", address, headers={"Accept": _ACCEPT}, authenticated=False)
        if answer.status not in _REDIRECTS:
            return answer, address
        target = urldefrag(urljoin(address, answer.headers.get("location", ""))).url
        if not _is_same_host(address, target):
            raise _redirected(address, target)
        address = target
    raise PartnerError("The address redirects in a circle", location=plain(address))


def _redirected(address: str, target: str) -> InputError:
    return InputError(
        f"The address redirects elsewhere, to {plain(target)[:200]}",
        location=plain(address),
        hint="If that is the partner's, give that address instead.",
    )


def _is_same_host(one: str, other: str) -> bool:
    """Whether a redirect stays on its host and port; http to https of the same host counts."""
    old, new = urlsplit(one), urlsplit(other)
    try:
        ports = old.port, new.port
    except ValueError:
        return False
    if "@" in new.netloc or old.hostname != new.hostname:
        return False
    is_upgrade = (old.scheme, new.scheme, *ports) == ("http", "https", None, None)
    return is_upgrade or (old.scheme == new.scheme and ports[0] == ports[1])


def _name(address: str, kind: str) -> str:
    """A file name from an address, with a suffix that fits its kind."""
    last = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip(".-")[:80] or "document"
    if _SUFFIXES.search(name):
        return name
    return name + next((suffix for known, suffix in _KINDS if known.search(kind.lower())), ".txt")


def _kind(kind: str, body: bytes) -> str:
    """What a document is; a description says so itself where its sender does not."""
    start = body[:_START].lstrip(b"\xef\xbb\xbf \r\n\t")
    if re.search("json|ya?ml|html|markdown", kind, re.IGNORECASE) or not _STARTS.search(start):
        return kind
    return "json" if start.startswith(b"{") else "yaml"


def plain(address: str) -> str:
    """An address without query, fragment and user name."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
