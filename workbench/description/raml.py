"""RAML 0.8 and 1.0 → drafts: nested resources, parameters, bodies, answers, types.

Files that it includes are put in by `raml_files`, traits and resource types by `raml_templates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.description.guard import load_json
from workbench.description.raml_templates import METHODS, Templates, named_entries
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning, list_of, mapping_of, text_of

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
    drafted = DraftDocument(
        title=text_of(data.get("title")),
        version=text_of(data.get("version")) or "1",
        drafts=drafts,
        servers=(base.rstrip("/"),) if "://" in base and "{" not in base else (),
        security=reader.schemes,
        description=text_of(data.get("description")),
    )
    return drafted, tuple(_left_out(data, reader, version, name))


def _left_out(
    data: dict[str, Any], reader: _Reader, version: str, name: str
) -> Iterator[DocumentWarning]:
    told = []
    if "extends" in data:
        what = f"`extends` of RAML {version} is not followed: what it adds is missing."
        told.append(("/extends", what, "Give the document that it extends, too."))
    if reader.templates.unknown:
        names = ", ".join(list(reader.templates.unknown)[:8])[:160]
        what = f"Traits or resource types are used and nowhere declared: {names}."
        told.append(("", what, "Ask the partner for the whole folder of the document."))
    if reader.templates.is_spent or reader.spent > _MOST_EXPANDED:
        what = "What its types, traits and resource types write out to was cut."
        told.append(("", what, "Ask the partner for the OpenAPI document made of it."))
    for pointer, summary, hint in told:
        yield DocumentWarning(
            slug="raml-left-out",
            document=name,
            pointer=pointer,
            severity="medium",
            summary=summary,
            hint=hint,
        )


class _Reader:
    def __init__(self, data: dict[str, Any]) -> None:
        self.spent = 0
        self.types = named_entries(data.get("schemas")) | named_entries(data.get("types"))
        self.templates = Templates(
            named_entries(data.get("traits")), named_entries(data.get("resourceTypes"))
        )
        self.media_type = _media_type(data.get("mediaType"))
        self.secured = data.get("securedBy")
        self.schemes = dict(_schemes(data.get("securitySchemes")))

    def resources(
        self, node: dict[str, Any], path: str, tags: tuple[str, ...], above: list[dict[str, Any]]
    ) -> Iterator[DraftOperation]:
        """Yield the operations of a resource and of those below it."""
        if path.count("/") > _DEEPEST:
            return
        node = self.templates.resource(node, path)
        inherited = [*above, *self.parameters(node.get("uriParameters"), "path")]
        for method in METHODS:
            if method in node:
                own = {"securedBy": node.get("securedBy", self.secured), **mapping_of(node[method])}
                yield self.operation(method, path, tags, own, inherited)
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
            security=self.logins(node.get("securedBy")),
        )
        for status, answer in mapping_of(node.get("responses")).items():
            if re.fullmatch(r"[1-5]\d\d", status):
                body = self.body(mapping_of(answer).get("body")) or DraftBody()
                body.description = text_of(mapping_of(answer).get("description"))
                draft.answers[status] = body
        return draft

    def logins(self, node: Any) -> list[str] | None:
        """The first login that is stated, by its name; empty where calls are open."""
        if node is None:
            return None
        for item in node if isinstance(node, list) else [node]:
            name = item if isinstance(item, str) else next(iter(mapping_of(item)), "")
            if name in self.schemes or name in {"", "null"}:
                return [name] if name in self.schemes else []
        return None

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
        if isinstance(node, str):  # a type alone
            return DraftBody(media_type=self.media_type, schema=self.schema(node, 1))
        stated = mapping_of(node)
        if not stated:
            return None
        kinds = {key: value for key, value in stated.items() if "/" in key}
        key = next((kind for kind in kinds if "json" in kind), next(iter(kinds), self.media_type))
        content = kinds.get(key) if kinds else stated
        content = {"type": content} if isinstance(content, str | list) else mapping_of(content)
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
        if isinstance(stated, list):  # a type that has several above it
            return _joined([self.schema(item, depth + 1) for item in stated[:20]])
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
        """A name, `Name[]`, `Name?`, `a | b`, any of these in brackets, or JSON Schema."""
        if text.startswith("{"):
            value = _value(text)
            return value if isinstance(value, dict) else {}
        parts = _alternatives(text)
        if len(parts) > 1:
            return {"anyOf": [self.schema(part, depth + 1) for part in parts]}
        if text.endswith("[]"):
            return {"type": "array", "items": self.schema(text[:-2], depth + 1)}
        if text.endswith("?"):
            return {"anyOf": [self.schema(text[:-1], depth + 1), {"type": "null"}]}
        if text.startswith("(") and text.endswith(")"):
            return self.schema(text[1:-1], depth + 1)
        if text in _TYPES:
            return dict(_TYPES[text])
        return self.schema(self.types[text], depth + 1) if text in self.types else {}


def _alternatives(text: str) -> list[str]:
    """The parts of a union that are not inside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and depth == 0 and len(parts) < 20:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _joined(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """One object with the members of all."""
    whole: dict[str, Any] = {}
    for schema in schemas:
        properties = {**mapping_of(whole.get("properties")), **mapping_of(schema.get("properties"))}
        required = [*list_of(whole.get("required")), *list_of(schema.get("required"))]
        whole = {**whole, **schema}
        if properties:
            whole |= {"properties": properties, "required": list(dict.fromkeys(required))}
    return whole


def _media_type(node: Any) -> str:
    stated = [text_of(item) for item in (node if isinstance(node, list) else [node])]
    json_first = sorted(filter(None, stated), key=lambda item: "json" not in item)
    return next(iter(json_first), "application/json")


def _schemes(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, stated in named_entries(node).items():
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
