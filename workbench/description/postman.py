"""Postman collections 2.0 and 2.1: folders, variables, requests, saved responses as examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.errors import DescriptionError
from workbench.model.description import DocumentWarning
from workbench.model.untrusted import list_of, mapping_of, text_of

_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_BARE_VARIABLE = re.compile(r"(?<=[:\[,])\s*\{\{[^{}]*\}\}\s*(?=[,\]}])")
_METHOD = re.compile(r"[A-Za-z]{3,10}")
_IGNORED_HEADERS = frozenset(
    {"content-type", "accept", "authorization", "user-agent", "host", "content-length"}
)


def is_postman(data: Any) -> bool:
    """Whether this is a Postman collection of format 2."""
    info = mapping_of(mapping_of(data).get("info"))
    schema = text_of(info.get("schema"))
    has_items = isinstance(mapping_of(data).get("item"), list)
    return has_items and ("postman" in schema or "_postman_id" in info or "name" in info)


def postman_version(data: dict[str, Any]) -> str:
    """Return `2.0` or `2.1`, from the schema that the collection names."""
    found = re.search(r"/v(\d+\.\d+)", text_of(mapping_of(data.get("info")).get("schema")))
    return found[1] if found else "2.1"


def read_postman(
    data: dict[str, Any], name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a collection into a drafted document; folders become tags.

    Args:
        data: The collection, as the guard read it.
        name: Document name, for the warnings.
    """
    reader = _Reader(name, _variables(data.get("variable")))
    schemes = _security(data.get("auth"))
    reader.schemes |= schemes
    drafts = [
        draft
        for item, tags, pointer, inherited in _walk(data, [], "", list(schemes))
        if (draft := reader.read(item, tags, pointer, inherited)) is not None
    ]
    info = mapping_of(data.get("info"))
    version = info.get("version")
    drafted = DraftDocument(
        title=text_of(info.get("name")),
        version=text_of(version) or "1",
        drafts=drafts,
        servers=tuple(reader.servers),
        security=reader.schemes,
        description=_description(info.get("description")),
    )
    return drafted, tuple(reader.warnings)


Entry = tuple[dict[str, Any], list[str], str, list[str]]


def _walk(
    node: dict[str, Any], tags: list[str], pointer: str, inherited: list[str]
) -> Iterator[Entry]:
    for index, item in enumerate(list_of(node.get("item"))):
        if not isinstance(item, dict):
            continue
        here = f"{pointer}/item/{index}"
        own = inherited if item.get("auth") is None else list(_security(item.get("auth")))
        if isinstance(item.get("item"), list):
            yield from _walk(item, [*tags, text_of(item.get("name"))], here, own)
        else:
            yield item, tags, here, own


@dataclass
class _Reader:
    name: str
    variables: dict[str, str]
    servers: list[str] = field(default_factory=list)
    schemes: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)

    def read(
        self, item: dict[str, Any], tags: list[str], pointer: str, inherited: list[str]
    ) -> DraftOperation | None:
        """Read one request with its saved responses; None when it has no usable URL."""
        request = item.get("request")
        if isinstance(request, str):
            request = {"url": request, "method": "GET"}
        request = mapping_of(request)
        method = text_of(request.get("method")).upper() or "GET"
        located = self.locate(request.get("url"))
        if located is None or not _METHOD.fullmatch(method):
            self.warnings.append(
                DocumentWarning(
                    slug="unreadable-request",
                    document=self.name,
                    pointer=f"{pointer}/request",
                    severity="low",
                    summary=f"The request {text_of(item.get('name'))[:80]!r} has "
                    "no usable method and URL; left out.",
                )
            )
            return None
        path, parameters = located
        draft = DraftOperation(
            method=method,
            path=path,
            summary=text_of(item.get("name")),
            description=_description(request.get("description"))
            or _description(item.get("description")),
            tags=[tag for tag in tags if tag],
            parameters=parameters + _headers(request.get("header")),
            request=_body(request.get("body")),
            security=self.security(request.get("auth"), inherited),
        )
        self.add_responses(draft, item, pointer)
        return draft

    def security(self, auth: Any, inherited: list[str]) -> list[str]:
        """Names of the schemes of a request."""
        if auth is None:
            return inherited
        own = _security(auth)
        self.schemes |= own
        return list(own)

    def add_responses(self, draft: DraftOperation, item: dict[str, Any], pointer: str) -> None:
        """Take the saved responses as answers, and their requests as further examples."""
        for index, entry in enumerate(list_of(item.get("response"))):
            response = mapping_of(entry)
            code = text_of(response.get("code"))
            if not re.fullmatch(r"[1-5]\d\d", code):
                self.warnings.append(
                    DocumentWarning(
                        slug="unreadable-response",
                        document=self.name,
                        pointer=f"{pointer}/response/{index}",
                        severity="info",
                        summary="A saved response has no status code; left out.",
                    )
                )
                continue
            answer = draft.answers.setdefault(
                code, DraftBody(description=text_of(response.get("name")))
            )
            value = _parse(text_of(response.get("body")))
            if value is not _NOTHING and value not in answer.examples:
                answer.examples.append(value)
            original = _body(mapping_of(response.get("originalRequest")).get("body"))
            if original and code.startswith("2"):
                if draft.request is None:
                    draft.request = original
                else:
                    draft.request.examples += [
                        value for value in original.examples if value not in draft.request.examples
                    ]

    def locate(self, url: Any) -> tuple[str, list[dict[str, Any]]] | None:
        """Return path template and parameters of a URL in any of its forms; note its server."""
        node = mapping_of(url)
        raw = url if isinstance(url, str) else text_of(node.get("raw"))
        if not raw and node:
            raw = _join_url(node)
        if not raw:
            return None
        raw, _, query = raw.partition("?")
        filled = self.fill(raw)
        try:
            parts = urlsplit(filled if "://" in filled else f"//{filled.lstrip('/')}")
        except ValueError:
            return None
        if "://" in filled:
            base_path = self.base_path(raw)
            self.note_server(f"{parts.scheme}://{parts.netloc}{base_path}")
            path = parts.path.removeprefix(base_path) if base_path else parts.path
        elif raw.startswith("/"):
            path = "/" + filled.lstrip("/")
        else:
            path = parts.path
        path = re.sub(r"/:([A-Za-z_][\w-]*)", r"/{\1}", _VARIABLE.sub(r"{\1}", path))
        return _with_slash(unquote(path)), _parameters(node, query)

    def base_path(self, raw: str) -> str:
        """Path of the URL that a leading variable such as `{{baseUrl}}` stands for."""
        match = _VARIABLE.match(raw)
        value = self.variables.get(match[1], "") if match else ""
        return urlsplit(value).path.rstrip("/") if "://" in value else ""

    def note_server(self, url: str) -> None:
        """Remember a base URL."""
        if "{" not in url and url not in self.servers:
            self.servers.append(url)

    def fill(self, text: str) -> str:
        """Replace a leading variable of the collection by its value; others stay."""
        match = _VARIABLE.match(text)
        if match is None:
            return text
        value = self.variables.get(match[1], "")
        rest = text[match.end() :]
        return (value.rstrip("/") if value else "{" + match[1] + "}") + rest


_NOTHING = object()


def _variables(entries: Any) -> dict[str, str]:
    return {
        text_of(item.get("key") or item.get("id")): text_of(item.get("value"))
        for item in map(mapping_of, list_of(entries))
    }


def _join_url(node: dict[str, Any]) -> str:
    host = node.get("host")
    path = node.get("path")
    where = ".".join(map(text_of, host)) if isinstance(host, list) else text_of(host)
    segments = [
        text_of(part.get("value")) if isinstance(part, dict) else text_of(part)
        for part in (path if isinstance(path, list) else [path])
    ]
    scheme = text_of(node.get("protocol"))
    prefix = f"{scheme}://" if scheme and "{{" not in where else ""
    return f"{prefix}{where}/{'/'.join(segment for segment in segments if segment)}"


def _with_slash(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _parameters(node: dict[str, Any], query: str) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for where, entries in (("query", node.get("query")), ("path", node.get("variable"))):
        for item in map(mapping_of, list_of(entries)):
            name = text_of(item.get("key") or item.get("id"))
            if name:
                found[where, name] = _parameter(name, where, item)
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not name.startswith("{{"):
            found.setdefault(("query", name), _parameter(name, "query", {"value": value}))
    return list(found.values())


def _parameter(name: str, where: str, item: dict[str, Any]) -> dict[str, Any]:
    description = _description(item.get("description"))
    value = text_of(item.get("value"))
    parameter: dict[str, Any] = {"name": name, "in": where, "schema": {"type": "string"}}
    if where == "path" or "(required)" in description.lower():
        parameter["required"] = True
    if description:
        parameter["description"] = description
    if value and not value.startswith(("<", "{{")):
        parameter["example"] = value
    return parameter


def _headers(entries: Any) -> list[dict[str, Any]]:
    return [
        _parameter(text_of(item.get("key")), "header", item)
        for item in map(mapping_of, list_of(entries))
        if text_of(item.get("key")) and text_of(item.get("key")).lower() not in _IGNORED_HEADERS
    ]


def _body(body: Any) -> DraftBody | None:
    node = mapping_of(body)
    mode = text_of(node.get("mode"))
    if mode == "raw" and text_of(node.get("raw")):
        value = _parse(text_of(node.get("raw")))
        if value is _NOTHING:
            return DraftBody(media_type="text/plain", examples=[text_of(node.get("raw"))])
        return DraftBody(examples=[value])
    if mode in {"urlencoded", "formdata"}:
        fields = {
            text_of(item.get("key")): text_of(item.get("value"))
            for item in map(mapping_of, list_of(node.get(mode)))
            if text_of(item.get("key"))
        }
        kind = "multipart/form-data" if mode == "formdata" else "application/x-www-form-urlencoded"
        return DraftBody(media_type=kind, examples=[fields]) if fields else None
    return None


def _parse(text: str) -> Any:
    if not text.strip():
        return _NOTHING
    for attempt in (text, _BARE_VARIABLE.sub("null", text)):
        try:
            return load_json(attempt, "body")
        except DescriptionError:
            continue
    return _NOTHING


def _description(value: Any) -> str:
    return text_of(value.get("content")) if isinstance(value, dict) else text_of(value)


def _security(auth: Any) -> dict[str, dict[str, Any]]:
    node = mapping_of(auth)
    kind = text_of(node.get("type"))
    detail = node.get(kind)
    options = (
        {text_of(mapping_of(item).get("key")): mapping_of(item).get("value") for item in detail}
        if isinstance(detail, list)
        else mapping_of(detail)
    )
    match kind:
        case "bearer" | "basic":
            return {kind: {"type": "http", "scheme": kind}}
        case "apikey":
            place = text_of(options.get("in")) or "header"
            key = text_of(options.get("key")) or "X-Api-Key"
            return {"apiKey": {"type": "apiKey", "in": place, "name": key}}
        case "oauth2":
            url = text_of(options.get("accessTokenUrl"))
            flow = {"tokenUrl": url or "/token", "scopes": {}}
            return {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    return {}
