import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.prose import read_blocks, read_page
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription

from .conftest import slowness

PAGE = """<!DOCTYPE html>
<html><head><title>Docs</title><style>h1 { color: red }</style>
<body><nav><a href="#x">GET /navigation</a></nav>
<!-- GET /commented -->
<h1>Mesa &amp; more API</h1>
<p>Base URL: <code>https://api.mesa.example/rest</code>. Send <code>Authorization: Bearer</code>
<h2 id="r">Reservations<a class="anchor">¶</a></h2>
<h3><span class="method get">GET</span><code>/reservations/{id}</code></h3>
<p>Reads one <b>reservation</b>.
<table><thead><tr><th>Name<th>In<th>Type<th>Required<th>Description
<tbody><tr><td>id<td>path<td>string<td>yes<td>Its id
<tr><td><code>expand</code></td><td>query</td><td>string</td><td>no</td>
<td>What to <i>add</i></td></tr>
</table>
<p>Response 200:</p>
<pre><code class="language-json">{&quot;id&quot;: "R-1",
 <span class="n">"guests"</span>: 4}</code></pre>
<script>document.write("<h3>POST /scripted</h3>")</script>
<iframe src="http://127.0.0.1:1/x"><h3>GET /framed</h3></iframe>
<h3>PATCH /reservations/:id/status</h3>
<p><strong>Request</strong></p>
<div class="highlight json"><pre>{"status": "seated"}</pre></div>
<h2>Webhooks</h2>
<h3>Reservation created (<code>reservation.created</code>)</h3>
<pre class="json">{"event": "reservation.created", "reservation": {"id": "R-1"}}</pre>
</body></html>
"""


@pytest.fixture
def page(read: Callable[..., ApiDescription]) -> ApiDescription:
    """The page above, described."""
    return read(PAGE, "docs.html")


def test_headings_become_operations_and_events(page: ApiDescription) -> None:
    """Badges, code in headings and colon variables are all understood."""
    assert [item.id for item in page.operations] == [
        "GET /reservations/{id}",
        "PATCH /reservations/{id}/status",
    ]
    assert [item.id for item in page.events] == ["webhook:reservation.created"]
    assert page.documents[0].format == "html"
    assert page.documents[0].title == "Mesa & more API"


def test_tables_without_end_tags_become_parameters(page: ApiDescription) -> None:
    """HTML lets cells and rows end by themselves."""
    found = {item.name: (item.place, item.required) for item in page.operations[0].parameters}
    assert found == {"id": ("path", True), "expand": ("query", False)}
    assert page.operations[0].parameters[1].description == "What to add"


def test_code_blocks_become_examples(page: ApiDescription) -> None:
    """Colours and entities inside a block do not matter."""
    answer = page.operations[0].responses[0]
    assert (answer.status, answer.bodies[0].examples) == ("200", ({"id": "R-1", "guests": 4},))
    assert page.operations[1].bodies[0].examples == ({"status": "seated"},)
    assert page.events[0].bodies[0].examples[0]["event"] == "reservation.created"


def test_servers_and_login_are_found_in_the_words(page: ApiDescription) -> None:
    """The base URL and the way to log in stand in a paragraph."""
    assert page.documents[0].servers == ("https://api.mesa.example/rest",)
    assert [item.scheme for item in page.security] == ["bearer"]


@pytest.mark.parametrize("name", ["docs.txt", "docs.json", "docs.yaml", "docs"])
def test_pages_are_known_by_their_beginning(read: Callable[..., ApiDescription], name: str) -> None:
    """What a browser saved under another name is still a page."""
    assert read(PAGE, name).documents[0].format == "html"


def test_nothing_of_a_page_is_fetched(read: Callable[..., ApiDescription], listener: Any) -> None:
    """Scripts, pictures, frames, style sheets and refreshes stay text."""
    address = f"http://127.0.0.1:{listener.port}"
    hostile = (
        f"<html><base href='{address}/'><link rel=stylesheet href='{address}/a.css'>"
        f"<meta http-equiv=refresh content='0;url={address}/b'><img src='{address}/c'>"
        f"<script src='{address}/d'></script><object data='{address}/e'></object>"
        f"<h2>GET /orders</h2><iframe src='{address}/f'></iframe></html>"
    )
    assert [item.id for item in read(hostile, "p.html").operations] == ["GET /orders"]
    assert listener.requests == []


def test_page_drawn_by_a_program_is_refused_with_a_hint(
    read: Callable[..., ApiDescription],
) -> None:
    """A viewer page holds no words; the error says where to look."""
    with pytest.raises(DescriptionError) as caught:
        read("<html><div id=root></div><script src=app.js></script></html>", "index.html")
    assert "drawn by a program" in str(caught.value.hint)


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<![", "<?", "<!", "<a ", "<a b='", "</", "<", "<script>", "<td>", "<h2>", "<pre>"],
)
def test_markup_that_never_closes_is_no_bomb(piece: str) -> None:
    """A megabyte of one unclosed piece takes no more than two seconds of work."""
    text = "<html><h2>GET /orders</h2>" + piece * (1_000_000 // len(piece))
    started = time.process_time()
    prose = read_blocks(read_page(text), "", "bomb.html")
    assert [draft.path for draft in prose.drafted.drafts] == ["/orders"]
    assert time.process_time() - started < 6 * slowness()


_TAGS = ("<h2>", "</h2>", "<table>", "<tr>", "<td>", "</table>", "<pre>", "</pre>", "<code>")
_SOUP = (*_TAGS, "</code>", "<p>", "<nav>", "</nav>", "<!--", "-->", "&lt;", "<b", "{}", "GET /a")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(_SOUP)))
def test_any_tag_soup_is_read_or_refused(parts: list[str]) -> None:
    """However tags are mixed, the end is a drafted document or a refusal."""
    try:
        prose = read_blocks(read_page("".join(parts)), "", "soup.html")
    except DescriptionError:
        return
    assert prose.drafted.drafts


def test_a_page_of_glued_elements_is_read(read: Callable[..., ApiDescription]) -> None:
    """Method and path side by side, parameters without a table, scopes as words."""
    description = read(
        "<html><h1>REST API v1</h1><h2>Tables</h2><div><div><span>GET</span>"
        "<span>/v1/halls/{hallId}/tables</span></div><p>Tables of one hall.</p><p>scope: read</p>"
        "<h4>Query parameters</h4><div><code>free</code><span>boolean</span></div>"
        '<div>Response 200</div><pre>{"tables": []}</pre></div><div><div><span>POST</span>'
        "<span>/v1/halls/{hallId}/bookings</span></div><p>Book a table.</p></div></html>",
        "reference.html",
    )
    assert [(item.id, item.summary) for item in description.operations] == [
        ("GET /v1/halls/{hallId}/tables", "Tables"),
        ("POST /v1/halls/{hallId}/bookings", "Tables"),
    ]


def test_lines_below_a_heading_of_events_are_events(read: Callable[..., ApiDescription]) -> None:
    """An event needs no list and no table where its heading says what the lines are."""
    description = read(
        "<html><h1>Webhooks</h1><h2>Events</h2><h4>Event types</h4>"
        "<div><code>table.taken</code><span>event</span><span>Guests sit down</span></div>"
        "<div><code>table.freed</code><span>event</span><span>They left</span></div></html>",
        "webhooks.html",
    )
    assert [item.id for item in description.events] == [
        "webhook:table.taken",
        "webhook:table.freed",
    ]
