"""References wherever published practice puts them, and `$ref` where it is only data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription, follow_reference
from workbench.model.schema import SchemaReader

Write = Callable[[str, Any], Path]
Make = Callable[..., dict[str, Any]]
OK = {"200": {"description": "ok"}}


def answer(schema: Any, **media: Any) -> dict[str, Any]:
    """The answers of an operation that gives one schema."""
    content = {"application/json": {"schema": schema, **media}}
    return {"200": {"description": "ok", "content": content}}


def slugs(description: ApiDescription) -> list[str]:
    """The kinds of warnings."""
    return [warning.slug for warning in description.warnings]


def test_a_reference_inside_data_is_left_as_it_is(
    read: Callable[..., ApiDescription], openapi: Make, listener: Any
) -> None:
    """In examples, defaults, listed values and extensions `$ref` and `externalValue` are data."""
    away = f"http://127.0.0.1:{listener.port}/7"
    data = {"self": {"$ref": away}, "externalValue": "12.50"}
    schema = {
        "type": "object",
        "default": data,
        "enum": [data],
        "example": data,
        "properties": {"externalValue": {"type": "string", "const": away}},
        "x-note": data,
    }
    media = {"examples": {"one": {"value": data}, "two": {"$ref": "#/components/examples/Two"}}}
    document = openapi(
        {"/a": {"get": {"responses": answer(schema, **media)}}},
        components={"examples": {"Two": {"value": {"$ref": "#/nowhere", "n": 2}}}},
    )
    description = read(document)
    body = description.operations[0].responses[0].bodies[0]
    assert body.examples == (data, {"$ref": "#/nowhere", "n": 2})
    for key in ("default", "example", "x-note"):
        assert body.schema_[key] == data
    assert body.schema_["enum"] == [data]
    assert "dangling-reference" not in slugs(description)
    assert "extension-reference" in slugs(description)
    assert listener.requests == []


def test_old_examples_by_media_type_are_data(
    read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """In version 2.0 `examples` of an answer are literal values."""
    responses = {
        "200": {
            "description": "ok",
            "schema": {"type": "object"},
            "examples": {"application/json": {"$ref": "https://api.bistro.example/orders/7"}},
        }
    }
    description = read(openapi({"/a": {"get": {"responses": responses}}}, version="2.0"))
    assert description.operations[0].responses[0].bodies[0].examples == (
        {"$ref": "https://api.bistro.example/orders/7"},
    )


def test_names_that_look_like_keywords_are_names(
    read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """A property `example`, an answer `default` and a schema `value` are read, not skipped."""
    schemas = {
        "value": {"type": "object", "properties": {"example": {"$ref": "#/components/schemas/N"}}},
        "N": {"type": "integer"},
    }
    document = openapi(
        {"/a": {"get": {"responses": {"default": {"$ref": "#/components/responses/default"}}}}},
        components={
            "schemas": schemas,
            "responses": {"default": answer({"$ref": "#/components/schemas/value"})["200"]},
        },
    )
    description = read(document)
    reader = SchemaReader.of(description, "api.json")
    schema = reader.resolve(description.operations[0].responses[0].bodies[0].schema_)
    assert reader.resolve(schema["properties"]["example"]) == {"type": "integer"}


def test_whole_tables_are_pulled_in(write: Write) -> None:
    """`paths`, `components` and their parts may be files, which may again name tables."""
    write(
        "paths.yaml", "/orders:\n  $ref: ./paths/orders.yaml\n/shops: {get: {$ref: shops.yaml}}\n"
    )
    write(
        "paths/orders.yaml",
        "parameters: [{$ref: '../openapi.yaml#/components/parameters/shop'}]\n"
        "get:\n  responses:\n    '200':\n      description: ok\n"
        "      content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}\n",
    )
    write("shops.yaml", "operationId: listShops\nresponses: {$ref: answers.yaml}\n")
    write("answers.yaml", "'200': {description: fine}\n")
    write("parts.yaml", "schemas: {$ref: schemas/index.yaml}\nparameters: {$ref: params.yaml}\n")
    write("params.yaml", "shop: {name: shop, in: query, schema: {type: string}}\n")
    write("schemas/index.yaml", "$ref: more.yaml\nOrder: {$ref: order.yaml}\n")
    write("schemas/more.yaml", "Line: {type: object, properties: {sku: {type: string}}}\n")
    write(
        "schemas/order.yaml",
        "type: object\nproperties:\n  lines: {type: array, items: {$ref: 'index.yaml#/Line'}}\n"
        "  sku: {$ref: '../openapi.yaml#/components/schemas/Line/properties/sku'}\n",
    )
    path = write(
        "openapi.yaml",
        "openapi: 3.0.3\ninfo: {$ref: info.yaml}\npaths: {$ref: paths.yaml}\n"
        "components: {$ref: parts.yaml}\n",
    )
    write("info.yaml", "title: Split\nversion: '2'\ndescription: {$ref: words.md}\n")
    write("words.md", "# Hello\n")
    description = describe([path])
    assert [item.id for item in description.operations] == ["GET /orders", "GET /shops"]
    orders, shops = description.operations
    assert [item.name for item in orders.parameters] == ["shop"]
    assert (shops.operation_id, shops.responses[0].description) == ("listShops", "fine")
    bundle = description.bundles["openapi.yaml"]
    assert bundle["info"]["description"] == "# Hello\n"
    reader = SchemaReader.of(description, "openapi.yaml")
    order = reader.resolve(orders.response_schema)
    line = reader.resolve(order["properties"]["lines"]["items"])
    assert line["properties"]["sku"] == {"type": "string"}
    assert reader.resolve(order["properties"]["sku"]) == {"type": "string"}
    assert "words.md" in description.documents[0].files
    assert "dangling-reference" not in slugs(description)
    assert description.documents[0].title == "Split"
    assert reader.resolve(follow_reference(bundle, "#/components/schemas/Order")) == order


def test_files_above_the_document_need_a_stated_root(write: Write) -> None:
    """`../common` is refused, and read once a folder above both is named as the root."""
    write("common/order.yaml", "get: {responses: {'200': {$ref: answers.yaml#/ok}}}\n")
    write("common/answers.yaml", "ok: {description: Done.}\n")
    path = write(
        "api/v1/openapi.yaml",
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\n"
        "paths: {/orders/1: {$ref: ../../common/order.yaml}}\n",
    )
    with pytest.raises(DescriptionError, match="outside the folder"):
        describe([path])
    root = path.parents[2]
    description = describe([path], root=root)
    assert description.operations[0].responses[0].description == "Done."
    assert description.documents[0].files == (
        "../../common/order.yaml",
        "../../common/answers.yaml",
    )
    with pytest.raises(DescriptionError, match="outside the stated root"):
        describe([path], root=path.parents[1])


@pytest.mark.parametrize(
    ("version", "kept"), [("2.0", set()), ("3.0.3", set()), ("3.1.0", {"minLength"})]
)
def test_what_stands_beside_a_reference_counts_as_the_version_says(
    version: str, kept: set[str], read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """Up to 3.0 nothing but words counts, from 3.1 on a schema may say more."""
    base = "definitions" if version == "2.0" else "components/schemas"
    schema = {"$ref": f"#/{base}/Name", "minLength": 3, "description": "Theirs."}
    responses: dict[str, Any] = answer(schema)
    if version == "2.0":
        responses = {"200": {"description": "ok", "schema": schema}}
    names = {"Name": {"type": "string"}}
    where = {"definitions": names} if version == "2.0" else {"components": {"schemas": names}}
    description = read(openapi({"/a": {"get": {"responses": responses}}}, version=version, **where))
    found = description.operations[0].responses[0].bodies[0].schema_
    assert found.keys() - {"$ref", "description"} == kept
    assert ("ignored-siblings" in slugs(description)) is not bool(kept)


def test_other_objects_take_only_words_beside_a_reference(
    read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """In 3.1 a referred parameter does not become required by a word beside its reference."""
    shared = {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}}
    operation = {
        "parameters": [{"$ref": "#/components/parameters/Page", "required": True}],
        "responses": OK,
    }
    description = read(openapi({"/a": {"get": operation}}, components={"parameters": shared}))
    assert description.operations[0].parameters[0].required is False


@pytest.mark.parametrize("path", ["/orders\x1b[2J/{id}", "/a\x00{id}", "/b\x9b{id}\n"])
def test_control_characters_in_a_path_are_a_warning(
    path: str, read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """The operation is read, its missing parameter mended, and the path said to be bad."""
    description = read(openapi({path: {"get": {"responses": OK}}}))
    (operation,) = description.operations
    assert [item.name for item in operation.parameters] == ["id"]
    assert "bad-path" in slugs(description)


@pytest.mark.parametrize("reference", ["a" * 300, "b" * 300 + ".yaml", "c/" * 3_000 + "d.json"])
def test_a_reference_that_no_file_can_have_is_a_warning(
    reference: str, read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """A name longer than any file's points at nothing."""
    description = read(openapi({"/a": {"get": {"responses": answer({"$ref": reference})}}}))
    assert "dangling-reference" in slugs(description)


def test_chains_and_circles_of_tables_end(
    read: Callable[..., ApiDescription], openapi: Make
) -> None:
    """Tables that lead to each other, deep chains and copies of copies end."""
    chain = {
        f"S{n}": {"properties": {"$ref": f"#/components/schemas/S{n + 1}/properties"}}
        for n in range(3_000)
    }
    circle = {"A": {"properties": {"$ref": "#/components/schemas/B/properties"}}}
    circle["B"] = {"properties": {"$ref": "#/components/schemas/A/properties"}}
    paths: dict[str, Any] = {
        f"/p{n}": {"get": {"$ref": f"#/paths/~1p{n + 1}/get"}} for n in range(3_000)
    }
    paths["/p3000"] = {"get": {"$ref": "#/paths/~1p0/get"}}
    description = read(openapi(paths, components={"schemas": {**chain, **circle}}))
    assert len(description.operations) == 3_001


def test_copies_cannot_grow_without_end(read: Callable[..., ApiDescription], openapi: Make) -> None:
    """Copies of copies of copies are refused before they fill the memory."""
    content: dict[str, Any] = {
        f"x-{n}": {"a": {"content": {"$ref": f"#/x-{n + 1}/a/content"}}} for n in range(3)
    }
    wide = {f"a/{n}": {"schema": {"type": "string"}} for n in range(2_000)}
    content["x-3"] = {"a": {"content": wide}}
    paths = {
        f"/p{n}": {"post": {"requestBody": {"content": {"$ref": "#/x-0/a/content"}}}}
        for n in range(200)
    }
    with pytest.raises(DescriptionError, match="write out"):
        read(openapi(paths, **content))
