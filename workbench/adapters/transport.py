"""The one module that knows the HTTP library: one request out, one answer in, both in time.

Redirects are never followed, TLS is always verified, the environment's proxies and `.netrc` are
never used, cookies are not kept.
"""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from workbench.adapters.network import Network, SocketExchange, carry_exchange
from workbench.adapters.recorder import Recorded
from workbench.adapters.request_message import read_body
from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import InputError, UnavailableError, UntrustedError
from workbench.secrecy import Redactor

CONNECTIONS = 32
LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "proxy")))


@dataclass(frozen=True)
class ConnectTarget:
    """A URL as it will be connected to; `text` is the whole of it, percent-encoded."""

    text: str
    scheme: str
    authority: str
    has_user: bool


def read_target(text: str, query: Mapping[str, Any]) -> ConnectTarget:
    """Parse a URL as the library does that connects to it; a query's None values are left out.

    Raises:
        ValueError: It is no URL.
    """
    try:
        url = httpx.URL(text)
        present = {name: value for name, value in query.items() if value is not None}
        url = url.copy_merge_params(present) if present else url
        return ConnectTarget(str(url), url.scheme, url.netloc.decode(), bool(url.userinfo))
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None


class Transport:
    """Connections to one partner; safe for several threads.

    Args:
        policy: Seconds for each step; an exchange as a whole ends at its deadline.
        redactor: Masks what the library's errors say.
        is_guarded: Whether what changes something may go to public addresses and this machine only.
        partner: Slug, for messages.
    """

    def __init__(
        self, policy: RetryPolicy, redactor: Redactor, *, is_guarded: bool, partner: str | None
    ) -> None:
        self._policy, self._redactor, self._partner = policy, redactor, partner
        self._is_guarded = is_guarded
        # A kept connection may close as we write to it; only repeatable calls may risk that.
        self._kept, self._fresh = _open_client(kept=16), _open_client(kept=0)

    def close(self) -> None:
        """Close all connections; closing twice is harmless."""
        self._kept.close()
        self._fresh.close()

    def transmit(
        self, entry: Recorded, *, keep: bool, deadline: float, changes: bool
    ) -> tuple[int, dict[str, str], bytes]:
        """Send once and read the whole answer: status, headers by lower-case name, body.

        Args:
            entry: The request, with secrets in the clear.
            keep: Whether a connection of an earlier request may carry it.
            deadline: Instant of `time.monotonic` by which the last byte must be here.
            changes: Whether it may change something over there.

        Raises:
            InputError: It cannot be sent, or not to that address.
            PartnerError: Unavailable (no answer in time), or an answer that cannot be read.
        """
        exchange = SocketExchange(deadline, must_be_public=self._is_guarded and changes)
        with carry_exchange(exchange), self._explain(deadline):
            client = self._kept if keep else self._fresh
            request = client.build_request(
                entry.method,
                entry.url,
                content=entry.request_body or None,
                headers=entry.request_headers,
                timeout=self._timeout(deadline),
            )
            with closing(client.send(request, stream=True)) as response:
                encoding = response.headers.get("content-encoding", "")
                body = read_body(response.iter_raw(), encoding, deadline=deadline)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return response.status_code, headers, body

    @contextmanager
    def _explain(self, deadline: float) -> Iterator[None]:
        """Errors of the library as ours; its own may print what was sent, so none is chained."""
        try:
            yield
        except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:
            raise InputError(
                f"The request cannot be sent: {self._redactor.text(str(error))}",
                partner=self._partner,
                hint="A header or path has characters that HTTP does not allow.",
            ) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if (refused := _find_certificate_error(error)) is not None:
                raise UntrustedError(
                    "The TLS certificate of the partner's address is not accepted: "
                    f"{refused.verify_message.rstrip('.')}",
                    hint=_CERTIFICATES.get(refused.verify_code, _CERTIFICATE),
                ) from None
            reason = self._redactor.text(str(error)) or type(error).__name__
            is_late = time.monotonic() >= deadline
            raise UnavailableError(
                "The answer came too slowly"
                if is_late
                else f"No answer from the partner: {reason}",
                hint="Check that the environment is up and its address is right.",
            ) from None

    def _timeout(self, deadline: float) -> httpx.Timeout:
        left = max(0.001, deadline - time.monotonic())
        most = self._policy
        four = (most.connect, most.read, most.write, most.pool)
        connect, read, write, pool = (min(seconds, left) for seconds in four)
        return httpx.Timeout(connect=connect, read=read, write=write, pool=pool)


class _Library(httpx.HTTPTransport):
    """The library's transport over our own network, which knows deadlines and addresses."""

    def __init__(self, *, kept: int) -> None:
        super().__init__(verify=_trust(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=kept,
            keepalive_expiry=5.0,
            network_backend=Network(),
        )


_CERTIFICATE = "Ask the partner for a certificate that a public authority signed."
# By the codes of OpenSSL.
_CERTIFICATES = {
    9: "Look whether the clock of this machine is right; then ask the partner.",
    10: "Ask the partner to renew it.",
    62: "Ask for the right address, or for a certificate that names this one.",
}


def _find_certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What a library says of a certificate, from among the causes of an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause


@functools.cache
def _trust() -> ssl.SSLContext:
    """Certificates of the public authorities; loaded once, as it takes tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=False)


def _open_client(*, kept: int) -> httpx.Client:
    return httpx.Client(
        transport=_Library(kept=kept),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
    )
