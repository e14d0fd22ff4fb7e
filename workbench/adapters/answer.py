"""What was asked and what came back, in forms that are safe to show."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self

import orjson

from workbench.adapters.redaction import Redactor
from workbench.errors import PartnerError, RateLimitedError, RefusedError, UnavailableError

UNAVAILABLE = frozenset({502, 503, 504})
_EXCERPT = 160


@dataclass(frozen=True)
class SentRequest:
    """A request with every secret masked, as it was sent or would be sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def curl(self) -> str:
        """The request as a shell command; masked secrets have to be filled in by hand."""
        parts = ["curl", "--request", self.method, self.url]
        for name, value in self.headers.items():
            parts += ["--header", f"{name}: {value}"]
        if self.body:
            parts += ["--data-raw", self.body.decode("utf-8", "replace")]
        return " ".join(shlex.quote(part) for part in parts)


@dataclass(frozen=True)
class Answer:
    """One answer of the partner.

    Attributes:
        headers: Names in lower case; repeated headers are joined with a comma. Not masked.
        body: Decompressed, not masked: it is the partner's data. Use `excerpt` to show it.
        seconds: From sending until the body was read, last attempt only.
        attempts: How often it was asked.
    """

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float
    request: SentRequest
    attempts: int = 1
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)
    partner: str | None = None

    def json(self) -> Any:
        """The body as JSON, or None when it is not JSON (a maintenance page with status 200)."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def curl(self) -> str:
        """The request as a shell command, without secrets."""
        return self.request.curl

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
            RefusedError: 401 or 403.
            RateLimitedError: 429.
            UnavailableError: 502, 503 or 504.
            PartnerError: Any other status that is not 2xx, redirects included.
        """
        if 200 <= self.status < 300:
            return self
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "unknown"
        message = f"The partner answered {self.status} {phrase} to {self.request.method}"
        if self.excerpt:
            message += f": {self.excerpt}"
        where: dict[str, Any] = {"location": self.request.url, "partner": self.partner}
        if self.status in {401, 403}:
            hint = "Check the credentials of this environment, and what they may do."
            raise RefusedError(message, hint=hint, **where)
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimitedError(message, retry_after=self.retry_after, **where)
        if self.status in UNAVAILABLE:
            raise UnavailableError(message, **where)
        raise PartnerError(message, **where)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by `Retry-After`: a number or an HTTP date; None when absent or unreadable.

    A date is compared with the partner's own `Date`, so that a wrong clock here does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    until = _read_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_read_date(headers.get("date", "")) or now)).total_seconds())


def _read_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
