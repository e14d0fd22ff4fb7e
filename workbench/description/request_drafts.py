"""Requests as REST clients keep them → drafts: one way for Insomnia, Bruno and HTTP files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.description.targets import read_target
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning

_METHOD = re.compile(r"[A-Za-z]{3,10}")
_BARE_VARIABLE = re.compile(r"(?<=[:\[,])\s*\{\{[^{}]*\}\}\s*(?=[,\]}])")
_PLAIN_HEADERS = frozenset(
    {"content-type", "accept", "authorization", "user-agent", "host", "content-length", "cookie"}
)
_NAME = re.compile(r"[A-Za-z][\w-]{0,80}")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class SavedRequest:
    """One request of a client, as it is saved.

    `auth` is how it logs in: `bearer`, `basic`, `apikey`, `oauth2` or nothing.
    """

    method: str
    url: str
    name: str = ""
    description: str = ""
    folders: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[str, ...] = ()
    body: str = ""
    media_type: str = ""
    form: tuple[str, ...] = ()
    auth: str = ""
    key: tuple[str, str] = ("header", "")
    pointer: str = ""


@dataclass
class RequestBook:
    """The requests of one document."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    drafts: list[DraftOperation] = field(default_factory=list)
    servers: dict[str, None] = field(default_factory=dict)
    security: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: list[DocumentWarning] = field(default_factory=list)

    def add(self, request: SavedRequest) -> None:
        """Take one request; one without usable method and URL is told and left out."""
        method = request.method.upper()
        bases = [value.rstrip("/") for value in self.variables.values() if "://" in value]
        target = read_target(request.url, bases, self.variables)
        if target is None or not _METHOD.fullmatch(method) or not request.url.strip():
            self.warnings.append(
                DocumentWarning(
                    slug="unreadable-request",
                    document=self.name,
                    pointer=request.pointer,
                    severity="low",
                    summary=f"The request {request.name[:80]!r} has no usable method and URL; "
                    "left out.",
                )
            )
            return
        if target.server:
            self.servers.setdefault(target.server)
        names = dict.fromkeys([*(name for name, _ in target.query), *request.query])
        self.drafts.append(
            DraftOperation(
                method=method,
                path=target.path,
                summary=request.name,
                description=request.description,
                tags=[folder for folder in request.folders if folder],
                parameters=[*_parameters(names, "query"), *_parameters(_sent(request), "header")],
                request=_body(request),
                security=self.scheme(request),
            )
        )

    def scheme(self, request: SavedRequest) -> list[str] | None:
        """Name of the security scheme of a request; None where it says nothing."""
        written = {name.lower(): value for name, value in request.headers}.get("authorization", "")
        kind = request.auth or next(
            (word for word in ("bearer", "basic") if word in written.lower()), ""
        )
        match kind:
            case "bearer" | "basic":
                self.security[kind] = {"type": "http", "scheme": kind}
            case "apikey":
                place, key = request.key
                self.security[kind] = {"type": "apiKey", "in": place, "name": key or "X-Api-Key"}
            case "oauth2":
                flow = {"tokenUrl": "/token", "scopes": {}}
                self.security[kind] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
            case _:
                return None
        return [kind]

    def document(self, title: str, description: str = "") -> DraftDocument:
        """The whole as a drafted document."""
        return DraftDocument(
            title=title or self.name,
            version="1",
            drafts=self.drafts,
            servers=tuple(self.servers),
            security=self.security,
            description=description,
        )


def _sent(request: SavedRequest) -> list[str]:
    key = request.key[1].lower() if request.auth == "apikey" else ""
    return [
        name
        for name, _ in request.headers
        if name.lower() not in _PLAIN_HEADERS and name.lower() != key
    ]


def _parameters(names: Iterable[str], place: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": place, "schema": {"type": "string"}}
        for name in names
        if _NAME.fullmatch(name.removesuffix("[]"))
    ]


def _body(request: SavedRequest) -> DraftBody | None:
    kind = request.media_type.partition(";")[0].strip().lower()
    if request.form:
        schema = {
            "type": "object",
            "properties": {name: {"type": "string"} for name in request.form},
        }
        return DraftBody(media_type=kind or _FORM, schema=schema)
    text = request.body.strip()
    if not text:
        return None
    if kind == _FORM:
        names = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
        schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
        return DraftBody(media_type=kind, schema=schema)
    if "json" in kind or not kind or text[:1] in {"{", "["}:
        for attempt in (text, _BARE_VARIABLE.sub("null", text)):
            try:
                return DraftBody(examples=[load_json(attempt, "body")])
            except DescriptionError:
                continue
    return DraftBody(media_type=kind or "text/plain", examples=[text])
