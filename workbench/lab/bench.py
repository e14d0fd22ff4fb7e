"""One object to hold: a partner, opened, with all that can be asked of it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench.adapters import Adapter, Session
from workbench.description import compare_descriptions, describe
from workbench.errors import CredentialError, InputError
from workbench.evidence import behaviour, contract
from workbench.lab.called_card import CalledCard
from workbench.lab.calling import call_operation, find_operation
from workbench.lab.cell_view import Card, find_private, fold, show_table
from workbench.lab.following import follow_evidence
from workbench.lab.nouns import MenuCalls, OpeningCalls, Things
from workbench.lab.operations import Operations
from workbench.lab.results import (
    Checked,
    Compared,
    DocumentChanges,
    Findings,
    Latency,
    ResultSheet,
    Runs,
    SampleCoverage,
    Sources,
    list_calls,
    read_calls,
)
from workbench.lab.trial import Trial, list_samples, try_payload
from workbench.lab.walk_card import WalkCard
from workbench.model import Evidence, FeatureSlug, Source
from workbench.partners import Partner, load_catalogue, load_partner, open_persons, open_redactor
from workbench.project import list_variables
from workbench.reporting import DisplayTable, make_table
from workbench.secrecy import Redactor
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder, list_runs, read_log
from workbench.text import suggest_name

_OPENED: list[PartnerBench] = []


class PartnerBench(Card):
    """A partner in one environment; `workbench.open` makes it.

    Shown by itself it says what is there and what is missing. `operations`, `checks` and `mappings`
    list what can be asked; `call`, `try_mapping`, `compare` and `check` ask; `runs`, `findings` and
    `latency` tell what earlier runs saw. Nothing is written unless it was opened with
    `allow_writes`, never to production, and only by operations that the folder binds.

    Attributes:
        partner: The folder as it was read last; `reload` reads it again.
        environment: `sandbox` or `production`.
    """

    def __init__(
        self, partner: Partner, environment: str, settings: Settings, *, allow_writes: bool
    ) -> None:
        self.partner = partner
        self.environment = environment
        self._settings = settings
        self._allow_writes = allow_writes
        self._checked: Checked | None = None

    @property
    def operations(self) -> Operations:
        """Everything that can be called, searchable: `p.operations.search("order status")`."""
        return Operations(self.partner.description.operations, self.call)

    @property
    def credentials(self) -> DisplayTable:
        """Which credentials are there; names only."""
        rows = (
            ("passed" if self._holds(name) else "failed", name, variable)
            for name, variable in self._variables().items()
        )
        return make_table(("There", "Credential", "Variable"), rows)

    @property
    def checks(self) -> DisplayTable:
        """What `check` takes, and the features that each is about."""
        rows = ((check.slug, ", ".join(check.features)) for check in behaviour.CHECKS)
        return make_table(("Check", "Features"), rows)

    @property
    def mappings(self) -> DisplayTable:
        """What `try_mapping` takes, and what each makes."""
        found = self.partner.translators.items()
        rows = ((name, item.entity_type.__name__, item.can_write) for name, item in found)
        return make_table(("Mapping", "Our entity", "Both ways"), rows)

    def reload(self) -> PartnerBench:
        """Read the folder again, after somebody edited it."""
        fresh = load_partner(self.partner.slug, self._settings)
        if fresh.inputs != self.partner.inputs:
            self.partner = fresh
            for name in ("adapter", "redactor"):
                self.__dict__.pop(name, None)
        return self

    @cached_property
    def adapter(self) -> Adapter:
        """The partner in canonical calls; it opens when it is first needed.

        Raises:
            CredentialError: A credential for logging in is not set.
        """
        session = Session(
            self.partner,
            self.environment,
            self._settings,
            allow_writes=self._allow_writes,
            redactor=self.redactor,
        )
        weakref.finalize(self, session.close)
        return Adapter(session)

    @cached_property
    def redactor(self) -> Redactor:
        """What masks secrets and persons in all that is shown."""
        found = open_redactor(self.partner, self.environment, self._settings)
        found.persons = open_persons(self.partner)
        return found

    @property
    def orders(self) -> Things:
        """Orders: `.get(id)`, `.status(id)`, `.list()`."""
        return Things(self.adapter, FeatureSlug.ORDER_READ, FeatureSlug.ORDER_STATUS_READ)

    @property
    def reservations(self) -> Things:
        """Reservations: `.get(id)`, `.status(id)`, `.list()`."""
        read, status = FeatureSlug.RESERVATION_READ, FeatureSlug.RESERVATION_STATUS_READ
        return Things(self.adapter, read, status)

    @property
    def menu(self) -> MenuCalls:
        """The menu: `.get()`, `.plan(catalog)`, `.push(catalog)`."""
        return MenuCalls(self.adapter)

    @property
    def availability(self) -> OpeningCalls:
        """Opening hours: `.get()`, `.plan(availability)`."""
        return OpeningCalls(self.adapter)

    def call(self, operation: str, body: Any = None, **values: Any) -> CalledCard:
        """Send one request: `p.call("GET /orders/{order_id}", order_id="42")`.

        Args:
            operation: `METHOD /path` as in the document, or an operationId.
            body: JSON data to send.
            values: Parameter → value; those of the test account stand in for the rest. A parameter
                whose name is no Python name goes in as `**{"the-name": value}`.

        Raises:
            InputError: There is no such operation or parameter, or the call would write.
            PartnerError: No answer came, or no token was given.
        """
        found = find_operation(self.partner, operation)
        return CalledCard(call_operation(self.adapter.session, found, values, body))

    def try_mapping(self, mapping: str, payload: Any, *, to_partner: bool = False) -> Trial:
        """A payload of theirs through a mapping, with the folder read anew.

        Args:
            mapping: Name in `mapping.yaml`; see `mappings`.
            payload: JSON data, or what `call` gave.
            to_partner: `payload` is an entity of ours, and theirs comes out.

        Raises:
            InputError: There is no such mapping, or it is one-way.
        """
        data = payload.data if isinstance(payload, CalledCard) else payload
        trial = try_payload(self.reload().partner, mapping, data, to_partner=to_partner)
        return replace(trial, hidden=find_private(self.redactor, data))

    def sample(self, mapping: str, label: str = "") -> Any:
        """A recorded payload of a mapping: JSON data, to go on with.

        Args:
            mapping: Name in `mapping.yaml`; see `mappings`.
            label: Of the sample; empty: the first.

        Raises:
            InputError: There is no such mapping or sample.
        """
        known = dict(list_samples(self.partner, self.partner.mapping(mapping).name))
        if known and not label:
            return next(iter(known.values()))[0]
        if label not in known:
            raise InputError(
                f"{mapping} has no sample {label or 'at all'}", hint=suggest_name(label, known)
            )
        return known[label][0]

    def compare(self, one: Any, other: Any) -> Compared:
        """Where two payloads differ; each is JSON data, or what `call` gave."""
        pair = [item.data if isinstance(item, CalledCard) else item for item in (one, other)]
        hidden = {text for item in pair for text in find_private(self.redactor, item)}
        return Compared(pair[0], pair[1], hidden)

    def check(self, name: str = "", *, feature: str = "", seconds: float = 120.0) -> Checked:
        """Ask the partner by one check, or by all that are about a feature.

        Nothing is kept in a run; it is for looking. Stop keeps what was seen.

        Args:
            name: As in `checks`; empty: all, or those of the feature.
            feature: Only what is told of this feature.
            seconds: Time for all questions.

        Raises:
            InputError: There is no such check or feature.
            CredentialError: A credential for logging in is not set.
        """
        names = {check.slug for check in behaviour.CHECKS}
        if name and name not in names:
            raise InputError(f"There is no check {name!r}", hint=suggest_name(name, names))
        if feature and load_catalogue().feature(feature) is None:
            known = [item.slug for item in load_catalogue().features]
            raise InputError(f"There is no feature {feature!r}", hint=suggest_name(feature, known))
        about = {check.slug for check in behaviour.CHECKS if feature in check.features}
        chosen = {name} if name else about
        return self._check(chosen, lambda told: not feature or told == feature, seconds)

    def check_contract(self, *, seconds: int = 60) -> Checked:
        """Ask whether the platform answers as its documents say, by generated requests.

        Nothing is kept in a run; it is for looking. Stop keeps what was seen.

        Args:
            seconds: Time for all questions.

        Raises:
            CredentialError: A credential for logging in is not set.
        """
        with TemporaryDirectory() as place:
            lines = contract.gather(
                self.partner,
                load_catalogue(),
                self.adapter.session,
                RunFolder.create(Path(place), self.partner.slug),
                budget=contract.Budget(seconds=seconds),
            )
            seen, is_stopped = follow_evidence(lines, seconds=seconds)
        return Checked(seen, is_stopped=is_stopped)

    def retry_failed(self, *, seconds: float = 120.0) -> Checked:
        """Ask again what failed or could not be told: of the last `check`, else of the last run."""
        last = self._checked
        if last is None:
            folder = self.runs.latest
            seen = read_log(folder.log).evidence if folder else ()
            last = Checked([line for line in seen if line.source == Source.BEHAVIOUR])
        known = {check.slug for check in behaviour.CHECKS}
        chosen = known & set(last.undone)
        return self._check(chosen, lambda _: True, seconds) if chosen else Checked(())

    def _check(self, chosen: set[str], wanted: Callable[[str], bool], seconds: float) -> Checked:
        lines = behaviour.gather(
            self.partner, load_catalogue(), self.adapter.session, seconds=seconds, only=chosen
        )
        seen, is_stopped = follow_evidence(lines, seconds=seconds)
        self._checked = Checked([x for x in seen if wanted(x.feature)], is_stopped=is_stopped)
        return self._checked

    @property
    def runs(self) -> Runs:
        """Runs of this partner, the latest first."""
        return Runs(list_runs(self._settings.reports, self.partner.slug))

    @property
    def findings(self) -> Findings:
        """Distinct findings of the latest run."""
        return Findings(*self._latest())

    @property
    def sources(self) -> Sources:
        """Features by sources: what each source of the latest run saw of each feature."""
        return Sources(*self._latest())

    @property
    def statuses(self) -> WalkCard:
        """The status machines: which steps the latest run tried, and how they were taken."""
        return WalkCard(*self._latest())

    @property
    def coverage(self) -> SampleCoverage:
        """What each mapping leaves out, as the latest run saw it on the samples."""
        return SampleCoverage(*self._latest())

    @property
    def latency(self) -> Latency:
        """Milliseconds per operation: of the latest run, and of what was asked since."""
        folder = self.runs.latest
        calls = read_calls(folder) if folder else []
        if "adapter" in self.__dict__:
            calls += list_calls(self.adapter.session.recorder.exchanges)
        return Latency(self.partner, calls)

    def compare_documents(self, old: str | Path, new: str | Path = "") -> DocumentChanges:
        """What changed between two versions of a document, and which features it concerns.

        Args:
            old: File or folder of the earlier version, from the root of the project.
            new: Of the later one; empty: the documents in the partner's folder.

        Raises:
            DescriptionError: One of them cannot be read.
        """
        root, bound = self._settings.root, self.partner.manifest.bound_features
        later = describe([root / new]) if new else self.partner.description
        return DocumentChanges(compare_descriptions(describe([root / old]), later, features=bound))

    def to_frame(self) -> DisplayTable:
        """The card as a table."""
        return self._sheet().to_frame()

    def _latest(self) -> tuple[str, Sequence[Evidence]]:
        folder = self.runs.latest
        return (folder.run, read_log(folder.log).evidence) if folder else ("", ())

    def _title(self) -> str:
        return f"{self.partner.title} · {self.environment}"

    def _html(self) -> Iterable[str]:
        yield from self._sheet()._html()  # noqa: SLF001 - the same card
        yield fold("Credentials", show_table(self.credentials))
        yield fold("Mappings", show_table(self.mappings))

    def _lines(self) -> Iterable[str]:
        return self._sheet()._lines()  # noqa: SLF001

    def _sheet(self) -> ResultSheet:
        partner, missing = self.partner, [n for n in self._variables() if not self._holds(n)]
        stated = partner.manifest.features.values()
        bound = sum(item.status is None for item in stated)
        latest = self.runs.latest
        address = self._settings.url(partner.slug, self.environment, "base_url")
        rows = (
            ("address", address or partner.environment(self.environment).base_url),
            ("credentials", f"missing: {', '.join(missing)}" if missing else "all there"),
            ("documents", ", ".join(item.path for item in partner.manifest.documents)),
            ("operations", str(len(partner.description.operations))),
            ("features", f"{bound} bound, {len(stated) - bound} stated otherwise"),
            ("mappings", ", ".join(partner.translators)),
            ("writing", "allowed" if self._allow_writes else "not allowed"),
            ("last run", latest.run if latest else "none"),
        )
        return ResultSheet(self._title(), rows)

    def _variables(self) -> dict[str, str]:
        return list_variables(self.partner, self.environment)

    def _holds(self, name: str) -> bool:
        try:
            self._settings.credential(self.partner.slug, self.environment, name)
        except CredentialError:
            return False
        return True


def open_partner(
    slug: str, environment: str = "sandbox", *, allow_writes: bool = False
) -> PartnerBench:
    """Open a partner: `p = workbench.open("tavola")`, then look at `p`.

    Args:
        slug: Folder in `contracts/`.
        environment: `sandbox` or `production`; production is only read.
        allow_writes: Whether what the folder binds may be written to the sandbox.

    Raises:
        InputError: There is no such partner or environment, or production would be written to.
    """
    settings = load_settings()
    partner = load_partner(slug, settings)
    partner.environment(environment)
    if allow_writes and environment == "production":
        raise InputError(
            "Production is never written to from a notebook",
            partner=slug,
            hint="Leave out allow_writes, or open the sandbox.",
        )
    bench = PartnerBench(partner, environment, settings, allow_writes=allow_writes)
    _OPENED.append(bench)
    del _OPENED[:-1]
    return bench


def last_opened() -> PartnerBench | None:
    """The partner that was opened last in this process: magics mean it."""
    return _OPENED[-1] if _OPENED else None
