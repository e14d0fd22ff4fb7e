"""A partner that sends our own secrets back: whoever may read its answers may act as us."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.adapters import Echo
from workbench.model import Evidence, Finding, Outcome, Severity, Source

CHECK = "credential-kept"
_SHOWN = 5


def tell_echoes(source: Source, environment: str, echoes: Collection[Echo]) -> Iterator[Evidence]:
    """One observation on the access to their system, with a finding for each credential.

    Args:
        source: Whose questions were answered so.
        environment: `sandbox` or `production`.
        echoes: What came back; nothing is said of none.
    """
    if not echoes:
        return
    by_credential: dict[str, list[str]] = {}
    for echo in sorted(echoes):
        by_credential.setdefault(echo.credential, []).append(f"{echo.method} {echo.path}")
    yield Evidence(
        feature=f"{environment}-credentials",
        source=source,
        outcome=Outcome.PASSED,
        summary=f"Answers held credentials of ours: {', '.join(by_credential)}.",
        check=CHECK,
        findings=tuple(_finding(name, places) for name, places in by_credential.items()),
        environment=environment,
        artefacts=("exchange.har",),
    )


def _finding(credential: str, places: list[str]) -> Finding:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return Finding(
        slug="credential-echoed",
        severity=Severity.MEDIUM,
        summary=f"{len(places)} answer(s) held our {credential}: whoever reads or keeps them can "
        "act in our name.",
        operation=places[0],
        expected="No answer holds a credential, whole or in part.",
        observed=f"Answers to {', '.join(places[:_SHOWN])}{more}; the value is left out here.",
        hint="Leave credentials out of answers and logs, and issue a new one: this one was seen.",
    )
