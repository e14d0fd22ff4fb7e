"""Evidence: what was observed, by which source, with which outcome.

Evidence is written once, as JSON lines between a header and a footer, and every report is a
rendering of that file. Outcomes are the words of W3C EARL 1.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from workbench.text import read_token


class Source(StrEnum):
    """Where evidence comes from, in the order of a run; one module each in `workbench.evidence`.

    The contract source comes last: it fuzzes, and what it leaves behind is held against nobody.
    """

    DOCUMENTS = "documents"
    SAMPLES = "samples"
    BEHAVIOUR = "behaviour"
    RECEIPTS = "receipts"
    CONTRACT = "contract"


LIVE_SOURCES = frozenset({Source.CONTRACT, Source.BEHAVIOUR, Source.RECEIPTS})


# The check of an observation that says: the partner, or our credentials, did not let us ask.
UNREACHED = "reach-partner"
# Key in the detail of an observation: the kind of refusal that kept us from asking.
REFUSAL = "refusal"
# One such kind: whatever is asked, the answer is the same.
SAME_ANSWER = "SameAnswer"


class Outcome(StrEnum):
    """W3C EARL outcome values. A timeout, a 401 or a 429 gives `cant-tell`, never `failed`."""

    PASSED = "passed"
    FAILED = "failed"
    CANT_TELL = "cant-tell"
    INAPPLICABLE = "inapplicable"
    UNTESTED = "untested"


class Severity(StrEnum):
    """How much a finding hurts: critical and high break a feature, medium limits it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(Severity).index(self)

    @property
    def breaks(self) -> bool:
        """Whether a feature with such a finding cannot be called integrated."""
        return self in {Severity.CRITICAL, Severity.HIGH}


class Matter(StrEnum):
    """Whose matter a finding is. The partner reads about the first two, the engineer about all."""

    PLATFORM = "platform"  # the partner's system answers or sends it so
    DOCUMENT = "document"  # the partner's document says it so
    FOLDER = "folder"  # our statements and mappings
    TEST_DATA = "test-data"  # what our folder says of the test account
    ENVIRONMENT = "environment"  # credentials, network, our own machine

    @property
    def is_theirs(self) -> bool:
        """Whether the partner can act on it."""
        return self in {Matter.PLATFORM, Matter.DOCUMENT}

    @property
    def settles(self) -> bool:
        """Whether a grave finding proves a feature wrong; doubts about ourselves prove nothing."""
        return self not in {Matter.TEST_DATA, Matter.ENVIRONMENT}


class Record(BaseModel):
    """A line of an evidence log: frozen, and closed against unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Characters of one body that an exchange keeps; all of it stands in the recorded traffic.
LONGEST_BODY = 16_000


class Exchange(Record):
    """One request and its answer as recorded in the run, every secret masked.

    Attributes:
        at: When it was sent, or came to us.
        request: Request line: method and address; the path alone where they call us.
        headers: Of the request.
        body: Of the request, as text; a long one ends with how much was left out.
        status: Of the answer; 0 when none was seen.
        answer_headers: Of the answer.
        answer: Body of the answer, as text, as `body`.
        facts: What else must be known to judge it, such as what a delivery was signed over.
    """

    at: AwareDatetime | None = None
    request: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    status: int = 0
    answer_headers: dict[str, str] = Field(default_factory=dict)
    answer: str = ""
    facts: dict[str, str] = Field(default_factory=dict)


def shorten(text: str) -> str:
    """The text, or its start and how much is missing, so that a log stays readable."""
    left = len(text) - LONGEST_BODY
    return text if left <= 0 else f"{text[:LONGEST_BODY]}… (+{left})"


def show_json(value: Any) -> str:
    """A value as JSON, whole, for what was expected or observed."""
    return json.dumps(value, ensure_ascii=False, default=str)


# Found by reading through the mapping, by comparing with the document, and by generated requests.
_OFF_FORM = frozenset(
    {
        "answer-not-translated",
        "answer-off-schema",
        "contract-response-violates-schema",
        "time-without-zone",
    }
)


_FORGED = "webhook-not-genuine"


def name_field(pointer: str) -> str:
    """The field that a place leads to, as `items[].price`; empty for the whole.

    Args:
        pointer: JSON Pointer into a schema or a payload, or a JSONPath into a payload.
    """
    steps = [part.strip("'\"") for part in re.split(r"[/.\[\]]+", pointer)]
    steps = [read_token(part) for part in steps if part not in {"", "$"}]
    is_schema = "properties" in steps or pointer.startswith(("/components/", "/definitions/"))
    names: list[str] = []
    rest = iter(steps)
    for step in rest:
        if step == "items" if is_schema else (step.isdigit() or step == "*"):
            names[-1:] = [f"{names[-1]}[]"] if names else ["[]"]
        elif step == "properties":
            names += [next(rest, "")]
        elif not is_schema:
            names.append(step)
    return ".".join(names)


Identity = tuple[str, str | None, str | None]
"""Kind, operation and place of a finding."""


class Finding(Record):
    """Something that is wrong with what the partner documents, sends or answers.

    Attributes:
        slug: Kind of the finding, lower-kebab, e.g. `stale-status`.
        kind: Its row in the table of findings, where one row has many slugs, such as our laws.
        severity: See `Severity`.
        summary: One sentence, in words that can be shown to the partner.
        pointer: JSON Pointer into the document, or into the payload.
        operation: `METHOD /path` or event name that it concerns.
        expected: What the contract or the canonical meaning says.
        observed: What was seen instead, redacted.
        hint: What would mend it.
        criterion: Slug of the feature criterion that it touches.
        reproduction: A shell command that shows it again, with variables instead of secrets.
        exchange: What went over the wire where it was seen.
        matter: Whose matter it is.
        documented: JSON Pointer of the named schema in the document that it breaks; what several
            operations break there has one cause.
    """

    slug: str
    kind: str | None = None
    severity: Severity
    summary: str
    pointer: str | None = None
    operation: str | None = None
    expected: str | None = None
    observed: str | None = None
    hint: str | None = None
    criterion: str | None = None
    reproduction: str | None = None
    exchange: Exchange | None = None
    matter: Matter = Matter.PLATFORM
    documented: str | None = None

    @property
    def cause(self) -> Identity | None:
        """Identity across operations; None where each of them stands for itself.

        A broken schema that has a name is one thing, and so is a signature, made in one place.
        """
        if self.slug == _FORGED:
            return (_FORGED, None, self.expected)
        is_form = self.slug in _OFF_FORM or self.slug == "webhook-off-schema"
        return ("answer-off-form", None, self.documented) if is_form and self.documented else None

    @property
    def key(self) -> Identity:
        """Identity for de-duplication: same kind, same operation, same place.

        That a field of an answer is not as it should be is one thing, whoever came upon it.
        """
        if self.slug in _OFF_FORM and self.pointer is not None:
            return ("answer-off-form", self.operation, name_field(self.pointer))
        return (self.slug, self.operation, self.pointer)


def identify(findings: Iterable[Finding]) -> Callable[[Finding], Identity]:
    """What tells findings apart: those of one cause are one, whichever operation showed it.

    A place in an answer has the cause that any finding of the same place names.
    """
    causes = {item.key: item.cause for item in findings if item.cause is not None}
    return lambda finding: causes.get(finding.key, finding.key)


class Evidence(Record):
    """One observation about one feature, by one source.

    Attributes:
        feature: Slug of the feature in the catalogue.
        source: Where it comes from.
        outcome: What it says.
        subject: Operation reference or event name that was looked at.
        summary: One plain sentence of what was done and seen.
        check: Slug of the check inside the source, e.g. `read-after-write`.
        criteria: Slugs of the criteria that this observation proves or breaks.
        findings: What is wrong with them; empty when all is well.
        observed_at: Instant of the observation.
        environment: `sandbox`, `production`, or None for offline sources.
        inputs: File name → sha256 of what the observation rests on.
        artefacts: Paths inside the run folder that prove it.
        tool: Name and version of the tool that looked.
        detail: Small JSON values worth a table (counts, coverage), never secrets.
    """

    kind: Literal["evidence"] = "evidence"
    id: str = ""
    feature: str
    source: Source
    outcome: Outcome
    subject: str = ""
    summary: str
    check: str | None = None
    criteria: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    observed_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    environment: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    artefacts: tuple[str, ...] = ()
    tool: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _failed_names_a_finding(self) -> Evidence:
        if self.outcome is Outcome.FAILED and not self.findings:
            message = "evidence that failed must carry at least one finding"
            raise ValueError(message)
        return self
