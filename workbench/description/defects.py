"""What is wrong with an OpenAPI document though it can be read: warnings with pointers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from workbench.description.dialect import DIALECTS, Dialect
from workbench.description.openapi import Contents
from workbench.model import DocumentWarning, Operation, list_of, mapping_of, text_of
from workbench.text import write_token

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_SCHEMES = frozenset({"apiKey", "http", "oauth2", "openIdConnect", "mutualTLS", "basic"})
_PLACES = frozenset({"path", "query", "header", "cookie", "body", "formData", "querystring"})
_BODYLESS = frozenset({"204", "205", "304"})
_EXPECTS_ANSWER = frozenset({"GET", "POST", "PUT", "PATCH"})

Defect = tuple[str, str, str, str]  # slug, pointer, severity, summary


def find_defects(
    document: dict[str, Any], dialect: Dialect, version: str, contents: Contents, name: str
) -> tuple[DocumentWarning, ...]:
    """List what is wrong with a document.

    Args:
        document: The bundle.
        dialect: How it was read.
        version: Its version as written.
        contents: What was read from it.
        name: Its name.
    """
    found = [
        *_head(document, dialect, version, contents),
        *_servers(contents),
        *_names(contents),
        *_security(document, contents),
    ]
    for operation in contents.operations:
        found += _path(operation)
        found += _answers(operation)
    found += _raw(document, dialect)
    return tuple(
        DocumentWarning(
            slug=slug, document=name, pointer=pointer, severity=severity, summary=summary
        )
        for slug, pointer, severity, summary in found
    )


def _head(
    document: dict[str, Any], dialect: Dialect, version: str, contents: Contents
) -> Iterator[Defect]:
    if not any(version == known or version.startswith(f"{known}.") for known in DIALECTS):
        yield (
            "unknown-version",
            "/openapi",
            "low",
            f"Version {version[:40]!r} is not known; the document was read as {dialect.version}.",
        )
    if "webhooks" in document and not dialect.webhooks:
        yield (
            "webhooks-too-early",
            "/webhooks",
            "low",
            f"`webhooks` does not exist in OpenAPI {dialect.version}; it was read nevertheless.",
        )
    if not contents.operations and not contents.events:
        yield "empty", "", "medium", "The document describes no operation and no webhook."


def _servers(contents: Contents) -> Iterator[Defect]:
    if not contents.servers:
        yield "no-server", "/servers", "info", "No server is stated."
    for url in contents.servers:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = parts.port
        except ValueError:
            yield "bad-server", "/servers", "medium", f"The server URL {url[:120]!r} is malformed."
            continue
        if host and (parts.scheme not in {"http", "https"}):
            yield "bad-server", "/servers", "medium", f"The server URL {url[:120]!r} is no web URL."
        elif not host:
            yield (
                "relative-server",
                "/servers",
                "low",
                f"The server URL {url[:120]!r} names no host; the manifest has to.",
            )
        elif "." not in host and host != "localhost" and port is None:
            yield (
                "placeholder-server",
                "/servers",
                "low",
                f"The server host {host[:80]!r} looks like a placeholder.",
            )


def _names(contents: Contents) -> Iterator[Defect]:
    counts = Counter(item.operation_id for item in contents.operations if item.operation_id)
    for item in contents.operations:
        if item.operation_id and counts[item.operation_id] > 1:
            yield (
                "duplicate-operation-id",
                f"{item.pointer}/operationId",
                "medium",
                f"The operationId {item.operation_id[:60]!r} is not unique ({item.id}).",
            )
    shapes: dict[str, str] = {}
    for item in contents.operations:
        shape = f"{item.method} {_VARIABLE.sub('{}', item.path)}"
        other = shapes.setdefault(shape, item.path)
        if other != item.path:
            yield (
                "ambiguous-path",
                item.pointer,
                "low",
                f"{item.id} and {other} differ only in the names of their parameters.",
            )


def _path(operation: Operation) -> Iterator[Defect]:
    path = operation.path
    if not path.startswith("/"):
        yield (
            "bad-path",
            operation.pointer,
            "medium",
            f"The path {path[:120]!r} has no slash first.",
        )
    if "?" in path or "#" in path:
        yield (
            "bad-path",
            operation.pointer,
            "low",
            f"The path {path[:120]!r} holds a query or fragment.",
        )
    if not path.isprintable():
        summary = f"The path {path[:120]!r} holds control characters."
        yield "bad-path", operation.pointer, "medium", summary
    remainder = _VARIABLE.sub("", path)
    if "{" in remainder or "}" in remainder:
        yield "bad-path", operation.pointer, "medium", f"The path {path[:120]!r} has loose braces."
    used = set(_VARIABLE.findall(path))
    for parameter in operation.parameters:
        if parameter.place == "path" and parameter.name not in used:
            yield (
                "unused-path-parameter",
                parameter.pointer,
                "low",
                f"{operation.id} declares {parameter.name[:60]!r}, which its path does not have.",
            )


def _answers(operation: Operation) -> Iterator[Defect]:
    if not operation.responses:
        yield ("no-responses", operation.pointer, "medium", f"{operation.id} documents no answer.")
        return
    successes = [
        item for item in operation.responses if item.is_success or item.status == "default"
    ]
    place = f"{operation.pointer}/responses"
    if not successes:
        if not any(item.status.startswith(("1", "3")) for item in operation.responses):
            yield "no-success", place, "low", f"{operation.id} documents no successful answer."
        return
    has_schema = any(body.schema_ for item in successes for body in item.bodies)
    is_bodyless = all(item.status in _BODYLESS for item in successes)
    if not has_schema and not is_bodyless and operation.method in _EXPECTS_ANSWER:
        severity = "low" if operation.method == "GET" else "info"
        yield (
            "no-success-schema",
            place,
            severity,
            f"{operation.id} documents no schema for its successful answer.",
        )


def _security(document: dict[str, Any], contents: Contents) -> Iterator[Defect]:
    declared = {scheme.id: scheme for scheme in contents.security}
    used: dict[str, str] = {}
    for item in (*contents.operations, *contents.events):
        for name in item.security:
            used.setdefault(name, item.pointer)
    for name, pointer in used.items():
        if name not in declared:
            yield (
                "unknown-security",
                f"{pointer}/security",
                "medium",
                f"The security scheme {name[:60]!r} is asked for but not declared.",
            )
    for name, scheme in declared.items():
        if scheme.kind not in _SCHEMES:
            yield (
                "bad-security",
                scheme.pointer,
                "medium",
                f"The security scheme {name[:60]!r} has the unknown type {scheme.kind[:40]!r}.",
            )
    if declared and not used and "security" not in document:
        yield (
            "unused-security",
            "",
            "low",
            f"Security schemes are declared but never asked for: {', '.join(declared)[:200]}.",
        )
    if not declared and contents.operations:
        yield "no-security", "", "info", "No security scheme is declared."


def _raw(document: dict[str, Any], dialect: Dialect) -> Iterator[Defect]:
    for path, item in mapping_of(document.get("paths")).items():
        for method in dialect.methods:
            node = mapping_of(item).get(method)
            if isinstance(node, dict):
                pointer = f"/paths{write_token(path)}{write_token(method)}"
                yield from _raw_operation(node, pointer, f"{method.upper()} {path}")


def _raw_operation(node: dict[str, Any], pointer: str, label: str) -> Iterator[Defect]:
    body = node.get("requestBody")
    if isinstance(body, dict) and "$ref" not in body and not mapping_of(body.get("content")):
        summary = f"{label} has a request body without any media type."
        yield "body-without-content", f"{pointer}/requestBody", "low", summary
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(list_of(node.get("parameters"))):
        parameter = mapping_of(entry)
        if "$ref" not in parameter:
            key = text_of(parameter.get("name")), text_of(parameter.get("in"))
            yield from _raw_parameter(
                parameter, f"{pointer}/parameters/{index}", label, is_repeated=key in seen
            )
            seen.add(key)


def _raw_parameter(
    parameter: dict[str, Any], pointer: str, label: str, *, is_repeated: bool
) -> Iterator[Defect]:
    name, place = text_of(parameter.get("name")), text_of(parameter.get("in"))
    shown = f"the parameter {name[:60]!r}"
    if is_repeated:
        summary = f"{label} declares {shown} twice; the last one counts."
        yield "duplicate-parameter", pointer, "low", summary
    if not name or place not in _PLACES:
        summary = f"{label} has a parameter that is left out: {name[:60]!r} in {place[:40]!r}."
        yield "bad-parameter", pointer, "medium", summary
    elif place == "path" and parameter.get("required") is not True:
        summary = f"{label} does not mark {shown} of its path as required."
        yield "optional-path-parameter", pointer, "low", summary
