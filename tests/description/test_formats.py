"""The table of formats in contracts/README.md says what happens to each kind of file."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.description import describe
from workbench.errors import DescriptionError

from . import office

README = Path(__file__).resolve().parents[2] / "contracts" / "README.md"
READ, PARTLY, REFUSED = "read", "partly", "refused by name"
OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Nido", "version": "1"},
    "paths": {"/tables/{id}": {"get": {"responses": {"200": {"description": "A table"}}}}},
}
CALL = {"name": "Table", "url": "https://nido.example/tables/{{id}}", "method": "GET"}
EXCHANGE = {
    "request": {"method": "GET", "url": "https://nido.example/tables/7", "headers": []},
    "response": {"status": 200, "content": {"mimeType": "application/json", "text": '{"id": 7}'}},
}
ROWS = [["Method", "Path", "Description"], ["GET", "/tables/{id}", "Reads a table"]]
WSDL = '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>'
EVENTS = "channels: {tables: {address: tables, messages: {taken: {payload: {type: object}}}}}\n"
COLLECTION = "type: collection.insomnia.rest/5.0\ncollection: "


@dataclass(frozen=True)
class Row:
    """One row of the table: what, how far, the form of an example, and its time."""

    format: str
    how: str
    example: str
    time: str


def read_rows() -> list[Row]:
    """The table as it stands in the README."""
    section = README.read_text("utf-8").partition("\n## What is read\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    rows = [line.strip()[1:-1].split("|") for line in lines if "---" not in line]
    return [Row(*(cell.strip() for cell in row)) for row in rows]


def example(name: str) -> tuple[str, str | bytes]:
    """A small file of a format."""
    made: dict[str, tuple[str, str | bytes]] = {
        "OpenAPI": ("a.json", json.dumps(OPENAPI)),
        "AsyncAPI": ("a.yaml", f"asyncapi: 3.0.0\ninfo: {{title: a, version: '1'}}\n{EVENTS}"),
        "Postman": ("a.json", json.dumps({"info": {"name": "a"}, "item": [{"request": CALL}]})),
        "Postman environment": (
            "a.json",
            json.dumps({"name": "a", "values": [{"key": "id", "value": "7"}]}),
        ),
        "Insomnia": ("a.yaml", f"{COLLECTION}{json.dumps([CALL])}"),
        "Bruno": ("a.bru", "meta {\n  name: a\n}\nget {\n  url: https://a.example/tables/7\n}\n"),
        "other REST clients": (
            "a.json",
            json.dumps({"clientName": "Thunder Client", "requests": [CALL]}),
        ),
        "HTTP file": ("a.http", "### Table\nGET https://a.example/tables/{{id}}\n"),
        "HAR": ("a.har", json.dumps({"log": {"version": "1.2", "entries": [EXCHANGE]}})),
        "RAML": ("a.raml", "#%RAML 1.0\n/tables/{id}: {get: {}}\n"),
        "API Blueprint": (
            "a.apib",
            "FORMAT: 1A\n# Nido\n## A [/tables/{id}]\n### B [GET]\n",
        ),
        "Markdown": ("a.md", "# Nido\n## Read a table\n`GET /tables/{id}`\n"),
        "saved page": ("a.html", "<html><h2>Read</h2><p><code>GET /tables/{id}</code></p></html>"),
        "PDF": ("a.pdf", office.pdf("= Nido\n== Read\n`GET /tables/{id}`")),
        "Word": ("a.docx", office.word(["# Nido", "GET /tables/{id}"])),
        "Excel": ("a.xlsx", office.excel({"API": ROWS})),
        "CSV": ("a.csv", "\n".join(",".join(row) for row in ROWS)),
        "list of events": ("a.yaml", "events: [{name: table.taken, fields: [id]}]"),
        "WSDL": ("a.wsdl", WSDL),
        "WADL": ("a.wadl", '<application xmlns="http://wadl.dev.java.net/2009/02"/>'),
        "XML Schema": ("a.xsd", '<schema xmlns="http://www.w3.org/2001/XMLSchema"/>'),
        "GraphQL": ("a.graphql", "type Query { table(id: ID!): Table }"),
        "protocol buffers": ("a.proto", 'syntax = "proto3";'),
        "Thrift, Avro, Smithy, TypeSpec, JMeter, OpenRPC, Google Discovery": (
            "a.thrift",
            "service T { }",
        ),
        "JSON Schema, Overlay, Arazzo": ("a.yaml", "overlay: 1.0.0\nactions: []\n"),
        "image": ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
        "archive": ("a.zip", office.archive({"a.txt": "GET /a"})),
        "PowerPoint, OpenDocument, e-book": (
            "a.pptx",
            office.archive({"ppt/presentation.xml": ""}),
        ),
        "Word and Excel of other forms, RTF": (
            "a.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ),
        "list of routes": (
            "a.json",
            json.dumps([{"method": "GET", "path": "/tables/:id"}] * 2),
        ),
        "mail, web archive": ("a.eml", "MIME-Version: 1.0\nSubject: a\n\nGET /tables/{id}\n"),
        "scan": ("a.pdf", office.pdf("#rect(width: 2cm, height: 2cm)")),
    }
    return made[name]


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.format)
def test_each_format_ends_as_the_table_says(row: Row, tmp_path: Path) -> None:
    """Read: its call or event is there. Refused: by its name, with what to ask for instead."""
    name, content = example(row.format)
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if row.how == REFUSED:
        with pytest.raises(DescriptionError) as caught:
            describe([path])
        assert len(str(caught.value.hint)) > 20
        return
    assert row.how in {READ, PARTLY}
    description = describe([path])
    found = [*description.operations, *description.events]
    assert len(found) == (0 if row.format == "Postman environment" else 1)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.txt", '// by Nido\n/* all rights */\nsyntax = "proto3";\nservice T {}\n', "protocol"),
        ("a.txt", "message T {}\nservice S {\n  rpc Get (T) returns (T);\n}\n", "protocol"),
        ("a.md", '"""The root."""\n\ntype Query {\n  table: String\n}\n', "GraphQL"),
        ("a.json", '{"data": {"__schema": {"types": []}}}', "GraphQL"),
        ("a.txt", f'<?xml version="1.0"?>{WSDL}', "WSDL"),
        ("a.json", '{"openrpc": "1.2.6", "methods": []}', "OpenRPC"),
        ("a.json", '{"kind": "discovery#restDescription"}', "Discovery"),
        ("a.yaml", "type: object\nproperties: {id: {type: string}}\n", "JSON Schema"),
        ("a.yaml", "overlay: 1.0.0\nactions: []\n", "Overlay"),
        ("a.yaml", "arazzo: 1.0.1\nworkflows: []\n", "Arazzo"),
        ("a.json", '{"type": "record", "name": "Table", "fields": []}', "Avro"),
    ],
)
def test_a_format_is_known_whatever_its_file_is_called(
    tmp_path: Path, name: str, content: str, what: str
) -> None:
    """What begins like a format, or has the keys of one, is refused by the name of that format."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DescriptionError, match=what) as caught:
        describe([path])
    assert len(str(caught.value.hint)) > 20


def test_prose_that_shows_a_schema_stays_prose(tmp_path: Path) -> None:
    """A guide with protocol buffers in a code block is read as a guide."""
    path = tmp_path / "a.md"
    path.write_text('# Nido\n\n`GET /tables`\n\n```\nsyntax = "proto3";\nservice T {}\n```\n')
    assert [item.id for item in describe([path]).operations] == ["GET /tables"]


def test_the_table_gives_times() -> None:
    """Each row that is read says how long its example takes."""
    rows = read_rows()
    assert len(rows) > 20
    assert [row.format for row in rows if row.how != REFUSED and not row.time.endswith("s")] == []
