"""Bodies of Postman requests and answers, with the media type that they are sent with."""

from __future__ import annotations

from typing import Any

from workbench.description.draft_operations import DraftBody
from workbench.description.payload_text import Lookup, fill, read_payload, shape_of_xml
from workbench.model import list_of, mapping_of, text_of

_LANGUAGES = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "application/javascript",
    "text": "text/plain",
}
_FORM = "application/x-www-form-urlencoded"
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}


def request_body(node: Any, headers: Any, lookup: Lookup) -> DraftBody | None:
    """The body of a request as it is sent; None where there is none.

    Args:
        node: The `body` of the request.
        headers: Its headers, one of which may name the media type.
        lookup: Variable → value, or None.
    """
    body = mapping_of(node)
    mode = text_of(body.get("mode"))
    stated = media_type_of(headers)
    if body.get("disabled") is True:
        return None
    match mode:
        case "raw":
            options = mapping_of(mapping_of(body.get("options")).get("raw"))
            language = text_of(options.get("language")).lower()
            return text_body(
                text_of(body.get("raw")), stated or _LANGUAGES.get(language, ""), lookup
            )
        case "urlencoded" | "formdata":
            return _form(list_of(body.get(mode)), is_multipart=mode == "formdata", lookup=lookup)
        case "graphql":
            graph = mapping_of(body.get("graphql"))
            example = {"query": text_of(graph.get("query"))}
            payload = read_payload(text_of(graph.get("variables")), lookup)
            return DraftBody(examples=[example | ({"variables": payload.value} if payload else {})])
        case "file":
            return DraftBody(media_type=stated or "application/octet-stream", schema=dict(_FILE))
    return None


def text_body(text: str, media_type: str, lookup: Lookup) -> DraftBody | None:
    """A body given as text, JSON where it reads as JSON; None for an empty one."""
    if not text.strip():
        return None
    plain = media_type.partition(";")[0].strip().lower()
    if not plain or "json" in plain or plain == "text/plain":
        payload = read_payload(text, lookup)
        if payload is not None and (plain or isinstance(payload.value, dict | list)):
            kind = plain if "json" in plain else "application/json"
            return DraftBody(media_type=kind, examples=[payload.value], shapes=[payload.shape])
    if not plain:
        plain = "application/xml" if text.lstrip().startswith("<") else "text/plain"
    shown = fill(text, lookup)
    shape = shape_of_xml(shown) if "xml" in plain else None
    if shape is not None:
        return DraftBody(media_type=plain, examples=[shown], shapes=[shape])
    schema = {"type": "string"} if plain == "text/plain" else {}
    return DraftBody(media_type=plain, examples=[shown], schema=schema)


def media_type_of(headers: Any) -> str:
    """The media type that headers state; empty where none does."""
    entries = list_of(headers)
    if isinstance(headers, str):
        pairs = [line.partition(":") for line in headers.splitlines()]
        entries = [{"key": name.strip(), "value": value.strip()} for name, _, value in pairs]
    for header in map(mapping_of, entries):
        name = text_of(header.get("key") or header.get("name")).lower()
        if name == "content-type" and header.get("disabled") is not True:
            value = text_of(header.get("value"))
            return "" if "{{" in value else value.partition(";")[0].strip().lower()
    return ""


def _form(entries: list[Any], *, is_multipart: bool, lookup: Lookup) -> DraftBody | None:
    example: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for item in map(mapping_of, entries):
        name = text_of(item.get("key"))
        # What is switched off is not sent.
        if not name or item.get("disabled") is True or item.get("enabled") is False:
            continue
        description = item.get("description")
        words = text_of(mapping_of(description).get("content") or description)
        if text_of(item.get("type")) == "file":
            properties[name] = dict(_FILE)
        else:
            properties[name] = {"type": "string"}
            example[name] = fill(text_of(item.get("value")), lookup)
        if words:
            properties[name]["description"] = words
    if not properties:
        return None
    return DraftBody(
        media_type="multipart/form-data" if is_multipart else _FORM,
        examples=[example] if example else [],
        schema={"type": "object", "properties": properties},
    )
