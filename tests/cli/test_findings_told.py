"""What `check` prints of what it found."""

from __future__ import annotations

import pytest

from workbench.cli.observing import _print_line
from workbench.cli.output import Output
from workbench.model import Evidence, Outcome, Severity, Source, make_finding


@pytest.mark.parametrize(
    ("severity", "verbose", "is_told"),
    [(Severity.HIGH, False, True), (Severity.LOW, False, True), (Severity.INFO, False, False)],
)
def test_findings_are_printed_with_their_place(
    capsys: pytest.CaptureFixture[str], severity: Severity, *, verbose: bool, is_told: bool
) -> None:
    """What is wrong is told below its line, unasked; what is only good to know is not."""
    found = make_finding("timezone-open", pointer="partner.yaml#/timezone", severity=severity)
    line = Evidence(
        feature="order-read",
        source=Source.DOCUMENTS,
        outcome=Outcome.PASSED,
        summary="Read it.",
        check="document-read",
        findings=(found,),
    )
    _print_line(Output(as_json=False, verbose=verbose), line)
    printed = capsys.readouterr().out
    assert "Read it." in printed
    assert (f"{severity}: {found.summary} (partner.yaml#/timezone)" in printed) is is_told
