"""Several documents of one partner: each operation once, and what contradicts told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.description import describe

Write = Callable[[str, Any], Path]


def api(total: dict[str, Any], base: str = "https://api.bistro.example/v1") -> dict[str, Any]:
    """A document that places orders."""
    schema = {"type": "object", "properties": {"id": {"type": "string"}, "total": total}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "ok"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "servers": [{"url": base}],
        "paths": {"/orders": {"post": operation}, "/menus": {"get": {"responses": {}}}},
    }


def collection(total: Any, url: str = "https://api.bistro.example/v1/orders") -> dict[str, Any]:
    """A collection with the same call."""
    body = {"mode": "raw", "raw": f'{{"id": "1", "total": {total}}}'}
    request = {"method": "POST", "url": url, "description": "Places an order.", "body": body}
    return {"info": {"name": "a"}, "item": [{"name": "Place an order", "request": request}]}


def test_an_operation_of_two_documents_is_one(write: Write) -> None:
    """The most exact document stands for both, with the words of the other."""
    paths = [write("c.json", collection(3)), write("a.json", api({"type": "integer"}))]
    description = describe(paths)
    assert [item.id for item in description.operations] == ["POST /orders", "GET /menus"]
    order = description.operations[0]
    assert order.document == "a.json"
    assert (order.summary, order.description) == ("Place an order", "Places an order.")
    assert description.exchange("c.json#POST /v1/orders") == order
    assert description.exchange("POST /v1/orders") == order
    assert "contradiction" not in [item.slug for item in description.warnings]


def test_what_contradicts_is_told_with_both_places(write: Write) -> None:
    """A field that is a number here and a text there is a warning that names both documents."""
    paths = [write("a.json", api({"type": "integer"})), write("c.json", collection('"3.00"'))]
    (found,) = [item for item in describe(paths).warnings if item.slug == "contradiction"]
    assert found.document == "a.json"
    assert found.pointer == "/paths/~1orders/post"
    assert "c.json#/paths/~1v1~1orders/post" in found.summary
    assert "'total'" in found.summary


def test_listed_values_that_differ_are_a_contradiction(write: Write) -> None:
    """Two descriptions that list other values cannot both hold."""
    one, other = ({"type": "string", "enum": values} for values in (["a", "b"], ["a", "c"]))
    description = describe([write("a.json", api(one)), write("b.json", api(other))])
    assert len(description.operations) == 2
    assert [item.slug for item in description.warnings].count("contradiction") == 1


def test_services_with_the_same_paths_stay_apart(write: Write) -> None:
    """Another host or another base path of the same kind of document is another service."""
    number = {"type": "integer"}
    for base in ("https://menus.bistro.example/v1", "https://api.bistro.example/v2"):
        description = describe([write("a.json", api(number)), write("b.json", api(number, base))])
        assert len(description.operations) == 4


def test_prose_about_the_same_host_leaves_out_the_base(write: Write) -> None:
    """Notes that name a call by its URL, and another by its path alone, speak of the same two."""
    api = (
        "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers: [{url: https://a.example/v1}]\n"
        "paths:\n  /tables: {post: {responses: {'201': {description: ok}}}}\n"
        "  /tables/{id}: {get: {responses: {'200': {description: ok}}}}\n"
    )
    notes = "# Notes\n\n`POST https://a.example/v1/tables`\n\nThen `GET /tables/{table}`.\n"
    described = describe([write("api.yaml", api), write("notes.md", notes)])
    assert [item.id for item in described.operations] == ["POST /tables", "GET /tables/{id}"]


def test_prose_without_an_address_is_joined(write: Write) -> None:
    """A page that only says `POST /orders` speaks of the documented operation."""
    page = "# Orders\n\n## POST /orders\n\nPlaces an order.\n\n## GET /tables\n\nLists tables.\n"
    description = describe([write("a.json", api({"type": "integer"})), write("b.md", page)])
    assert [item.id for item in description.operations] == [
        "POST /orders",
        "GET /menus",
        "GET /tables",
    ]


GUIDE = """# Guide

Test: https://api.bistro.example/v2

Send the key as `X-Api-Key: KEY`.

## POST /orders

| Field | Type | Required |
|---|---|---|
| id | string | no |

| Parameter | In | Type |
|---|---|---|
| page | header | integer |

Response 204:

## PUT /menus

```json
{"lines": [{"price": "1.00"}]}
```
"""


def test_every_kind_of_contradiction_is_told(write: Write) -> None:
    """Login, address, method, status, place, requirement and a field deep inside, each once."""
    document = api({"type": "integer"})
    order = document["paths"]["/orders"]["post"]
    order["requestBody"]["content"]["application/json"]["schema"]["required"] = ["id"]
    order["parameters"] = [{"name": "page", "in": "query", "schema": {"type": "integer"}}]
    line = {"type": "object", "properties": {"price": {"type": "number"}}}
    shape = {"type": "object", "properties": {"lines": {"type": "array", "items": line}}}
    content = {"application/json": {"schema": shape}}
    answers = {"200": {"description": "ok", "content": content}}
    document["paths"]["/menus"] = {"patch": {"responses": answers}}
    document["components"] = {"securitySchemes": {"a": {"type": "http", "scheme": "bearer"}}}
    paths = [write("a.json", document), write("guide.md", GUIDE.replace("v2", "v1"))]
    told = [item.summary for item in describe(paths).warnings if item.slug == "contradiction"]
    for words in (
        "the parameter 'page' is in the query here, and in the header",
        "in the request, 'id' is required here, and optional",
        "success is answered with 200 here, and 204",
        "PATCH /menus is here what PUT /menus is",
        "log in by token here, and by apiKey x-api-key",
    ):
        assert [words in text for text in told].count(True) == 1, words
    assert all("guide.md#" in text for text in told)
    shown = 'POST /menus\n\n```json\n{"lines": [{"price": "1.00"}]}\n```\n'
    document["paths"]["/menus"]["post"] = {"requestBody": {"content": content}, "responses": {}}
    paths = [write("a.json", document), write("guide.md", f"{GUIDE}\n## {shown}")]
    told = [item.summary for item in describe(paths).warnings if item.slug == "contradiction"]
    assert any("api.bistro.example/v1 here, and at api.bistro.example/v2" in text for text in told)
    paths = [write("a.json", document), write("menus.md", f"# Menus\n\n## {shown}")]
    told = [item.summary for item in describe(paths).warnings if item.slug == "contradiction"]
    assert ["'lines[].price' is number here, and string" in text for text in told] == [True]


def test_what_prose_does_not_say_contradicts_nothing(write: Write) -> None:
    """An example without a status, a field without a word on it, a token by another name."""
    document = api({"type": "integer"})
    order = document["paths"]["/orders"]["post"]
    order["responses"] = {"201": {"description": "made"}}
    order["requestBody"]["content"]["application/json"]["schema"]["required"] = ["id", "total"]
    flows = {"clientCredentials": {"tokenUrl": "https://a.example/t", "scopes": {}}}
    document["components"] = {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}}
    page = (
        "# Orders\n\nSend `Authorization: Bearer TOKEN`.\n\n## POST /orders\n\n"
        "| Field | Type |\n|---|---|\n| id | string |\n| total | number |\n\n"
        'Response:\n\n```json\n{"ok": true}\n```\n'
    )
    warnings = describe([write("a.json", document), write("b.md", page)]).warnings
    assert "contradiction" not in [item.slug for item in warnings]
