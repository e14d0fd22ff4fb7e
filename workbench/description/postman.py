"""Postman collections: folders, variables, requests, saved responses as examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.path_templates import make_template
from workbench.description.payload_text import Lookup, fill
from workbench.description.postman_bodies import media_type_of, request_body, text_body
from workbench.description.postman_versions import is_old_collection, renew, unwrap
from workbench.model import DocumentWarning, list_of, mapping_of, text_of
from workbench.secrecy import is_secret_name
from workbench.vocabulary import names_an_id

_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_LONGEST_VALUE = 500  # of a variable that is put into a text
_LONGEST_URL = 8_000
_TEMPLATE = re.compile(r"\{([^{}]+)\}")
_METHOD = re.compile(r"[A-Za-z]{3,10}")
_IGNORED_HEADERS = frozenset(
    {"content-type", "accept", "authorization", "user-agent", "host", "content-length"}
)


def is_postman(data: Any) -> bool:
    """Whether this is a Postman collection of any format."""
    node = unwrap(mapping_of(data))
    info = mapping_of(node.get("info"))
    schema = text_of(info.get("schema"))
    has_items = isinstance(node.get("item"), list)
    return is_old_collection(node) or (
        has_items and ("postman" in schema or "_postman_id" in info or "name" in info)
    )


def postman_version(data: dict[str, Any]) -> str:
    """Return `1.0`, `2.0` or `2.1`, from the schema that the collection names."""
    node = unwrap(data)
    if is_old_collection(node):
        return "1.0"
    found = re.search(r"/v(\d+\.\d+)", text_of(mapping_of(node.get("info")).get("schema")))
    return found[1] if found else "2.1"


def read_postman(
    data: dict[str, Any], name: str, environment: Mapping[str, str] | None = None
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a collection into a drafted document; folders become tags.

    Args:
        data: The collection, as the guard read it.
        name: Document name, for the warnings.
        environment: Variables of an environment file; they win over those of the collection.
    """
    data = unwrap(data)
    if is_old_collection(data):
        data = renew(data)
    reader = _Reader(name, variables_of(data.get("variable")) | dict(environment or {}))
    drafts = [
        draft
        for item, tags, pointer, inherited in reader.walk(
            data, [], "", reader.add(data.get("auth"))
        )
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


@dataclass
class _Reader:
    name: str
    variables: dict[str, str]
    servers: list[str] = field(default_factory=list)
    schemes: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)

    def walk(
        self, node: dict[str, Any], tags: list[str], pointer: str, inherited: list[str]
    ) -> Iterator[Entry]:
        """Every request with its folders, its place, and the schemes that it inherits."""
        for index, item in enumerate(list_of(node.get("item"))):
            if not isinstance(item, dict):
                continue
            here = f"{pointer}/item/{index}"
            own = inherited if item.get("auth") is None else self.add(item.get("auth"))
            if isinstance(item.get("item"), list):
                yield from self.walk(item, [*tags, text_of(item.get("name"))], here, own)
            else:
                yield item, tags, here, own

    def add(self, auth: Any) -> list[str]:
        """Remember how a part of the collection logs in; the names of its schemes."""
        names = []
        for name, scheme in _security(auth).items():
            number, wanted = 1, name
            while self.schemes.get(name, scheme) != scheme:
                number += 1
                name = f"{wanted}-{number}"  # noqa: PLW2901 - the next free name
            self.schemes[name] = scheme
            names.append(name)
        return names

    def lookup(self, name: str) -> str | None:
        """The value of a variable; None for an unknown, empty or secret one."""
        value = self.variables.get(name) or None
        is_long = value is not None and len(value) > _LONGEST_VALUE
        return None if is_long or is_secret_name(name) else value

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
            request=request_body(request.get("body"), request.get("header"), self.lookup),
            security=self.security(request.get("auth"), inherited),
        )
        self.add_responses(draft, item, pointer)
        return draft

    def security(self, auth: Any, inherited: list[str]) -> list[str]:
        """Names of the schemes of a request."""
        if auth is None:
            return inherited
        return self.add(auth)

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
            words = text_of(response.get("name"))
            answer = draft.answers.setdefault(code, DraftBody(description=words))
            stated = media_type_of(response.get("header"))
            body = text_body(
                text_of(response.get("body")), stated or _previewed(response), self.lookup
            )
            if body is not None:
                answer.add(body)
            request = mapping_of(response.get("originalRequest"))
            original = request_body(request.get("body"), request.get("header"), self.lookup)
            if original and code.startswith("2"):
                if draft.request is None:
                    draft.request = original
                else:
                    draft.request.add(original)

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
            host = parts.netloc.rpartition("@")[2]
        except ValueError:
            return None
        if "://" in filled:
            base_path = self.base_path(raw)
            self.note_server(f"{parts.scheme}://{host}{base_path}")
            path = parts.path.removeprefix(base_path) if base_path else parts.path
        elif raw.startswith("/"):
            path = "/" + filled.lstrip("/")
        else:
            path = parts.path
        path = re.sub(r"/:([A-Za-z_][\w-]*)", r"/{\1}", _VARIABLE.sub(r"{\1}", path))
        path, ids = make_template(path, is_recorded=False)
        parameters = _parameters(node, query, self.lookup)
        parameters += [_parameter(name, "path", {"value": value}) for name, value in ids.items()]
        known = {item["name"] for item in parameters if item["in"] == "path"}
        for name in _TEMPLATE.findall(path):
            value = self.lookup(name)
            if value and name not in known:
                parameters.append(_parameter(name, "path", {"value": value}))
        return _with_slash(unquote(path)), parameters

    def base_path(self, raw: str) -> str:
        """Path of the URL that a leading variable such as `{{baseUrl}}` stands for."""
        match = _VARIABLE.match(raw)
        value = self.fill(match[0]) if match else ""
        return urlsplit(value).path.rstrip("/") if "://" in value else ""

    def note_server(self, url: str) -> None:
        """Remember a base URL."""
        if "{" not in url and url not in self.servers:
            self.servers.append(url)

    def fill(self, text: str) -> str:
        """Replace known variables; one that stands for an id in a path stays a parameter."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            known = self.lookup(name)
            is_leading = match.start() == 0
            if known is None:
                return "{" + name + "}"
            if not is_leading and text[match.start() - 1] == "/" and names_an_id(name):
                return "{" + name + "}" if "://" in text[: match.start()] else match[0]
            return known.rstrip("/") if is_leading else known

        filled = text[:_LONGEST_URL]
        for _ in range(3):  # variables may hold variables
            text = filled
            filled = _VARIABLE.sub(value, text)
            if filled == text or len(filled) > _LONGEST_URL:
                break
        return filled


def variables_of(entries: Any) -> dict[str, str]:
    """Variable → value, of a collection or an environment; switched off ones are left out."""
    return {
        text_of(item.get("key") or item.get("id")): text_of(item.get("value"))
        for item in map(mapping_of, list_of(entries))
        if item.get("enabled") is not False and item.get("disabled") is not True
    }


def _previewed(response: dict[str, Any]) -> str:
    language = text_of(response.get("_postman_previewlanguage")).lower()
    return {"json": "application/json", "xml": "application/xml"}.get(language, "")


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


def _parameters(node: dict[str, Any], query: str, lookup: Lookup) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for where, entries in (("query", node.get("query")), ("path", node.get("variable"))):
        for item in map(mapping_of, list_of(entries)):
            name = text_of(item.get("key") or item.get("id"))
            if name and not name.startswith("{{"):
                stated = {**item, "value": fill(text_of(item.get("value")), lookup)}
                found[where, name] = _parameter(name, where, stated)
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not name.startswith("{{"):
            filled: dict[str, Any] = {"value": fill(value, lookup)}
            found.setdefault(("query", name), _parameter(name, "query", filled))
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
