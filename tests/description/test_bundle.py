import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from workbench.description import describe
from workbench.errors import DescriptionError
from workbench.model.description import follow_reference
from workbench.model.schema import SchemaReader

CANARY = "canary-7f3b"


def schema_at(reference: str) -> dict[str, Any]:
    """A path whose answer uses a reference as its schema."""
    media = {"application/json": {"schema": {"$ref": reference}}}
    return {"/a": {"get": {"responses": {"200": {"description": "d", "content": media}}}}}


def example_of(example: dict[str, Any]) -> dict[str, Any]:
    """A path whose request has one named example."""
    media = {"application/json": {"schema": {}, "examples": {"e": example}}}
    return {"/a": {"post": {"requestBody": {"content": media}, "responses": {}}}}


def attacks(port: int, canary: Path) -> dict[str, dict[str, Any]]:
    """Documents that try to reach the listener or the canary file, by name."""
    outside = f"../{canary.name}"
    url = f"http://127.0.0.1:{port}/x.json"
    return {
        "http": schema_at(url),
        "HTTP in capitals": schema_at(url.replace("http", "HTTP")),
        "network path": schema_at(url.removeprefix("http:")),
        "backslashes": schema_at(f"\\\\127.0.0.1:{port}\\x.json"),
        "file": schema_at(f"file://{canary}"),
        "absolute": schema_at(str(canary)),
        "parent": schema_at(outside),
        "parent in the middle": schema_at(f"sub/../../{canary.name}"),
        "escaped parent": schema_at(f"%2e%2e/{canary.name}"),
        "doubly escaped parent": schema_at(f"%252e%252e/{canary.name}"),
        "escaped scheme": schema_at(f"http%3A//127.0.0.1:{port}/x.json"),
        "with a fragment": schema_at(f"{url}#/a"),
        "with a query": schema_at(f"{url}?a=/b.json"),
        "with a user": schema_at(url.replace("//", "//partner.example@")),
        "scheme without slashes": schema_at(url.replace("//", "")),
        "scheme with one slash": schema_at(url.replace("//", "/")),
        "scheme with three slashes": schema_at(url.replace("//", "///")),
        "ftp": schema_at(url.replace("http", "ftp")),
        "gopher": schema_at(url.replace("http", "gopher")),
        "data": schema_at("data:application/json,{}"),
        "jar": schema_at(f"jar:{url}!/x.json"),
        "file of a host": schema_at(f"file://localhost{canary}"),
        "drive": schema_at(f"C:{canary}"),
        "NUL": schema_at(f"{outside}\0.json"),
        "parent with backslash": schema_at(f"..\\{canary.name}"),
        "symbolic link": schema_at("link.json"),
        "example by file": example_of({"$ref": f"file://{canary}"}),
        "example by parent": example_of({"$ref": outside}),
        "path item": {"/a": {"$ref": url}},
        "hidden file": schema_at(".env.json"),
        "another kind of file": schema_at("keys.pem"),
        "dynamic": {
            "/a": {
                "get": {
                    "responses": {"200": {"content": {"a/b": {"schema": {"$dynamicRef": url}}}}}
                }
            }
        },
        "link": {"/a": {"get": {"responses": {"200": {"links": {"l": {"operationRef": url}}}}}}},
        "discriminator": {
            "/a": {
                "post": {
                    "requestBody": {
                        "content": {"a/b": {"schema": {"discriminator": {"mapping": {"d": url}}}}}
                    }
                }
            }
        },
    }


@pytest.mark.parametrize("name", attacks(0, Path("/c")))
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_documents_that_reach_out_are_refused(
    name: str,
    version: str,
    write: Callable[[str, Any], Path],
    openapi: Callable[..., dict[str, Any]],
    listener: Any,
    tmp_path: Path,
) -> None:
    """No spelling reaches the network or a file outside the folder; the refusal is located."""
    canary = tmp_path / "canary.json"
    canary.write_text(f'{{"type": "string", "enum": ["{CANARY}"]}}', encoding="utf-8")
    path = write("api.json", openapi(attacks(listener.port, canary)[name], version=version))
    for inside in (".env.json", "keys.pem"):
        write(inside, f'{{"enum": ["{CANARY}"]}}')
    (path.parent / "link.json").symlink_to(canary)
    started = time.process_time()
    with pytest.raises(DescriptionError, match="refused") as refusal:
        describe([path])
    assert time.process_time() - started < 10
    assert listener.requests == []
    assert CANARY not in str(refusal.value)
    assert str(refusal.value.location).startswith("api.json#/")
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)


def test_an_example_that_lies_elsewhere_is_left_out(
    read: Callable[..., Any], openapi: Callable[..., dict[str, Any]], listener: Any
) -> None:
    """It is told and never fetched; everything else is read."""
    for place in (f"http://127.0.0.1:{listener.port}/x.json", "file:///etc/passwd", "./gone.json"):
        description = read(openapi(example_of({"summary": "s", "externalValue": place})))
        assert len(description.operations) == 1
        assert place not in str(description.bundles)
        assert "external-example" in {item.slug for item in description.warnings}
    assert listener.requests == []


@pytest.mark.parametrize("written", [" {}", "\t{}", "ht\ttp{}", "ht\ntp{}", "\u200b{}"])
def test_spelling_that_some_libraries_mend_is_no_address(
    written: str, write: Callable[[str, Any], Path], openapi: Callable[..., Any], listener: Any
) -> None:
    """White space that a lenient reader drops makes a name of nothing; it is not in the bundle."""
    url = f"http://127.0.0.1:{listener.port}/x.json"
    reference = written.format(url.removeprefix("http") if "ht" in written else url)
    path = write("api.json", openapi(schema_at(reference), version="3.1.0"))
    description = describe([path])
    assert references(description.bundles) == []
    assert "dangling-reference" in {item.slug for item in description.warnings}


def test_base_uris_cannot_move_references(
    read: Callable[..., Any], openapi: Callable[..., dict[str, Any]], listener: Any
) -> None:
    """`$id`, `$self` and foreign dialects are taken out of the bundle, and said so."""
    host = f"http://127.0.0.1:{listener.port}"
    schemas = {
        "A": {"$id": f"{host}/a.json", "$schema": f"{host}/meta", "$ref": "#/components/schemas/B"},
        "B": {"type": "string"},
    }
    document = openapi(
        schema_at("#/components/schemas/A"),
        components={"schemas": schemas},
        jsonSchemaDialect=f"{host}/dialect",
        **{"$self": f"{host}/self"},
    )
    description = read(document)
    assert host not in orjson.dumps(description.bundles["api.json"]).decode()
    slugs = [warning.slug for warning in description.warnings]
    assert slugs.count("base-uri") == 2
    assert slugs.count("foreign-dialect") == 2
    assert listener.requests == []


def test_files_of_the_same_folder_are_embedded(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Split documents become one: references across files, back, and in circles are kept."""
    write(
        "schemas/order.yaml",
        "Order:\n  type: object\n  properties:\n    lines: {$ref: 'line.yaml#/Line'}\n"
        "    next: {$ref: '#/Order'}\n    shop: {$ref: '../api.json#/components/schemas/Shop'}\n",
    )
    write("schemas/line.yaml", "Line:\n  properties:\n    order: {$ref: 'order.yaml#/Order'}\n")
    write("paths/a.json", {"get": schema_at("../schemas/order.yaml#/Order")["/a"]["get"]})
    path = write(
        "api.json",
        openapi(
            {"/a": {"$ref": "paths/a.json"}}, components={"schemas": {"Shop": {"type": "string"}}}
        ),
    )
    description = describe([path])
    (operation,) = description.operations
    assert operation.id == "GET /a"
    reader = SchemaReader.of(description, "api.json")
    schema = reader.resolve(operation.response_schema)
    assert list(schema["properties"]) == ["lines", "next", "shop"]
    assert reader.resolve(schema["properties"]["shop"]) == {"type": "string"}
    line = reader.resolve(schema["properties"]["lines"])
    assert reader.resolve(line["properties"]["order"]) == schema
    assert follow_reference(description.bundles["api.json"], f"#{operation.pointer}") is not None
    assert all(reference.startswith("#/") for reference in references(description.bundles))


def references(node: Any) -> list[str]:
    """Every `$ref` in a tree."""
    if isinstance(node, list):
        return [found for child in node for found in references(child)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for child in node.values() for found in references(child)]


def test_hostile_neighbours_are_refused(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]], listener: Any
) -> None:
    """A neighbour passes the same guard and the same fence as the document."""
    path = write("api.json", openapi(schema_at("part.yaml")))
    for content in (
        f"$ref: http://127.0.0.1:{listener.port}/",
        "$ref: ../../etc/passwd.json",
        "a: &a [*a]",
        "[" * 1000,
    ):
        write("part.yaml", content)
        with pytest.raises(DescriptionError) as refusal:
            describe([path])
        assert "part.yaml" in str(refusal.value.location)
    assert listener.requests == []


def test_references_to_nothing_are_reported_and_the_rest_is_used(
    read: Callable[..., Any], openapi: Callable[..., dict[str, Any]]
) -> None:
    """A dangling reference is a warning; a parameter is left out, a schema read as anything."""
    paths = schema_at("#/components/schemas/Gone")
    paths["/a"]["get"]["parameters"] = [
        {"$ref": "#/components/parameters/Gone"},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
    ]
    paths["/b"] = schema_at("missing.yaml#/X")["/a"]
    description = read(openapi(paths))
    assert [item.id for item in description.operations] == ["GET /a", "GET /b"]
    assert [item.name for item in description.operations[0].parameters] == ["q"]
    pointers = {item.pointer for item in description.warnings if item.slug == "dangling-reference"}
    assert pointers == {
        "/paths/~1a/get/parameters/0/$ref",
        "/paths/~1a/get/responses/200/content/application~1json/schema/$ref",
        "/paths/~1b/get/responses/200/content/application~1json/schema/$ref",
    }
    assert references(description.bundles) == []


def test_escaped_pointers_and_anchors_are_followed(
    read: Callable[..., Any], openapi: Callable[..., dict[str, Any]]
) -> None:
    """`%7B` in a pointer and `#name` of an anchor end as plain pointers."""
    paths = schema_at("#/paths/~1b~1%7Bid%7D/x-schema")
    paths["/b/{id}"] = {"x-schema": {"type": "integer"}, **schema_at("#shop")["/a"]}
    schemas = {"Shop": {"$anchor": "shop", "type": "boolean"}}
    description = read(openapi(paths, components={"schemas": schemas}))
    found = [
        SchemaReader.of(description, "api.json").resolve(item.response_schema)["type"]
        for item in description.operations
    ]
    assert found == ["integer", "boolean"]


def test_reference_cycles_end(
    read: Callable[..., Any], openapi: Callable[..., dict[str, Any]]
) -> None:
    """References that only lead to each other are read as anything, without hanging."""
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    paths = schema_at("#/components/schemas/A")
    paths["/c"] = {"$ref": "#/paths/~1c"}
    description = read(openapi(paths, components={"schemas": schemas}))
    (operation,) = description.operations
    assert SchemaReader.of(description, "api.json").resolve(operation.response_schema) == {}
