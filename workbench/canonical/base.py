"""What every canonical entity shares: identity, origin, money, open enumerations.

Absent, null and a value are three things: `model_fields_set` tells whether a field was given, so
that a partial update can be built from it.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# Digits that are kept exactly, and the largest power of ten that is still believed.
_EXACT = 100

# ISO 4217 minor units that are not 2 (list of 2024-06).
_EXPONENTS = {
    code: digits
    for digits, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Entity(BaseModel):
    """Base of everything canonical: immutable, and closed against unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="strings"
    )


class OpenEnum(StrEnum):
    """An enumeration that keeps values it does not know, as partners add values without notice."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or not value:
            return None
        member = str.__new__(cls, value)
        member._name_ = "UNKNOWN"
        member._value_ = value
        return member

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Self], tuple[str]]:
        # By value: Python before 3.11.4 copies a member by its name, which an unknown one has not.
        return type(self), (self._value_,)

    @property
    def is_known(self) -> bool:
        """Whether the value is one of ours."""
        return self._name_ != "UNKNOWN"


class Ids(Entity):
    """Names of one thing: ours, the partner's, and the short code that people say aloud."""

    partner_id: str
    canonical_id: str | None = None
    partner_ref: str | None = None
    display_code: str | None = None
    external_code: str | None = None
    ean: str | None = None


class Origin(Entity):
    """Where an entity came from."""

    partner: str
    restaurant_id: str | None = None
    received_at: AwareDatetime | None = None
    event_id: str | None = None
    payload_sha256: str | None = None


class Money(Entity):
    """An exact amount in minor units of an ISO 4217 currency (1234 EUR minor = 12.34 €).

    `finer` is the part of a minor unit beyond `amount_minor`, with its sign (INV-M6 allows it in
    the price of one unit only: 3 for 10.00 € are 333 and a third each).
    """

    amount_minor: int = Field(strict=True, ge=-(2**63), le=2**63 - 1)
    currency: Currency
    finer: Decimal | None = Field(default=None, gt=-1, lt=1, exclude_if=lambda value: value is None)

    @property
    def exponent(self) -> int:
        """Number of decimal digits of the currency."""
        return exponent(self.currency)

    @property
    def minor(self) -> Decimal:
        """The amount in minor units, exact."""
        return Decimal(self.amount_minor) + (self.finer or 0)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        with localcontext(prec=_EXACT):
            return self.minor.scaleb(-self.exponent)

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        minor = self.minor + other.minor
        return Money(
            amount_minor=int(minor), currency=self.currency, finer=minor - int(minor) or None
        )

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"


def exponent(currency: str) -> int:
    """Decimal digits of a currency after ISO 4217; 2 for codes that are not listed."""
    return _EXPONENTS.get(currency, 2)


class UnitPrice:
    """Marks a field that holds the price of one unit, which may be finer than a minor unit."""


class OrderType(OpenEnum):
    """How the customer gets the food."""

    DELIVERY = "delivery"
    COLLECTION = "collection"
    INSIDE = "inside"  # ordered at the table
    INSITU = "insitu"  # a booking with pre-order


class Actor(OpenEnum):
    """A side of the business: who pays, receives, delivers or decides."""

    RESTAURANT = "restaurant"
    MARKET = "market"
    COURIER = "courier"
    THIRD_PARTY = "third-party"  # a delivery company that the restaurant hires
    CUSTOMER = "customer"


class Note(Entity):
    """Free text from a customer; `kind`: customer, kitchen, allergy, cutlery, occasion."""

    kind: str = "customer"
    text: str


class Ext(Entity):
    """Mix-in for entities that keep the partner's unmapped fields and their origin."""

    origin: Origin | None = None
    ext: dict[str, Any] = Field(default_factory=dict)
