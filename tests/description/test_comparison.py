from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.comparison import compare_descriptions
from workbench.description.document_change import ChangeSeverity, DocumentChange
from workbench.description.schema_diff import DocumentVersion, SchemaDiff
from workbench.model.description import ApiDescription
from workbench.model.schema import LocatedSchema

BREAKING, NON_BREAKING, COSMETIC = ChangeSeverity
Pair = Callable[[Any, Any], tuple[DocumentChange, ...]]


@pytest.fixture
def differ(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> Callable[..., tuple[DocumentChange, ...]]:
    """Compare two versions given as `paths`, further root keys for both or as pairs."""

    def run(old: Any, new: Any, features: Any = None, **root: Any) -> tuple[DocumentChange, ...]:
        versions = []
        for index, paths in enumerate((old, new)):
            keys = {
                key: value[index] if isinstance(value, tuple) else value
                for key, value in root.items()
            }
            versions.append(read(openapi(paths, **keys)))
        return compare_descriptions(*versions, features=features)

    return run


def call(request: Any = None, answer: Any = None, **keys: Any) -> dict[str, Any]:
    """Paths with one operation that has these two schemas."""
    node: dict[str, Any] = {"responses": {"200": {"description": "ok"}}, **keys}
    if request is not None:
        node["requestBody"] = {"content": {"application/json": {"schema": request}}}
    if answer is not None:
        node["responses"]["200"]["content"] = {"application/json": {"schema": answer}}
    return {"/orders/{id}/status": {"put": node}}


def named(changes: tuple[DocumentChange, ...]) -> set[tuple[str, str]]:
    """Severity and slug of each change."""
    return {(change.severity.value, change.slug) for change in changes}


TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def obj(*required: str, **properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties, "required": list(required)}


# What a schema becomes, and what that means when we send it and when we receive it.
SCHEMAS = [
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "value-removed", BREAKING, NON_BREAKING),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, "value-added", NON_BREAKING, BREAKING),
    (TEXT, {**TEXT, "enum": ["a"]}, "values-listed", BREAKING, NON_BREAKING),
    (TEXT, NUMBER, "type-changed", BREAKING, BREAKING),
    (NUMBER, {"type": "number"}, "type-changed", NON_BREAKING, BREAKING),
    (TEXT, {"type": ["string", "null"]}, "became-nullable", NON_BREAKING, BREAKING),
    (obj(a=TEXT), obj("a", a=TEXT), "property-became-required", BREAKING, NON_BREAKING),
    (obj("a", a=TEXT), obj(a=TEXT), "property-became-optional", NON_BREAKING, BREAKING),
    (obj(), obj("a", a=TEXT), "property-added-required", BREAKING, NON_BREAKING),
    (obj(), obj(a=TEXT), "property-added", NON_BREAKING, NON_BREAKING),
    (obj(a=TEXT), obj(), "property-removed", BREAKING, BREAKING),
    ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, "maxlength-tightened", BREAKING, None),
    ({**TEXT, "maxLength": 9}, TEXT, "maxlength-loosened", None, BREAKING),
    ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}, "minimum-loosened", None, BREAKING),
    (TEXT, {**TEXT, "pattern": "^a"}, "pattern-tightened", BREAKING, None),
    ({**TEXT, "format": "date"}, {**TEXT, "format": "time"}, "format-changed", BREAKING, BREAKING),
    ({"anyOf": [TEXT, NUMBER]}, TEXT, "choice-removed", BREAKING, NON_BREAKING),
    (TEXT, {"oneOf": [TEXT, NUMBER]}, "choice-added", NON_BREAKING, BREAKING),
    ({"items": TEXT}, {"items": NUMBER}, "type-changed", BREAKING, BREAKING),
    (obj(), {**obj(), "additionalProperties": False}, "further-properties-changed", BREAKING, None),
    ({**TEXT, "default": "a"}, {**TEXT, "default": "b"}, "default-changed", None, None),
    ({**TEXT, "title": "A"}, {**TEXT, "title": "B"}, "words-changed", COSMETIC, COSMETIC),
]


@pytest.mark.parametrize(("old", "new", "slug", "sent", "received"), SCHEMAS)
def test_direction_decides_what_a_schema_change_means(
    differ: Callable[..., tuple[DocumentChange, ...]],
    old: Any,
    new: Any,
    slug: str,
    sent: ChangeSeverity | None,
    received: ChangeSeverity | None,
) -> None:
    """Narrower requests and wider answers break us; a missing severity means that it does not."""
    expected = {slug: sent or NON_BREAKING}
    assert {item.slug: item.severity for item in differ(call(old), call(new))} == expected
    expected = {slug: received or NON_BREAKING}
    changes = differ(call(None, old), call(None, new))
    assert {item.slug: item.severity for item in changes} == expected
    nested = differ(call(obj(x={"items": old})), call(obj(x={"items": new})))
    assert slug in {item.slug for item in nested}


def test_webhooks_count_the_other_way_round(
    differ: Callable[..., tuple[DocumentChange, ...]],
) -> None:
    """The body of a webhook is received: a new value in it breaks us."""
    hooks = tuple(
        {"order": call({"enum": values})["/orders/{id}/status"]} for values in (["a"], ["a", "b"])
    )
    changes = differ({}, {}, webhooks=hooks, features={"webhook:order": ["order-created-event"]})
    assert named(changes) == {("breaking", "value-added")}
    assert changes[0].features == ("order-created-event",)


def test_bound_features_are_named(differ: Callable[..., tuple[DocumentChange, ...]]) -> None:
    """A lost value is told for the feature that is bound to the operation."""
    states = {"enum": ["ready", "done"]}
    changes = differ(
        call(obj(status=states)),
        call(obj(status={"enum": ["done"]})),
        features={"PUT /orders/{id}/status": ["order-status-write"]},
    )
    assert [str(change) for change in changes] == [
        "order-status-write: in the request, `status` lost the value `ready`"
    ]
    assert changes[0].pointer.endswith("/schema/properties/status")
    assert changes[0].before == "ready"


def query(name: str = "q", **keys: Any) -> list[dict[str, Any]]:
    """One parameter."""
    return [{"name": name, "in": "query", "schema": TEXT, **keys}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], query(required=True), ("breaking", "parameter-added-required")),
        ([], query(), ("non-breaking", "parameter-added")),
        (query(), [], ("breaking", "parameter-removed")),
        (query(), query(required=True), ("breaking", "parameter-became-required")),
        (query(required=True), query(), ("non-breaking", "parameter-became-optional")),
        (query(schema=NUMBER), query(), ("non-breaking", "type-changed")),
        (query(), query(schema=NUMBER), ("breaking", "type-changed")),
        (query(), query(schema={"type": "array", "items": TEXT}), None),
        (
            query(schema=TEXT),
            query(schema={**TEXT, "default": "a"}),
            ("breaking", "default-changed"),
        ),
        (query(), query(description="words"), ("cosmetic", "description-changed")),
        (query("X", **{"in": "header"}), query("x", **{"in": "header"}), None),
    ],
)
def test_parameters(
    differ: Callable[..., tuple[DocumentChange, ...]], old: Any, new: Any, expected: Any
) -> None:
    """Parameters travel as text, and headers are the same in any case."""
    changes = differ(call(parameters=old), call(parameters=new))
    assert named(changes) == ({expected} if expected else set())


def test_operations_bodies_answers(differ: Callable[..., tuple[DocumentChange, ...]]) -> None:
    """What comes and goes around an operation is told, the worst first."""
    old = {
        "/gone": {"get": {"responses": {}}},
        "/a/{id}": {
            "post": {
                "operationId": "one",
                "requestBody": {"content": {"text/plain": {}, "application/json": {}}},
                "responses": {"200": {"headers": {"ETag": {}}}, "404": {}},
            }
        },
    }
    new = {
        "/new": {"get": {"responses": {}}},
        "/a/{key}": {
            "post": {
                "operationId": "two",
                "deprecated": True,
                "requestBody": {"required": True, "content": {"application/json": {}}},
                "responses": {"200": {"headers": {"Age": {}}}, "202": {}},
            }
        },
    }
    changes = differ(old, new)
    assert named(changes) == {
        ("breaking", "operation-removed"),
        ("breaking", "header-removed"),
        ("breaking", "media-type-removed"),
        ("breaking", "request-body-became-required"),
        ("non-breaking", "operation-added"),
        ("non-breaking", "operation-deprecated"),
        ("non-breaking", "path-variable-renamed"),
        ("non-breaking", "response-removed"),
        ("non-breaking", "response-added"),
        ("non-breaking", "header-added"),
        ("cosmetic", "operation-id-changed"),
    }
    ranks = [change.severity.rank for change in changes]
    assert ranks == sorted(ranks)


def test_security_and_servers(differ: Callable[..., tuple[DocumentChange, ...]]) -> None:
    """A login that no longer suffices breaks; one more way to log in does not."""
    schemes = {"a": {"type": "http", "scheme": "basic"}, "b": {"type": "http", "scheme": "bearer"}}
    moved = {**schemes, "a": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    parts = tuple({"securitySchemes": item} for item in (schemes, moved))
    tight, loose = [{"a": []}], [{"a": []}, {"b": []}]
    assert named(differ(call(security=tight), call(security=loose))) == {
        ("non-breaking", "security-loosened")
    }
    assert named(differ(call(security=loose), call(security=tight))) == {
        ("breaking", "security-changed")
    }
    assert named(differ(call(security=[]), call(security=tight))) == {
        ("breaking", "security-changed")
    }
    assert named(differ(call(), call(), components=parts)) == {
        ("breaking", "security-scheme-changed")
    }
    servers = tuple([{"url": f"https://{name}.example"}] for name in ("one", "two"))
    assert named(differ(call(), call(), servers=servers)) == {
        ("breaking", "server-removed"),
        ("non-breaking", "server-added"),
    }


def test_recursive_schemas_end(differ: Callable[..., tuple[DocumentChange, ...]]) -> None:
    """A schema that contains itself is compared once, with the change inside it."""

    def line(kind: str) -> dict[str, Any]:
        own = {"$ref": "#/components/schemas/Line"}
        return {"schemas": {"Line": obj(kind={"type": kind}, children={"items": own})}}

    body = {"$ref": "#/components/schemas/Line"}
    changes = differ(call(body), call(body), components=(line("string"), line("boolean")))
    assert [change.pointer for change in changes] == ["/components/schemas/Line/properties/kind"]


def test_read_only_fields_do_not_count_in_requests(
    differ: Callable[..., tuple[DocumentChange, ...]],
) -> None:
    """What only they set may be added as required without touching what we send."""
    new = obj("id", id={**TEXT, "readOnly": True})
    assert named(differ(call(obj()), call(new))) == set()
    assert named(differ(call(None, obj()), call(None, new))) == {
        ("non-breaking", "property-added-required")
    }


SCHEMA = st.recursive(
    st.sampled_from([TEXT, NUMBER, {}, {"enum": ["a"]}, {"enum": ["a", "b"]}, {"const": 1}])
    | st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(0, 3)),
    lambda inner: (
        st.builds(lambda item: {"type": "array", "items": item}, inner)
        | st.builds(
            lambda properties, required: {
                "type": "object",
                "properties": properties,
                "required": sorted(required),
            },
            st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
            st.sets(st.sampled_from("xyz")),
        )
        | st.builds(
            lambda key, parts: {key: parts},
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            st.lists(inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(one=SCHEMA, other=SCHEMA, sent=st.booleans())
def test_comparison_laws(one: Any, other: Any, *, sent: bool) -> None:
    """A schema never differs from itself, and no pair of schemas makes the comparison fail."""
    side = DocumentVersion(ApiDescription(), "x")
    diff = SchemaDiff(side, side, sent=sent)
    assert diff.compare(LocatedSchema(one, ""), LocatedSchema(one, "")) == ()
    there = {
        change.effect for change in diff.compare(LocatedSchema(one, ""), LocatedSchema(other, ""))
    }
    back = {
        change.effect for change in diff.compare(LocatedSchema(other, ""), LocatedSchema(one, ""))
    }
    assert bool(there) == bool(back)


@pytest.mark.parametrize("sent", [True, False])
def test_a_required_name_without_property_is_compared_both_ways(*, sent: bool) -> None:
    """A field that is only required, never described, counts when it comes and when it goes."""
    side = DocumentVersion(ApiDescription(), "x")
    diff = SchemaDiff(side, side, sent=sent)
    bare, bound = ({"type": "object", "required": names} for names in ([], ["knot"]))
    (gone,) = diff.compare(LocatedSchema(bound, ""), LocatedSchema(bare, ""))
    (come,) = diff.compare(LocatedSchema(bare, ""), LocatedSchema(bound, ""))
    assert (gone.slug, come.slug) == ("property-became-optional", "property-became-required")
