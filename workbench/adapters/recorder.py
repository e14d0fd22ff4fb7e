"""Records what goes over the wire, and remembers which of our secrets a partner sends back."""

from __future__ import annotations

import base64
import io
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from workbench.adapters.answer import SentRequest, mask_form, mask_headers, mask_url
from workbench.adapters.proof import AuthHeaders
from workbench.adapters.request_message import PreparedRequest
from workbench.model import Exchange, shorten
from workbench.secrecy import ANYTHING, Redactor, is_identifier_name, is_secret_name, open_private

# Bodies beyond this many bytes in all are counted but not kept; a cut body could show half a
# secret, which no exact value finds, so a body is kept whole or not at all.
_KEPT = 64 * 1024 * 1024


@dataclass(frozen=True, order=True)
class Echo:
    """A secret of ours that the partner sent back where nobody asked for it."""

    method: str
    path: str
    credential: str


@dataclass(frozen=True)
class Recorded:
    """One attempt at one request; status 0 when no answer came; `is_for_token`: a login."""

    started: datetime
    seconds: float
    method: str
    url: str
    request_headers: Mapping[str, str] = field(repr=False)
    request_body: bytes = field(repr=False)
    status: int = 0
    response_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    response_body: bytes = field(default=b"", repr=False)
    error: str = ""
    login: Mapping[str, str] = field(default_factory=dict)
    is_for_token: bool = False

    @property
    def sent(self) -> SentRequest:
        """The request, to be written as a command; `login` is as of `SentRequest`."""
        body = self.request_body
        return SentRequest(self.method, self.url, self.request_headers, body, self.login)

    @property
    def exchange(self) -> Exchange:
        """The exchange as a finding keeps it."""
        return Exchange(
            at=self.started,
            request=f"{self.method} {self.url}",
            headers=dict(self.request_headers),
            body=shorten(self.request_body.decode("utf-8", "replace")),
            status=self.status,
            answer_headers=dict(self.response_headers),
            answer=shorten(self.response_body.decode("utf-8", "replace")),
        )


class Recorder:
    """Collects exchanges from any thread; what it gives out is masked at that moment.

    Args:
        redactor: Knows the secrets.
        most: Keep only so many, the latest, as in a program that runs for months; None: all.
    """

    def __init__(self, redactor: Redactor, most: int | None = None) -> None:
        self._redactor = redactor
        self._lock = threading.Lock()
        self._entries: deque[Recorded] = deque()
        self._most = most
        self._masked: dict[int, Recorded] = {}
        self._masked_for: object = None
        self._echoes: set[Echo] = set()
        self._kept = 0

    def __repr__(self) -> str:
        return f"Recorder({len(self._entries)} exchanges)"

    def add(self, entry: Recorded) -> None:
        """Keep one exchange."""
        size = _size(entry)
        self._redactor.notice(entry.request_body, entry.response_body)
        with self._lock:
            if self._most is not None and len(self._entries) >= self._most:
                gone = self._entries.popleft()
                self._kept -= _size(gone)
                self._masked.pop(id(gone), None)
            if self._kept + size > _KEPT:
                note = f"[{size} bytes, not kept]".encode()
                entry = replace(entry, request_body=b"", response_body=note)
                size = len(note)
            self._kept += size
            self._entries.append(entry)

    def note_echoes(self, method: str, path: str, credentials: Iterable[str]) -> None:
        """Keep in mind that an answer held secrets of ours."""
        with self._lock:
            self._echoes |= {Echo(method, path, name) for name in credentials}

    @property
    def echoes(self) -> list[Echo]:
        """Secrets of ours that came back so far, in order of their names."""
        with self._lock:
            return sorted(self._echoes)

    @property
    def exchanges(self) -> list[Recorded]:
        """Everything so far, in order of completion, with secrets masked."""
        with self._lock:
            entries = list(self._entries)
            # Those who ask again and again find it done, unless more is to be masked by now.
            if self._masked_for != self._redactor.version:
                self._masked, self._masked_for = {}, self._redactor.version
            masked = self._masked
        for entry in entries:
            if id(entry) not in masked:
                masked[id(entry)] = self._mask(entry)
        return [masked[id(entry)] for entry in entries]

    @property
    def count(self) -> int:
        """How many exchanges there are so far."""
        with self._lock:
            return len(self._entries)

    def unmasked(self, since: int = 0) -> list[Recorded]:
        """Exchanges as they were, from a number on: to count and to compare, never to be shown."""
        with self._lock:
            return list(self._entries)[since:]

    def latest(self, fits: Callable[[Recorded], bool]) -> Recorded | None:
        """The last answered exchange that fits, with secrets masked."""
        with self._lock:
            entries = list(self._entries)
        found = next((item for item in reversed(entries) if item.status and fits(item)), None)
        return self._mask(found) if found else None

    def write_har(self, path: Path) -> None:
        """Write all exchanges as HAR 1.2."""
        creator = Creator(name="partner-integration-workbench", version=_own_version())
        with io.TextIOWrapper(open_private(path), encoding="utf-8") as target:
            har = HarFile.open(target, creator=creator)
            for entry in self.exchanges:
                har.add_entry(
                    startedDateTime=entry.started,
                    time=entry.seconds * 1000,
                    request=_har_request(entry),
                    response=_har_response(entry),
                    timings=Timings(send=0, wait=entry.seconds * 1000, receive=0),
                    comment=entry.error or None,
                )
            har.close()

    def _mask(self, entry: Recorded) -> Recorded:
        return replace(
            entry,
            url=mask_url(entry.url, self._redactor),
            request_headers=mask_headers(entry.request_headers, self._redactor, entry.login),
            request_body=mask_form(entry.request_headers, entry.request_body, self._redactor),
            response_headers=mask_headers(entry.response_headers, self._redactor),
            response_body=self._redactor.mask(entry.response_body),
            error=self._redactor.text(entry.error),
        )


def _size(entry: Recorded) -> int:
    return len(entry.request_body) + len(entry.response_body)


def show_request(call: PreparedRequest, login: AuthHeaders, redactor: Redactor) -> SentRequest:
    """A request in the form that may be shown: every secret masked, those of the login named."""
    url, headers = call.carry(login)
    return SentRequest(
        call.method,
        mask_url(url, redactor),
        mask_headers(headers, redactor, login.shown),
        mask_form(headers, call.body, redactor),
        login.shown,
    )


def _har_request(entry: Recorded) -> Request:
    text, _ = _as_text(entry.request_body)
    kind = _header(entry.request_headers, "content-type")
    return Request(
        method=entry.method,
        url=entry.url,
        httpVersion="HTTP/1.1",
        headers=_records(entry.request_headers),
        queryString=[
            Record(name=name, value=value)
            for name, value in parse_qsl(urlsplit(entry.url).query, keep_blank_values=True)
        ],
        postData=PostData(mimeType=kind, text=text) if entry.request_body else None,
        bodySize=len(entry.request_body),
    )


def _har_response(entry: Recorded) -> Response:
    text, encoding = _as_text(entry.response_body)
    known = entry.status in set(HTTPStatus)
    return Response(
        status=entry.status,
        statusText=HTTPStatus(entry.status).phrase if known else "",
        httpVersion="HTTP/1.1",
        headers=_records(entry.response_headers),
        content=Content(
            size=len(entry.response_body),
            mimeType=_header(entry.response_headers, "content-type"),
            text=text,
            encoding=encoding,
        ),
        redirectURL=_header(entry.response_headers, "location"),
        bodySize=len(entry.response_body),
    )


def _as_text(body: bytes) -> tuple[str, str | None]:
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def _records(headers: Mapping[str, str]) -> list[Record]:
    return [Record(name=name, value=value) for name, value in headers.items()]


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def _own_version() -> str:
    try:
        return version("partner-integration-workbench")
    except PackageNotFoundError:
        return "0"


COOKIE = "cookie"


def read_cookies(headers: dict[str, str]) -> list[str]:
    """Values of the cookies that open a session; others may be words that bodies hold too."""
    try:
        cookies = SimpleCookie(headers.get("set-cookie", ""))
    except CookieError:
        return []
    return [
        item.value
        for name, item in cookies.items()
        if is_secret_name(name, parameter=True) or "sess" in name.lower()
    ]


def read_tokens(data: Any) -> list[str]:
    """Values in the answer of a token address that are secrets by their names, at any depth."""
    found: list[str] = []
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        for name, value in node.items() if isinstance(node, dict) else ():
            if isinstance(value, str) and is_secret_name(name):
                found.append(value)
            waiting.append(value)
    return found


def take_back(
    redactor: Redactor,
    recorder: Recorder,
    sent: Recorded,
    headers: dict[str, str],
    body: bytes,
) -> tuple[dict[str, str], bytes]:
    """An answer without secrets of ours; that they were in it is noted with the recorder.

    What says who we are may come back, and so may what the request's own body told, as when a
    webhook is registered with its secret.

    Args:
        redactor: Knows the secrets.
        recorder: Keeps what is noted.
        sent: The request.
        headers: Of the answer, names in lower case.
        body: Of the answer.
    """
    names = find_echoes(redactor, sent.request_body, headers, body)
    if not names:
        return headers, body
    recorder.note_echoes(sent.method, redactor.text(urlsplit(sent.url).path), names)
    clean = {name: _mask(redactor, value, names) for name, value in headers.items()}
    return clean, redactor.take_out(body, names)


def find_echoes(
    redactor: Redactor, request_body: bytes, headers: Mapping[str, str], body: bytes
) -> set[str]:
    """Names of secrets in an answer that the request's own body did not tell.

    Args:
        redactor: Knows the secrets.
        request_body: What we sent.
        headers: Of the answer.
        body: Of the answer.
    """
    shown = "\n".join(
        value for name, value in headers.items() if name.lower() != "set-cookie"
    ).encode("utf-8", "surrogatepass")
    names = {
        hit.credential
        for hit in (*redactor.find(shown), *redactor.find(body))
        if not is_identifier_name(hit.credential) and hit.credential not in {COOKIE, ANYTHING}
    }
    return names - {hit.credential for hit in redactor.find(request_body)} if names else names


def _mask(redactor: Redactor, text: str, only: Collection[str]) -> str:
    return redactor.take_out(text.encode("utf-8", "surrogatepass"), only).decode("utf-8", "replace")
