"""Bocado, a partial Spanish marketplace: API key, decimal strings, local times, batch webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import bocado_seed as seed
from workbench.sandbox.bocado_bodies import Article, Detail, Hours, MenuCard, Refusal
from workbench.sandbox.bocado_wire import Nowhere, RefusalError, read, resource
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.resource import Handler
from workbench.sandbox.server import Simulator

# Path segment → status it leads to, statuses it may start from, and the body it takes.
_STEPS: Mapping[str, tuple[str, frozenset[str], type[Detail]]] = {
    "aceptar": ("ACEPTADO", frozenset({"NUEVO"}), Detail),
    "rechazar": ("RECHAZADO", frozenset({"NUEVO"}), Refusal),
    "en-cocina": ("EN_COCINA", frozenset({"ACEPTADO"}), Detail),
    "listo": ("LISTO", frozenset({"ACEPTADO", "EN_COCINA"}), Detail),
    "entregado": ("ENTREGADO", frozenset({"ACEPTADO", "EN_COCINA", "LISTO", "EN_REPARTO"}), Detail),
}
_STATUSES = frozenset(
    {"NUEVO", "EN_REPARTO", "ANULADO"} | {status for status, _, _ in _STEPS.values()}
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

    def read_restaurant(self, request: Request, _: bytes) -> Response:
        """`GET /restaurantes/{RestauranteId}`."""
        _require_restaurant(request)
        return JSONResponse(seed.RESTAURANT)

    def read_menu(self, request: Request, _: bytes) -> Response:
        """`GET /restaurantes/{RestauranteId}/carta`."""
        _require_restaurant(request)
        return JSONResponse(self.menu)

    def replace_menu(self, request: Request, body: bytes) -> Response:
        """`PUT /restaurantes/{RestauranteId}/carta`."""
        _require_restaurant(request)
        card = read(MenuCard, body)
        _require_same(card.restaurante_id, request.path_params["restaurant"])
        if repeated := card.repeated_ids():
            raise RefusalError(409, "IDENTIFICADOR_REPETIDO", f"Repetido: {repeated[0]}.")
        if unknown := card.unknown_groups():
            raise RefusalError(409, "REFERENCIA_DESCONOCIDA", f"No existe el grupo {unknown[0]}.")
        self.menu = card.stored()
        return JSONResponse(self.menu)

    def read_article(self, request: Request, _: bytes) -> Response:
        """`GET /restaurantes/{RestauranteId}/articulos/{ArticuloId}`."""
        _require_restaurant(request)
        for article in self.menu["Articulos"]:
            if article["ArticuloId"] == request.path_params["article"]:
                return JSONResponse(article)
        raise RefusalError(404, "ARTICULO_NO_ENCONTRADO", "La carta no tiene ese artículo.")

    def save_article(self, request: Request, body: bytes) -> Response:
        """`PUT /restaurantes/{RestauranteId}/articulos/{ArticuloId}`."""
        _require_restaurant(request)
        article = read(Article, body)
        _require_same(article.articulo_id, request.path_params["article"])
        known = {group["GrupoId"] for group in self.menu["GruposDeExtras"]}
        if unknown := set(article.grupos) - known:
            message = f"No existe el grupo {min(unknown)}."
            raise RefusalError(409, "REFERENCIA_DESCONOCIDA", message)
        articles = self.menu["Articulos"]
        for position, stored in enumerate(articles):
            if stored["ArticuloId"] == article.articulo_id:
                articles[position] = article.stored()
                return JSONResponse(articles[position])
        articles.append(article.stored())
        return JSONResponse(articles[-1], 201)

    def read_hours(self, request: Request, _: bytes) -> Response:
        """`GET /restaurantes/{RestauranteId}/horario`."""
        _require_restaurant(request)
        return JSONResponse(self.hours)

    def replace_hours(self, request: Request, body: bytes) -> Response:
        """`PUT /restaurantes/{RestauranteId}/horario`."""
        _require_restaurant(request)
        hours = read(Hours, body)
        _require_same(hours.restaurante_id, request.path_params["restaurant"])
        if hours.has_overlap():
            raise RefusalError(409, "TRAMOS_SOLAPADOS", "Dos tramos del mismo día se solapan.")
        if hours.has_reversed_closure():
            raise RefusalError(409, "FECHA_IMPOSIBLE", "Un cierre acaba antes de empezar.")
        self.hours = hours.stored()
        return JSONResponse(self.hours)

    def list_orders(self, request: Request, _: bytes) -> Response:
        """`GET /pedidos`."""
        wanted = set(request.query_params.getlist("Estado"))
        if wanted - _STATUSES:
            raise RefusalError(400, "PARAMETRO_NO_VALIDO", "Estado no es un estado de pedido.")
        found = [
            {name: order[name] for name in ("PedidoId", "Estado", "FechaPedido", "Total")}
            for order in reversed(self.orders.values())
            if not wanted or order["Estado"] in wanted
        ]
        return JSONResponse({"Pedidos": found[:_MOST_LISTED]})

    def read_order(self, request: Request, _: bytes) -> Response:
        """`GET /pedidos/{PedidoId}`."""
        return JSONResponse(self._order(request))

    def step(self, segment: str) -> Handler:
        """Handler of `POST /pedidos/{PedidoId}/<segment>`."""
        status, starts, model = _STEPS[segment]

        def handle(request: Request, body: bytes) -> Response:
            order = self._order(request)
            detail = read(model, body or b"{}")
            if order["Estado"] != status:
                if order["Estado"] not in starts:
                    message = f"De {order['Estado']} no se pasa a {status}."
                    raise RefusalError(409, "ESTADO_NO_PERMITIDO", message)
                if detail.hora_prevista is not None:
                    order["FechaPrevista"] = _existing_time(detail.hora_prevista)
                self.change(order, status, "RESTAURANTE", detail.codigo_motivo, detail.motivo)
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

    def _order(self, request: Request) -> dict[str, Any]:
        order = self.orders.get(request.path_params["order"])
        if order is None:
            message = "No hay ningún pedido con ese identificador."
            raise RefusalError(404, "PEDIDO_NO_ENCONTRADO", message)
        return order


def _now() -> datetime:
    return datetime.now(_ZONE).replace(tzinfo=None)


def _existing_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        message = "HoraPrevista no existe en el calendario."
        raise RefusalError(409, "FECHA_IMPOSIBLE", message) from None
    return text


def _require_restaurant(request: Request) -> None:
    if request.path_params["restaurant"] != seed.RESTAURANT["RestauranteId"]:
        raise RefusalError(404, "RESTAURANTE_NO_ENCONTRADO", "No existe ese restaurante.")


def _require_same(body: str, path: str) -> None:
    if body != path:
        message = "El identificador del cuerpo no es el de la ruta."
        raise RefusalError(409, "IDENTIFICADOR_DISTINTO", message)


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
    key = credentials["api_key"]
    home = "/restaurantes/{restaurant}"
    paths: dict[str, Callable[..., Any]] = {
        home: resource(key, get=market.read_restaurant),
        f"{home}/carta": resource(key, get=market.read_menu, put=market.replace_menu),
        f"{home}/articulos/{{article}}": resource(
            key, get=market.read_article, put=market.save_article
        ),
        f"{home}/horario": resource(key, get=market.read_hours, put=market.replace_hours),
        "/pedidos": resource(key, get=market.list_orders),
        "/pedidos/{order}": resource(key, get=market.read_order),
    }
    for segment in _STEPS:
        paths[f"/pedidos/{{order}}/{segment}"] = resource(key, post=market.step(segment))
    api = [Route(path, resource) for path, resource in paths.items()]
    return api, _control(market)


SIMULATOR = Simulator(
    slug="bocado",
    base_path="/api",
    port=8802,
    credentials=("api_key", "webhook_token"),
    build=_build,
    unknown=Nowhere(),
)
