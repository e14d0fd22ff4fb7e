import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.description import IntakeLimits, describe
from workbench.errors import DescriptionError, InputError


def test_several_documents_make_one_description(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Documents keep their order, hash and size; items say which document they come from."""
    first = write("a/api.json", openapi({"/a": {"get": {"responses": {}}}}))
    second = write("b/api.json", openapi({"/a": {"get": {"responses": {}}}}))
    description = describe([first, second])
    assert [item.name for item in description.documents] == ["a/api.json", "b/api.json"]
    assert set(description.bundles) == {"a/api.json", "b/api.json"}
    assert [item.document for item in description.operations] == ["a/api.json", "b/api.json"]
    assert description.documents[0].sha256 == hashlib.sha256(first.read_bytes()).hexdigest()
    assert description.documents[0].size == first.stat().st_size
    assert description.exchange("GET /a") is None
    assert description.exchange("a/api.json#GET /a") is description.operations[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.yaml", "just text"),
        ("x.yaml", ""),
        ("x.json", [1, 2]),
        ("x.json", {"products": []}),
        ("x.json", {"info": {}, "item": 3}),
    ],
)
def test_unknown_formats_say_what_was_expected(
    name: str, content: Any, write: Callable[[str, Any], Path]
) -> None:
    """A file of no known format is refused, with the list of what is understood."""
    with pytest.raises(DescriptionError, match="not known") as refusal:
        describe([write(name, content)])
    assert refusal.value.location == name
    for word in ("OpenAPI", "AsyncAPI", "Postman", "HAR", "Markdown"):
        assert word in str(refusal.value.hint)


def test_paths_that_are_no_documents(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe, no path and the same path twice are located errors."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    twice = tmp_path / "x.yaml"
    twice.write_text("openapi: 3.1.0", encoding="utf-8")
    for paths in ([tmp_path / "no.yaml"], [tmp_path], [pipe], [], [twice, twice]):
        with pytest.raises(DescriptionError):
            describe(paths)


def test_size_limit_is_checked_on_the_file(write: Callable[[str, Any], Path]) -> None:
    """A file beyond the cap is not even opened."""
    path = write("x.yaml", "openapi: 3.1.0\n" + "#" * 1000)
    path.chmod(0)
    with pytest.raises(DescriptionError, match="more than the limit"):
        describe([path], limits=IntakeLimits(size=100))


SEED: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://{a}.example.com", "variables": {"a": {"default": "x"}}}],
    "paths": {
        "/a/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "tags": ["t"],
                "security": [{"k": []}],
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"X": {}},
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/S"},
                                "examples": {"e": {"value": 1}},
                            }
                        },
                    }
                },
                "callbacks": {"c": {"{$url}": {"post": {"responses": {}}}}},
            },
        }
    },
    "webhooks": {"w": {"post": {"requestBody": {"content": {"a/b": {"schema": {}}}}}}},
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {}}},
        "schemas": {
            "S": {
                "type": "object",
                "properties": {"p": {"pattern": "a"}},
                "required": ["p"],
                "discriminator": {"mapping": {"m": "S"}},
            },
            "DoneEvent": {"allOf": [{"$ref": "#/components/schemas/S"}]},
        },
        "securitySchemes": {"k": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/t"}}}},
    },
}
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "t", "version": "1"},
    "host": "h",
    "schemes": ["https"],
    "consumes": ["a/b"],
    "paths": {
        "/a": {
            "post": {
                "parameters": [
                    {"in": "body", "name": "b", "schema": {"$ref": "#/definitions/D"}},
                    {"in": "formData", "name": "f", "type": "file"},
                ],
                "responses": {"200": {"schema": {"type": "string"}, "examples": {"a/b": 1}}},
            }
        }
    },
    "definitions": {"D": {"type": "object"}},
    "securityDefinitions": {"b": {"type": "basic"}},
}
ASYNC: dict[str, Any] = {
    "asyncapi": "3.0.0",
    "info": {"title": "t"},
    "channels": {
        "c": {
            "address": "x",
            "messages": {"m": {"payload": {"type": "object"}, "examples": [{"payload": 1}]}},
        }
    },
    "operations": {"o": {"channel": {"$ref": "#/channels/c"}, "tags": [{"name": "t"}]}},
    "servers": {"s": {"host": "h"}},
}
POSTMAN: dict[str, Any] = {
    "info": {"name": "n", "schema": "postman/v2.1.0"},
    "variable": [{"key": "b", "value": "http://h"}],
    "auth": {"type": "oauth2", "oauth2": [{"key": "accessTokenUrl", "value": "u"}]},
    "item": [
        {
            "name": "f",
            "item": [
                {
                    "name": "r",
                    "request": {
                        "method": "POST",
                        "url": {"raw": "{{b}}/a/:i?q=1", "variable": [{"key": "i"}]},
                        "header": [{"key": "X-A", "value": "1"}],
                        "body": {"mode": "raw", "raw": "{}"},
                    },
                    "response": [
                        {"code": 200, "body": "{}", "originalRequest": {"body": {"mode": "raw"}}}
                    ],
                }
            ],
        }
    ],
}
HAR: dict[str, Any] = {
    "log": {
        "version": "1.2",
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "http://h/a/1?q=1",
                    "postData": {"mimeType": "application/json", "text": "{}"},
                },
                "response": {
                    "status": 200,
                    "content": {"mimeType": "application/json", "text": "[]"},
                },
            }
        ],
    }
}
JUNK: list[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    "text",
    "#/paths",
    "#/",
    "#/components/schemas/S",
    "{",
    [],
    {},
    [None],
    [[]],
    {"$ref": "#/components/schemas/S"},
    {"$ref": 1},
    {"": ""},
    {"default": {}},
    ["a", 1],
    {"$ref": "#"},
    {"type": ["string", 1]},
    "2",
    "https://[",
    "http://h:port/",
]


def places(node: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a tree."""
    children = (
        node.items()
        if isinstance(node, dict)
        else (enumerate(node) if isinstance(node, list) else ())
    )
    return [trail, *(found for key, child in children for found in places(child, (*trail, key)))]


def replaced(node: Any, trail: tuple[Any, ...], value: Any) -> Any:
    """A copy of a tree with one place replaced, or unchanged where the place has gone."""
    if not trail:
        return value
    key, *rest = trail
    if isinstance(node, dict) and key in node:
        return {**node, key: replaced(node[key], tuple(rest), value)}
    if isinstance(node, list) and isinstance(key, int) and key < len(node):
        return [*node[:key], replaced(node[key], tuple(rest), value), *node[key + 1 :]]
    return node


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.sampled_from([SEED, SWAGGER, ASYNC, POSTMAN, HAR]).flatmap(
        lambda seed: st.tuples(
            st.just(seed),
            st.lists(
                st.tuples(st.sampled_from(places(seed)[1:]), st.sampled_from(JUNK)),
                min_size=1,
                max_size=3,
            ),
        )
    )
)
def test_damaged_documents_are_described_or_refused(
    tmp_path: Path, case: tuple[dict[str, Any], list[tuple[tuple[Any, ...], Any]]]
) -> None:
    """Junk at any place of any format ends in a description or an InputError, never a crash."""
    document, damages = case
    for trail, value in damages:
        document = replaced(document, trail, value)
    path = tmp_path / "x.json"
    path.write_bytes(orjson.dumps(document))
    try:
        description = describe([path])
    except InputError:
        return
    orjson.dumps(description.bundles)
    assert len({item.id for item in description.operations}) == len(description.operations)
    assert len({item.id for item in description.events}) == len(description.events)


def test_bundle_hash_follows_what_the_document_says(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Spelling does not change the hash of the bundle; a neighbour's content does."""
    plain = openapi({"/a": {"get": {"responses": {"200": {"$ref": "part.json"}}}}})
    write("part.json", {"description": "A"})
    one = describe([write("api.json", plain)]).documents[0]
    other = describe([write("api.json", json.dumps(plain, indent=3))]).documents[0]
    assert one.bundle_sha256 == other.bundle_sha256
    assert one.sha256 != other.sha256
    write("part.json", {"description": "B"})
    assert describe([write("api.json", plain)]).documents[0].bundle_sha256 != one.bundle_sha256
