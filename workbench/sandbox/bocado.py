"""Bocado, a partial Spanish marketplace: API key, decimal strings, local times, batch webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import bocado_seed as seed
from workbench.sandbox.bocado_laws import has_overlap, repeated_ids, unknown_groups
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.request_rules import UnfitError, open_document
from workbench.sandbox.resource import AnswerError, Call, Gate, Handler, UnknownPath
from workbench.sandbox.server import Simulator

DOCUMENT = "swagger.json"


def refusal(
    status: int, code: str, message: str, fields: list[dict[str, str]] | None = None
) -> AnswerError:
    """An answer of the 4xx class: `Codigo`, `Mensaje` and the fields concerned."""
    document: dict[str, Any] = {"Codigo": code, "Mensaje": message}
    return AnswerError(status, document | ({"Campos": fields} if fields else {}), message)


def open_gate(key: str) -> Gate:
    """The way into the API: by the key, and by what the document allows."""
    document = open_document("bocado", DOCUMENT)
    return Gate(document, "x-api-key", key, _turn_away, _name_methods, _refuse_unfit)


def _turn_away() -> Response:
    return refusal(401, "CLAVE_NO_VALIDA", "Falta X-Api-Key o no es válida.").response()


def _name_methods(allow: str) -> Response:
    refused = refusal(405, "RECURSO_NO_ENCONTRADO", f"Métodos admitidos: {allow}.")
    return refused.response({"Allow": allow})


def _refuse_unfit(error: UnfitError) -> Response:
    fields = [
        {"Campo": item.pointer.lstrip("/").replace("/", "."), "Problema": item.message}
        for item in error.violations
    ]
    if error.place == "body":
        message = "El cuerpo no cumple el documento."
        return refusal(400, "CUERPO_NO_VALIDO", message, fields[:20]).response()
    message = "Un parámetro no cumple el documento."
    return refusal(400, "PARAMETRO_NO_VALIDO", message, fields[:20]).response()


def refuse_path() -> Response:
    """The answer where the API has no such path."""
    return refusal(404, "RECURSO_NO_ENCONTRADO", "La API no tiene esa ruta.").response()


# Path segment → status it leads to, and statuses it may start from.
_STEPS: Mapping[str, tuple[str, frozenset[str]]] = {
    "aceptar": ("ACEPTADO", frozenset({"NUEVO"})),
    "rechazar": ("RECHAZADO", frozenset({"NUEVO"})),
    "en-cocina": ("EN_COCINA", frozenset({"ACEPTADO"})),
    "listo": ("LISTO", frozenset({"ACEPTADO", "EN_COCINA"})),
    "entregado": ("ENTREGADO", frozenset({"ACEPTADO", "EN_COCINA", "LISTO", "EN_REPARTO"})),
}
_STATUSES = frozenset(
    {"NUEVO", "EN_REPARTO", "ANULADO"} | {status for status, _ in _STEPS.values()}
)
_ZONE = ZoneInfo(seed.RESTAURANT["ZonaHoraria"])
_MOST_LISTED = 50


class Bocado:
    """The state of the market for one restaurant, and what its API does with it."""

    def __init__(self, token: str, outbox: Outbox) -> None:
        self._token = token
        self._outbox = outbox
        self.reset()

    def reset(self) -> None:
        """Back to the seeded state."""
        self.orders = seed.orders()
        self.menu = seed.menu()
        self.hours = seed.hours()
        self._next_order = seed.FIRST_FREE_ORDER
        self._next_change = 1

    def read_restaurant(self, call: Call) -> Response:
        """`GET /restaurantes/{RestauranteId}`."""
        _require_restaurant(call)
        return JSONResponse(seed.RESTAURANT)

    def read_menu(self, call: Call) -> Response:
        """`GET /restaurantes/{RestauranteId}/carta`."""
        _require_restaurant(call)
        return JSONResponse(self.menu)

    def replace_menu(self, call: Call) -> Response:
        """`PUT /restaurantes/{RestauranteId}/carta`."""
        _require_restaurant(call)
        card = call.read()
        _require_same(card["RestauranteId"], call.path["RestauranteId"])
        if repeated := repeated_ids(card):
            raise refusal(409, "IDENTIFICADOR_REPETIDO", f"Repetido: {repeated[0]}.")
        _require_groups(card, card["Articulos"])
        self.menu = card
        return JSONResponse(self.menu)

    def read_article(self, call: Call) -> Response:
        """`GET /restaurantes/{RestauranteId}/articulos/{ArticuloId}`."""
        _require_restaurant(call)
        for article in self.menu["Articulos"]:
            if article["ArticuloId"] == call.path["ArticuloId"]:
                return JSONResponse(article)
        raise refusal(404, "ARTICULO_NO_ENCONTRADO", "La carta no tiene ese artículo.")

    def save_article(self, call: Call) -> Response:
        """`PUT /restaurantes/{RestauranteId}/articulos/{ArticuloId}`."""
        _require_restaurant(call)
        article = call.read()
        _require_same(article["ArticuloId"], call.path["ArticuloId"])
        _require_groups(self.menu, [article])
        articles = self.menu["Articulos"]
        for position, stored in enumerate(articles):
            if stored["ArticuloId"] == article["ArticuloId"]:
                articles[position] = article
                return JSONResponse(article)
        articles.append(article)
        return JSONResponse(article, 201)

    def read_hours(self, call: Call) -> Response:
        """`GET /restaurantes/{RestauranteId}/horario`."""
        _require_restaurant(call)
        return JSONResponse(self.hours)

    def replace_hours(self, call: Call) -> Response:
        """`PUT /restaurantes/{RestauranteId}/horario`."""
        _require_restaurant(call)
        hours = call.read()
        _require_same(hours["RestauranteId"], call.path["RestauranteId"])
        if has_overlap(hours):
            raise refusal(409, "TRAMOS_SOLAPADOS", "Dos tramos del mismo día se solapan.")
        if any(closure["Hasta"] < closure["Desde"] for closure in hours["DiasCerrados"]):
            raise refusal(409, "FECHA_IMPOSIBLE", "Un cierre acaba antes de empezar.")
        self.hours = hours
        return JSONResponse(self.hours)

    def list_orders(self, call: Call) -> Response:
        """`GET /pedidos`."""
        wanted = call.query.get("Estado")
        found = [
            {name: order[name] for name in ("PedidoId", "Estado", "FechaPedido", "Total")}
            for order in reversed(self.orders.values())
            if wanted in {None, order["Estado"]}
        ]
        return JSONResponse({"Pedidos": found[:_MOST_LISTED]})

    def read_order(self, call: Call) -> Response:
        """`GET /pedidos/{PedidoId}`."""
        return JSONResponse(self._order(call))

    def step(self, segment: str) -> Handler:
        """Handler of `POST /pedidos/{PedidoId}/<segment>`."""
        status, starts = _STEPS[segment]

        def handle(call: Call) -> Response:
            order = self._order(call)
            detail = call.read()
            if order["Estado"] != status:
                if order["Estado"] not in starts:
                    message = f"De {order['Estado']} no se pasa a {status}."
                    raise refusal(409, "ESTADO_NO_PERMITIDO", message)
                if "HoraPrevista" in detail:
                    order["FechaPrevista"] = _existing_time(detail["HoraPrevista"])
                why = detail.get("CodigoMotivo"), detail.get("Motivo")
                self.change(order, status, "RESTAURANTE", *why)
            return JSONResponse(
                {name: order[name] for name in ("PedidoId", "Estado", "FechaEstado")}
            )

        return handle

    def place(self, count: int) -> list[str]:
        """Place new orders and announce them in one batch; the ids."""
        made = [seed.order(self._next_order + offset, _now()) for offset in range(count)]
        self._next_order += count
        self.orders |= {order["PedidoId"]: order for order in made}
        self._announce("pedidos/nuevos", made)
        return [order["PedidoId"] for order in made]

    def change(
        self, order: dict[str, Any], status: str, by: str, code: str | None, reason: str | None
    ) -> None:
        """Set a status, whatever it was before, and announce it."""
        before = order["Estado"]
        order["Estado"] = status
        order["FechaEstado"] = _now().isoformat(timespec="seconds")
        order.pop("Anulacion", None)
        why: dict[str, str] = {}
        if status in {"RECHAZADO", "ANULADO"}:
            why = {"CodigoMotivo": code or "OTRO", "Motivo": reason or "Sin motivo"}
            order["Anulacion"] = {"Por": by} | why
        change = {
            "CambioId": f"C-{self._next_change:06d}",
            "PedidoId": order["PedidoId"],
            "RestauranteId": order["RestauranteId"],
            "EstadoAnterior": before,
            "Estado": status,
            "FechaCambio": order["FechaEstado"],
        }
        self._next_change += 1
        self._announce("pedidos/estados", [change | why])

    def _announce(self, tail: str, items: list[dict[str, Any]]) -> None:
        body = json.dumps({"Pedidos": items}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Bocado-Token": self._token}
        self._outbox.send(tail, body, headers)

    def _order(self, call: Call) -> dict[str, Any]:
        order = self.orders.get(call.path["PedidoId"])
        if order is None:
            message = "No hay ningún pedido con ese identificador."
            raise refusal(404, "PEDIDO_NO_ENCONTRADO", message)
        return order


def _now() -> datetime:
    return datetime.now(_ZONE).replace(tzinfo=None)


def _existing_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        message = "HoraPrevista no existe en el calendario."
        raise refusal(409, "FECHA_IMPOSIBLE", message) from None
    return text


def _require_restaurant(call: Call) -> None:
    if call.path["RestauranteId"] != seed.RESTAURANT["RestauranteId"]:
        raise refusal(404, "RESTAURANTE_NO_ENCONTRADO", "No existe ese restaurante.")


def _require_same(body: str, path: str) -> None:
    if body != path:
        message = "El identificador del cuerpo no es el de la ruta."
        raise refusal(409, "IDENTIFICADOR_DISTINTO", message)


def _require_groups(card: Mapping[str, Any], articles: list[dict[str, Any]]) -> None:
    if unknown := unknown_groups(card, articles):
        raise refusal(409, "REFERENCIA_DESCONOCIDA", f"No existe el grupo {unknown[0]}.")


def _control(market: Bocado) -> list[Route]:
    async def place(request: Request) -> Response:
        count = (await _options(request)).get("count", 1)
        ids = market.place(count if count in range(1, 21) else 1)
        return JSONResponse({"id": ids[0], "ids": ids}, 201)

    async def change(request: Request) -> Response:
        options = await _options(request)
        order = market.orders.get(request.path_params["order"])
        if order is None or options.get("status") not in _STATUSES:
            known = sorted(_STATUSES)
            return JSONResponse({"error": "no such order or status", "statuses": known}, 404)
        why = options.get("code"), options.get("reason")
        market.change(order, options["status"], "BOCADO", *why)
        return JSONResponse({"id": order["PedidoId"], "status": order["Estado"]})

    async def reset(_: Request) -> Response:
        market.reset()
        return JSONResponse({"reset": True})

    return [
        Route("/orders", place, methods=["POST"]),
        Route("/orders/{order}/status", change, methods=["POST"]),
        Route("/reset", reset, methods=["POST"]),
    ]


async def _options(request: Request) -> dict[str, Any]:
    body = await request.body()
    options = json.loads(body) if body else {}
    return options if isinstance(options, dict) else {}


def _build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
    outbox.pauses = (0.2, 0.5)
    outbox.accepted = frozenset({200})
    market = Bocado(credentials["webhook_token"], outbox)
    gate = open_gate(credentials["api_key"])
    home = "/restaurantes/{RestauranteId}"
    order = "/pedidos/{PedidoId}"
    served: dict[str, dict[str, Handler]] = {
        home: {"get": market.read_restaurant},
        f"{home}/carta": {"get": market.read_menu, "put": market.replace_menu},
        f"{home}/articulos/{{ArticuloId}}": {
            "get": market.read_article,
            "put": market.save_article,
        },
        f"{home}/horario": {"get": market.read_hours, "put": market.replace_hours},
        "/pedidos": {"get": market.list_orders},
        order: {"get": market.read_order},
        **{f"{order}/{segment}": {"post": market.step(segment)} for segment in _STEPS},
    }
    api = [Route(path, gate.resource(path, **handlers)) for path, handlers in served.items()]
    return api, _control(market)


SIMULATOR = Simulator(
    slug="bocado",
    base_path="/api",
    port=8802,
    credentials=("api_key", "webhook_token"),
    build=_build,
    unknown=UnknownPath(refuse_path),
)
