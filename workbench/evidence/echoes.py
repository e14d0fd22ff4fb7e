"""A partner that sends our own secrets back: whoever may read its messages may act as us."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.adapters import Echo
from workbench.evidence.check_table import make_evidence, say
from workbench.model import Evidence, Finding, Outcome, Source, make_finding

ECHO_CHECK = "credential-kept"
_SHOWN = 5


def tell_echoes(source: Source, environment: str, echoes: Collection[Echo]) -> Iterator[Evidence]:
    """One observation on the access to their system, with a finding for each credential.

    Args:
        source: Who heard it: in answers to our questions, or in what they delivered to us.
        environment: `sandbox` or `production`.
        echoes: What came back; nothing is said of none.
    """
    if not echoes:
        return
    by_credential: dict[str, list[str]] = {}
    for echo in sorted(echoes):
        by_credential.setdefault(echo.credential, []).append(f"{echo.method} {echo.path}")
    kind = "Deliveries" if source is Source.RECEIPTS else "Answers"
    yield make_evidence(
        ECHO_CHECK,
        f"{environment}-credentials",
        Outcome.PASSED,
        say("credential-kept.seen", kind=kind, names=", ".join(by_credential)),
        source=source,
        findings=tuple(_finding(source, name, found) for name, found in by_credential.items()),
        environment=environment,
        artefacts=("exchange.har",),
    )


def _finding(source: Source, credential: str, places: list[str]) -> Finding:
    count = "deliveries" if source is Source.RECEIPTS else "some-answers"
    shown, more = ", ".join(places[:_SHOWN]), len(places) - _SHOWN
    if more > 0:
        shown = say("credential-kept.more", places=shown, n=more)
    where = "credential-kept.places" if source is Source.RECEIPTS else "credential-kept.answers"
    return make_finding(
        "credential-echoed",
        operation=places[0],
        observed=say(where, places=shown),
        what=say(f"credential-kept.{count}", n=len(places)),
        credential=credential,
    )
