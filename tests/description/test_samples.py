"""Calls that only samples of programs show, and payloads of XML."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from workbench.description.payload_text import shape_of_xml
from workbench.description.prose.clients import sampled_calls
from workbench.model import ApiDescription

Read = Callable[..., ApiDescription]
A = "https://a.example/v2"


def ids(description: ApiDescription) -> list[str]:
    """Ids of the operations, in order."""
    return [item.id for item in description.operations]


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (f"axios({{\n  method: 'put',\n  url: '{A}/tables',\n}})", "PUT /v2/tables"),
        ("await fetch(`${B}/tables/${id}/seat`, {\n  method: 'POST'\n})", "POST /tables/{id}/seat"),
        (f"got('{A}/tables').json()", "GET /v2/tables"),
        ('$.ajax({ url: "/v2/tables/7", type: "PUT" })', "PUT /v2/tables/{table_id}"),
        (f'url = "{A}/tables"\nrequests.request("PUT", url, json=x)', "PUT /v2/tables"),
        (f'url = "{A}/tables"\nr = requests.delete(url)', "DELETE /v2/tables"),
        (f'with httpx.Client(base_url="{A}") as c:\n    c.delete(f"/tables/{{id}}")',
         "DELETE /v2/tables/{id}"),
        (f'curl_setopt($c, CURLOPT_URL, "{A}/tables/" . $id);', "GET /v2/tables/{id}"),
        (f"$c = curl_init('{A}/tables');\ncurl_setopt($c, CURLOPT_POSTFIELDS, $x);",
         "POST /v2/tables"),
        (f"$c = curl_init('{A}/tables');\ncurl_setopt($c, CURLOPT_CUSTOMREQUEST, 'PUT');",
         "PUT /v2/tables"),
        (f"$c = new GuzzleHttp\\Client(['base_uri' => '{A}/']);\n$c->patch(\"tables/$id\", [])",
         "PATCH /v2/tables/{id}"),
        (f"$client->request('PUT', '{A}/tables', $o)", "PUT /v2/tables"),
        (f'uri = URI("{A}/tables/#{{table.id}}")\nNet::HTTP::Delete.new(uri)',
         "DELETE /v2/tables/{id}"),
        (f'HTTParty.get("{A}/tables", query: {{}})', "GET /v2/tables"),
        (f'var c = new HttpClient {{ BaseAddress = new Uri("{A}/") }};\nc.PutAsync("seats/x", y);',
         "PUT /v2/seats/x"),
        (f'await client.GetFromJsonAsync<Seat>($"{A}/seats/{{id}}")', "GET /v2/seats/{id}"),
        (f'new Request.Builder()\n  .url("{A}/seats")\n  .post(body);', "POST /v2/seats"),
        (f'HttpRequest.newBuilder()\n  .uri(URI.create("{A}/seats/" + seatId))\n  .DELETE()\n',
         "DELETE /v2/seats/{seatId}"),
        ('http.NewRequest(http.MethodPatch, base+"/seats/"+id, b)', "PATCH /seats/{id}"),
        (f'var r = URLRequest(url: URL(string: "{A}/seats")!)\nr.httpMethod = "PUT"',
         "PUT /v2/seats"),
        ("http.put(Uri.parse('$base/seats/$seatId'), body: x)", "PUT /seats/{seatId}"),
        ('client.get(format!("{}/seats/{}", base, id)).send()', "GET /seats/{seat_id}"),
    ],
)  # fmt: skip
def test_a_call_is_read_from_a_sample_of_any_client(read: Read, sample: str, found: str) -> None:
    """JavaScript, Python, PHP, Ruby, C#, Java, Go, Swift, Dart and Rust, method near or apart."""
    assert ids(read(f"# Nido\n\n## Do it\n\n```\n{sample}\n```\n", "guide.md")) == [found]


def test_each_call_of_one_sample_has_its_own_method(read: Read) -> None:
    """What is stated beside one address is not taken for the next; data calls nobody."""
    text = (
        f"# N\n\n```js\nfetch('{A}/tables', {{ method: 'POST' }})\n\nfetch('{A}/seats')\n```\n\n"
        f"```js\nmap.get('/colour'); const hook = '{A}/mine';\n```\n\n"
        f"```java\nx.put('name', 'a');\nnew Request.Builder().url('{A}/bills').put(x)\n```\n"
    )
    assert ids(read(text, "a.md")) == ["POST /v2/tables", "GET /v2/seats", "PUT /v2/bills"]


def test_a_sample_shows_the_body_that_it_sends(read: Read) -> None:
    """An object with all its values written out is an example; one with variables is none."""
    text = (
        f"# N\n\n```js\nfetch('{A}/tables', {{ method: 'POST',\n"
        "  body: JSON.stringify({ guests: 4, name: 'Window' }) })\n```\n\n"
        f'```python\nrequests.put("{A}/seats", json={{"id": seat}})\n```\n'
    )
    tables, seats = read(text, "a.md").operations
    assert tables.bodies[0].examples == ({"guests": 4, "name": "Window"},)
    assert not seats.bodies


def test_xml_belongs_to_its_operation(read: Read) -> None:
    """An XML example gives fields, root and all; a table of elements says more of them."""
    text = (
        "# N\n\n## `POST /bills`\n\n```xml\n<?xml version='1.0'?>\n<Bill><Id>7</Id><Rows><Row>"
        "<Sum>2.5</Sum></Row><Row><Sum>3</Sum></Row></Rows></Bill>\n```\n\nResponse:\n\n"
        "```xml\n<Done><Ok>true</Ok></Done>\n```\n\n## `PUT /bills`\n\n"
        "| Element | Type |\n|---|---|\n| `<Id>` | string |\n\n"
        "```\n<Bill><Id>7</Id></Bill>\n```\n"
    )
    put, post = read(text, "a.md").operations
    (body,) = post.bodies
    assert body.media_type == "application/xml"
    assert body.schema_["xml"] == {"name": "Bill"}
    rows = body.schema_["properties"]["Rows"]["properties"]["Row"]
    assert rows["items"]["properties"] == {"Sum": {"type": "number"}}
    assert post.responses[0].bodies[0].schema_["properties"] == {"Ok": {"type": "boolean"}}
    assert put.bodies[0].schema_["properties"] == {"Id": {"type": "string"}}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "bb">]><a><c>&b;</c></a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><b/></a>',
        "<div><p>Words</p></div>",
        "<a><b></a>",
        "<a>" * 50_000,
        "<a>" + "<b/>" * 40_000 + "</a>",
    ],
)
def test_what_declares_or_floods_is_no_payload(text: str) -> None:
    """Entities, document types, pages and floods of elements are left alone."""
    assert shape_of_xml(text) is None


@pytest.mark.parametrize(
    "piece", ["a.", "a+", "new a(", "url:", "'a'+", "`", "url(a+", "a:=b(", "json={", "a=>\n\n"]
)
def test_no_sample_takes_long(piece: str) -> None:
    """Pieces of addresses without end are read in a moment."""
    begun = time.perf_counter()
    list(sampled_calls("requests.get(" + piece * 20_000))
    assert time.perf_counter() - begun < 2
