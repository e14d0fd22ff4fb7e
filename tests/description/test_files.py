"""Files that partners hand over: office files, tables, REST clients' exports, RAML, refusals."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from workbench.description import clean_document, describe
from workbench.description.conversion import convert
from workbench.description.limits import DEFAULT_LIMITS
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription

from . import office

ROWS = [
    ["Nido: list of fields", None, None, None],
    [],
    ["Endpoint", "Method", "Field", "Type", "Required", "Description"],
    ["/tables/{id}", "GET", "id", "string", "Y", "Its id"],
    [None, None, "state", "string", "Y", "free or taken"],
    ["/tables/{id}/seat", "POST", "guests", "integer", "Y", "How many"],
]


@pytest.fixture
def take(tmp_path: Path) -> Callable[[str, bytes], ApiDescription]:
    """Describe a file of these bytes."""

    def of_bytes(name: str, content: bytes) -> ApiDescription:
        path = tmp_path / name
        path.write_bytes(content)
        return describe([path])

    return of_bytes


Take = Callable[[str, bytes], ApiDescription]


def ids(description: ApiDescription) -> list[str]:
    """The operations of a description."""
    return [item.id for item in description.operations]


def check_fields(description: ApiDescription) -> None:
    """The fields of the list above are where they belong."""
    read, seat = description.operations
    assert (read.id, seat.id) == ("GET /tables/{id}", "POST /tables/{id}/seat")
    assert read.response_schema is not None
    assert set(read.response_schema["properties"]) == {"id", "state"}
    assert seat.request_schema is not None
    assert seat.request_schema["properties"]["guests"]["type"] == "integer"
    assert seat.request_schema["required"] == ["guests"]


def test_excel_lists_calls_and_their_fields(take: Take) -> None:
    """A title above the header and merged cells do not matter."""
    description = take("fields.xlsx", office.excel({"API": ROWS}))
    assert description.documents[0].format == "xlsx"
    check_fields(description)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separated_values_are_the_same_list(take: Take, separator: str) -> None:
    """Any usual separator is found out."""
    lines = [separator.join(str(cell or "") for cell in row) for row in ROWS[2:]]
    check_fields(take("fields.csv", "\r\n".join(lines).encode("utf-8-sig")))


def test_word_is_read_with_tables_and_payloads(take: Take) -> None:
    """Headings, a table, and JSON typed as one paragraph a line."""
    content = office.word(
        ["# Seat guests", "POST /tables/{id}/seat", "Request:", "{", '"guests": 4', "}"],
        [[["Field", "Type", "Description"], ["guests", "integer", "How many"]]],
    )
    (operation,) = take("guide.docx", content).operations
    assert (operation.id, operation.summary) == ("POST /tables/{id}/seat", "Seat guests")
    assert operation.bodies[0].examples == ({"guests": 4},)
    assert operation.bodies[0].schema_["properties"]["guests"]["type"] == "integer"


def test_pdf_is_read_with_headings_code_and_tables(take: Take) -> None:
    """Sizes of letters tell headings, fonts tell code, lines tell tables."""
    source = (
        "= Nido API\n== Seat guests\n`POST /tables/{id}/seat`\n\nWords.\n\nRequest:\n"
        '```json\n{"guests": 4,\n "since": "now"}\n```\n'
        "#table(columns: 3, [Field], [Type], [Description], [guests], [integer], [How many])\n"
        "== Read table\n`GET /tables/{id}` returns one table.\n"
    )
    description = take("guide.pdf", office.pdf(source))
    seat, read = description.operations
    assert (seat.id, seat.summary) == ("POST /tables/{id}/seat", "Seat guests")
    assert seat.bodies[0].examples == ({"guests": 4, "since": "now"},)
    assert seat.bodies[0].schema_["properties"]["guests"]["type"] == "integer"
    assert read.id == "GET /tables/{id}"


def test_pdf_without_text_says_so(take: Take) -> None:
    """A scan is refused with what to do."""
    with pytest.raises(DescriptionError, match="pictures of its pages"):
        take("scan.pdf", office.pdf("#rect(width: 2cm, height: 2cm)"))


def test_missing_parsers_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra, the error says which one to install."""
    from workbench.description import extraction  # noqa: PLC0415

    program = tmp_path / "extraction.py"
    source = Path(extraction.__file__).read_text("utf-8")
    program.write_text(source.replace("import mammoth", "import mammoth_that_is_absent"), "utf-8")
    monkeypatch.setattr(extraction, "__file__", str(program))
    with pytest.raises(DescriptionError) as caught:
        convert(office.word(["x"]), "docx", "a.docx", DEFAULT_LIMITS)
    hint = str(caught.value.hint)
    assert "uv sync --inexact --extra documents" in hint  # in a checkout
    assert re.search(r"pip install 'mammoth>=[\d.]+' 'openpyxl>=[\d.]+' 'pdfplumber>=[\d.]+'", hint)


@pytest.mark.parametrize(("name", "content"), office.ATTACKS.items())
def test_hostile_office_files_are_refused(take: Take, name: str, content: bytes) -> None:
    """Bombs, entities, depth, loops and damage end in a refusal by name, never in the parser."""
    with pytest.raises(DescriptionError) as caught:
        take(name, content)
    assert caught.value.hint


def test_parsers_have_no_network(take: Take, listener: Any) -> None:
    """A picture that a Word file links to is not asked for."""
    address = f"http://127.0.0.1:{listener.port}/picture.png"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="p1" TargetMode="External" Type="http://schemas.openxmlformats.org/'
        f'officeDocument/2006/relationships/image" Target="{address}"/></Relationships>'
    )
    picture = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
        'wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/'
        'main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/'
        'picture"><pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships" r:link="p1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )
    sound = office.word(["GET /a"])
    with zipfile.ZipFile(io.BytesIO(sound)) as packed:
        parts: dict[str, Any] = {name: packed.read(name) for name in packed.namelist()}
    document = parts["word/document.xml"].decode()
    parts["word/document.xml"] = document.replace("</w:body>", picture + "</w:body>")
    parts["word/_rels/document.xml.rels"] = relations
    assert ids(take("linked.docx", office.archive(parts))) == ["GET /a"]
    assert listener.requests == []


def mail(words: str, page: str = "", attached: str = "") -> bytes:
    """A mail in base64, as plain text and where given as a page, too."""
    message = EmailMessage()
    message["Subject"], message["From"] = "Our tables", "Mia <mia@nido.example>"
    message.set_content(words, cte="base64")
    if page:
        message.add_alternative(page, subtype="html", cte="quoted-printable")
    if attached:
        message.add_attachment(b"x", maintype="a", subtype="b", filename=attached)
    return bytes(message)


def test_a_mail_is_read_and_what_it_carries_is_told(take: Take) -> None:
    """Of two forms the page counts; attachments are named, however the mail is called."""
    words = "Hello,\n\nGET https://api.nido.example/v1/tables/{id}\n"
    description = take("note.eml", mail(words, attached="spec.pdf"))
    assert ids(description) == ["GET /v1/tables/{id}"]
    (told,) = [item for item in description.warnings if item.slug == "attachment"]
    assert "'spec.pdf'" in told.summary
    page = "<h2>PUT /tables/{id}</h2>"
    assert ids(take("note", mail(words, page))) == ["PUT /tables/{id}"]
    archive = mail(words, page).replace(b"alternative", b"related", 1)
    both = {"PUT /tables/{id}", "GET /v1/tables/{id}"}
    assert set(ids(take("page.mhtml", archive))) == both


def test_of_a_mail_only_the_words_are_kept() -> None:
    """Its headers name people and hosts; a key in its text is masked, whatever its encoding."""
    key = "sk_live_" + "9aB3" * 8
    cleaned = clean_document(mail(f"X-Api-Key: {key}\n\nGET /tables/{{id}}\n"), "note.eml")
    assert cleaned.suffix == ".html"
    assert b"GET /tables/{id}" in cleaned.data
    assert key.encode() not in cleaned.data
    assert b"mia@nido.example" not in cleaned.data
    assert cleaned.replaced["headers of a mail"] == 1


WSDL = (
    '<?xml version="1.0"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/">'
    '<portType name="T"><operation name="Read"/></portType></definitions>'
)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("service.wsdl", WSDL.encode(), "WSDL"),
        ("service.xml", WSDL.encode(), "WSDL"),
        ("types.xsd", b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>', "XML Schema"),
        ("s.graphql", b"type Query { table(id: ID!): Table }", "GraphQL"),
        ("s.txt.gql", b"extend type Mutation {\n seat: Boolean }", "GraphQL"),
        ("schema", b"schema { query: Query }", "GraphQL"),
        ("a.proto", b'syntax = "proto3";\nservice T { rpc Read(A) returns (B); }', "gRPC"),
        ("shot.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image"),
        ("shot.md", b"\xff\xd8\xff\xe0" + b"\0" * 40, "image"),
        ("docs.zip", office.archive({"a.txt": "GET /a"}), "archive"),
        ("docs.tar.gz", gzip.compress(b"GET /a", mtime=0), "archive"),
        ("slides.pptx", office.archive({"ppt/presentation.xml": "<a/>"}), "PowerPoint"),
        ("text.odt", office.archive({"mimetype": "x", "content.xml": "<a/>"}), "OpenDocument"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "another format"),
        ("book.xlsb", office.archive({"xl/workbook.bin": "x"}), "another format"),
        ("photo.heic", b"\0\0\0\x18ftypheic" + b"\0" * 50, "image"),
        ("photo", b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 50, "image"),
        ("film.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 50, "recording"),
        ("docs.tar", b"api.yaml".ljust(257, b"\0") + b"ustar\0", "archive"),
        ("api.yaml", bytes(range(32)) * 9, "bytes, and no text"),
        ("tool.exe", b"MZ\x90\0" + b"\0" * 60, "program"),
    ],
)
def test_other_files_are_refused_by_their_name(
    take: Take, name: str, content: bytes, said: str
) -> None:
    """The error names the kind and says what to ask the partner for."""
    with pytest.raises(DescriptionError, match=said) as caught:
        take(name, content)
    assert len(str(caught.value.hint)) > 20


INSOMNIA_4 = {
    "_type": "export",
    "__export_format": 4,
    "resources": [
        {"_id": "w", "_type": "workspace", "name": "Nido"},
        {"_id": "e", "_type": "environment", "data": {"base_url": "https://api.nido.example/v1"}},
        {"_id": "g", "_type": "request_group", "parentId": "w", "name": "Tables"},
        {
            "_id": "r1", "_type": "request", "parentId": "g", "name": "Seat", "method": "POST",
            "url": "{{ _.base_url }}/tables/{{ _.id }}/seat",
            "headers": [{"name": "X-Site", "value": "1"}, {"name": "X-Off", "disabled": True}],
            "body": {"mimeType": "application/json", "text": '{"guests": {{ _.n }}}'},
            "authentication": {"type": "bearer", "token": "secret-value"},
        },
        {"_id": "r2", "_type": "request", "parentId": "w", "name": "No address", "url": ""},
    ],
}  # fmt: skip
INSOMNIA_5 = """type: collection.insomnia.rest/5.0
name: Nido
collection:
  - name: Tables
    children:
      - name: Seat
        url: "{{ _.base_url }}/tables/{{ _.id }}/seat"
        method: POST
        headers: [{name: X-Site, value: "1"}]
        body: {mimeType: application/json, text: '{"guests": 4}'}
        authentication: {type: bearer, token: secret-value}
environments:
  name: Base
  data: {base_url: "https://api.nido.example/v1"}
"""
BRUNO = {
    "name": "Nido",
    "version": "1",
    "items": [
        {
            "type": "folder",
            "name": "Tables",
            "items": [
                {
                    "type": "http",
                    "name": "Seat",
                    "request": {
                        "method": "POST",
                        "url": "{{base_url}}/tables/:id/seat",
                        "headers": [{"name": "X-Site", "value": "1", "enabled": True}],
                        "body": {"mode": "json", "json": '{"guests": 4}'},
                        "auth": {"mode": "bearer", "bearer": {"token": "secret-value"}},
                    },
                }
            ],
        }
    ],
    "environments": [
        {
            "name": "test",
            "variables": [{"name": "base_url", "value": "https://api.nido.example/v1"}],
        }
    ],
}
HTTP = """@base_url = https://api.nido.example/v1
### Seat
# @name seat
POST {{base_url}}/tables/{{id}}/seat HTTP/1.1
Content-Type: application/json
Authorization: Bearer secret-value
X-Site: 1

{"guests": 4}

> {% client.log("x") %}
"""
BRU = """meta {
  name: Seat
  type: http
}

post {
  url: https://api.nido.example/v1/tables/:id/seat
  body: json
  auth: bearer
}

headers {
  X-Site: 1
  ~X-Off: 2
}

auth:bearer {
  token: secret-value
}

body:json {
  {"guests": 4}
}
"""


SEAT_URL = "https://api.nido.example/v1/tables/:id/seat"
HOPPSCOTCH = {
    "v": 2,
    "name": "Nido",
    "requests": [],
    "folders": [
        {
            "name": "Tables",
            "folders": [],
            "requests": [
                {
                    "name": "Seat",
                    "method": "POST",
                    "endpoint": SEAT_URL,
                    "headers": [{"key": "X-Site", "value": "1"}, {"key": "X-Off", "active": False}],
                    "auth": {"authType": "bearer", "token": "secret-value"},
                    "body": {"contentType": "application/json", "body": '{"guests": 4}'},
                }
            ],
        }
    ],
}
THUNDER = {
    "clientName": "Thunder Client",
    "collectionName": "Nido",
    "folders": [{"_id": "f", "name": "Tables"}],
    "requests": [
        {
            "containerId": "f",
            "name": "Seat",
            "method": "POST",
            "url": SEAT_URL,
            "headers": [{"name": "X-Site", "value": "1"}, {"name": "X-Off", "isDisabled": True}],
            "params": [{"name": "id", "value": "7", "isPath": True}],
            "auth": {"type": "bearer", "bearer": "secret-value"},
            "body": {"type": "json", "raw": '{"guests": 4}'},
        }
    ],
}
OPENCOLLECTION = f"""opencollection: 1.0.0
info: {{name: Nido}}
items:
  - info: {{name: Tables, type: folder}}
    items:
      - info: {{name: Seat, type: http}}
        http:
          method: POST
          url: "{SEAT_URL}"
          headers: [{{name: X-Site, value: "1"}}, {{name: X-Off, disabled: true}}]
          auth: {{type: bearer, token: secret-value}}
          body: {{type: json, data: '{{"guests": 4}}'}}
"""


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("nido.json", HOPPSCOTCH, "hoppscotch"),
        ("nido.json", THUNDER, "thunder-client"),
        ("nido.yml", OPENCOLLECTION, "opencollection"),
        ("nido.json", INSOMNIA_4, "insomnia"),
        ("nido.yaml", INSOMNIA_5, "insomnia"),
        ("nido.json", BRUNO, "bruno"),
        ("nido.http", HTTP, "http"),
        ("seat.bru", BRU, "bruno"),
    ],
)
def test_rest_clients_are_read(
    read: Callable[..., ApiDescription], name: str, content: Any, kind: str
) -> None:
    """Folder, URL with variables, header, body and login are read; the token is not kept."""
    description = read(content, name)
    assert description.documents[0].format == kind
    (seat,) = description.operations
    assert seat.path.endswith("/tables/{id}/seat")
    assert (seat.method, seat.summary) == ("POST", "Seat")
    assert [item.name for item in seat.parameters if item.place == "header"] == ["X-Site"]
    assert "guests" in seat.bodies[0].examples[0]
    assert [item.scheme for item in description.security] == ["bearer"]
    assert "secret-value" not in description.model_dump_json()
    servers = description.documents[0].servers
    assert servers[0].startswith("https://api.nido.example")


def test_a_request_without_address_is_told(read: Callable[..., ApiDescription]) -> None:
    """It is left out with a warning that points at it."""
    (warning,) = [
        item for item in read(INSOMNIA_4, "nido.json").warnings if item.slug == "unreadable-request"
    ]
    assert warning.pointer == "/resources/4"


RAML = """#%RAML 1.0
title: Nido
version: v2
baseUri: https://api.nido.example/{version}
extends: other.raml
types:
  Table:
    properties:
      id: string
      seats?: integer
      guests: Guest[]
  Guest:
    properties: {name: string, kind: {enum: [adult, child]}}
securitySchemes:
  key: {type: Pass Through, describedBy: {headers: {X-Nido-Key: string}}}
/tables:
  get:
    queryParameters: {free: {type: boolean, required: false}}
    responses: {200: {body: {application/json: {type: "Table[]"}}}}
  /{id}:
    uriParameters: {id: string}
    put:
      body: {application/json: {type: Table, example: '{"id": "7", "guests": []}'}}
      responses: {204: {description: changed}}
"""


def test_raml_is_read(read: Callable[..., ApiDescription]) -> None:
    """Resources, types, examples and login; what is not followed is told."""
    description = read(RAML, "api.raml")
    tables, change = description.operations
    assert (tables.id, change.id) == ("GET /tables", "PUT /tables/{id}")
    assert description.documents[0].servers == ("https://api.nido.example/v2",)
    assert tables.parameters[0].schema_ == {"type": "boolean"}
    schema = tables.response_schema
    assert schema is not None
    assert schema["items"]["required"] == ["id", "guests"]
    assert schema["items"]["properties"]["guests"]["items"]["properties"]["kind"]["enum"] == [
        "adult",
        "child",
    ]
    assert change.bodies[0].examples == ({"id": "7", "guests": []},)
    assert [item.parameter for item in description.security] == ["X-Nido-Key"]
    assert [item.pointer for item in description.warnings if item.slug == "raml-left-out"] == [
        "/extends"
    ]


WOVEN = """#%RAML 1.0
title: Nido
mediaType: application/json
uses: {kit: parts/kit.raml}
traits:
  paged: {queryParameters: {page: {type: integer, default: 1}}}
  known:
    headers: {X-<<who>>-Key: string}
    responses: {404: {description: "No <<resourcePathName | !singularize>>"}}
resourceTypes:
  base: {get?: {is: [paged]}, is: [{known: {who: "<<who | !uppercase>>"}}]}
  collection:
    type: {base: {who: nido}}
    get: {responses: {200: {body: "<<item>>[]"}}}
    post?: {body: "<<item>>", responses: {201: {body: "<<item>>"}}}
  member: {get: {responses: {200: {body: "<<resourcePathName | !singularize | !uppercamelcase>>"}}}}
types:
  Table: !include parts/table.raml
  Bill: {type: [kit.Priced, kit.Dated], properties: {lines: "(Table | kit.Money)[]", note: string?}}
/tables:
  type: {collection: {item: Table}}
  get: {queryParameters: {page: {description: From one}, free: boolean}}
  /{id}: {type: member, get: {is: [kit.traced]}}
/bills: {type: {collection: {item: Bill}}, post: {description: Pay}}
/halls: {type: {nowhere: {a: b}}, get: {}}
"""
KIT = """#%RAML 1.0 Library
types:
  Money: {properties: {amount: number}}
  Priced: {properties: {total: Money}}
  Dated: {properties: {at: datetime}}
traits: {traced: {headers: {X-Trace: string}}}
"""
TABLE = """#%RAML 1.0 DataType
properties: {id: string, seats: integer}
example: !include a.json
"""


def test_raml_traits_types_and_files_are_written_out(tmp_path: Path) -> None:
    """What a resource says wins; its type, its traits, libraries and files add the rest."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "kit.raml").write_text(KIT, "utf-8")
    (tmp_path / "parts" / "table.raml").write_text(TABLE, "utf-8")
    (tmp_path / "parts" / "a.json").write_text('{"id": "7", "seats": 4}', "utf-8")
    (tmp_path / "api.raml").write_text(WOVEN, "utf-8")
    description = describe([tmp_path / "api.raml"])
    tables, table, _, pay, _ = description.operations
    assert ids(description)[:3] == ["GET /tables", "GET /tables/{id}", "GET /bills"]
    assert {item.name for item in tables.parameters} == {"page", "free", "X-NIDO-Key"}
    page = {"type": "integer", "default": 1, "description": "From one"}
    assert tables.parameters[0].schema_ == page
    assert {item.name for item in table.parameters} == {"id", "X-Trace"}
    assert table.response_schema is not None
    assert set(table.response_schema["properties"]) == {"id", "seats"}
    bill = pay.bodies[0].schema_
    assert set(bill["properties"]) == {"total", "at", "lines", "note"}
    assert bill["properties"]["total"]["properties"] == {"amount": {"type": "number"}}
    assert len(bill["properties"]["lines"]["items"]["anyOf"]) == 2
    assert [item.status for item in pay.responses] == ["201", "404"]
    assert description.documents[0].files == ("parts/table.raml", "parts/a.json", "parts/kit.raml")
    (warning,) = [item for item in description.warnings if item.slug == "raml-left-out"]
    assert "nowhere" in warning.summary


def test_raml_files_stay_inside(tmp_path: Path) -> None:
    """A file above the document is refused, one that is absent is told, a circle has an end."""
    (tmp_path / "in").mkdir()
    (tmp_path / "key.json").write_text('{"secret": 1}', "utf-8")
    path = tmp_path / "in" / "api.raml"
    for way in ("../key.json", "/etc/passwd", "http://127.0.0.1:9/a.raml", ".env"):
        path.write_text(f"#%RAML 1.0\ntypes: {{A: !include {way}}}\n/a: {{get: {{}}}}\n", "utf-8")
        with pytest.raises(DescriptionError, match="refused"):
            describe([path])
    path.write_text("#%RAML 1.0\ntypes: {A: !include b.raml}\n/a: {get: {}}\n", "utf-8")
    told = [item.slug for item in describe([path]).warnings]
    assert "dangling-reference" in told
    (tmp_path / "in" / "b.raml").write_text("a: !include b.raml\n", "utf-8")
    with pytest.raises(DescriptionError, match="include each other"):
        describe([path])


def test_raml_types_that_hold_themselves_end(read: Callable[..., ApiDescription]) -> None:
    """A type within itself, a union of itself and a resource without end of depth are no loops."""
    text = "#%RAML 1.0\ntypes: {A: {properties: {a: A, b: 'B[]'}}, B: 'B | A'}\n"
    text += "/a: {get: {responses: {200: {body: {application/json: {type: A}}}}}}\n"
    assert ids(read(text, "loop.raml")) == ["GET /a"]
    deep = "#%RAML 0.8\n" + "".join(f"{' ' * n}/a{n}:\n" for n in range(100))
    read(deep, "deep.raml")


CATALOGUE = """title: Nido events
groups:
- name: Tables
  payload_fields: [id, table.seats, at]
  events:
  - {name: table.taken, description: Guests sit down}
  - {name: table.freed, example: {id: 1}}
webhooks:
  bill.paid: {summary: Settled, payload: {amount: number}}
"""


def test_a_list_of_events_is_read(read: Callable[..., ApiDescription]) -> None:
    """Names, words, shared fields, an example and a payload of its own."""
    description = read(CATALOGUE, "events.yml")
    found = {item.name: item for item in description.events}
    assert set(found) == {"table.taken", "table.freed", "bill.paid"}
    assert found["table.taken"].summary == "Guests sit down"
    taken = found["table.taken"].request_schema
    assert taken is not None
    assert "seats" in taken["properties"]["table"]["properties"]
    assert found["table.freed"].bodies[0].examples == ({"id": 1},)
    paid = found["bill.paid"].request_schema
    assert paid is not None
    assert paid["properties"]["amount"] == {"type": "number"}


BLUEPRINT = """FORMAT: 1A
HOST: https://api.nido.example

# Nido

# Group Tables

## Table [/tables/{id}{?full}]

### Read a table [GET]

+ Response 200 (application/json)

        {"id": "7"}

### Seat guests [POST /tables/{id}/seat]

+ Request (application/json)

        {"guests": 4}

+ Response 204
"""


def test_a_blueprint_is_prose_with_brackets(read: Callable[..., ApiDescription]) -> None:
    """Resources, actions, requests and responses of API Blueprint are read by the prose reader."""
    description = read(BLUEPRINT, "nido.apib")
    table, seat = description.operations
    assert (table.id, table.summary) == ("GET /tables/{id}", "Read a table")
    assert table.responses[0].bodies[0].examples == ({"id": "7"},)
    assert seat.bodies[0].examples == ({"guests": 4},)
    assert description.documents[0].servers == ("https://api.nido.example",)
