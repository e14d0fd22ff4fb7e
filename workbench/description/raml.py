"""RAML 0.8 and 1.0 → drafts: nested resources, parameters, bodies, answers, types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning, list_of, mapping_of, text_of

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"}, "number": {"type": "number"}, "integer": {"type": "integer"},
    "boolean": {"type": "boolean"}, "object": {"type": "object"}, "array": {"type": "array"},
    "any": {}, "nil": {"type": "null"}, "file": {"type": "string", "format": "binary"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-only": {"type": "string", "format": "date"},
    "time-only": {"type": "string", "format": "time"},
    "datetime-only": {"type": "string"},
}  # fmt: skip
_KEPT = ("enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "format", "default")
_NOT_FOLLOWED = ("traits", "resourceTypes", "uses", "extends")
_DEEPEST = 40
_MOST_EXPANDED = 20_000  # type expressions of one document that are written out


def read_raml(
    data: dict[str, Any], version: str, name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a RAML document into a drafted document.

    Args:
        data: The document, as the guard read it.
        version: As its first line states.
        name: Document name, for the warnings.
    """
    reader = _Reader(data)
    drafts = list(reader.resources(data, "", (), []))
    base = text_of(data.get("baseUri")).replace("{version}", text_of(data.get("version")))
    left = [key for key in _NOT_FOLLOWED if key in data]
    warnings = [
        DocumentWarning(
            slug="raml-left-out",
            document=name,
            pointer=f"/{key}",
            severity="medium",
            summary=f"`{key}` of RAML {version} is not followed: what it adds is missing.",
            hint="Ask the partner for the OpenAPI document made of it.",
        )
        for key in left
    ]
    drafted = DraftDocument(
        title=text_of(data.get("title")),
        version=text_of(data.get("version")) or "1",
        drafts=drafts,
        servers=(base.rstrip("/"),) if "://" in base and "{" not in base else (),
        security=dict(_schemes(data.get("securitySchemes"))),
        description=text_of(data.get("description")),
    )
    return drafted, tuple(warnings)


class _Reader:
    def __init__(self, data: dict[str, Any]) -> None:
        stated = data.get("types") or data.get("schemas")
        entries = stated if isinstance(stated, list) else [stated]
        self.spent = 0
        self.types = {key: value for item in entries for key, value in mapping_of(item).items()}

    def resources(
        self, node: dict[str, Any], path: str, tags: tuple[str, ...], above: list[dict[str, Any]]
    ) -> Iterator[DraftOperation]:
        """Yield the operations of a resource and of those below it."""
        if path.count("/") > _DEEPEST:
            return
        inherited = [*above, *self.parameters(node.get("uriParameters"), "path")]
        for method in _METHODS:
            if method in node:
                yield self.operation(method, path, tags, mapping_of(node[method]), inherited)
        for key, child in node.items():
            if key.startswith("/"):
                below = mapping_of(child)
                name = text_of(below.get("displayName")) or key.strip("/")
                yield from self.resources(below, path + key, tags or (name,), inherited)

    def operation(
        self,
        method: str,
        path: str,
        tags: tuple[str, ...],
        node: dict[str, Any],
        inherited: list[dict[str, Any]],
    ) -> DraftOperation:
        """Read one method of a resource."""
        draft = DraftOperation(
            method=method.upper(),
            path=re.sub(r"/{2,}", "/", path) or "/",
            summary=text_of(node.get("displayName")),
            description=text_of(node.get("description")),
            tags=list(tags),
            parameters=[
                *inherited,
                *self.parameters(node.get("queryParameters"), "query"),
                *self.parameters(node.get("headers"), "header"),
            ],
            request=self.body(node.get("body")),
        )
        for status, answer in mapping_of(node.get("responses")).items():
            if re.fullmatch(r"[1-5]\d\d", status):
                body = self.body(mapping_of(answer).get("body")) or DraftBody()
                body.description = text_of(mapping_of(answer).get("description"))
                draft.answers[status] = body
        return draft

    def parameters(self, node: Any, place: str) -> list[dict[str, Any]]:
        """Named parameters as OpenAPI parameter objects."""
        found = []
        for key, stated in mapping_of(node).items():
            described = mapping_of(stated)
            found.append(
                {
                    "name": key.removesuffix("?"),
                    "in": place,
                    "required": place == "path" or (described.get("required") is True),
                    "description": text_of(described.get("description")),
                    "schema": self.schema(stated, 1),
                }
            )
        return found

    def body(self, node: Any) -> DraftBody | None:
        """The JSON body among those stated, else the first."""
        stated = mapping_of(node)
        if not stated:
            return None
        kinds = {key: value for key, value in stated.items() if "/" in key}
        key = next(
            (kind for kind in kinds if "json" in kind), next(iter(kinds), "application/json")
        )
        content = mapping_of(kinds.get(key)) if kinds else stated
        body = DraftBody(media_type=key)
        examples = [content.get("example"), *mapping_of(content.get("examples")).values()]
        body.examples = [_value(item) for item in examples if item is not None]
        if any(word in content for word in ("type", "schema", "properties", "items")):
            body.schema = self.schema(content, 1)
        return body

    def schema(self, stated: Any, depth: int) -> dict[str, Any]:
        """A type expression or declaration as JSON Schema."""
        self.spent += 1
        if depth > _DEEPEST or self.spent > _MOST_EXPANDED:
            return {}
        if isinstance(stated, str):
            return self.named(stated.strip(), depth)
        node = mapping_of(stated)
        written = node.get("type", node.get("schema"))
        written = "object" if written is None and "properties" in node else written
        base: dict[str, Any] = {"type": "string"}
        if written is not None:
            base = self.schema(written, depth + 1)
        base = base | {key: node[key] for key in _KEPT if key in node}
        if "items" in node:
            base["items"] = self.schema(node["items"], depth + 1)
        properties = mapping_of(node.get("properties"))
        if properties:
            own = {
                key.removesuffix("?"): self.schema(value, depth + 1)
                for key, value in properties.items()
            }
            base["properties"] = {**mapping_of(base.get("properties")), **own}
            required = [
                key
                for key, value in properties.items()
                if not key.endswith("?") and mapping_of(value).get("required") is not False
            ]
            base["required"] = list(dict.fromkeys([*list_of(base.get("required")), *required]))
        if text_of(node.get("description")):
            base["description"] = text_of(node.get("description"))
        return base

    def named(self, text: str, depth: int) -> dict[str, Any]:
        """A name, `Name[]`, `a | b`, or JSON Schema written out."""
        if text.startswith("{"):
            value = _value(text)
            return value if isinstance(value, dict) else {}
        if "|" in text:
            return {"anyOf": [self.named(part.strip(), depth + 1) for part in text.split("|")[:20]]}
        if text.endswith("[]"):
            return {"type": "array", "items": self.named(text[:-2].strip("() "), depth + 1)}
        if text in _TYPES:
            return dict(_TYPES[text])
        return self.schema(self.types[text], depth + 1) if text in self.types else {}


def _schemes(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = node if isinstance(node, list) else [node]
    for key, stated in [pair for item in entries for pair in mapping_of(item).items()]:
        kind = text_of(mapping_of(stated).get("type"))
        described = mapping_of(mapping_of(stated).get("describedBy"))
        if kind == "OAuth 2.0":
            settings = mapping_of(mapping_of(stated).get("settings"))
            url = text_of(settings.get("accessTokenUri")) or "/token"
            flow = {"tokenUrl": url, "scopes": {}}
            yield key, {"type": "oauth2", "flows": {"clientCredentials": flow}}
        elif kind == "Basic Authentication":
            yield key, {"type": "http", "scheme": "basic"}
        elif kind in {"Pass Through", "x-custom"} or kind.startswith("x-"):
            for place, word in (("headers", "header"), ("queryParameters", "query")):
                for name in list(mapping_of(described.get(place)))[:1]:
                    yield key, {"type": "apiKey", "in": word, "name": name}


def _value(example: Any) -> Any:
    if isinstance(example, dict) and "value" in example and len(example) <= 4:
        example = example["value"]
    if isinstance(example, str) and example.lstrip()[:1] in {"{", "["}:
        try:
            return load_json(example, "example")
        except DescriptionError:
            return example
    return example
