"""What a draft takes from a document so that it runs without a touch: address, login, place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.drafting.guesses import guess_environments, guess_parameters, guess_place
from workbench.drafting.logins import guess_auth
from workbench.drafting.signatures import guess_signature, read_signature
from workbench.model import ApiDescription


def _describe(tmp_path: Path, **parts: Any) -> ApiDescription:
    document = {"openapi": "3.0.3", "info": {"title": "Wok", "version": "1"}, "paths": {}, **parts}
    path = tmp_path / "wok.json"
    path.write_text(json.dumps(document), "utf-8")
    return describe([path])


def _body(**properties: str) -> dict[str, Any]:
    fields = {name: {"type": kind} for name, kind in properties.items()}
    return {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}}


@pytest.mark.parametrize(
    ("servers", "source", "base_url"),
    [
        (
            [{"url": "/api/v2"}],
            "http://127.0.0.1:8123/docs/openapi.json",
            "http://127.0.0.1:8123/api/v2",
        ),
        ([], "http://127.0.0.1:8123/openapi.json", "http://127.0.0.1:8123"),
        ([{"url": "/api"}], "", "https://sandbox.invalid/api"),
        ([], "https://wok.example/openapi.json", "https://wok.example"),
    ],
)
def test_the_address_is_where_the_document_came_from(
    tmp_path: Path, servers: list[Any], source: str, base_url: str
) -> None:
    """A relative server, or none, is read against the address; of a file, the path is kept."""
    description = _describe(tmp_path, servers=servers)
    sources = {"wok.json": source} if source else {}
    found, questions = guess_environments(description, sources)
    assert found["sandbox"]["base_url"] == base_url
    assert any("test environment" in text for text in questions) == ("127.0.0.1" not in base_url)


@pytest.mark.parametrize(
    ("flows", "wanted"),
    [
        (
            {"password": {"tokenUrl": "/api/token", "scopes": {}}},
            {"scheme": "oauth2-password", "token_url": "/token"},
        ),
        (
            {"password": {"tokenUrl": "auth/token", "scopes": {"menu": ""}}},
            {"scheme": "oauth2-password", "token_url": "/auth/token", "scopes": ["menu"]},
        ),
        (
            {
                "authorizationCode": {
                    "authorizationUrl": "https://id.wok.example/go",
                    "tokenUrl": "https://id.wok.example/token",
                    "scopes": {},
                }
            },
            {"scheme": "oauth2-authorization-code", "token_url": "https://id.wok.example/token"},
        ),
    ],
)
def test_each_flow_of_oauth2_is_kept(
    tmp_path: Path, flows: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """A password flow is no bearer token that somebody has to bring."""
    schemes = {"login": {"type": "oauth2", "flows": flows}}
    description = _describe(tmp_path, components={"securitySchemes": schemes})
    assert guess_auth(description, "http://127.0.0.1:1/api")[0] == wanted


def test_the_cookie_of_a_session_is_had_by_logging_in(tmp_path: Path) -> None:
    """A cookie is a key that somebody brings only where no call takes a password."""
    key = {"type": "apiKey", "in": "cookie", "name": "sessionid"}
    login = {"post": {"requestBody": _body(login="string", password="string"), "responses": {}}}
    orders = {"get": {"security": [{"own": []}], "responses": {}}}
    for paths, wanted in (
        ({"/orders": orders}, {"scheme": "api-key", "cookie": "sessionid"}),
        (
            {"/orders": orders, "/login": login},
            {
                "scheme": "session",
                "token_url": "/login",
                "fields": {"login": "username", "password": "password"},
            },
        ),
    ):
        description = _describe(tmp_path, components={"securitySchemes": {"own": key}}, paths=paths)
        assert guess_auth(description, "http://127.0.0.1:1")[0] == wanted


def test_the_call_that_takes_a_password_is_the_login(tmp_path: Path) -> None:
    """A bearer token is had where name and password go in, and not where one signs up."""
    description = _describe(
        tmp_path,
        components={"securitySchemes": {"jwt": {"type": "http", "scheme": "bearer"}}},
        paths={
            "/users/register": {
                "post": {
                    "requestBody": _body(email="string", password="string"),
                    "responses": {"201": {"description": "", **_body(token="string")}},
                }
            },
            "/sessions": {
                "post": {
                    "requestBody": _body(email="string", password="string"),
                    "responses": {"200": {"description": "", **_body(accessToken="string")}},
                }
            },
            "/orders": {"get": {"security": [{"jwt": []}], "responses": {}}},
        },
    )
    found, _ = guess_auth(description, "http://127.0.0.1:1")
    assert found == {
        "scheme": "password",
        "token_url": "/sessions",
        "fields": {"email": "username", "password": "password"},
        "token": "$.accessToken",
    }


def test_schemes_that_go_together_are_kept_together(tmp_path: Path) -> None:
    """A key *and* a token are both sent; one of two alternatives is asked about."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "user": {"type": "http", "scheme": "bearer"},
        "old": {"type": "http", "scheme": "basic"},
    }
    call = {"security": [{"key": [], "user": []}, {"old": []}], "responses": {}}
    description = _describe(
        tmp_path, components={"securitySchemes": schemes}, paths={"/orders": {"get": call}}
    )
    found, questions = guess_auth(description, "http://127.0.0.1:1")
    assert found == {"scheme": "bearer", "also": [{"scheme": "api-key", "header": "X-Key"}]}
    assert questions == ["Do we log in with key, user, and not with old?"]


def test_a_word_before_the_token_is_read_from_the_text(tmp_path: Path) -> None:
    """Django's frameworks describe it so."""
    scheme = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": 'Token-based authentication with required prefix "Token"',
    }
    description = _describe(tmp_path, components={"securitySchemes": {"tokenAuth": scheme}})
    found, _ = guess_auth(description, "http://127.0.0.1:1")
    assert found == {"scheme": "api-key", "header": "Authorization", "prefix": "Token "}


def test_what_is_said_of_a_parameter_tells_whose_id_it_takes(tmp_path: Path) -> None:
    """A name of two letters means something only with its description."""
    call = {
        "parameters": [
            {
                "name": "rid",
                "in": "query",
                "required": True,
                "description": "Id of the restaurant.",
                "schema": {"type": "string"},
            },
            {"name": "page", "in": "query", "required": True, "schema": {"type": "integer"}},
        ],
        "responses": {},
    }
    description = _describe(tmp_path, paths={"/orders": {"get": call}})
    known, questions = guess_parameters(description.operations)
    assert known == {"rid": "restaurant"}
    assert questions == ["What goes into the parameter `page` of GET /orders?"]


def test_currency_and_zone_come_from_the_documents_or_nobody(tmp_path: Path) -> None:
    """A sole word or default is a statement; several words and examples are none."""
    fields = {
        "currency": {"type": "string", "enum": ["CHF"]},
        "timezone": {"type": "string", "example": "Europe/Zurich"},
    }
    description = _describe(tmp_path, components={"schemas": {"A": {"properties": fields}}})
    assert guess_place(description) == {"currency": ["CHF"], "timezone": []}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Webhooks are signed: X-Wok-Signature has HMAC-SHA256 of the raw body, in base64.",
            {
                "scheme": "hmac",
                "header": "X-Wok-Signature",
                "credentials": ["webhook_secret"],
                "algorithm": "sha256",
                "encoding": "base64",
            },
        ),
        (
            "To verify a callback, compare `X-Callback-Token` with the token that we gave you.",
            {"scheme": "token", "header": "X-Callback-Token", "credentials": ["webhook_token"]},
        ),
        ("Send your X-Api-Key with each request.", {}),
        ("Webhooks come at most three times.", {}),
    ],
)
def test_a_signature_is_read_from_the_text(text: str, wanted: dict[str, Any]) -> None:
    """A paragraph that names the header and how its value is made is enough for a draft."""
    assert read_signature(text) == wanted


def test_the_text_of_the_document_is_searched(tmp_path: Path) -> None:
    """Where events declare no header, the introduction may say how they are signed."""
    text = "# Hooks\n\nEvents are signed. `X-Wok-Hmac` is the sha1 HMAC of the body."
    description = _describe(tmp_path, info={"title": "Wok", "version": "1", "description": text})
    found, questions = guess_signature([], description)
    assert (found["header"], found["algorithm"]) == ("X-Wok-Hmac", "sha1")
    assert questions[0].startswith("Is this how your webhooks are signed: ")
