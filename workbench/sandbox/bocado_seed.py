"""What Bocado's test restaurant holds at the start: one menu, one week, orders in every status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

RESTAURANT: dict[str, Any] = {
    "RestauranteId": "R-2041",
    "Nombre": "Taberna La Aguja (pruebas)",
    "Poblacion": "Madrid",
    "ZonaHoraria": "Europe/Madrid",
    "Moneda": "EUR",
    "EsPrueba": True,
}
FIRST_FREE_ORDER = 100500
_SEEDED = datetime.fromisoformat("2026-11-20T20:41:00")
_STATUSES = (
    "NUEVO",
    "ACEPTADO",
    "EN_COCINA",
    "LISTO",
    "EN_REPARTO",
    "ENTREGADO",
    "RECHAZADO",
    "ANULADO",
)


def menu() -> dict[str, Any]:
    """The menu: four articles and two groups of extras."""
    return {
        "RestauranteId": RESTAURANT["RestauranteId"],
        "Moneda": "EUR",
        "Articulos": [
            _article("CROQ-6", "Croquetas de jamón (6 uds.)", "8.50", 1, ["G-SALSA"]),
            _article("BRAVAS", "Patatas bravas", "5.40", 2, ["G-SALSA"]),
            _article("BOC-CAL", "Bocadillo de calamares", "7.90", 3, ["G-PAN", "G-SALSA"]),
            _article("TORT-1", "Pincho de tortilla", "3.20", 4, []),
        ],
        "GruposDeExtras": [
            {
                "GrupoId": "G-SALSA",
                "Nombre": "Salsas",
                "Minimo": 0,
                "Maximo": 2,
                "Extras": [
                    {"ExtraId": "X-ALIOLI", "Nombre": "Alioli", "Precio": "0.80"},
                    {"ExtraId": "X-BRAVA", "Nombre": "Salsa brava", "Precio": "0.60"},
                ],
            },
            {
                "GrupoId": "G-PAN",
                "Nombre": "Tipo de pan",
                "Minimo": 1,
                "Maximo": 1,
                "Extras": [
                    {"ExtraId": "X-BLANCO", "Nombre": "Pan blanco", "Precio": "0.00"},
                    {"ExtraId": "X-CRISTAL", "Nombre": "Pan de cristal", "Precio": "0.90"},
                ],
            },
        ],
    }


def hours() -> dict[str, Any]:
    """Opening hours: lunch and dinner, closed on Mondays, and two closed days."""
    spans = [
        {"Dia": day, "Abre": opens, "Cierra": closes}
        for day in ("MARTES", "MIERCOLES", "JUEVES", "VIERNES", "SABADO", "DOMINGO")
        for opens, closes in (("13:00", "16:00"), ("20:00", "00:00"))
    ]
    closed = {"Tipo": "CERRADO", "Desde": "2026-12-24", "Hasta": "2026-12-25", "Motivo": "Navidad"}
    return {
        "RestauranteId": RESTAURANT["RestauranteId"],
        "Horarios": [{"Tramos": spans}],
        "DiasCerrados": [closed],
    }


def orders() -> dict[str, dict[str, Any]]:
    """One order in every status, ids P-100401 to P-100408."""
    found: dict[str, dict[str, Any]] = {}
    for position, status in enumerate(_STATUSES):
        made = order(100401 + position, _SEEDED + timedelta(minutes=7 * position))
        made["Estado"] = status
        if status in {"RECHAZADO", "ANULADO"}:
            by = "RESTAURANTE" if status == "RECHAZADO" else "CLIENTE"
            made["Anulacion"] = {"Por": by, "CodigoMotivo": "OTRO", "Motivo": "Ya no hace falta"}
        found[made["PedidoId"]] = made
    return found


def order(number: int, placed: datetime) -> dict[str, Any]:
    """A new order; even numbers are collected and paid in cash, odd ones delivered and prepaid.

    Args:
        number: Number in the order's id.
        placed: Local time of the restaurant, without offset.
    """
    alioli = {"ExtraId": "X-ALIOLI", "GrupoId": "G-SALSA", "Nombre": "Alioli", "Cantidad": 1}
    lines = [
        _line(1, "CROQ-6", "Croquetas de jamón (6 uds.)", 2, 850, [(alioli, 80)]),
        _line(2, "TORT-1", "Pincho de tortilla", 1, 320, []),
    ]
    lines[0]["Nota"] = "Muy hechas, por favor"
    made: dict[str, Any] = {
        "PedidoId": f"P-{number:06d}",
        "NumeroVisible": f"{number % 1000:03d}",
        "RestauranteId": RESTAURANT["RestauranteId"],
        "Estado": "NUEVO",
        "FechaEstado": placed.isoformat(timespec="seconds"),
        "FechaPedido": placed.isoformat(timespec="seconds"),
        "FechaPrevista": (placed + timedelta(minutes=40)).isoformat(timespec="seconds"),
        "Cliente": {"Nombre": "Lucía P.", "Telefono": "+34 910 555 014"},
        "Lineas": lines,
        "Observaciones": [{"Tipo": "ALERGIA", "Texto": "Sin frutos secos"}],
        "EsPrueba": True,
    }
    return made | (_delivered() if number % 2 else _collected())


def euros(cents: int) -> str:
    """Cents as Bocado writes amounts."""
    return f"{cents // 100}.{cents % 100:02d}"


def _delivered() -> dict[str, Any]:
    return {
        "TipoEntrega": "DOMICILIO",
        "LoAntesPosible": True,
        "Direccion": {
            "Lineas": ["Calle de la Aguja 7", "2.º izquierda"],
            "Poblacion": "Madrid",
            "Provincia": "Madrid",
            "CodigoPostal": "28012",
        },
        "Cargos": [{"Tipo": "ENVIO", "Importe": "2.50"}],
        "Descuentos": [{"Concepto": "Bienvenida", "Importe": "2.00"}],
        "Propinas": [{"Para": "REPARTIDOR", "Importe": "1.00"}],
        "Pagos": [{"Forma": "TARJETA", "Momento": "PAGADO", "Importe": "23.30"}],
        "Total": "23.30",
    }


def _collected() -> dict[str, Any]:
    cash = {"Forma": "EFECTIVO", "Momento": "CONTRA_ENTREGA", "Importe": "21.90"}
    return {
        "TipoEntrega": "RECOGIDA",
        "LoAntesPosible": False,
        "Cargos": [{"Tipo": "BOLSA", "Importe": "0.10"}],
        "Descuentos": [],
        "Propinas": [],
        "Pagos": [cash | {"PagaCon": "50.00"}],
        "Total": "21.90",
    }


def _article(
    name: str, title: str, price: str, position: int, groups: Sequence[str]
) -> dict[str, Any]:
    return {
        "ArticuloId": name,
        "Nombre": title,
        "Precio": price,
        "TipoIva": 10,
        "Disponible": True,
        "Orden": position,
        "Grupos": [*groups],
    }


def _line(
    number: int,
    article: str,
    name: str,
    quantity: int,
    price: int,
    extras: Sequence[tuple[dict[str, Any], int]],
) -> dict[str, Any]:
    each = price + sum(extra["Cantidad"] * cents for extra, cents in extras)
    return {
        "LineaId": str(number),
        "ArticuloId": article,
        "Nombre": name,
        "Cantidad": quantity,
        "PrecioUnidad": euros(price),
        "Importe": euros(quantity * each),
        "Extras": [extra | {"Precio": euros(cents)} for extra, cents in extras],
    }
