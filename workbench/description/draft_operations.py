"""Operations as they come out of prose, collections and traffic, and OpenAPI 3.1 made of them.

Formats without schemas are first read into drafts; the generated document is then read like
any other, so that all formats end in the same shape and schemathesis can run on all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.description.dialect import DIALECTS
from workbench.description.inference import infer_schema
from workbench.description.openapi import Contents, read_openapi

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_ROOT = re.compile(r"\s*(?:<\?[^>]*\?>\s*)?<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")  # of an XML text
_MOST_EXAMPLES = 20  # of one payload; recorded traffic repeats itself
_JSON = "application/json"
_METHODS = frozenset(DIALECTS["3.1"].methods)


@dataclass
class DraftBody:
    """A body: its media type, its examples, and a schema where one is described.

    `shapes` are what a schema is inferred from, where the examples alone would mislead.
    """

    media_type: str = _JSON
    examples: list[Any] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    description: str = ""
    shapes: list[Any] = field(default_factory=list)

    def add(self, other: DraftBody) -> None:
        """Take the examples of another body of the same message; the first media type counts."""
        if not self.examples and self.schema is None:
            self.media_type, self.schema = other.media_type, other.schema
        room = _MOST_EXAMPLES - len(self.examples)
        if self.shapes or other.shapes or not self.examples:
            self.shapes = [*(self.shapes or self.examples), *(other.shapes or other.examples)]
        self.examples += [value for value in other.examples if value not in self.examples][:room]
        self.schema = self.schema or other.schema


@dataclass
class DraftOperation:
    """One operation or event; for an event `path` is its name.

    `parameters` are OpenAPI parameter objects; `answers` are keyed by status.
    """

    method: str
    path: str
    summary: str = ""
    description: str = ""
    tags: list[str] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    request: DraftBody | None = None
    answers: dict[str, DraftBody] = field(default_factory=dict)
    security: list[str] | None = None
    source: str = ""  # empty for an operation, else `webhook` or `path`
    is_sender_stated: bool = False  # whether the words about an event say plainly who sends it

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same as another one."""
        return self.source, self.method.upper(), self.path


@dataclass(frozen=True)
class DraftDocument:
    """A whole document made of drafts."""

    title: str
    version: str
    drafts: Sequence[DraftOperation]
    servers: Sequence[str] = ()
    security: dict[str, dict[str, Any]] = field(default_factory=dict)
    description: str = ""
    server_names: Mapping[str, str] = field(default_factory=dict)  # URL → its environment


def merge_drafts(drafts: Sequence[DraftOperation]) -> list[DraftOperation]:
    """Join drafts of the same operation: first words win, examples add up."""
    merged: dict[tuple[str, str, str], DraftOperation] = {}
    for draft in drafts:
        known = merged.setdefault(draft.key, draft)
        if known is draft:
            continue
        names = {(item["name"], item["in"]) for item in known.parameters}
        known.parameters += [
            item for item in draft.parameters if (item["name"], item["in"]) not in names
        ]
        known.request = _join(known.request, draft.request)
        for status, payload in draft.answers.items():
            known.answers[status] = _join(known.answers.get(status), payload) or payload
    return list(merged.values())


def _join(one: DraftBody | None, other: DraftBody | None) -> DraftBody | None:
    if one is None or other is None:
        return one or other
    one.add(other)
    return one


def generate_openapi(drafted: DraftDocument) -> dict[str, Any]:
    """Make a minimal valid OpenAPI 3.1 document with the same operations and events."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": drafted.title or "API", "version": drafted.version or "1"},
        "paths": {},
    }
    if drafted.description:
        document["info"]["description"] = drafted.description
    if drafted.servers:
        document["servers"] = [
            {"url": url, "description": drafted.server_names[url]}
            if drafted.server_names.get(url)
            else {"url": url}
            for url in dict.fromkeys(drafted.servers)
        ]
    if drafted.security:
        document["components"] = {"securitySchemes": drafted.security}
        document["security"] = [{name: []} for name in drafted.security]
    for draft in merge_drafts(drafted.drafts):
        method = draft.method.lower()
        if draft.source:
            hooks = document.setdefault("webhooks", {})
            name = f"{draft.method} {draft.path}" if draft.source == "path" else draft.path
            hooks.setdefault(name, {})[method if method in _METHODS else "post"] = _operation(
                draft, is_event=True
            )
        elif method in _METHODS:
            document["paths"].setdefault(draft.path, {})[method] = _operation(draft)
    return document


def read_draft(drafted: DraftDocument, name: str) -> tuple[dict[str, Any], Contents]:
    """Generate the OpenAPI document of a drafted document and read it; return both."""
    document = generate_openapi(drafted)
    contents = read_openapi(document, DIALECTS["3.1"], name)
    listed = {
        f"{draft.method} {draft.path}": draft.is_sender_stated
        for draft in drafted.drafts
        if draft.source == "path"
    }
    # An event that stands among the paths has the source, and so the id, of its format.
    contents.events = [
        event.model_copy(
            update={"source": "path", "id": event.name, "is_sender_stated": listed[event.name]}
        )
        if event.name in listed
        else event
        for event in contents.events
    ]
    return document, contents


def _operation(draft: DraftOperation, *, is_event: bool = False) -> dict[str, Any]:
    parameters = list(draft.parameters)
    if not is_event:
        declared = {item["name"] for item in parameters if item["in"] == "path"}
        used = dict.fromkeys(_VARIABLE.findall(draft.path))
        parameters = [item for item in parameters if item["in"] != "path" or item["name"] in used]
        parameters += [
            {"name": item, "in": "path", "required": True, "schema": {"type": "string"}}
            for item in used
            if item not in declared
        ]
    node: dict[str, Any] = {
        "summary": draft.summary,
        "description": draft.description,
        "tags": draft.tags,
        "parameters": parameters,
    }
    node = {key: value for key, value in node.items() if value}
    if is_event:
        node["security"] = []
    elif draft.security is not None:
        node["security"] = [{item: []} for item in draft.security]
    if draft.request is not None:
        node["requestBody"] = {"required": True, "content": _content(draft.request)}
    node["responses"] = {status: _answer(payload) for status, payload in draft.answers.items()} or {
        "default": {"description": "Not documented."}
    }
    return node


def _answer(payload: DraftBody) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": payload.description or "As documented."}
    if payload.examples or payload.schema is not None:
        answer["content"] = _content(payload)
    return answer


def _content(payload: DraftBody) -> dict[str, Any]:
    schema = (
        payload.schema
        if payload.schema is not None
        else infer_schema(payload.shapes or payload.examples)
    )
    root = _ROOT.match(str(payload.examples[0])) if payload.examples else None
    if root and schema and "xml" in payload.media_type:
        schema = schema | {"xml": {"name": root[1]}}
    media: dict[str, Any] = {"schema": schema}
    if payload.examples:
        media["examples"] = {
            f"example-{number}": {"value": value}
            for number, value in enumerate(payload.examples, start=1)
        }
    return {payload.media_type: media}
