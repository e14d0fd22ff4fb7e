"""What shows a partner who we are: headers and parameters, and the requests that ask for them.

Nothing here knows the HTTP library: a login says what to add to a request, and asks for a token
through a function that the HTTP client gives it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import SecretStr

from workbench.adapters.answer import Answer
from workbench.errors import CredentialError
from workbench.secrecy import MASK

COOKIE = "Cookie"
REFERER = "Referer"  # asked for beside a token against forgery; no secret


@dataclass(frozen=True)
class Outgoing:
    """A request before login: what a signature covers."""

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
        held = [value for name, value in self.headers.items() if name != REFERER]
        held += self.query.values()
        values = [value for item in held if MASK not in (value := item.get_secret_value())]
        cookies = self.headers.get(COOKIE, SecretStr("")).get_secret_value().split("; ")
        inside = [pair.partition("=")[2] for pair in cookies if MASK not in pair]
        return [*values, *(value.partition(" ")[2] for value in values), *filter(None, inside)]


@dataclass(frozen=True)
class TokenRequest:
    """A request for an access token: fields and headers, with secrets inside.

    `shown` is a shell command that prints the token; `send` is `page` for a page that is only
    read, and `takes_pages` says that the answer may be one.
    """

    url: str
    form: Mapping[str, SecretStr]
    headers: Mapping[str, SecretStr]
    shown: str = ""
    send: Literal["form", "json", "page"] = "form"
    takes_pages: bool = False


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


def basic(login: str) -> SecretStr:
    """The value of HTTP Basic for `user:password`."""
    return SecretStr("Basic " + base64.b64encode(login.encode()).decode())


def secret(credentials: Mapping[str, SecretStr], name: str) -> str:
    """A credential in the clear.

    Raises:
        CredentialError: It is not set.
    """
    if name not in credentials:
        raise CredentialError(
            f"Logging in needs the credential {name!r}",
            hint="Set it in the environment or the keyring; `workbench lint` names the variable.",
        )
    return credentials[name].get_secret_value()


def check_value(value: str, what: str, prefix: str = "") -> SecretStr:
    """Refuse what no header can carry before the HTTP library prints it in its complaint.

    Raises:
        CredentialError: It has line breaks, spaces round it, or letters outside ASCII.
    """
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise CredentialError(
            f"The value of {what} cannot be sent: it has line breaks, spaces round it, or letters "
            "outside ASCII",
            hint="Set it again, without anything round it.",
        )
    return SecretStr(prefix + value)
