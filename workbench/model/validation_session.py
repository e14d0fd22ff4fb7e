"""A validation session: its steps, what came of each, what was decided, and who signed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, model_validator

from workbench.model.evidence import Evidence, Record
from workbench.model.verdict import Status

# What a person says; a whole name may be one sign long.
Said = Annotated[str, Field(pattern=r"\S")]


class StepKind(StrEnum):
    """What a step asks for."""

    CALL = "call"  # we call, and look at what came of it
    EVENT = "event"  # something is done, and we wait for the notification
    PAPER = "paper"  # a document, an account, an agreement
    QUESTION = "question"  # an answer in words


class StepMark(StrEnum):
    """How a step ended. A word never exceeds its proof."""

    CONFIRMED = "confirmed"  # evidence of this session shows it
    ATTESTED = "attested"  # a named person vouches for it
    FAILED = "failed"  # it was tried, and something else was seen
    SKIPPED = "skipped"  # not tried in this session, or not shown by it


class CallCriterion(Record):
    """What a list expects of an answer, as Arazzo says it.

    Attributes:
        condition: An expression, a pattern or a JSONPath, after `kind`.
        context: Runtime expression of what a pattern or a path is held against.
    """

    condition: str
    context: str = ""
    kind: str = "simple"


class CallAction(Record):
    """What a list does once a step was, or was not, as it should be.

    Attributes:
        kind: The workflow ends, goes on elsewhere, or makes the step again.
        step: Where it goes on; of `retry`, what is done before.
        flow: Likewise a workflow.
        parameters: Inputs of that workflow, by name.
        criteria: When it is done; none: always.
        seconds: Of `retry`: how long to wait.
        limit: Of `retry`: how often at most.
    """

    kind: Literal["end", "goto", "retry"]
    step: str = ""
    flow: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    criteria: tuple[CallCriterion, ...] = ()
    seconds: float = Field(default=0.0, ge=0)
    limit: int = Field(default=1, ge=0)


class StepCall(Record):
    """One call of a partner's own list, or a message that it waits for, or a workflow that it runs.

    Attributes:
        name: By which later calls speak of its outputs.
        operation: As the list names it.
        flow: The workflow that it runs; empty: it is a call or a message.
        parameters: Name → value; runtime expressions stand in it as texts.
        body: JSON data, likewise.
        replacements: JSON Pointer or JSONPath into the body → value that is set there.
        criteria: What the answer must be.
        outputs: Name → runtime expression, or Selector Object, of what later calls need.
        waits_for: What the message is called that the step waits for; empty: it is a call.
        correlation: What stands in the message that is meant; None: any of that name.
        seconds: How long to wait for it; 0: as long as the session waits.
        after: Names of steps that come first.
        on_success: The first whose criteria hold is done; none: the next step.
        on_failure: Likewise; none: the workflow has failed.
    """

    name: str
    operation: str
    flow: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    body: Any = None
    replacements: dict[str, Any] = Field(default_factory=dict)
    criteria: tuple[CallCriterion, ...] = ()
    outputs: dict[str, Any] = Field(default_factory=dict)
    waits_for: tuple[str, ...] = ()
    correlation: Any = None
    seconds: float = 0.0
    after: tuple[str, ...] = ()
    on_success: tuple[CallAction, ...] = ()
    on_failure: tuple[CallAction, ...] = ()


class CallFlow(Record):
    """A workflow of a partner's own list.

    Attributes:
        title: What it is about.
        calls: In the order in which they are made.
        inputs: What it needs from outside, by name, with what that is by default.
        outputs: Name → runtime expression, or Selector Object, of what whoever runs it is given.
        after: Workflows that come first.
    """

    title: str = ""
    calls: tuple[StepCall, ...] = ()
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    after: tuple[str, ...] = ()


class SessionStep(Record):
    """One step of the agenda.

    Attributes:
        slug: Unique in the session.
        feature: Of the catalogue; empty for a question.
        criteria: Behaviours of it that the step is about.
        title: What it is about.
        action: Who does what, as a sentence.
        expected: What should be seen, one thing each.
        who: Who acts.
        minutes: How long it takes about.
        operations: Operations or events of the partner's document that serve it.
        origin: `agenda`, or the row of the partner's own list that asks for it.
        is_proposed: Whether the words of a row alone led to the feature; then a person has to agree
            before evidence counts.
        calls: What the list calls, and with what; empty: our own checks ask.
        inputs: What the calls need from outside, by name.
        flow: Name of the workflow of the list that the calls are.
        flows: The workflows that it runs or that come before it, by name.
        after: Names of those that come first.
    """

    slug: str
    kind: StepKind
    title: str
    action: str
    who: Literal["partner", "us", "restaurant", "together"]
    feature: str = ""
    criteria: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    minutes: int = Field(default=5, gt=0)
    operations: tuple[str, ...] = ()
    origin: str = "agenda"
    is_proposed: bool = False
    calls: tuple[StepCall, ...] = ()
    inputs: dict[str, Any] = Field(default_factory=dict)
    flow: str = ""
    flows: dict[str, CallFlow] = Field(default_factory=dict)
    after: tuple[str, ...] = ()


class SessionHeader(Record):
    """The first line of a protocol: whose session it is, who took part, what was to be done."""

    kind: Literal["session"] = "session"
    format: Literal["workbench-session/1"] = "workbench-session/1"
    partner: str
    title: str
    run: str
    language: str
    environment: str
    started_at: AwareDatetime
    participants: tuple[str, ...] = ()
    steps: tuple[SessionStep, ...]


class StepResult(Record):
    """What came of one step; of several results of a step the last counts.

    Attributes:
        seen: What was seen, as a sentence.
        seconds: How long it took to see it.
        by: Name and role of who vouches for an attested step, or agreed to a proposed binding.
        evidence: Observations of this session.
    """

    kind: Literal["result"] = "result"
    step: str
    mark: StepMark
    at: AwareDatetime
    seen: str = ""
    seconds: float | None = None
    by: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def voice(self) -> str:
        """What the named person said: `by`, that it is so; `agreed`, that the row asks for it."""
        return "by" if self.mark is StepMark.ATTESTED else "agreed"

    @model_validator(mode="after")
    def _rests_on_something(self) -> StepResult:
        faults = {
            StepMark.CONFIRMED: "a confirmed step needs evidence" if not self.evidence else "",
            StepMark.ATTESTED: "an attested step needs a name" if not self.by.strip() else "",
            StepMark.FAILED: "a failed step says what was seen" if not self.seen else "",
        }
        if fault := faults.get(self.mark, ""):
            raise ValueError(fault)
        return self


class Decision(Record):
    """What was decided; with a day, it is a deadline that somebody agreed to."""

    kind: Literal["decision"] = "decision"
    at: AwareDatetime
    text: Said
    who: str = ""
    due: date | None = None


class Participant(Record):
    """Somebody who came later than the first."""

    kind: Literal["participant"] = "participant"
    at: AwareDatetime
    name: Said


class SessionPause(Record):
    """The session was left, to be resumed at the first step without a result."""

    kind: Literal["pause"] = "pause"
    at: AwareDatetime


class Acceptance(StrEnum):
    """What a side says at the end."""

    ACCEPTED = "accepted"
    CONDITIONAL = "conditional"
    REFUSED = "refused"


class SignOff(Record):
    """What one side signed.

    Attributes:
        side: Ours or the partner's.
        name: Who signed.
        role: What gives them the right to.
        conditions: For a conditional acceptance: what has to happen.
        features: For which features it holds; empty: for all that were integrated.
        until: Last day on which it holds.
        verdicts: How the features stood when it was signed.
    """

    kind: Literal["sign-off"] = "sign-off"
    side: Literal["us", "partner"]
    decision: Acceptance
    name: Said
    role: Said
    at: AwareDatetime
    conditions: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    until: date | None = None
    verdicts: dict[str, Status] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_its_conditions(self) -> SignOff:
        if (self.decision is Acceptance.CONDITIONAL) != bool(self.conditions):
            message = "conditions belong to a conditional acceptance, which needs one"
            raise ValueError(message)
        return self


SessionLine = Annotated[
    SessionHeader | StepResult | Decision | Participant | SessionPause | SignOff,
    Field(discriminator="kind"),
]
# Verdicts by which something is known not to be as it was, and not merely not shown.
_OTHERWISE = frozenset({Status.FAILED, Status.UNSUPPORTED, Status.EXEMPT})
SESSION_LINE: TypeAdapter[SessionLine] = TypeAdapter(SessionLine)


@dataclass(frozen=True)
class Protocol:
    """A session as its lines tell it."""

    header: SessionHeader
    lines: tuple[SessionLine, ...] = ()

    @property
    def participants(self) -> tuple[str, ...]:
        """Everybody who took part, each once."""
        later = (line.name for line in self.lines if isinstance(line, Participant))
        return tuple(dict.fromkeys((*self.header.participants, *later)))

    @property
    def results(self) -> dict[str, StepResult]:
        """Step → its last result."""
        return {line.step: line for line in self.lines if isinstance(line, StepResult)}

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was decided, in order; deadlines among them."""
        return tuple(line for line in self.lines if isinstance(line, Decision))

    @property
    def pauses(self) -> int:
        """How often it was left."""
        return sum(isinstance(line, SessionPause) for line in self.lines)

    @property
    def sign_offs(self) -> tuple[SignOff, ...]:
        """The last word of each side."""
        last = {line.side: line for line in self.lines if isinstance(line, SignOff)}
        return tuple(last.values())

    @property
    def pending(self) -> tuple[SessionStep, ...]:
        """Steps without a result, in order."""
        done = self.results
        return tuple(step for step in self.header.steps if step.slug not in done)

    @property
    def is_done(self) -> bool:
        """Whether every step has a result."""
        return not self.pending

    @property
    def shown_flows(self) -> set[str]:
        """Workflows of the partner's own list that this session has confirmed."""
        found = self.results
        return {
            step.flow
            for step in self.header.steps
            if step.flow and step.slug in found and found[step.slug].mark is StepMark.CONFIRMED
        }

    @property
    def counts(self) -> dict[StepMark, int]:
        """Number of steps by how they ended."""
        marks = [result.mark for result in self.results.values()]
        return {mark: marks.count(mark) for mark in StepMark if mark in marks}


def find_contradictions(
    signed: Iterable[SignOff], verdicts: Mapping[str, Status]
) -> tuple[str, ...]:
    """Features that a side accepted as integrated, and that are shown to be otherwise, in order."""
    return tuple(slug for slug in _promised(signed) if verdicts.get(slug) in _OTHERWISE)


def find_unshown(signed: Iterable[SignOff], verdicts: Mapping[str, Status]) -> tuple[str, ...]:
    """Features that a side accepted as integrated, and of which nothing was shown now, in order.

    That nobody asked, or that nobody answered, contradicts nothing.
    """
    return tuple(
        slug
        for slug in _promised(signed)
        if (now := verdicts.get(slug)) and not now.is_integrated and now not in _OTHERWISE
    )


def _promised(signed: Iterable[SignOff]) -> dict[str, None]:
    return {
        slug: None
        for item in signed
        if item.decision is not Acceptance.REFUSED
        for slug, status in item.verdicts.items()
        if status.is_integrated and (not item.features or slug in item.features)
    }
