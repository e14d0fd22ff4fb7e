"""References into a description find what they name, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model.description import (
    ApiDescription,
    Body,
    Event,
    Operation,
    Response,
    follow_reference,
)
from workbench.model.schema import SchemaReader


def operation(
    reference: str, *, document: str = "orders.yaml", name: str | None = None
) -> Operation:
    """An operation by its `METHOD /path`."""
    method, _, path = reference.partition(" ")
    return Operation(id=reference, method=method, path=path, document=document, operation_id=name)


def event(name: str, *, source: str = "webhook", document: str = "orders.yaml") -> Event:
    """An event by its name."""
    return Event(id=f"{source}:{name}", name=name, source=source, document=document)


GET_ORDER = operation("GET /orders/{id}", name="getOrder")
PATCH_ORDER = operation("PATCH /orders/{id}")
GET_MENU = operation("GET /menus/{id}", document="menu api.yaml", name="getMenu")
LIST_ORDERS = operation("GET /orders", name="list")
LIST_MENUS = operation("GET /menus", document="menu api.yaml", name="list")
SAME_HERE = operation("GET /health")
SAME_THERE = operation("GET /health", document="menu api.yaml")
CREATED = event("order.created")
HASHED = event("order#closed")
API = ApiDescription(
    operations=(
        GET_ORDER,
        PATCH_ORDER,
        GET_MENU,
        LIST_ORDERS,
        LIST_MENUS,
        SAME_HERE,
        SAME_THERE,
        operation("DELETE /getOrder", name="remove"),
        operation("POST /tricky", name="GET /orders/{id}"),
    ),
    events=(CREATED, HASHED, event("paid", source="callback"), event("paid", source="asyncapi")),
)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("GET /orders/{id}", GET_ORDER),
        ("getOrder", GET_ORDER),
        ("orders.yaml#GET /orders/{id}", GET_ORDER),
        ("orders.yaml#getOrder", GET_ORDER),
        ("menu api.yaml#getMenu", GET_MENU),
        ("orders.yaml#list", LIST_ORDERS),
        ("menu api.yaml#list", LIST_MENUS),
        ("orders.yaml#GET /health", SAME_HERE),
        ("menu api.yaml#GET /health", SAME_THERE),
        ("webhook:order.created", CREATED),
        ("order.created", CREATED),
        ("orders.yaml#order.created", CREATED),
        ("webhook:order#closed", HASHED),
        ("orders.yaml#webhook:order#closed", HASHED),
        ("callback:paid", API.events[2]),
        ("GET /health", None),
        ("list", None),
        ("paid", None),
        ("menu api.yaml#GET /orders/{id}", None),
        ("other.yaml#GET /orders/{id}", None),
        ("get /orders/{id}", None),
        ("GET /orders/{orderId}", None),
        ("orders.yaml#", None),
        ("", None),
    ],
)
def test_exchange(reference: str, found: Operation | Event | None) -> None:
    """A reference finds one thing by id or name, narrowed to a document, or nothing when unsure."""
    assert API.exchange(reference) == found


def test_ids_win_over_operation_ids() -> None:
    """An operationId that looks like another operation's id does not make it ambiguous."""
    assert API.exchange("GET /orders/{id}") is GET_ORDER


def test_json_bodies_come_first() -> None:
    """The request schema is that of the JSON body, and of another one only without it."""
    form = Body(media_type="application/x-www-form-urlencoded", schema_={"title": "form"})
    json = Body(media_type="application/json", schema_={"title": "json"})
    bare = Body(media_type="application/json")
    both = GET_ORDER.model_copy(update={"bodies": (form, bare, json)})
    assert both.request_schema == {"title": "json"}
    assert GET_ORDER.model_copy(update={"bodies": (form, bare)}).request_schema == {"title": "form"}
    assert GET_ORDER.request_schema is None


def test_response_schema_is_that_of_a_success() -> None:
    """Error answers never stand in for the answer that was asked for."""
    answers = {
        status: Response(
            status=status,
            bodies=(Body(media_type="application/json", schema_={"title": status}),),
        )
        for status in ("400", "default", "2XX", "201")
    }
    some = GET_ORDER.model_copy(update={"responses": tuple(answers.values())})
    assert some.response_schema == {"title": "2XX"}
    failing = GET_ORDER.model_copy(update={"responses": (answers["400"], answers["default"])})
    assert failing.response_schema is None


BUNDLE: dict[str, Any] = {
    "components": {
        "schemas": {
            "Order": {"type": "object", "properties": {"id": {"type": "string"}}},
            "Alias": {"$ref": "#/components/schemas/Order", "title": "Alias"},
            "Loop": {"$ref": "#/components/schemas/Pool"},
            "Pool": {"$ref": "#/components/schemas/Loop"},
            "Line": {"properties": {"children": {"$ref": "#/components/schemas/Line"}}},
            "Anything": True,
            "a/b": {"title": "slash"},
            "m~n": {"title": "tilde"},
            "50%": {"title": "percent"},
            "{id}": {"title": "braces"},
        }
    },
    "list": ["zero", {"deep": "one"}],
}
DESCRIPTION = ApiDescription(bundles={"orders.yaml": BUNDLE})


def reference(name: str) -> dict[str, Any]:
    """A reference to a schema of the bundle."""
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "resolved"),
    [
        ({"type": "string"}, {"type": "string"}),
        (reference("Order"), BUNDLE["components"]["schemas"]["Order"]),
        (reference("Alias"), {**BUNDLE["components"]["schemas"]["Order"], "title": "Alias"}),
        (
            {**reference("Order"), "description": "ours"},
            {**BUNDLE["components"]["schemas"]["Order"], "description": "ours"},
        ),
        (reference("Line"), BUNDLE["components"]["schemas"]["Line"]),
        (reference("Loop"), {}),
        (reference("Missing"), {}),
        (reference("Anything"), {}),
        ({"$ref": "other.yaml#/Order"}, {}),
        ({"$ref": 7}, {"$ref": 7}),
        (True, {}),
        (None, {}),
    ],
)
def test_resolve(schema: Any, resolved: Any) -> None:
    """The outermost reference is followed to its end; a loop or a dangling one gives `{}`."""
    assert SchemaReader.of(DESCRIPTION, "orders.yaml").resolve(schema) == resolved


def test_resolve_keeps_to_its_document() -> None:
    """A reference is never looked up in another document."""
    assert SchemaReader.of(DESCRIPTION, "menu.yaml").resolve(reference("Order")) == {}


@pytest.mark.parametrize(
    ("pointer", "target"),
    [
        ("#", BUNDLE),
        ("#/list/0", "zero"),
        ("#/list/1/deep", "one"),
        ("#/components/schemas/a~1b/title", "slash"),
        ("#/components/schemas/m~0n/title", "tilde"),
        ("#/components/schemas/50%/title", "percent"),
        ("#/components/schemas/50%25/title", "percent"),
        ("#/components/schemas/%7Bid%7D/title", "braces"),
        ("#/components/schemas/{id}/title", "braces"),
        ("#/list/2", None),
        ("#/list/00", None),
        ("#/list/-", None),
        ("#/list/²", None),
        ("#/list/0/deeper", None),
        ("#anchor", None),
        ("", None),
        ("/list/0", None),
        ("other.yaml#/list/0", None),
        ("https://example.com/#/list/0", None),
    ],
)
def test_follow(pointer: str, target: Any) -> None:
    """Local JSON Pointers are followed, plain or percent-encoded; anything else leads nowhere."""
    assert follow_reference(BUNDLE, pointer) == target


@settings(max_examples=60)
@given(keys=st.lists(st.text(max_size=6), min_size=1, max_size=4))
def test_an_escaped_path_leads_back(keys: list[str]) -> None:
    """Whatever the keys of nested objects, the pointer made from them finds the leaf."""
    document: Any = "leaf"
    for key in reversed(keys):
        document = {key: document}
    tokens = [key.replace("~", "~0").replace("/", "~1") for key in keys]
    assert follow_reference(document, "#/" + "/".join(tokens)) == "leaf"


@settings(max_examples=60)
@given(pointer=st.text(max_size=12))
def test_follow_is_total(pointer: str) -> None:
    """No reference, however odd, raises."""
    follow_reference(BUNDLE, f"#/list/{pointer}")
    follow_reference(BUNDLE, pointer)
