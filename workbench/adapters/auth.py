"""Logging in as `partner.yaml` says: one login, or several that share the operations."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from pydantic import SecretStr

from workbench.adapters.proof import (
    COOKIE,
    AuthHeaders,
    Fetch,
    FixedLogin,
    Login,
    Outgoing,
    TokenRequest,
    basic,
    check_value,
    secret,
)
from workbench.adapters.signing import sign
from workbench.adapters.tokens import SessionLogin, TokenLogin, TokenPlace
from workbench.partners import Auth
from workbench.secrecy import MASK

_PICK_TOKEN = """python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'"""  # noqa: S105 - a command
_GRANTS = {
    "oauth2-client-credentials": "client_credentials",
    "oauth2-password": "password",
    "oauth2-authorization-code": "refresh_token",
}
_SESSION_LIFE = 900.0


class SigningLogin:
    """Signs each request (`scheme: hmac`)."""

    def __init__(self, auth: Auth, credentials: Mapping[str, SecretStr]) -> None:
        self.statement = auth.signing.model_dump() if auth.signing else {}
        names = {"secret": auth.named("signing_secret"), "key": auth.named("api_key")}
        self.values = {
            place: secret(credentials, name)
            for place, name in names.items()
            if name in auth.own_names()
        }

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:  # noqa: ARG002 - of the protocol
        """The signature of this request, and what it covers beside it."""
        request = (outgoing.method, outgoing.url, outgoing.body)
        signed = sign(self.statement, self.values, request)
        return AuthHeaders({name: SecretStr(value) for name, value in signed.items()})

    def renew(self, refused: AuthHeaders) -> bool:  # noqa: ARG002 - of the protocol
        """False: a signature is made anew in any case."""
        return False

    def preview(self) -> AuthHeaders:
        """The headers, with stand-ins."""
        beside = (self.statement.get(f"{name}_header") for name in ("timestamp", "nonce", "key"))
        names = (self.statement["header"], *filter(None, beside))
        return AuthHeaders(dict.fromkeys(names, SecretStr(MASK)))


@dataclass(frozen=True)
class _Joined(AuthHeaders):
    """What several logins add together, and what each of them gave."""

    parts: tuple[tuple[Login, AuthHeaders], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class LoginShare:
    """A login, the operations that it serves (none are all), and its credentials by name."""

    login: Login
    operations: tuple[re.Pattern[str], ...] = ()
    credentials: tuple[str, ...] = ()

    def serves(self, method: str, url: str) -> bool:
        """Whether a request is logged in so."""
        asked = f"{method.upper()} {urlsplit(url).path}"
        return not self.operations or any(item.fullmatch(asked) for item in self.operations)


class SharedLogin:
    """Several logins at once; one for named operations goes before one for all of them."""

    def __init__(self, shares: Iterable[LoginShare]) -> None:
        # What comes later writes over what came before.
        self.shares = tuple(sorted(shares, key=lambda share: bool(share.operations)))

    def prove(self, outgoing: Outgoing, fetch: Fetch) -> AuthHeaders:
        """What all logins of this operation add; a header that two write is the narrower one's."""
        used = self.using(outgoing.method, outgoing.url)
        return _join((share.login, share.login.prove(outgoing, fetch)) for share in used)

    def using(self, method: str, url: str) -> list[LoginShare]:
        """The logins with which a request goes out; one whose header is another's is not asked."""
        serving = [item for item in self.shares if item.serves(method, url)]
        narrow = [item for item in serving if item.operations]
        found: list[LoginShare] = []
        taken: set[str] = set()
        for share in (*narrow[::-1], *(item for item in serving if not item.operations)):
            headers = share.login.preview().headers.keys() - {COOKIE}
            if not taken & headers:
                found.append(share)
                taken |= headers
        return found

    def renew(self, refused: AuthHeaders) -> bool:
        """Whether one of those that were used can be renewed."""
        parts = refused.parts if isinstance(refused, _Joined) else ()
        renewed = [login.renew(given) for login, given in parts]  # each of them is asked
        return any(renewed)

    def preview(self) -> AuthHeaders:
        """Stand-ins of the logins that serve all operations."""
        return _join((item.login, item.login.preview()) for item in self.shares)


def _join(found: Iterable[tuple[Login, AuthHeaders]]) -> _Joined:
    parts = tuple(found)
    headers: dict[str, SecretStr] = {}
    query: dict[str, SecretStr] = {}
    shown: dict[str, str] = {}
    for _, given in parts:
        cookies = [item.get(COOKIE) for item in (headers, given.headers)]
        headers = {**given.headers, **headers}
        query = {**given.query, **query}
        shown = {**given.shown, **shown}
        if all(cookies):
            both = "; ".join(item.get_secret_value() for item in cookies if item)
            headers[COOKIE] = SecretStr(both)
            shown[COOKIE] = MASK
    return _Joined(headers, query, shown, parts=parts)


def open_login(
    auth: Auth,
    credentials: Mapping[str, SecretStr],
    *,
    base_url: str = "",
    variables: Mapping[str, str] | None = None,
    keep: Callable[[str, str], None] | None = None,
) -> Login:
    """Build the login that `partner.yaml` describes; `hook` is built by `hooks.open_hook`.

    Args:
        auth: The manifest's statement.
        credentials: Credential name → value.
        base_url: Root of the API; addresses of logins are relative to it.
        variables: Credential name → environment variable, for commands that can be pasted.
        keep: Is told name and value of a credential that the partner has replaced.

    Raises:
        CredentialError: A value is missing, or cannot stand in a header.
    """
    named = {name: f"${variable}" for name, variable in (variables or {}).items()}
    builder = _Builder(credentials, base_url, named, keep)
    own = builder.build(auth)
    if not auth.also and not auth.operations:
        return own
    shares = [
        LoginShare(builder.build(item), match(item.operations, base_url), names_of(item))
        for item in auth.also
    ]
    first = LoginShare(own, match(auth.operations, base_url), names_of(auth))
    return SharedLogin([first, *shares])


def names_of(auth: Auth) -> tuple[str, ...]:
    """Names of the credentials of one login, those that may be left out among them."""
    alone = auth.model_copy(update={"also": ()})
    return (*alone.own_names(), *alone.optional_names())


def match(operations: Iterable[str], base_url: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of `METHOD /path` as requests have them; `{…}` is one part, `*` any rest."""
    root = urlsplit(base_url).path.rstrip("/")
    patterns = []
    for operation in operations:
        method, _, path = operation.strip().rpartition(" ")
        parts = re.split(r"(\{[^{}]*\}|\*)", path)
        written = "".join(
            ".*" if part == "*" else "[^/]+" if part.startswith("{") else re.escape(part)
            for part in parts
        )
        verb = re.escape(method.upper()) if method and method != "*" else "[A-Z]+"
        patterns.append(re.compile(f"{verb} {re.escape(root)}{written}/?"))
    return tuple(patterns)


@dataclass(frozen=True)
class _Builder:
    credentials: Mapping[str, SecretStr]
    base_url: str
    named: Mapping[str, str]
    keep: Callable[[str, str], None] | None

    def build(self, auth: Auth) -> Login:
        if auth.scheme == "hmac":
            return SigningLogin(auth, self.credentials)
        if auth.scheme == "session":
            page = self._url(auth.csrf.url) if auth.csrf and auth.csrf.url else ""
            life = auth.life if isinstance(auth.life, float) else _SESSION_LIFE
            return SessionLogin(self._password(auth), auth.csrf, page=page, life=life)
        if auth.scheme == "password":
            return self._token_login(auth)
        if auth.scheme in _GRANTS:
            return self._oauth2(auth)
        fixed = _fixed_headers(auth, self.credentials)
        return FixedLogin(replace(fixed, shown=_show(auth, self.named)))

    def _url(self, address: str) -> str:
        return urljoin(f"{self.base_url.rstrip('/')}/", address.lstrip("/"))

    def _password(self, auth: Auth) -> TokenRequest:
        """The request with a user's name and password."""
        values = {
            name: SecretStr(secret(self.credentials, auth.named(credential)))
            for name, credential in auth.asked().items()
        }
        fields = {name: SecretStr(value) for name, value in auth.constants.items()} | values
        url = self._url(auth.token_url or "")
        return TokenRequest(url, fields, {}, shown=self._show_password(auth, url), send=auth.send)

    def _token_login(self, auth: Auth) -> TokenLogin:
        refresh = auth.refresh
        place = replace(_place(auth), refresh=refresh.token if refresh else "$.refresh_token")
        if refresh is None:
            return TokenLogin(self._password(auth), place)
        url = self._url(refresh.url)
        return TokenLogin(
            self._password(auth),
            place,
            renewal=lambda held: TokenRequest(
                url, {refresh.field: SecretStr(held)}, {}, send=refresh.send
            ),
            renewed=replace(place, token=refresh.new_token or place.token),
        )

    def _oauth2(self, auth: Auth) -> TokenLogin:
        place = _place(auth)
        url = self._url(auth.token_url or "token")

        def renewal(held: str) -> TokenRequest:
            return self._grant(auth, url, "refresh_token", {"refresh_token": held})

        if auth.scheme == "oauth2-authorization-code":
            name = auth.named("refresh_token")
            keep = self.keep
            return TokenLogin(
                None,
                place,
                renewal=renewal,
                held=SecretStr(secret(self.credentials, name)),
                keep=(lambda value: keep(name, value)) if keep else None,
            )
        fields = {
            name: secret(self.credentials, auth.named(credential))
            for name, credential in auth.asked().items()
        }
        request = self._grant(auth, url, _GRANTS[auth.scheme], fields)
        request = replace(request, shown=_show_token(auth, url, self.named))
        return TokenLogin(
            request, place, renewal=renewal if auth.scheme == "oauth2-password" else None
        )

    def _grant(self, auth: Auth, url: str, grant: str, more: Mapping[str, str]) -> TokenRequest:
        """A request to an OAuth2 token address (RFC 6749)."""
        form = {"grant_type": SecretStr(grant)}
        form |= {name: SecretStr(value) for name, value in (auth.constants | dict(more)).items()}
        headers: dict[str, SecretStr] = {}
        if auth.scopes and grant != "refresh_token":
            form["scope"] = SecretStr(" ".join(auth.scopes))
        optional = auth.scheme != "oauth2-client-credentials"
        client, key = (
            ""
            if optional and auth.named(name) not in self.credentials
            else secret(self.credentials, auth.named(name))
            for name in ("client_id", "client_secret")
        )
        if auth.client_auth == "basic" and client:
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            headers["Authorization"] = basic(f"{quote_plus(client)}:{quote_plus(key)}")
        else:
            sent = {"client_id": client, "client_secret": key}
            form |= {name: SecretStr(value) for name, value in sent.items() if value}
        return TokenRequest(url=url, form=form, headers=headers)

    def _show_password(self, auth: Auth, url: str) -> str:
        """A command that prints the token; only for the commonest form, else nothing."""
        if auth.send != "form" or auth.token != "$.access_token":  # noqa: S105 - where it stands
            return ""
        parts = ["curl --silent", shlex.quote(url)]
        for name, value in auth.constants.items():
            parts.append(f"--data-urlencode {shlex.quote(f'{name}={value}')}")
        for name, credential in auth.asked().items():
            shown = self.named.get(auth.named(credential), MASK)
            parts.append(f'--data-urlencode "{_in_quotes(name)}={shown}"')
        return f"{' '.join(parts)} | {_PICK_TOKEN}"


def _place(auth: Auth) -> TokenPlace:
    prefix = "Bearer " if auth.prefix is None else auth.prefix
    life = TokenPlace.life if auth.life is None else auth.life
    return TokenPlace(auth.token, life=life, header=auth.header or "Authorization", prefix=prefix)


_BY_OTHER_MEANS = frozenset({"none", "headers", "hook"})  # add no header of their own


def _fixed_headers(auth: Auth, credentials: Mapping[str, SecretStr]) -> AuthHeaders:
    def value(name: str, prefix: str | None = "") -> SecretStr:
        own = auth.named(name)
        return check_value(secret(credentials, own), f"credential {own!r}", prefix or "")

    headers = {header: value(name) for header, name in auth.headers.items()}
    query: dict[str, SecretStr] = {}
    if auth.scheme == "api-key":
        if auth.query:
            query[auth.query] = value("api_key", auth.prefix)
        elif auth.cookie:
            key = quote(value("api_key").get_secret_value(), safe="!#$&'()*+-./:<=>?@[]^_`{|}~")
            headers[COOKIE] = SecretStr(f"{auth.cookie}={auth.prefix or ''}{key}")
        else:
            headers[auth.header or "X-Api-Key"] = value("api_key", auth.prefix)
    elif auth.scheme == "bearer":
        headers[auth.header or "Authorization"] = value("token", _word(auth))
    elif auth.scheme == "basic":
        pair = (secret(credentials, auth.named(name)) for name in ("username", "password"))
        headers["Authorization"] = basic(":".join(pair))
    elif auth.scheme not in _BY_OTHER_MEANS:
        message = f"nobody has said what the login {auth.scheme!r} sends"
        raise LookupError(message)
    return AuthHeaders(headers=headers, query=query)


def _word(auth: Auth) -> str:
    return "Bearer " if auth.prefix is None else auth.prefix


def _show(auth: Auth, named: Mapping[str, str]) -> dict[str, str]:
    """The fixed headers and parameters with variables, as a shell reads them in double quotes."""
    own = {name: named.get(auth.named(name), MASK) for name in _FIXED}
    shown = {header: named.get(auth.named(name), MASK) for header, name in auth.headers.items()}
    if auth.scheme == "api-key":
        prefix = _in_quotes(auth.prefix or "") + own["api_key"]
        name = auth.query or auth.header or "X-Api-Key"
        shown |= {COOKIE: f"{auth.cookie}={prefix}"} if auth.cookie else {name: prefix}
    elif auth.scheme == "bearer":
        shown[auth.header or "Authorization"] = _in_quotes(_word(auth)) + own["token"]
    elif auth.scheme == "basic":
        pair = f"{own['username']}:{own['password']}"
        shown["Authorization"] = f"Basic $(printf %s \"{pair}\" | base64 | tr -d '\\n')"
    return shown


_FIXED = ("api_key", "token", "username", "password")


def _show_token(auth: Auth, url: str, named: Mapping[str, str]) -> str:
    """A command that prints an access token."""
    names = ("client_id", "client_secret", "username", "password")
    client, key, user, password = (named.get(auth.named(name), MASK) for name in names)
    parts = ["curl --silent", shlex.quote(url), f"--data grant_type={_GRANTS[auth.scheme]}"]
    if auth.scopes:
        parts.append(f"--data-urlencode {shlex.quote('scope=' + ' '.join(auth.scopes))}")
    if auth.scheme == "oauth2-password":
        parts.append(f'--data-urlencode "username={user}" --data-urlencode "password={password}"')
        return f"{' '.join(parts)} | {_PICK_TOKEN}"
    if auth.client_auth == "basic":
        parts.append(f'--user "{client}:{key}"')
    else:
        parts.append(f'--data-urlencode "client_id={client}"')
        parts.append(f'--data-urlencode "client_secret={key}"')
    return f"{' '.join(parts)} | {_PICK_TOKEN}"


def _in_quotes(text: str) -> str:
    """Text of the manifest as it stands between double quotes of a shell."""
    return re.sub(r'([$`"\\])', r"\\\1", text)
