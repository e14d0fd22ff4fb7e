"""What the tests of this room share: small documents written as tables."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.model.description import ApiDescription
from workbench.partners.catalogue import load_catalogue
from workbench.suggest import Suggestion, suggest


def build_schema(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An object schema: a type name, a list of values, a nested mapping, or `[item mapping]`."""
    made: dict[str, Any] = {}
    for name, kind in fields.items():
        if isinstance(kind, Mapping):
            made[name] = build_schema(kind)
        elif isinstance(kind, tuple):
            made[name] = {"type": "string", "enum": list(kind)}
        elif isinstance(kind, list):
            made[name] = {"type": "array", "items": build_schema(kind[0])}
        else:
            made[name] = {"type": kind}
    return {"type": "object", "properties": made}


def build_operation(path: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI operation; `body` and `answer` are fields, everything else is taken as it is."""
    operation = {key: value for key, value in said.items() if key not in {"body", "answer"}}
    names = re.findall(r"\{(\w+)\}", path)
    operation["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    if "body" in said:
        content = {"application/json": {"schema": build_schema(said["body"])}}
        operation["requestBody"] = {"content": content}
    answer: dict[str, Any] = {"description": "done"}
    if "answer" in said:
        answer["content"] = {"application/json": {"schema": build_schema(said["answer"])}}
    operation["responses"] = {"200": answer}
    return operation


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ApiDescription]:
    """Describe a document given as `METHOD /path` → what is said; `webhook:NAME` is an event."""

    def from_table(table: Mapping[str, Mapping[str, Any]], *, about: str = "") -> ApiDescription:
        document: dict[str, Any] = {
            "openapi": "3.1.0",
            "info": {"title": "Example", "version": "1", "description": about},
            "servers": [{"url": "https://api.example.com"}],
            "paths": {},
            "webhooks": {},
        }
        for reference, said in table.items():
            if reference.startswith("webhook:"):
                name = reference.removeprefix("webhook:")
                document["webhooks"][name] = {"post": build_operation("", said)}
                continue
            method, path = reference.split(" ", 1)
            made = build_operation(path, said)
            document["paths"].setdefault(path, {})[method.lower()] = made
        file = tmp_path / "api.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        return describe([file])

    return from_table


@pytest.fixture
def ranked(read: Callable[..., ApiDescription]) -> Callable[..., dict[str, list[Suggestion]]]:
    """All suggestions for such a table, by feature."""

    def from_table(
        table: Mapping[str, Mapping[str, Any]], **about: str
    ) -> dict[str, list[Suggestion]]:
        return suggest(read(table, **about), load_catalogue())

    return from_table


@pytest.fixture
def proposed(
    ranked: Callable[..., dict[str, list[Suggestion]]],
) -> Callable[..., dict[str, set[str]]]:
    """What is proposed for such a table: reference → features."""

    def from_table(table: Mapping[str, Mapping[str, Any]], **about: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {reference: set() for reference in table}
        for feature, listed in ranked(table, **about).items():
            for item in listed:
                if item.proposed:
                    found[item.reference].add(feature)
        return found

    return from_table
