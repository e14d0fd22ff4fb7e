"""Bodies that Bocado accepts, as strict as its document: no unknown field, no null, no loose type.

Aliases are the partner's own names; fields of ours stay English.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_pascal


def _whole(value: object) -> object:
    # JSON Schema calls 2.0 an integer, a strict int does not.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _check_rate(value: int) -> int:
    if value not in {0, 4, 10, 21}:
        raise ValueError("no es un tipo de IVA")
    return value


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
RestaurantId = Annotated[str, StringConstraints(pattern=r"^R-[0-9]{4}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}[.][0-9]{2}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_check_date)
]
LocalTime = Annotated[
    str,
    StringConstraints(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
    ),
]
Position = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=9999)]
TaxRate = Annotated[int, BeforeValidator(_whole), AfterValidator(_check_rate)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=50)]


def _text(longest: int) -> Any:
    return StringConstraints(min_length=1, max_length=longest)


class Body(BaseModel):
    """Base of all bodies: strict types, closed, and no null anywhere."""

    model_config = ConfigDict(
        strict=True, extra="forbid", alias_generator=to_pascal, regex_engine="rust-regex"
    )

    @model_validator(mode="before")
    @classmethod
    def _has_no_null(cls, data: Any) -> Any:
        if isinstance(data, dict) and None in data.values():
            raise ValueError("null no es un valor")
        return data

    def stored(self) -> dict[str, Any]:
        """The body as it came, with the partner's names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Article(Body):
    """`Articulo`."""

    articulo_id: Identifier
    nombre: Name
    precio: Amount
    descripcion: Annotated[str, _text(500)] | None = None
    tipo_iva: TaxRate | None = None
    disponible: bool = True
    contiene_alcohol: bool = False
    alergenos: list[Annotated[str, _text(30)]] = Field(default=[], max_length=14)
    fotos: list[Annotated[str, _text(300)]] = Field(default=[], max_length=5)
    orden: Position | None = None
    grupos: list[Identifier] = Field(default=[], max_length=20)


class Extra(Body):
    """`Extra`."""

    extra_id: Identifier
    nombre: Name
    precio: Amount
    disponible: bool = True
    orden: Position | None = None


class ExtraGroup(Body):
    """`GrupoDeExtras`."""

    grupo_id: Identifier
    nombre: Name
    minimo: Count = 0
    maximo: Count | None = None
    orden: Position | None = None
    extras: list[Extra] = Field(min_length=1, max_length=60)


class MenuCard(Body):
    """`Carta`: everything that the restaurant sells."""

    restaurante_id: RestaurantId
    moneda: Literal["EUR"]
    articulos: list[Article] = Field(max_length=500)
    grupos_de_extras: list[ExtraGroup] = Field(max_length=200)

    def repeated_ids(self) -> list[str]:
        """Ids that name two things of one kind."""
        extras = [extra for group in self.grupos_de_extras for extra in group.extras]
        return [
            *_repeated(item.articulo_id for item in self.articulos),
            *_repeated(group.grupo_id for group in self.grupos_de_extras),
            *_repeated(extra.extra_id for extra in extras),
        ]

    def unknown_groups(self) -> list[str]:
        """Groups that an article names but the card lacks."""
        known = {group.grupo_id for group in self.grupos_de_extras}
        return [name for item in self.articulos for name in item.grupos if name not in known]


class Opening(Body):
    """`Tramo`."""

    dia: Literal["LUNES", "MARTES", "MIERCOLES", "JUEVES", "VIERNES", "SABADO", "DOMINGO"]
    abre: Clock
    cierra: Clock


class Week(Body):
    """One element of `Horarios`."""

    tramos: list[Opening] = Field(max_length=42)


class Closure(Body):
    """`DiasCerrados`."""

    tipo: Literal["CERRADO"]
    desde: Day
    hasta: Day
    motivo: Annotated[str, _text(120)] | None = None


class Hours(Body):
    """`HorarioCompleto`: opening hours and closed days."""

    restaurante_id: RestaurantId
    horarios: list[Week] = Field(max_length=1)
    dias_cerrados: list[Closure] = Field(max_length=100)

    def has_overlap(self) -> bool:
        """Whether two openings of one day share a minute."""
        for week in self.horarios:
            days: dict[str, list[tuple[str, str]]] = {}
            for item in week.tramos:
                end = item.cierra if item.cierra > item.abre else "24:00"
                days.setdefault(item.dia, []).append((item.abre, end))
            for spans in days.values():
                spans.sort()
                if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
                    return True
        return False

    def has_reversed_closure(self) -> bool:
        """Whether a closure ends before it starts."""
        return any(closure.hasta < closure.desde for closure in self.dias_cerrados)


class Detail(Body):
    """`Detalle`: what may come with a change of status."""

    hora_prevista: LocalTime | None = None
    codigo_motivo: Annotated[str, _text(40)] | None = None
    motivo: Annotated[str, _text(200)] | None = None


class Refusal(Detail):
    """`Rechazo`: as `Detalle`, but the reason is required."""

    motivo: Annotated[str, _text(200)]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
