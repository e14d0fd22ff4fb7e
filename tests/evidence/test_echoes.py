"""A partner that sends our credentials back is told so, once for each of them."""

from __future__ import annotations

from workbench.adapters.recorder import Echo
from workbench.evidence.echoes import tell_echoes
from workbench.model.evidence import Matter, Source


def test_each_credential_is_one_finding_with_its_places() -> None:
    """The finding is theirs to mend, names credential and places, and is bounded in length."""
    echoes = {Echo("GET", f"/orders/{number}", "token") for number in range(9)}
    echoes |= {Echo("GET", "/menu", "client_secret")}
    (line,) = tell_echoes(Source.BEHAVIOUR, "sandbox", echoes)
    assert line.feature == "sandbox-credentials"
    assert {item.slug for item in line.findings} == {"credential-echoed"}
    assert {item.matter for item in line.findings} == {Matter.PLATFORM}
    first, second = line.findings
    assert "client_secret" in first.summary
    assert "GET /menu" in str(first.observed)
    assert "9 answers held our token" in second.summary
    assert "and 4 more" in str(second.observed)


def test_nothing_is_said_of_none() -> None:
    """A partner that keeps credentials to itself is not mentioned."""
    assert list(tell_echoes(Source.CONTRACT, "sandbox", ())) == []
