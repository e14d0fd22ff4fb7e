"""Older and wrapped forms of Postman's files, brought into the form of version 2."""

from __future__ import annotations

import re
from typing import Any

from workbench.model import list_of, mapping_of, text_of

_HELPERS = {
    "basicAuth": "basic",
    "bearerAuth": "bearer",
    "apikeyAuth": "apikey",
    "oAuth2": "oauth2",
}
_DEEPEST = 20


def is_old_collection(data: Any) -> bool:
    """Whether this is a collection of format 1."""
    node = mapping_of(data)
    return isinstance(node.get("requests"), list) and "name" in node and "info" not in node


def is_environment(data: Any) -> bool:
    """Whether this is a file of variables."""
    node = mapping_of(data)
    values = node.get("values")
    scope = text_of(node.get("_postman_variable_scope"))
    return isinstance(values, list) and (scope in {"environment", "globals"} or "name" in node)


def unwrap(data: dict[str, Any]) -> dict[str, Any]:
    """What stands inside the envelope of Postman's own service; else the same."""
    for key in ("collection", "environment"):
        inner = data.get(key)
        if len(data) <= 2 and isinstance(inner, dict):
            return inner
    return data


def renew(data: dict[str, Any]) -> dict[str, Any]:
    """A collection of format 1 in the form of format 2.1."""
    requests = {
        text_of(item.get("id")): item for item in map(mapping_of, list_of(data.get("requests")))
    }
    folders = {
        text_of(item.get("id")): item for item in map(mapping_of, list_of(data.get("folders")))
    }
    placed: set[str] = set()

    def folder(node: dict[str, Any], depth: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for name in map(text_of, list_of(node.get("folders_order")) if depth < _DEEPEST else []):
            inner = folders.get(name)
            if inner is not None and name not in placed:
                placed.add(name)
                items.append(
                    {
                        "name": inner.get("name"),
                        "description": inner.get("description"),
                        "item": folder(inner, depth + 1),
                    }
                )
        for name in map(text_of, list_of(node.get("order"))):
            if name in requests and name not in placed:
                placed.add(name)
                items.append(_request(requests[name]))
        return items

    items = folder({**data, "folders_order": data.get("folders_order") or list(folders)}, 0)
    items += [_request(item) for name, item in requests.items() if name not in placed]
    info = {"name": data.get("name"), "description": data.get("description")}
    return {"info": info, "item": items, "variable": data.get("variables")}


def _request(node: dict[str, Any]) -> dict[str, Any]:
    headers = node.get("headerData")
    if not isinstance(headers, list):
        pairs = [line.partition(":") for line in text_of(node.get("headers")).splitlines()]
        headers = [{"key": key.strip(), "value": value.strip()} for key, _, value in pairs if key]
    url: dict[str, Any] = {"raw": node.get("url"), "query": node.get("queryParams")}
    variables = node.get("pathVariables")
    url["variable"] = node.get("pathVariableData") or [
        {"key": key, "value": value} for key, value in mapping_of(variables).items()
    ]
    request = {
        "method": node.get("method"),
        "url": url,
        "header": headers,
        "body": _body(node),
        "description": node.get("description"),
    }
    auth = node.get("auth") or _helper(node)
    if auth:
        request["auth"] = auth
    responses = [_response(item) for item in map(mapping_of, list_of(node.get("responses")))]
    return {"name": node.get("name"), "request": request, "response": responses}


def _body(node: dict[str, Any]) -> dict[str, Any]:
    mode = text_of(node.get("dataMode"))
    if mode == "raw" or isinstance(node.get("rawModeData"), str):
        raw = node.get("rawModeData")
        return {"mode": "raw", "raw": raw if isinstance(raw, str) else text_of(node.get("data"))}
    if mode == "urlencoded":
        return {"mode": "urlencoded", "urlencoded": node.get("data")}
    return {"mode": "formdata", "formdata": node.get("data")} if mode == "params" else {}


def _helper(node: dict[str, Any]) -> dict[str, Any] | None:
    kind = _HELPERS.get(text_of(node.get("currentHelper")))
    attributes = mapping_of(node.get("helperAttributes"))
    return {"type": kind, kind: attributes} if kind else None


def _response(node: dict[str, Any]) -> dict[str, Any]:
    code = mapping_of(node.get("responseCode"))
    status = re.match(r"\d{3}", text_of(node.get("status")))
    return {
        "name": node.get("name") or code.get("name"),
        "code": code.get("code") or (status[0] if status else None),
        "header": node.get("headers"),
        "body": node.get("text"),
    }
