"""What people state about a feature of a partner. Nobody states a verdict."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from workbench.model.evidence import Record
from workbench.model.faults import Takes

ReasonCode = Annotated[
    str, StringConstraints(pattern=r"^R\d{1,2}$"), Takes("a reason code, `R1` to `R20`")
]


class Limit(Record):
    """A way in which a bound feature falls short, stated by us or shown by evidence."""

    note: str
    code: str | None = None
    criterion: str | None = None


class Attestation(Record):
    """A criterion that no machine of ours saw: a named person vouches for it.

    Attributes:
        by: Name and role of the person.
        on: Day of the statement.
        source: Where it can be looked up (minutes of a session, mail, ticket).
    """

    by: str = Field(min_length=3)
    on: date
    source: str = Field(min_length=3)


class Absence(Record):
    """A stated absence: the partner has no such thing, or it does not apply.

    Attributes:
        status: `unsupported` (the partner lacks it) or `exempt` (it does not apply).
        code: Reason code R1 to R20.
        reason: One sentence for the partner.
        cite: Where the documents say so (pointer or URL).
        needed: What would lift it, if more is known than the catalogue says.
    """

    status: Literal["unsupported", "exempt"]
    code: ReasonCode
    reason: str = Field(min_length=10)
    cite: str | None = None
    needed: str | None = None


class Binding(Record):
    """A stated binding: these operations or events serve the feature.

    Attributes:
        subjects: References into the description (`METHOD /path`, event ids); for paperwork, what
            was handed over.
        limits: Known shortcomings, each named.
        criteria: Criterion slug → stated absence of that one behaviour.
        attested: Criterion slug → who vouches for it; shown as attested, never as proved.
        reviewed: Whether a person has looked at it; a draft's proposals are not.
    """

    subjects: tuple[str, ...] = Field(min_length=1)
    limits: tuple[Limit, ...] = ()
    criteria: dict[str, Absence] = Field(default_factory=dict)
    attested: dict[str, Attestation] = Field(default_factory=dict)
    reviewed: bool = True

    @model_validator(mode="after")
    def _is_of_one_mind(self) -> Binding:
        both = sorted(self.criteria.keys() & self.attested.keys())
        if both:
            message = f"{', '.join(both)}: stated absent and attested at once"
            raise ValueError(message)
        return self


class Open(Record):
    """Nobody has judged it yet.

    Attributes:
        status: Always `open`.
        candidates: References into the description that may serve the feature, best first.
        note: What is known so far.
    """

    status: Literal["open"] = "open"
    candidates: tuple[str, ...] = ()
    note: str | None = None


Statement = Binding | Absence | Open
