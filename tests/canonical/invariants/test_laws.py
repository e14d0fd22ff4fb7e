"""Each law holds on a good entity and is broken by a minimal damage."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench
from workbench.canonical import Address, Entity, Ids, Money
from workbench.canonical import invariants as room
from workbench.canonical.invariants import COVERED_ELSEWHERE, check

Damage = Callable[[Entity, dict[str, Any]], Any]

LAWS = (
    "M1 M2 M3 M4 M5 M6 M7 M8 M9 S1 S2 S3 S4 S5 S6 C1 C2 C3 C4 C5 C6 C7 C8 C9 "
    "T1 T2 T3 T4 T5 T6 L1 L2 L3 L4 L5 L6 L7 O1 O2 P1 P2"
)
WARNINGS = {"INV-M8", "INV-S6", "INV-C4", "INV-C7"}
GOOD = ["order", "set_menu_order", "reservation", "catalog", "availability", "location"]


def eur(amount: int) -> dict[str, Any]:
    """Minor units as a Money."""
    return {"amount_minor": amount, "currency": "EUR"}


FREE = {
    "/lines": [],
    "/fees": [],
    "/tips": [],
    "/discounts": [],
    "/payments": [],
    "/totals": {"total": eur(0)},
}
LATE = "2026-03-20T18:00:00+01:00"

# (law, good entity, damage, where it is found)
ORDER = [
    ("M1", {"/lines/0/quantity": 3}, "/lines/0/line_total"),
    ("M1", {"/lines/0/children/1/unit_price": eur(151)}, "/lines/0/line_total"),
    ("M2", {"/tips/0/amount": eur(101), "/totals/tips": eur(100)}, "/totals/total"),
    ("M3", {"/payments/0/amount": eur(2600)}, "/payments"),
    ("M4", {"/lines/0/tax/0/amount": eur(210)}, "/lines/0/tax"),
    ("M4", {"/totals/base": eur(2455)}, "/totals/base"),
    ("M5", {"/tips/0/amount/currency": "USD"}, "/tips/0/amount"),
    ("M7", {"/discounts/0/shares/0/amount": eur(149)}, "/discounts/0/shares"),
    ("M7", {"/discounts/0/amount": eur(-200)}, "/discounts/0/amount"),
    ("M7", {"/lines/1/discount_total": eur(-1)}, "/lines/1/discount_total"),
    ("M8", FREE, "/totals/total"),
    ("M9", {"/totals/items": eur(2501)}, "/totals"),
    ("T1", {"/timing/due_at": "2026-03-20T18:59:00+01:00"}, "/timing/due_at"),
    ("T1", {"/timing/prepare_at": "2026-03-20T20:01:00+01:00"}, "/timing/prepare_at"),
    ("T1", {"/timing/window_end": "2026-03-20T19:59:00+01:00"}, "/timing/window_end"),
    ("O1", {"/delivery/address/lines": [" "]}, "/delivery/address"),
    ("O1", {"/customer": {}}, "/customer/phone"),
    ("O1", {"/order_type": "inside"}, "/table"),
    ("O1", {"/order_type": "insitu"}, "/party_size"),
    ("O1", {"/order_type": "insitu", "/party_size": 2, **FREE}, "/lines"),
    ("O1", {"/order_type": "collection"}, "/delivery/address"),
    ("O1", {"/order_type": "collection", "/table": {"tab": "7"}}, "/table"),
    ("L1", {"/status_history/0/status": "preparing"}, "/status_history/1/status"),
    ("L2", {"/status_history/0/status": "rejected"}, "/status_history/1/status"),
    (
        "L3",
        {"/status_history/-": {"status": "accepted", "at": "2026-03-20T19:02:00+01:00"}},
        "/status_history/2",
    ),
    ("L4", {"/status_history/1/at": LATE}, "/status_history/1/at"),
    ("L4", {"/status": "preparing"}, "/status"),
    ("L6", {"/status": "cancelled", "/status_history": []}, "/cancellation/code"),
]
CATALOG = [
    ("M5", {"/currency": "USD"}, "/products/0/price"),
    ("S1", {"/menus/1/sections/0/min_select": 2}, "/menus/1/sections/0/min_select"),
    ("S1", {"/option_categories/0/min_select": 4}, "/option_categories/0/min_select"),
    (
        "S2",
        {"/option_categories/2/options": [], "/option_categories/2/min_select": 1},
        "/option_categories/2/min_select",
    ),
    (
        "S2",
        {"/option_categories/0/min_select": 3, "/option_categories/0/options/1/available": False},
        "/option_categories/0/min_select",
    ),
    (
        "S3",
        {"/option_categories/0/options/0/default_quantity": 3},
        "/option_categories/0/options/0/default_quantity",
    ),
    (
        "S3",
        {
            "/option_categories/0/options/0/default_quantity": 2,
            "/option_categories/0/options/1/default_quantity": 2,
        },
        "/option_categories/0/options",
    ),
    (
        "S6",
        {
            "/products/1/option_category_ids": ["crust"],
            "/option_categories/1/options/0/available": False,
            "/option_categories/1/options/1/available": False,
        },
        "/products/1/available",
    ),
    ("C1", {"/products/3/ids/partner_id": "soup"}, "/products/3/ids/partner_id"),
    (
        "C1",
        {"/option_categories/1/options/1/ids/partner_id": "thin"},
        "/option_categories/1/options/1/ids/partner_id",
    ),
    (
        "C1",
        {"/menus/1/sections/1/ids/partner_id": "first"},
        "/menus/1/sections/1/ids/partner_id",
    ),
    (
        "C2",
        {"/menus/0/sections/0/items/0/product_id": "lost"},
        "/menus/0/sections/0/items/0/product_id",
    ),
    (
        "C2",
        {"/products/0/option_category_ids/0": "lost"},
        "/products/0/option_category_ids/0",
    ),
    (
        "C3",
        {"/option_categories/2/options/0/option_category_ids": ["extras"]},
        "/option_categories",
    ),
    ("C4", {"/products/0/option_category_ids": []}, "/option_categories/0"),
    ("C4", {"/menus/0/sections/0/items": [{"product_id": "pizza"}]}, "/products/1"),
    ("C5", {"/menus/1/price": None}, "/menus/1/price"),
    ("C5", {"/menus/0/price": eur(900)}, "/menus/0/price"),
    ("C6", {"/products/0/variants/1/name": "Small"}, "/products/0/variants/1/name"),
    (
        "C7",
        {"/products/1/ids/external_code": "PLU1", "/products/1/price": eur(1)},
        "/products/1/price",
    ),
]
AVAILABILITY = [
    ("T2", {"/schedules/0/ranges/1/start": "15:59"}, "/schedules/0/ranges/1"),
    ("T2", {"/schedules/0/ranges/0/end": "13:00"}, "/schedules/0/ranges/0"),
    ("T2", {"/schedules/0/ranges/0/day": "someday"}, "/schedules/0/ranges/0/day"),
    (
        "T2",  # Friday's night runs into Saturday
        {
            "/schedules/0/ranges/2/start": "00:30",
            "/schedules/0/ranges/2/end": "02:00",
        },
        "/schedules/0/ranges/2",
    ),
    (
        "T2",  # Sunday's night runs into Monday
        {
            "/schedules/0/ranges/3/end": "03:00",
            "/schedules/0/ranges/0": {"day": "monday", "start": "02:00", "end": "04:00"},
        },
        "/schedules/0/ranges/0",
    ),
    (
        "T2",
        {"/schedules/1/order_types": []},
        "/schedules/0/ranges/0",
    ),
    (
        "T2",
        {"/exceptions/1/ranges/-": {"start": "14:59", "end": "18:00"}},
        "/exceptions/1/ranges/1",
    ),
    (
        "T2",
        {"/shifts/0/schedule/ranges/-": {"day": "friday", "start": "22:00", "end": "23:30"}},
        "/shifts/0/schedule/ranges/1",
    ),
    ("T3", {"/timezone": "Europe/Tavern"}, "/timezone"),
    ("T3", {"/schedules/0/timezone": "../passwd"}, "/schedules/0/timezone"),
    ("T3", {"/exceptions/1/ranges/0/start": "02:30"}, "/exceptions/1/ranges/0/start"),
    (
        "T3",  # the clocks change on the second night
        {
            "/exceptions/1/first_date": "2026-03-27",
            "/exceptions/1/last_date": "2026-03-28",
            "/exceptions/1/ranges/0": {"start": "20:00", "end": "02:30"},
        },
        "/exceptions/1/ranges/0/end",
    ),
    ("T4", {"/exceptions/0/ranges": [{"start": "10:00", "end": "11:00"}]}, "/exceptions/0/ranges"),
    ("T4", {"/exceptions/1/ranges": []}, "/exceptions/1/ranges"),
    ("T4", {"/exceptions/0/last_date": "2026-04-02"}, "/exceptions/0/last_date"),
    ("T4", {"/exceptions/2/ends_at": "2026-05-01T00:00:00+02:00"}, "/exceptions/2/ends_at"),
    ("T4", {"/exceptions/0/first_date": None}, "/exceptions/0"),
    ("T4", {"/exceptions/2/first_date": "2026-05-01"}, "/exceptions/2"),
]
RESERVATION = [
    ("O1", {"/party": {"adults": 0}}, "/party"),
    ("L1", {"/status_history/0/status": "seated"}, "/status_history/1/status"),
    ("L2", {"/status_history/0/status": "expired"}, "/status_history/1/status"),
    (
        "L1",
        {
            "/status": "no-show",
            "/status_history/-": {"status": "no-show", "at": "2026-03-21T20:59:00+01:00"},
        },
        "/status_history/2/status",
    ),
]
LOCATION = [("O2", {"/latitude": 0, "/longitude": 0}, "/latitude")]
DAMAGES = [
    pytest.param(f"INV-{law}", name, changes, path, id=f"{law}-{name}-{number}")
    for name, rows in (
        ("order", ORDER),
        ("catalog", CATALOG),
        ("availability", AVAILABILITY),
        ("reservation", RESERVATION),
        ("location", LOCATION),
    )
    for number, (law, changes, path) in enumerate(rows)
]


@pytest.mark.parametrize("name", GOOD)
def test_good_entities_keep_every_law(name: str, request: pytest.FixtureRequest) -> None:
    """Nothing is found on an entity that is in order."""
    assert check(request.getfixturevalue(name)) == ()


@pytest.mark.parametrize(("code", "name", "changes", "path"), DAMAGES)
def test_damage_is_found(
    code: str,
    name: str,
    changes: dict[str, Any],
    path: str,
    damage: Damage,
    request: pytest.FixtureRequest,
) -> None:
    """The damaged entity breaks that law, at that place, with the severity that the law has."""
    found = check(damage(request.getfixturevalue(name), changes))
    assert (code, path) in {(item.code, item.path) for item in found}
    severities = {item.severity for item in found if item.code == code}
    assert severities == {"warning" if code in WARNINGS else "error"}


def test_every_law_has_its_place() -> None:
    """Each code stands in the docstring of a check, or says where else it is kept."""
    stated = set(COVERED_ELSEWHERE)
    for info in pkgutil.iter_modules(room.__path__):
        module = importlib.import_module(f"{room.__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("check_"):
                head = (inspect.getdoc(function) or "").split(":")[0]
                stated |= {f"INV-{code}" for code in re.findall(r"[MSCTLOP]\d", head)}
    assert {f"INV-{law}" for law in LAWS.split()} <= stated


def test_no_law_is_asleep() -> None:
    """Every check of a law is called somewhere in the package."""
    package = Path(workbench.__file__).parent
    called = Counter[str]()
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        called.update(names)
    laws = {name for name in room.__all__ if name.startswith("check_")}
    assert len(laws) > 30
    assert {name for name in laws if not called[name]} == set()


@pytest.mark.parametrize(
    "entity", [Money(amount_minor=1, currency="EUR"), Address(), Ids(partner_id="x")]
)
def test_entities_without_laws_pass(entity: Entity) -> None:
    """Where no law applies, nothing is found."""
    assert check(entity) == ()
