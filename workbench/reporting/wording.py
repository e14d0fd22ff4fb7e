"""The words of a report: what a partner reads for each verdict, outcome, severity and source."""

from __future__ import annotations

from workbench.model.evidence import Outcome, Severity, Source
from workbench.model.feature import Lifter
from workbench.model.verdict import Status

# An untested feature is never shown as integrated.
VERDICTS = {
    Status.CONFIRMED: "Integrated",
    Status.SUPPORTED: "Integrated",
    Status.LIMITED: "Integrated with limits",
    Status.FAILED: "Not working",
    Status.UNVERIFIED: "Not tested",
    Status.UNKNOWN: "Not decided",
    Status.UNSUPPORTED: "Not integrated",
    Status.EXEMPT: "Not applicable",
}

# Documents, accounts and agreements are there or not; nobody integrates them.
PAPERS = {
    Status.CONFIRMED: "In place",
    Status.SUPPORTED: "In place",
    Status.LIMITED: "In place with limits",
    Status.FAILED: "Not working",
    Status.UNVERIFIED: "Not checked",
    Status.UNKNOWN: "Not decided",
    Status.UNSUPPORTED: "Missing",
    Status.EXEMPT: "Not needed",
}

# The class that gives a word its colour and its shape; several verdicts share one.
KINDS = {
    Status.CONFIRMED: "good",
    Status.SUPPORTED: "good",
    Status.LIMITED: "limited",
    Status.FAILED: "bad",
    Status.UNVERIFIED: "open",
    Status.UNKNOWN: "open",
    Status.UNSUPPORTED: "absent",
    Status.EXEMPT: "mute",
}

PROOFS = {
    Status.CONFIRMED: "proved live",
    Status.SUPPORTED: "proved from documents and samples",
    Status.LIMITED: "works, within named limits",
    Status.FAILED: "we saw it fail",
    Status.UNVERIFIED: "not proved yet",
    Status.UNKNOWN: "not looked at yet",
    Status.UNSUPPORTED: "why, and what would help",
    Status.EXEMPT: "",
}

# What is missing before a feature is proved, by the source that has not proved it.
LACKING = {
    Source.DOCUMENTS: "your documents do not say enough about it",
    Source.SAMPLES: "no recorded data of it could be translated",
    Source.CONTRACT: "its answers could not be compared with your documents",
    Source.BEHAVIOUR: "it could not be tried out",
    Source.RECEIPTS: "no notification of it has reached us",
}

OUTCOMES = {
    Outcome.PASSED: ("works", "good"),
    Outcome.FAILED: ("does not work", "bad"),
    Outcome.CANT_TELL: ("could not be told", "open"),
    Outcome.INAPPLICABLE: ("not offered", "mute"),
    Outcome.UNTESTED: ("not tested", "open"),
}

SEVERITIES = {
    Severity.CRITICAL: ("Critical", "bad"),
    Severity.HIGH: ("High", "bad"),
    Severity.MEDIUM: ("Medium", "limited"),
    Severity.LOW: ("Low", "mute"),
    Severity.INFO: ("Note", "mute"),
}

SOURCES = {
    Source.DOCUMENTS: "read your documents",
    Source.SAMPLES: "translated recorded data",
    Source.CONTRACT: "compared answers with your documents",
    Source.BEHAVIOUR: "tried it out",
    Source.RECEIPTS: "received notifications",
}

LIFTERS = {
    Lifter.PARTNER: "You",
    Lifter.US: "We",
    Lifter.RESTAURANT: "The restaurant",
    Lifter.TOGETHER: "You and we",
    Lifter.NOBODY: "Nobody for now",
}


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 step`, `2 steps`, `2 entries` when the plural is given."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
