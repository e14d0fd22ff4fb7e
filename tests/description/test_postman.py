import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_spec_validator import validate

from workbench.description import describe
from workbench.model.description import ApiDescription

from .conftest import slowness

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


def test_variables_are_sent_as_postman_sends_them(read: Callable[..., ApiDescription]) -> None:
    """Known variables are replaced wherever they stand; those of ids and unknown ones stay."""
    variables = [
        {"key": "scheme", "value": "https"},
        {"key": "base", "value": "{{scheme}}://api.bistro.example"},
        {"key": "release", "value": "v7"},
        {"key": "shopId", "value": "s-1"},
        {"key": "off", "value": "x", "disabled": True},
    ]
    url = "{{base}}/{{release}}/shops/{{shopId}}/{{kind}}/{{off}}?lang={{release}}"
    (operation,) = read(collection(request(url)) | {"variable": variables}).operations
    assert operation.path == "/v7/shops/{shopId}/{kind}/{off}"
    assert operation.servers == ("https://api.bistro.example",)
    examples = {item.name: item.examples for item in operation.parameters}
    assert examples == {"shopId": ("s-1",), "kind": (), "off": (), "lang": ("v7",)}


def test_an_environment_fills_the_collections_beside_it(
    write: Callable[[str, Any], Path],
) -> None:
    """Values of the environment win; the file itself describes nothing, and says what it is."""
    environment = {
        "name": "test",
        "values": [
            {"key": "baseUrl", "value": "https://test.bistro.example", "enabled": True},
            {"key": "baseUrl2", "value": "x", "enabled": False},
        ],
        "_postman_variable_scope": "environment",
    }
    paths = [write("c.json", collection(request("{{baseUrl}}/a"))), write("e.json", environment)]
    description = describe(paths)
    assert description.operations[0].servers == ("https://test.bistro.example",)
    assert [item.format for item in description.documents] == ["postman", "postman-environment"]
    assert [item.slug for item in description.warnings] == ["environment"]


BODIES: dict[str, tuple[dict[str, Any], list[Any], str, tuple[Any, ...], Any]] = {
    "comments": (
        {"mode": "raw", "raw": '{\n "url": "http://x//y", // why\n /* all */ "n": {{n}},\n}'},
        [],
        "application/json",
        ({"url": "http://x//y", "n": None},),
        {"url": {"type": "string", "format": "uri"}, "n": {}},
    ),
    "known bare variable": (
        {"mode": "raw", "raw": '{"n": {{price}}, "at": "{{$isoTimestamp}}", "w": "{{who}}!"}'},
        [],
        "application/json",
        ({"n": 12.5, "at": "<date-time>", "w": "{{who}}!"},),
        {
            "n": {"type": "number"},
            "at": {"type": "string", "format": "date-time"},
            "w": {"type": "string"},
        },
    ),
    "xml by language": (
        {"mode": "raw", "raw": "<order/>", "options": {"raw": {"language": "xml"}}},
        [],
        "application/xml",
        ("<order/>",),
        None,
    ),
    "xml by header": (
        {"mode": "raw", "raw": "<order/>"},
        [{"key": "content-type", "value": "text/xml; charset=utf-8"}],
        "text/xml",
        ("<order/>",),
        None,
    ),
    "form with a field switched off": (
        {
            "mode": "formdata",
            "formdata": [
                {"key": "photo", "type": "file", "src": "a.png"},
                {"key": "price", "value": "{{price}}"},
                {"key": "debug", "value": "1", "disabled": True},
            ],
        },
        [],
        "multipart/form-data",
        ({"price": "12.5"},),
        {"photo": {"type": "string", "format": "binary"}, "price": {"type": "string"}},
    ),
    "graphql": (
        {"mode": "graphql", "graphql": {"query": "{a}", "variables": '{"id": 1}'}},
        [],
        "application/json",
        ({"query": "{a}", "variables": {"id": 1}},),
        None,
    ),
}


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_are_read_as_they_are_sent(kind: str, read: Callable[..., ApiDescription]) -> None:
    """Comments, variables, XML, forms and GraphQL keep media type, example and schema."""
    body, headers, media_type, examples, properties = BODIES[kind]
    item = request("{{baseUrl}}/a", "POST")
    item["request"] |= {"body": body, "header": headers}
    document = collection(item)
    document["variable"].append({"key": "price", "value": "12.5"})
    (operation,) = read(document).operations
    (found,) = operation.bodies
    assert (found.media_type, found.examples) == (media_type, examples)
    if properties is not None:
        assert found.schema_["properties"] == properties


def test_logins_of_folders_are_kept_apart(read: Callable[..., ApiDescription]) -> None:
    """Folders that log in with different headers give different schemes."""

    def folder(name: str) -> dict[str, Any]:
        auth = {"type": "apikey", "apikey": [{"key": "key", "value": name}]}
        return {"name": name, "auth": auth, "item": [request(f"{{{{baseUrl}}}}/{name}")]}

    description = read(collection(folder("X-One"), folder("X-Two")))
    assert {item.id: item.parameter for item in description.security} == {
        "apiKey": "X-One",
        "apiKey-2": "X-Two",
    }
    assert [item.security for item in description.operations] == [("apiKey",), ("apiKey-2",)]


OLD = {
    "id": "c",
    "name": "Bistro",
    "order": ["r2"],
    "folders": [{"id": "f", "name": "Orders", "order": ["r1"], "folders_order": []}],
    "requests": [
        {
            "id": "r1",
            "name": "Place",
            "method": "POST",
            "url": "https://api.bistro.example/orders",
            "headers": "Content-Type: application/json\nX-Shop: 7\n",
            "dataMode": "raw",
            "rawModeData": '{"total": 3}',
            "currentHelper": "basicAuth",
            "helperAttributes": {"username": "a"},
            "responses": [
                {"name": "ok", "responseCode": {"code": 201}, "text": '{"id": "o-1"}'},
            ],
        },
        {"id": "r2", "name": "One", "method": "GET", "url": "https://api.bistro.example/orders/17"},
        {"id": "r3", "name": "Lost", "method": "GET", "url": "https://api.bistro.example/shops"},
    ],
}


def test_collections_of_the_first_format(read: Callable[..., ApiDescription]) -> None:
    """Requests, folders, headers, bodies, logins and answers are read; ids become parameters."""
    description = read(OLD)
    assert description.documents[0].version == "1.0"
    found = {item.id: item for item in description.operations}
    assert set(found) == {"POST /orders", "GET /orders/{order_id}", "GET /shops"}
    place = found["POST /orders"]
    assert (place.tags, place.security) == (("Orders",), ("basic",))
    assert [item.name for item in place.parameters] == ["X-Shop"]
    assert place.bodies[0].examples == ({"total": 3},)
    assert (place.responses[0].status, place.responses[0].bodies[0].examples) == (
        "201",
        ({"id": "o-1"},),
    )
    assert found["GET /orders/{order_id}"].parameters[0].examples == ("17",)


def test_the_envelope_of_the_service_is_opened(read: Callable[..., ApiDescription]) -> None:
    """A collection as Postman's own service gives it is the collection inside."""
    (operation,) = read({"collection": collection(request("{{baseUrl}}/a"))}).operations
    assert operation.id == "GET /a"


@pytest.mark.parametrize(
    "hostile",
    [
        {"info": {"name": "a"}, "item": [{"request": {"url": "{{a}}" * 50_000}}]},
        {
            "info": {"name": "a"},
            "item": [{"request": {"url": "{{a}}/x"}}],
            "variable": [{"key": "a", "value": "{{a}}{{a}}{{a}}" * 2_000}],
        },
        {
            "info": {"name": "a"},
            "item": [
                {
                    "request": {
                        "method": "POST",
                        "url": "https://a.example/x",
                        "body": {"mode": "raw", "raw": '{"a": ' + "/*" * 200_000},
                    }
                }
            ],
        },
        OLD | {"folders": [{"id": "f", "order": ["r1"], "folders_order": ["f"]}]},
    ],
)
def test_hostile_collections_end(hostile: Any, read: Callable[..., ApiDescription]) -> None:
    """Variables of variables, endless comments and folders inside themselves end in time."""
    started = time.process_time()
    read(hostile)
    assert time.process_time() - started < 6 * slowness()
