"""The restaurant whose orders, menu and hours travel."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from workbench.canonical.base import Currency, Ext, Ids, OpenEnum, OrderType
from workbench.canonical.delivery import Address


class RestaurantStatus(OpenEnum):
    """Whether the partner shows the restaurant and takes orders for it."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    UNLISTED = "unlisted"


class Restaurant(Ext):
    """A restaurant as the partner lists it.

    `timezone` is an IANA name, `country` an ISO 3166 alpha-2 code.
    """

    ids: Ids
    name: str
    timezone: str
    currency: Currency
    country: str | None = None
    address: Address | None = None
    phone: str | None = None
    email: str | None = None
    order_types: tuple[OrderType, ...] = ()
    status: RestaurantStatus | None = None
    pause_until: AwareDatetime | None = None
    preparation_min: int | None = Field(default=None, ge=0)
    prices_include_tax: bool = True
