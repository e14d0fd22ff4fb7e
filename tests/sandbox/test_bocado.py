"""Bocado's simulator on real HTTP: it does what its Swagger document says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from workbench.sandbox.bocado import SIMULATOR
from workbench.sandbox.server import Running, Sandbox

from .conftest import Listener, Remote

DOCUMENT = json.loads(
    (Path(__file__).parents[2] / "contracts/bocado/swagger.json").read_text("utf-8")
)
HOME = "/restaurantes/R-2041"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["RestauranteId", "Articulos", "Horarios", "Motivo", "x"]), inner
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def market() -> Iterator[Running]:
    """A running Bocado on a free port."""
    with Sandbox([SIMULATOR]) as sandbox:
        yield sandbox.partners["bocado"]


@pytest.fixture
def control(market: Running, client: httpx.Client) -> Remote:
    """The control address of a market in its seeded state."""
    control = Remote(client, market.control_url)
    control("POST", "/reset")
    return control


@pytest.fixture
def api(market: Running, client: httpx.Client, control: Remote) -> Remote:
    """The API with the right key."""
    return Remote(client, market.base_url, **{"X-Api-Key": market.credentials["api_key"]})


def fits(name: str, value: Any) -> None:
    """Fail unless the value fits a definition of the document."""
    schema = {"$ref": f"#/definitions/{name}", "definitions": DOCUMENT["definitions"]}
    Draft4Validator(schema).validate(value)


@pytest.mark.parametrize("key", [None, "wrong", "café"])
@pytest.mark.parametrize("path", [HOME, f"{HOME}/carta", f"{HOME}/horario", "/pedidos/P-100401"])
def test_a_wrong_key_is_refused(
    market: Running, client: httpx.Client, path: str, key: str | None
) -> None:
    """Every path answers 401 in the documented form without the right key."""
    headers = {} if key is None else {"X-Api-Key": key.encode()}
    answer = client.get(f"{market.base_url}{path}", headers=headers)
    assert answer.status_code == 401
    fits("Error", answer.json())


@pytest.mark.parametrize(
    ("path", "definition"),
    [
        (HOME, "Restaurante"),
        (f"{HOME}/carta", "Carta"),
        (f"{HOME}/articulos/CROQ-6", "Articulo"),
        (f"{HOME}/horario", "HorarioCompleto"),
        *((f"/pedidos/P-10040{number}", "Pedido") for number in range(1, 9)),
    ],
)
def test_seeded_resources_fit_the_document(api: Remote, path: str, definition: str) -> None:
    """What is there at the start is as documented."""
    answer = api("GET", path)
    assert answer.status_code == 200
    fits(definition, answer.json())


@pytest.mark.parametrize(
    "path",
    [
        "/pedidos/P-999999",
        "/restaurantes/R-0000",
        f"{HOME}/articulos/NADA",
        "/nada",
        f"{HOME}/a/b",
        "/pedidos/%0A",
    ],
)
def test_unknown_things_are_not_found(api: Remote, path: str) -> None:
    """Unknown ids and unknown paths answer 404 in the documented form."""
    answer = api("GET", path)
    assert answer.status_code == 404
    fits("Error", answer.json())


def test_other_methods_are_refused(api: Remote) -> None:
    """An undocumented method answers 405 and names the documented ones."""
    answer = api("DELETE", f"{HOME}/carta")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")


def test_orders_are_listed_by_status(api: Remote) -> None:
    """The list can be narrowed to one status, and refuses a status that does not exist."""
    everything = api("GET", "/pedidos").json()["Pedidos"]
    ready = api("GET", "/pedidos", params={"Estado": "LISTO"}).json()["Pedidos"]
    assert len(everything) == 8
    assert [order["PedidoId"] for order in ready] == ["P-100404"]
    assert api("GET", "/pedidos", params={"Estado": "listo"}).status_code == 400


def test_seeded_orders_add_up(api: Remote) -> None:
    """Lines, charges, tips and discounts make the total, which is what is paid."""

    def cents(text: str) -> int:
        return int(text.replace(".", ""))

    for number in (100401, 100402):
        order = api("GET", f"/pedidos/P-{number}").json()
        for line in order["Lineas"]:
            extras = sum(extra["Cantidad"] * cents(extra["Precio"]) for extra in line["Extras"])
            assert cents(line["Importe"]) == line["Cantidad"] * (
                cents(line["PrecioUnidad"]) + extras
            )
        parts = [*order["Lineas"], *order["Cargos"], *order["Propinas"]]
        less = sum(cents(item["Importe"]) for item in order["Descuentos"])
        assert sum(cents(item["Importe"]) for item in parts) - less == cents(order["Total"])
        assert sum(cents(item["Importe"]) for item in order["Pagos"]) == cents(order["Total"])


def test_an_order_goes_through_its_life(api: Remote) -> None:
    """Each step is seen when the order is read again; repeating one is harmless."""
    steps = [("aceptar", "ACEPTADO"), ("en-cocina", "EN_COCINA"), ("listo", "LISTO")]
    for step, status in [*steps, ("entregado", "ENTREGADO"), ("entregado", "ENTREGADO")]:
        answer = api("POST", f"/pedidos/P-100401/{step}")
        assert answer.status_code == 200
        fits("EstadoActual", answer.json())
        assert api("GET", "/pedidos/P-100401").json()["Estado"] == status


def test_acceptance_may_bring_another_time(api: Remote) -> None:
    """`HoraPrevista` becomes the order's time, unless the calendar does not know it."""
    good = api("POST", "/pedidos/P-100401/aceptar", json={"HoraPrevista": "2026-11-20T21:45:00"})
    assert good.status_code == 200
    assert api("GET", "/pedidos/P-100401").json()["FechaPrevista"] == "2026-11-20T21:45:00"
    api("POST", "/pedidos/P-100402/en-cocina")
    bad = api("POST", "/pedidos/P-100402/listo", json={"HoraPrevista": "2026-02-30T21:45:00"})
    assert (bad.status_code, bad.json()["Codigo"]) == (409, "FECHA_IMPOSIBLE")


@pytest.mark.parametrize(
    "refused",
    ["401/listo", "401/entregado", "402/rechazar", "406/aceptar", "407/aceptar", "408/en-cocina"],
)
def test_an_illegal_step_changes_nothing(api: Remote, refused: str) -> None:
    """A step that the status does not allow answers 409, and the order stays as it was."""
    path = f"/pedidos/P-100{refused}"
    order = path.rpartition("/")[0]
    before = api("GET", order).json()
    answer = api("POST", path, json={"Motivo": "Prueba"})
    assert (answer.status_code, answer.json()["Codigo"]) == (409, "ESTADO_NO_PERMITIDO")
    assert api("GET", order).json() == before


def test_a_refusal_needs_a_reason(api: Remote) -> None:
    """Without `Motivo` an order is not refused; with it, the order keeps the reason."""
    assert api("POST", "/pedidos/P-100401/rechazar").status_code == 400
    reason = {"CodigoMotivo": "CERRADO", "Motivo": "Ya hemos cerrado"}
    assert api("POST", "/pedidos/P-100401/rechazar", json=reason).status_code == 200
    order = api("GET", "/pedidos/P-100401").json()
    assert order["Anulacion"] == {"Por": "RESTAURANTE"} | reason
    fits("Pedido", order)


def test_the_menu_is_replaced_whole(api: Remote) -> None:
    """What is sent is what is read, and an article that is left out is gone."""
    card = DOCUMENT["definitions"]["Carta"]["example"]
    assert api("PUT", f"{HOME}/carta", json=card).json() == card
    assert api("GET", f"{HOME}/carta").json() == card
    assert api("GET", f"{HOME}/articulos/BRAVAS").status_code == 404


def test_an_article_is_created_then_replaced(api: Remote) -> None:
    """The first PUT creates, the second replaces, and the rest of the menu stays."""
    others = api("GET", f"{HOME}/carta").json()["Articulos"]
    article = {"ArticuloId": "AGUA", "Nombre": "Agua", "Precio": "1.80", "TipoIva": 10}
    assert api("PUT", f"{HOME}/articulos/AGUA", json=article).status_code == 201
    dearer = article | {"Precio": "2.00"}
    assert api("PUT", f"{HOME}/articulos/AGUA", json=dearer).status_code == 200
    assert api("GET", f"{HOME}/carta").json()["Articulos"] == [*others, dearer]


@pytest.mark.parametrize(
    "change",
    [
        {"Precio": 1.8},
        {"Precio": "1,80"},
        {"Precio": "1.8"},
        {"TipoIva": False},
        {"TipoIva": 9},
        {"Disponible": "true"},
        {"Descripcion": None},
        {"Nombre": ""},
        {"Secciones": []},
    ],
)
def test_an_article_off_the_document_is_refused(api: Remote, change: dict[str, Any]) -> None:
    """A body that the document forbids answers 400 and names the field."""
    article = {"ArticuloId": "AGUA", "Nombre": "Agua", "Precio": "1.80"} | change
    answer = api("PUT", f"{HOME}/articulos/AGUA", json=article)
    assert answer.status_code == 400
    fits("Error", answer.json())
    assert answer.json()["Campos"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"RestauranteId": "R-2042"}, "IDENTIFICADOR_DISTINTO"),
        ({"GruposDeExtras": []}, "REFERENCIA_DESCONOCIDA"),
        ({"Articulos": [{"ArticuloId": "A", "Nombre": "A", "Precio": "1.00"}] * 2},
         "IDENTIFICADOR_REPETIDO"),
    ],
)  # fmt: skip
def test_a_contradictory_menu_is_refused(api: Remote, change: dict[str, Any], code: str) -> None:
    """A menu that is well formed but contradicts itself answers 409 and is not stored."""
    before = api("GET", f"{HOME}/carta").json()
    answer = api("PUT", f"{HOME}/carta", json=before | change)
    assert (answer.status_code, answer.json()["Codigo"]) == (409, code)
    assert api("GET", f"{HOME}/carta").json() == before


def test_hours_are_replaced_whole(api: Remote) -> None:
    """What is sent is what is read, after-midnight ranges and closed days included."""
    hours = DOCUMENT["definitions"]["HorarioCompleto"]["example"]
    assert api("PUT", f"{HOME}/horario", json=hours).json() == hours
    assert api("GET", f"{HOME}/horario").json() == hours


def test_impossible_hours_are_refused(api: Remote) -> None:
    """Overlapping ranges and reversed closures answer 409, impossible dates 400."""
    hours = api("GET", f"{HOME}/horario").json()
    span = {"Dia": "LUNES", "Abre": "12:00", "Cierra": "16:00"}
    late = {"Dia": "LUNES", "Abre": "15:00", "Cierra": "02:00"}
    overlap = hours | {"Horarios": [{"Tramos": [span, late]}]}
    assert api("PUT", f"{HOME}/horario", json=overlap).json()["Codigo"] == "TRAMOS_SOLAPADOS"
    for first, status in (("2026-12-26", 409), ("2026-02-30", 400)):
        closed = {"Tipo": "CERRADO", "Desde": first, "Hasta": "2026-12-25"}
        answer = api("PUT", f"{HOME}/horario", json=hours | {"DiasCerrados": [closed]})
        assert answer.status_code == status
    assert api("GET", f"{HOME}/horario").json() == hours


@settings(max_examples=30, deadline=None)
@given(
    path=st.sampled_from([f"{HOME}/carta", f"{HOME}/horario", f"{HOME}/articulos/CROQ-6"]),
    body=JSON_VALUES.map(json.dumps) | st.text(max_size=12),
)
def test_no_body_upsets_the_market(
    market: Running, client: httpx.Client, path: str, body: str
) -> None:
    """Whatever is sent as a body, the answer is a documented one."""
    headers = {"X-Api-Key": market.credentials["api_key"]}
    answer = client.put(f"{market.base_url}{path}", content=body.encode(), headers=headers)
    assert answer.status_code in {400, 409}
    fits("Error", answer.json())


def test_new_orders_come_as_a_batch(
    market: Running, api: Remote, control: Remote, listener: Listener
) -> None:
    """Orders placed together arrive in one body with the token, as the API shows them."""
    placed = control("POST", "/orders", json={"count": 2}).json()
    ((path, headers, body),) = listener.wait(1)
    assert path == "/pos-1/webhooks/pedidos/nuevos"
    assert headers["x-bocado-token"] == market.credentials["webhook_token"]
    fits("LoteDePedidos", body)
    assert [order["PedidoId"] for order in body["Pedidos"]] == placed["ids"]
    assert body["Pedidos"][0] == api("GET", f"/pedidos/{placed['id']}").json()


def test_status_changes_of_both_sides_are_announced(
    api: Remote, control: Remote, listener: Listener
) -> None:
    """Our own step and the market's cancellation each give one change, in order."""
    api("POST", "/pedidos/P-100401/aceptar")
    cancelled = {"status": "ANULADO", "code": "CLIENTE", "reason": "Dirección equivocada"}
    control("POST", "/orders/P-100401/status", json=cancelled)
    changes = [body["Pedidos"][0] for _, _, body in listener.wait(2)]
    for _, _, body in listener.got:
        fits("LoteDeCambios", body)
    assert [change["Estado"] for change in changes] == ["ACEPTADO", "ANULADO"]
    assert changes[1]["CodigoMotivo"] == "CLIENTE"
    assert changes[0]["CambioId"] != changes[1]["CambioId"]
    assert api("GET", "/pedidos/P-100401").json()["Anulacion"]["Por"] == "BOCADO"


def test_a_failed_webhook_is_sent_again_unchanged(control: Remote, listener: Listener) -> None:
    """After a 503 the same body comes once more, and the delivery counts as acknowledged."""
    listener.statuses = [503]
    control("POST", "/orders")
    first, second = listener.wait(2)
    assert first[2] == second[2]
    deadline = time.monotonic() + 5
    while not (last := control("GET", "/deliveries").json()["deliveries"][-1])["acknowledged"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert last["statuses"] == [503, 200]


def test_the_control_address_knows_its_orders(api: Remote, control: Remote) -> None:
    """Unknown orders and statuses are refused; a reset brings back the seeded state."""
    assert control("POST", "/orders/P-0/status", json={"status": "LISTO"}).status_code == 404
    assert control("POST", "/orders/P-100401/status", json={"status": "READY"}).status_code == 404
    made = control("POST", "/orders").json()["id"]
    assert api("GET", f"/pedidos/{made}").json()["Estado"] == "NUEVO"
    assert control("POST", "/reset").status_code == 200
    assert api("GET", f"/pedidos/{made}").status_code == 404
