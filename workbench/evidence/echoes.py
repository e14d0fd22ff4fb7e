"""A partner that sends our own secrets back: whoever may read its answers may act as us."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.adapters.recorder import Echo
from workbench.model.evidence import Evidence, Finding, Outcome, Severity, Source

CHECK = "credential-kept"


def tell_echoes(source: Source, environment: str, echoes: Collection[Echo]) -> Iterator[Evidence]:
    """One observation on the access to their system, with a finding for each place.

    Args:
        source: Whose questions were answered so.
        environment: `sandbox` or `production`.
        echoes: What came back; nothing is said of none.
    """
    if not echoes:
        return
    places = {(item.method, item.path) for item in echoes}
    yield Evidence(
        feature=f"{environment}-credentials",
        source=source,
        outcome=Outcome.PASSED,
        summary=f"Answers of {len(places)} operation(s) held credentials of ours.",
        check=CHECK,
        findings=tuple(map(_finding, sorted(echoes))),
        environment=environment,
        artefacts=("exchange.har",),
    )


def _finding(echo: Echo) -> Finding:
    return Finding(
        slug="credential-echoed",
        severity=Severity.MEDIUM,
        summary=f"{echo.method} {echo.path} answers with our {echo.credential}: whoever reads or "
        "keeps the answer can act in our name.",
        operation=f"{echo.method} {echo.path}",
        expected="No answer holds a credential, whole or in part.",
        observed=f"The value of {echo.credential}, which is left out here.",
        hint="Leave the credential out of answers and logs; issue a new one, as this one was seen.",
    )
