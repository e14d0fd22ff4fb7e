"""Every login of the manifest, against a server that checks, and OAuth2 under load."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import SecretStr

from workbench.adapters.auth import _BY_OTHER_MEANS, _GRANTS, _fixed_headers, open_login
from workbench.adapters.hooks import open_hook
from workbench.adapters.http_client import HttpClient
from workbench.adapters.proof import Outgoing
from workbench.adapters.tokens import TokenLogin
from workbench.errors import CredentialError, HookError, PartnerError, RefusedError
from workbench.partners.login import Scheme
from workbench.partners.manifest import Auth
from workbench.secrecy import MASK

Opener = Callable[..., HttpClient]

CREDENTIALS = {
    name: SecretStr(f"{name}-value:é"[: len(name) + 6])
    for name in ("api_key", "token", "username", "password", "client_id", "client_secret")
}
BASIC = base64.b64encode(b"username-value:password-value").decode()


def _oauth(partner: Any, **options: Any) -> TokenLogin:
    auth = Auth(scheme="oauth2-client-credentials", scopes=("orders", "menus"), **options)
    login = open_login(auth, CREDENTIALS, base_url=partner.url)
    assert isinstance(login, TokenLogin)
    return login


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Auth(scheme="api-key", header="X-Key"), "x-key", "api_key-value"),
        (Auth(scheme="api-key", header="Authorization", prefix="Key "), "authorization", "Key api"),
        (Auth(scheme="bearer"), "authorization", "Bearer token-value"),
        (Auth(scheme="basic"), "authorization", f"Basic {BASIC}"),
        (Auth(scheme="headers", headers={"X-A": "api_key", "X-B": "token"}), "x-b", "token-value"),
    ],
)
def test_fixed_login_is_sent(
    open_client: Opener, partner: Any, auth: Auth, header: str, value: str
) -> None:
    """Each scheme puts its credential where the manifest says."""
    open_client(open_login(auth, CREDENTIALS)).send("GET", "/x")

    assert partner.seen[0].headers[header].startswith(value)


def test_a_credential_that_comes_back_goes_no_further(open_client: Opener, partner: Any) -> None:
    """An answer that holds our key reaches nobody whole, and the partner's doing is noted."""
    client = open_client(open_login(Auth(scheme="api-key", header="X-Key"), CREDENTIALS))
    answer = client.send("GET", "/x?page=1")

    assert answer.json()["headers"]["x-key"] == MASK
    (echo,) = client.recorder.echoes
    assert (echo.method, echo.path) == ("GET", "/x")


def test_query_key_is_sent_and_masked(open_client: Opener, partner: Any) -> None:
    """A key in the query reaches the partner, and no address that we show."""
    client = open_client(open_login(Auth(scheme="api-key", query="key"), CREDENTIALS))
    answer = client.send("GET", "/x", query={"a": 1})

    assert partner.seen[0].target == "/x?a=1&key=api_key-value"
    assert "api_key-value" not in answer.request.url + answer.curl


def test_unauthenticated_call_carries_no_login(open_client: Opener, partner: Any) -> None:
    """A call may leave the login out."""
    client = open_client(open_login(Auth(scheme="bearer"), CREDENTIALS))
    client.send("GET", "/x", authenticated=False)

    assert "authorization" not in partner.seen[0].headers


@pytest.mark.parametrize("value", ["with\nbreak-canary", " space-canary", "ümlaut-canary"])
def test_unsendable_credential_is_refused_without_showing_it(value: str) -> None:
    """What no header can carry is told by its name, never by its value."""
    with pytest.raises(CredentialError) as caught:
        open_login(Auth(scheme="bearer"), {"token": SecretStr(value)})

    assert "'token'" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_missing_credential_is_named() -> None:
    """A login without its credential says which."""
    with pytest.raises(CredentialError, match="'password'"):
        open_login(Auth(scheme="basic"), {"username": SecretStr("u")})


def test_needed_credentials_are_listed() -> None:
    """The names that a scheme needs, and those that the manifest adds."""
    auth = Auth(scheme="oauth2-client-credentials", credentials=("client_id", "brand"))

    assert auth.credential_names() == ("client_id", "client_secret", "brand")
    assert Auth(scheme="none").credential_names() == ()


@pytest.mark.parametrize("client_auth", ["body", "basic"])
def test_token_is_asked_for_as_the_manifest_says(
    open_client: Opener, partner: Any, client_auth: str
) -> None:
    """Client id and secret go into the form or the header, the scopes into the form."""
    open_client(_oauth(partner, client_auth=client_auth)).send("GET", "/private").require()
    asked = partner.seen[0]

    assert asked.method == "POST"
    assert b"grant_type=client_credentials&scope=orders+menus" in asked.body
    assert (b"client_secret=client_secret-value" in asked.body) == (client_auth == "body")
    assert ("authorization" in asked.headers) == (client_auth == "basic")


def test_storm_asks_for_one_token(open_client: Opener, partner: Any) -> None:
    """Twenty threads that start at once share one token request."""
    partner.token_delay = 0.1
    client = open_client(_oauth(partner))
    start = threading.Barrier(20)

    def ask(_: int) -> int:
        start.wait()
        return client.send("GET", "/private").status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(20))) == {200}
    assert partner.count("/token") == 1


def test_storm_of_refusals_asks_once(open_client: Opener, partner: Any) -> None:
    """Wrong credentials are tried once for all who wait, so that no account is locked."""
    partner.token_status, partner.token_delay = 401, 0.1
    client = open_client(_oauth(partner))
    start = threading.Barrier(10)

    def ask(_: int) -> bool:
        start.wait()
        with pytest.raises(RefusedError):
            client.send("GET", "/private")
        return True

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(ask, range(10)))
    assert partner.count("/token") == 1


def test_early_revocation_is_repaired_by_one_token(open_client: Opener, partner: Any) -> None:
    """Ten calls with a revoked token: one new token, ten successes, none asked a third time."""
    client = open_client(_oauth(partner))
    client.send("POST", "/private").require()
    partner.tokens.clear()
    start = threading.Barrier(10)

    def ask(_: int) -> int:
        start.wait()
        return client.send("POST", "/private").status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {200}
    assert partner.count("/token") == 2
    assert partner.count("/private") <= 1 + 2 * 10


def test_lasting_401_is_repeated_once_only(open_client: Opener, partner: Any) -> None:
    """A partner that refuses fresh tokens too is asked twice, not for ever."""
    partner.tokens = _Nothing()

    assert open_client(_oauth(partner)).send("GET", "/private").status == 401
    assert partner.count("/private") == 2
    assert partner.count("/token") == 2


class _Nothing(set[str]):
    """A set that keeps nothing: every token is unknown."""

    def add(self, element: str) -> None:
        """Forget it at once."""


@pytest.mark.parametrize(
    ("life", "fresh_until"), [(5, 4.5), (3600, 3570), ("100", 90), (None, 270), ("soon", 270)]
)
def test_token_is_renewed_a_little_early(
    open_client: Opener, partner: Any, life: object, fresh_until: float
) -> None:
    """The leeway is a tenth of the life, at most 30 s, so short tokens are used too."""
    now = [1000.0]
    login = TokenLogin(_oauth(partner)._request, clock=lambda: now[0])
    partner.token_life = life
    client = open_client(login)
    client.send("GET", "/private")
    now[0] += fresh_until - 0.1
    client.send("GET", "/private")
    assert partner.count("/token") == 1

    now[0] += 0.2
    client.send("GET", "/private")
    assert partner.count("/token") == 2


def test_answer_without_token_is_the_partners_fault(open_client: Opener, partner: Any) -> None:
    """A token address that answers something else is told as such."""
    login = open_login(
        Auth(scheme="oauth2-client-credentials", token_url="/ok"), CREDENTIALS, base_url=partner.url
    )
    with pytest.raises(PartnerError, match="without an access_token"):
        open_client(login).send("GET", "/private")


def test_token_request_survives_a_fault(open_client: Opener, partner: Any) -> None:
    """Asking for a token is repeated although it is a POST, as another token harms nobody."""
    login = open_login(
        Auth(scheme="oauth2-client-credentials", token_url="/fault/503/1"),
        CREDENTIALS,
        base_url=partner.url,
    )
    with pytest.raises(PartnerError, match="without an access_token"):
        open_client(login).send("GET", "/private")
    assert partner.count("/fault/503/1") == 2


def test_prove_gives_the_login_to_other_tools(open_client: Opener, partner: Any) -> None:
    """Schemathesis gets the same login, and its value is masked from then on."""
    client = open_client(_oauth(partner))
    value = client.prove().headers["Authorization"].get_secret_value()

    assert value.removeprefix("Bearer ") in partner.tokens
    assert client.redactor.find(value.encode())


HOOK = """
import hashlib, hmac

def auth(method, url, body, credentials):
    key = credentials["api_key"].encode()
    return {"X-Signature": hmac.new(key, method.encode() + body, hashlib.sha256).hexdigest()}
"""


def test_hook_signs_each_request(open_client: Opener, partner: Any, tmp_path: Path) -> None:
    """A partner's own rule sees method and body, and its header is sent."""
    path = tmp_path / "hooks.py"
    path.write_text(HOOK)
    client = open_client(open_hook(path, CREDENTIALS))
    answers = [client.send("POST", "/x", json={"n": n}) for n in (1, 2)]
    first, second = (seen.headers["x-signature"] for seen in partner.seen)

    assert len(first) == 64
    assert first != second
    assert all(first not in answer.curl and second not in answer.curl for answer in answers)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "raise ValueError",
        "x = 1",
        "def auth(*a): raise ValueError(a[3])",
        "def auth(*a): return 7",
        "def auth(*a): return {'X': 7}",
    ],
)
def test_broken_hook_is_told_without_secrets(tmp_path: Path, text: str | None) -> None:
    """Whatever is wrong with hooks.py, the error says so and holds no credential."""
    path = tmp_path / "hooks.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(HookError) as caught:
        open_hook(path, CREDENTIALS).prove(Outgoing("GET", "/x"), _never)

    assert "-value" not in f"{caught.value} {caught.value.__cause__}"


def _never(_: object) -> Any:
    raise AssertionError


@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_every_login_is_done_by_somebody(scheme: str) -> None:
    """Each scheme of the manifest sends something, or is among those that others send."""
    is_fixed = scheme in {"api-key", "bearer", "basic"} | _BY_OTHER_MEANS
    assert is_fixed or scheme in {"hmac", "session", "password"} | set(_GRANTS)


def test_a_login_that_nobody_does_is_told() -> None:
    """Who adds a scheme to the manifest alone learns it from the first session, not from a 401."""
    with pytest.raises(LookupError, match="smoke-signals"):
        _fixed_headers(Auth.model_construct(scheme="smoke-signals"), {})
