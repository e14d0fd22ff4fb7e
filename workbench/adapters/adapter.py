"""Canonical calls: our entities in, the partner's operations out, by bindings and mappings."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from workbench.adapters.answer import Answer, SentRequest
from workbench.adapters.binding import entity_ids, entity_name, join, pick, translator
from workbench.adapters.parameters import fill
from workbench.adapters.repeat import SAFE
from workbench.adapters.session import Session
from workbench.canonical.availability import Availability
from workbench.canonical.base import Entity
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import (
    Catalog,
    MenuSection,
    Option,
    OptionCategory,
    Product,
    ProductVariant,
)
from workbench.canonical.order import Order, OrderStatusUpdate
from workbench.canonical.reservation import Reservation, ReservationStatusUpdate
from workbench.canonical.status import OrderStatus, ReservationStatus
from workbench.errors import MappingError, PartnerError
from workbench.mapping import Translation
from workbench.model.description import Operation
from workbench.partners import Partner, load_partner
from workbench.settings import Settings, load_settings

Kind = TypeVar("Kind", bound=Entity)
Sent = Answer | SentRequest


class Adapter:
    """A partner, spoken to in canonical entities; a context manager.

    Every call raises `InputError` when the feature is not bound (with the folder's reason) or a
    parameter cannot be filled, `TranslationError` when a payload does not fit, and `PartnerError`
    when the partner did not let us ask. With `dry_run`, writes return the exact request, secrets
    masked, and send nothing.

    Args:
        session: The opened environment.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.partner = session.partner

    @classmethod
    def open(
        cls,
        partner: str | Partner,
        environment: str = "sandbox",
        settings: Settings | None = None,
        *,
        allow_writes: bool | None = None,
    ) -> Self:
        """Open a partner for integration.

        Args:
            partner: Slug or loaded partner.
            environment: `sandbox` or `production`.
            settings: Default: of the current folder.
            allow_writes: Default: in the sandbox only; say so for production.
        """
        settings = settings or load_settings()
        loaded = load_partner(partner, settings) if isinstance(partner, str) else partner
        writes = environment != "production" if allow_writes is None else allow_writes
        return cls(
            Session(loaded, environment, settings, allow_writes=writes, purpose="integration")
        )

    def __repr__(self) -> str:
        return f"Adapter({self.partner.slug!r}, {self.session.environment!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def call(
        self,
        feature: str,
        *,
        entity: Entity | None = None,
        ids: Mapping[str, str] | None = None,
        status: str | None = None,
    ) -> Answer:
        """Send the operation that is bound to a feature, and return the answer as it is.

        Args:
            feature: Feature slug.
            entity: Written as the body, where the operation has one; gives its ids.
            ids: Entity (`order`, `product`, …) or parameter name → id of theirs.
            status: Canonical status, where operations are bound per status.
        """
        operation = pick(self.partner, feature, status=status)
        payload = self._payload(feature, entity)
        return self._send(operation, {**entity_ids(entity), **(ids or {})}, payload)

    def read(self, feature: str, identifier: str) -> Translation:
        """Read one thing and translate it.

        Args:
            feature: A feature that reads, as `order-read`.
            identifier: The partner's id.
        """
        answer = self.call(feature, ids={entity_name(feature): identifier}).require()
        payload = answer.json()
        if payload is None:
            raise PartnerError(
                f"The answer is not JSON: {answer.excerpt or 'it is empty'}",
                location=answer.request.url,
                partner=self.partner.slug,
            )
        return translator(self.partner, feature).translate(payload)

    def write(
        self,
        feature: str,
        entity: Entity,
        *,
        only: set[str] | None = None,
        ids: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> Sent:
        """Write one thing.

        Args:
            feature: A feature that writes, as `product-write`.
            entity: What to write.
            only: Top-level canonical fields to write, for a partial update; default: all.
            ids: Further ids, as of the order's delivery.
            dry_run: Return the request instead of sending it.
        """
        status = getattr(entity, "status", None)
        operation = pick(self.partner, feature, status=status)
        payload = self._payload(feature, entity, only)
        known = {**entity_ids(entity), **(ids or {})}
        if dry_run:
            return self._preview(operation, known, payload)
        return self._send(operation, known, payload).require()

    def write_all(
        self,
        feature: str,
        entities: Sequence[Entity],
        *,
        ids: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> list[Sent]:
        """Write several things, in one request where an operation is bound for `many`."""
        operation = pick(self.partner, feature, mode="many")
        if operation is None:
            return [self.write(feature, entity, ids=ids, dry_run=dry_run) for entity in entities]
        payloads = [self._payload(feature, entity) for entity in entities]
        body = join(self.partner, operation, payloads)
        if dry_run:
            return [self._preview(operation, ids or {}, body)]
        return [self._send(operation, ids or {}, body).require()]

    def get_order(self, order_id: str) -> Order:
        """An order as it is now."""
        return self._entity(Order, "order-read", order_id)

    def get_order_status(self, order_id: str) -> OrderStatusUpdate:
        """The status of an order."""
        return self._entity(OrderStatusUpdate, "order-status-read", order_id)

    def set_order_status(
        self,
        order_id: str,
        status: OrderStatus | str,
        *,
        at: datetime | None = None,
        reason_code: str | None = None,
        reason: str | None = None,
        ready_at: datetime | None = None,
        dry_run: bool = False,
    ) -> Sent:
        """Move an order to a status; reasons are for rejections and cancellations."""
        given = {"at": at, "reason_code": reason_code, "reason": reason, "ready_at": ready_at}
        update = OrderStatusUpdate(order_id=order_id, status=OrderStatus(status), **_given(given))
        return self.write("order-status-write", update, dry_run=dry_run)

    def get_reservation(self, reservation_id: str) -> Reservation:
        """A reservation as it is now."""
        return self._entity(Reservation, "reservation-read", reservation_id)

    def get_reservation_status(self, reservation_id: str) -> ReservationStatusUpdate:
        """The status of a reservation."""
        return self._entity(ReservationStatusUpdate, "reservation-status-read", reservation_id)

    def set_reservation_status(
        self,
        reservation_id: str,
        status: ReservationStatus | str,
        *,
        at: datetime | None = None,
        reason_code: str | None = None,
        reason: str | None = None,
        table: str | None = None,
        dry_run: bool = False,
    ) -> Sent:
        """Move a reservation to a status."""
        given = {"at": at, "reason_code": reason_code, "reason": reason, "table": table}
        update = ReservationStatusUpdate(
            reservation_id=reservation_id, status=ReservationStatus(status), **_given(given)
        )
        return self.write("reservation-status-write", update, dry_run=dry_run)

    def push_menu(self, catalog: Catalog, *, dry_run: bool = False) -> Sent:
        """Send the whole menu."""
        return self.write("menu-write", catalog, dry_run=dry_run)

    def upsert_sections(
        self, sections: Sequence[MenuSection], *, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change menu sections."""
        return self.write_all("menu-section-write", sections, dry_run=dry_run)

    def upsert_products(self, products: Sequence[Product], *, dry_run: bool = False) -> list[Sent]:
        """Create or change products."""
        return self.write_all("product-write", products, dry_run=dry_run)

    def upsert_variants(
        self, variants: Sequence[ProductVariant], *, product_id: str, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change variants of one product."""
        ids = {"product": product_id}
        return self.write_all("product-variant-write", variants, ids=ids, dry_run=dry_run)

    def upsert_option_categories(
        self, categories: Sequence[OptionCategory], *, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change option categories."""
        return self.write_all("option-category-write", categories, dry_run=dry_run)

    def upsert_options(self, options: Sequence[Option], *, dry_run: bool = False) -> list[Sent]:
        """Create or change options."""
        return self.write_all("option-write", options, dry_run=dry_run)

    def set_availability(self, availability: Availability, *, dry_run: bool = False) -> Sent:
        """Send opening hours, exceptions and whether orders are taken."""
        return self.write("availability-write", availability, dry_run=dry_run)

    def send_delivery_location(self, location: DeliveryLocation, *, dry_run: bool = False) -> Sent:
        """Tell where the driver of an order is."""
        return self.write("delivery-location-write", location, dry_run=dry_run)

    def _entity(self, kind: type[Kind], feature: str, identifier: str) -> Kind:
        value = self.read(feature, identifier).value
        if not isinstance(value, kind):
            raise MappingError(
                f"The mapping of {feature} makes {type(value).__name__}, not {kind.__name__}",
                location=f"{self.partner.slug}/mapping.yaml",
                partner=self.partner.slug,
                hint=f"Bind {feature} to a mapping with `into: {kind.__name__}`.",
            )
        return value

    def _payload(
        self, feature: str, entity: Entity | None, only: set[str] | None = None
    ) -> dict[str, Any] | None:
        if entity is None:
            return None
        payload: dict[str, Any] = (
            translator(self.partner, feature).untranslate(entity, only=only).payload
        )
        return payload

    def _send(self, operation: Operation, ids: Mapping[str, str], payload: Any) -> Answer:
        return self.session.wire.send(**self._request(operation, ids, payload))

    def _preview(self, operation: Operation, ids: Mapping[str, str], payload: Any) -> SentRequest:
        return self.session.wire.preview(**self._request(operation, ids, payload))

    def _request(
        self, operation: Operation, ids: Mapping[str, str], payload: Any
    ) -> dict[str, Any]:
        filled = fill(self.partner, self.session.environment, operation, ids, payload)
        # A key is of use only where the document says that the partner looks at it.
        keyed = filled.key_header is not None and operation.method not in SAFE
        key = str(uuid.uuid4()) if keyed else None
        return {
            "method": operation.method,
            "path_or_url": filled.path,
            "query": filled.query,
            "json": _body(operation, payload),
            "headers": {**filled.headers, **({filled.key_header: key} if key else {})},
            "idempotency_key": key,
        }


def _body(operation: Operation, payload: Any) -> Any:
    """The payload, unless the document says that the operation takes none."""
    return payload if operation.bodies and operation.method not in SAFE else None


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
