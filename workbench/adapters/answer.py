"""An answer as it came, the request that it answers, and what its date says of their clock."""

from __future__ import annotations

import logging
import shlex
import threading
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import unquote_plus

import orjson

from workbench.errors import PartnerError, RateLimitedError, RefusedError, UnavailableError
from workbench.model import Exchange, find_at, shorten
from workbench.partners import BodyErrors
from workbench.secrecy import MASK, Redactor, is_secret_name


def mask_headers(
    headers: Mapping[str, str], redactor: Redactor, login: Collection[str] = ()
) -> dict[str, str]:
    """Headers that may be shown.

    Those whose names tell of a secret, and those of the login, are masked whole: the second net
    under the exact values, and the only one under those that are mere words.

    Args:
        headers: As they were sent or came.
        redactor: Knows the secrets.
        login: Names of the headers that logging in adds.
    """
    hidden = {name.lower() for name in login}
    return {
        redactor.text(name): MASK
        if name.lower() in hidden or is_secret_name(name, parameter=True)
        else redactor.text(value)
        for name, value in headers.items()
    }


def mask_url(url: str, redactor: Redactor) -> str:
    """An address whose parameters are masked as headers are."""
    path, mark, query = url.partition("?")
    return redactor.text(path + mark + _mask_pairs(query))


def mask_form(headers: Mapping[str, str], body: bytes, redactor: Redactor) -> bytes:
    """A body; the fields of a form are masked as headers are."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if "form-urlencoded" not in kind:
        return redactor.mask(body)
    return redactor.mask(_mask_pairs(body.decode("latin-1")).encode("latin-1"))


def _mask_pairs(pairs: str) -> str:
    return "&".join(
        f"{name}={MASK}" if value and is_secret_name(unquote_plus(name), parameter=True) else pair
        for pair in pairs.split("&")
        for name, _, value in (pair.partition("="),)
    )


# A gateway or a network (520 to 530: content networks) tells that the system behind is away.
UNAVAILABLE: frozenset[int] = frozenset({408, 502, 503, 504, 530, *range(520, 528)})
# Who we are, what we paid for, from where we ask, and what stands between us.
_SHUT_OUT = frozenset({401, 402, 403, 407, 451, 511})
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_TOO_MANY = frozenset({429})
REFUSALS = UNAVAILABLE | _SHUT_OUT | _ELSEWHERE | _TOO_MANY
_EXCERPT = 160
_JSON = "application/json"
# What our client says of itself, which changes nothing of the answer.
_CLIENT_HEADERS = frozenset(
    {("Accept-Encoding", "identity"), ("User-Agent", "partner-integration-workbench")}
)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


def classify_refusal(statuses: Collection[int]) -> type[PartnerError]:
    """The error of what kept us from asking: the gravest of some statuses that are refusals."""
    seen = set(statuses)
    if seen & _SHUT_OUT:
        return RefusedError
    if seen & UNAVAILABLE:
        return UnavailableError
    return RateLimitedError if seen & _TOO_MANY else PartnerError


@dataclass(frozen=True)
class SentRequest:
    """A request with every secret masked, as it was sent or would be sent.

    `login` has, for each header and query parameter that logging in adds, how a shell writes it.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    login: Mapping[str, str] = field(default_factory=dict)

    @property
    def curl(self) -> str:
        """The request as a shell command that can be pasted: secrets are variables.

        A secret of which we know no variable stays masked.
        """
        login = {name.lower(): shown for name, shown in self.login.items()}
        # Asked for HEAD by --request, curl would wait for a body that never comes.
        how = "--head" if self.method == "HEAD" else f"--include --request {self.method}"
        parts = ["curl", how, _write_address(self.url, self.login)]
        for name, value in self.headers.items():
            if name.lower() in login:
                parts += ["--header", f'"{name}: {login[name.lower()]}"']
            elif (name, value) not in _CLIENT_HEADERS:
                parts += ["--header", shlex.quote(f"{name}: {value}")]
        if self.body:
            parts += ["--data-raw", shlex.quote(self.body.decode("utf-8", "replace"))]
        return " ".join(parts)


def _write_address(url: str, login: Mapping[str, str]) -> str:
    """The address for a shell, its secret parameters as variables."""
    plain, mark, query = url.partition("?")
    pairs = [part.partition("=") for part in query.split("&")]
    if not any(name in login for name, _, _ in pairs):
        return shlex.quote(url)
    shown = [f"{name}{sign}{login.get(name, value)}" for name, sign, value in pairs]
    return f'{shlex.quote(plain + mark)}"{"&".join(shown)}"'


@dataclass(frozen=True)
class Answer:
    """One answer of the partner.

    Attributes:
        headers: Names in lower case; repeated headers are joined with a comma. Not masked.
        body: Decompressed, not masked: it is the partner's data. Use `excerpt` to show it.
        seconds: From sending until the body was read, last attempt only.
        attempts: How often it was asked.
        at: When the request was sent.
        wire_status: Status on the wire, where the body says that it is another one.
    """

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float
    request: SentRequest
    attempts: int = 1
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)
    partner: str | None = None
    at: datetime | None = None
    wire_status: int | None = None

    @property
    def is_page(self) -> bool:
        """Whether a person's page came where data was asked for, as in maintenance, with 2xx.

        Data, or nothing at all, that is only called a page is none: it is what many servers do.
        """
        wanted = self.request.headers.get("Accept", "")
        if not self.is_success or "json" not in wanted or "html" in wanted or "*" in wanted:
            return False
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        start = self.body[:200].lstrip().lower()
        if kind in _PAGES:
            return bool(start) and self.json() is None
        return kind != _JSON and start.startswith((b"<!doctype html", b"<html"))

    @property
    def is_success(self) -> bool:
        """Whether the status is of the 2xx class."""
        return 200 <= self.status < 300

    @property
    def is_there(self) -> bool:
        """Whether the partner itself answered, and not something that stands in for it."""
        return self.status not in UNAVAILABLE and not self.is_page

    @property
    def is_refusal(self) -> bool:
        """Whether something stood in the way of an answer: access, pace, a proxy or a gateway.

        So does a redirect, as of a login page. That says nothing of what was asked.
        """
        return self.status in REFUSALS or not self.is_there

    def json(self) -> Any:
        """The body as JSON, or None when it is not JSON (a maintenance page with status 200).

        A byte order mark before it is left out, as RFC 8259 lets readers do.
        """
        try:
            return orjson.loads(self.body.removeprefix(BOM_UTF8))
        except orjson.JSONDecodeError:
            return None

    def data(self) -> Any:
        """The body of a success as JSON.

        Raises:
            PartnerError: As of `require`, or the body is not JSON.
        """
        found = self.require().json()
        if found is None and self.body.strip() != b"null":
            raise PartnerError(
                f"The answer is not JSON: {self.excerpt or 'it is empty'}",
                location=self.request.url,
                partner=self.partner,
            )
        return found

    def read_errors(self, told: BodyErrors | None) -> Self:
        """The same answer with the status that its body tells, where it is an error in disguise."""
        if told is None or not self.is_success:
            return self
        body = self.json()
        found = find_at(body, told.json_path)
        text = orjson.dumps(found).decode().strip('"') if found is not None else None
        if text is None or not ({text, "*"} & set(told.values)):
            return self
        code = str(find_at(body, told.code)) if told.code else ""
        status = told.statuses.get(code, told.status)
        return replace(self, status=status, wire_status=self.status)

    @property
    def curl(self) -> str:
        """The request as a shell command, without secrets."""
        return self.request.curl

    @property
    def exchange(self) -> Exchange:
        """Request and answer as they may be written down: every secret masked."""
        sent, mask = self.request, self.redactor
        return Exchange(
            at=self.at,
            request=f"{sent.method} {sent.url}",
            headers=dict(sent.headers),
            body=shorten(sent.body.decode("utf-8", "replace")),
            status=self.wire_status or self.status,
            answer_headers=mask_headers(self.headers, mask),
            answer=shorten(mask.mask(self.body).decode("utf-8", "replace")),
        )

    @property
    def excerpt(self) -> str:
        """The start of the body on one line, at most 160 characters, with secrets masked."""
        text = " ".join(self.redactor.mask(self.body).decode("utf-8", "replace").split())
        return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"

    @property
    def retry_after(self) -> float | None:
        """Seconds that the partner asks us to wait, or None when it does not say."""
        return read_retry_after(self.headers, datetime.now(UTC))

    def require(self) -> Self:
        """Return the answer itself when it is a success.

        Raises:
            RefusedError: 401, 403, 407, and others that shut us out.
            RateLimitedError: 429.
            UnavailableError: 502, 503, 504 and the like, or a page for people instead of data.
            PartnerError: Any other status that is not 2xx, redirects included.
        """
        if self.is_success and not self.is_page:
            return self
        where: dict[str, Any] = {"location": self.request.url, "partner": self.partner}
        if self.is_page:
            message = f"The partner answered with a page, which is not JSON: {self.excerpt}"
            raise UnavailableError(message, **where)
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "unknown"
        message = f"The partner answered {self.status} {phrase} to {self.request.method}"
        if self.status in _ELSEWHERE and (place := self.headers.get("location")):
            message += f", which leads to {self.redactor.text(place.partition('?')[0])}"
        if self.excerpt:
            message += f": {self.excerpt}"
        kind = classify_refusal({self.status})
        if kind is RefusedError:
            where["hint"] = "Check the credentials of this environment, and what they may do."
        if kind is RateLimitedError:
            where["retry_after"] = self.retry_after
        raise kind(message, **where)


def read_date(text: str) -> datetime | None:
    """An HTTP date, or None when it is not one."""
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After`: a number or an HTTP date; None when absent or unreadable.

    A date is compared with the partner's own `Date`, so that a wrong clock here does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    until = read_date(text)
    if until is None:
        return None
    return max(0.0, (until - (read_date(headers.get("date", "")) or now)).total_seconds())


_LOG = logging.getLogger(__name__)
_NOTEWORTHY = 30.0


class ClockSkew:
    """Measured by the `Date` of answers; a warning is logged once when it is over 30 s.

    Attributes:
        seconds: The partner's clock minus ours, to about a second; None: not known.
    """

    def __init__(self, partner: str | None) -> None:
        self.seconds: float | None = None
        self._partner = partner
        self._has_warned = False
        self._lock = threading.Lock()

    def note(self, headers: Mapping[str, str], sent: datetime, seconds: float) -> None:
        """Look at an answer that came `seconds` after `sent`; answers of caches are left out."""
        theirs = read_date(headers.get("date", ""))
        if theirs is None or "age" in headers:
            return
        # The date has whole seconds, so on average half a one is missing.
        ours = sent + timedelta(seconds=seconds / 2 - 0.5)
        with self._lock:
            self.seconds = round((theirs - ours).total_seconds(), 1)
            is_news = abs(self.seconds) > _NOTEWORTHY and not self._has_warned
            self._has_warned |= is_news
        if is_news:
            _LOG.warning("the clock of %s is %+.0f s from ours", self._partner, self.seconds)
