"""Calls a partner: allow-list, login, retries, bounds, recording."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, Self

from workbench.adapters.answer import Answer, ClockSkew, SentRequest
from workbench.adapters.auth import LoginShare, SharedLogin
from workbench.adapters.egress import Endpoint, read_endpoint, write_endpoint
from workbench.adapters.proof import AuthHeaders, FixedLogin, Login, Outgoing, TokenRequest
from workbench.adapters.recorder import (
    COOKIE,
    Recorded,
    Recorder,
    read_cookies,
    read_tokens,
    show_request,
    take_back,
)
from workbench.adapters.request_message import PreparedRequest, climbs, compose, compose_token
from workbench.adapters.retry import (
    SAFE,
    CircuitBreaker,
    RateLimiter,
    RetryBudget,
    send_with_retries,
)
from workbench.adapters.retry_policy import RetryPolicy
from workbench.adapters.transport import LOGGERS, Transport, read_target
from workbench.errors import InputError, UnavailableError, WorkbenchError
from workbench.partners import BodyErrors, RateLimits
from workbench.secrecy import RedactingFilter, Redactor

Purpose = Literal["testing", "integration"]

_NOT_AUTHENTICATED = 401


class HttpClient:
    """Calls one partner in one environment; safe for several threads; a context manager.

    Args:
        base_url: Root of the API; paths are put behind it.
        auth: How to log in; None when the partner does not ask for it.
        allowed_hosts: Further `host` or `host:port` (443 when no port is given).
        redactor: Knows the secrets; tokens that are fetched are added to it.
        recorder: Receives every attempt.
        limits: The manifest's limits; paces the requests.
        headers: Constant headers of every call.
        allow_writes: Whether methods other than GET, HEAD and OPTIONS may be sent.
        environment: In `production`, nothing is ever written for the purpose `testing`.
        partner: Slug, for messages.
        policy: Timeouts and retries.
        errors: How errors are told with a status of success.
        is_guarded: Whether writes go to public addresses and this machine only; our own systems
            may be elsewhere.

    Attributes:
        skew: How far the partner's clock is from ours.

    Raises:
        InputError: `base_url` or an allowed host is no address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Login | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        redactor: Redactor | None = None,
        recorder: Recorder | None = None,
        limits: RateLimits | None = None,
        headers: Mapping[str, str] | None = None,
        allow_writes: bool = False,
        environment: str = "sandbox",
        purpose: Purpose = "testing",
        partner: str | None = None,
        policy: RetryPolicy | None = None,
        errors: BodyErrors | None = None,
        is_guarded: bool = True,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.environment = environment
        self.partner = partner
        self.redactor = redactor or Redactor()
        self.recorder = recorder or Recorder(self.redactor)
        self._login = auth or FixedLogin(AuthHeaders())
        self.redactor.add(*self._login.preview().secrets())
        self._policy = policy or RetryPolicy()
        self._pace = RateLimiter((limits or RateLimits()).requests_per_minute)
        self._breaker = CircuitBreaker(self._policy)
        self._budget = RetryBudget(self._policy)
        self.skew = ClockSkew(partner)
        self._headers, self._errors = dict(headers or {}), errors
        self._may_write = allow_writes and (environment != "production" or purpose == "integration")
        self.allowed = frozenset(self._endpoint(text) for text in (self.base_url, *allowed_hosts))
        self._is_examining, self._end = False, float("inf")
        self._transport = Transport(
            self._policy, self.redactor, is_guarded=is_guarded, partner=partner
        )
        self._filter = RedactingFilter(self.redactor)
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    def __repr__(self) -> str:
        address = self.redactor.text(self.base_url)
        return f"HttpClient({address!r}, environment={self.environment!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; closing twice is harmless."""
        self._transport.close()
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)

    @contextmanager
    def examine(self, seconds: float) -> Iterator[None]:
        """Within this block refusals are errors, and time has an end.

        An authenticated `send` that is refused (401, 403, 407, 429, 502, 503, 504) raises as
        `Answer.require` does, so that nobody takes it for an answer; after `seconds` all do.
        """
        self._is_examining = True
        try:
            with self.limit(seconds):
                yield
        finally:
            self._is_examining = False

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Within this block time has an end; one around it may end it earlier."""
        outer, self._end = self._end, min(self._end, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._end = outer

    def send(
        self,
        method: str,
        path_or_url: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        authenticated: bool = True,
        write: bool | None = None,
    ) -> Answer:
        """Send one request and return the last answer, whatever its status.

        Reads, PUT, DELETE and requests with an idempotency key are repeated when in trouble;
        redirects are not followed. `path_or_url` is a path below `base_url`, percent-encoded, or
        a URL that is allowed. `query` leaves None out and repeats lists. The body is `json`, or
        `content` as it is. `write` says whether it changes something: by default every method
        but GET, HEAD and OPTIONS does.

        Raises:
            InputError: The address or a write is not allowed. Nothing was sent.
            PartnerError: Unavailable (no answer), RateLimited (the wait would be too long),
                Refused (no token for us), or the answer is too large.
        """
        call = compose(
            method,
            self._locate(path_or_url, query or {}),
            headers={**self._headers, **(headers or {})},
            json=json,
            content=content,
            key=idempotency_key,
        )
        call = replace(call, changes=self._changes(call, write))
        if time.monotonic() > self._end:
            raise UnavailableError("The time for these questions is used up", partner=self.partner)
        answer = self._deliver(call, self._login if authenticated else None)
        if self._is_examining and authenticated and answer.is_refusal:
            answer.require()
        return answer

    def preview(
        self,
        method: str,
        path_or_url: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> SentRequest:
        """The request that `send` would send, with secrets masked; nothing is sent.

        Where logging in needs a token, a stand-in is shown; all else as of `send`.
        """
        call = compose(
            method,
            self._locate(path_or_url, query or {}),
            headers={**self._headers, **(headers or {})},
            json=json,
            key=idempotency_key,
        )
        return show_request(call, self._login.preview(), self.redactor)

    def prove(self, method: str = "GET", path: str = "/") -> AuthHeaders:
        """What logging in adds to a request, for tools that send their own; values are secret.

        Raises:
            PartnerError: No token was given to us.
        """
        auth_headers = self._login.prove(Outgoing(method, self.base_url + path), self._fetch)
        self.redactor.add(*auth_headers.secrets())
        return auth_headers

    def credentials_for(self, method: str, url: str) -> frozenset[str] | None:
        """Names of the credentials with which a request logs in; None: all of the partner's."""
        if not isinstance(self._login, SharedLogin):
            return None
        used = self._login.using(method, url)
        return frozenset(name for share in used for name in share.credentials)

    def prove_each(self) -> list[tuple[LoginShare, AuthHeaders]]:
        """Every login that the operations share, and what it adds; as of `prove`.

        Raises:
            PartnerError: No token was given to us.
        """
        login = self._login
        shares = login.shares if isinstance(login, SharedLogin) else (LoginShare(login),)
        outgoing = Outgoing("GET", f"{self.base_url}/")
        found = [(share, share.login.prove(outgoing, self._fetch)) for share in shares]
        for _, auth_headers in found:
            self.redactor.add(*auth_headers.secrets())
        return found

    def log_in_again(self) -> AuthHeaders:
        """Forget the token that is held, and fetch another; the same headers where it is fixed.

        Raises:
            PartnerError: No token was given to us.
        """
        self._login.renew(self.prove())
        return self.prove()

    def _locate(self, path_or_url: str, query: Mapping[str, Any]) -> str:
        if re.match(r"https?://", path_or_url, re.IGNORECASE):
            text = path_or_url
        else:
            text = f"{self.base_url}/{path_or_url.removeprefix('/')}"
        try:
            target = read_target(text, query)
            # Decided on the parsed URL, the one that is connected to.
            endpoint = read_endpoint(f"{target.scheme}://{target.authority}")
        except ValueError as error:
            reason = self.redactor.text(str(error))
            message = f"The address cannot be called: {reason}"
            raise InputError(message, partner=self.partner) from None
        if climbs(text):
            raise InputError(
                "A path with `.` or `..` as a part leaves the place that it names",
                location=self.redactor.text(text),
                partner=self.partner,
                hint="Correct the id or path; where an id is `..`, the partner gave it.",
            )
        downgraded = target.scheme == "http" and self.base_url.startswith("https:")
        if endpoint not in self.allowed or downgraded or target.has_user:
            raise InputError(
                f"{target.scheme}://{write_endpoint(endpoint)} is not an allowed address of this "
                "environment",
                partner=self.partner,
                hint="If it is the partner's, add it to `hosts` in partner.yaml.",
            )
        return target.text

    def _endpoint(self, text: str) -> Endpoint:
        try:
            return read_endpoint(text)
        except ValueError as error:
            raise InputError(
                f"Not an address: {error}",
                partner=self.partner,
                hint="Correct base_url or hosts in partner.yaml, or the environment variable.",
            ) from error

    def _changes(self, call: PreparedRequest, write: bool | None) -> bool:
        # In production a caller's word that a POST only reads is not enough.
        is_told = write is not None and self.environment != "production"
        changes = bool(write) if is_told else call.method not in SAFE
        if changes and not self._may_write:
            raise InputError(
                f"{call.method} would write to {self.environment}, which is not allowed here",
                partner=self.partner,
                hint="Open it with allow_writes; production is never written by tests.",
            )
        return changes

    def _deliver(self, call: PreparedRequest, login: Login | None) -> Answer:
        is_probe = self._breaker.admit()
        is_there: bool | None = None
        try:
            answer = self._persist(call, login)
            is_there = answer.is_there
        except UnavailableError:
            is_there = False
            raise
        finally:
            self._breaker.report(is_probe=is_probe, is_there=is_there)
        return answer

    def _persist(self, call: PreparedRequest, login: Login | None) -> Answer:
        deadline = min(time.monotonic() + self._policy.total, self._end)
        return send_with_retries(
            lambda: self._ask(call, login, deadline),
            method=call.method,
            repeatable=call.is_repeatable,
            policy=self._policy,
            deadline=deadline,
            budget=self._budget,
        )

    def _ask(self, call: PreparedRequest, login: Login | None, deadline: float) -> Answer:
        if login is None:
            return self._exchange(call, AuthHeaders(), deadline)
        outgoing = Outgoing(call.method, call.url, call.body)
        auth_headers = login.prove(outgoing, self._fetch)
        answer = self._exchange(call, auth_headers, deadline)
        if answer.status == _NOT_AUTHENTICATED and login.renew(auth_headers):
            answer = self._exchange(call, login.prove(outgoing, self._fetch), deadline)
        return answer

    def _fetch(self, token: TokenRequest) -> Answer:
        call = compose_token(token, self._locate(token.url, {}))
        answer = self._persist(call, FixedLogin(AuthHeaders(headers=token.headers)))
        self.redactor.add(*read_tokens(answer.json()))
        return answer

    def _exchange(
        self, call: PreparedRequest, auth_headers: AuthHeaders, deadline: float
    ) -> Answer:
        self.redactor.learn(*auth_headers.secrets())
        self._pace.wait(deadline)
        url, headers = call.carry(auth_headers)
        sent = (call.method, url, headers, call.body)
        entry = Recorded(datetime.now(UTC), 0.0, *sent, login=auth_headers.shown)
        entry = replace(entry, is_for_token=call.is_for_token)
        clock = time.monotonic()
        status, got, body, trouble = 0, dict[str, str](), b"", ""
        try:
            status, got, body = self._transport.transmit(
                entry, keep=call.is_repeatable, deadline=deadline, changes=call.changes
            )
        except WorkbenchError as error:
            trouble = error.message
            error.location = error.location or self.redactor.text(url)
            error.partner = self.partner
            raise
        finally:
            seconds = time.monotonic() - clock
            self.skew.note(got, entry.started, seconds)
            entry = replace(entry, seconds=seconds, status=status, error=trouble)
            self.recorder.add(replace(entry, response_headers=got, response_body=body))
        self.redactor.add(*read_cookies(got), name=COOKIE)
        if not call.is_for_token:
            got, body = take_back(self.redactor, self.recorder, entry, got, body)
        answer = Answer(
            status=status,
            headers=got,
            body=body,
            seconds=seconds,
            request=show_request(call, auth_headers, self.redactor),
            at=entry.started,
            redactor=self.redactor,
            partner=self.partner,
        )
        return answer.read_errors(self._errors)
