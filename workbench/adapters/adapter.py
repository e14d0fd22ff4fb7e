"""Canonical calls: our entities in, the partner's operations out, by bindings and mappings."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from workbench.adapters import timetable
from workbench.adapters.answer import Answer, SentRequest
from workbench.adapters.binding import (
    entity_ids,
    entity_name,
    join,
    lists_only,
    pick_for_mode,
    pick_operation,
    pick_read_back,
)
from workbench.adapters.channel import Channel
from workbench.adapters.listing import Refuse, find_in_list, list_entities
from workbench.adapters.menu_plan import WHOLE, MenuPlan, plan_menu
from workbench.adapters.session import Session
from workbench.adapters.write_jobs import carry_out
from workbench.canonical import (
    Availability,
    AvailabilityState,
    CalendarException,
    Catalog,
    DeliveryLocation,
    Entity,
    MenuSection,
    Option,
    OptionCategory,
    Order,
    OrderStatus,
    OrderStatusUpdate,
    OrderType,
    Product,
    ProductVariant,
    Reservation,
    ReservationStatus,
    ReservationStatusUpdate,
)
from workbench.errors import InputError, MappingError
from workbench.mapping import Translation
from workbench.model import FeatureSlug
from workbench.partners import Partner, load_partner
from workbench.settings import Settings, load_settings

Kind = TypeVar("Kind", bound=Entity)
Sent = Answer | SentRequest


class Adapter:
    """A partner, spoken to in canonical entities; a context manager.

    Every call raises `InputError` when the feature is not bound (with the folder's reason) or a
    parameter cannot be filled, `TranslationError` when a payload does not fit, and `PartnerError`
    when the partner did not let us ask. With `dry_run`, writes show their request and send nothing.

    Args:
        session: The opened environment.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.partner = session.partner
        self.channel = Channel(session)
        # Reading and replacing what was read is one act, or two threads undo each other's.
        self._calendar = threading.Lock()

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

    def __exit__(self, *_: object) -> None:
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
        operation = pick_operation(self.partner, feature, status)
        payload = None if entity is None else self.channel.payload(feature, entity)
        known = {**entity_ids(entity), **(ids or {})}
        if entity is None and lists_only(self.partner, operation):
            return find_in_list(self.channel, feature, operation, known)
        return self.channel.send(self.channel.request(operation, known, payload))

    def read(self, feature: str, identifier: str) -> Translation:
        """Read one thing and translate it.

        Args:
            feature: A feature that reads, as `order-read`.
            identifier: The partner's id.
        """
        answer = self.call(feature, ids={entity_name(feature): identifier})
        return self.channel.translate(feature, answer.data())

    def write(
        self,
        feature: str,
        entity: Entity,
        *,
        only: set[str] | None = None,
        ids: Mapping[str, str] | None = None,
        key: str = "",
        dry_run: bool = False,
    ) -> Sent:
        """Write one thing; what the partner only accepts is asked about until it is done.

        Args:
            feature: A feature that writes, as `product-write`.
            entity: What to write.
            only: Top-level canonical fields to write, for a partial update; default: all.
            ids: Further ids, as of the order's delivery.
            key: Idempotency key of an operation that was begun before, as after a restart.
            dry_run: Return the request instead of sending it.
        """
        operation = pick_operation(self.partner, feature, getattr(entity, "status", None))
        if only is not None:
            operation = pick_for_mode(self.partner, feature, "partial") or operation
        payload = self.channel.payload(feature, entity, only)
        known = {**entity_ids(entity), **(ids or {})}
        request = self.channel.request(operation, known, payload, key)
        return carry_out(self.channel, request, dry_run=dry_run, feature=feature)

    def write_all(
        self,
        feature: str,
        entities: Sequence[Entity],
        *,
        ids: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> list[Sent]:
        """Write several things, in one request where an operation is bound for `many`."""
        pick_operation(self.partner, feature)
        operation = pick_for_mode(self.partner, feature, "many")
        if operation is None:
            return [self.write(feature, entity, ids=ids, dry_run=dry_run) for entity in entities]
        payloads = [self.channel.payload(feature, entity) for entity in entities]
        body = join(self.partner, operation, payloads)
        request = self.channel.request(operation, ids or {}, body)
        how = {"dry_run": dry_run, "is_batch": True}
        return [carry_out(self.channel, request, feature=feature, **how)]

    def get_order(self, order_id: str) -> Order:
        """An order as it is now."""
        return self._entity(Order, FeatureSlug.ORDER_READ, order_id)

    def get_order_status(self, order_id: str) -> OrderStatusUpdate:
        """The status of an order."""
        return self._entity(OrderStatusUpdate, FeatureSlug.ORDER_STATUS_READ, order_id)

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
        return self.write(FeatureSlug.ORDER_STATUS_WRITE, update, dry_run=dry_run)

    def get_reservation(self, reservation_id: str) -> Reservation:
        """A reservation as it is now."""
        return self._entity(Reservation, FeatureSlug.RESERVATION_READ, reservation_id)

    def get_reservation_status(self, reservation_id: str) -> ReservationStatusUpdate:
        """The status of a reservation."""
        return self._entity(
            ReservationStatusUpdate, FeatureSlug.RESERVATION_STATUS_READ, reservation_id
        )

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
        return self.write(FeatureSlug.RESERVATION_STATUS_WRITE, update, dry_run=dry_run)

    def list_orders(
        self, *, query: Mapping[str, str] | None = None, refuse: Refuse | None = None
    ) -> Iterator[Order]:
        """All orders that the partner lists, page by page, as after an outage.

        Args:
            query: The partner's own filters.
            refuse: Told of each order that does not fit; None: the first such order is an error.
        """
        return self._list(Order, FeatureSlug.ORDER_READ, query, refuse)

    def list_reservations(
        self, *, query: Mapping[str, str] | None = None, refuse: Refuse | None = None
    ) -> Iterator[Reservation]:
        """All reservations that the partner lists; arguments as of `list_orders`."""
        return self._list(Reservation, FeatureSlug.RESERVATION_READ, query, refuse)

    def get_menu(self) -> Catalog:
        """The menu as the partner has it now.

        Raises:
            InputError: The documents describe no way to read it.
        """
        pick_operation(self.partner, WHOLE)
        operation = pick_read_back(self.partner, WHOLE)
        if operation is None:
            raise InputError(f"{self.partner.title} has no operation to read the menu")
        return self._expect(Catalog, WHOLE, self.channel.load(WHOLE, operation, {}).value)

    def plan_menu(self, catalog: Catalog, *, before: Catalog | None = None) -> MenuPlan:
        """Plan how a menu gets to the partner, and what of it gets lost; nothing is sent.

        Args:
            catalog: What the partner shall have.
            before: What it has (as by `get_menu`), so that only changes are sent where possible.
        """
        return plan_menu(self.channel, catalog, before)

    def push_menu(
        self, catalog: Catalog, *, before: Catalog | None = None, dry_run: bool = False
    ) -> MenuPlan:
        """Bring a menu to the partner, and wait until it is live; the plan has the answers.

        With `dry_run` nothing is sent; `preview` of the plan gives the exact requests.
        """
        plan = self.plan_menu(catalog, before=before)
        if not dry_run:
            plan.send()
        return plan

    def upsert_sections(
        self, sections: Sequence[MenuSection], *, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change menu sections."""
        return self.write_all(FeatureSlug.MENU_SECTION_WRITE, sections, dry_run=dry_run)

    def upsert_products(self, products: Sequence[Product], *, dry_run: bool = False) -> list[Sent]:
        """Create or change products."""
        return self.write_all(FeatureSlug.PRODUCT_WRITE, products, dry_run=dry_run)

    def upsert_variants(
        self, variants: Sequence[ProductVariant], *, product_id: str, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change variants of one product."""
        ids = {"product": product_id}
        return self.write_all(FeatureSlug.PRODUCT_VARIANT_WRITE, variants, ids=ids, dry_run=dry_run)

    def upsert_option_categories(
        self, categories: Sequence[OptionCategory], *, dry_run: bool = False
    ) -> list[Sent]:
        """Create or change option categories."""
        return self.write_all(FeatureSlug.OPTION_CATEGORY_WRITE, categories, dry_run=dry_run)

    def upsert_options(self, options: Sequence[Option], *, dry_run: bool = False) -> list[Sent]:
        """Create or change options."""
        return self.write_all(FeatureSlug.OPTION_WRITE, options, dry_run=dry_run)

    def get_availability(self) -> Availability:
        """Opening hours, shifts and exceptions as the partner has them now."""
        return timetable.read_availability(self.channel)

    def set_availability(self, availability: Availability, *, dry_run: bool = False) -> Sent:
        """Send hours, shifts and exceptions; those of the three that are not given stay.

        To keep what is not given it may have to be read, in a dry run too.
        """
        with self._calendar:
            request = timetable.replace_availability(self.channel, availability)
            return carry_out(self.channel, request, dry_run=dry_run)

    def add_exception(self, exception: CalendarException, *, dry_run: bool = False) -> Sent | None:
        """Add a holiday or special hours and keep the others; None when it is there already."""
        with self._calendar:
            request = timetable.add_exception(self.channel, exception)
            return carry_out(self.channel, request, dry_run=dry_run) if request else None

    def remove_exception(
        self, exception: CalendarException, *, dry_run: bool = False
    ) -> Sent | None:
        """Take out an exception, found by its id or dates, and keep the others; None: not there."""
        with self._calendar:
            request = timetable.remove_exception(self.channel, exception)
            return carry_out(self.channel, request, dry_run=dry_run) if request else None

    def close_now(
        self,
        *,
        until: datetime | None = None,
        reason: str | None = None,
        order_types: Sequence[OrderType] = (),
        dry_run: bool = False,
    ) -> Sent:
        """Take no orders of these types (none: of all) until an instant, else until `reopen`."""
        given = _given({"until": until, "reason": reason, "order_types": tuple(order_types)})
        return self._set_state(AvailabilityState(accepting=False, **given), dry_run)

    def reopen(self, *, busy_extra_min: int | None = None, dry_run: bool = False) -> Sent:
        """Take orders again; while we are busy, each takes so many minutes longer."""
        given = _given({"busy_extra_min": busy_extra_min})
        return self._set_state(AvailabilityState(accepting=True, **given), dry_run)

    def send_delivery_location(self, location: DeliveryLocation, *, dry_run: bool = False) -> Sent:
        """Tell where the driver of an order is."""
        return self.write(FeatureSlug.DELIVERY_LOCATION_WRITE, location, dry_run=dry_run)

    def _set_state(self, state: AvailabilityState, dry_run: bool) -> Sent:
        with self._calendar:
            request = timetable.set_state(self.channel, state)
            return carry_out(self.channel, request, dry_run=dry_run)

    def _list(
        self,
        kind: type[Kind],
        feature: str,
        query: Mapping[str, str] | None,
        refuse: Refuse | None,
    ) -> Iterator[Kind]:
        found = list_entities(self.channel, feature, query or {}, refuse)
        return (self._expect(kind, feature, item) for item in found)

    def _entity(self, kind: type[Kind], feature: str, identifier: str) -> Kind:
        return self._expect(kind, feature, self.read(feature, identifier).value)

    def _expect(self, kind: type[Kind], feature: str, value: Entity) -> Kind:
        if not isinstance(value, kind):
            raise MappingError(
                f"The mapping of {feature} makes {type(value).__name__}, not {kind.__name__}",
                location=f"{self.partner.slug}/mapping.yaml",
                partner=self.partner.slug,
                hint=f"Bind {feature} to a mapping with `into: {kind.__name__}`.",
            )
        return value


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
