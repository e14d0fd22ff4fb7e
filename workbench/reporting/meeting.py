"""The session about a run as a report shows it, and what was signed and does not hold any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from workbench.model import Protocol, Verdict, find_contradictions
from workbench.store import RunFolder, read_protocol, read_sign_offs


@dataclass(frozen=True)
class Meeting:
    """Everything of sessions that a run folder holds.

    Attributes:
        protocol: Of the session about this run; None when there was none.
        contradicted: Slugs of what was signed as integrated, here or before, and is not any more.
    """

    protocol: Protocol | None = None
    contradicted: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: RunFolder, verdicts: Mapping[str, Verdict]) -> Self:
        """From the files of a run, and how its features stand.

        Raises:
            InputError: A file is damaged.
        """
        protocol = read_protocol(folder)
        signed = (*read_sign_offs(folder), *(protocol.sign_offs if protocol else ()))
        now = {slug: item.status for slug, item in verdicts.items()}
        return cls(protocol, find_contradictions(signed, now))

    @property
    def minutes(self) -> int:
        """How long the agenda takes."""
        return sum(step.minutes for step in self.protocol.header.steps) if self.protocol else 0
