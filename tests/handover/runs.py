"""Runs of a made-up platform, written in milliseconds: what was proved live, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from workbench.model import Absence, Binding, Evidence, Finding, RunHeader, Statement
from workbench.partners import load_catalogue
from workbench.reporting import Report
from workbench.store import EvidenceLog, RunFolder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def write_run(
    root: Path,
    proved: Sequence[str],
    *,
    language: str = "en",
    run: str = "one",
    at: datetime = NOW,
    broken: dict[str, Finding] | None = None,
    title: str = "Ronda",
    absent: dict[str, str] | None = None,
) -> Report:
    """A run in which every service and event is bound, these were proved live, and those failed.

    Of `absent` it is stated that the platform lacks them, and why.
    """
    catalogue = load_catalogue()
    folder = RunFolder.create(root / "reports", "ronda", run)
    bound: dict[str, Statement] = {
        feature.slug: Binding(subjects=(f"GET /{feature.slug}",))
        for feature in catalogue.bindable()
    }
    for slug, reason in (absent or {}).items():
        bound[slug] = Absence(status="unsupported", code="R1", reason=reason)
    header = RunHeader(
        run=run, partner="ronda", title=title, environment="sandbox", seed=1, started_at=at,
        workbench="1", python="3.11", tools={}, inputs={}, catalogue=catalogue.digest,
        statements=bound, context={"publisher": {"organisation": "Kitchen Table",
                                                 "contact": "hello@kitchen.example"}},
    )  # fmt: skip
    log = EvidenceLog(folder.log, header, lambda data: data)
    for slug in (*proved, *(broken or {})):
        feature = catalogue.feature(slug)
        assert feature
        every = tuple(item.slug for item in feature.criteria)
        finding = (broken or {}).get(slug)
        told = {"outcome": "failed", "findings": (finding,)} if finding else {"outcome": "passed"}
        for source in {*feature.requires, *feature.confirmed_by}:
            log.add(Evidence(feature=slug, source=source, summary="It was so.", criteria=every,
                             observed_at=at, environment="sandbox", **told))  # type: ignore[arg-type]  # fmt: skip
    log.finish([])
    return Report.read(folder.path.absolute(), language)
