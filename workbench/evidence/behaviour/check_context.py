"""What behaviour checks work on: one partner, opened, with real resources at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

from workbench.adapters import Adapter, Answer, Recorded, Session, lists_only, pick_operation
from workbench.canonical import OpenEnum
from workbench.errors import MappingError
from workbench.evidence.check_table import criteria_of, make_evidence
from workbench.evidence.doubts import weigh
from workbench.evidence.kinds import feature_of
from workbench.evidence.relations import owner, path_pattern
from workbench.model import (
    Binding,
    Catalogue,
    Evidence,
    Finding,
    Operation,
    Outcome,
    make_finding,
)
from workbench.partners import Entity as EntityName
from workbench.partners import Partner

TOOL = "workbench behaviour"
OUR_REASON = "Test of the integration"  # what a partner reads of what we do
_BREAKDOWN = 500
GONE = frozenset({404, 410})  # there is no such thing


@dataclass
class CheckContext:
    """What every check gets.

    Attributes:
        patience: Seconds to wait for what a partner does later.
        stale: What was waited for in vain: `order`, `reservation`.
    """

    partner: Partner
    catalogue: Catalogue
    session: Session
    adapter: Adapter
    patience: float = 8.0
    stale: set[str] = field(default_factory=set)
    _alive: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, feature: str) -> bool:
        """Whether the feature is bound."""
        return isinstance(self.partner.statement(feature), Binding)

    def excludes(self, check: str, feature: str, fact: str) -> bool:
        """Whether the folder states that the partner does not do what a check would show."""
        criteria = criteria_of(check, feature, fact)
        return any(self.partner.absence(feature, slug) for slug in criteria)

    def lists_only(self, feature: str) -> bool:
        """Whether a read has no id of its own: one thing is looked for in a list."""
        found = self.partner.operations(feature)
        return bool(found) and lists_only(self.partner, pick_operation(self.partner, feature))

    def known_of(self, feature: str) -> tuple[str, ...]:
        """Ids of what a feature is about that exist in the restaurant test account."""
        account = self.partner.environment(self.session.environment).test_account
        noun = feature_of(feature).noun
        known = account.known.items() if account else ()
        return next((ids for name, ids in known if name == noun), ())

    def known(self, entity: EntityName) -> tuple[str, ...]:
        """Ids that exist in the restaurant test account."""
        account = self.partner.environment(self.session.environment).test_account
        return account.known.get(entity, ()) if account else ()

    def alive(self, feature: str) -> tuple[str, ...]:
        """Those of the known ids that a read finds, so that a stale folder misleads no check.

        Asked once. Raises `PartnerError` where the partner did not let us ask.
        """
        if feature not in self._alive:
            noun = feature_of(feature).noun or ""
            self._alive[feature] = tuple(
                identity
                for identity in self.known_of(feature)
                if self.adapter.call(feature, ids={noun: identity}).status not in GONE
            )
        return self._alive[feature]

    def status(self, feature: str, identity: str) -> OpenEnum:
        """The canonical status that a read gives, whichever entity its mapping makes.

        Raises:
            MappingError: The mapping makes something without a status.
        """
        value = self.adapter.read(feature, identity).value
        status = getattr(value, "status", None)
        if not isinstance(status, OpenEnum):
            raise MappingError(
                f"The mapping of {feature} makes {type(value).__name__}, which has no status",
                location=f"{self.partner.slug}/mapping.yaml",
                partner=self.partner.slug,
                hint="Map it into Order, Reservation, or one of their status updates.",
            )
        return status

    def tell(
        self,
        feature: str,
        check: str,
        summary: str,
        *,
        outcome: Outcome | None = None,
        subject: str = "",
        shows: Iterable[str] = (),
        findings: Iterable[Finding] = (),
        detail: dict[str, Any] | None = None,
    ) -> Evidence:
        """An observation; without an outcome, findings decide between passed and failed.

        What it shows are facts of the check, as of `make_evidence`.
        """
        found = tuple(map(self._complete, findings))
        outcome = weigh(found) if outcome is None else outcome
        return make_evidence(
            check,
            feature,
            outcome,
            summary,
            shows=shows,
            findings=found,
            subject=subject or self.subject(feature),
            environment=self.session.environment,
            inputs={
                name: self.partner.inputs[name]
                for name in ("partner.yaml", "mapping.yaml")
                if name in self.partner.inputs
            },
            artefacts=("exchange.har",),
            tool=TOOL,
            detail=detail or {},
        )

    def _complete(self, item: Finding) -> Finding:
        """The finding masked, and with the last answer of its operation where it has none."""
        text = self.session.redactor.text
        texts = {"summary": item.summary, "expected": item.expected, "observed": item.observed}
        changes: dict[str, Any] = {key: text(value) for key, value in texts.items() if value}
        entry = None if item.exchange else self._latest(item.operation or "")
        if entry is not None and item.matter.is_theirs:
            changes |= {"exchange": entry.exchange, "reproduction": entry.sent.curl}
        return item.model_copy(update=changes)

    def _latest(self, operation: str) -> Recorded | None:
        known = self.partner.description.exchange(operation)
        if not isinstance(known, Operation):
            return None
        return self.session.recorder.latest(lambda entry: self.is_of(known, entry))

    def is_of(self, operation: Operation, entry: Recorded | Answer) -> bool:
        """Whether an exchange was one of an operation."""
        sent = entry.request if isinstance(entry, Answer) else entry
        path = sent.url.partition("?")[0].removeprefix(self.session.client.base_url)
        is_there = path_pattern(operation).fullmatch(path) is not None
        return sent.method == operation.method and is_there

    def last_payload(self, operation: Operation | None) -> Any:
        """The last successful answer of an operation, as JSON; None where there is none."""
        entries = reversed(self.session.recorder.unmasked()) if operation else ()
        for entry in entries:
            if operation and 200 <= entry.status < 300 and self.is_of(operation, entry):
                with suppress(orjson.JSONDecodeError):
                    return orjson.loads(entry.response_body)
                return None
        return None

    def lack(
        self,
        feature: str,
        check: str,
        what: str,
        *,
        subject: str = "",
        shows: Iterable[str] = (),
    ) -> Evidence:
        """The check was not made, as our folder does not say what to try it with.

        Args:
            feature: Whose check it is.
            check: Its slug.
            what: What is missing, as a sentence.
            subject: What would have been called.
            shows: What could not be looked at.
        """
        missing = finding(
            "test-data-missing", what=what, operation=subject or self.subject(feature)
        )
        return self.tell(
            feature,
            check,
            what,
            outcome=Outcome.UNTESTED,
            subject=subject,
            shows=shows,
            findings=[missing],
        )

    def owner(self, operation: Operation) -> str | None:
        """The feature that an operation belongs to: bound to it, else about the same thing."""
        return owner(self.partner, self.catalogue, operation)

    def asked(self, answer: Answer) -> str:
        """`METHOD /path` of an answered request, without host and query."""
        path = answer.request.url.partition("?")[0].removeprefix(self.session.client.base_url)
        return f"{answer.request.method} {path}"

    def subject(self, feature: str) -> str:
        """The first operation that serves a feature."""
        operations = self.partner.operations(feature)
        return operations[0][1].id if operations else ""


def finding(kind: str, /, *, answer: Answer | None = None, **told: Any) -> Finding:
    """A finding of a behaviour check; `answer` is the one that shows it, the rest as it is made."""
    shown: dict[str, Any] = (
        {"reproduction": answer.curl, "exchange": answer.exchange} if answer else {}
    )
    return make_finding(kind, **shown, **told)


def tell_unjudged(answer: Answer, findings: Sequence[Finding] = ()) -> Outcome | None:
    """Cannot tell, where an answer says nothing of who is let in; None where it does.

    A breakdown or a limit of pace does not, nor a success with something else than what our own
    credentials get (`findings` tell of one with the same). A request without credentials raises
    nothing by itself.
    """
    if findings:
        return None
    is_beside = answer.status >= _BREAKDOWN or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return Outcome.CANT_TELL if is_beside or answer.is_success else None
