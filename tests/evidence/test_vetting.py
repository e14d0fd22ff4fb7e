"""The copy of a bundle for other tools: nothing in it leads away, every bound is usable."""

import json
from typing import Any

from workbench.evidence.contract.vetting import vet


def bundle(schema: dict[str, Any]) -> dict[str, Any]:
    """A bundle with one named schema."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {},
        "components": {"schemas": {"A": schema}},
    }


def test_references_in_data_are_taken_out_of_the_copy() -> None:
    """A `$ref` in an example leads no tool away; true references and the original stay."""
    schema = {
        "example": {"$ref": "https://away.example/7", "id": 7},
        "properties": {"next": {"$ref": "#/components/schemas/A"}},
    }
    original = bundle(schema)
    copy = vet(original).bundle["components"]["schemas"]["A"]
    assert copy["example"] == {"id": 7}
    assert copy["properties"]["next"] == {"$ref": "#/components/schemas/A"}
    assert schema["example"] == {"$ref": "https://away.example/7", "id": 7}


def test_a_bound_beyond_every_float_stays_a_bound() -> None:
    """A maximum of four hundred digits is one that every validator reads."""
    copy = vet(bundle({"type": "integer", "maximum": 10**400, "minimum": -(10**400)}))
    schema = copy.bundle["components"]["schemas"]["A"]
    assert schema["minimum"] < -1e300 < 1e300 < schema["maximum"]
    assert json.loads(json.dumps(schema)) == schema
