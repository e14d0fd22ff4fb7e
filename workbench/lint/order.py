"""Which finding comes first: what keeps a run from proving anything, before what is only open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.model import Finding, Severity

# Without these, no call is made or no answer is read, whatever else is right.
_BLOCKING = frozenset(
    {
        "address-never-called",
        "address-open",
        "document-changed",
        "event-without-rule",
        "hook-missing",
        "mapping-field-unfilled",
        "overrides-refused",
        "parameter-unfilled",
    }
)
# What nobody has judged yet; a draft has many of these.
_UNJUDGED = frozenset({"binding-unreviewed", "feature-open", "sample-missing"})
_ALONE = 2  # findings of one kind that have a row each


@dataclass(frozen=True)
class LintRow:
    """Findings of one kind as a table shows them: the first one, and where the others are."""

    first: Finding
    others: tuple[Finding, ...] = ()

    @property
    def summary(self) -> str:
        """What was found, and how often."""
        if not self.others:
            return self.first.summary
        places = ", ".join((item.pointer or "").rpartition("/")[2] for item in self.others)
        return f"{self.first.summary} And {len(self.others)} more: {places}"


def arrange(findings: Iterable[Finding]) -> list[Finding]:
    """What blocks a run, what is wrong, what nobody has judged, what is good to know."""
    return sorted(findings, key=lambda item: (_rank(item), item.severity.rank))


def gather(findings: Iterable[Finding]) -> list[LintRow]:
    """Rows in the same order; many findings of one kind that block nothing share one."""
    kinds: dict[tuple[str, int], list[Finding]] = {}
    for number, finding in enumerate(findings):
        alone = number if _rank(finding) == 0 else -1
        kinds.setdefault((finding.slug, alone), []).append(finding)
    rows: list[LintRow] = []
    for found in kinds.values():
        if len(found) > _ALONE:
            rows.append(LintRow(found[0], tuple(found[1:])))
        else:
            rows += [LintRow(item) for item in found]
    return rows


def fails(findings: Iterable[Finding], least: str) -> bool:
    """Whether one of them is as severe as `least`, a severity or `never`."""
    if least == "never":
        return False
    return any(item.severity.rank <= Severity(least).rank for item in findings)


def _rank(finding: Finding) -> int:
    if finding.severity in {Severity.LOW, Severity.INFO}:
        return 3
    if finding.slug in _BLOCKING or finding.severity is Severity.CRITICAL:
        return 0
    return 2 if finding.slug in _UNJUDGED else 1
