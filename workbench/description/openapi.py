"""OpenAPI 2.0, 3.0, 3.1 and 3.2 read into one shape.

Reads only a bundle: every reference is local and found, or was reported and taken out before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.description.dialect import Dialect, read_form
from workbench.description.openapi_bodies import (
    examples_of,
    media_bodies,
    parameter_bodies,
    response_bodies,
)
from workbench.model import (
    Body,
    DocumentWarning,
    Event,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    follow_reference,
    list_of,
    mapping_of,
    text_of,
    texts_of,
)
from workbench.text import write_pointer, write_token

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_SCHEMA_KEYS = (
    "type",
    "format",
    "enum",
    "items",
    "default",
    "minimum",
    "maximum",
    "pattern",
    "minLength",
    "maxLength",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "uniqueItems",
    "multipleOf",
    "minItems",
    "maxItems",
)
_PLACES = frozenset({"path", "query", "header", "cookie", "querystring"})
_METHOD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass
class Contents:
    """What one document says, while it is read."""

    operations: list[Operation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    security: list[SecurityScheme] = field(default_factory=list)
    warnings: list[DocumentWarning] = field(default_factory=list)
    servers: tuple[str, ...] = ()


def read_openapi(document: dict[str, Any], dialect: Dialect, name: str) -> Contents:
    """Read operations, events and security schemes from a bundled OpenAPI document.

    Args:
        document: The bundle.
        dialect: Its version.
        name: Name of the document, for every item.
    """
    return _Reader(document, dialect, name).read()


def server_urls(document: dict[str, Any], dialect: Dialect) -> tuple[str, ...]:
    """Return the base URLs that a document states, variables replaced by their defaults."""
    if not dialect.inline_bodies:
        return _urls(document.get("servers"))
    host = text_of(document.get("host"))
    base = text_of(document.get("basePath")).rstrip("/")
    if not host:
        return (base,) if base else ()
    schemes = texts_of(document.get("schemes")) or ("https",)
    return tuple(f"{scheme}://{host}{base}" for scheme in schemes)


def _urls(servers: Any) -> tuple[str, ...]:
    urls = []
    for server in list_of(servers):
        variables = mapping_of(mapping_of(server).get("variables"))

        def fill(match: re.Match[str], known: dict[str, Any] = variables) -> str:
            return text_of(mapping_of(known.get(match[1])).get("default")) or match[0]

        url = text_of(mapping_of(server).get("url"))
        if url:
            urls.append(_VARIABLE.sub(fill, url))
    return tuple(urls)


@dataclass(frozen=True)
class _Place:
    """An operation object in a document, with what surrounds it."""

    method: str
    node: dict[str, Any]
    pointer: str
    item: dict[str, Any]
    item_pointer: str


class _Reader:
    def __init__(self, document: dict[str, Any], dialect: Dialect, name: str) -> None:
        self.document = document
        self.dialect = dialect
        self.name = name
        self.contents = Contents(servers=server_urls(document, dialect))
        self.taken: set[str] = set()  # event ids

    def read(self) -> Contents:
        """Read everything."""
        self.read_security()
        paths = self.document.get("paths")
        if paths is not None and not isinstance(paths, dict):
            self.warn("malformed", "/paths", "`paths` is not an object.", "medium")
        for path, item in mapping_of(paths).items():
            if not path.startswith("x-"):
                self.read_path(path, item)
        for key in ("webhooks", "x-webhooks"):
            for hook, item in mapping_of(self.document.get(key)).items():
                self.read_hook("webhook", hook, item, write_token(key) + write_token(hook))
        return self.contents

    def read_path(self, path: str, item: Any) -> None:
        """Read the operations of one path, and the callbacks inside them."""
        for place in self.places(item, f"/paths{write_token(path)}"):
            self.contents.operations.append(self.read_operation(place, path))
            for name, expressions in mapping_of(place.node.get("callbacks")).items():
                pointer = f"{place.pointer}/callbacks{write_token(name)}"
                found, pointer = self.resolve(expressions, pointer)
                for expression, hook in mapping_of(found).items():
                    if not expression.startswith("x-"):
                        origin = f"{place.method} {path}"
                        self.read_hook(
                            "callback", name, hook, pointer + write_token(expression), origin
                        )

    def read_operation(self, place: _Place, path: str) -> Operation:
        """Read one operation."""
        shared = self.shared(place)
        operation_id = text_of(place.node.get("operationId")) or None
        return Operation(
            id=f"{place.method} {path}",
            method=place.method,
            path=path,
            operation_id=operation_id,
            servers=_urls(place.node.get("servers"))
            or _urls(place.item.get("servers"))
            or self.contents.servers,
            **shared,
        )

    def read_hook(self, source: str, name: str, item: Any, pointer: str, origin: str = "") -> None:
        """Read the requests of one webhook or callback as events with ids of their own."""
        for place in self.places(item, pointer):
            event_id = f"{source}:{name}"
            for suffix in (origin, place.method, pointer):
                if event_id in self.taken and suffix:
                    event_id = f"{source}:{name} @ {suffix}"
            if event_id in self.taken:
                continue
            self.taken.add(event_id)
            self.contents.events.append(
                Event(
                    id=event_id, name=name, source=source, method=place.method, **self.shared(place)
                )
            )

    def places(self, item: Any, pointer: str) -> Iterator[_Place]:
        """Yield the operations of a path item, references followed."""
        item, pointer = self.resolve(item, pointer)
        if not isinstance(item, dict):
            self.warn("malformed", pointer, "A path item is not an object.", "medium")
            return
        for method in self.dialect.methods:
            if method in item:
                yield from self.place(
                    method, item[method], pointer + write_token(method), item, pointer
                )
        for method, node in mapping_of(item.get("additionalOperations")).items():
            if _METHOD_NAME.fullmatch(method):
                inner = f"{pointer}/additionalOperations{write_token(method)}"
                yield from self.place(method, node, inner, item, pointer)

    def place(
        self, method: str, node: Any, pointer: str, item: dict[str, Any], item_pointer: str
    ) -> Iterator[_Place]:
        """Yield one operation, unless it is no object."""
        if isinstance(node, dict):
            yield _Place(method.upper(), node, pointer, item, item_pointer)
        else:
            self.warn("malformed", pointer, "An operation is not an object.", "medium")

    def shared(self, place: _Place) -> dict[str, Any]:
        """Read what operations and events have in common."""
        node = place.node
        parameters, bodies = self.read_parameters(place)
        return {
            "pointer": place.pointer,
            "document": self.name,
            "summary": text_of(node.get("summary")) or text_of(place.item.get("summary")),
            "description": text_of(node.get("description"))
            or text_of(place.item.get("description")),
            "tags": texts_of(node.get("tags")),
            "deprecated": node.get("deprecated") is True,
            "parameters": parameters,
            "bodies": bodies or self.read_request(place),
            "responses": self.read_responses(place),
            "security": self.requirements(node),
        }

    def read_parameters(self, place: _Place) -> tuple[tuple[Parameter, ...], tuple[Body, ...]]:
        """Read parameters, those of the operation over those of its path; 2.0 bodies aside."""
        found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        for owner, base in ((place.item, place.item_pointer), (place.node, place.pointer)):
            for index, entry in enumerate(list_of(owner.get("parameters"))):
                node, pointer = self.resolve(entry, f"{base}/parameters/{index}")
                if isinstance(node, dict):
                    key = (text_of(node.get("name")), text_of(node.get("in")))
                    found[key] = (node, pointer)
        parameters = tuple(
            self.read_parameter(name, where, node, pointer)
            for (name, where), (node, pointer) in found.items()
            if name and where in _PLACES
        )
        if not self.dialect.inline_bodies:
            return parameters, ()
        consumes = texts_of(place.node.get("consumes")) or texts_of(self.document.get("consumes"))
        inline = [item for (_, where), item in found.items() if where in {"body", "formData"}]
        return parameters, parameter_bodies(inline, consumes, self.follow)

    def read_parameter(
        self, name: str, where: str, node: dict[str, Any], pointer: str
    ) -> Parameter:
        """Read one parameter of any version."""
        schema = node.get("schema")
        for media in mapping_of(node.get("content")).values():
            schema = schema or mapping_of(media).get("schema")
        if schema is None and self.dialect.inline_bodies:
            schema = {key: node[key] for key in _SCHEMA_KEYS if key in node}
        schema = mapping_of(schema)
        return Parameter(
            pointer=pointer,
            name=name,
            place=where,
            required=node.get("required") is True or where == "path",
            schema_=schema,
            description=text_of(node.get("description")),
            examples=examples_of(node, schema, self.follow),
            **read_form(node, where, is_old=self.dialect.inline_bodies),
        )

    def read_headers(self, answer: dict[str, Any], pointer: str) -> tuple[Parameter, ...]:
        """Read the headers of an answer, as parameters of it."""
        found = []
        for name, entry in mapping_of(answer.get("headers")).items():
            node, place = self.resolve(entry, f"{pointer}/headers{write_token(name)}")
            if isinstance(node, dict):
                found.append(self.read_parameter(name, "header", node, place))
        return tuple(found)

    def read_request(self, place: _Place) -> tuple[Body, ...]:
        """Read the request body of 3.x, one entry for each media type."""
        node, pointer = self.resolve(place.node.get("requestBody"), f"{place.pointer}/requestBody")
        body = mapping_of(node)
        return media_bodies(
            body.get("content"),
            f"{pointer}/content",
            self.follow,
            required=body.get("required") is True,
        )

    def read_responses(self, place: _Place) -> tuple[Response, ...]:
        """Read the documented answers."""
        produces = texts_of(place.node.get("produces")) or texts_of(self.document.get("produces"))
        responses = []
        for status, entry in mapping_of(place.node.get("responses")).items():
            if status.startswith("x-"):
                continue
            node, pointer = self.resolve(entry, f"{place.pointer}/responses{write_token(status)}")
            answer = mapping_of(node)
            bodies = (
                response_bodies(answer, pointer, produces, self.follow)
                if self.dialect.inline_bodies
                else media_bodies(answer.get("content"), f"{pointer}/content", self.follow)
            )
            responses.append(
                Response(
                    pointer=pointer,
                    status=status if status == "default" else status.upper(),
                    description=text_of(answer.get("description")),
                    bodies=bodies,
                    headers=tuple(mapping_of(answer.get("headers"))),
                    header_types=self.read_headers(answer, pointer),
                )
            )
        return tuple(responses)

    def requirements(self, node: dict[str, Any]) -> tuple[str, ...]:
        """Names of the security schemes that an operation asks for, its own or the document's."""
        stated = node["security"] if "security" in node else self.document.get("security")
        names = [name for entry in list_of(stated) for name in mapping_of(entry)]
        return tuple(dict.fromkeys(names))

    def read_security(self) -> None:
        """Read the declared security schemes."""
        base = write_pointer(self.dialect.security)
        for name, entry in mapping_of(follow_reference(self.document, f"#{base}")).items():
            node, pointer = self.resolve(entry, base + write_token(name))
            if isinstance(node, dict):
                self.contents.security.append(read_scheme(name, node, self.name, pointer))

    def follow(self, node: Any) -> Any:
        """Follow references at the top of a value."""
        return self.resolve(node, "")[0]

    def resolve(self, node: Any, pointer: str) -> tuple[Any, str]:
        """Follow references at the top of a value; also return where it was found."""
        seen = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                return {}, pointer
            seen.add(reference)
            target = follow_reference(self.document, reference)
            extra = {key: value for key, value in node.items() if key != "$ref"}
            node = {**target, **extra} if extra and isinstance(target, dict) else target
            pointer = reference[1:]
        return node, pointer

    def warn(self, slug: str, pointer: str, summary: str, severity: str) -> None:
        """Note a defect."""
        self.contents.warnings.append(
            DocumentWarning(
                slug=slug, document=self.name, pointer=pointer, summary=summary, severity=severity
            )
        )


def read_scheme(name: str, node: dict[str, Any], document: str, pointer: str) -> SecurityScheme:
    """Read a security scheme of OpenAPI 2.0 or 3.x, or of AsyncAPI."""
    kind = text_of(node.get("type"))
    flows = {
        flow: text_of(mapping_of(detail).get("tokenUrl"))
        or text_of(mapping_of(detail).get("authorizationUrl"))
        for flow, detail in mapping_of(node.get("flows")).items()
        if not flow.startswith("x-")
    }
    if text_of(node.get("flow")):
        flows[text_of(node["flow"])] = text_of(node.get("tokenUrl")) or text_of(
            node.get("authorizationUrl")
        )
    is_basic = kind == "basic"
    return SecurityScheme(
        pointer=pointer,
        id=name,
        document=document,
        kind="http" if is_basic else kind,
        scheme="basic" if is_basic else text_of(node.get("scheme")).lower() or None,
        place=text_of(node.get("in")) or None,
        parameter=text_of(node.get("name")) or None,
        flows=flows,
        description=text_of(node.get("description")),
    )
