"""What a partner's documents say, in one shape for every format.

`workbench.description` reads OpenAPI, Postman, AsyncAPI, HAR and Markdown into these types; all
later rooms only know these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from workbench.text import read_token

_INDEX = re.compile("0|[1-9][0-9]{0,8}")


class Direction(StrEnum):
    """Who sends the request."""

    OUTBOUND = "outbound"  # we call the partner
    INBOUND = "inbound"  # the partner calls us


class Described(BaseModel):
    """Base of everything read from a document: frozen, located by a JSON Pointer."""

    model_config = ConfigDict(frozen=True)

    pointer: str = ""


class Parameter(Described):
    """A parameter outside the body; `place` is path, query, header or cookie.

    `style`, `explode` and `allow_reserved` say how lists and objects are written, `media_type`
    that the whole value is written as such a text.
    """

    name: str
    place: str
    required: bool = False
    schema_: dict[str, Any] = Field(default_factory=dict)
    description: str = ""
    examples: tuple[Any, ...] = ()
    style: str = ""
    explode: bool = False
    allow_reserved: bool = False
    media_type: str = ""


class Body(Described):
    """A request or response body for one media type.

    `schema_` may hold local references (`#/…`) into the bundle of its document;
    `workbench.model.schema.SchemaReader` follows them.
    """

    media_type: str
    schema_: dict[str, Any] = Field(default_factory=dict)
    required: bool = False
    examples: tuple[Any, ...] = ()


class Response(Described):
    """One documented answer; `status` is `200`, `4XX` or `default`.

    `header_types` describe the headers that `headers` names.
    """

    status: str
    description: str = ""
    bodies: tuple[Body, ...] = ()
    headers: tuple[str, ...] = ()
    header_types: tuple[Parameter, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether this is an answer of the 2xx class."""
        return self.status.startswith("2")


class Interaction(Described):
    """What an operation and an event have in common: words, parameters, bodies, answers."""

    document: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    bodies: tuple[Body, ...] = ()
    responses: tuple[Response, ...] = ()
    security: tuple[str, ...] = ()

    @property
    def request_schema(self) -> dict[str, Any] | None:
        """Schema of the request body, JSON before other media types; unresolved."""
        return _schema_of(self.bodies)

    @property
    def response_schema(self) -> dict[str, Any] | None:
        """Schema of the successful answer, JSON before other media types; unresolved."""
        return _schema_of(
            body for response in self.responses if response.is_success for body in response.bodies
        )


class Operation(Interaction):
    """Something that can be called; `id` is `METHOD /path`, exactly as in the document."""

    id: str
    method: str
    path: str
    operation_id: str | None = None
    servers: tuple[str, ...] = ()


class Event(Interaction):
    """Something that is sent to us (or, rarely, by us) without our asking.

    `id` is `webhook:NAME`, `callback:NAME`, `asyncapi:CHANNEL`, `schema:NAME`, or `METHOD /path`
    where the document lists it as an ordinary path. `source` is the word before the colon, or
    `path`. A channel with several messages gives one event for each, `asyncapi:CHANNEL#MESSAGE`.
    `address` is where a channel delivers; events that share it are told apart by what they hold.
    `is_sender_stated` tells that the document itself says who sends it, in a form of its format.
    """

    id: str
    name: str
    source: str
    method: str = "POST"
    direction: Direction = Direction.INBOUND
    is_sender_stated: bool = False
    address: str = ""


class SecurityScheme(Described):
    """How a document says that callers are recognised; `kind` is the OpenAPI type.

    `kind`: `apiKey`, `http`, `oauth2`, `openIdConnect`, `mutualTLS`; `place` and `parameter` for
    apiKey; `scheme` for http (`basic`, `bearer`); `flows` name → token URL for oauth2.
    """

    id: str
    document: str
    kind: str
    scheme: str | None = None
    place: str | None = None
    parameter: str | None = None
    flows: dict[str, str] = Field(default_factory=dict)
    description: str = ""


class Document(Described):
    """One file that a partner gave us, kept byte for byte.

    `sha256` is of that file, `bundle_sha256` of its bundle as JSON with sorted keys: the same as
    long as the document, its neighbours and the overlay say the same. `files` are those
    neighbours: paths, relative to the document, of what its references pull in. `seen` and `read`
    count the calls and events that prose shows, and those of them that were understood; None where
    a format leaves no doubt. `addresses` are where a saved page says that its description lies.
    """

    name: str
    format: str
    version: str
    title: str = ""
    api_version: str = ""
    sha256: str
    size: int
    servers: tuple[str, ...] = ()
    bundle_sha256: str = ""
    files: tuple[str, ...] = ()
    seen: int | None = None
    read: int | None = None
    addresses: tuple[str, ...] = ()


class DocumentWarning(Described):
    """A defect of a document that leaves the rest usable; becomes a finding of `documents`."""

    slug: str
    document: str
    summary: str
    hint: str = ""
    severity: str = "low"

    @property
    def is_omission(self) -> bool:
        """Whether it names a part of a schema that is left out whenever the schema is read."""
        return self.slug.startswith("schema-")


class ApiDescription(BaseModel):
    """Everything the documents of one partner say.

    Attributes:
        documents: The files, in the order given.
        operations: Unique by (document, id).
        events: Unique by (document, id).
        security: Declared security schemes.
        warnings: Defects, with pointers.
        bundles: Document name → self-contained document (only `#/…` references), the only form
            that other tools ever see.
        merged: Reference to what another document describes better → reference to that.
    """

    model_config = ConfigDict(frozen=True)

    documents: tuple[Document, ...] = ()
    operations: tuple[Operation, ...] = ()
    events: tuple[Event, ...] = ()
    security: tuple[SecurityScheme, ...] = ()
    warnings: tuple[DocumentWarning, ...] = ()
    bundles: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    merged: dict[str, str] = Field(default_factory=dict, repr=False)

    def exchange(self, reference: str) -> Operation | Event | None:
        """Find an operation or event by `METHOD /path`, event id, operationId or event name.

        A reference may be narrowed to one document as `orders.yaml#GET /orders/{id}`. Ids win
        over operationIds and names; None when nothing or more than one thing matches.
        """
        for named in self._named:
            found = named.get(reference)
            if found:
                return found[0] if len(found) == 1 else None
        other = self.merged.get(reference)
        return self.exchange(other) if other is not None and other != reference else None

    @cached_property
    def _named(self) -> tuple[dict[str, list[Operation | Event]], ...]:
        """What references may name, by id and by the other names; asked for at every call."""
        pool: list[Operation | Event] = [*self.operations, *self.events]
        return tuple(_name_all(pool, name_of) for name_of in (_id, _other_name))


def _name_all(
    pool: Iterable[Operation | Event], name_of: Callable[[Operation | Event], str | None]
) -> dict[str, list[Operation | Event]]:
    """Name → what has it, alone and narrowed to its document."""
    named: dict[str, list[Operation | Event]] = {}
    for item in pool:
        name = name_of(item)
        if name is not None:
            for way in (name, f"{item.document}#{name}"):
                named.setdefault(way, []).append(item)
    return named


def follow_reference(document: Any, reference: str) -> Any:
    """Return what a local reference (`#/a/b`, RFC 6901) points at, or None.

    A token that is no key as it stands is tried again percent-decoded, as in a URI fragment.
    """
    if reference != "#" and not reference.startswith("#/"):
        return None
    node = document
    for raw in reference.split("/")[1:]:
        token = read_token(raw)
        if isinstance(node, dict):
            if token not in node:
                token = read_token(unquote(raw))
            if token not in node:
                return None
            node = node[token]
        elif isinstance(node, list) and _INDEX.fullmatch(token) and int(token) < len(node):
            node = node[int(token)]
        else:
            return None
    return node


def _id(item: Operation | Event) -> str:
    return item.id


def _other_name(item: Operation | Event) -> str | None:
    return item.operation_id if isinstance(item, Operation) else item.name


def _schema_of(bodies: Iterable[Body]) -> dict[str, Any] | None:
    described = [body for body in bodies if body.schema_]
    described.sort(key=lambda body: "json" not in body.media_type)
    return described[0].schema_ if described else None
