from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.inference import infer_schema

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-10, 10) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=100)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_example_fits_the_schema_made_of_it(values: list[Any]) -> None:
    """The schema read off examples accepts each of them."""
    validator = jsonschema_rs.validator_for(infer_schema(values))
    for value in values:
        assert validator.is_valid(value)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("2026-01-31T20:00:00Z", {"type": "string", "format": "date-time"}),
        ("2026-01-31", {"type": "string", "format": "date"}),
        ("<integer>", {"type": "integer"}),
        ("<boolean>", {"type": "boolean"}),
        ("a@b.example", {"type": "string", "format": "email"}),
    ],
)
def test_formats_and_placeholders(value: str, schema: dict[str, Any]) -> None:
    """Well-known formats are named, and placeholders give their type."""
    assert infer_schema([value]) == schema


def test_keys_present_everywhere_are_required() -> None:
    """A key that one example lacks is optional; types add up."""
    schema = infer_schema([{"id": 1, "note": None}, {"id": 2.5, "note": "x"}, {"id": 3}])
    assert schema["required"] == ["id"]
    assert schema["properties"]["id"]["type"] == "number"
    assert schema["properties"]["note"]["type"] == ["null", "string"]
