"""Menus for partners that take parts: order, batches, refusals, jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.canonical.base import Ids
from workbench.canonical.menu import (
    ProductVariant,
)
from workbench.errors import InputError, PartnerError, UnavailableError

from .conftest import NOOK, Partner, Seen, answer
from .menus import CARD, DAILY, make_catalog, make_money, make_product, with_product

MANIFEST = (
    NOOK
    + """
parameters: {{pid: product, group: option-category, oid: option, vid: product-variant}}
features:
  menu-write: {{status: unsupported, code: R5, reason: There are no menus at all.}}
  option-category-write: {{operations: ["PUT /groups/{{group}}"], mapping: group}}
  option-write: {{operations: ["PUT /groups/{{group}}/options/{{oid}}"], mapping: option}}
  product-write:
    mapping: product
    operations:
      - "PUT /products/{{pid}}"
      - {{operation: "POST /products", for: [many]}}
  product-variant-write: {{operations: ["PUT /products/{{pid}}/sizes/{{vid}}"], mapping: size}}
"""
)
MAPPING = """
mappings:
  group: {into: OptionCategory, fields: {ids.partner_id: $.id, name: $.name}}
  option:
    into: Option
    fields: {ids.partner_id: $.id, name: $.name, price: {from: $.cents, as: minor}}
  size:
    into: ProductVariant
    fields: {ids.partner_id: $.id, name: $.name, price: {from: $.cents, as: minor}}
  product:
    into: Product
    fields:
      ids.partner_id: $.id
      name: $.name
      price: {from: $.cents, as: minor}
      option_category_ids: {each: $.groups, as: string}
"""


def _paths() -> dict[str, object]:
    def put(*names: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in names
            ],
            "requestBody": {"content": {"application/json": {"schema": schema or {}}}},
            "responses": {"200": {"description": "ok"}},
        }

    many = {"type": "array", "maxItems": 2, "items": {"type": "object"}}
    return {
        "/groups/{group}": {"put": put("group", schema={"type": "object"})},
        "/groups/{group}/options/{oid}": {"put": put("group", "oid", schema={"type": "object"})},
        "/products/{pid}": {"put": put("pid", schema={"type": "object"})},
        "/products/{pid}/sizes/{vid}": {"put": put("pid", "vid", schema={"type": "object"})},
        "/products": {"post": put(schema=many)},
    }


@pytest.fixture
def nook(open_nook: Callable[..., Adapter]) -> Adapter:
    """A partner that takes parts only: groups without their options, batches of two products."""
    return open_nook(MANIFEST, MAPPING, _paths())


SIZED = with_product(
    make_catalog("r-1"),
    "soup",
    variants=(ProductVariant(ids=Ids(partner_id="xl"), name="XL", price=make_money(1200)),),
)


def test_partner_that_takes_parts_only_gets_them_in_order(nook: Adapter, partner: Partner) -> None:
    """Children go by themselves where their parents do not carry them, in batches that fit."""
    plan = nook.push_menu(SIZED)

    assert [seen.method + " " + seen.target for seen in partner.seen] == [
        "PUT /groups/sauces",
        "PUT /groups/sauces/options/brava",
        "PUT /groups/sauces/options/aioli",
        "POST /products",
        "POST /products",
        "PUT /products/soup/sizes/xl",
    ]
    assert [len(json.loads(seen.body)) for seen in partner.seen[3:5]] == [2, 1]
    told = {loss.pointer: loss.what for loss in plan.losses}
    assert told["/menus/*"] == "The menu 'card' is not sent: There are no menus at all."
    assert "/products/*/variants" not in told
    assert told["/option_categories/*/max_select"] == "Nook is not told of it by the mapping"


def test_plan_goes_on_where_it_failed(nook: Adapter, partner: Partner) -> None:
    """After a refusal the same plan can be sent again; what is done is not sent twice."""
    plan = nook.plan_menu(SIZED)
    partner.routes["PUT /groups/sauces/options/aioli"] = lambda _: answer(409)
    with pytest.raises(PartnerError, match="409"):
        plan.send()
    assert len(plan.answers) == 2
    del partner.routes["PUT /groups/sauces/options/aioli"]
    plan.send()

    assert len(plan.answers) == len(plan.steps) == 6
    assert partner.count("/groups/sauces") == partner.count("/groups/sauces/options/brava") == 1


@pytest.mark.parametrize(
    "body",
    [
        {"results": [{"id": "a", "outcome": "created"}, {"id": "b", "outcome": "refused"}]},
        [{"id": "a", "error": None}, {"id": "b", "error": {"code": "x"}}],
    ],
)
def test_refusal_inside_a_success_is_an_error(nook: Adapter, partner: Partner, body: Any) -> None:
    """A batch that was taken with 200 and refused in part has not been taken."""
    partner.routes["POST /products"] = lambda _: answer(200, json.dumps(body).encode())
    with pytest.raises(PartnerError, match=r"1 of the things sent were refused.*b"):
        nook.push_menu(SIZED)


def _job(*states: str) -> Callable[[Seen], bytes]:
    waiting = list(states)

    def tell(_: Seen) -> bytes:
        state = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return answer(200, json.dumps({"job": {"state": state}}).encode())

    return tell


def _accept(_: Seen) -> bytes:
    return answer(202, Location="/jobs/7")


def test_job_is_followed_by_its_location(nook: Adapter, partner: Partner) -> None:
    """Queued, running, then done: asked for until it ends."""
    partner.routes |= {"PUT /groups/sauces": _accept, "GET /jobs/7": _job("QUEUED", "DONE")}
    plan = nook.push_menu(SIZED)

    assert plan.answers[0].json() == {"job": {"state": "DONE"}}
    assert partner.count("/jobs/7") == 2


def test_job_that_cannot_be_found_yet_is_asked_for_again(nook: Adapter, partner: Partner) -> None:
    """A job that is not listed yet when we first ask, a 404, is no failure but asked again."""
    answers = [answer(404), answer(200, b'{"job": {"state": "DONE"}}')]
    partner.routes |= {"PUT /groups/sauces": _accept, "GET /jobs/7": lambda _: answers.pop(0)}
    plan = nook.push_menu(SIZED)

    assert plan.answers[0].json() == {"job": {"state": "DONE"}}
    assert answers == []


def test_only_a_removal_may_find_nothing(nook: Adapter, partner: Partner) -> None:
    """A part that is written to an address that is not there has not been taken."""
    partner.routes["PUT /groups/sauces"] = lambda _: answer(404)
    with pytest.raises(PartnerError, match="404"):
        nook.push_menu(SIZED)


def test_job_without_end_is_given_up(nook: Adapter, partner: Partner) -> None:
    """A job that does not end in time is an error that warns of sending twice."""
    partner.routes |= {"PUT /groups/sauces": _accept, "GET /jobs/7": _job("running")}
    with pytest.raises(UnavailableError, match="not carried out within 0 s") as caught:
        nook.plan_menu(SIZED).send(seconds=0.3)

    assert "do not send it twice" in (caught.value.hint or "")


def test_job_elsewhere_is_not_followed(nook: Adapter, partner: Partner) -> None:
    """A Location on another server gets neither our login nor our request."""
    partner.routes["PUT /groups/sauces"] = lambda _: answer(202, Location="http://evil.example/j")
    with pytest.raises(InputError, match="not an allowed address"):
        nook.push_menu(SIZED)


def test_accepted_without_a_job_is_left_at_that(nook: Adapter, partner: Partner) -> None:
    """Where there is nothing to ask, the answer says that it was only accepted."""
    partner.routes["PUT /groups/sauces"] = lambda _: answer(202)

    assert nook.push_menu(SIZED).answers[0].status == 202


MENUS = MANIFEST.replace(
    "menu-write: {{status: unsupported, code: R5, reason: There are no menus at all.}}",
    'menu-write: {{operations: ["PUT /menus/{{mid}}"], mapping: menu}}',
).replace("parameters: {{", "parameters: {{mid: menu, ")
MENU = """
  menu:
    into: Menu
    fields:
      ids.partner_id: $.id
      name: $.name
      kind: {from: $.type, enum: {FREE: menu, FIXED: set-menu}, default: menu}
      price: {from: $.cents, as: minor}
      order_types: {each: $.for, as: string}
      sections:
        each: $.parts
        fields:
          ids.partner_id: $.id
          name: $.name
          items:
            each: $.dishes
            fields: {product_id: $.id, supplement: {from: $.more, as: minor}}
"""


def test_menus_one_by_one_come_after_what_they_name(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """Where each menu is written by itself, set menus are said as they are, and go last."""
    paths = _paths()
    paths["/menus/{mid}"] = {
        "put": {
            "parameters": [
                {"name": "mid", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": {"description": "ok"}},
        }
    }
    adapter = open_nook(MENUS, MAPPING + MENU, paths)
    products = (*make_catalog("r-1").products, make_product("steak"))
    plan = adapter.push_menu(make_catalog("r-1", menus=(CARD, DAILY), products=products))

    assert [seen.target for seen in partner.seen[-2:]] == ["/menus/card", "/menus/daily"]
    assert json.loads(partner.seen[-1].body)["type"] == "FIXED"
    assert not [loss for loss in plan.losses if "becomes a product" in loss.what]
    changed = adapter.plan_menu(
        make_catalog(
            "r-1", menus=(CARD, DAILY.model_copy(update={"name": "Menú"})), products=products
        ),
        before=make_catalog("r-1", menus=(CARD, DAILY), products=products),
    )
    assert [step.title for step in changed.steps] == ["change menu daily"]
