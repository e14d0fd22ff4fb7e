"""The main use case: gather evidence about one partner, source by source, and judge it.

The only place that joins sources and `judge`.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any, Self

from workbench import evidence as sources
from workbench.adapters import Echo, Session, check_places
from workbench.errors import CredentialError, InputError, PartnerError
from workbench.evidence import TRACES, tell_unreached
from workbench.evidence import tell_echoes as _find_echoes
from workbench.model import (
    SECONDS,
    Binding,
    Catalogue,
    Evidence,
    Feature,
    FeatureSlug,
    RunHeader,
    Scores,
    Source,
    Verdict,
    count_scores,
)
from workbench.partners import (
    Partner,
    describe_context,
    load_catalogue,
    load_partner,
    open_persons,
    open_redactor,
)
from workbench.secrecy import Redactor
from workbench.settings import Settings, load_settings
from workbench.store import EndedBlock, EvidenceLog, RunFolder, judge_all, list_abandoned

# Fuzzing asks far more than the others.
CONTRACT_SHARE = 2.5
# Beside its questions, a source logs in, and puts back what it changed.
LEEWAY = 1.5
# All live sources together; however often a notebook asks them.
RUN_SHARE = (2 + CONTRACT_SHARE) * LEEWAY
# One notification may take this part of them, and never longer than a receiver waits.
RECEIPT_SHARE = 0.1
TOOLS = ("schemathesis", "papermill", "httpx", "pydantic", "jsonschema-rs")


class Validation(EndedBlock):
    """One run of one partner: evidence is added by `gather`, and written as it comes.

    A context manager; leaving it without an exception writes the footer that completes the run.
    """

    def __init__(
        self,
        partner: Partner,
        catalogue: Catalogue,
        folder: RunFolder,
        header: RunHeader,
        session: Callable[[], Session],
        seconds: float = SECONDS,
        redactor: Redactor | None = None,
    ) -> None:
        self.partner = partner
        self.catalogue = catalogue
        self.folder = folder
        self.header = header
        self.evidence: list[Evidence] = []
        self.redactor = redactor or Redactor()
        self._log = EvidenceLog(folder.log, header, self.redactor.data)
        self._open_session = session
        self._seconds = seconds
        self._session: Session | None = None
        self._end: float | None = None
        self._echoes: set[Echo] = set()
        self._asked: list[Source] = []
        self._ahead = ExitStack()
        self._program: sources.contract.ContractProgram | None = None

    @classmethod
    def open(
        cls,
        partner: str,
        *,
        environment: str = "sandbox",
        run: str = "",
        seed: int = 1,
        allow_writes: bool = False,
        seconds: float = SECONDS,
        settings: Settings | None = None,
    ) -> Self:
        """Start a run in `reports/<partner>/<run>/`; an empty `run` is named after the time.

        Each live source has `seconds` for its questions; what is left then could not be told.

        Raises:
            InputError: The partner folder is not valid, the run exists, or writing is asked for in
                an environment that is not a sandbox.
            ReportError: A secret stands in a run that was killed before; it was moved aside.
        """
        settings = settings or load_settings()
        loaded = load_partner(partner, settings)
        check_request(loaded, environment, settings, allow_writes=allow_writes)
        redactor = open_redactor(loaded, environment, settings)
        redactor.persons = open_persons(loaded)
        for abandoned in list_abandoned(settings.reports, partner):
            abandoned.search(redactor)
        catalogue = load_catalogue()
        now = datetime.now(UTC)
        # Papermill reads `-p run 20261130` as a number.
        folder = RunFolder.create(settings.reports, partner, str(run))
        context = describe_context(loaded, environment, settings)
        context["options"] = {"allow_writes": allow_writes, "seconds": seconds}
        header = _header(loaded, catalogue, folder.run, environment, seed, now, context)
        how = {"allow_writes": allow_writes, "seed": seed, "redactor": redactor}
        session = partial(Session, loaded, environment, settings, **how)  # type: ignore[arg-type]
        return cls(loaded, catalogue, folder, header, session, seconds, redactor)

    def abandon(self) -> None:
        """Close the session and the folder without a footer."""
        self._ahead.close()
        if self._session is not None:
            with suppress(PartnerError):
                self._session.reset()
            self._session.close()
        self.folder.release(self.redactor)

    def prepare(self, source: Source | str) -> None:
        """Start what a source needs while others are asked; the partner hears nothing of it."""
        if Source(source) is Source.CONTRACT and self._program is None:
            self._program = self._ahead.enter_context(sources.contract.ContractProgram())

    def gather(
        self, source: Source | str, *, watch: Callable[[Evidence], None] | None = None
    ) -> list[Evidence]:
        """Ask one source and write what it says; returns the new observations.

        Trouble on the way to the partner is evidence (`cant-tell`), not an exception.

        Args:
            source: Which one.
            watch: Told of each observation as soon as it is written.
        """
        begun = len(self.evidence)
        self._asked.append(Source(source))
        # Closed at once where somebody stops us, so that sources take back what they changed.
        with closing(self._ask(Source(source))) as lines:
            for line in lines:
                self.evidence.append(self._log.add(line))
                if watch is not None:
                    watch(self.evidence[-1])
        return self.evidence[begun:]

    def seconds_for(self, source: Source | str) -> float:
        """Time that a source has for its questions."""
        return self._seconds * (CONTRACT_SHARE if source == Source.CONTRACT else 1)

    @property
    def traces(self) -> list[Evidence]:
        """What was said so far of what this run changed and put back."""
        return [line for line in self.evidence if line.check in TRACES]

    def verdicts(self) -> dict[str, Verdict]:
        """Verdict per feature of the catalogue, from the evidence so far."""
        return judge_all(
            self.catalogue, self.partner.statement, self.evidence, inputs=self.partner.inputs
        )

    def scores(self) -> Scores:
        """Applicable, bound and integrated features so far."""
        return count_scores(self.catalogue, self.verdicts())

    def finish(self) -> RunFolder:
        """Write the recorded traffic and the footer; the run is complete, and searched for secrets.

        Raises:
            ReportError: A secret stands in what was written; the run is set aside.
        """
        self._ahead.close()
        if self._session is not None:
            # What we made goes where the sandbox can forget it; the others were asked to before.
            with suppress(PartnerError):
                self._session.reset()
            self._session.recorder.write_har(self.folder.path / "exchange.har")
            self._session.close()
            self._session = None
        persons = self.redactor.persons
        self.evidence = self._log.finish(self._asked, personal=persons.count if persons else 0)
        self.folder.release(self.redactor)
        return self.folder

    def _ask(self, source: Source) -> Generator[Evidence]:
        if source is Source.DOCUMENTS:
            yield from sources.documents.gather(self.partner, self.catalogue)
        elif source is Source.SAMPLES:
            yield from sources.samples.gather(self.partner, self.catalogue)
        else:
            yield from self._ask_live(source)

    def _ask_live(self, source: Source) -> Iterator[Evidence]:
        try:
            if self._session is None:
                self._session = self._open_session()
            share = self.seconds_for(source)
            with self._session.limit(min(share * LEEWAY, self._left())):
                yield from self._ask_within(source, self._session, share)
        except (CredentialError, PartnerError) as error:
            yield from tell_unreached(
                self._concerned(source), source, self.header.environment, error
            )
        yield from self._tell_echoes(source)

    def _ask_within(self, source: Source, session: Session, seconds: float) -> Iterator[Evidence]:
        if source is Source.CONTRACT:
            program, self._program = self._program, None
            budget = sources.contract.Budget(seconds=round(min(seconds, self._left())))
            asked = self.partner, self.catalogue, session
            lines = sources.contract.gather(*asked, self.folder, budget=budget, program=program)
            yield from sources.behaviour.keep_around(lines, *asked, seconds=seconds)
        elif source is Source.BEHAVIOUR:
            yield from sources.behaviour.gather(
                self.partner, self.catalogue, session, seconds=seconds
            )
        else:
            wait = min(sources.receipts.WAIT_SECONDS, seconds * RECEIPT_SHARE)
            how = {"wait": wait, "seconds": seconds}
            yield from sources.receipts.gather(
                self.partner, self.catalogue, session, self.folder, **how
            )

    def _left(self) -> float:
        """Seconds that the run has left for calls; it begins with its first live question."""
        if self._end is None:
            self._end = time.monotonic() + self._seconds * RUN_SHARE
        return max(0.0, self._end - time.monotonic())

    def _tell_echoes(self, source: Source) -> Iterator[Evidence]:
        if self._session is not None:
            new = set(self._session.recorder.echoes) - self._echoes
            self._echoes |= new
            yield from _find_echoes(source, self.header.environment, new)

    def _concerned(self, source: Source) -> Iterable[Feature]:
        for feature in self.catalogue.features:
            asked = source in feature.requires or source in feature.confirmed_by
            if asked and isinstance(self.partner.statement(feature.slug), Binding):
                yield feature


def check_request(
    partner: Partner, environment: str, settings: Settings, *, allow_writes: bool
) -> None:
    """Whether a validation may be asked for; costs no time, so it is judged before all else.

    Raises:
        InputError: There is no such environment, it is at an address that is never called, or
            writing is asked for in one that is not a sandbox.
    """
    partner.environment(environment)
    if allow_writes and environment == "production":
        raise InputError(
            "Nothing is ever written to a production environment by a validation",
            partner=partner.slug,
            hint="Leave out --allow-writes, or validate the sandbox.",
        )
    check_places(partner, environment, settings, allow_writes=allow_writes)


class FeatureProbe:
    """Asks the partner about single features, outside of a run: for a session that is held live.

    A context manager: it opens one `session` with the partner, and closes it.
    """

    def __init__(self, partner: Partner, folder: RunFolder, session: Session) -> None:
        self.partner = partner
        self.folder = folder
        self.session = session
        self._catalogue = load_catalogue()

    @classmethod
    def open(
        cls,
        partner: str,
        settings: Settings,
        folder: RunFolder,
        *,
        environment: str = "sandbox",
        allow_writes: bool = False,
    ) -> Self:
        """Log in, after the same looks at the address as a validation takes.

        Raises:
            InputError: The folder is not valid, or writing is asked for where it is not allowed.
            CredentialError: A credential is missing.
        """
        loaded = load_partner(partner, settings)
        check_request(loaded, environment, settings, allow_writes=allow_writes)
        redactor = open_redactor(loaded, environment, settings)
        redactor.persons = open_persons(loaded)
        session = Session(
            loaded, environment, settings, allow_writes=allow_writes, redactor=redactor
        )
        return cls(loaded, folder, session)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(PartnerError):
            self.session.reset()
        self.session.close()

    def ask(
        self, feature: str, *, seconds: float = SECONDS, by_hand: bool = False
    ) -> Iterator[Evidence]:
        """What the partner's system shows of one feature now.

        Trouble on the way to the partner is evidence (`cant-tell`), not an exception. Credentials
        of ours that came back are told last, as evidence of the feature of credentials.

        Args:
            feature: Slug in the catalogue.
            seconds: How long to ask, or to wait for a notification.
            by_hand: A person brings the notification about; we wait for it in the inbox.
        """
        row = self._catalogue.feature(feature)
        if row is None:
            return
        is_heard = row.is_event or row.slug == FeatureSlug.WEBHOOK_ENDPOINT
        source = Source.RECEIPTS if is_heard else Source.BEHAVIOUR
        environment = self.session.environment
        try:
            lines = [*self._ask(row, seconds, by_hand=by_hand)]
        except (CredentialError, PartnerError) as error:
            lines = [*tell_unreached([row], source, environment, error)]
        lines = [line for line in lines if line.feature == feature]
        lines += _find_echoes(source, environment, set(self.session.recorder.echoes))
        yield from map(self._mask, lines)

    def _ask(self, row: Feature, seconds: float, *, by_hand: bool) -> Iterator[Evidence]:
        if row.is_event and by_hand:
            yield from sources.receipts.await_by_hand(
                self.partner, self.session, row, self.folder, wait=seconds
            )
        elif row.is_event or row.slug == FeatureSlug.WEBHOOK_ENDPOINT:
            alone = self._catalogue.model_copy(update={"features": (row,)})
            asked = alone if row.is_event else self._catalogue  # a sender is seen at all it sends
            yield from sources.receipts.gather(
                self.partner, asked, self.session, self.folder, wait=min(seconds, 10.0)
            )
        else:
            yield from sources.behaviour.gather(
                self.partner,
                self._catalogue,
                self.session,
                seconds=seconds,
                only=sources.behaviour.list_checks(row),
            )

    def _mask(self, line: Evidence) -> Evidence:
        masked = self.session.redactor.data(line.model_dump(mode="json"))
        return Evidence.model_validate(masked)


def _header(
    partner: Partner,
    catalogue: Catalogue,
    run: str,
    environment: str,
    seed: int,
    now: datetime,
    context: dict[str, Any],
) -> RunHeader:
    stated = {feature.slug: partner.statement(feature.slug) for feature in catalogue.features}
    return RunHeader(
        run=run,
        partner=partner.slug,
        title=partner.title,
        environment=environment,
        seed=seed,
        started_at=now,
        workbench=version("partner-integration-workbench"),
        python=platform.python_version(),
        tools={name: version(name) for name in TOOLS},
        inputs=dict(partner.inputs),
        catalogue=catalogue.digest,
        statements={slug: item for slug, item in stated.items() if item is not None},
        context=context,
    )
