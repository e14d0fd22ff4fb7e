"""What has a colour and a shape: the class of each verdict, standing, outcome and severity."""

from __future__ import annotations

from workbench.model import Outcome, Severity, Standing, Status

# The class that gives a word its colour and its shape; several verdicts share one.
KINDS = {
    Status.CONFIRMED: "good",
    Status.LIMITED: "limited",
    Status.SUPPORTED: "ready",
    Status.FAILED: "bad",
    Status.UNVERIFIED: "open",
    Status.OPEN: "open",
    Status.UNKNOWN: "open",
    Status.UNSUPPORTED: "absent",
    Status.EXEMPT: "mute",
}

# The sign of each class, which says in shape what the colour says; the dash is meant.
SIGNS = {
    "good": "✓",
    "limited": "◐",
    "ready": "◇",
    "bad": "✕",
    "open": "?",
    "absent": "○",
    "mute": "–",  # noqa: RUF001
}


STANDINGS = {
    Standing.PROVED: "good",
    Standing.FAILED: "bad",
    Standing.CANT_TELL: "open",
    Standing.ATTESTED: "ready",
    Standing.REHEARSED: "ready",
    Standing.DOCUMENTED: "ready",
    Standing.UNTESTED: "open",
    Standing.UNSUPPORTED: "absent",
    Standing.INAPPLICABLE: "mute",
}

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

# What is told of a delivery, in this order; any other name is shown as it is.
FACTS = ("delivery_id", "signature_header", "signed_text", "signed_sha256", "reason")
