"""Saved pages of portals: the description they carry, draw, or name."""

import html
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.cli import main
from workbench.description import describe
from workbench.description.limits import DEFAULT_LIMITS
from workbench.description.saved_pages import addresses_in_page, descriptions_in_page
from workbench.model.description import ApiDescription

from .conftest import slowness

Read = Callable[..., ApiDescription]
SPEC = {
    "openapi": "3.0.3",
    "info": {"title": 'Nido "and" <more>', "version": "1"},
    "paths": {"/tables/{id}": {"get": {"responses": {"200": {"description": "ok"}}}}},
}
TEXT = json.dumps(SPEC)
YAML = "openapi: 3.0.3\ninfo: {title: Nido, version: '1'}\npaths: {'/tables/{id}': {get: {}}}\n"


def page(body: str) -> str:
    """A page around a piece."""
    return f"<!DOCTYPE html><html><head><title>Docs</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "body",
    [
        f'<script>const __state = {{"menu": {{"a": [1]}}, "spec": {{"data": {TEXT}}}}};</script>',
        f"<script>onload = () => {{ var spec = {TEXT}; View({{spec}}) }}</script>",
        f'<script type="application/json" id="__NEXT_DATA__">{{"p": {{"doc": {TEXT}}}}}</script>',
        f'<script type="application/json">{json.dumps({"spec": TEXT})}</script>',
        f"<script>self.__push([1, {json.dumps('7:' + json.dumps({'doc': SPEC}))}])</script>",
        f'<div data-props="{html.escape(json.dumps({"oas": SPEC}))}"></div>',
        f'<script type="text/yaml" id="spec">{YAML}</script>',
        ("<script>start({spec: {openapi: '3.0.3', info: {title: 'N', version: '1'}, "
        "paths: {'/tables/{id}': {get: {}}}}})</script>"),
    ],
)  # fmt: skip
def test_a_carried_description_is_read(read: Read, body: str) -> None:
    """State, literals, JSON in JSON, attributes, YAML and objects without quotes all carry it."""
    description = read(page(body), "docs.html")
    assert [item.id for item in description.operations] == ["GET /tables/{id}"]
    assert description.documents[0].format == "openapi"
    assert "carried-description" in {item.slug for item in description.warnings}


@pytest.mark.parametrize(
    "body",
    [
        (
            '<h2>Seat</h2><button><span type="post" class="http-verb">post</span>'
            "<span>/tables/<wbr>{id}<wbr>/seat</span></button>"
        ),
        (
            '<div class="opblock"><span class="method">POST</span><span class="path" data-path="x">'
            "<a><span>/tables\u200b/{id}\u200b/seat</span></a></span><div>Seat</div></div>"
        ),
        (
            '<h1>Seat</h1><div><div title="x"><div class="up">post</div><div><span>https://api.nido.example'
            "</span><span>/tables/{id}/seat</span></div></div></div>"
        ),
        (
            '<div class="head"><span class="request-method POST">POST</span><span>Seat</span></div>'
            "<div>https://api.nido.example/tables/:id/seat</div>"
        ),
        (
            "<h2>Seat</h2><pre class='shell'><code>curl <span>-X</span> POST <span>\"https://api.nido.example"
            '/tables/7/seat"</span></code></pre><h3>HTTP Request</h3><p><code>POST https://api.nido.example'
            "/tables/&lt;id&gt;/seat</code></p>"
        ),
        (
            "<h1>Seat</h1><div>POST</div><div><div>/</div><div>tables</div><div>/</div><div>{id}</div>"
            "<div>/</div><div>seat</div></div>"
        ),
        (
            '<div class="top"><div class="POST">POST</div><h2>Seat</h2></div><a>Open</a>'
            "<div><span>{{base}}/tables/:id/seat</span></div>"
        ),
        (
            '<h1>Seat</h1><pre class="html" data-type="post"><code><span>/tables/:id/seat</span>'
            "</code></pre>"
        ),
        ('<h1>Seat</h1><span>post</span><pre data-type="post"><code>/tables/:id/seat</code></pre>'),
        (
            "<h1>Seat</h1><pre><span>POST</span> <h2>https://api.nido.example/tables/:id/seat</h2>"
            "</pre>"
        ),
        (
            "<h1>Seat</h1><dl><dt><span>POST </span><span>/tables/</span><span>(</span>"
            "<em>int: </em><em>id</em><span>)</span><span>/seat</span></dt></dl>"
        ),
        '<h1>Seat</h1><p><img alt="POST" src="post.svg"> <code>/tables/{id}/seat</code></p>',
        (
            "<h3>Seat</h3><table><tr><td>Method</td><td>POST</td></tr><tr><td>URL</td>"
            "<td>/tables/{id}/seat</td></tr></table>"
        ),
    ],
)
def test_a_drawn_call_is_read(read: Read, body: str) -> None:
    """Method and path in elements of their own are one call with its title."""
    description = read(page(body), "docs.html")
    assert [item.id for item in description.operations] == ["POST /tables/{id}/seat"]
    assert description.operations[0].summary == "Seat"


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ('<redoc spec-url="./api.yaml"></redoc>', "./api.yaml"),
        ("<script>SwaggerUIBundle({url: '/v3/api-docs', dom_id: '#ui'})</script>", "/v3/api-docs"),
        ('<script id="api-reference" data-url="/spec.json"></script>', "/spec.json"),
        ('<elements-api apiDescriptionUrl="https://a.example/o.yaml">', "https://a.example/o.yaml"),
        ("<script>Redoc.init('spec/openapi.json', {}, x)</script>", "spec/openapi.json"),
        ('<a href="/files/openapi.yaml">Download</a>', "/files/openapi.yaml"),
        (
            '<base href="https://docs.nido.example/v1/"><rapi-doc spec-url="a.json"></rapi-doc>',
            "https://docs.nido.example/v1/a.json",
        ),
        (
            "<!-- saved from url=(0028)https://nido.example/x/ --><redoc spec-url='../a.json'>",
            "https://nido.example/a.json",
        ),
    ],
)
def test_an_address_in_a_shell_page_is_told(read: Read, body: str, address: str) -> None:
    """A page that only draws is no failure: a warning names where its description lies."""
    description = read(page(body), "docs.html")
    assert description.documents[0].addresses == (address,)
    (warning,) = [item for item in description.warnings if item.slug == "description-elsewhere"]
    assert address in warning.summary
    assert "--follow" in warning.hint


def test_nothing_is_fetched_unless_asked(tmp_path: Path, listener: Any) -> None:
    """Without `--follow` no request is made; with it, the description beside the page is read."""
    path = tmp_path / "docs.html"
    path.write_text(page(f'<redoc spec-url="http://127.0.0.1:{listener.port}/a.json">'), "utf-8")
    describe([path])
    assert listener.requests == []
    path.write_text(page('<redoc spec-url="./a.json">'), "utf-8")
    (tmp_path / "a.json").write_text(TEXT, "utf-8")
    result = CliRunner().invoke(main, ["describe", str(path), "--follow", "--json"])
    assert [item["id"] for item in json.loads(result.stdout)["operations"]] == ["GET /tables/{id}"]


def test_following_leads_no_higher_than_the_page(tmp_path: Path) -> None:
    """A page cannot name a file outside its own folder."""
    (tmp_path / "secret.json").write_text(TEXT, "utf-8")
    (tmp_path / "pages").mkdir()
    path = tmp_path / "pages" / "docs.html"
    path.write_text(page('<redoc spec-url="../secret.json">'), "utf-8")
    result = CliRunner().invoke(main, ["describe", str(path), "--follow", "--json"])
    assert json.loads(result.stdout)["operations"] == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>" + '{"openapi": "3.0' * 60_000,
        "<script>" + '\\"openapi\\": \\"3.0' * 60_000,
        "<script>" + "{" * 400_000 + '"openapi": "3.0.0"',
        "<script>" + '{"openapi": "3.0.0", "paths": ' + "[" * 400_000,
        "<div data-a='" + "openapi: 3.0 {" * 60_000,
        "<script>Redoc " + "url: '" * 150_000,
        "<a href='openapi.json'>" * 40_000,
    ],
)
def test_pages_that_only_promise_are_no_bombs(text: str) -> None:
    """A megabyte of beginnings takes no more than three seconds of work, and is no description."""
    started = time.process_time()
    assert descriptions_in_page(text, "bomb.html", DEFAULT_LIMITS) == []
    addresses_in_page(text)
    assert time.process_time() - started < 9 * slowness()
