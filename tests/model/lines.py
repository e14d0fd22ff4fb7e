"""A feature with two criteria, statements about it, and lines of evidence for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.model.evidence import Evidence, Finding, Outcome, Severity, Source
from workbench.model.feature import Criterion, Feature, FeatureKind, Requirement
from workbench.model.statement import Absence, Binding

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSED, FAILED, CANT_TELL = Outcome.PASSED, Outcome.FAILED, Outcome.CANT_TELL
INAPPLICABLE, UNTESTED = Outcome.INAPPLICABLE, Outcome.UNTESTED


def criterion(slug: str, row: str, *, core: bool = False) -> Criterion:
    """A criterion of the feature under test."""
    return Criterion(
        slug=slug,
        row=row,
        title=slug,
        benefit="Dinner is served.",
        requirement=Requirement.REQUIRED,
        direction="outbound",
        core=core,
    )


FEATURE = Feature(
    slug="order-read",
    kind=FeatureKind.SERVICE,
    area="orders",
    title="Read an order",
    benefit="Orders arrive.",
    requirement=Requirement.REQUIRED,
    direction="outbound",
    requires=(Source.DOCUMENTS, Source.SAMPLES),
    confirmed_by=(Source.BEHAVIOUR,),
    criteria=(criterion("by-id", "ORD-G01", core=True), criterion("not-found", "ORD-G02")),
)
BEYOND = FEATURE.model_copy(update={"requirement": Requirement.BEYOND})
GIVEN = FEATURE.model_copy(
    update={
        "kind": FeatureKind.PAPERWORK,
        "given": "our address",
        "requires": (Source.RECEIPTS,),
        "confirmed_by": (Source.RECEIPTS,),
    }
)
BOUND = Binding(subjects=("GET /orders/{id}",))
LACKS = Absence(status="unsupported", code="R1", reason="There is no such service.")
NOT_OURS = Absence(status="exempt", code="R15", reason="They only take bookings.")


def finding(severity: Severity, **more: Any) -> Finding:
    """A finding of some weight."""
    fields = {"slug": f"of-{severity}", "severity": severity, "summary": f"It is {severity}."}
    return Finding(**{**fields, **more})


def line(source: Source, outcome: Outcome, *findings: Finding, **more: Any) -> Evidence:
    """An observation of the feature; a failure without finding gets a high one."""
    if outcome is FAILED and not findings:
        findings = (finding(Severity.HIGH),)
    fields = {
        "feature": FEATURE.slug,
        "source": source,
        "outcome": outcome,
        "summary": f"{source} says {outcome}.",
        "findings": findings,
        "observed_at": NOW - timedelta(hours=1),
    }
    return Evidence(**{**fields, **more})
