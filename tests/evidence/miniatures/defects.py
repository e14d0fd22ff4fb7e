"""Every defect that the miniature can have, and the findings of which at least one must tell it."""

from __future__ import annotations

from typing import NamedTuple


class Defect(NamedTuple):
    """A switch of the miniature.

    Attributes:
        slug: The switch.
        check: The check that must notice it; of behaviour, or the name of another source.
        findings: Slugs of findings; one of them has to be there.
    """

    slug: str
    check: str
    findings: tuple[str, ...]


BEHAVIOUR = (
    Defect("total-not-sum", "read-known", ("inv-m2",)),
    Defect("line-total-wrong", "read-known", ("inv-m1",)),
    Defect("lines-missing", "read-known", ("inv-m2", "inv-o1")),
    Defect("first-always", "read-known", ("other-thing-read",)),
    Defect("of-another", "read-known", ("other-restaurant-read",)),
    Defect("price-in-other-unit", "menu-price", ("price-in-other-unit", "unit-unsettled")),
    Defect("price-not-of-menu", "menu-price", ("price-not-of-menu",)),
    Defect("currency-other", "menu-price", ("currency-differs", "currency-unsettled")),
    Defect("status-not-kept", "status-round-trip", ("stale-status",)),
    Defect("booking-status-not-kept", "status-round-trip", ("stale-status",)),
    Defect("status-read-stale", "status-round-trip", ("stale-status", "status-disagrees")),
    Defect("read-stale", "status-round-trip", ("stale-status", "status-disagrees")),
    Defect("status-unknown", "status-agrees", ("status-unmapped", "status-disagrees")),
    Defect("illegal-accepted", "status-round-trip", ("illegal-transition-accepted",)),
    Defect("booking-illegal-accepted", "status-round-trip", ("illegal-transition-accepted",)),
    Defect("end-revived", "status-round-trip", ("illegal-transition-accepted",)),
    Defect("skip-accepted", "status-round-trip", ("leap-accepted",)),
    Defect("legal-refused", "status-round-trip", ("status-refused",)),
    Defect("repeat-breaks", "status-round-trip", ("repeat-not-harmless",)),
    Defect("key-ignored", "created-then-found", ("idempotency-key-ignored",)),
    Defect("note-lost", "created-then-found", ("field-lost",)),
    Defect("note-cut", "created-then-found", ("text-cut",)),
    Defect("party-lost", "created-then-found", ("echo-differs",)),
    Defect("date-shifted", "created-then-found", ("date-shifted",)),
    Defect("due-time-shifted", "created-then-found", ("time-shifted",)),
    Defect("closure-shifted", "read-after-write", ("date-shifted",)),
    Defect("closures-last-only", "availability-known", ("exceptions-lost",)),
    Defect("coordinates-swapped", "place-plausible", ("coordinates-swapped",)),
    Defect("geo-implausible", "place-plausible", ("coordinates-swapped",)),
    Defect("position-swapped", "position-sent", ("coordinates-swapped",)),
    Defect("position-refused", "position-sent", ("position-refused",)),
    Defect("position-always", "position-sent", ("position-after-end",)),
    Defect("position-moves-order", "position-sent", ("position-moves-order",)),
    Defect("created-not-found", "created-then-found", ("created-not-found",)),
    Defect("created-not-listed", "list-complete", ("created-not-listed",)),
    Defect("deleted-still-there", "use-after-delete", ("use-after-delete",)),
    Defect("second-delete-breaks", "use-after-delete", ("delete-breaks",)),
    Defect("patch-clears-others", "patch-leaves-others", ("patch-changed-others",)),
    Defect("patch-without-effect", "patch-leaves-others", ("patch-without-effect",)),
    Defect("put-without-effect", "read-after-write", ("write-without-effect",)),
    Defect("new-not-stored", "created-one", ("created-not-found",)),
    Defect("put-merges", "put-replaces", ("put-merges",)),
    Defect("put-loses-price", "read-after-write", ("echo-differs", "field-lost")),
    Defect("filter-ignored", "list-complete", ("filter-ignored",)),
    Defect("date-filter-ignored", "list-complete", ("filter-ignored",)),
    Defect("pages-overlap", "list-complete", ("pages-overlap",)),
    Defect("pages-skip", "list-complete", ("pages-skip",)),
    Defect("total-lies", "list-complete", ("total-wrong",)),
    Defect("limit-ignored", "list-complete", ("limit-ignored",)),
    Defect("slot-refused", "offered-slot-booked", ("offered-slot-refused",)),
    Defect("second-reads", "other-identity", ("other-identity-reads",)),
    Defect("second-reads-bookings", "other-identity", ("other-identity-reads",)),
    Defect("second-writes", "other-identity", ("other-identity-writes",)),
    Defect("second-lists", "other-identity", ("other-identity-lists",)),
    Defect("open-to-nobody", "credentials-needed", ("credentials-not-needed",)),
    Defect("open-to-wrong", "wrong-credentials-refused", ("wrong-credentials-accepted",)),
    Defect("open-to-expired", "expired-refused", ("expired-accepted",)),
    Defect("writes-open", "credentials-needed", ("credentials-not-needed",)),
    Defect("unknown-answered", "read-unknown", ("unknown-not-refused",)),
    Defect("unknown-breaks", "read-unknown", ("unknown-not-refused",)),
    Defect("empty-text-breaks", "bounds-kept", ("server-error",)),
    Defect("maximum-refused", "bounds-kept", ("boundary-refused",)),
    Defect("above-maximum-accepted", "bounds-kept", ("out-of-range-accepted",)),
    Defect("long-text-accepted", "bounds-kept", ("out-of-range-accepted",)),
    Defect("import-fails", "outcome-followed", ("outcome-failed",)),
    Defect("import-endless", "outcome-followed", ("outcome-never-comes",)),
    Defect("import-without-effect", "read-after-write", ("field-lost", "echo-differs")),
    Defect("slow", "latency", ("latency-over-budget",)),
    Defect("rate-headers-lie", "rate-limit-headers", ("rate-limit-headers",)),
    Defect("rate-headers-missing", "rate-limit-headers", ("rate-limit-headers",)),
    Defect("time-without-zone", "read-known", ("time-without-zone",)),
    Defect("off-schema", "read-known", ("answer-off-schema", "answer-not-translated")),
)
RECEIPTS = (
    Defect("webhook-missing", "receipts", ("webhook-not-delivered",)),
    Defect("webhook-wrongly-signed", "receipts", ("webhook-not-genuine",)),
    Defect("webhook-unsigned", "receipts", ("webhook-not-genuine",)),
    Defect("webhook-old-stamp", "receipts", ("webhook-not-genuine",)),
    Defect("webhook-off-schema", "receipts", ("webhook-off-schema", "webhook-not-translated")),
    Defect("webhook-doubled", "receipts", ("webhook-doubled",)),
    Defect("webhook-id-reused", "receipts", ("webhook-id-reused",)),
    Defect("webhook-content-differs", "receipts", ("webhook-content-differs",)),
    Defect("webhook-status-stale", "receipts", ("webhook-content-differs",)),
    Defect("webhook-not-repeated", "receipts", ("webhook-not-repeated",)),
    Defect("webhook-dropped-on-silence", "receipts", ("webhook-dropped-on-silence",)),
)
CONTRACT = (
    Defect("status-undocumented", "contract", ("contract-undocumented-status-code",)),
    Defect("content-type-other", "contract", ("contract-undocumented-content-type",)),
    Defect("location-missing", "contract", ("contract-missing-required-response-headers",)),
    Defect("off-schema", "contract", ("contract-response-violates-schema",)),
    Defect("invalid-accepted", "contract", ("contract-schema-violating-request-accepted",)),
    Defect("empty-text-breaks", "contract", ("contract-server-error",)),
)
