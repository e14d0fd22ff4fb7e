"""What has a colour and a shape: the class of each verdict, outcome, severity and change."""

from __future__ import annotations

from workbench.model.evidence import Outcome, Severity
from workbench.model.verdict import Status

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

# The sign of each class, which says in shape what the colour says; the dash is meant.
SIGNS = {"good": "✓", "limited": "◐", "bad": "✕", "open": "?", "absent": "○", "mute": "–"}  # noqa: RUF001

OUTCOMES = {
    Outcome.PASSED: "good",
    Outcome.FAILED: "bad",
    Outcome.CANT_TELL: "open",
    Outcome.INAPPLICABLE: "mute",
    Outcome.UNTESTED: "open",
}

SEVERITIES = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "limited",
    Severity.LOW: "mute",
    Severity.INFO: "mute",
}
