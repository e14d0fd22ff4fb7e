"""`.http` files of editors, and `.bru` files of Bruno: requests as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from workbench.description.draft_operations import DraftDocument
from workbench.description.request_drafts import RequestBook, SavedRequest
from workbench.model import DocumentWarning

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_SEPARATOR = re.compile(r"^###[ \t]*(.*)$")
_VARIABLE = re.compile(r"^@([\w.-]+)\s*=\s*(.*)$")
_START = re.compile(rf"^(?:({_METHODS})[ \t]+)?(\S+.*?)(?:[ \t]+HTTP/[\d.]+)?$")
_HEADER = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:[ \t]*(.*)$")
_REMARK = re.compile(r"^\s*(?:#|//)\s?(.*)$")
_NAME = re.compile(r"@name[ \t]+(.+)")
_SCRIPT = re.compile(r"^\s*[<>]\s*\{%")
_BLOCK = re.compile(r"^([a-z][\w:-]*)\s*(\{|\[)\s*$")
_MOST_REQUESTS = 5_000
_MOST_HEADERS = 200


def read_http(text: str, name: str) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read an HTTP file into a drafted document; `###` separates requests."""
    variables: dict[str, str] = {}
    book = RequestBook(name, variables)
    title = ""
    lines: list[str] = []
    for line in [*text.splitlines(), "###"]:
        separator = _SEPARATOR.match(line)
        variable = _VARIABLE.match(line)
        if variable:
            variables.setdefault(variable[1], _fill(variable[2].strip(), variables))
        elif separator:
            request = _read_request(lines, title)
            if request is not None and len(book.drafts) < _MOST_REQUESTS:
                book.add(request)
            title, lines = separator[1].strip(), []
        else:
            lines.append(line)
    return book.document(""), tuple(book.warnings)


def _fill(value: str, variables: dict[str, str]) -> str:
    return re.sub(
        r"\{\{\s*([\w.-]+)\s*\}\}", lambda match: variables.get(match[1], match[0]), value
    )


def _read_request(lines: list[str], title: str) -> SavedRequest | None:
    remarks: list[str] = []
    rest = iter(lines)
    start = None
    for line in rest:
        remark = _REMARK.match(line)
        named = _NAME.search(line)
        if named and remark:
            title = title or named[1].strip()
        elif remark and remark[1].strip():
            remarks.append(remark[1].strip())
        elif line.strip() and not remark:
            start = _START.match(line.strip())
            break
    if start is None or (not start[1] and "/" not in start[2]):
        return None
    url = start[2]
    headers: list[tuple[str, str]] = []
    for line in rest:
        if not line.strip():
            break
        header = _HEADER.match(line.strip())
        if re.match(r"\s+[?&/]", line) and not headers:
            url += line.strip()
        elif header and len(headers) < _MOST_HEADERS:
            headers.append((header[1], header[2]))
    body = "\n".join(_body(rest)).strip()
    kind = next((value for key, value in headers if key.lower() == "content-type"), "")
    return SavedRequest(
        method=start[1] or "GET",
        url=url,
        name=title or (remarks[0] if remarks else ""),
        description="\n".join(remarks[1:] if not title else remarks),
        headers=tuple(headers),
        body=body if not body.startswith("<") or "xml" in kind else "",
        media_type=kind,
    )


def _body(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _SCRIPT.match(line):
            return
        yield line


def read_bru(text: str, name: str) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read one request that Bruno keeps in a `.bru` file."""
    blocks = dict(_bru_blocks(text))
    meta = _bru_pairs(blocks.get("meta", ""))
    book = RequestBook(name, _bru_pairs(blocks.get("vars", "")))
    for key in _METHODS.lower().split("|"):
        if key in blocks:
            stated = _bru_pairs(blocks[key])
            book.add(
                _of_bru(SavedRequest(key.upper(), stated.get("url", "")), stated, meta, blocks)
            )
    return book.document(meta.get("name", ""), blocks.get("docs", "").strip()), tuple(book.warnings)


def _of_bru(
    request: SavedRequest, stated: dict[str, str], meta: dict[str, str], blocks: dict[str, str]
) -> SavedRequest:
    auth = stated.get("auth", "")
    query = blocks.get("params:query", blocks.get("query", ""))
    form = blocks.get("body:form-urlencoded", "") or blocks.get("body:multipart-form", "")
    is_multipart = "body:multipart-form" in blocks
    key = _bru_pairs(blocks.get("auth:apikey", ""))
    return replace(
        request,
        name=meta.get("name", ""),
        headers=tuple(_bru_pairs(blocks.get("headers", "")).items()),
        query=tuple(_bru_pairs(query)),
        body=blocks.get("body:json", blocks.get("body:text", blocks.get("body:xml", ""))),
        media_type="multipart/form-data"
        if is_multipart
        else "application/x-www-form-urlencoded"
        if form
        else "application/xml"
        if "body:xml" in blocks
        else "application/json"
        if "body:json" in blocks
        else "",
        form=tuple(_bru_pairs(form)),
        auth=auth if auth in {"bearer", "basic", "apikey", "oauth2"} else "",
        key=("query" if key.get("placement") == "queryparams" else "header", key.get("key", "")),
    )


def _bru_blocks(text: str) -> Iterator[tuple[str, str]]:
    name, closing, held = "", "", list[str]()
    for line in text.splitlines():
        start = _BLOCK.match(line) if not name else None
        if start:
            name, closing, held = start[1], "}" if start[2] == "{" else "]", []
        elif name and line.rstrip() == closing:
            yield name, "\n".join(held)
            name = ""
        elif name:
            held.append(line)


def _bru_pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.strip().partition(":")
        if colon and not key.startswith("~"):
            found[key.strip()] = value.strip()
    return found
