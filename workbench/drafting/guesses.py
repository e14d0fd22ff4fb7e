"""Environments, parameters and webhooks, guessed from documents; each guess is a question.

Every function returns plain data for the manifest, and the questions that a person has to settle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urljoin, urlsplit

from workbench.drafting.event_match import (
    find_batch,
    find_event_field,
    find_mark,
    shares_address,
)
from workbench.drafting.names import entity_named, is_sandbox, space_words
from workbench.model import (
    ApiDescription,
    Event,
    Operation,
    Parameter,
    SchemaReader,
    list_of,
    mapping_of,
)
from workbench.partners import Entity
from workbench.vocabulary import names_an_id

PLACEHOLDER = "https://sandbox.invalid"
_SERVER = re.compile(r"https?://[^@\s{}]+")
_TAKEN_BY_MANIFEST = frozenset(get_args(Entity))
_OF = re.compile(
    r"\b(?:id|identifier|code|key|uuid) (?:of|for) (?:the |an? |your |our )?([\w ]+)", re.IGNORECASE
)
_EVENT_IDS = ("event_id", "eventId", "EventId", "notification_id", "notificationId", "message_id")

_PLACES = {
    "currency": re.compile(r"[A-Z]{3}"),
    "timezone": re.compile(r"[A-Z][A-Za-z_]+/[A-Za-z_/+-]+|UTC"),
}

Guess = tuple[Any, list[str]]


def guess_environments(description: ApiDescription, sources: Mapping[str, str]) -> Guess:
    """The `environments` of the manifest: servers sorted by what their names say.

    A server without a host is where its document came from, and so is the API of a document that
    names no server; what stands nowhere is asked.

    Args:
        description: What the documents say.
        sources: Document → address that it was fetched from.
    """
    stated: list[str] = []
    tails: list[str] = []
    for document in description.documents:
        source = sources.get(document.name, "")
        for url in document.servers or ([""] if source else []):
            whole = urljoin(source, url or "/") if source else url
            (stated if _SERVER.fullmatch(whole) else tails).append(whole)
    stated += [url for operation in description.operations for url in operation.servers]
    servers = [url.rstrip("/") for url in dict.fromkeys(stated) if _SERVER.fullmatch(url)]
    fetched = {urlsplit(source).netloc for source in sources.values()}
    sandboxes = [url for url in servers if is_sandbox(url)]
    if not sandboxes and not any(urlsplit(url).netloc not in fetched for url in servers):
        sandboxes = servers[:1]  # all that is known; whether it is for tests is asked
    others = [url for url in servers if url not in sandboxes]
    tail = next((url for url in tails if re.fullmatch(r"/[\w./-]*", url)), "").rstrip("/")
    base_url = (sandboxes or [PLACEHOLDER + tail])[0]
    environments: dict[str, Any] = {"sandbox": {"base_url": base_url}}
    if others:
        environments["production"] = {"base_url": others[0]}
    return environments, _ask_addresses(servers, sandboxes, others)


def _ask_addresses(servers: list[str], sandboxes: list[str], others: list[str]) -> list[str]:
    questions = []
    if not sandboxes:
        questions.append("What is the address of your test environment?")
    elif not is_sandbox(sandboxes[0]):
        questions.append(f"Is {sandboxes[0]} a test environment, to which we may write?")
    if not others:
        questions.append("What is the address of your production environment?")
    if max(len(sandboxes), len(others)) > 1:
        listed = ", ".join(servers[:6])
        questions.append(f"Which of these addresses serves which of your services: {listed}?")
    return questions


def guess_place(description: ApiDescription) -> dict[str, list[str]]:
    """Currencies and time zones that the documents fix, by a constant, sole word or default."""
    found: dict[str, list[str]] = {"currency": [], "timezone": []}
    for bundle in description.bundles.values():
        for name, schema in _named_schemas(bundle):
            words = space_words(name).replace(" ", "")
            kind = next((key for key in found if words.endswith(key)), None)
            choices = list_of(schema.get("enum"))
            value = schema.get("const", schema.get("default", choices[0] if choices else None))
            if kind is None or len(choices) > 1 or not isinstance(value, str):
                continue
            if _PLACES[kind].fullmatch(value) and value not in found[kind]:
                found[kind].append(value)
    return found


def _named_schemas(bundle: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a document with its name."""
    waiting = [bundle]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from (
                (name, child)
                for name, child in mapping_of(node.get("properties")).items()
                if isinstance(child, dict)
            )
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def hosts_beside(auth: dict[str, Any], base_url: str) -> list[str]:
    """Hosts that logging in needs beside the one of the API."""
    logins = (auth, *auth.get("also", ()))
    hosts = [urlsplit(str(login.get("token_url") or "")).netloc for login in logins]
    return [host for host in dict.fromkeys(hosts) if host and host != urlsplit(base_url).netloc]


def guess_parameters(operations: Iterable[Operation]) -> Guess:
    """The `parameters` of the manifest: path and required query parameters that take an id."""
    known: dict[str, str] = {}
    open_names: dict[str, str] = {}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.place == "path" or (parameter.required and parameter.place == "query"):
                entity = _entity_of(parameter, operation)
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


def _entity_of(parameter: Parameter, operation: Operation) -> str | None:
    """What a parameter identifies, by its name, its place, or what is said of it."""
    entity = entity_named(parameter.name, operation.path)
    if entity is None and names_an_id(parameter.name):
        owner = _OF.search(parameter.description)
        said = owner[1] if owner else re.split(r"[^\w\s]", parameter.description)[0]
        entity = entity_named(said)
    return entity


_CHANGING = frozenset({"order", "reservation"})  # what has a life that events tell of
_BESIDE = re.compile(r"linked|related|parent|previous|original", re.IGNORECASE)  # another one's id


def guess_rule(
    event: Event | Operation, description: ApiDescription, noun: str = ""
) -> dict[str, Any]:
    """How one event is recognised and read: its address, its mark, and where its ids stand.

    `noun` is what it tells of: of the kinds of events that its body may hold, those of others are
    left out.
    """
    tail = event.path if isinstance(event, Operation) else "-".join(space_words(event.name).split())
    if isinstance(event, Event) and event.address:
        tail = event.address
    tail = re.sub(r"\{[^{}]*\}", "", tail).replace("//", "/").strip("/")
    tail = re.sub(r"^(?:web ?hooks?|callbacks?|hooks?)/", "", tail, flags=re.IGNORECASE) or "events"
    rule: dict[str, Any] = {"match": {"path": tail}}
    if isinstance(event, Event) and shares_address(event, description):
        rule["match"] |= find_mark(event, description)
    if "values" not in rule["match"] and noun:
        rule["match"] |= find_event_field(event, description, noun)
    batch, schema = find_batch(event, description)
    if batch:
        rule["each"] = batch
    names = _field_paths(description, event.document, schema) if schema else {}
    event_id = next((names[name] for name in _EVENT_IDS if name in names), None)
    if event_id is not None:
        rule["event_id"] = event_id
    entity_id = _id_of(names, noun, event_id)
    if entity_id is not None:
        rule["entity_id"] = entity_id
    return rule


def _id_of(names: Mapping[str, str], noun: str, event_id: str | None) -> str | None:
    """Where the id of the thing stands: a field named after it, a mere `id`, another thing's id."""
    told = [name for name in names if names_an_id(name) and entity_named(name) in _CHANGING]
    told = [name for name in told if not _BESIDE.match(name)]
    # What ends in id is one; a number or code may be what people read out.
    told.sort(key=lambda name: not name.lower().endswith("id"))
    own = [name for name in told if entity_named(name) == noun]
    for name in (*own, "id", *told) if noun else (*told, "id"):
        if name in names and names[name] != event_id:
            return names[name]
    return None


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
