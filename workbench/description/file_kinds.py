"""What kind of file a partner handed over, by its bytes first and its name second.

Kinds that cannot be read are refused by their name, with the nearest thing to ask for.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any, NoReturn

from workbench.description.encodings import encoding_of
from workbench.errors import DescriptionError

_PROSE = frozenset({".md", ".markdown", ".mdx", ".mdown", ".txt", ".rst", ".adoc", ".asciidoc"})
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_PAGE = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL = re.compile(r"\A(?:[A-Za-z][\w-]{0,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){0,100}MIME-Version:")
_ODD = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\ufffd]")
_HTTP = re.compile(
    r"\A(?:\s*(?:#|//)[^\n]*\n|\s*@\w[^\n]*\n|\s*\n)*\s*(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+\S+"
)
_BRUNO = re.compile(r"\A\s*meta\s*\{\s*\n\s*\w+:")
_BLUEPRINT = re.compile(r"\A\s*(?:FORMAT:\s*1A|VERSION:[^\n]*\n\s*FORMAT:\s*1A)", re.IGNORECASE)
_RAML = re.compile(r"\A\s*#%RAML\s+(\S+)")
_XML_NAMES = (
    (
        re.compile(r"<(?:\w+:)?definitions\b[^>]{0,2000}schemas\.xmlsoap\.org/wsdl", re.DOTALL),
        "wsdl",
    ),
    (re.compile(r"<(?:\w+:)?description\b[^>]{0,2000}www\.w3\.org/ns/wsdl"), "wsdl"),
    (re.compile(r"<(?:\w+:)?application\b[^>]{0,2000}wadl\.dev\.java\.net"), "wadl"),
    (re.compile(r"<(?:\w+:)?schema\b[^>]{0,2000}www\.w3\.org/2001/XMLSchema"), "xsd"),
    (re.compile(r"<svg\b"), "image"),
)
_GRAPHQL = re.compile(
    r"^\s*(?:extend\s+)?(?:schema\s*\{|type\s+(?:Query|Mutation|Subscription)\b[^{\n]{0,200}\{)",
    re.MULTILINE,
)
_PROTO = re.compile(
    r"^\s*syntax\s*=\s*[\"']proto[23][\"']\s*;|^\s*service\s+\w+\s*\{\s*rpc\s", re.MULTILINE
)
_REMARK = re.compile(r"\s+|//[^\n]*|#[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}", re.DOTALL)
# What such a file begins with, whatever its name, below remarks and texts in triple quotes.
_SOURCE = re.compile(
    r"syntax\s*=\s*[\"']proto[23][\"']|edition\s*=\s*[\"']\d{4}[\"']\s*;|"
    r"(?:message|service|package)\s+[\w.]+\s*[{;]|(?:extend\s+)?(?:schema\s*[@{]|"
    r"(?:type|input|enum|interface|scalar|union|directive)\s+@?\w+[^\n]{0,200}(?:\{|\n|=|\bon\b))"
    r"|<\?xml|<(?!https?:)\w+:\w|<\w+[^>\n]{0,200}\bxmlns"
)
_THRIFT = re.compile(
    r"^\s*service\s+\w+\s*(?:extends\s+\S+\s*)?\{[^}]{0,2000}\bthrows\b|^\s*namespace\s+\w+\s+\S+\s*$",
    re.MULTILINE,
)
_SOURCES = (*_XML_NAMES, (_GRAPHQL, "graphql"), (_PROTO, "proto"), (_THRIFT, "thrift"))
_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-office"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"\x1f\x8b", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"SQLite format 3", "database"),
    (b"OggS", "recording"),
    (b"ID3", "recording"),
)
# Forms that begin with a size or another word: where their name stands, and the kind.
_INNER = (
    (4, re.compile(rb"ftyp(?:he[iv]|mif|avi|msf)"), "image"),
    (4, re.compile(rb"ftyp"), "recording"),
    (8, re.compile(rb"WEBP"), "image"),
    (8, re.compile(rb"(?:WAVE|AVI )"), "recording"),
    (257, re.compile(rb"ustar"), "archive"),
)
_BY_NAME = {
    ".wsdl": "wsdl", ".wadl": "wadl", ".xsd": "xsd", ".graphql": "graphql", ".graphqls": "graphql",
    ".gql": "graphql", ".proto": "proto", ".thrift": "thrift", ".avsc": "avro", ".jmx": "jmeter",
    ".smithy": "smithy", ".tsp": "typespec", ".http": "http", ".rest": "http", ".bru": "bruno",
    ".apib": "blueprint", ".csv": "csv", ".tsv": "csv", ".raml": "raml",
}  # fmt: skip
_BY_KEYS = (
    ("graphql", ("__schema",)),
    ("openrpc", ("openrpc", "methods")),
    ("smithy", ("smithy", "shapes")),
    ("json-schema", ("$schema", "properties")),
    ("json-schema", ("$schema", "$defs")),
    ("json-schema", ("$schema", "definitions")),
    ("json-schema", ("type", "properties")),
    ("overlay", ("overlay", "actions")),
    ("arazzo", ("arazzo", "workflows")),
)
_REFUSED = {
    "wsdl": (
        "a WSDL, the description of a SOAP service",
        (
            "SOAP is not read. Ask the partner whether there is a REST interface with an OpenAPI "
            "document, or for sample requests and answers as a Postman collection or HAR recording."
        ),
    ),
    "wadl": ("a WADL", "Ask the partner for the same as OpenAPI."),
    "xsd": (
        "an XML Schema, which tells of data and names no call",
        "Ask for the document that lists the calls: OpenAPI, a Postman collection, or a page.",
    ),
    "graphql": (
        "a GraphQL schema",
        (
            "GraphQL is not read. Ask the partner for a REST interface, or for their webhooks and "
            "the queries that they expect as a Postman collection or Markdown."
        ),
    ),
    "proto": (
        "a protocol buffers file of a gRPC service",
        (
            "gRPC is not read. Ask the partner for the REST gateway's OpenAPI document (protoc-gen-"
            "openapi makes one where the file has google.api.http options)."
        ),
    ),
    "thrift": ("a Thrift file", "Ask the partner for a REST interface with an OpenAPI document."),
    "avro": ("an Avro schema", "Ask the partner for an AsyncAPI document that uses it."),
    "jmeter": ("a JMeter test plan", "Ask for a Postman collection or an OpenAPI document."),
    "smithy": ("a Smithy model", "Ask the partner for the OpenAPI document made of it."),
    "typespec": ("a TypeSpec file", "Compile it to OpenAPI (`tsp compile`), and give that."),
    "openrpc": (
        "an OpenRPC document, the description of a JSON-RPC service",
        "JSON-RPC is not read. Ask the partner for a REST interface with an OpenAPI document.",
    ),
    "discovery": (
        "a Google API Discovery document",
        "Convert it to OpenAPI (`google-discovery-to-swagger` does), or ask the partner for that.",
    ),
    "json-schema": (
        "a JSON Schema, which tells of data and names no call",
        "Ask for the document that lists the calls: OpenAPI, a Postman collection, or a page.",
    ),
    "overlay": (
        "an OpenAPI Overlay, which corrects another document",
        "Save it as `overlay.yaml` beside the document that it concerns.",
    ),
    "arazzo": (
        "an Arazzo document, which orders the calls of another one",
        "Give the OpenAPI document that it names under `sourceDescriptions`.",
    ),
    "image": (
        "an image",
        (
            "Nothing is read from pictures. Ask for the text: the page itself, Markdown, PDF with "
            "text, or OpenAPI."
        ),
    ),
    "archive": ("an archive", "Unpack it, and give the documents in it one by one."),
    "zip": ("an archive (zip)", "Unpack it, and give the documents in it one by one."),
    "pptx": ("a PowerPoint presentation", "Save it as PDF, and give that."),
    "odt": ("an OpenDocument or iWork file", "Save it as .docx, .xlsx or PDF, and give that."),
    "epub": ("an e-book (EPUB)", "Ask for the page, Markdown or PDF it was made of."),
    "old-office": (
        "a Word, Excel or Outlook file of another format (.doc, .xls, .xlsb, .msg)",
        "Open it in its own program and save it as .docx, .xlsx or PDF; a mail as .eml.",
    ),
    "rtf": ("a rich text file (RTF)", "Save it as .docx or PDF, and give that."),
    "binary": ("a file of bytes, and no text", "Ask for the text, or for the file as PDF."),
    "program": ("a program", "Ask the partner for the document that describes the interface."),
    "database": ("a database", "Ask the partner for the document that describes the interface."),
    "recording": ("a recording", "Ask the partner for the text."),
    "postman-environment": (
        "the environment of a Postman collection: variables, and no request",
        "Give the collection; name the environment beside it.",
    ),
}


EXPECTED = (
    "Expected OpenAPI (`openapi: 3.x` or `swagger: '2.0'`), AsyncAPI (`asyncapi: 2.x` or `3.x`), "
    "a Postman, Insomnia or Bruno collection, a HAR recording, RAML, API Blueprint, an `.http` "
    "file, Markdown, a saved page, PDF, Word, Excel, CSV, a mail, or a list of routes or events."
)


def _skip_remarks(text: str) -> int:
    """Where the text goes on below remarks, texts in triple quotes, and room between them."""
    place = 0
    while found := _REMARK.match(text, place):
        place = found.end()
    return place


def recognise(raw: bytes, path: Path) -> str:
    """Return the kind of a file.

    Returns:
        `html`, `markdown`, `blueprint`, `raml`, `http`, `bruno`, `csv`, `pdf`, `docx`, `xlsx`,
        `mail`, or `data` for JSON and YAML.

    Raises:
        DescriptionError: It is of a kind that is not read.
    """
    suffix = path.suffix.lower()
    kind = _by_bytes(raw)
    if kind in {"pdf", "docx", "xlsx"}:
        return kind
    if kind:
        refuse(kind, path.name)
    head = raw[:20_000].decode(encoding_of(raw)[0], "replace")
    if suffix in {".eml", ".mht", ".mhtml"} or _MAIL.match(head):
        return "mail"
    if len(_ODD.findall(head)) * 10 > len(head):
        refuse("binary", path.name)
    stated = _BY_NAME.get(suffix, "")
    is_page = suffix in _PAGES or bool(_PAGE.match(head))
    is_prose = suffix in _PROSE and not _SOURCE.match(head, _skip_remarks(head))
    if not is_page and not is_prose and head.lstrip()[:1] not in {"{", "["}:
        for pattern, name in _SOURCES:
            if pattern.search(head):
                refuse(name, path.name)
    if stated in _REFUSED:
        refuse(stated, path.name)
    return _text_kind(head, suffix, stated)


def _by_bytes(raw: bytes) -> str:
    """The kind that the first bytes tell, or nothing."""
    kind = next((kind for magic, kind in _MAGIC if raw.startswith(magic)), "")
    kind = kind or next((kind for at, name, kind in _INNER if name.match(raw, at)), "")
    if (
        kind in {"image", "program"}
        and len(raw) > 2
        and raw[:2] in {b"BM", b"MZ"}
        and _is_text(raw)
    ):
        kind = ""
    return _in_archive(raw) if kind == "zip" else kind


def refuse(kind: str, name: str) -> NoReturn:
    """Refuse a kind by its name."""
    what, hint = _REFUSED[kind]
    raise DescriptionError(f"this is {what}; it is not read", location=name, hint=hint)


def raml_version(text: str) -> str:
    """The version that a RAML document states."""
    found = _RAML.match(text)
    return found[1] if found else ""


def _text_kind(head: str, suffix: str, stated: str) -> str:
    if _RAML.match(head):
        return "raml"
    if _BLUEPRINT.match(head):
        return "blueprint"
    if suffix in _PAGES or _PAGE.match(head):
        return "html"
    if stated in {"bruno", "http", "csv", "blueprint"}:
        return stated
    if suffix in _PROSE:
        return "markdown"
    if _BRUNO.match(head):
        return "bruno"
    return "http" if _HTTP.match(head) else "data"


def _in_archive(raw: bytes) -> str:
    """The kind of a zip file by the names of its parts; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist()[:5_000])
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError):
        return "zip"
    for part, kind in (
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("ppt/presentation.xml", "pptx"),
        ("META-INF/container.xml", "epub"),
        ("xl/workbook.bin", "old-office"),
        ("Index/Document.iwa", "odt"),
    ):
        if part in names:
            return kind
    return "odt" if "content.xml" in names and "mimetype" in names else "zip"


def _is_text(raw: bytes) -> bool:
    return b"\0" not in raw[:4_000]


def refuse_known(name: str, data: Any) -> None:
    """Refuse data that is of a known format which is not read, by the keys that it must have.

    Raises:
        DescriptionError: It is of such a format.
    """
    if not isinstance(data, dict):
        return
    inner = data.get("data")
    for node in (data, inner if isinstance(inner, dict) else {}):
        for kind, keys in _BY_KEYS:
            if all(key in node for key in keys):
                refuse(kind, name)
    if str(data.get("kind", "")).startswith("discovery#"):
        refuse("discovery", name)
    if data.get("type") in {"record", "enum"} and isinstance(data.get("name"), str):
        refuse("avro", name)


def unknown(name: str, data: Any) -> DescriptionError:
    """The error for data of no known format."""
    refuse_known(name, data)
    seen = (
        f"its keys are {', '.join(list(data)[:8])[:160]}"
        if isinstance(data, dict)
        else (f"its top is a {type(data).__name__}" if data is not None else "it is empty")
    )
    return DescriptionError(
        f"the format of the document is not known: {seen}", location=name, hint=EXPECTED
    )
