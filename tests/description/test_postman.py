from collections.abc import Callable
from typing import Any

import orjson
import pytest
from openapi_spec_validator import validate

from workbench.model.description import ApiDescription

SCHEMA = "https://schema.getpostman.com/json/collection/v{}.0/collection.json"

SAVED = {
    "name": "Seated",
    "code": 200,
    "body": '{"id": "R-1", "guests": 4}',
    "originalRequest": {"body": {"mode": "raw", "raw": '{"status": "ready"}'}},
}


def collection(*items: Any, version: str = "2.1", **root: Any) -> dict[str, Any]:
    """A collection with the given items."""
    info = {"name": "Bistro", "schema": SCHEMA.format(version)}
    base = {"key": "baseUrl", "value": "https://api.example.com/v1/"}
    return {"info": info, "item": list(items), "variable": [base], **root}


def request(url: Any, method: str = "GET", **rest: Any) -> dict[str, Any]:
    """A request item."""
    return {"name": "R", "request": {"method": method, "url": url}, **rest}


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_folders_variables_and_saved_responses(
    version: str, read: Callable[..., ApiDescription]
) -> None:
    """Folders are tags, variables are filled, saved responses become answers with examples."""
    raw = {"mode": "raw", "raw": '{"status": "seated", "table": {{table}}}'}
    url = {
        "raw": "{{baseUrl}}/reservations/:id/status?notify=true",
        "variable": [{"key": "id", "value": "R-1", "description": "Its id"}],
    }
    item = request(url if version == "2.1" else url["raw"], "PATCH", response=[SAVED])
    item["request"]["body"] = raw
    folder = {"name": "Reservations", "item": [{"name": "Status", "item": [item]}]}
    auth = {
        "type": "apikey",
        "apikey": [{"key": "key", "value": "X-Partner-Key"}, {"key": "value", "value": "s3cret"}],
    }
    description = read(collection(folder, version=version, auth=auth))
    (operation,) = description.operations
    assert operation.id == "PATCH /reservations/{id}/status"
    assert operation.servers == ("https://api.example.com/v1",)
    assert operation.tags == ("Reservations", "Status")
    assert {(item.name, item.place) for item in operation.parameters} == {
        ("id", "path"),
        ("notify", "query"),
    }
    assert operation.bodies[0].examples == (
        {"status": "seated", "table": None},
        {"status": "ready"},
    )
    assert operation.request_schema is not None
    assert operation.request_schema["required"] == ["status"]
    assert operation.response_schema is not None
    assert operation.response_schema["properties"]["guests"] == {"type": "integer"}
    assert operation.security == ("apiKey",)
    assert description.security[0].parameter == "X-Partner-Key"
    assert description.documents[0].version == version
    assert b"s3cret" not in orjson.dumps(description.model_dump())
    validate(description.bundles["api.json"])


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://api.example.com/a/b", "/a/b"),
        ("{{baseUrl}}/a", "/a"),
        ("{{unknown}}/a/{{id}}", "/a/{id}"),
        ("/a/:id", "/a/{id}"),
        ({"host": ["{{baseUrl}}"], "path": ["a", ":id"]}, "/a/{id}"),
        ({"protocol": "https", "host": ["x", "example", "com"], "path": "a/b"}, "/a/b"),
        ({"raw": "https://x.example.com:8443/a?b=1"}, "/a"),
    ],
)
def test_urls_in_all_their_forms(url: Any, path: str, read: Callable[..., ApiDescription]) -> None:
    """Text, raw and cut-up URLs give the same path templates."""
    (operation,) = read(collection(request(url))).operations
    assert operation.path == path


def test_the_same_request_twice_is_one_operation(read: Callable[..., ApiDescription]) -> None:
    """Two requests on one path add their examples up."""
    bodies = [{"mode": "raw", "raw": f'{{"n": {number}}}'} for number in (1, 2)]
    items = [request("{{baseUrl}}/a", "POST") for _ in bodies]
    for item, body in zip(items, bodies, strict=True):
        item["request"]["body"] = body
    (operation,) = read(collection(*items)).operations
    assert operation.bodies[0].examples == ({"n": 1}, {"n": 2})


def test_form_bodies(read: Callable[..., ApiDescription]) -> None:
    """Form fields become a schema with the media type of forms."""
    item = request("{{baseUrl}}/token", "POST")
    item["request"]["body"] = {"mode": "urlencoded", "urlencoded": [{"key": "scope", "value": "a"}]}
    (operation,) = read(collection(item)).operations
    assert operation.bodies[0].media_type == "application/x-www-form-urlencoded"
    assert list(operation.bodies[0].schema_["properties"]) == ["scope"]


def test_unusable_requests_are_warnings(read: Callable[..., ApiDescription]) -> None:
    """A request without URL and a response without code are reported; the rest is read."""
    items = [request(None), request("{{baseUrl}}/a", response=[{"name": "x"}]), "text", None]
    description = read(collection(*items))
    assert [item.id for item in description.operations] == ["GET /a"]
    assert {item.slug for item in description.warnings} >= {
        "unreadable-request",
        "unreadable-response",
    }
