from collections.abc import Callable
from typing import Any

import orjson
import pytest
from openapi_spec_validator import validate

from workbench.model.description import ApiDescription


def entry(url: str, method: str = "GET", body: Any = None, answer: Any = None) -> dict[str, Any]:
    """One recorded exchange."""
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "headers": [{"name": "Authorization", "value": "Bearer s3cret"}],
    }
    if body is not None:
        request["postData"] = {
            "mimeType": "application/json; charset=utf-8",
            "text": orjson.dumps(body).decode(),
        }
    content = {"mimeType": "application/json", "text": orjson.dumps(answer).decode()}
    return {"request": request, "response": {"status": 200, "content": content}}


def test_traffic_becomes_operations(read: Callable[..., ApiDescription]) -> None:
    """Ids in paths become parameters, and the calls on one path join with their bodies."""
    base = "https://api.example.com/v1"
    description = read(
        {
            "log": {
                "version": "1.2",
                "entries": [
                    entry(f"{base}/orders/1001?expand=lines", answer={"id": 1}),
                    entry(f"{base}/orders/1002", answer={"id": 2, "note": "x"}),
                    entry(
                        f"{base}/orders/0b6d2d52-8d43-4c1c-9a37-5f6d3f7c9a11/lines/3",
                        "PATCH",
                        {"qty": 2},
                    ),
                    entry("not a url"),
                ],
            }
        }
    )
    assert [item.id for item in description.operations] == [
        "GET /v1/orders/{order_id}",
        "PATCH /v1/orders/{order_id}/lines/{line_id}",
    ]
    first = description.operations[0]
    assert first.servers == ("https://api.example.com",)
    assert first.responses[0].bodies[0].examples == ({"id": 1}, {"id": 2, "note": "x"})
    assert first.response_schema is not None
    assert first.response_schema["required"] == ["id"]
    assert {item.name for item in first.parameters} == {"order_id", "expand"}
    assert [item.slug for item in description.warnings] == ["unreadable-request"]
    validate(description.bundles["api.json"])


def test_recorded_credentials_do_not_come_through(read: Callable[..., ApiDescription]) -> None:
    """Headers, secret query values and secret fields of bodies stay behind."""
    description = read(
        {
            "log": {
                "entries": [
                    entry(
                        "https://a.example.com/token?api_key=s3cret",
                        "POST",
                        {"client_secret": "s3cret", "scope": "a"},
                        [{"access_token": "s3cret"}],
                    ),
                ]
            }
        }
    )
    assert b"s3cret" not in orjson.dumps(description.model_dump())
    assert description.operations[0].bodies[0].examples == (
        {"client_secret": "<string>", "scope": "a"},
    )


def exchange(url: str, kind: str = "", method: str = "GET", **more: Any) -> dict[str, Any]:
    """One recorded exchange with the media type of its answer."""
    request = {"method": method, "url": f"https://api.bistro.example{url}"}
    request["headers"] = more.pop("headers", [])
    return {"request": request, "response": {"status": 200, "content": {"mimeType": kind}}, **more}


@pytest.mark.parametrize(
    "entry",
    [
        exchange("/app.js", "application/javascript"),
        exchange("/", "text/html; charset=utf-8", _resourceType="document"),
        exchange("/logo", "image/svg+xml"),
        exchange("/fonts/a.woff2"),
        exchange("/orders", "text/html", headers=[{"name": "Sec-Fetch-Dest", "value": "iframe"}]),
        exchange(
            "/orders",
            method="OPTIONS",
            headers=[{"name": "Access-Control-Request-Method", "value": "GET"}],
        ),
        exchange("/orders/7001?full=1", method="OPTIONS"),
    ],
)
def test_files_of_pages_are_no_operations(
    entry: dict[str, Any], read: Callable[..., ApiDescription]
) -> None:
    """Pages, scripts, images, fonts and questions before a call are counted and left out."""
    calls = [
        exchange("/orders/7001", "application/json"),
        exchange("/menu.json", "application/json"),
        exchange("/orders/7001/receipt", "text/html", _resourceType="xhr"),
        exchange("/upload.js", "text/html", "POST"),
    ]
    description = read({"log": {"entries": [entry, *calls]}}, "a.har")
    assert [item.id for item in description.operations] == [
        "GET /orders/{order_id}",
        "GET /menu.json",
        "GET /orders/{order_id}/receipt",
        "POST /upload.js",
    ]
    assert [item.slug for item in description.warnings] == ["static-files"]
