"""Exports of REST clients: Insomnia 4 and 5, Bruno, Hoppscotch, Thunder Client, OpenCollection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.description.draft_operations import DraftDocument
from workbench.description.request_drafts import RequestBook, SavedRequest
from workbench.model import DocumentWarning, list_of, mapping_of, text_of

_DEEPEST = 60
_MEDIA_TYPES = {
    "json": "application/json",
    "xml": "application/xml",
    "text": "text/plain",
    "formUrlEncoded": "application/x-www-form-urlencoded",
    "formencoded": "application/x-www-form-urlencoded",
    "multipartForm": "multipart/form-data",
    "formdata": "multipart/form-data",
}
_AUTH = {
    "bearer": "bearer",
    "basic": "basic",
    "apikey": "apikey",
    "oauth2": "oauth2",
    "digest": "basic",
}


def is_insomnia(data: Any) -> bool:
    """Whether this is an export of Insomnia, 4 or 5."""
    node = mapping_of(data)
    is_four = node.get("_type") == "export" and isinstance(node.get("resources"), list)
    return is_four or text_of(node.get("type")).startswith("collection.insomnia.rest/")


def insomnia_version(data: dict[str, Any]) -> str:
    """`4`, or `5.0`."""
    return text_of(data.get("__export_format")) or text_of(data.get("type")).partition("/")[2]


def is_bruno(data: Any) -> bool:
    """Whether this is a collection exported by Bruno."""
    node = mapping_of(data)
    items = list_of(node.get("items"))
    kinds = {text_of(mapping_of(item).get("type")) for item in items}
    return (
        bool(items)
        and "info" not in node
        and bool(kinds & {"http", "http-request", "folder", "graphql", "graphql-request"})
    )


def read_insomnia(
    data: dict[str, Any], name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read an export of Insomnia into a drafted document; folders become tags."""
    is_four = "resources" in data
    requests = _insomnia_4(data) if is_four else _insomnia_5(data)
    book = RequestBook(name, _insomnia_variables(data))
    for folders, pointer, node in requests:
        book.add(_of_insomnia(node, folders, pointer))
    title = text_of(data.get("name"))
    for resource in map(mapping_of, list_of(data.get("resources"))):
        if resource.get("_type") == "workspace":
            title = title or text_of(resource.get("name"))
    return book.document(title), tuple(book.warnings)


Entry = tuple[tuple[str, ...], str, dict[str, Any]]


def _insomnia_4(data: dict[str, Any]) -> Iterator[Entry]:
    resources = [mapping_of(item) for item in list_of(data.get("resources"))]
    by_id = {text_of(item.get("_id")): item for item in resources}
    for index, item in enumerate(resources):
        if item.get("_type") == "request":
            folders: list[str] = []
            above = by_id.get(text_of(item.get("parentId")))
            while above and above.get("_type") == "request_group" and len(folders) < _DEEPEST:
                folders.append(text_of(above.get("name")))
                above = by_id.get(text_of(above.get("parentId")))
            yield tuple(reversed(folders)), f"/resources/{index}", item


def _insomnia_5(data: dict[str, Any]) -> Iterator[Entry]:
    yield from _walk(list_of(data.get("collection")), "children", (), "/collection")


def _walk(items: list[Any], below: str, folders: tuple[str, ...], pointer: str) -> Iterator[Entry]:
    for index, item in enumerate(items):
        node = mapping_of(item)
        here = f"{pointer}/{index}"
        if isinstance(node.get(below), list) and len(folders) < _DEEPEST:
            name = text_of(node.get("name"))
            yield from _walk(list_of(node.get(below)), below, (*folders, name), f"{here}/{below}")
        elif node:
            yield folders, here, node


def _of_insomnia(node: dict[str, Any], folders: tuple[str, ...], pointer: str) -> SavedRequest:
    body = mapping_of(node.get("body"))
    auth = mapping_of(node.get("authentication"))
    place = "query" if text_of(auth.get("addTo")) == "queryParams" else "header"
    meta = mapping_of(node.get("meta"))
    return SavedRequest(
        method=text_of(node.get("method")) or "GET",
        url=text_of(node.get("url")),
        name=text_of(node.get("name")),
        description=text_of(node.get("description")) or text_of(meta.get("description")),
        folders=folders,
        headers=_pairs(node.get("headers")),
        query=tuple(name for name, _ in _pairs(node.get("parameters"))),
        body=text_of(body.get("text")),
        media_type=text_of(body.get("mimeType")),
        form=tuple(name for name, _ in _pairs(body.get("params"))),
        auth="" if auth.get("disabled") else _AUTH.get(text_of(auth.get("type")), ""),
        key=(place, text_of(auth.get("key"))),
        pointer=pointer,
    )


def _insomnia_variables(data: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in map(mapping_of, list_of(data.get("resources"))):
        if item.get("_type") == "environment":
            found |= _texts(mapping_of(item.get("data")))
    environments = mapping_of(data.get("environments"))
    found |= _texts(mapping_of(environments.get("data")))
    for item in map(mapping_of, list_of(environments.get("subEnvironments"))):
        found |= {
            key: value
            for key, value in _texts(mapping_of(item.get("data"))).items()
            if key not in found
        }
    return found


def read_bruno(
    data: dict[str, Any], name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a collection exported by Bruno into a drafted document."""
    variables: dict[str, str] = {}
    for environment in map(mapping_of, list_of(data.get("environments"))):
        for key, value in _pairs(environment.get("variables")):
            variables.setdefault(key, value)
    book = RequestBook(name, variables)
    for folders, pointer, node in _walk(list_of(data.get("items")), "items", (), "/items"):
        if text_of(node.get("type")).startswith("http"):
            book.add(_of_bruno(node, folders, pointer))
    return book.document(text_of(data.get("name"))), tuple(book.warnings)


def _of_bruno(node: dict[str, Any], folders: tuple[str, ...], pointer: str) -> SavedRequest:
    request = mapping_of(node.get("request"))
    body = mapping_of(request.get("body"))
    mode = text_of(body.get("mode"))
    auth = mapping_of(request.get("auth"))
    kind = text_of(auth.get("mode"))
    key = mapping_of(auth.get("apikey"))
    forms = {"formUrlEncoded", "multipartForm"}
    return SavedRequest(
        method=text_of(request.get("method")) or "GET",
        url=text_of(request.get("url")),
        name=text_of(node.get("name")),
        description=text_of(request.get("docs")),
        folders=folders,
        headers=_pairs(request.get("headers")),
        query=tuple(
            name
            for name, _ in _pairs(
                [
                    item
                    for item in list_of(request.get("params"))
                    if mapping_of(item).get("type") != "path"
                ]
            )
        ),
        body=text_of(body.get(mode)) if mode not in forms else "",
        media_type=_MEDIA_TYPES.get(mode, ""),
        form=tuple(name for name, _ in _pairs(body.get(mode))) if mode in forms else (),
        auth=_AUTH.get(kind, ""),
        key=(
            "query" if key.get("placement") == "queryparams" else "header",
            text_of(key.get("key")),
        ),
        pointer=pointer,
    )


def other_client(data: Any) -> str:
    """`hoppscotch`, `thunder-client` or `opencollection` where data are of that, or nothing."""
    node = mapping_of(data)
    if "opencollection" in node or (
        text_of(mapping_of(node.get("info")).get("type")) == "http" and "http" in node
    ):
        return "opencollection"
    if "Thunder Client" in {node.get("client"), node.get("clientName")}:
        return "thunder-client"
    are_lists = isinstance(node.get("folders"), list) and isinstance(node.get("requests"), list)
    return "hoppscotch" if are_lists and "name" in node and not _has_urls(node) else ""


def _has_urls(node: dict[str, Any]) -> bool:
    return any("url" in mapping_of(item) for item in list_of(node.get("requests")))


def read_other_client(
    data: dict[str, Any], name: str
) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read a collection of a client that keeps its requests in plain lists."""
    book = RequestBook(name, {})
    title = (
        data.get("collectionName") or data.get("name") or mapping_of(data.get("info")).get("name")
    )
    groups = {
        text_of(item.get("_id")): text_of(item.get("name"))
        for item in map(mapping_of, list_of(data.get("folders")))
    }
    for folders, pointer, node in _requests_in(data, (), ""):
        group = groups.get(text_of(node.get("containerId")), "")
        book.add(_of_plain(node, (*folders, *([group] if group else ())), pointer))
    return book.document(text_of(title)), tuple(book.warnings)


def _requests_in(node: dict[str, Any], folders: tuple[str, ...], pointer: str) -> Iterator[Entry]:
    """The requests of a collection or folder, and of the folders in it."""
    if "http" in node:
        yield folders, f"{pointer}/http", node
    for key in ("requests", "items", "folders"):
        for index, item in enumerate(list_of(node.get(key))):
            inner, here = mapping_of(item), f"{pointer}/{key}/{index}"
            if key == "requests":
                yield folders, here, inner
            elif len(folders) < _DEEPEST:
                info = mapping_of(inner.get("info"))
                is_request = "http" in inner
                name = "" if is_request else text_of(inner.get("name") or info.get("name"))
                yield from _requests_in(inner, (*folders, name) if name else folders, here)


def _of_plain(node: dict[str, Any], folders: tuple[str, ...], pointer: str) -> SavedRequest:
    request = mapping_of(node.get("http")) or node
    body, auth = mapping_of(request.get("body")), mapping_of(request.get("auth"))
    kind = text_of(body.get("contentType") or body.get("type"))
    named = text_of(node.get("name") or mapping_of(node.get("info")).get("name"))
    url = text_of(request.get("url") or request.get("endpoint"))
    content = next((body[key] for key in ("raw", "body", "data") if body.get(key)), "")
    return SavedRequest(
        method=text_of(request.get("method")) or "GET",
        url=url.replace("<<", "{{").replace(">>", "}}"),
        name=named,
        folders=folders,
        headers=_pairs(request.get("headers")),
        query=tuple(
            text_of(item.get("name") or item.get("key"))
            for item in map(mapping_of, list_of(request.get("params")))
            if not item.get("isPath") and item.get("type") != "path"
        ),
        body=text_of(content),
        media_type=kind if "/" in kind else _MEDIA_TYPES.get(kind, ""),
        form=tuple(name for name, _ in _pairs(content)) if isinstance(content, list) else (),
        auth=_AUTH.get(text_of(auth.get("authType") or auth.get("type")).replace("-", ""), ""),
        pointer=pointer,
    )


def _pairs(entries: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text_of(item.get("name") or item.get("key")), text_of(item.get("value")))
        for item in map(mapping_of, list_of(entries))
        if text_of(item.get("name") or item.get("key"))
        and not (item.get("disabled") or item.get("isDisabled"))
        and item.get("enabled") is not False
        and item.get("active") is not False
    )


def _texts(node: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in node.items() if isinstance(value, str)}
