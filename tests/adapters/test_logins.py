"""Logins that ask first, sign, or share the operations, against a server that checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr, ValidationError

from tests.adapters.conftest import Seen, answer
from workbench.adapters.auth import open_login
from workbench.adapters.http_client import HttpClient
from workbench.errors import RefusedError
from workbench.partners.manifest import Auth

Opener = Callable[..., HttpClient]
VALUES = {
    "username": "kitchen@house",
    "password": "wok-and-rice-41",
    "manager_username": "boss",
    "manager_password": "wok-and-rice-42",
    "client_id": "the-client",
    "client_secret": "client-key-43",
    "api_key": "plain-key-44",
    "refresh_token": "first-refresh-45",
    "signing_secret": "sign-with-46",
}
CREDENTIALS = {name: SecretStr(value) for name, value in VALUES.items()}


def _open(open_client: Opener, partner: Any, **stated: Any) -> HttpClient:
    login = open_login(Auth.model_validate(stated), CREDENTIALS, base_url=partner.url)
    return open_client(login)


def _say(data: Any, status: int = 200, **headers: str) -> bytes:
    return answer(status, json.dumps(data).encode(), **headers)


def _form(seen: Seen) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}


def test_a_password_as_json_opens_with_a_nested_token(open_client: Opener, partner: Any) -> None:
    """Fields, constants, the token's place and the word before it are the partner's."""

    def enter(seen: Seen) -> bytes:
        sent = json.loads(seen.body)
        known = {"login": "kitchen@house", "secret": "wok-and-rice-41", "device": "pos"}
        return _say(
            {"data": {"jwt": "j-1"}} if sent == known else {}, 200 if sent == known else 401
        )

    partner.routes["POST /v1/sign-in"] = enter
    client = _open(
        open_client,
        partner,
        scheme="password",
        token_url="/v1/sign-in",
        fields={"login": "username", "secret": "password"},
        constants={"device": "pos"},
        token="$.data.jwt",
        prefix="Token ",
    )
    client.send("GET", "/x")
    client.send("GET", "/y")

    assert partner.count("/v1/sign-in") == 1
    assert [seen.headers["authorization"] for seen in partner.seen[1:]] == ["Token j-1"] * 2


def test_a_token_may_come_in_a_header(open_client: Opener, partner: Any) -> None:
    """Where the answer's body is empty, a header has the token, and another header takes it."""
    partner.routes["POST /login"] = lambda _: answer(204, b"", X_Auth_Token="t-9")
    client = _open(
        open_client,
        partner,
        scheme="password",
        send="form",
        token_url="login",
        token="header:X-Auth-Token",
        header="X-Session",
        prefix="",
    )
    client.send("GET", "/x")

    assert partner.seen[-1].headers["x-session"] == "t-9"
    assert _form(partner.seen[0]) == {"username": "kitchen@house", "password": "wok-and-rice-41"}


def test_a_refresh_token_renews_and_a_spent_one_logs_in_anew(
    open_client: Opener, partner: Any
) -> None:
    """Refused with 401, the token is renewed; where that is refused as well, we log in again."""
    given = iter(["a-1", "a-3"])
    partner.routes["POST /login"] = lambda _: _say({"access": next(given), "refresh": "r-1"})
    answers = iter([_say({"access": "a-2"}), _say({}, 401)])
    partner.routes["POST /refresh"] = lambda _: next(answers)
    good = {"a-1"}
    partner.routes["GET /private-own"] = lambda seen: _say(
        {}, 200 if seen.headers["authorization"].removeprefix("Bearer ") in good else 401
    )
    client = _open(
        open_client,
        partner,
        scheme="password",
        token_url="/login",
        token="$.access",
        refresh={"url": "/refresh"},
    )
    assert client.send("GET", "/private-own").status == 200
    good.clear()
    good.add("a-2")
    assert client.send("GET", "/private-own").status == 200
    good.clear()
    good.add("a-3")
    assert client.send("GET", "/private-own").status == 200
    assert [partner.count(path) for path in ("/login", "/refresh")] == [2, 2]
    assert json.loads(next(s for s in partner.seen if s.path == "/refresh").body) == {
        "refresh": "r-1"
    }


def test_oauth2_with_a_password_sends_the_grant(open_client: Opener, partner: Any) -> None:
    """RFC 6749 §4.3: grant, user and, where it is set, client."""
    partner.routes["POST /oauth/token"] = lambda _: _say({"access_token": "p-1", "expires_in": 60})
    client = _open(
        open_client,
        partner,
        scheme="oauth2-password",
        token_url="/oauth/token",
        client_auth="basic",
        scopes=["orders"],
    )
    client.send("GET", "/x")
    sent = partner.seen[0]
    assert _form(sent) == {
        "grant_type": "password",
        "username": "kitchen@house",
        "password": "wok-and-rice-41",
        "scope": "orders",
    }
    assert base64.b64decode(sent.headers["authorization"][6:]) == b"the-client:client-key-43"


def test_a_stored_refresh_token_is_replaced_when_the_partner_turns_it(
    open_client: Opener, partner: Any
) -> None:
    """Of the authorization code, only the refresh token is left; its successor is kept."""
    partner.routes["POST /oauth/token"] = lambda _: _say(
        {"access_token": "c-1", "refresh_token": "second-refresh-47", "expires_in": 60}
    )
    kept: dict[str, str] = {}
    login = open_login(
        Auth(scheme="oauth2-authorization-code", token_url="/oauth/token"),
        CREDENTIALS,
        base_url=partner.url,
        keep=kept.__setitem__,
    )
    client = open_client(login)
    client.send("GET", "/x")
    client.log_in_again()

    assert kept == {"refresh_token": "second-refresh-47"}
    sent = [_form(seen)["refresh_token"] for seen in partner.seen if seen.path == "/oauth/token"]
    assert sent == ["first-refresh-45", "second-refresh-47"]
    assert client.redactor.text("x second-refresh-47 c-1") != "x second-refresh-47 c-1"


def test_a_session_with_a_token_against_forgery(open_client: Opener, partner: Any) -> None:
    """The page sets the token, the form carries it, and every request has cookies and header."""
    partner.routes["GET /enter/"] = partner.routes["POST /enter/"] = lambda seen: (
        answer(200, b"<html>", kind="text/html", Set_Cookie="csrftoken=c1; Path=/")
        if seen.method == "GET"
        else answer(
            302,
            b"",
            Set_Cookie="csrftoken=c2; expires=Tue, 29 Nov 2050 10:00:00 GMT; Path=/, "
            "sessionid=s1; HttpOnly",
        )
    )
    client = _open(
        open_client,
        partner,
        scheme="session",
        send="form",
        token_url="/enter/",
        csrf={"url": "/enter/", "cookie": "csrftoken", "field": "csrfmiddlewaretoken"},
    )
    client.send("GET", "/x")

    page, form, request = partner.seen
    assert (page.method, form.method) == ("GET", "POST")
    assert _form(form)["csrfmiddlewaretoken"] == "c1"
    assert form.headers["cookie"] == "csrftoken=c1"
    assert request.headers["cookie"] == "csrftoken=c2; sessionid=s1"
    assert request.headers["x-csrftoken"] == "c2"


def test_a_cookie_that_says_what_the_folder_says_is_no_secret(
    open_client: Opener, partner: Any
) -> None:
    """A time zone in a cookie masks nothing, and so withholds no report; the session does."""
    partner.routes["POST /enter"] = lambda _: answer(
        200, b"", Set_Cookie='tz="Europe/Madrid"; Path=/, sid=s-91827364-opaque; HttpOnly'
    )
    login = open_login(
        Auth.model_validate({"scheme": "session", "send": "form", "token_url": "/enter"}),
        CREDENTIALS,
        base_url=partner.url,
    )
    client = open_client(login, told=b"timezone: Europe/Madrid")
    client.send("GET", "/x")
    shown = client.redactor.text('{"timezone": "Europe/Madrid", "sid": "s-91827364-opaque"}')
    assert '"Europe/Madrid"' in shown
    assert "91827364" not in shown


def test_a_login_page_that_comes_back_is_a_refusal(open_client: Opener, partner: Any) -> None:
    """A form that answers 200 and sets no session has refused us."""
    partner.routes["POST /enter"] = lambda _: answer(200, b"<html>wrong", kind="text/html")
    client = _open(open_client, partner, scheme="session", send="form", token_url="/enter")
    with pytest.raises(RefusedError, match="no cookie"):
        client.send("GET", "/x")


def test_a_key_in_a_cookie(open_client: Opener, partner: Any) -> None:
    """A third place for a key."""
    _open(open_client, partner, scheme="api-key", cookie="pos_key").send("GET", "/x")
    assert partner.seen[0].headers["cookie"] == "pos_key=plain-key-44"


def test_each_request_is_signed_over_itself(open_client: Opener, partner: Any) -> None:
    """The partner, which knows the secret, finds the same signature."""
    client = _open(
        open_client,
        partner,
        scheme="hmac",
        signing={
            "template": "{method}\n{path}\n{timestamp}\n{body_sha256}",
            "encoding": "base64",
            "header": "X-Sign",
            "prefix": "v1=",
            "timestamp_header": "X-Time",
            "key_header": "X-Client",
        },
    )
    client.send("GET", "/orders?page=2")

    seen = partner.seen[0]
    empty = hashlib.sha256(b"").hexdigest()
    text = f"GET\n/orders?page=2\n{seen.headers['x-time']}\n{empty}"
    digest = hmac.digest(b"sign-with-46", text.encode(), "sha256")
    assert seen.headers["x-sign"] == f"v1={base64.b64encode(digest).decode()}"
    assert seen.headers["x-client"] == "plain-key-44"


def test_a_key_and_two_roles_share_the_operations(open_client: Opener, partner: Any) -> None:
    """The key goes everywhere; a guest orders, and the manager alone accepts."""
    partner.routes["POST /login"] = lambda seen: _say(
        {"access_token": json.loads(seen.body)["username"]}
    )
    client = _open(
        open_client,
        partner,
        scheme="password",
        token_url="/login",
        also=[
            {"scheme": "api-key", "header": "X-Key"},
            {
                "scheme": "password",
                "token_url": "/login",
                "role": "manager",
                "operations": ["* /orders/{id}/accept", "GET /reports/*"],
            },
        ],
    )
    for path in ("/orders", "/orders/7/accept", "/orders/7/accept/x", "/reports/day/1"):
        client.send("GET", path)
    asked = [seen for seen in partner.seen if seen.path != "/login"]
    tokens = [seen.headers["authorization"].removeprefix("Bearer ") for seen in asked]
    assert tokens == ["kitchen@house", "boss", "kitchen@house", "boss"]
    assert {seen.headers["x-key"] for seen in asked} == {"plain-key-44"}
    # A wrong password of the manager says nothing of what the guest asks.
    for path, roles in (("/orders", {"username"}), ("/reports/1", {"manager_username"})):
        used = client.credentials_for("GET", f"{client.base_url}{path}") or frozenset()
        assert {name for name in used if name.endswith("username")} == roles
        assert "api_key" in used


def test_only_the_refused_login_is_renewed(open_client: Opener, partner: Any) -> None:
    """A token that ran out is fetched again, also where a key stands beside it."""
    given = iter(["t-1", "t-2"])
    partner.routes["POST /login"] = lambda _: _say({"access_token": next(given)})
    partner.routes["GET /own"] = lambda seen: _say(
        {}, 200 if seen.headers["authorization"] == "Bearer t-2" else 401
    )
    client = _open(
        open_client,
        partner,
        scheme="password",
        token_url="/login",
        also=[{"scheme": "api-key", "query": "key"}],
    )
    assert client.send("GET", "/own").status == 200
    assert partner.seen[-1].target == "/own?key=plain-key-44"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"scheme": "password"}, "needs `token_url`"),
        ({"scheme": "hmac"}, "`signing` says how"),
        ({"scheme": "bearer", "also": [{"scheme": "hook"}]}, "is no hook"),
    ],
)
def test_half_a_statement_is_refused(stated: dict[str, Any], said: str) -> None:
    """What cannot log in is told when the folder is read."""
    with pytest.raises(ValidationError, match=said):
        Auth.model_validate(stated)


def test_secrets_of_a_login_stay_out_of_the_record(
    open_client: Opener, partner: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Password, token and refresh token are masked wherever an exchange is kept."""
    caplog.set_level(logging.DEBUG)
    partner.routes["POST /login"] = lambda _: _say({"data": {"token": "deep-token-48"}})
    client = _open(
        open_client, partner, scheme="password", token_url="/login", token="$.data.token"
    )
    shown = client.send("GET", "/x")
    text = repr(client.recorder.exchanges) + shown.curl + caplog.text
    kept = client.redactor.text("deep-token-48")
    assert not [value for value in ("deep-token-48", "wok-and-rice-41") if value in text]
    assert kept != "deep-token-48"


NESTED = {"data": {"pass": "nested-pass-8f2c71d0e5", "next": "nested-next-93ab10c4f7"}}


@pytest.mark.parametrize("kind", ["token", "session"])
def test_what_opens_once_is_in_no_recording(
    open_client: Opener, partner: Any, tmp_path: Path, kind: str
) -> None:
    """Wherever it stood, and however it is called: also when no second request carries it."""
    partner.routes["POST /v1/sign-in"] = lambda _: _say(
        NESTED, **{"Set-Cookie": "place=cookie-place-5b77e2a9c1; Path=/"}
    )
    stated: dict[str, Any] = {"token_url": "/v1/sign-in", "fields": {"u": "username"}}
    if kind == "token":
        # A renewal is stated where there is a token for it.
        renewal = {"url": "/v1/renew", "field": "next", "token": "$.data.next"}
        stated |= {"scheme": "password", "token": "$.data.pass", "refresh": renewal}
        shown = [*NESTED["data"].values()]
    else:
        stated |= {"scheme": "session"}
        shown = ["cookie-place-5b77e2a9c1"]
    client = _open(open_client, partner, **stated)
    client.send("GET", "/x")
    client.recorder.write_har(tmp_path / "exchange.har")
    told = (tmp_path / "exchange.har").read_text("utf-8")
    assert "sign-in" in told
    assert [value for value in shown if value in told] == []
