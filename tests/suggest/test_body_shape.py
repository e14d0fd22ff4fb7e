"""What a body holds."""

import json
from pathlib import Path

from workbench.description import describe
from workbench.suggest.body_shape import ITEMS, ShapeReader, leaves_of_value


def test_references_unions_and_recursion(tmp_path: Path) -> None:
    """Properties are found through references and unions; a schema that holds itself ends."""
    line = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"$ref": "#/components/schemas/Lines"},
        },
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/orders/{id}": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "x",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Order"}
                                }
                            },
                        }
                    }
                }
            }
        },
        "components": {
            "schemas": {
                "Order": {
                    "allOf": [
                        {"properties": {"lines": {"$ref": "#/components/schemas/Lines"}}},
                        {"oneOf": [{"properties": {"state": {"enum": ["NEW", "READY"]}}}]},
                    ]
                },
                "Lines": {"type": "array", "items": line},
            }
        },
    }
    file = tmp_path / "api.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    description = describe([file])
    shape = ShapeReader(description).response(description.operations[0])
    paths = {leaf.path: leaf for leaf in shape.leaves}
    assert paths["state",].values == ("NEW", "READY")
    assert ("lines", ITEMS, "name") in paths
    assert ("lines", ITEMS, "children", ITEMS, "name") in paths
    assert [leaf.name for leaf in shape.statuses] == ["state"]


def test_leaves_of_an_example() -> None:
    """A JSON value has the same leaves as its schema would have."""
    found = {leaf.path: leaf.kind for leaf in leaves_of_value({"a": [{"b": 1}], "c": True})}
    assert found == {("a", ITEMS, "b"): "integer", ("c",): "boolean"}
