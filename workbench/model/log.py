"""The lines of an evidence log: one header, observations, one footer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Discriminator, Field, Tag, TypeAdapter

from workbench.model.evidence import Evidence, Record, Source
from workbench.model.statement import Absence, Binding, Open, Statement

# What a live source has for its questions, unless the run says otherwise.
SECONDS = 120.0


def _kind_of_statement(value: Any) -> str:
    stated = value.get("status") if isinstance(value, dict) else getattr(value, "status", None)
    return {None: "binding", "open": "open"}.get(stated, "absence")


class RunHeader(Record):
    """First line of a log: what was run, on what, by which versions.

    Attributes:
        run: Name of the run; also its folder.
        seed: Seed of everything random in the run.
        tools: Name → version.
        inputs: File name → sha256 of everything that the verdicts rest on.
        catalogue: sha256 of the feature catalogue.
        statements: What the partner folder states, by feature.
        context: What a report says about the partner: documents, operations, mappings, questions.
    """

    kind: Literal["header"] = "header"
    format: Literal["workbench-evidence/1"] = "workbench-evidence/1"
    run: str
    partner: str
    title: str
    environment: str
    seed: int
    started_at: AwareDatetime
    workbench: str
    python: str
    tools: dict[str, str] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)
    catalogue: str
    statements: dict[
        str,
        Annotated[
            Annotated[Binding, Tag("binding")]
            | Annotated[Absence, Tag("absence")]
            | Annotated[Open, Tag("open")],
            Discriminator(_kind_of_statement),
        ],
    ] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)

    def statement(self, feature: str) -> Statement | None:
        """What the folder stated of a feature when the run began."""
        return self.statements.get(feature)


class RunFooter(Record):
    """Last line of a log. A log without it is an incomplete run and is shown as such.

    Attributes:
        personal: How many different personal values of guests and riders were masked in the run.
        sources: Those that were asked, whether they had anything to say or not.
    """

    kind: Literal["footer"] = "footer"
    finished_at: AwareDatetime
    seconds: float
    evidence: int
    personal: int = 0
    digest: str
    sources: tuple[Source, ...] = ()


LogRecord = Annotated[RunHeader | Evidence | RunFooter, Field(discriminator="kind")]
LOG_RECORD: TypeAdapter[RunHeader | Evidence | RunFooter] = TypeAdapter(LogRecord)
