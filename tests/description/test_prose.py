"""Every way in which prose names a call or an event, each with data of our own."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.description import find_directions
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription

Read = Callable[..., ApiDescription]


def ids(description: ApiDescription) -> list[str]:
    """The operations of a description."""
    return [item.id for item in description.operations]


def names(description: ApiDescription) -> list[str]:
    """The names of its events."""
    return [item.name for item in description.events]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**Endpoint:** `GET /tables/{id}`", ["GET /tables/{id}"]),
        ("1. **Read it** \u2013 `GET {{base}}/tables/{{id}}`", ["GET /tables/{id}"]),
        ("**Methode:** `GET`\n**Endpunkt:** `/tische/:id`", ["GET /tische/{id}"]),
        ("**Endpoint**\n\n`/mesas/{id}`\n\n**M\u00e9todo HTTP**\n\n`PUT`", ["PUT /mesas/{id}"]),
        ("**Verbo:** `GET`\n**Ruta:** `/mesas/:id`", ["GET /mesas/{id}"]),
        ('<mark style="color:blue;">`GET`</mark> `https://a.example/t/{id}`', ["GET /t/{id}"]),
        ("```\ncurl -sSG https://a.example/tables -d free=1\n```", ["GET /tables"]),
        ("```\ncurl -kXPUT https://a.example/tables\n```", ["PUT /tables"]),
        ("| HTTP | Wo |\n|---|---|\n| PUT | /tables |\n| GET | /t |", ["PUT /tables", "GET /t"]),
        ("## PATCH /tables\nMethod: PATCH\nURI: /tables/{id}", ["PATCH /tables/{id}"]),
        ("## URL\nIs:\n\nhttps://a.example/c/D\n## Request\n- Method type: HttpPut", ["PUT /c/D"]),
        ("```\ncurl https://a.example/dishes/dish-1/price\n```", ["GET /dishes/{dishe_id}/price"]),
        ("Request: `PUT /tables/{id}`", ["PUT /tables/{id}"]),
        ("#### Read\n`[GET] /tables/{id}`", ["GET /tables/{id}"]),
        ("**Live:** https://a.example/api/v1\n\n`GET /tables`", ["GET /tables"]),
        ("[GET](/docs/get) and `GET /tables`", ["GET /tables"]),
        ("`PATCH` `[Host]/v2/tables/{id}`", ["PATCH /v2/tables/{id}"]),
        ("**DELETE** `/tables/:id`", ["DELETE /tables/{id}"]),
        ("> POST :: /tables", ["POST /tables"]),
        ("A\n\n```http\nGET /tables/7/seats HTTP/1.1\n```", ["GET /tables/{table_id}/seats"]),
        ("| URL | /tables/:id |\n|---|---|\n| Method | GET |", ["GET /tables/{id}"]),
        ("| Verb | Path |\n|---|---|\n| `PUT` | `/tables/<id>` |", ["PUT /tables/{id}"]),
        ("**Metodo:** POST\n\n**URL:** mesas/v1/<id>/abrir", ["POST /mesas/v1/{id}/abrir"]),
        ("Method: GET\nURL: https://api.nido.example/tables", ["GET /tables"]),
        ('## Send\nEndpoint: `/tables`\n\n**Payload:**\n```json\n{"seats": 4}\n```',
         ["POST /tables"]),
        ('## List of tables\nEndpoint: `/tables`\n```json\n[{"seats": 4}]\n```\n\n`GET /t`',
         ["GET /t"]),
        ("## Seat\nMethod **PUT**\nhttps://a.example/t/:id/seat?key=KEY", ["PUT /t/{id}/seat"]),
        ('<Endpoint method="GET" path="/tables" />', ["GET /tables"]),
        ('<Call\n  endpoint="POST /tables/:id"\n  scope="all"\n/>', ["POST /tables/{id}"]),
        ('{% swagger method="get" path="/tables" baseUrl="https://a.example" %}', ["GET /tables"]),
        ('{% api-method method="put" host="https://a.example" path="/t/:id" %}', ["PUT /t/{id}"]),
        ("# Table [/tables/{id}]\n## Read [GET]\n## Seat [POST /tables/{id}/seat]",
         ["GET /tables/{id}", "POST /tables/{id}/seat"]),
        ("## POST seatGuests\n\n## POST tables.free", ["POST /seatGuests", "POST /tables.free"]),
        ("All requests are POST to https://a.example/rpc\n\n## seatGuests\n\n## freeTable",
         ["POST /seatGuests", "POST /freeTable"]),
        (".. http:put:: /tables/(int:id)\n\n   Seats guests.", ["PUT /tables/{id}"]),
        ("== Tables\n\n=== GET /tables/{id}\n\nOne table.", ["GET /tables/{id}"]),
        ("| Metodo | Percorso |\n|---|---|\n| GET | /tavoli/{id} |", ["GET /tavoli/{id}"]),
        ("To seat guests, send a `PUT` to `/tables/{id}` once.", ["PUT /tables/{id}"]),
        ("```python\nrequests.put(f'{BASE}/tables/{id}', json={})\n```", ["PUT /tables/{id}"]),
        ("```js\nfetch(`/tables/${id}`, { method: 'PUT' })\n```", ["PUT /tables/{id}"]),
        ("HTTP method: PUT\n\nRequest URL: https://a.example/tables/7", ["PUT /tables/{table_id}"]),
        ("| Path | Verbs |\n|---|---|\n| /t | `GET`, DELETE |", ["GET /t", "DELETE /t"]),
        ("| Resource | GET | PUT |\n|---|---|---|\n| /t | all | - |\n| /t/{id} | no | one |",
         ["GET /t", "PUT /t/{id}"]),
        ("All methods are POST.\n\n| Method | Meaning |\n|---|---|\n| seatGuests | x |",
         ["POST /seatGuests"]),
        ("get /tables/{id}\n\n**put** `/tables/{id}`", ["GET /tables/{id}", "PUT /tables/{id}"]),
        ("```\nwget --method=PUT -qO- https://a.example/tables/7\n```", ["PUT /tables/{table_id}"]),
        ("```\n$t = Invoke-RestMethod -Uri 'https://a.example/t' -Method Put\n```", ["PUT /t"]),
        ("```\nr = requests.request('PUT', f'{B}/t', json={})\n```", ["PUT /t"]),
        ("```\naxios({ url: 'https://a.example/t', method: 'put' })\n```", ["PUT /t"]),
        ('```go\nr, _ := http.NewRequest("PUT", "https://a.example/t", b)\n```', ["PUT /t"]),
        ("First send a PUT request to `/tables`, then `GET /seats`, please.",
         ["PUT /tables", "GET /seats"]),
        ("```\nhttp PUT https://a.example/t/7 key:x guests=2\n```", ["PUT /t/{t_id}"]),
        ("POST https://a.example/tables/%s/seat", ["POST /tables/{table_id}/seat"]),
        ("`GET /odata/Tables('a7')/Seats`", ["GET /odata/Tables({Table_id})/Seats"]),
        ("+----------+-----+\n| Method   | URI |\n+----------+-----+\n| GET|HEAD | t/x |",
         ["GET /t/x"]),
        ("![GET](https://a.example/get.svg) `/tables`", ["GET /tables"]),
        ("```\ntable GET /tables/:id(.:format) tables#show\n```", ["GET /tables/{id}"]),
        ("- `GET /tables`: all\n- `POST /tables`: a new one", ["GET /tables", "POST /tables"]),
        ("**PUT**&nbsp;&nbsp;`/tables`\n**GET** &#160; `/t`\n**GET**\u00a0\u202f`/u`",
         ["PUT /tables", "GET /t", "GET /u"]),
        ("Seats.\n\nAPI ```https://a.example/json/seats```\n\nRequest ```GET```",
         ["GET /json/seats"]),
        ("https://a.example/seats\n\nAvailable methods - GET, PUT", ["GET /seats", "PUT /seats"]),
        ("Send a `PUT` request to the following URL:\n\n```\nhttps://a.example/c/seats\n```",
         ["PUT /c/seats"]),
        ("## Seat (POST)\n> https://a.example/seat\n## List\n> https://a.example/s\n## List\n> https://b.example/s",
         ["POST /seat", "GET /s"]),
        ("## Free [PUT /seats/{id}] or [DELETE /seats/{id}]",
         ["PUT /seats/{id}", "DELETE /seats/{id}"]),
        ("PUT\n\nPATCH\n\n/seats/{id}", ["PUT /seats/{id}", "PATCH /seats/{id}"]),
        ("GET Seats/{id}\n\nPOST Seats/Search", ["GET /Seats/{id}", "POST /Seats/Search"]),
    ],
)  # fmt: skip
def test_a_call_is_read_in_every_form(read: Read, text: str, found: list[str]) -> None:
    """Labels, code spans apart, tables, components, marks of portals, blueprints, RPC and lists."""
    assert ids(read(f"# Nido\n\n{text}\n", "guide.md")) == found


CURL = """# Nido
## Seat guests
```
curl "https://api.nido.example/tables/17/seat" \\
  -H 'X-Nido-Key: secret-value' \\
  --data-raw '{"guests": 4}' \\
  -X PUT
```
## Free a table
```bash
$ curl --request DELETE -sSL -u me:word https://api.nido.example/tables/17 | jq .
```
## Search
    curl -G https://api.nido.example/tables -d free=1 -d size=4
"""


def test_curl_is_read_in_any_order_of_options(read: Read) -> None:
    """Method, URL, body and headers are found wherever they stand, and no secret is kept."""
    description = read(CURL, "curl.md")
    put, delete, search = description.operations
    assert put.id == "PUT /tables/{table_id}/seat"
    assert put.bodies[0].examples == ({"guests": 4},)
    assert delete.id == "DELETE /tables/{table_id}"
    assert [item.name for item in search.parameters] == ["free", "size"]
    assert "secret-value" not in description.model_dump_json()
    assert description.documents[0].servers == ("https://api.nido.example",)
    assert {item.parameter for item in description.security} == {"X-Nido-Key"}


def test_an_example_is_no_operation_of_its_own(read: Read) -> None:
    """A sample call below a template, with values and a base before it, is that operation."""
    text = (
        "# N\n\n## Read table\n\n**Endpoint:** `GET /tables/{id}`\n\n### Example\n\n"
        "```\nGET /api/tables/t17?full=1\n```\n\n## Elsewhere\n\n```\nGET /tables/99\n```\n"
    )
    description = read(text, "guide.md")
    assert ids(description) == ["GET /tables/{id}"]
    assert "full" in {item.name for item in description.operations[0].parameters}


def test_a_request_block_carries_body_and_answer(read: Read) -> None:
    """Headers, body and the answer below it in one block belong to the call."""
    text = (
        "## Seat\n\n```http\nPOST /tables/{id}/seat\nContent-Type: application/json\nX-Site: 1\n\n"
        '{"guests": 2}\n\nHTTP/1.1 202 Accepted\nDate: now\n\n{"seated": true}\n```\n'
    )
    (operation,) = read(text, "guide.md").operations
    assert operation.bodies[0].examples == ({"guests": 2},)
    assert "X-Site" in {item.name for item in operation.parameters}
    answer = {item.status: item.bodies[0].examples for item in operation.responses}
    assert answer == {"202": ({"seated": True},)}


LISTS = """# Nido

## Find tables

**Endpoint:** `GET /tables`

**Query Parameters:**
- `free` (boolean, optional): Only free ones
- `size` (integer, required): Seats

**Response:**
```json
{"tables": [{"id": 1, ...}], // and more
 "total": 1,}
```

**Status Codes:**
- `200 OK` - Found
- `404 Not Found` - No such site
"""


def test_lists_give_parameters_and_answers(read: Read) -> None:
    """Items below a heading of parameters or status codes are read; shortened JSON is mended."""
    (operation,) = read(LISTS, "guide.md").operations
    found = {item.name: (item.required, item.schema_.get("type")) for item in operation.parameters}
    assert found == {"free": (False, "boolean"), "size": (True, "integer")}
    assert {item.status: item.description for item in operation.responses} == {
        "200": "Found",
        "404": "No such site",
    }
    assert operation.responses[0].bodies[0].examples[0]["total"] == 1


def test_fields_name_their_values_and_types(read: Read) -> None:
    """An enumeration in words, a required mark, and a type that another table describes."""
    text = (
        "## Seat\n\n`POST /tables/{id}/seat`\n\n| Field | Type | Description |\n|---|---|---|\n"
        "| state | string | **required** Possible values are `free`, `taken` |\n"
        "| guests | Array of Guest | |\n\n## Guest\n\n| Field | Type | |\n|---|---|---|\n"
        "| name | String | |\n| kind | Kind | Enum: `Adult`, `Child` |\n"
    )
    (operation,) = read(text, "guide.md").operations
    schema = operation.request_schema
    assert schema is not None
    assert schema["required"] == ["state"]
    assert schema["properties"]["state"]["enum"] == ["free", "taken"]
    guest = schema["properties"]["guests"]["items"]["properties"]
    assert guest["name"]["type"] == "string"
    assert guest["kind"]["enum"] == ["Adult", "Child"]


ENVIRONMENTS = """# Nido

## Closing a table

The bill is sent as a POST request to this address.

Testing: `https://test.nido.example/api/v1/tables/TABLE_ID/close?apiKey=API_KEY`

Production: `https://www.nido.example/api/v1/tables/TABLE_ID/close?apiKey=API_KEY`
"""


def test_environments_are_servers_of_one_call(read: Read) -> None:
    """Two addresses under their environments are one operation at two servers."""
    description = read(ENVIRONMENTS, "guide.md")
    assert ids(description) == ["POST /api/v1/tables/{TABLE_ID}/close"]
    servers = description.bundles["guide.md"]["servers"]
    assert {(item["url"], item["description"]) for item in servers} == {
        ("https://test.nido.example", "testing"),
        ("https://www.nido.example", "production"),
    }
    assert [(item.place, item.parameter) for item in description.security] == [("query", "apiKey")]


def test_a_call_in_a_sentence_owns_what_follows(read: Read) -> None:
    """Where only words name a call, the payload below it is its body."""
    text = '# N\n\n## Seating\n\nCall PUT /tables/{id} with:\n\n```json\n{"guests": 2}\n```\n'
    (operation,) = read(text, "guide.md").operations
    assert (operation.summary, operation.bodies[0].examples) == ("Seating", ({"guests": 2},))


def test_events_are_named_by_labels_and_headings(read: Read) -> None:
    """A label names the event of the payload or table below it; a heading may be its name."""
    text = (
        '# N\n\n## Webhooks\n\n### Guests sit\n\nEvent: table.taken\n\n```json\n{"id": 1}\n```\n\n'
        "### Guests leave\n\n**Event type:** `table.freed`\n\n| Field | Type |\n|---|---|\n"
        "| id | integer |\n\n### `bill.paid`\n\nSent once.\n"
    )
    taken, freed, paid = read(text, "guide.md").events
    assert (taken.name, freed.name, paid.name) == ("table.taken", "table.freed", "bill.paid")
    assert taken.bodies[0].examples == ({"id": 1},)
    assert freed.bodies[0].schema_["properties"]["id"] == {"type": "integer"}


WEBHOOKS = """# Nido: webhooks

We send a POST to your URL, signed in the header `X-Nido-Signature` (HMAC-SHA256).
If your server fails, we retry five times.

| Event | Meaning |
|---|---|
| `table.taken` | guests sit down |
| `table.freed` | guests leave |

- `bill.paid`: the bill is settled
- bill.opened \u2013 somebody orders

## Sample

```json
{"event": "table.moved", "data": {"tableId": 7}}
```
"""


def test_events_are_named_by_tables_lists_and_payloads(read: Read) -> None:
    """Each event is found once, with the header of its signature and what is said of retries."""
    description = read(WEBHOOKS, "hooks.md")
    assert names(description) == [
        *("table.taken", "table.freed", "bill.paid", "bill.opened", "table.moved")
    ]
    moved = description.events[-1]
    assert moved.bodies[0].examples[0]["data"] == {"tableId": 7}
    assert [item.name for item in moved.parameters] == ["X-Nido-Signature"]
    assert "retry five times" in description.bundles["hooks.md"]["info"]["description"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("| Topic ID | Topic name |\n|---|---|\n| 1 | Table was freed |\n| 2 | Guests seated |",
         ["table-was-freed", "guests-seated"]),
        ("- **Event types:** such as:\n  - Tables: sent when free\n  - Menu items: Fired late",
         ["tables", "menu-items"]),
        ("## Supported event types\n\n- **Table Update**\n- **Seat Update** (if bought)",
         ["table-update", "seat-update"]),
        ('## 1) Table Update\n\n### Template example (empty)\n\n```json\n{"<id>": "<ID>"}\n```',
         ["table-update"]),
        ("## Receive webhook table update\n\n```php\n$t = json_decode($x);\n```",
         ["receive-table-update"]),
        ("## Update a webhook\n\n```php\n$x->update();\n```\n\n- `table.freed`: x",
         ["table.freed"]),
        (("## TableExport\n\nThis is the data received when a guest leaves.\n\n### XML Request\n\n"
         "```xml\n<T><Id>7</Id></T>\n```\n### XML Response\n\n```xml\n<R><Ok>1</Ok></R>\n```"),
         ["TableExport"]),
    ],
)  # fmt: skip
def test_events_are_named_in_words(read: Read, text: str, found: list[str]) -> None:
    """Topics, items and titles of plain words name what is sent; a call about webhooks does not."""
    described = read(f"# Nido webhooks\n\n{text}\n", "guide.md")
    assert [item.name for item in described.events] == found


def test_an_address_whose_title_says_nothing_is_told(read: Read) -> None:
    """An address of the API below no verb is neither read nor passed over."""
    text = "# N\n\n`GET https://a.example/seats`\n\n## Kitchen\n\nhttps://a.example/fire\n"
    described = read(text, "guide.md")
    assert ids(described) == ["GET /seats"]
    assert "a.example/fire" in described.warnings[-1].summary


def test_words_say_who_calls(read: Read) -> None:
    """What is pushed to us is an event; what they expect of us is a call, whatever its title."""
    text = (
        "# Nido and your till\n\nAll methods are pushed by Nido to you; you implement them.\n\n"
        "| Method | Purpose |\n|---|---|\n| `PUT /tables/{id}` | create or change |\n\n"
        "### Data we expect from the till (Bill Webhook)\n\nWebhook: `/bill-webhook`\n\n"
        '```json\n{"bill": 1}\n```\n'
    )
    description = read(text, "guide.md")
    assert [item.id for item in description.events] == ["PUT /tables/{id}"]
    assert ids(description) == ["POST /bill-webhook"]


def test_what_is_left_out_is_counted(read: Read) -> None:
    """Of several calls some can be read: the others are counted, shown, and grave."""
    text = (
        "# N\n\n## `GET /tables`\n\n## More\n\nSend `POST /tables/{` or PUT to /tables, or DELETE "
        "by /tables/x, or use PATCH near /tables.\n\nThen GET from your /menu.\n"
    )
    description = read(text, "guide.md")
    (document,) = description.documents
    assert ids(description) == ["GET /tables", "PUT /tables"]
    assert document.seen is not None
    assert document.seen > 4
    (warning,) = [item for item in description.warnings if item.slug == "calls-left-out"]
    assert warning.severity == "high"
    assert f"{document.seen} calls and events seen, 2 read" in warning.summary


@pytest.mark.parametrize("language", ["yaml", "json", ""])
def test_a_description_in_a_code_block_is_read_as_one(
    read: Read, language: str, openapi: Callable[..., Any]
) -> None:
    """OpenAPI pasted into Markdown is OpenAPI; a call that only the words name is told."""
    import json  # noqa: PLC0415

    data = openapi({"/tables": {"get": {"responses": {"200": {"description": "ok"}}}}})
    text = f"# N\n\n```{language}\n{json.dumps(data, indent=1)}\n```\n\n## `POST /bills`\n"
    description = read(text, "guide.md")
    assert description.documents[0].format == "openapi"
    assert ids(description) == ["GET /tables"]
    told = {item.slug: item.summary for item in description.warnings}
    assert "carried-description" in told
    assert "POST /bills" in told["calls-left-out"]


def test_gitbook_blocks_carry_parameters_and_answers(read: Read) -> None:
    """Parameters, their places and the sample answer stand inside the marks."""
    text = (
        '# N\n{% swagger method="post" path="/tables/{id}/seat" baseUrl="https://a.example" '
        'summary="Seat guests" %}\n{% swagger-parameter in="path" name="id" type="string" '
        'required="true" %}\nThe table\n{% endswagger-parameter %}\n{% swagger-parameter in="body" '
        'name="guests" type="integer" %}\n{% endswagger-parameter %}\n{% swagger-response '
        'status="201: Created" description="Seated" %}\n```json\n{"seated": true}\n```\n'
        "{% endswagger-response %}\n{% endswagger %}\n"
    )
    (operation,) = read(text, "guide.md").operations
    assert operation.summary == "Seat guests"
    assert operation.parameters[0].description == "The table"
    assert operation.request_schema is not None
    assert operation.request_schema["properties"]["guests"] == {"type": "integer"}
    assert {item.status: item.bodies[0].examples for item in operation.responses} == {
        "201": ({"seated": True},)
    }


def test_very_many_calls_are_counted_and_not_all_read(read: Read) -> None:
    """A document of thousands of calls is read up to a number, and says how many are left."""
    described = read("\n".join(f"GET /seats/{number}/s{number}" for number in range(3_000)), "a.md")
    (document,) = described.documents
    assert (document.seen, document.read) == (3_000, 2_000)
    (warning,) = [item for item in described.warnings if item.slug == "calls-left-out"]
    assert "No more than 2,000 are read" in warning.summary


def test_every_call_of_a_sentence_is_read(read: Read) -> None:
    """Further calls of a sentence are read with their clause, but for what the words call gone."""
    text = (
        "## GET /tables\n\nFirst `POST /seats` adds a seat, then `PUT /seats/{id}`, `GET /tables`. "
        "The former `GET /chairs` no longer works.\n"
    )
    described = read(text, "a.md")
    (document,) = described.documents
    assert ids(described) == ["GET /tables", "POST /seats", "PUT /seats/{id}"]
    assert described.operations[1].summary == "adds a seat"
    assert (document.seen, document.read) == (4, 3)
    (warning,) = [item for item in described.warnings if item.slug == "calls-left-out"]
    assert "GET /chairs" in warning.summary


def test_a_field_of_the_payload_lists_the_events(read: Read) -> None:
    """Below webhooks, the values of the field that names the event are the events."""
    text = (
        "# N\n\n## Webhooks\n\n| Field | Meaning |\n|---|---|\n"
        "| event | `table.taken` or `table.freed` |\n| state | `not.known` |\n"
    )
    assert names(read(text, "a.md")) == ["table.taken", "table.freed"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("## /tables/{id}/seat\n\nSeats guests.", "/tables/{id}/seat"),
        ("Seats guests:\n\n`https://a.example/tables/:id/seat`", "/tables/:id/seat"),
        ("```\n/tables/{id}/seat\n```", "/tables/{id}/seat"),
        ("| Name | Path |\n|---|---|\n| Seat | /tables/{id}/seat |", "/tables/{id}/seat"),
        ('```\nHttpClient c; c.send("https://a.example/seats");\n```', "a.example/seats"),
    ],
)
def test_what_only_looks_like_a_call_is_told(read: Read, text: str, told: str) -> None:
    """A path whose method nobody states is counted; one that another operation has is not."""
    other = "# N\n\n## `GET /tables/{id}`\n\n```\n/tables/{id}\n```\n\n## More\n\n"
    described = read(f"{other}{text}\n", "a.md")
    assert ids(described) == ["GET /tables/{id}"]
    (warning,) = [item for item in described.warnings if item.slug == "calls-left-out"]
    assert told in warning.summary
    assert "2 calls and events seen, 1 read" in warning.summary


@pytest.mark.parametrize(
    "lines",
    [
        ("Environnement de recette : {}", "Environnement de production : {}"),
        ("- Entorno de pruebas: {}", "- Entorno de producci\u00f3n: {}"),
        ("Ambiente de homologa\u00e7\u00e3o: {}", "Ambiente de produ\u00e7\u00e3o: {}"),
        ("Testumgebung (intern): {}", "Produktivumgebung: {}"),
        ("**Testomgeving:** {}", "**Productieomgeving:** {}"),
        ("| Ambiente di collaudo | {} |\n|---|---|", "| Ambiente di produzione | {} |"),
        ("Test server: {}", "Our production API: {}"),
    ],
)
def test_environments_have_names_in_every_language(read: Read, lines: tuple[str, str]) -> None:
    """A label that is made of words for stages and places names an environment of the API."""
    first, second = (
        line.format(f"https://{host}.example/v1") for line, host in zip(lines, "ab", strict=True)
    )
    text = f"# N\n\n{first}\n{second}\n\n## T\n\n`GET https://a.example/v1/tables`\n"
    described = read(text, "a.md")
    assert ids(described) == ["GET /tables"]
    assert set(described.documents[0].servers) == {"https://a.example/v1", "https://b.example/v1"}


STYLES = {
    "a path and what it takes": (
        "`/tables/{id}` supports GET and DELETE.\n\nThe URL /tables accepts POST requests only.",
        ["GET /tables/{id}", "DELETE /tables/{id}", "POST /tables"],
    ),
    "several methods behind a label": (
        "### /v1/tables\n\nAllowed methods: `GET`, `POST`",
        ["GET /v1/tables", "POST /v1/tables"],
    ),
    "a list of routes in JSON": (
        (
            '```json\n[{"verb": "GET", "path": "/tables/:id"},\n'
            ' {"path": "/tables", "methods": ["POST"]}]\n```'
        ),
        ["GET /tables/{id}", "POST /tables"],
    ),
    "a list of routes in YAML": (
        (
            "```yaml\nroutes:\n  - method: GET\n    url: /tables/{id}\n"
            "  - url: /seats\n    method: PUT\n```"
        ),
        ["GET /tables/{id}", "PUT /seats"],
    ),
    "routes of a program": (
        (
            "```php\nRoute::get('/tables/{id}', [T::class, 'show']);\n```\n\n"
            "```python\n@app.route('/seats/<int:seat>', methods=['PUT', 'DELETE'])\n```\n\n"
            '```java\n@PostMapping("/bills")\n```'
        ),
        ["GET /tables/{id}", "PUT /seats/{seat}", "DELETE /seats/{seat}", "POST /bills"],
    ),
    "comments of apiDoc": (
        "```js\n/**\n * @api {get} /tables/:id Read a table\n */\n```",
        ["GET /tables/{id}"],
    ),
    "a request of Bruno": (
        "```bru\nget {\n  url: https://api.nido.example/tables/:id\n}\n```",
        ["GET /tables/{id}"],
    ),
    "lists of fields": (":Method: GET\n:URL: /tables/<table_id>", ["GET /tables/{table_id}"]),
    "what a variable may be": (
        "`GET https://nido.example/v1/{name=tables/*}`",
        ["GET /v1/tables/{name}"],
    ),
    "other scripts": ("メソッド\uff1aGET\n\nURL\uff1a/v1/tables/{id}", ["GET /v1/tables/{id}"]),
    "a variable before curl": (
        "```\nTOKEN=x curl -XDELETE https://nido.example/tables/{id}\n```",
        ["DELETE /tables/{id}"],
    ),
    "URLs that programs build": (
        (
            "```python\nrequests.get(BASE + '/tables/' + table_id)\n```\n\n"
            '```go\nreq, _ := http.NewRequest("POST", base+"/tables", body)\n```\n\n'
            '```java\nnew Request.Builder().url("https://nido.example/seats")\n  .put(body)\n```'
        ),
        ["GET /tables/{table_id}", "POST /tables", "PUT /seats"],
    ),
    "a method beside the URL in one cell": (
        "| Action | URL |\n|---|---|\n| read | [GET] https://nido.example/tables/:id |",
        ["GET /tables/{id}"],
    ),
    "further words before a path": (
        "Use PATCH on the same address, path /tables/{id}/seats.\n\nA DELETE for /tables/{id} .",
        ["PATCH /tables/{id}/seats", "DELETE /tables/{id}"],
    ),
    "AsciiDoc": (
        (
            "= Nido\n\n== Calls\n\n|===\n|Method |Path\n\n|GET\n|/tables/{id}\n|===\n\n"
            "[source,http]\n----\nPUT /tables/{id} HTTP/1.1\n----"
        ),
        ["GET /tables/{id}", "PUT /tables/{id}"],
    ),
    "a word beside a variable": (
        "- `GET /tables/{id}`: one\n- `GET /tables/free`: those without guests",
        ["GET /tables/{id}", "GET /tables/free"],
    ),
    "the same, in one block": (
        "```\nGET /seats/:id\nGET /seats/free\n```",
        ["GET /seats/{id}", "GET /seats/free"],
    ),
    "a list of tasks": (
        "- [ ] GET /tables\n- [ ] POST /seats",
        ["GET /tables", "POST /seats"],
    ),
    "labels in a block": (
        "### New guest\n\n```\nurl: /guests\nmethod: POST\nformat: json\n```",
        ["POST /guests"],
    ),
    "a request line with a label or a version": (
        "```\nPath:   PUT /seats/:id\n```\n\n```\nHTTP/1.1 GET https://nido.example/guests\n```",
        ["PUT /seats/{id}", "GET /guests"],
    ),
    "steps of a flow": (
        '```\n1. the till → POST /bills/{id}/payments\n   { tender: "cash" }\n```',
        ["POST /bills/{id}/payments"],
    ),
    "a method with one capital": (
        "Post :https://nido.example/guests",
        ["POST /guests"],
    ),
    "brackets in a heading": (
        "## /guests/[city]\n\n### GET\n\nAll of one city.",
        ["GET /guests/{city}"],
    ),
    "a base before some": (
        "Base URL: `{{HOST}}/api/v2/seats`\n\n`POST /new`\n\nSee `POST /api/v2/seats/new`.",
        ["POST /new"],
    ),
    "a matrix with methods that are not allowed": (
        "| Resource | GET | POST |\n|---|---|---|\n| /seats/{id} | One | Not allowed (405) |",
        ["GET /seats/{id}"],
    ),
    "a path below the method of the line above": (
        (
            "Use GET: /tables to get all\n/tables/:id to get one\n\n| Calls |\n|---|\n"
            "| Use POST: /seats to add<br>/guests to greet |"
        ),
        ["GET /tables", "GET /tables/{id}", "POST /seats", "POST /guests"],
    ),
    "a table of paths with the method in another column": (
        "| Route | What may be done |\n|---|---|\n| `/seats` | Only read (GET) |",
        ["GET /seats"],
    ),
    "a function that is given method and address": (
        "```js\nconst seat = await call('POST', `/seats/${id}/guests`, body);\n```",
        ["POST /seats/{id}/guests"],
    ),
    "reStructuredText": (
        (
            ".. note:: Soon\n\nPOST ``/seats``\n~~~~~~~~~~\n\n.. code::\n\n  curl -X PUT \\\n"
            "    https://nido.example/seats/1\n\nMore\n~~~~\n"
        ),
        ["POST /seats", "PUT /seats/{seat_id}"],
    ),
    "a verb with one capital and words before its path": (
        "- Post JSON to `/seats`\n- Eine `Put` Anfrage an `/seats/{id}` setzt um.",
        ["POST /seats", "PUT /seats/{id}"],
    ),
    "a check and a file beside a call": (
        (
            "`POST /hooks/in`\n\n```\ncurl -I https://nido.example/hooks/in\n"
            "GET https://nido.example/site/page.css\n```"
        ),
        ["POST /hooks/in"],
    ),
    "a call that a note in a table shortens": (
        "`GET /v1/shops/{id}/seats`\n\n| Gap | Note |\n|---|---|\n| 1 | `GET /seats` lacks sizes |",
        ["GET /v1/shops/{id}/seats"],
    ),
    "several methods before one path": (
        "- `GET/PUT /seats/:id`: read or move",
        ["GET /seats/{id}", "PUT /seats/{id}"],
    ),
    "a method above a link": (
        '**POST**\n[https://nido.example/v1/seats/{"{id}"}](https://nido.example/v1/seats/%7Bid%7D)',
        ["POST /v1/seats/{id}"],
    ),
    "one word behind a method": (
        "#### `GET seats` All of them.\n\n> Add one (POST) `shops/seats`",
        ["GET /seats", "POST /shops/seats"],
    ),
    "a request on two lines": (
        "It sends `POST\n/seats/free` and waits.",
        ["POST /seats/free"],
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_calls_are_read_however_they_are_written(read: Read, style: str) -> None:
    """Each style of documentation gives its calls, all of them seen and read."""
    text, expected = STYLES[style]
    description = read(f"{text}\n" if style == "AsciiDoc" else f"# Nido\n\n{text}\n", "guide.md")
    assert ids(description) == expected
    assert (description.documents[0].seen, description.documents[0].read) == (len(expected),) * 2


@pytest.mark.parametrize(
    "text", ["See GET, or rather its /seats.", "`PUT`\n\nof old:\n\n/seats now"]
)
def test_a_method_near_a_path_is_told(read: Read, text: str) -> None:
    """Whatever looks like a call and is none that can be read is counted, in any block."""
    description = read(f"# N\n\n## `POST /bills`\n\n## More\n\n{text}\n", "guide.md")
    assert ids(description) == ["POST /bills"]
    (warning,) = [item for item in description.warnings if item.slug == "calls-left-out"]
    assert "/seats" in warning.summary


def test_events_in_a_block_and_deliveries_without_a_name(read: Read) -> None:
    """A label in a code block opens its events; a delivery that nobody names is told."""
    block = "```\nWebhook URL: by mail\nEvents: seat.taken, seat.freed\n```\n"
    assert names(read(f"# N\n\n`GET /seats`\n\n## Portal\n\n{block}", "a.md")) == [
        "seat.taken",
        "seat.freed",
    ]
    told = read("# N\n\n`GET /seats`\n\nThen we send a POST webhook with the result.\n", "b.md")
    (warning,) = [item for item in told.warnings if item.slug == "calls-left-out"]
    assert "POST webhook" in warning.summary


def test_calls_of_the_programs_of_a_page_are_counted(read: Read) -> None:
    """A page that draws nothing and calls much says so, with the first of its calls."""
    calls = "call('POST', '/seats'); call('GET', '/bills')"
    page = f"<html><body><p>Hi</p><script>{calls}</script></body></html>"
    with pytest.raises(DescriptionError, match=r"2 seen, none could be read: 'POST /seats'"):
        read(page, "app.html")


def test_one_url_with_a_method_is_data(read: Read) -> None:
    """A webhook that is registered has both, and is no route."""
    body = '{"url": "https://you.example/in", "method": "POST"}'
    text = f"# N\n\n## POST /hooks\n\n```json\n{body}\n```\n"
    description = read(text, "guide.md")
    assert ids(description) == ["POST /hooks"]
    assert set(description.operations[0].bodies[0].schema_["properties"]) == {"url", "method"}


def test_a_list_of_routes_is_a_document(read: Read) -> None:
    """What frameworks print as JSON is read from a file of its own, with its titles."""
    routes = [{"path": "/tables/:id", "methods": ["GET", "PUT"], "name": "A table"}]
    description = read([*routes, {"method": "POST", "route": "/tables"}], "routes.json")
    assert ids(description) == ["GET /tables/{id}", "PUT /tables/{id}", "POST /tables"]
    assert description.operations[0].summary == "A table"


def test_an_arrow_says_who_calls(read: Read) -> None:
    """In a heading, or in a column of its own; the judge of direction takes it at its word."""
    text = (
        "# Link\n\n## Platform → POS: a new bill\n\n`POST /pos/bills`\n\n## POS -> Platform\n\n"
        "`POST /bills/{id}/paid`\n\n## All\n\n| Method | Path | Direction |\n|---|---|---|\n"
        "| PUT | /pos/tables | Market place => till |\n| PUT | /tables | POS ➜ Market place |\n"
    )
    directions = find_directions(read(text, "guide.md"))
    assert {name: side.value for (_, name), side in directions.items()} == {
        "POST /bills/{id}/paid": "outbound",
        "PUT /tables": "outbound",
        "POST /pos/bills": "inbound",
        "PUT /pos/tables": "inbound",
    }


def test_methods_that_are_not_read_are_counted(read: Read) -> None:
    """A method that OpenAPI does not know is seen, and told."""
    description = read("# N\n\n## QUERY /tables\n\n## GET /tables\n", "guide.md")
    assert (description.documents[0].seen, description.documents[0].read) == (2, 1)
    assert "calls-left-out" in {item.slug for item in description.warnings}


def test_events_are_named_as_they_are_written(read: Read) -> None:
    """In titles of one word, in bold lines, and as the listed values of a field."""
    text = (
        '# Webhooks\n\n## tableTaken\n\n```json\n{"id": 1}\n```\n\n# Events\n\n'
        "**bill.paid** \u2014 sent when it is paid\n\n"
        "The field `event` is one of `seat_taken` or `seat_lost`.\n"
    )
    found = set(names(read(text, "guide.md")))
    assert found == {"tableTaken", "bill.paid", "seat_taken", "seat_lost"}


def test_the_sentence_of_a_call_says_more_than_its_section(read: Read) -> None:
    """What we are told to send is ours, below words about what they send and below an arrow."""
    text = (
        "# Link\n\n**Platform ➜ Till**\n\n`POST /till/seats`: a seat was taken\n\n# Bills\n\n"
        "We call your URL with POST.\n\nYou confirm with PUT https://nido.example/bills/{id}/seen\n"
    )
    found = find_directions(read(text, "guide.md"))
    assert {name: side.value for (_, name), side in found.items()} == {
        "PUT /bills/{id}/seen": "outbound",
        "POST /till/seats": "inbound",
    }


def test_a_method_behind_an_address_is_no_part_of_it(read: Read) -> None:
    """All calls go to one address, whose last step stands for what is called."""
    text = (
        "# RPC\n\nAll methods are called with POST to `https://nido.example/api/METHOD`.\n\n"
        "| Method | Description |\n|---|---|\n| tables.read | Read one |\n"
    )
    description = read(text, "guide.md")
    assert ids(description) == ["POST /tables.read"]
    assert description.documents[0].servers == ("https://nido.example/api",)


def test_answers_named_by_their_status(read: Read) -> None:
    """A title, a line, and a table of answers whose first column is a name state the status."""
    text = (
        "# N\n\n## GET /tables\n\nReturns `200 OK`\n\n### 404 Not Found\n\nNo table.\n\n"
        "## PUT /tables\n\n| Name | Type |\n|---|---|\n| 204 No Content | |\n"
        "| 409 Conflict | E |\n\n"
        "## POST /tables\n\nResponse:\n\n```json\n{}\n```\n"
    )
    description = read(text, "guide.md")
    found = {item.method: {one.status for one in item.responses} for item in description.operations}
    assert found == {"GET": {"200", "404"}, "PUT": {"204", "409"}, "POST": {"2XX"}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('When guests sit we POST `{"event": "TABLE_TAKEN", "id": 1}`.', ["TABLE_TAKEN"]),
        ('Nous envoyons `{"evenement": "table.prise", "id": 1}` \u00e0 votre serveur.',
         ["table.prise"]),
        ("Hook: `table.taken` \u2192 POST your-url\nHook: `table.freed` \u2192 POST your-url",
         ["table.taken", "table.freed"]),
        ("- table.geopend -> POST naar uw endpoint", ["table.geopend"]),
        ("### Bill paid\n\nPOST {your URL}\n\n### Bill lost\n\nPOST <webhook_url>",
         ["bill-paid", "bill-lost"]),
        ('**Rechnung**\nMethode: POST\nAdresse: Ihre URL\nInhalt: {"ereignis": "rechnung.bezahlt"}',
         ["rechnung.bezahlt"]),
        ("1) Mesa libre (la enviamos)\n   M\u00e9todo: POST\n   Ruta: {su URL}", ["mesa-libre"]),
        ("1) Conto nuovo\n\n   Metodo: POST\n   Indirizzo: {il vostro URL}", ["conto-nuovo"]),
        ("Hook `bill.paid`: POST {url_do_parceiro}", ["bill.paid"]),
        ('| What | Call |\n|---|---|\n| seated | POST {your endpoint} `{"event": "seat.taken"}` |',
         ["seat.taken"]),
        ("Webhook: mesa.asignada\n\nURL by mail", ["mesa.asignada"]),
        ("### Conta\nM\u00e9todo: POST\nRota: [URL do parceiro]", ["conta"]),
    ],
)  # fmt: skip
def test_a_delivery_to_our_own_address_is_an_event(read: Read, text: str, found: list[str]) -> None:
    """In a sentence with its payload, behind an arrow, or as the address of a labelled call."""
    description = read(f"# Nido\n\n`GET /tables`\n\n## Callbacks\n\n{text}\n", "guide.md")
    assert (ids(description), names(description)) == (["GET /tables"], found)
    assert description.documents[0].seen == description.documents[0].read


@pytest.mark.parametrize(
    "text",
    [
        "1) Abrir mesa\n   Metodo: PUT\n   Ruta: /mesas/{id}\n\n2) Ver\n   Verbo: GET\n   Ruta: /m",
        (
            "1. Abrir mesa\n\n   Verbo: PUT\n   Ruta: /mesas/{id}\n\n"
            "2. Ver\n\n   Verbo: GET\n   Ruta: /m"
        ),
        "Abrir mesa\nPUT /mesas/{id}\n\nVer\nGET /m",
        "### Abrir mesa\n`PUT /mesas/{id}` `GET /n`\n### Ver\n`GET /m`",
    ],
)
def test_a_line_above_a_call_is_its_title(read: Read, text: str) -> None:
    """Numbered or not; the words of the next call of a line are no title of this one."""
    found = {item.id: item.summary for item in read(f"# Nido\n\n{text}\n", "a.txt").operations}
    assert (found["PUT /mesas/{id}"], found["GET /m"]) == ("Abrir mesa", "Ver")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Method: POST\nURL: as agreed by mail", "as agreed by mail"),
        ("**Metoda:** GET", "Metoda"),
        ('Pushed: `{"type": "table.full", "id": 1}`', "table.full"),
        ("After that the event `table.taken` is raised.", "table.taken"),
    ],
)
def test_what_looks_like_an_event_and_is_not_read_is_told(read: Read, text: str, told: str) -> None:
    """A target that is no address, and an event that only a sentence names, are counted."""
    described = read(f"# N\n\n## `GET /tables`\n\n## More\n\n{text}\n", "a.md")
    (warning,) = [item for item in described.warnings if item.slug == "calls-left-out"]
    assert told in warning.summary
    assert "2 calls and events seen, 1 read" in warning.summary
