"""Tavola, the full-featured marketplace: `contracts/tavola/openapi.yaml` come to life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import tavola_availability as availability
from workbench.sandbox import tavola_menu as menu
from workbench.sandbox import tavola_orders as orders
from workbench.sandbox import tavola_seed as seed
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.request_rules import PartnerDocument, open_document
from workbench.sandbox.resource import Call, Handler, UnknownPath
from workbench.sandbox.server import Simulator
from workbench.sandbox.tavola_control import list_controls
from workbench.sandbox.tavola_market import Market
from workbench.sandbox.tavola_seed import Json
from workbench.sandbox.tavola_wire import MarketResource, TokenResource, Tokens, refuse_path

Acts = Mapping[str, Callable[[Market, Call], Response]]

_RESTAURANT = "/restaurants/{restaurant_id}"


def build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
    """Make a fresh Tavola: its API routes and its control routes."""
    tokens = Tokens(credentials["client_id"], credentials["client_secret"])
    document = open_document("tavola", "openapi.yaml")
    market = Market(outbox, credentials["webhook_secret"], _complete_menu(document))
    login = "/oauth/token"
    api = [Route(login, TokenResource(tokens, document.rules("POST", login)))]
    for path, scope, handlers in _paths(market):
        api.append(Route(path, MarketResource(document, path, tokens, scope, handlers)))
    return api, list_controls(market, tokens)


def _complete_menu(document: PartnerDocument) -> Json:
    """The menu at the start, with every member that the document promises."""
    whole: Json = document.rules("PUT", f"{_RESTAURANT}/menu").fill(seed.menu())
    return whole


def _paths(market: Market) -> list[tuple[str, str, Mapping[str, Handler]]]:
    paths = [
        *_order_paths().items(),
        *_reservation_paths().items(),
        *_restaurant_paths().items(),
    ]
    found: list[tuple[str, str, Mapping[str, Handler]]] = [
        (path, scope, {method: partial(act, market) for method, act in acts.items()})
        for path, (scope, acts) in paths
    ]
    return [*found, *_shelves(market)]


def _order_paths() -> dict[str, tuple[str, Acts]]:
    status: Acts = {"GET": orders.read_order_status, "PUT": orders.write_order_status}
    return {
        "/orders": ("orders", {"GET": orders.list_orders}),
        "/orders/{order_id}": ("orders", {"GET": orders.read_order}),
        "/orders/{order_id}/status": ("orders", status),
        "/orders/{order_id}/kitchen-result": ("orders", {"POST": orders.record_kitchen_result}),
        "/orders/{order_id}/driver-location": ("orders", {"POST": orders.record_location}),
    }


def _reservation_paths() -> dict[str, tuple[str, Acts]]:
    whole: Acts = {"GET": orders.read_reservation, "PATCH": orders.change_reservation}
    status: Acts = {"GET": orders.read_reservation_status, "PUT": orders.write_reservation_status}
    return {
        "/reservations/{reservation_id}": ("reservations", whole),
        "/reservations/{reservation_id}/status": ("reservations", status),
    }


def _restaurant_paths() -> dict[str, tuple[str, Acts]]:
    hours: Acts = {
        "GET": availability.read_availability,
        "PUT": availability.write_availability,
    }
    exception: Acts = {
        "GET": availability.read_exception,
        "PUT": availability.replace_exception,
        "DELETE": availability.delete_exception,
    }
    calendar = f"{_RESTAURANT}/availability/exceptions"
    uploads = f"{_RESTAURANT}/menu/imports/{{import_id}}"
    return {
        _RESTAURANT: ("availability", {"GET": _read_restaurant}),
        f"{_RESTAURANT}/availability": ("availability", hours),
        calendar: ("availability", {"POST": availability.create_exception}),
        f"{calendar}/{{exception_id}}": ("availability", exception),
        f"{_RESTAURANT}/pause": ("availability", {"POST": availability.pause}),
        f"{_RESTAURANT}/resume": ("availability", {"POST": availability.resume}),
        f"{_RESTAURANT}/menu": ("menu", {"GET": menu.read_menu, "PUT": menu.import_menu}),
        uploads: ("menu", {"GET": menu.read_import}),
    }


def _shelves(market: Market) -> list[tuple[str, str, Mapping[str, Handler]]]:
    collections = {
        f"{_RESTAURANT}/menus/{{menu_id}}/sections": menu.SECTION,
        f"{_RESTAURANT}/products": menu.PRODUCT,
        f"{_RESTAURANT}/products/{{product_id}}/variants": menu.VARIANT,
        f"{_RESTAURANT}/modifier-groups": menu.GROUP,
        f"{_RESTAURANT}/modifier-groups/{{modifier_group_id}}/modifiers": menu.MODIFIER,
    }
    paths: list[tuple[str, str, Mapping[str, Handler]]] = []
    for path, kind in collections.items():
        named = f"{path}/{{{kind.param}}}"
        one: dict[str, Handler] = {
            "GET": partial(menu.read_entity, kind, market),
            "PUT": partial(menu.put_entity, kind, market),
            "PATCH": partial(menu.patch_entity, kind, market),
            "DELETE": partial(menu.delete_entity, kind, market),
        }
        paths.append((path, "menu", {"POST": partial(menu.put_entities, kind, market)}))
        paths.append((named, "menu", one))
    return paths


def _read_restaurant(market: Market, call: Call) -> Response:
    market.require_restaurant(call.path["restaurant_id"])
    return JSONResponse(market.restaurant)


SIMULATOR = Simulator(
    slug="tavola",
    base_path="/v1",
    port=8801,
    credentials=("client_id", "client_secret", "webhook_secret"),
    build=build,
    unknown=UnknownPath(refuse_path),
)
