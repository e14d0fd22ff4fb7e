"""The part of `partner.yaml` that says how we log in; credentials are named, never written."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from workbench.partners.manifest_part import CredentialName, Place, Statement

Scheme = Literal[
    "none",
    "api-key",
    "bearer",
    "basic",
    "headers",
    "hook",
    "password",
    "session",
    "hmac",
    "oauth2-client-credentials",
    "oauth2-password",
    "oauth2-authorization-code",
]
_TEMPLATE = re.compile(r"\{(\w+)\}")
_PLACES = frozenset(
    {
        "method",
        "path",
        "path_only",
        "query",
        "url",
        "host",
        "timestamp",
        "nonce",
        "key",
        "body",
        "body_sha256",
        "body_md5",
    }
)
_ASKS = frozenset({"password", "session", "oauth2-password"})
_OWN: dict[str, tuple[str, ...]] = {
    "api-key": ("api_key",),
    "bearer": ("token",),
    "basic": ("username", "password"),
    "hmac": ("signing_secret",),
    "oauth2-client-credentials": ("client_id", "client_secret"),
    "oauth2-authorization-code": ("refresh_token", "client_id"),
}


class Renewal(Statement):
    """How a token is renewed without logging in again.

    Attributes:
        url: Where it is asked for, relative to `base_url`, or absolute.
        field: Name of the field that carries the refresh token.
        token: JSONPath of the refresh token in the answer to the login.
        send: How the request's body is written.
        new_token: JSONPath of the new token in the answer; absent: where the login has it.
    """

    url: str
    field: str = "refresh"
    token: Place = "$.refresh"  # noqa: S105 - where it stands
    send: Literal["form", "json"] = "json"
    new_token: Place | None = None


class Csrf(Statement):
    """The token against forged requests that a session with cookies asks for.

    Attributes:
        url: Read before logging in, so that the partner sets the token.
        cookie: Cookie that holds it.
        json: JSONPath of it in the answer of `url` or of the login, where it is no cookie.
        header: Header in which it goes back.
        field: Field of the login's form that carries it as well.
    """

    url: str | None = None
    cookie: str | None = None
    json_path: Place | None = Field(default=None, alias="json")
    header: str = "X-CSRFToken"
    field: str | None = None


class Signing(Statement):
    r"""How each request is signed (`hmac`): HMAC(`algorithm`) of `template`, in `header`.

    Attributes:
        template: Text with `{method}`, `{path}` (with its query), `{path_only}`, `{query}`,
            `{url}`, `{host}`, `{timestamp}`, `{nonce}`, `{key}` (credential `api_key`), `{body}`,
            `{body_sha256}` (hex) and `{body_md5}` (base64); `\n` is a line break.
        key_header: Header with the credential `api_key`, which is then needed.
        timestamp: How the time is written.
    """

    algorithm: Literal["sha256", "sha1", "sha512", "sha384"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    template: str
    header: str = "X-Signature"
    prefix: str = ""
    timestamp_header: str | None = None
    timestamp: Literal["seconds", "milliseconds", "iso"] = "seconds"
    nonce_header: str | None = None
    key_header: str | None = None

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        unknown = set(_TEMPLATE.findall(self.template)) - _PLACES
        if unknown:
            message = (
                f"`template` knows no {{{min(unknown)}}}; it knows {', '.join(sorted(_PLACES))}"
            )
            raise ValueError(message)
        return self


class Auth(Statement):
    """How we log in.

    `api-key`: `header`, `query` or `cookie` carries credential `api_key`, after `prefix`.
    `bearer`: credential `token`. `basic`: credentials `username`, `password`.
    `headers`: each header name → credential name. `none`. `hook`: `hooks.py` has `auth`.

    `password`: `fields` (their field → credential) and `constants` are sent to `token_url`, by
    `send`; the answer has the token at `token` (a JSONPath, or `header:NAME`), which goes out in
    `header` after `prefix`. `session`: the same request, but the answer sets cookies, which go
    out with every request, beside the token of `csrf`. `hmac`: `signing` signs each request.

    `oauth2-client-credentials`: `token_url` (relative to `base_url`, or absolute), `scopes`,
    credentials `client_id`, `client_secret`; `client_auth` says where they go. `oauth2-password`:
    credentials `username`, `password`, and those of the client where they are set.
    `oauth2-authorization-code`: a person has agreed once; credentials `refresh_token`, `client_id`
    and, where it is set, `client_secret`. A new refresh token is kept in the keyring.

    Attributes:
        life: Seconds that a token lives, or a JSONPath of them in the answer.
        refresh: How a `password` login is renewed.
        role: Who this is; goes before the names of its credentials, as in `manager_password`.
        operations: The only operations that log in so (`POST /orders`, `GET /menu/*`); they go
            before a login without such a list, where both write the same header.
        also: Further logins: a key beside a token, another role for some operations.
    """

    scheme: Scheme
    header: str | None = None
    query: str | None = None
    cookie: str | None = None
    prefix: str | None = None
    token_url: str | None = None
    scopes: tuple[str, ...] = ()
    client_auth: Literal["body", "basic"] = "body"
    headers: dict[str, CredentialName] = Field(default_factory=dict)
    credentials: tuple[CredentialName, ...] = ()
    send: Literal["form", "json"] = "json"
    fields: dict[str, CredentialName] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    token: Place = "$.access_token"  # noqa: S105 - where it stands
    life: float | Place | None = None
    refresh: Renewal | None = None
    csrf: Csrf | None = None
    signing: Signing | None = None
    role: CredentialName | None = None
    operations: tuple[str, ...] = ()
    also: tuple[Auth, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.scheme in {"password", "session"} and not self.token_url:
            message = f"`{self.scheme}` needs `token_url`: the address that takes the password"
            raise ValueError(message)
        if (self.scheme == "hmac") != (self.signing is not None):
            message = "`signing` says how `scheme: hmac` signs; both go together"
            raise ValueError(message)
        if any(item.also or item.scheme == "hook" for item in self.also):
            message = "a login below `also` has no `also` of its own, and is no hook"
            raise ValueError(message)
        if self.also and self.scheme == "hook":
            message = "a hook logs in alone; write what `also` says into it"
            raise ValueError(message)
        return self

    def asked(self) -> dict[str, str]:
        """Their field → our credential, of a login that sends a user's password."""
        plain = {"username": "username", "password": "password"}
        return self.fields or (plain if self.scheme in _ASKS else {})

    def named(self, name: str) -> str:
        """A credential's name with the role of this login before it."""
        return f"{self.role}_{name}" if self.role else name

    def own_names(self) -> tuple[str, ...]:
        """Every credential that this login needs, without those of `also`."""
        names = [*_OWN.get(self.scheme, ()), *self.asked().values()]
        if self.signing and (self.signing.key_header or "{key}" in self.signing.template):
            names.append("api_key")
        names += [*self.headers.values(), *self.credentials]
        return tuple(dict.fromkeys(self.named(name) for name in names))

    def optional_names(self) -> tuple[str, ...]:
        """Credentials that are sent where they are set."""
        extra: tuple[str, ...] = ()
        if self.scheme == "oauth2-password":
            extra = ("client_id", "client_secret")
        elif self.scheme == "oauth2-authorization-code":
            extra = ("client_secret",)
        own = tuple(self.named(name) for name in extra)
        return tuple(dict.fromkeys((*own, *(n for one in self.also for n in one.optional_names()))))

    def credential_names(self) -> tuple[str, ...]:
        """Every credential that logging in needs, and those that hooks ask for."""
        names = (*self.own_names(), *(name for one in self.also for name in one.own_names()))
        return tuple(dict.fromkeys(names))

    def fetches(self) -> bool:
        """Whether a token or a session is asked for, and may run out."""
        return bool(self.token_url) or self.scheme.startswith("oauth2-")
