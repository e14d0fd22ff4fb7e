"""What was found out about a received report, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.model import Outcome


class SealResult(StrEnum):
    """What is known of a report.

    `signed`: whole, and signed by a key that the reader knows. `consistent`: every page says what
    the evidence says, and anyone could have made both. `altered`: changed, or incomplete.
    """

    SIGNED = "signed"
    CONSISTENT = "consistent"
    ALTERED = "altered"


@dataclass(frozen=True)
class SealCheck:
    """One thing that was checked; `cant-tell` is no reproach, and no proof either."""

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class SealVerification:
    """Everything that was checked of one run folder.

    Attributes:
        signer: Public key of a signature that fits, whether it is known or not.
        is_known: Whether that key is the one that the reader knows.
    """

    partner: str
    run: str
    checks: tuple[SealCheck, ...]
    signer: str | None = None
    is_known: bool = False

    @property
    def result(self) -> SealResult:
        """What can be said of the folder as a whole."""
        outcomes = {check.outcome for check in self.checks if check.name != "signature"}
        is_refuted = any(check.outcome is Outcome.FAILED for check in self.checks)
        files = {check.outcome for check in self.checks if check.name == "files"}
        if not is_refuted and self.is_known and files == {Outcome.PASSED}:
            return SealResult.SIGNED
        is_shown = not is_refuted and outcomes == {Outcome.PASSED}
        return SealResult.CONSISTENT if is_shown else SealResult.ALTERED

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "partner": self.partner,
            "run": self.run,
            "result": self.result.value,
            "signed_by": self.signer,
            "checks": [
                {"name": check.name, "outcome": check.outcome.value, "detail": check.detail}
                for check in self.checks
            ],
        }
