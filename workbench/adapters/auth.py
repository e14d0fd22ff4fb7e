"""Logging in: what a request must carry so that the partner knows us.

Nothing here knows the HTTP library: a login says which headers and query parameters to add, and
asks for a token through a function that the HTTP client gives it.
"""

from __future__ import annotations

import base64
import copy
import re
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import quote_plus

from pydantic import SecretStr

from workbench.adapters.answer import Answer
from workbench.errors import CredentialError, PartnerError, RefusedError, WorkbenchError
from workbench.partners import Auth
from workbench.secrecy import MASK

# A token without a stated life is asked for again after this many seconds.
_DEFAULT_LIFE = 300.0
_LEEWAY_MAX = 30.0
_LEEWAY_SHARE = 0.1
_PICK_TOKEN = """python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'"""  # noqa: S105 - a command


@dataclass(frozen=True)
class Outgoing:
    """A request before login: what a signing hook may look at."""

    method: str
    url: str
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class AuthHeaders:
    """What login adds to one request.

    `shown` has the same headers and parameters as a shell writes them between double quotes, with
    variables instead of secrets; the mask where no variable is known.
    """

    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    query: Mapping[str, SecretStr] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hidden = dict.fromkeys((*self.headers, *self.query), MASK)
        object.__setattr__(self, "shown", hidden | dict(self.shown))

    def secrets(self) -> list[str]:
        """The values, with and without the word before them, to be masked wherever they turn up."""
        held = (*self.headers.values(), *self.query.values())
        values = [value for item in held if MASK not in (value := item.get_secret_value())]
        return [*values, *(value.partition(" ")[2] for value in values)]


@dataclass(frozen=True)
class TokenRequest:
    """A request for an access token: form fields and headers, with secrets inside.

    `shown` is a shell command that prints the token.
    """

    url: str
    form: Mapping[str, SecretStr]
    headers: Mapping[str, SecretStr]
    shown: str = ""


Fetch = Callable[[TokenRequest], Answer]


class Login(Protocol):
    """One way of logging in; safe for use by several threads."""

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:
        """What to add to this request; may fetch a token first."""

    def renew(self, refused: AuthHeaders) -> bool:
        """Forget what was refused with 401; True when asking again may help."""

    def preview(self) -> AuthHeaders:
        """What it would look like, for a request that is only shown; asks nobody."""


class FixedLogin:
    """The same headers and query parameters on every request."""

    def __init__(self, auth_headers: AuthHeaders) -> None:
        self._auth_headers = auth_headers

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """The fixed headers."""
        return self._auth_headers

    def renew(self, refused: AuthHeaders) -> bool:  # noqa: ARG002 - of the protocol
        """False: the same headers would be refused again."""
        return False

    def preview(self) -> AuthHeaders:
        """The fixed headers."""
        return self._auth_headers


class TokenLogin:
    """OAuth2 client credentials: one token for all threads, fetched when needed.

    A token counts as expired min(30 s, a tenth of its life) early. Callers that wait while
    another one fetches share its token, or its failure.
    """

    def __init__(
        self, request: TokenRequest, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._request = request
        self._clock = clock
        self._lock = threading.Lock()
        self._auth_headers: AuthHeaders | None = None
        self._expires = 0.0
        self._failure: tuple[float, WorkbenchError] | None = None

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """The token in its header.

        Raises:
            RefusedError: The token address did not accept the credentials.
            PartnerError: It answered with something that is no token.
        """
        asked = self._clock()
        with self._lock:
            if self._auth_headers is not None and self._clock() < self._expires:
                return self._auth_headers
            if self._failure is not None and self._failure[0] >= asked:
                raise copy.copy(self._failure[1])
            try:
                self._auth_headers = self._take(fetch(self._request))
            except WorkbenchError as error:
                self._failure = (self._clock(), error)
                raise
            return self._auth_headers

    def renew(self, refused: AuthHeaders) -> bool:
        """Forget the token, unless another thread has already replaced the refused one."""
        with self._lock:
            if self._auth_headers is refused:
                self._auth_headers = None
        return True

    def preview(self) -> AuthHeaders:
        """The header, with a stand-in for the token."""
        return AuthHeaders({"Authorization": SecretStr(f"Bearer {MASK}")}, shown=self._shown)

    @property
    def _shown(self) -> dict[str, str]:
        return {"Authorization": f"Bearer $({self._request.shown})"} if self._request.shown else {}

    def _take(self, answer: Answer) -> AuthHeaders:
        if answer.status in {400, 401, 403}:
            raise RefusedError(
                f"The token address answered {answer.status}: {answer.excerpt}",
                location=answer.request.url,
                partner=answer.partner,
                hint="Check client_id, client_secret and the scopes of partner.yaml.",
            )
        data = answer.require().json()
        token = data.get("access_token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise PartnerError(
                "The token address answered without an access_token",
                location=answer.request.url,
                partner=answer.partner,
            )
        life = _read_seconds(data.get("expires_in"))
        self._expires = self._clock() + life - min(_LEEWAY_MAX, life * _LEEWAY_SHARE)
        value = _check_value(token, "the access token", "Bearer ")
        return AuthHeaders(headers={"Authorization": value}, shown=self._shown)


def open_login(
    auth: Auth,
    credentials: Mapping[str, SecretStr],
    *,
    token_url: str = "",
    variables: Mapping[str, str] | None = None,
) -> Login:
    """Build the login that `partner.yaml` describes; `hook` is built by `hooks.open_hook`.

    Args:
        auth: The manifest's statement.
        credentials: Credential name → value.
        token_url: Absolute token address, for `oauth2-client-credentials`.
        variables: Credential name → environment variable, for commands that can be pasted.

    Raises:
        CredentialError: A value is missing, or cannot stand in a header.
    """
    named = {name: f"${variable}" for name, variable in (variables or {}).items()}
    if auth.scheme == "oauth2-client-credentials":
        request = _token_request(auth, credentials, token_url)
        return TokenLogin(replace(request, shown=_show_token(auth, token_url, named)))
    return FixedLogin(replace(_fixed_headers(auth, credentials), shown=_show(auth, named)))


def _fixed_headers(auth: Auth, credentials: Mapping[str, SecretStr]) -> AuthHeaders:
    def value(name: str, prefix: str = "") -> SecretStr:
        return _check_value(_secret(credentials, name), f"credential {name!r}", prefix)

    headers = {header: value(name) for header, name in auth.headers.items()}
    query: dict[str, SecretStr] = {}
    if auth.scheme == "api-key":
        if auth.query:
            query[auth.query] = value("api_key", auth.prefix)
        else:
            headers[auth.header or "X-Api-Key"] = value("api_key", auth.prefix)
    elif auth.scheme == "bearer":
        headers[auth.header or "Authorization"] = value("token", auth.prefix or "Bearer ")
    elif auth.scheme == "basic":
        login = f"{_secret(credentials, 'username')}:{_secret(credentials, 'password')}"
        headers["Authorization"] = _basic(login)
    return AuthHeaders(headers=headers, query=query)


def _show(auth: Auth, named: Mapping[str, str]) -> dict[str, str]:
    """The fixed headers and parameters with variables, as a shell reads them in double quotes."""
    shown = {header: named.get(name, MASK) for header, name in auth.headers.items()}
    if auth.scheme == "api-key":
        name = auth.query or auth.header or "X-Api-Key"
        shown[name] = _in_quotes(auth.prefix) + named.get("api_key", MASK)
    elif auth.scheme == "bearer":
        prefix = _in_quotes(auth.prefix or "Bearer ")
        shown[auth.header or "Authorization"] = prefix + named.get("token", MASK)
    elif auth.scheme == "basic":
        pair = ":".join(named.get(name, MASK) for name in ("username", "password"))
        shown["Authorization"] = f"Basic $(printf %s \"{pair}\" | base64 | tr -d '\\n')"
    return shown


def _show_token(auth: Auth, url: str, named: Mapping[str, str]) -> str:
    """A command that prints an access token."""
    client, secret = (named.get(name, MASK) for name in ("client_id", "client_secret"))
    parts = ["curl --silent", shlex.quote(url), "--data grant_type=client_credentials"]
    if auth.scopes:
        parts.append(f"--data-urlencode {shlex.quote('scope=' + ' '.join(auth.scopes))}")
    if auth.client_auth == "basic":
        parts.append(f'--user "{client}:{secret}"')
    else:
        parts.append(f'--data-urlencode "client_id={client}"')
        parts.append(f'--data-urlencode "client_secret={secret}"')
    return f"{' '.join(parts)} | {_PICK_TOKEN}"


def _in_quotes(text: str) -> str:
    """Text of the manifest as it stands between double quotes of a shell."""
    return re.sub(r'([$`"\\])', r"\\\1", text)


def _token_request(
    auth: Auth, credentials: Mapping[str, SecretStr], token_url: str
) -> TokenRequest:
    client, secret = (_secret(credentials, name) for name in ("client_id", "client_secret"))
    form = {"grant_type": SecretStr("client_credentials")}
    headers: dict[str, SecretStr] = {}
    if auth.scopes:
        form["scope"] = SecretStr(" ".join(auth.scopes))
    if auth.client_auth == "basic":
        # RFC 6749 §2.3.1: both are form-encoded before they are joined.
        headers["Authorization"] = _basic(f"{quote_plus(client)}:{quote_plus(secret)}")
    else:
        form |= {"client_id": SecretStr(client), "client_secret": SecretStr(secret)}
    return TokenRequest(url=token_url, form=form, headers=headers)


def _basic(login: str) -> SecretStr:
    return SecretStr("Basic " + base64.b64encode(login.encode()).decode())


def _secret(credentials: Mapping[str, SecretStr], name: str) -> str:
    if name not in credentials:
        raise CredentialError(
            f"Logging in needs the credential {name!r}",
            hint="Set it in the environment or the keyring; `workbench lint` names the variable.",
        )
    return credentials[name].get_secret_value()


def _check_value(value: str, what: str, prefix: str = "") -> SecretStr:
    """Refuse what no header can carry before the HTTP library prints it in its complaint."""
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise CredentialError(
            f"The value of {what} cannot be sent: it has line breaks, spaces round it, or letters "
            "outside ASCII",
            hint="Set it again, without anything round it.",
        )
    return SecretStr(prefix + value)


def _read_seconds(value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, str | int | float) else _DEFAULT_LIFE
    except ValueError:
        return _DEFAULT_LIFE
    return max(0.0, seconds)
