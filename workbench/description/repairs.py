"""Defects that stop other tools, mended in the bundle by overlay actions that are shown.

Nothing is mended silently: every action becomes a warning that says what was wrong and shows the
action, so that the same lines can be put into the partner's overlay file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.description.dialect import Dialect
from workbench.description.overlay import Action, apply_actions, path_to
from workbench.model import (
    DocumentWarning,
    follow_reference,
    list_of,
    mapping_of,
    text_of,
    write_json,
)
from workbench.text import write_pointer, write_token

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDER = "example"
_UNNAMED = "not stated"
_TYPED = frozenset({"schema", "content", "$ref"})


def mend(
    document: dict[str, Any], dialect: Dialect, name: str
) -> tuple[dict[str, Any], tuple[DocumentWarning, ...]]:
    """Repair a bundle; return it with one warning for each repair.

    Mended: server URLs with unknown variables or unbalanced braces, variables without a default,
    path parameters that are used but not declared, parameters without a schema, a missing title,
    version or `paths`, and `parameters` and `responses` of the wrong type.
    """
    repairs: list[Repair] = []
    # In this order, because each step relies on the shapes that the one before has mended.
    for step in (_shape_repairs, _server_repairs, _path_repairs):
        found = list(step(document, dialect))
        document, _ = apply_actions(document, [action for action, *_ in found], name)
        repairs += found
    warnings = tuple(
        DocumentWarning(
            slug=slug,
            document=name,
            pointer=pointer,
            severity=severity,
            summary=f"{action.description} Mended in the bundle.",
            hint=f"Overlay action: {write_json(_as_overlay(action))}",
        )
        for action, slug, pointer, severity in repairs
    )
    return document, warnings


Tokens = tuple[str | int, ...]
Repair = tuple[Action, str, str, str]  # action, slug, pointer, severity


def _as_overlay(action: Action) -> dict[str, Any]:
    return {
        "target": action.target,
        **({"remove": True} if action.remove else {}),
        **({"update": action.update[0]} if action.update else {}),
    }


def _shape_repairs(document: dict[str, Any], dialect: Dialect) -> Iterator[Repair]:
    yield from _root_repairs(document)
    for path, item in mapping_of(document.get("paths")).items():
        owners = [((), item), *(((key,), mapping_of(item).get(key)) for key in dialect.methods)]
        for tail, owner in owners:
            if isinstance(owner, dict):
                yield from _owner_repairs(owner, ("paths", path, *tail), dialect)


def _root_repairs(document: dict[str, Any]) -> Iterator[Repair]:
    for key in ("info", "paths"):
        if key in document and not isinstance(document[key], dict):
            yield _drop((key,), f"`{key}` is not an object.")
    info = mapping_of(document.get("info"))
    missing = [key for key in ("title", "version") if not text_of(info.get(key))]
    for key in missing:
        if key in info:
            yield _drop(("info", key), f"`info.{key}` is empty.")
    if missing:
        action = Action(
            "$",
            update=({"info": dict.fromkeys(missing, _UNNAMED)},),
            description=f"The document does not state {' and '.join(missing)}.",
        )
        yield action, "missing-info", "/info", "low"
    if not isinstance(document.get("paths"), dict):
        action = Action("$", update=({"paths": {}},), description="The document has no paths.")
        yield action, "no-paths", "", "info" if "webhooks" in document else "medium"


def _owner_repairs(owner: dict[str, Any], tokens: Tokens, dialect: Dialect) -> Iterator[Repair]:
    if "parameters" in owner and not isinstance(owner["parameters"], list):
        yield _drop((*tokens, "parameters"), "`parameters` is not a list.")
    if "responses" in owner and not isinstance(owner["responses"], dict):
        yield _drop((*tokens, "responses"), "`responses` is not an object.")
    for index, entry in enumerate(list_of(owner.get("parameters"))):
        parameter = mapping_of(entry)
        if not parameter or dialect.inline_bodies or parameter.keys() & _TYPED:
            continue
        action = Action(
            path_to((*tokens, "parameters", index)),
            update=({"schema": {"type": "string"}},),
            description=f"The parameter {text_of(parameter.get('name'))[:60]!r} has no schema; it "
            "is taken for text.",
        )
        pointer = write_pointer((*tokens, "parameters", index))
        yield action, "untyped-parameter", pointer, "low"


def _drop(tokens: Tokens, why: str) -> Repair:
    action = Action(path_to(tokens), remove=True, description=why)
    return action, "malformed", write_pointer(tokens), "medium"


def _server_repairs(document: dict[str, Any], dialect: Dialect) -> Iterator[Repair]:
    if dialect.inline_bodies:
        return
    places: list[tuple[Tokens, Any]] = [(("servers",), document.get("servers"))]
    for path, item in mapping_of(document.get("paths")).items():
        if isinstance(item, dict):
            places.append((("paths", path, "servers"), item.get("servers")))
            places += [
                (("paths", path, key, "servers"), mapping_of(node).get("servers"))
                for key, node in item.items()
            ]
    for tokens, servers in places:
        if servers is not None and not isinstance(servers, list):
            pointer = write_pointer(tokens)
            action = Action(path_to(tokens), remove=True, description="`servers` is not a list.")
            yield action, "bad-server", pointer, "medium"
        for index, server in enumerate(list_of(servers)):
            yield from _repair_server(server, (*tokens, index))


def _repair_server(server: Any, tokens: Tokens) -> Iterator[Repair]:
    pointer = write_pointer(tokens)
    url = server.get("url") if isinstance(server, dict) else None
    if not isinstance(url, str):
        action = Action(
            path_to(tokens), remove=True, description="A server has no URL, so it is left out."
        )
        yield action, "bad-server", pointer, "medium"
        return
    remainder = _VARIABLE.sub("", url)
    if "{" in remainder or "}" in remainder:
        plain = _VARIABLE.sub(lambda match: f"\0{match[1]}\1", url)
        plain = plain.replace("{", "").replace("}", "").replace("\0", "{").replace("\1", "}")
        action = Action(
            path_to((*tokens, "url")),
            update=(plain,),
            description=f"The server URL {url[:120]!r} has unbalanced braces.",
        )
        yield action, "bad-server", f"{pointer}/url", "medium"
        url = plain
    yield from _repair_variables(server, url, tokens, pointer)


def _repair_variables(
    server: dict[str, Any], url: str, tokens: Tokens, pointer: str
) -> Iterator[Repair]:
    variables = server.get("variables", {})
    if not isinstance(variables, dict):
        action = Action(
            path_to((*tokens, "variables")),
            remove=True,
            description="The `variables` of a server are not an object.",
        )
        yield action, "bad-server", f"{pointer}/variables", "medium"
        variables = {}
    wanted = {
        name
        for name in {*_VARIABLE.findall(url), *variables}
        if text_of(mapping_of(variables.get(name)).get("default")) == ""
        and "default" not in mapping_of(variables.get(name))
    }
    if not wanted:
        return
    filled = {}
    for name in sorted(wanted):
        options = list_of(mapping_of(variables.get(name)).get("enum"))
        filled[name] = {"default": text_of(options[0]) if options else _PLACEHOLDER}
    broken = [name for name in wanted if not isinstance(variables.get(name, {}), dict)]
    for name in broken:
        action = Action(
            path_to((*tokens, "variables", name)),
            remove=True,
            description=f"The server variable {name[:60]!r} is not an object.",
        )
        yield action, "bad-server", f"{pointer}/variables{write_token(name)}", "low"
    shown = ", ".join(sorted(wanted))[:200]
    action = Action(
        path_to(tokens),
        update=({"variables": filled},),
        description=f"The server URL {url[:120]!r} uses variables without a default: {shown}.",
    )
    yield action, "bad-server", f"{pointer}/url", "low"


def _path_repairs(document: dict[str, Any], dialect: Dialect) -> Iterator[Repair]:
    for path, item in mapping_of(document.get("paths")).items():
        used = list(dict.fromkeys(_VARIABLE.findall(path)))
        if not used or not isinstance(item, dict) or "$ref" in item:
            continue
        shared = _declared(document, item)
        for method in dialect.methods:
            node = item.get(method)
            if not isinstance(node, dict):
                continue
            missing = [
                name for name in used if name and name not in shared | _declared(document, node)
            ]
            if missing:
                yield _declare(path, method, node, missing, dialect)


def _declare(
    path: str, method: str, node: dict[str, Any], missing: list[str], dialect: Dialect
) -> Repair:
    text = {"type": "string"}
    schema = text if dialect.inline_bodies else {"schema": text}
    entries = [{"name": name, "in": "path", "required": True, **schema} for name in missing]
    tokens = ("paths", path, method)
    has_list = isinstance(node.get("parameters"), list)
    action = Action(
        path_to((*tokens, "parameters") if has_list else tokens),
        update=(entries if has_list else {"parameters": entries},),
        description=f"{method.upper()} {path} does not declare its path parameters "
        f"{', '.join(missing)}; they are taken for text.",
    )
    pointer = write_pointer(tokens)
    return action, "undeclared-path-parameter", pointer, "medium"


def _declared(document: dict[str, Any], owner: dict[str, Any]) -> set[str]:
    names = set()
    for entry in list_of(owner.get("parameters")):
        node = mapping_of(entry)
        for _ in range(8):  # a chain of references between parameters is never longer
            if not isinstance(node.get("$ref"), str):
                break
            node = mapping_of(follow_reference(document, node["$ref"]))
        if node.get("in") == "path":
            names.add(text_of(node.get("name")))
    return names
