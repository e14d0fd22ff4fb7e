"""Logins that ask for something first: a token, or the cookies of a session."""

from __future__ import annotations

import copy
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie
from typing import Any

from pydantic import SecretStr

from workbench.adapters.answer import Answer
from workbench.adapters.proof import (
    COOKIE,
    REFERER,
    AuthHeaders,
    Fetch,
    Outgoing,
    TokenRequest,
    check_value,
)
from workbench.errors import PartnerError, RefusedError, WorkbenchError
from workbench.model import find_at
from workbench.partners import Csrf
from workbench.secrecy import MASK

# A token without a stated life is asked for again after this many seconds.
_DEFAULT_LIFE = 300.0
_LEEWAY_MAX = 30.0
_LEEWAY_SHARE = 0.1
_REFUSALS = frozenset({400, 401, 403, 404, 422})
_NEXT_COOKIE = re.compile(r",\s*(?=[^\s;,=]+=)")


@dataclass(frozen=True)
class TokenPlace:
    """Where the answer to a login has its token, and how the token goes out.

    `token` and `refresh` are JSONPaths or `header:NAME`; `life` a JSONPath or seconds.
    """

    token: str = "$.access_token"  # noqa: S105 - where it stands
    refresh: str = "$.refresh_token"
    life: str | float = "$.expires_in"
    header: str = "Authorization"
    prefix: str = "Bearer "


class AskingLogin(ABC):
    """Asks once for all threads, and again when its time is over or it was refused.

    What is fetched counts as expired min(30 s, a tenth of its life) early. Callers that wait while
    another one fetches share its answer, or its failure.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._auth_headers: AuthHeaders | None = None
        self._expires = 0.0
        self._failure: tuple[float, WorkbenchError] | None = None

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """What was fetched.

        Raises:
            RefusedError: The address did not accept the credentials.
            PartnerError: It answered with something that lets nobody in.
        """
        asked = self._clock()
        with self._lock:
            if self._auth_headers is not None and self._clock() < self._expires:
                return self._auth_headers
            if self._failure is not None and self._failure[0] >= asked:
                raise copy.copy(self._failure[1])
            try:
                self._auth_headers = self._ask(fetch)
            except WorkbenchError as error:
                self._failure = (self._clock(), error)
                raise
            return self._auth_headers

    def renew(self, refused: AuthHeaders) -> bool:
        """Forget what is held, unless another thread has already replaced the refused one."""
        with self._lock:
            if self._auth_headers is refused:
                self._auth_headers = None
        return True

    @abstractmethod
    def preview(self) -> AuthHeaders:
        """A stand-in for what would be fetched."""

    @abstractmethod
    def _ask(self, fetch: Fetch) -> AuthHeaders:
        """Fetch it."""

    def _live(self, seconds: float) -> None:
        self._expires = self._clock() + seconds - min(_LEEWAY_MAX, seconds * _LEEWAY_SHARE)


class TokenLogin(AskingLogin):
    """A token for all requests: OAuth2, or a user's password at an address of the partner's own.

    Args:
        request: What logs in; None where only a refresh token does.
        place: Where the token stands and goes.
        renewal: Builds the request that a refresh token makes; None: logs in anew.
        renewed: Where the answer to that has its token.
        held: A refresh token that is stored.
        keep: Is told of a refresh token that replaces the stored one.
        clock: The clock.
    """

    def __init__(
        self,
        request: TokenRequest | None,
        place: TokenPlace | None = None,
        *,
        renewal: Callable[[str], TokenRequest] | None = None,
        renewed: TokenPlace | None = None,
        held: SecretStr | None = None,
        keep: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._request, self._renewal = request, renewal
        self._place = place or TokenPlace()
        self._renewed = renewed or self._place
        self._held, self._keep = held, keep

    def preview(self) -> AuthHeaders:
        """The header, with a stand-in for the token."""
        value = SecretStr(f"{self._place.prefix}{MASK}")
        return AuthHeaders({self._place.header: value}, shown=self._shown)

    @property
    def _shown(self) -> dict[str, str]:
        if self._request is None or not self._request.shown:
            return {}
        return {self._place.header: f"{self._place.prefix}$({self._request.shown})"}

    def _ask(self, fetch: Fetch) -> AuthHeaders:
        if self._renewal is not None and self._held is not None:
            try:
                answer = fetch(self._renewal(self._held.get_secret_value()))
                return self._take(answer, self._renewed)
            except RefusedError:
                if self._request is None:
                    raise
                self._held = None  # its time is over too: log in anew
        if self._request is None:
            raise PartnerError("There is no refresh token to log in with")
        return self._take(fetch(self._request), self._place)

    def _take(self, answer: Answer, place: TokenPlace) -> AuthHeaders:
        data = read_answer(answer)
        token = find_text(answer, data, place.token)
        if not token:
            raise PartnerError(
                f"The token address answered without {_name(place.token)}",
                location=answer.request.url,
                partner=answer.partner,
                hint="Correct `token` in partner.yaml: where the answer has it.",
            )
        refresh = find_text(answer, data, place.refresh)
        # Wherever they stood: an answer that is used but once is recorded, and must not show them.
        answer.redactor.add(token, refresh)
        life = place.life
        seconds = life if isinstance(life, float) else find_text(answer, data, life)
        self._live(_read_seconds(seconds))
        self._hold(refresh)
        value = check_value(token, "the access token", self._place.prefix)
        return AuthHeaders(headers={self._place.header: value}, shown=self._shown)

    def _hold(self, refresh: str) -> None:
        if not refresh or self._renewal is None:
            return
        is_new = self._held is None or self._held.get_secret_value() != refresh
        self._held = SecretStr(refresh)
        if is_new and self._keep is not None:
            self._keep(refresh)


class SessionLogin(AskingLogin):
    """A session with cookies, as a browser has it, and the token against forged requests.

    Args:
        request: What logs in.
        csrf: Where that token comes from and goes to; None: there is none.
        page: Address that is read before, absolute; empty: none.
        life: Seconds that a session lives.
        clock: The clock.
    """

    def __init__(
        self,
        request: TokenRequest,
        csrf: Csrf | None = None,
        *,
        page: str = "",
        life: float = _DEFAULT_LIFE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock=clock)
        self._request, self._csrf, self._page, self._life = request, csrf, page, life

    def preview(self) -> AuthHeaders:
        """The cookies, with a stand-in."""
        return AuthHeaders({COOKIE: SecretStr(MASK)})

    def _ask(self, fetch: Fetch) -> AuthHeaders:
        cookies: dict[str, str] = {}
        token = ""
        if self._page:
            page = fetch(TokenRequest(self._page, {}, {}, send="page", takes_pages=True))
            cookies |= read_set_cookies(page.headers.get("set-cookie", ""))
            token = self._find_token(page, cookies)
        answer = fetch(self._dressed(cookies, token))
        _refuse(answer)
        given = read_set_cookies(answer.headers.get("set-cookie", ""))
        if not given.keys() - {self._csrf.cookie if self._csrf else None}:
            raise RefusedError(
                "The login set no cookie for a session",
                location=answer.request.url,
                partner=answer.partner,
                hint="Check user name and password, and the fields of the login in partner.yaml.",
            )
        cookies |= given
        token = self._find_token(answer, cookies) or token
        # Some cookies only say a language or a time zone, as the folder does too.
        secret = [
            value for value in cookies.values() if not answer.redactor.is_told(value.strip('"'))
        ]
        answer.redactor.add(*secret, token, name=COOKIE.lower())
        headers = {COOKIE: _join(cookies)}
        if token and self._csrf is not None:
            headers[self._csrf.header] = check_value(token, "the token against forgery")
            headers[REFERER] = SecretStr(self._page or self._request.url)
        self._live(self._life)
        return AuthHeaders(headers=headers)

    def _dressed(self, cookies: Mapping[str, str], token: str) -> TokenRequest:
        """The login, with what the page before has set."""
        headers, form = dict(self._request.headers), dict(self._request.form)
        if cookies:
            headers[COOKIE] = _join(cookies)
        if token and self._csrf is not None:
            headers[self._csrf.header] = SecretStr(token)
            headers[REFERER] = SecretStr(self._page)
            if self._csrf.field:
                form[self._csrf.field] = SecretStr(token)
        return replace(self._request, form=form, headers=headers, takes_pages=True)

    def _find_token(self, answer: Answer, cookies: Mapping[str, str]) -> str:
        if self._csrf is None:
            return ""
        if self._csrf.cookie:
            return cookies.get(self._csrf.cookie, "")
        return find_text(answer, _data(answer), self._csrf.json_path or "$")


def read_set_cookies(text: str) -> dict[str, str]:
    """Name → value of the cookies in a `Set-Cookie` header, several joined by commas."""
    found: dict[str, str] = {}
    for part in _NEXT_COOKIE.split(text):
        try:
            found |= {name: item.coded_value for name, item in SimpleCookie(part).items()}
        except CookieError:
            continue
    return found


def find_text(answer: Answer, data: Any, place: str) -> str:
    """The text or number at a place of an answer; empty when there is none."""
    if place.startswith("header:"):
        return answer.headers.get(place.removeprefix("header:").lower(), "")
    value = find_at(data, place)
    return str(value) if isinstance(value, str | int | float) and value is not True else ""


def read_answer(answer: Answer) -> Any:
    """The data of an answer to a login; None where it is no JSON.

    Raises:
        RefusedError: It says that the credentials are wrong.
        PartnerError: It is no answer to a login.
    """
    _refuse(answer)
    answer.require()
    return _data(answer)


def _refuse(answer: Answer) -> None:
    if answer.status in _REFUSALS:
        raise RefusedError(
            f"The token address answered {answer.status}: {answer.excerpt}",
            location=answer.request.url,
            partner=answer.partner,
            hint="Check the credentials, and `auth` of partner.yaml: fields, scopes, address.",
        )


def _data(answer: Answer) -> Any:
    try:
        return answer.json()
    except WorkbenchError:
        return None


def _join(cookies: Mapping[str, str]) -> SecretStr:
    return SecretStr("; ".join(f"{name}={value}" for name, value in cookies.items()))


def _name(place: str) -> str:
    name = re.fullmatch(r"\$\.(\w+)", place)
    article = "an" if name and name[1][0] in "aeiou" else "a"
    return f"{article} {name[1]}" if name else f"a value at {place}"


def _read_seconds(value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, str | int | float) else _DEFAULT_LIFE
    except ValueError:
        return _DEFAULT_LIFE
    return max(0.0, seconds)
