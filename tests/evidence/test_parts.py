"""The parts that checks are made of: bodies, relations, places, comparisons, snippets."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.schema_validation import as_json_schema
from workbench.evidence.behaviour.comparing import deviations, differences
from workbench.evidence.bodies import Maker
from workbench.evidence.known import known_values
from workbench.evidence.likeness import read_form
from workbench.evidence.relations import collections, is_collection, last_parameter, stem
from workbench.evidence.zones import Coordinates, distance, home, is_swapped
from workbench.model import Difference
from workbench.partners import Partner, load_partner
from workbench.settings import Settings, load_settings

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def mini(checkout: Settings) -> Partner:
    """The miniature's folder."""
    return load_partner("miniature", checkout)


@pytest.mark.parametrize("slug", ["miniature", "tavola", "bocado"])
def test_made_bodies_fit_their_schemas(slug: str, checkout: Settings) -> None:
    """Every body that we make, whole or bare, is valid by the schema that it is made from."""
    partner = load_partner(slug, checkout if slug == "miniature" else load_settings())
    made = 0
    for operation in partner.description.operations:
        schema = operation.request_schema
        if schema is None:
            continue
        bundle = partner.description.bundles[operation.document]
        validator = jsonschema_rs.Draft202012Validator(
            as_json_schema(schema, bundle), validate_formats=True
        )
        for full in (True, False):
            body = Maker(partner, "sandbox", operation.document, full=full).make(schema)
            trouble = [error.message for error in validator.iter_errors(body)]
            assert not trouble, (operation.id, body)
            made += 1
    assert made > 5


def test_bodies_name_what_exists(mini: Partner) -> None:
    """Ids in a made order are those of the test account, and its place is near the restaurant."""
    operation = next(item for item in mini.description.operations if item.id == "POST /orders")
    body = Maker(mini, "sandbox", "openapi.yaml").make(operation.request_schema)
    assert body["restaurant_id"] == "r1"
    assert body["items"][0]["product_id"] == "p1"
    assert (
        distance(
            Coordinates(body["address"]["lat"], body["address"]["lng"]), Coordinates(40.4, -3.7)
        )
        < 50
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("order_id", ("o1", "o2", "o3")),
        ("restaurant_id", ("r1",)),
        ("itemId", ("p1", "p2")),
        ("VenueRef", ("r1",)),
        ("order", ()),
        ("name", ()),
    ],
)
def test_known_values_are_found_by_name(name: str, values: tuple[str, ...], mini: Partner) -> None:
    """The manifest's words come first, then the words that partners use for our entities."""
    assert known_values(mini, "sandbox", name) == values


def test_relations_are_told_from_paths(mini: Partner) -> None:
    """The list and the making of a thing are found beside its read."""
    read = next(o for o in mini.description.operations if o.id == "GET /orders/{order_id}")
    assert [o.id for o in collections(mini, read, "POST")] == ["POST /orders"]
    assert [o.id for o in collections(mini, read, "GET")] == ["GET /orders"]
    assert stem("/v2/Orders/{id}") == "orders"
    assert last_parameter("/orders/{id}") == "id"
    assert last_parameter("/orders") is None
    assert is_collection("/orders")


@pytest.mark.parametrize(
    ("zone", "place", "swapped"),
    [
        ("Europe/Madrid", Coordinates(40.4, -3.7), False),
        ("Europe/Madrid", Coordinates(-3.7, 40.4), True),
        ("Atlantic/Canary", Coordinates(28.1, -15.4), False),
        ("Atlantic/Canary", Coordinates(-15.4, 28.1), True),
        ("America/New_York", Coordinates(40.7, -74.0), False),
        ("Europe/Helsinki", Coordinates(60.2, 24.9), False),
        ("Europe/Helsinki", Coordinates(24.9, 60.2), True),
        ("Asia/Tokyo", Coordinates(35.7, 139.7), False),
        ("No/Where", Coordinates(-3.7, 40.4), False),
    ],
)
def test_exchanged_coordinates_are_recognised(zone: str, place: Coordinates, swapped: bool) -> None:
    """A place is told from its mirror image by the city of the time zone."""
    assert is_swapped(place, zone) == swapped


def test_zones_have_a_place() -> None:
    """The table of the zones gives degrees, west and south negative."""
    madrid = home("Europe/Madrid")
    assert madrid is not None
    assert distance(madrid, Coordinates(40.4168, -3.7038)) < 20
    assert home("Mars/Base") is None


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        (Coordinates(0, 0), Coordinates(0, 90), 10_007.5),
        (Coordinates(0, 0), Coordinates(90, 0), 10_007.5),
        (Coordinates(60, 0), Coordinates(60, 90), 4_604.5),
        (Coordinates(60, 10), Coordinates(-60, 10), 13_343.4),
        (Coordinates(30, -45), Coordinates(30, 135), 13_343.4),
    ],
)
def test_distances_on_the_sphere(one: Coordinates, other: Coordinates, kilometres: float) -> None:
    """Along the equator, a meridian and a parallel, and over the pole, there and back."""
    assert distance(one, other) == pytest.approx(kilometres, rel=1e-3)
    assert distance(other, one) == pytest.approx(kilometres, rel=1e-3)


@given(json_values)
@settings(max_examples=60)
def test_nothing_differs_from_itself(value: Any) -> None:
    """Reading back exactly what was sent leaves no difference, wrapped or not."""
    assert differences(value, value) == []
    if isinstance(value, dict):
        assert differences(value, {"data": value, "id": "1"}) == []


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 9), min_size=1))
@settings(max_examples=40)
def test_a_lost_field_differs(value: dict[str, int]) -> None:
    """A field that is not there afterwards is always a difference."""
    lost = dict(list(value.items())[1:])
    assert len(differences(value, lost)) >= 1


@pytest.mark.parametrize(
    ("sent", "found", "slug"),
    [
        ("2026-12-24", "2026-12-23", "date-shifted"),
        ("2026-12-24T20:00:00Z", "2026-12-24T21:00:00Z", "time-shifted"),
        ("Ring twice", "Ring", "text-cut"),
        ("Ring twice", None, "field-lost"),
        (["a"], [], "field-lost"),
        (900, 9, "unit-changed"),
        (9.5, 950, "unit-changed"),
        (900, 901, "echo-differs"),
    ],
)
def test_a_difference_has_a_kind(sent: Any, found: Any, slug: str) -> None:
    """What changed says what an integrator has to fear."""
    (deviation,) = deviations([Difference("/x", sent, found)])
    assert deviation.slug == slug


def test_exchanged_values_are_one_deviation() -> None:
    """Latitude and longitude in each other's place are told once."""
    pair = [Difference("/at/lat", 40.4, -3.7), Difference("/at/lng", -3.7, 40.4)]
    assert [item.slug for item in deviations(pair)] == ["coordinates-swapped"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"id": "a", "lines": [{"n": 1}]}', b'{"lines": [{"n": 2}, {"n": 3}], "id": "b"}', True),
        (b'{"error": "no order a"}', b'{"error": "no order b"}', True),
        (b'{"error": "no"}', b'{"id": "a"}', False),
        (b"<html>token 1</html>", b"<!doctype html><title>token 2</title>", True),
        (b"", b" ", True),
        (b"null", b"{}", False),
        (b"OK", b"<p>OK</p>", False),
    ],
)
def test_forms_of_answers_leave_values_out(one: bytes, other: bytes, same: bool) -> None:
    """Two answers are of one form when only their values differ, as between two orders."""
    assert (read_form(200, one) == read_form(200, other)) is same
    assert read_form(200, one) != read_form(404, one)


def test_places_at_the_edge() -> None:
    """Seconds of arc count, and 90 degrees are still a latitude."""
    new_york = home("America/New_York")
    assert new_york == (pytest.approx(40.7142, abs=1e-3), pytest.approx(-74.0064, abs=1e-3))
    assert is_swapped(Coordinates(15, 90), "Arctic/Longyearbyen")
    assert not is_swapped(Coordinates(15, 90.5), "Arctic/Longyearbyen")
