"""Login, environments, parameters and webhooks, guessed from documents; each guess is a question.

Every function returns plain data for the manifest, and the questions that a person has to settle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args
from urllib.parse import urljoin, urlsplit

from workbench.drafting.marks import find_mark, shares_address
from workbench.drafting.names import entity_named, is_sandbox, split_words
from workbench.model import (
    ApiDescription,
    Event,
    Operation,
    SchemaReader,
    SecurityScheme,
    follow_reference,
    mapping_of,
)
from workbench.partners import Entity

PLACEHOLDER = "https://sandbox.invalid"
_SERVER = re.compile(r"https?://[^@\s{}]+")
_MOST_SCOPES = 12
_TAKEN_BY_MANIFEST = frozenset(get_args(Entity))
_SIGNATURE = re.compile(r"signature|hmac|firma", re.IGNORECASE)
_TOKEN = re.compile(r"token|api-?key|authorization|secret", re.IGNORECASE)
_EVENT_IDS = ("event_id", "eventId", "EventId", "notification_id", "notificationId", "message_id")

Guess = tuple[Any, list[str]]


def guess_auth(description: ApiDescription, base_url: str) -> Guess:
    """The `auth` of the manifest: the scheme that most operations ask for, and needs no browser."""
    counts: dict[str, int] = {}
    for operation in description.operations:
        for name in operation.security:
            counts[name] = counts.get(name, 0) + 1
    ranked = sorted(description.security, key=lambda item: (-_ease(item), -counts.get(item.id, 0)))
    for scheme in ranked:
        auth = _auth_of(scheme, description, base_url)
        if auth is not None:
            others = sorted({item.id for item in ranked} - {scheme.id})
            asked = f"Is {scheme.id} ({scheme.kind}) the login that we should use"
            return auth, [f"{asked}, and not {', '.join(others)}?"] if others else []
    question = "How do we log in? The documents describe no way that a program can use."
    return {"scheme": "none"}, [question]


def _ease(scheme: SecurityScheme) -> int:
    """How well a scheme serves a program: a token of its own before a key, a key before a user."""
    if scheme.kind == "oauth2":
        return 4 if _token_url(scheme) else 0
    if scheme.kind == "apiKey":
        return 2 if scheme.place in {"header", "query"} else 0
    return {"bearer": 3, "basic": 1}.get(scheme.scheme or "", 0)


def _auth_of(
    scheme: SecurityScheme, description: ApiDescription, base_url: str
) -> dict[str, Any] | None:
    if scheme.kind == "oauth2" and (token_url := _token_url(scheme)):
        auth: dict[str, Any] = {"scheme": "oauth2-client-credentials"}
        auth["token_url"] = urljoin(f"{base_url}/", token_url)
        scopes = _scopes(scheme, description)
        return {**auth, "scopes": scopes} if 0 < len(scopes) <= _MOST_SCOPES else auth
    if scheme.kind == "apiKey" and scheme.place in {"header", "query"} and scheme.parameter:
        return {"scheme": "api-key", scheme.place: scheme.parameter}
    if scheme.kind == "http" and scheme.scheme in {"bearer", "basic"}:
        return {"scheme": scheme.scheme}
    if scheme.kind in {"oauth2", "openIdConnect"}:
        return {"scheme": "bearer"}
    return None


def _token_url(scheme: SecurityScheme) -> str:
    return scheme.flows.get("clientCredentials") or scheme.flows.get("application") or ""


def _scopes(scheme: SecurityScheme, description: ApiDescription) -> list[str]:
    bundle = description.bundles.get(scheme.document, {})
    node = mapping_of(follow_reference(bundle, f"#{scheme.pointer}"))
    flows = [mapping_of(flow) for flow in mapping_of(node.get("flows")).values()]
    return sorted({name for flow in (node, *flows) for name in mapping_of(flow.get("scopes"))})


def guess_environments(description: ApiDescription) -> Guess:
    """The `environments` of the manifest: servers sorted by what their names say."""
    stated = [url for document in description.documents for url in document.servers]
    stated += [url for operation in description.operations for url in operation.servers]
    servers = [url.rstrip("/") for url in dict.fromkeys(stated) if _SERVER.fullmatch(url)]
    sandboxes = [url for url in servers if is_sandbox(url)]
    others = [url for url in servers if url not in sandboxes]
    environments: dict[str, Any] = {"sandbox": {"base_url": (sandboxes or [PLACEHOLDER])[0]}}
    if others:
        environments["production"] = {"base_url": others[0]}
    questions = []
    if not sandboxes:
        questions.append("What is the address of your test environment?")
    if not others:
        questions.append("What is the address of your production environment?")
    if max(len(sandboxes), len(others)) > 1:
        listed = ", ".join(servers[:6])
        questions.append(f"Which of these addresses serves which of your services: {listed}?")
    return environments, questions


def hosts_beside(auth: dict[str, Any], base_url: str) -> list[str]:
    """Hosts that logging in needs beside the one of the API."""
    token = urlsplit(str(auth.get("token_url") or ""))
    return [token.netloc] if token.netloc and token.netloc != urlsplit(base_url).netloc else []


def guess_parameters(operations: Iterable[Operation]) -> Guess:
    """The `parameters` of the manifest: path and required query parameters that take an id."""
    known: dict[str, str] = {}
    open_names: dict[str, str] = {}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.place == "path" or (parameter.required and parameter.place == "query"):
                entity = entity_named(parameter.name, operation.path)
                if entity is not None and entity in _TAKEN_BY_MANIFEST:
                    known.setdefault(parameter.name, entity)
                else:
                    open_names.setdefault(parameter.name, operation.id)
    questions = [
        f"What goes into the parameter `{name}` of {operation}?"
        for name, operation in open_names.items()
        if name not in known
    ]
    return known, questions


def guess_signature(events: Sequence[Event | Operation]) -> Guess:
    """The `signature` of webhooks, from the headers that the events declare."""
    headers = [item.name for event in events for item in event.parameters if item.place == "header"]
    for pattern, scheme, credential in (
        (_SIGNATURE, "hmac", "webhook_secret"),
        (_TOKEN, "token", "webhook_token"),
    ):
        name = next((header for header in headers if pattern.search(header)), None)
        if name is not None:
            signature = {"scheme": scheme, "header": name, "credentials": [credential]}
            ask = f"How exactly is the header {name} of your webhooks made, and with which key?"
            return signature, [ask]
    return {"scheme": "none"}, ["How can we verify that a webhook comes from you?"]


def guess_rule(event: Event | Operation, description: ApiDescription) -> dict[str, Any]:
    """How one event is recognised and read: its address, its mark, and where its ids stand."""
    tail = event.path if isinstance(event, Operation) else "-".join(split_words(event.name).split())
    if isinstance(event, Event) and event.address:
        tail = event.address
    tail = re.sub(r"\{[^{}]*\}", "", tail).replace("//", "/").strip("/")
    tail = re.sub(r"^(?:web ?hooks?|callbacks?|hooks?)/", "", tail, flags=re.IGNORECASE) or "events"
    rule: dict[str, Any] = {"match": {"path": tail}}
    if isinstance(event, Event) and shares_address(event, description):
        rule["match"] |= find_mark(event, description)
    schema = event.request_schema
    names = _field_paths(description, event.document, schema) if schema else {}
    event_id = next((names[name] for name in _EVENT_IDS if name in names), None)
    if event_id is not None:
        rule["event_id"] = event_id
    for name, path in names.items():
        words = split_words(name)
        if re.fullmatch(r"(?:order|reservation|booking|pedido|reserva)(?: id| uuid)", words):
            rule["entity_id"] = path
            break
    else:
        if "id" in names and names["id"] != event_id:
            rule["entity_id"] = names["id"]
    return rule


def _field_paths(description: ApiDescription, document: str, schema: Any) -> dict[str, str]:
    """Field name → JSONPath of the fields on the first two levels of a body; the outer one wins."""
    reader = SchemaReader.of(description, document)
    paths: dict[str, str] = {}
    level = [("$", schema)]
    for _ in range(2):
        below = []
        for path, node in level:
            for name, child in reader.properties(node).items():
                plain = re.fullmatch(r"[A-Za-z_]\w*", name)
                here = f"{path}.{name}" if plain else f"{path}[{name!r}]"
                paths.setdefault(name, here)
                below.append((here, child))
        level = below
    return paths
