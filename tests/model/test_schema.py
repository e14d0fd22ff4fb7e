from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.schema_diff import DocumentVersion, SchemaDiff
from workbench.model.description import ApiDescription
from workbench.model.schema import ITEMS, LocatedSchema, SchemaNode, SchemaReader, view_schema

NAMES = ("Boat", "Crew", "Deck", "Hull", "Mast")
REFERENCES = [f"#/schemas/{name}" for name in NAMES]


def reader(**schemas: Any) -> SchemaReader:
    """A reader of a document with these named schemas."""
    return SchemaReader({"schemas": schemas})


def to(name: str) -> dict[str, Any]:
    """A reference to a named schema."""
    return {"$ref": f"#/schemas/{name}"}


def cyclic_schemas() -> st.SearchStrategy[Any]:
    """Schemas that refer to each other, well-formed or not."""
    reference = st.sampled_from([*REFERENCES, "#/schemas/Gone", "#", 7, None, ["x"]])
    leaf = st.one_of(
        st.booleans(),
        st.none(),
        st.builds(lambda target: {"$ref": target}, reference),
        st.sampled_from(
            [
                *({}, {"type": "string"}, {"type": "null"}, {"enum": [1, "a", None]}),
                *({"const": 3}, {"type": ["integer", "null"], "minimum": "low"}),
                {"required": "all", "items": [1]},
            ]
        ),
    )

    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, max_size=3)
        members = st.dictionaries(st.sampled_from(["id", "next", "parts"]), inner, max_size=3)
        return st.fixed_dictionaries(
            {},
            optional={
                "$ref": reference,
                "allOf": several,
                "oneOf": several,
                "anyOf": several,
                "items": inner,
                "properties": members,
                "additionalProperties": inner,
                "required": st.lists(st.sampled_from(["id", "next", 4]), max_size=2),
            },
        )

    return st.recursive(leaf, grow, max_leaves=8)


BUNDLES = st.fixed_dictionaries({name: cyclic_schemas() for name in NAMES})


@given(schemas=BUNDLES)
@settings(max_examples=150)
def test_any_cycle_ends(schemas: dict[str, Any]) -> None:
    """Whatever refers to whatever, each view ends soon, well-formed, and says it is bounded."""
    found = reader(**schemas)
    for name in NAMES:
        first = found.first(to(name))
        assert all(isinstance(part, dict) for part in first.get("properties", {}).values())
        assert all(isinstance(item, str) for item in first.get("required", []))
        shapes = found.alternatives(to(name))
        assert 0 < len(shapes) <= 64
        assert all(not {"$ref", "allOf", "oneOf", "anyOf"} & shape.keys() for shape in shapes)
        assert set(first.get("properties", {})) <= set(found.properties(to(name)))
        assert len(found.walk(to(name), 4)) <= 400
        view_schema(found, LocatedSchema(to(name)))
        node = SchemaNode.of(found, to(name))
        node.go(("next", 0, "id"))
        assert node.items().types >= frozenset()
        found.survey(f"/schemas/{name}")


@given(old=BUNDLES, new=BUNDLES, sent=st.booleans())
@settings(max_examples=60)
def test_cyclic_schemas_are_compared(
    old: dict[str, Any], new: dict[str, Any], *, sent: bool
) -> None:
    """A comparison of two cyclic documents ends, and finds none in a document with itself."""
    sides = [
        DocumentVersion(ApiDescription(bundles={"x": {"schemas": item}}), "x")
        for item in (old, new)
    ]
    for name in NAMES:
        place = LocatedSchema(to(name))
        SchemaDiff(*sides, sent=sent).compare(place, place)
        assert SchemaDiff(sides[0], sides[0], sent=sent).compare(place, place) == ()


def test_a_family_of_schemas_is_read_whole() -> None:
    """A base that lists its kinds, each made of the base: every kind has the base's fields once."""
    kinds = {
        name: {"allOf": [to("Boat"), {"properties": {f"{name.lower()}_size": {"type": "integer"}}}]}
        for name in ("Sloop", "Ketch", "Yawl")
    }
    base = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "oneOf": [to(name) for name in kinds],
    }
    found = reader(Boat=base, **kinds)
    assert [set(shape["properties"]) for shape in found.alternatives(to("Boat"))] == [
        {"kind", "sloop_size"},
        {"kind", "ketch_size"},
        {"kind", "yawl_size"},
    ]
    assert set(found.first(to("Boat"))["properties"]) == {"kind", "sloop_size"}
    assert {path for path, _ in found.walk(to("Boat"), 2)} == {
        ("kind",),
        ("sloop_size",),
        ("ketch_size",),
        ("yawl_size",),
    }
    assert {item.kind for item in found.left_out} == {"repeated"}
    assert found.left_out[0].pointer.startswith("/schemas/")


def test_a_schema_used_twice_is_no_repetition() -> None:
    """Two parts of one schema may share a third; nothing is left out of it."""
    found = reader(
        Hull={"properties": {"length": {"type": "number"}}},
        Deck={"allOf": [to("Hull"), {"properties": {"planks": {"type": "integer"}}}]},
        Boat={"allOf": [to("Hull"), to("Deck")]},
    )
    assert set(found.first(to("Boat"))["properties"]) == {"length", "planks"}
    assert found.left_out == ()


def test_many_combinations_become_one_shape_and_are_told() -> None:
    """Beyond the bound nothing is required by chance, every field is known, and it is said."""
    groups = [
        {"oneOf": [{"required": [f"f{g}_{i}"], "properties": {f"f{g}_{i}": {}}} for i in range(5)]}
        for g in range(4)
    ]
    found = reader(Boat={"type": "object", "required": ["id"], "allOf": groups})
    found.survey("/schemas/Boat")
    assert [item.kind for item in found.left_out] == ["combinations"]
    (shape,) = found.alternatives(to("Boat"))
    assert len(shape["properties"]) == 20
    assert shape["required"] == ["id"]


def test_diamonds_do_not_double_the_work() -> None:
    """Sixty floors of schemas that each refer twice to the next are read at once."""
    floors = {f"F{n}": {"allOf": [to(f"F{n + 1}"), to(f"F{n + 1}")]} for n in range(60)}
    found = reader(**floors, F60={"properties": {"id": {"type": "string"}}})
    start = time.process_time()
    assert found.first(to("F0"))["properties"] == {"id": {"type": "string"}}
    assert len(found.alternatives(to("F0"))) == 1
    assert view_schema(found, LocatedSchema(to("F0"))).properties.keys() == {"id"}
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ({"minimum": 1}, {"minimum": 3}, {"minimum": 3}),
        ({"maxLength": 9}, {"maxLength": 4}, {"maxLength": 4}),
        ({"type": "number"}, {"type": "integer"}, {"type": "integer"}),
        ({"type": ["string", "null"]}, {"type": "string"}, {"type": "string"}),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, {"enum": ["b"]}),
        ({"title": "ours"}, {"title": "theirs"}, {"title": "ours"}),
        ({"required": ["a"]}, {"required": ["b", "a"]}, {"required": ["a", "b"]}),
    ],
)
def test_all_of_is_joined(one: Any, other: Any, joined: Any) -> None:
    """A value has to fit all parts: the tighter bound holds, and the outer words stay."""
    assert reader().first({**one, "allOf": [other]}) == joined


def test_a_shared_property_keeps_both_descriptions() -> None:
    """A property that two parts describe is bound by both, whether they refer or not."""
    found = reader(Word={"type": "string", "maxLength": 5})
    one = {"properties": {"name": {"minLength": 2}, "code": to("Word")}}
    other = {"properties": {"name": {"minLength": 3, "type": "string"}, "code": {"minLength": 1}}}
    joined = found.first({"allOf": [one, other]})["properties"]
    assert joined["name"] == {"minLength": 3, "type": "string"}
    assert found.first(joined["code"]) == {"type": "string", "maxLength": 5, "minLength": 1}


def test_false_and_null_are_no_choice() -> None:
    """What nothing fits, and null, are not among the shapes of a value."""
    choices = [False, {"type": "null"}, to("Nothing"), {"type": "string"}]
    found = reader(Nothing={"type": ["null"]})
    assert found.alternatives({"oneOf": choices}) == ({"type": "string"},)
    assert found.first({"anyOf": choices}) == {"type": "string"}


def test_a_node_knows_its_members_and_their_values() -> None:
    """Members of a choice, items of a list and values by key are found by path."""
    found = reader(
        Crew={"oneOf": [{"properties": {"cook": {"type": "string", "writeOnly": True}}}, {}]},
        Boat={
            "properties": {"crew": {"type": "array", "items": to("Crew")}},
            "additionalProperties": {"type": "integer"},
        },
    )
    node = SchemaNode.of(found, to("Boat"))
    crew = node.member("crew")
    assert crew is not None
    assert node.member("mast") is None
    cook = crew.items().member("cook")
    assert cook is not None
    assert cook.is_write_only
    assert node.values().types == {"integer"}
    assert found.walk(to("Boat"), 3)[0][0] == ("crew", ITEMS, "cook")


def test_a_ring_of_references_is_told() -> None:
    """References that only lead to each other say nothing, and that is said."""
    ring = {name: {"$ref": f"#/s/{after}"} for name, after in ("ab", "bc", "ca")}
    reader = SchemaReader({"s": ring})
    assert reader.resolve({"$ref": "#/s/a"}) == {}
    assert [item.kind for item in reader.left_out] == ["repeated"]
