"""Walks through a validation session: each step confirmed, attested, failed or left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from workbench.errors import InputError
from workbench.evidence import ECHO_CHECK
from workbench.handover.agenda import make_agenda
from workbench.handover.certification import read_steps
from workbench.handover.list_calls import run_list_step
from workbench.handover.phrases import load_words
from workbench.handover.walk_tables import tabulate_result, tabulate_steps
from workbench.model import (
    LIVE_SOURCES,
    Acceptance,
    Decision,
    Evidence,
    Outcome,
    Participant,
    Protocol,
    SessionLine,
    SessionPause,
    SessionStep,
    SignOff,
    StepMark,
    StepResult,
)
from workbench.partners import load_partner, open_redactor
from workbench.reporting import DisplayTable, Report, render_report, retell
from workbench.settings import Settings
from workbench.store import RunFolder, add_line, find_run, read_protocol
from workbench.text import suggest_name
from workbench.validation import FeatureProbe

Tell = Callable[[str], None]


@dataclass
class SessionWalk:
    """A session that is being held; everything that happens is on the disk at once."""

    folder: RunFolder
    settings: Settings
    report: Report
    mask: Callable[[Any], Any]

    @classmethod
    def open(
        cls,
        slug: str,
        settings: Settings,
        *,
        run: str | None = None,
        language: str = "",
        participants: Sequence[str] = (),
        listing: Path | None = None,
        bindings: Path | None = None,
    ) -> Self:
        """Begin the session of a run, or resume the one that was begun.

        Args:
            slug: Of the partner.
            settings: Where folders are.
            run: Which run; None: the latest.
            language: Of the agenda; empty: in which it was begun, else the partner's.
            participants: Names and roles of those who take part.
            listing: The partner's own certification list; only when the session begins.
            bindings: A table beside it that says which row is about which feature.

        Raises:
            InputError: There is no run, or the list cannot be read.
        """
        _require_names(participants)
        folder = find_run(settings.reports, slug, run)
        folder.mark()  # A session that is killed is searched for secrets when it is next touched.
        partner = load_partner(slug, settings, run_hooks=False)
        begun = read_protocol(folder)
        language = language or (begun.header.language if begun else "")
        report = Report.read(folder.path.absolute(), language)
        redactor = open_redactor(partner, report.log.header.environment, settings)
        walk = cls(folder, settings, report, redactor.data)
        if begun is None:
            words = report.catalogue, report.language.code
            extra = read_steps(listing, bindings, partner, *words) if listing else ()
            walk.begin(participants, extra)
        else:
            walk._resume(participants, listing)
        return walk

    def begin(
        self, participants: Sequence[str] = (), extra: tuple[SessionStep, ...] = ()
    ) -> SessionLine:
        """Write the agenda of the run; `extra` are steps of the partner's own list."""
        return self.add(make_agenda(self.report, tuple(participants), extra))

    def _resume(self, participants: Sequence[str], listing: Path | None) -> None:
        if listing is not None:
            raise InputError(
                "The session has begun already, so its list is settled",
                location=str(self.folder.path),
                hint="Leave out --list, or validate anew for another session.",
            )
        known = self.protocol.participants
        for name in participants:
            if name not in known:
                self.add(Participant(at=_now(), name=name))

    @property
    def protocol(self) -> Protocol:
        """All that was written so far."""
        found = read_protocol(self.folder)
        if found is None:
            raise InputError("The session has no protocol", location=str(self.folder.path))
        return retell(found, self.report.language)

    def add(self, line: SessionLine) -> SessionLine:
        """Write a line."""
        return add_line(self.folder, line, self.mask)

    def step(self, name: str) -> SessionStep:
        """A step by its slug, or by its number from 1.

        Raises:
            InputError: There is none.
        """
        steps = self.protocol.header.steps
        if name.isdigit() and 1 <= int(name) <= len(steps):
            return steps[int(name) - 1]
        for step in steps:
            if step.slug == name:
                return step
        raise InputError(
            f"The session has no step {name!r}", hint=suggest_name(name, [s.slug for s in steps])
        )

    def confirm(
        self,
        step: SessionStep,
        *,
        by_hand: bool = False,
        seconds: float = 60.0,
        allow_writes: bool = False,
        inputs: Mapping[str, Any] | None = None,
        agreed: str = "",
        tell: Tell = lambda _: None,
    ) -> StepResult:
        """Try the step now, and let what is seen decide.

        Args:
            step: Of the agenda.
            by_hand: Somebody else brings a notification about; we wait for it in the inbox.
            seconds: How long to try or to wait.
            allow_writes: Whether the test account may be written to.
            inputs: Values for the calls of the partner's own list, by name.
            agreed: Who agrees that the row asks for what its words were taken for, name and role.
            tell: Hears what is being done.

        Raises:
            InputError: Nothing of ours can show the step.
        """
        if not step.feature:
            raise _unprovable(step)
        began = datetime.now(UTC)
        tell(self.say("session.trying", title=step.title))
        lines = []
        with self._open_probe(allow_writes=allow_writes) as probe:
            asked = partial(probe.ask, step.feature)
            if step.calls:
                asked = partial(run_list_step, probe.session, step, inputs or {}, self.folder)
            for line in asked(seconds=seconds, by_hand=by_hand):
                lines.append(line)
                told = self.report.translate(line.summary)
                tell(f"{self.say(f'outcomes.{line.outcome}')}: {told}")
        took = round((datetime.now(UTC) - began).total_seconds(), 1)
        return self._record(self._weigh(step, self._judge(step, lines, took), agreed))

    def _open_probe(self, *, allow_writes: bool) -> FeatureProbe:
        header = self.report.log.header
        return FeatureProbe.open(
            header.partner, self.settings, self.folder,
            environment=header.environment, allow_writes=allow_writes,
        )  # fmt: skip

    def _judge(self, step: SessionStep, lines: list[Evidence], took: float) -> StepResult:
        """Confirmed when every behaviour that the step is about was shown, failed when one was not.

        What else the questions brought to light, such as a refused login, shows nothing of it.
        """
        asked = {*step.criteria}
        beside = [line for line in lines if line.check == ECHO_CHECK]
        live = [line for line in lines if line.source in LIVE_SOURCES and line not in beside]
        about = [line for line in live if not asked or asked & {*line.criteria}]
        failed = [line for line in about if line.outcome is Outcome.FAILED]
        passed = [line for line in about if line.outcome is Outcome.PASSED]
        missing = asked - {slug for line in passed for slug in line.criteria}
        mark, shown = StepMark.SKIPPED, about
        if failed:
            mark, shown = StepMark.FAILED, failed
        elif passed and not missing:
            mark, shown = StepMark.CONFIRMED, passed
        seen = shown[0].summary if shown else self.say("session.nothing")
        if mark is StepMark.SKIPPED and missing and (passed or not about):
            key = "session.partly" if passed else "session.none_shown"
            seen = self.say(key, names="; ".join(self._titles(missing)))
        # What came to light beside it, as a credential of ours in an answer, changes no mark.
        seen = " ".join([seen, *(item.summary for line in beside for item in line.findings)])
        seconds = shown[0].detail.get("seconds", took) if shown else took
        return StepResult(
            step=step.slug,
            mark=mark,
            at=_now(),
            seen=seen,
            seconds=float(seconds or took),
            evidence=(*passed, *failed, *beside),
        )

    def _weigh(self, step: SessionStep, result: StepResult, agreed: str) -> StepResult:
        """What was seen of a step that words alone led to counts only when somebody agrees."""
        if not step.is_proposed or result.mark is StepMark.SKIPPED:
            return result
        if agreed.strip():
            return result.model_copy(update={"by": agreed.strip()})
        seen = self.say("session.unagreed", seen=self.report.translate(result.seen))
        return result.model_copy(update={"mark": StepMark.SKIPPED, "seen": seen})

    def _titles(self, criteria: set[str]) -> list[str]:
        every = self.report.catalogue.criteria()
        return [item.title for item in every if item.slug in criteria]

    def try_step(
        self,
        name: str,
        *,
        by_hand: bool = False,
        seconds: float = 60.0,
        allow_writes: bool = False,
        agreed: str = "",
    ) -> DisplayTable:
        """For a notebook: `confirm` a step by its name, and show what was seen; empty: none."""
        if not name:
            return tabulate_result(self.report, None, None)
        step = self.step(name)
        result = self.confirm(
            step, by_hand=by_hand, seconds=seconds, allow_writes=allow_writes, agreed=agreed
        )
        return tabulate_result(self.report, step, result)

    def overview(self) -> DisplayTable:
        """For a notebook: every step, and how it stands."""
        return tabulate_steps(self.report, self.protocol, self.protocol.header.steps)

    def pending(self) -> DisplayTable:
        """For a notebook: the steps without a result."""
        return tabulate_steps(self.report, self.protocol, self.protocol.pending)

    def attest(self, step: SessionStep, by: str, seen: str = "") -> StepResult:
        """A named person vouches for it; shown as attested, never as proved."""
        _require(by, "Nobody is named who vouches for the step", "Give name and role.")
        result = StepResult(step=step.slug, mark=StepMark.ATTESTED, at=_now(), seen=seen, by=by)
        return self._record(result)

    def fail(self, step: SessionStep, seen: str) -> StepResult:
        """It was tried, and something else was seen."""
        _require(seen, "Nothing is said of what was seen", "Say it in a sentence.")
        return self._record(StepResult(step=step.slug, mark=StepMark.FAILED, at=_now(), seen=seen))

    def skip(self, step: SessionStep, why: str = "") -> StepResult:
        """It is not tried in this session."""
        return self._record(StepResult(step=step.slug, mark=StepMark.SKIPPED, at=_now(), seen=why))

    def decide(self, text: str, who: str = "", due: date | None = None) -> None:
        """Note a decision, or a deadline that somebody agreed to."""
        _require(text, "The decision says nothing", "Say it in a sentence.")
        self.add(Decision(at=_now(), text=text, who=who, due=due))

    def pause(self) -> None:
        """Leave the session; it goes on at the first step without a result."""
        self.add(SessionPause(at=_now()))

    def sign(
        self,
        side: Literal["us", "partner"],
        decision: str,
        name: str,
        role: str,
        *,
        conditions: Sequence[str] = (),
        features: Sequence[str] = (),
        until: date | None = None,
    ) -> SignOff:
        """Note what a side says at the end, with how the features stand now.

        Raises:
            InputError: The run is a draft or incomplete, a feature is none of the report, or
                conditions are missing or too many.
        """
        self._require_whole()
        for text, what in ((name, "name"), (role, "role")):
            _require(text, f"The signature has no {what}", "Give --name and --role of who signs.")
        verdicts = {slug: item.status for slug, item in self.report.verdicts.items()}
        for slug in features:
            if slug not in verdicts:
                raise InputError(
                    f"The report has no feature {slug!r}", hint=suggest_name(slug, verdicts)
                )
        try:
            line = SignOff(
                side=side, decision=Acceptance(decision), name=name, role=role, at=_now(),
                conditions=tuple(conditions), features=tuple(features), until=until,
                verdicts={slug: verdicts[slug] for slug in verdicts},
            )  # fmt: skip
        except ValueError as error:
            raise InputError(
                f"This cannot be signed: {_say_first(error)}",
                hint="Give name, role and, for a conditional acceptance, its conditions.",
            ) from error
        self.add(line)
        return line

    def tell_result(self, step: SessionStep, result: StepResult) -> str:
        """One line on how a step ended, in the language of the session."""
        seen = self.report.translate(result.seen)
        return f"{step.title}: {self.say(f'session.marks.{result.mark}')}. {seen}".strip()

    def _require_whole(self) -> None:
        """Nobody signs what people still have to judge, or what was cut off."""
        is_complete = self.report.log.is_complete
        if self.report.is_draft or not is_complete:
            raise InputError(
                f"Run {self.folder.run} is {'a draft' if is_complete else 'incomplete'}, "
                "so nobody can sign it",
                location=str(self.folder.path),
                hint=f"{'Judge what is open in partner.yaml, v' if is_complete else 'V'}alidate "
                "again, and sign that run.",
            )

    def publish(self, *, draft: bool = False) -> list[Path]:
        """Render the report again, with the protocol in it, and seal the run anew."""
        code = self.report.language.code
        return render_report(self.folder, self.settings, language=code, draft=draft)

    def _record(self, result: StepResult) -> StepResult:
        self.add(result)
        return result

    def say(self, key: str, **values: Any) -> str:
        """A text of the language files, in the language of the session."""
        return load_words(self.report.language.code).say(key, **values)


def _require_names(participants: Sequence[str]) -> None:
    for name in participants:
        _require(name, "A participant has no name", "Give name and role.")


def _unprovable(step: SessionStep) -> InputError:
    return InputError(
        f"No feature belongs to {step.title!r}, so only a person can vouch for it",
        hint="Attest it with a name, or note what was seen as failed.",
    )


def _require(text: str, what: str, hint: str) -> None:
    if not text.strip():
        raise InputError(what, hint=hint)


def _say_first(error: ValueError) -> str:
    """The first fault in words, without those of the library."""
    told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    return told.removeprefix("Value error, ")


def _now() -> datetime:
    return datetime.now(UTC)
