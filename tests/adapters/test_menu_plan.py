"""Menus on their way to partners: how they travel, what gets lost, what happens in trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.adapters.menu_plan import UploadMode
from workbench.adapters.set_menu import emulate_set_menus
from workbench.canonical.base import Ids, Money
from workbench.canonical.menu import (
    Option,
    OptionCategory,
    Product,
    ProductVariant,
)
from workbench.errors import InputError, PartnerError

from .conftest import Opened
from .menus import (
    CARD,
    DAILY,
    SAUCES,
    make_catalog,
    make_money,
    make_product,
    make_section,
    with_product,
)


def test_whole_menu_goes_live_and_the_job_is_followed(open_adapter: Opened) -> None:
    """Without knowing what was there, everything is replaced, and the plan ends when it is live."""
    adapter = open_adapter("tavola")
    plan = adapter.push_menu(make_catalog("rest_77"))

    assert plan.mode is UploadMode.REPLACE
    assert plan.answers[-1].json()["status"] == "completed"
    names = [item.ids.partner_id for item in adapter.get_menu().products]
    assert names == ["soup", "fish", "cake"]


def test_dry_run_shows_exactly_what_is_sent(open_adapter: Opened) -> None:
    """The preview is the request, byte for byte but for the secrets, and changes nothing."""
    adapter = open_adapter("tavola")
    before = adapter.get_menu()
    plan = adapter.push_menu(make_catalog("rest_77"), dry_run=True)
    shown = plan.preview()[0]
    assert adapter.get_menu() == before
    plan.send()
    sent = next(item for item in adapter.session.recorder.exchanges if item.method == "PUT")

    assert (shown.method, shown.url, shown.body) == (sent.method, sent.url, sent.request_body)
    assert shown.headers["Authorization"] == "[REDACTED]"


def test_only_what_changed_is_sent_and_only_its_fields(open_adapter: Opened) -> None:
    """A new price is one PATCH with the price alone; nothing else of the menu is touched."""
    adapter = open_adapter("tavola")
    before = adapter.push_menu(make_catalog("rest_77")) and adapter.get_menu()
    after = with_product(before, "fish", price=make_money(1000))
    plan = adapter.push_menu(after, before=before)

    assert plan.mode is UploadMode.PARTS
    assert [(step.request.method, step.request.body) for step in plan.steps] == [
        ("PATCH", {"price": 1000})
    ]
    assert adapter.get_menu() == after
    assert adapter.plan_menu(after, before=adapter.get_menu()).mode is UploadMode.NOTHING


def test_a_field_that_goes_back_to_its_default_is_said(open_adapter: Opened) -> None:
    """A dish that is available again is sent as available, not left out."""
    adapter = open_adapter("tavola")
    off = with_product(make_catalog("rest_77"), "fish", available=False)
    adapter.push_menu(off)
    plan = adapter.push_menu(make_catalog("rest_77"), before=off)

    assert [step.request.body for step in plan.steps] == [{"available": True}]


def test_new_things_come_before_what_names_them_and_old_ones_go_last(open_adapter: Opened) -> None:
    """Categories, products and sections in this order; removals after them, in the other."""
    adapter = open_adapter("tavola")
    before = make_catalog("rest_77")
    adapter.push_menu(before)
    salads = OptionCategory(
        ids=Ids(partner_id="salads"),
        name="Salads",
        options=(Option(ids=Ids(partner_id="green"), name="Green", price=make_money(0)),),
    )
    steak = make_product(
        "steak",
        option_category_ids=("salads",),
        variants=(ProductVariant(ids=Ids(partner_id="xl"), name="XL", price=make_money(2000)),),
    )
    card = CARD.model_copy(update={"sections": (make_section("mains", "fish", "cake", "steak"),)})
    after = before.model_copy(
        update={
            "menus": (card,),
            "products": (*before.products[1:], steak),
            "option_categories": (salads,),
        }
    )
    plan = adapter.push_menu(after, before=before)

    assert [step.title for step in plan.steps] == [
        "add option category salads",
        "add product steak",
        "change menu section mains",
        "remove product soup",
        "remove option category sauces",
    ]
    live = adapter.get_menu()
    assert [item.ids.partner_id for item in live.products] == ["fish", "cake", "steak"]
    assert live.products[-1].variants[0].name == "XL"


def test_removal_of_what_is_gone_is_no_error(open_adapter: Opened) -> None:
    """What was removed by hand meanwhile does not stop the plan."""
    adapter = open_adapter("tavola")
    before = make_catalog("rest_77")
    adapter.push_menu(before)
    sections = (make_section("mains", "soup", "fish"),)
    after = before.model_copy(
        update={
            "products": before.products[:2],
            "menus": (CARD.model_copy(update={"sections": sections}),),
        }
    )
    plan = adapter.plan_menu(after, before=before)
    adapter.push_menu(after, before=before)

    assert [item.status for item in plan.send()] == [200, 404]


@pytest.mark.parametrize(("removed", "mode"), [(19, UploadMode.PARTS), (20, UploadMode.REPLACE)])
def test_twenty_requests_are_few(open_adapter: Opened, removed: int, mode: UploadMode) -> None:
    """So many dishes are removed one by one, and their section changes: one more is too many."""
    names = [f"dish-{n}" for n in range(21)]
    products = tuple(make_product(name) for name in names)
    before, after = (
        make_catalog(
            "rest_77",
            menus=(CARD.model_copy(update={"sections": (make_section("mains", *names[start:]),)}),),
            products=products[start:],
            option_categories=(),
        )
        for start in (0, removed)
    )
    assert open_adapter("tavola").plan_menu(after, before=before).mode is mode


def test_many_changes_are_one_upload(open_adapter: Opened) -> None:
    """With many single requests, one upload of everything is kinder."""
    adapter = open_adapter("tavola")
    names = [f"dish-{n}" for n in range(60)]
    card = CARD.model_copy(update={"sections": (make_section("mains", *names),)})
    before = make_catalog(
        "rest_77",
        menus=(card,),
        products=tuple(make_product(n) for n in names),
        option_categories=(),
    )
    changed = before.model_copy(
        update={"menus": (card.model_copy(update={"name": "Other"}),), "products": before.products}
    )

    assert adapter.plan_menu(changed, before=before).mode is UploadMode.REPLACE


def test_many_products_are_one_batch(open_adapter: Opened) -> None:
    """Changes of one kind go together where the partner takes many at once."""
    adapter = open_adapter("tavola")
    before = make_catalog("rest_77")
    adapter.push_menu(before)
    after = with_product(
        with_product(before, "soup", price=make_money(1)), "fish", price=make_money(2)
    )
    plan = adapter.push_menu(after, before=before)

    assert [step.title for step in plan.steps] == ["2 of product"]
    assert [item.price.amount_minor for item in adapter.get_menu().products] == [1, 2, 900]


@pytest.mark.parametrize(("slug", "restaurant"), [("tavola", "rest_77"), ("bocado", "R-2041")])
def test_set_menu_becomes_a_product_with_choices(
    open_adapter: Opened, slug: str, restaurant: str
) -> None:
    """Where there are no set menus: one priced product, one required choice per section."""
    adapter = open_adapter(slug)
    catalog = make_catalog(restaurant, menus=(CARD, DAILY))
    catalog = catalog.model_copy(
        update={"products": (*catalog.products, make_product("steak", allergens=("milk",)))}
    )
    plan = adapter.push_menu(catalog)
    live = adapter.get_menu()
    menu = next(item for item in live.products if item.name == "Menú del día")
    chosen = [item for item in live.option_categories if item.ids.partner_id != "sauces"]

    assert menu.price == make_money(1450)
    assert menu.option_category_ids == ("daily-starter", "daily-main")
    assert [(item.min_select, item.max_select) for item in chosen] == [(1, 1), (1, 1)]
    prices = {item.name: item.price.amount_minor for item in chosen[1].options}
    assert prices == {"Fish": 300, "Steak": 0}
    # The steak was never sold alone, and is not now.
    assert "steak" not in {item.ids.partner_id for item in live.products}
    told = [loss.what for loss in plan.losses]
    assert told[0].startswith(
        "The set menu 'Menú del día' becomes a product with a required choice"
    )
    assert "The allergens of 'Steak' are not said inside 'Menú del día'" in told


def test_emulated_set_menu_keeps_its_hours_and_order_types(open_adapter: Opened) -> None:
    """Where there are menus, it stays one, so that it is offered when and where it was."""
    adapter = open_adapter("tavola")
    products = (*make_catalog("rest_77").products, make_product("steak"))
    adapter.push_menu(make_catalog("rest_77", menus=(CARD, DAILY), products=products))
    menu = adapter.get_menu().menus[1]

    assert (menu.name, menu.order_types) == ("Menú del día", ("inside",))
    assert [item.product_id for part in menu.sections for item in part.items] == ["daily-menu"]


def test_losses_are_told_before_anything_is_sent(open_adapter: Opened) -> None:
    """Each kind of field that the partner does not take, with the folder's reason and a count."""
    adapter = open_adapter("bocado")
    sent = len(adapter.session.recorder.exchanges)
    sizes = (ProductVariant(ids=Ids(partner_id="l"), name="Large", price=make_money(1200)),)
    catalog = with_product(make_catalog("R-2041"), "soup", stock=3)
    catalog = with_product(with_product(catalog, "fish", stock=5), "cake", variants=sizes)
    losses = {loss.pointer: loss for loss in adapter.plan_menu(catalog).losses}

    assert losses.keys() == {"/menus", "/products/*/stock", "/products/*/variants"}
    assert losses["/products/*/stock"].count == 2
    assert losses["/products/*/variants"].code == "R5"
    assert "article of its own" in losses["/products/*/variants"].what
    assert "flat list" in losses["/menus"].what
    assert len(adapter.session.recorder.exchanges) == sent


def test_nested_options_are_lost_with_a_reason(open_adapter: Opened) -> None:
    """Nesting beyond the partner's model is a loss, told by the criterion that states it."""
    adapter = open_adapter("tavola")
    bread = OptionCategory(
        ids=Ids(partner_id="bread"),
        name="Bread",
        options=(
            Option(
                ids=Ids(partner_id="rye"),
                name="Rye",
                price=make_money(0),
                option_category_ids=("sauces",),
            ),
        ),
    )
    catalog = with_product(
        make_catalog("rest_77", option_categories=(SAUCES, bread)),
        "fish",
        option_category_ids=("bread",),
    )
    losses = adapter.plan_menu(catalog).losses

    assert [loss.pointer for loss in losses] == [
        "/option_categories/*/options/*/option_category_ids"
    ]
    assert losses[0].code == "R5"
    assert "modifiers of its own" in losses[0].what


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "x" * 121}, "/products/1/name"),
        ({"price": make_money(1_000_001)}, "/products/1/price"),
    ],
)
def test_what_the_document_forbids_is_not_sent(
    open_adapter: Opened, change: dict[str, Any], pointer: str
) -> None:
    """Limits of size are found in the partner's document, and block the plan."""
    adapter = open_adapter("tavola")
    sent = len(adapter.session.recorder.exchanges)
    plan = adapter.plan_menu(with_product(make_catalog("rest_77"), "fish", **change))

    assert [loss.pointer for loss in plan.losses if loss.blocks] == [pointer]
    with pytest.raises(InputError, match="cannot be sent"):
        plan.send()
    assert len(adapter.session.recorder.exchanges) == sent


def test_unsound_catalogue_goes_nowhere(open_adapter: Opened) -> None:
    """A catalogue that breaks a law of ours is refused before anything is planned."""
    catalog = make_catalog("rest_77", option_categories=())
    with pytest.raises(InputError, match=r"not sound.*INV-C2"):
        open_adapter("tavola").plan_menu(catalog)


def test_import_that_fails_is_an_error_with_the_partners_words(open_adapter: Opened) -> None:
    """The upload is taken with 202 and refused by its job: that is no success."""
    adapter = open_adapter("tavola")
    before = adapter.get_menu()
    dollars = [
        item.model_copy(update={"price": Money(amount_minor=900, currency="USD")})
        for item in make_catalog("rest_77").products
    ]
    catalog = make_catalog(
        "rest_77", currency="USD", products=tuple(dollars), option_categories=(), menus=(CARD,)
    )
    catalog = with_product(catalog, "soup", option_category_ids=())
    with pytest.raises(PartnerError, match=r"then refused it.*currency_mismatch"):
        adapter.push_menu(catalog)

    assert adapter.get_menu() == before


def test_partner_without_menus_says_so(open_adapter: Opened) -> None:
    """Where nothing of a menu can be sent, the folder's reason is the error."""
    with pytest.raises(InputError, match=r"menu-write is exempt at Mesa.*keeps no menu data"):
        open_adapter("mesa").plan_menu(make_catalog("lpa-12"))


def test_a_snooze_that_is_over_is_told(open_adapter: Opened) -> None:
    """What was snoozed until yesterday is sent as it is, and the plan says so."""
    adapter = open_adapter("tavola")
    now = datetime.now(UTC)
    catalog = make_catalog("rest_77")
    for days, told in ((-1, ["/products/1/snoozed_until"]), (1, [])):
        snoozed = with_product(catalog, "fish", snoozed_until=now + timedelta(days=days))
        losses = adapter.plan_menu(snoozed).losses
        assert [item.pointer for item in losses if "snooze is over" in item.what] == told


def test_nothing_of_a_dish_gets_lost_in_silence() -> None:
    """Inside a set menu, each field of a dish is said by its choice, or told to be lost."""
    own = {"partner_id": "fish", "external_code": "F1"}
    full = Product.model_validate(
        {
            "ids": own,
            "name": "Fish",
            "description": "Of the day",
            "price": make_money(900),
            "price_by_order_type": {"delivery": make_money(950)},
            "tax_rate_bp": 1000,
            "tax_rate_bp_by_order_type": {"delivery": 1000},
            "tags": ["new"],
            "allergens": ["fish"],
            "additives": ["e330"],
            "nutrition": {"kcal": "300"},
            "deposit": make_money(25),
            "alcohol": True,
            "age_restricted": True,
            "available": False,
            "visible": False,
            "featured": True,
            "snoozed_until": "2030-01-01T00:00:00Z",
            "stock": 3,
            "preparation_min": 5,
            "lead_min": 10,
            "position": 2,
            "images": ["https://pictures.example/fish.jpg"],
            "variants": [{"ids": {"partner_id": "v"}, "name": "Large", "price": make_money(1200)}],
            "option_category_ids": ["sauces"],
        }
    )
    assert full.model_fields_set | {"origin", "ext"} >= set(Product.model_fields)
    catalog = make_catalog("r", menus=(CARD, DAILY), products=(make_product("soup"), full))
    emulated, told = emulate_set_menus(catalog)
    choices = {
        option.name: option for group in emulated.option_categories for option in group.options
    }
    said = {name for name, value in choices["Fish"] if getattr(full, name, None) == value}
    lost = {
        line.removeprefix("The ").partition(" of 'Fish'")[0].replace(" ", "_")
        for line in told
        if " of 'Fish' are not said" in line
    }
    assert said | lost | {"ids", "name", "price", "position"} >= set(full.model_fields_set)
    assert {"allergens", "variants", "images", "nutrition"} <= lost
    assert {"description", "available", "snoozed_until", "tax_rate_bp"} <= said
