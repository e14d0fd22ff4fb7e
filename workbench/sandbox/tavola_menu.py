"""Tavola's menu: imported whole by a job, or changed entity by entity."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from workbench.sandbox.resource import Call
from workbench.sandbox.tavola_market import Market
from workbench.sandbox.tavola_seed import Json, instant
from workbench.sandbox.tavola_wire import ProblemError, conflict, unknown

IMPORT_STEPS_SECONDS = (0.1, 0.25)


@dataclass(frozen=True)
class Kind:
    """A kind of menu entity.

    Attributes:
        name: What problems call it.
        param: Path parameter that names one.
        shelf: The list that holds it, in the menu; 404 when its parent is unknown.
        children: Member that a PUT without it leaves as it is.
    """

    name: str
    param: str
    shelf: Callable[[Json, Mapping[str, str]], list[Json]]
    children: str | None = None

    def find(self, menu: Json, path: Mapping[str, str]) -> Json:
        """The entity that the path names, or a 404."""
        return _find(self.shelf(menu, path), self.name, path[self.param])


def _find(shelf: list[Json], kind: str, name: str) -> Json:
    for item in shelf:
        if item["id"] == name:
            return item
    raise unknown(kind, name)


def _sections(menu: Json, path: Mapping[str, str]) -> list[Json]:
    found: list[Json] = _find(menu["menus"], "menu", path["menu_id"])["sections"]
    return found


def _variants(menu: Json, path: Mapping[str, str]) -> list[Json]:
    found: list[Json] = _find(menu["products"], "product", path["product_id"])["variants"]
    return found


def _modifiers(menu: Json, path: Mapping[str, str]) -> list[Json]:
    group = _find(menu["modifier_groups"], "modifier_group", path["modifier_group_id"])
    found: list[Json] = group["modifiers"]
    return found


def _top(member: str) -> Callable[[Json, Mapping[str, str]], list[Json]]:
    def shelf(menu: Json, _: Mapping[str, str]) -> list[Json]:
        found: list[Json] = menu[member]
        return found

    return shelf


SECTION = Kind("section", "section_id", _sections)
PRODUCT = Kind("product", "product_id", _top("products"), "variants")
VARIANT = Kind("variant", "variant_id", _variants)
GROUP = Kind("modifier_group", "modifier_group_id", _top("modifier_groups"), "modifiers")
MODIFIER = Kind("modifier", "modifier_id", _modifiers)


def read_menu(market: Market, call: Call) -> Response:
    """The whole menu as it is offered."""
    market.require_restaurant(call.path["restaurant_id"])
    return JSONResponse(market.menu)


def import_menu(market: Market, call: Call) -> Response:
    """Take in a whole menu; a job checks it and puts it in place."""
    market.require_restaurant(call.path["restaurant_id"])
    menu = call.read_whole()
    if menu["restaurant_id"] not in {None, market.restaurant["id"]}:
        raise conflict("id_mismatch", "The restaurant_id of the body is not the one of the path.")
    menu["restaurant_id"] = market.restaurant["id"]
    name = f"imp_{len(market.imports) + 1}"
    job: Json = {
        "id": name,
        "status": "queued",
        "created_at": instant(),
        "finished_at": None,
        "counts": None,
        "errors": [],
    }
    market.imports[name] = job
    started, finished = IMPORT_STEPS_SECONDS
    loop = asyncio.get_running_loop()
    loop.call_later(started, job.update, {"status": "running"})
    loop.call_later(finished, _finish_import, market, job, menu)
    return JSONResponse(job, 202, {"Location": f"{call.request.url.path}/imports/{name}"})


def _finish_import(market: Market, job: Json, menu: Json) -> None:
    errors = list(_faults(menu))
    if menu["currency"] != market.restaurant["currency"]:
        message = f"the restaurant sells in {market.restaurant['currency']}"
        errors.insert(0, _fault("currency_mismatch", "/currency", message))
    job["finished_at"] = instant()
    job["status"] = "failed" if errors else "completed"
    job["errors"] = errors[:100]
    job["counts"] = {
        "menus": len(menu["menus"]),
        "sections": sum(len(item["sections"]) for item in menu["menus"]),
        "products": len(menu["products"]),
        "variants": sum(len(item["variants"]) for item in menu["products"]),
        "modifier_groups": len(menu["modifier_groups"]),
        "modifiers": sum(len(item["modifiers"]) for item in menu["modifier_groups"]),
    }
    if not errors and market.imports.get(job["id"]) is job:
        market.menu = menu


def read_import(market: Market, call: Call) -> Response:
    """How far an import is, and how it ended."""
    market.require_restaurant(call.path["restaurant_id"])
    name = call.path["import_id"]
    if name not in market.imports:
        raise unknown("import", name)
    return JSONResponse(market.imports[name])


def read_entity(kind: Kind, market: Market, call: Call) -> Response:
    """One entity."""
    return JSONResponse(kind.find(_menu(market, call), call.path))


def put_entity(kind: Kind, market: Market, call: Call) -> Response:
    """Create or replace one entity."""
    kind.shelf(_menu(market, call), call.path)
    given = call.read()
    if given["id"] != call.path[kind.param]:
        raise conflict("id_mismatch", "The id of the body is not the one of the path.")
    item, is_new = _store(kind, market, call.path, call.rules.fill(given), given)
    return JSONResponse(item, 201 if is_new else 200)


def put_entities(kind: Kind, market: Market, call: Call) -> Response:
    """Create or replace many; each succeeds or is refused on its own."""
    kind.shelf(_menu(market, call), call.path)
    results: list[Json] = []
    batch = call.read()
    for given, item in zip(batch, call.rules.fill(batch), strict=True):
        result: Json = {"id": item["id"], "outcome": "refused", "error": None}
        try:
            _, is_new = _store(kind, market, call.path, item, given)
            result["outcome"] = "created" if is_new else "replaced"
        except ProblemError as problem:
            result["error"] = problem.document
        results.append(result)
    return JSONResponse({"results": results})


def patch_entity(kind: Kind, market: Market, call: Call) -> Response:
    """Change the members that are sent, and no other."""
    stored = kind.find(_menu(market, call), call.path)
    change = call.read()
    whole = call.rules.fill(change)
    changed = {**stored, **{name: whole[name] for name in change}}
    item, _ = _store(kind, market, call.path, changed, changed)
    return JSONResponse(item)


def delete_entity(kind: Kind, market: Market, call: Call) -> Response:
    """Remove one entity, and every mention of it."""
    menu = _menu(market, call)
    item = kind.find(menu, call.path)
    kind.shelf(menu, call.path).remove(item)
    if kind is PRODUCT:
        for section in (part for each in menu["menus"] for part in each["sections"]):
            entries = section["entries"]
            section["entries"] = [one for one in entries if one["product_id"] != item["id"]]
    if kind is GROUP:
        for owner in (part for each in menu["products"] for part in (each, *each["variants"])):
            names = owner["modifier_group_ids"]
            owner["modifier_group_ids"] = [name for name in names if name != item["id"]]
    return Response(status_code=204)


def _menu(market: Market, call: Call) -> Json:
    market.require_restaurant(call.path["restaurant_id"])
    return market.menu


def _store(
    kind: Kind, market: Market, path: Mapping[str, str], item: Json, named: Collection[str]
) -> tuple[Json, bool]:
    """Put a whole entity, of which a writer named some members, on its shelf."""
    menu = deepcopy(market.menu)
    shelf = kind.shelf(menu, path)
    places = [place for place, other in enumerate(shelf) if other["id"] == item["id"]]
    if places:
        if kind.children and kind.children not in named:
            item[kind.children] = shelf[places[0]][kind.children]
        shelf[places[0]] = item
    else:
        shelf.append(item)
    for fault in _faults(menu):
        raise conflict(fault["code"], fault["message"])
    market.menu = menu
    return item, not places


def _faults(menu: Json) -> Iterator[Json]:
    for member in ("menus", "products", "modifier_groups"):
        yield from _repeats(menu[member], f"/{member}")
    products = {item["id"] for item in menu["products"]}
    groups = {item["id"] for item in menu["modifier_groups"]}
    for place, each in enumerate(menu["menus"]):
        yield from _section_faults(each["sections"], f"/menus/{place}/sections", products)
    for place, product in enumerate(menu["products"]):
        at = f"/products/{place}"
        yield from _repeats(product["variants"], f"{at}/variants")
        for owner in (product, *product["variants"]):
            for name in owner["modifier_group_ids"]:
                if name not in groups:
                    message = f"{owner['id']} names an unknown modifier group {name}"
                    yield _fault("unknown_reference", f"{at}/modifier_group_ids", message)
    for place, group in enumerate(menu["modifier_groups"]):
        at = f"/modifier_groups/{place}"
        yield from _repeats(group["modifiers"], f"{at}/modifiers")
        if group["max_select"] is not None and group["min_select"] > group["max_select"]:
            message = f"{group['id']} asks for more than it allows"
            yield _fault("inconsistent_limits", f"{at}/min_select", message)


def _section_faults(sections: list[Json], at: str, products: set[str]) -> Iterator[Json]:
    yield from _repeats(sections, at)
    for place, section in enumerate(sections):
        for entry in section["entries"]:
            if entry["product_id"] not in products:
                message = f"{section['id']} names an unknown product {entry['product_id']}"
                yield _fault("unknown_reference", f"{at}/{place}/entries", message)


def _repeats(items: list[Json], at: str) -> Iterator[Json]:
    seen: set[str] = set()
    for place, item in enumerate(items):
        if item["id"] in seen:
            yield _fault("duplicate_id", f"{at}/{place}/id", f"{item['id']} is there twice")
        seen.add(item["id"])


def _fault(code: str, pointer: str, message: str) -> Json:
    return {"code": code, "pointer": pointer, "message": message}
