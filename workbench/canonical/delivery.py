"""The delivery of an order, and where its driver is."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from workbench.canonical.base import Entity, Ids, Latitude, Longitude
from workbench.canonical.status import DeliveryStatus


class Address(Entity):
    """A place; coordinates in decimal degrees (WGS 84)."""

    lines: tuple[str, ...] = ()
    city: str | None = None
    province: str | None = None
    postcode: str | None = None
    country: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    details: str | None = None


class Courier(Entity):
    """Who brings it. Personal data."""

    name: str | None = None
    phone: str | None = None
    vehicle: str | None = None


class Delivery(Entity):
    """The delivery of one order; `status_times`: when each status was reached."""

    address: Address = Address()
    ids: Ids | None = None
    status: DeliveryStatus | None = None
    raw_status: str | None = None
    courier: Courier | None = None
    eta_pickup: AwareDatetime | None = None
    eta_dropoff: AwareDatetime | None = None
    tracking_url: str | None = None
    status_times: dict[DeliveryStatus, AwareDatetime] = Field(default_factory=dict)
    proof: str | None = None


class DeliveryLocation(Entity):
    """Where the driver of an order is, at one instant."""

    order_id: str
    latitude: Latitude
    longitude: Longitude
    recorded_at: AwareDatetime
    delivery_id: str | None = None
    accuracy_m: float | None = Field(default=None, ge=0)
    heading_deg: float | None = Field(default=None, ge=0, lt=360)
    speed_mps: float | None = Field(default=None, ge=0)
    eta_pickup: AwareDatetime | None = None
    eta_dropoff: AwareDatetime | None = None
    courier: Courier | None = None
    source: str | None = None
