"""Reads Schemathesis' NDJSON report: cases, answers and failures per operation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.adapters import REFUSALS, classify_refusal
from workbench.evidence.check_table import say
from workbench.evidence.contract.interaction_record import Witness
from workbench.evidence.contract.wording import UNKNOWN_STATUS, Failed, causes, describe_failure
from workbench.model import Finding, Operation, make_finding
from workbench.secrecy import Redactor

_LONGEST = 400
_UNANSWERED = frozenset(
    {"ConnectionError", "ReadTimeout", "ConnectTimeout", "ChunkedEncodingError"}
)
_OPERATION = re.compile(r"[A-Z]+ /")


@dataclass
class OperationResult:
    """What happened to one operation.

    Attributes:
        unusable: Why part of it could not be tested.
        opened: Address of a read that succeeded.
        is_covered: Whether its systematic cases were all sent.
        echoed: Names of our secrets that its answers held.
    """

    operation: str
    cases: int = 0
    unanswered: int = 0
    unusable: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    opened: str = ""
    is_covered: bool = False
    echoed: set[str] = field(default_factory=set)
    _findings: dict[tuple[str, str | None], Finding] = field(default_factory=dict)
    _unknown: dict[int, Finding] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Distinct failures, most severe first; statuses that no document mentions are one."""
        found = [*self._findings.values()]
        if self._unknown:
            first = next(iter(self._unknown.values()))
            named = ", ".join(map(str, sorted(self._unknown)))
            facts: dict[str, Any] = {"operation": self.operation, "status": named, "listed": ""}
            told = make_finding("contract-status-unknown", **facts).summary
            seen = say("contract.answer", status=named)
            found.append(first.model_copy(update={"summary": told, "observed": seen}))
        return tuple(sorted(found, key=lambda finding: finding.severity.rank))

    @property
    def refusal(self) -> str:
        """What stood in our way where every answer was a refusal, which tells of no contract."""
        seen = {int(status) for status in self.statuses}
        if not seen or seen - REFUSALS:
            return ""
        return classify_refusal(seen).__name__

    @property
    def is_mostly_refused(self) -> bool:
        """Whether access or pace stood in the way of half of the requests or more."""
        refused = sum(count for status, count in self.statuses.items() if int(status) in REFUSALS)
        return refused * 2 >= self.cases

    @property
    def has_success(self) -> bool:
        """Whether the partner answered 2xx at least once."""
        return any(status.startswith("2") for status in self.statuses)

    @property
    def is_unreachable(self) -> bool:
        """Whether requests were made and none was answered."""
        return not self.statuses and self.unanswered > 0

    def count(self, interaction: Mapping[str, Any], echoed: Collection[str] = ()) -> None:
        """Count a case with what it told, and remember the first read that succeeded."""
        self.cases += 1
        self.echoed.update(echoed)
        response = interaction.get("response")
        if response is None:
            self.unanswered += 1
            return
        status = str(response["status_code"])
        self.statuses[status] += 1
        request = interaction.get("request") or {}
        if request.get("method") == "GET" and status.startswith("2") and not self.opened:
            self.opened = str(request.get("uri", ""))

    @staticmethod
    def is_refusal(interaction: Mapping[str, Any]) -> bool:
        """Whether an answer tells of access, pace or a gateway; each request carries our login."""
        response = interaction.get("response") or {}
        return int(response.get("status_code") or 0) in REFUSALS

    def add(self, failed: Failed) -> None:
        """Keep the first failure of each kind and place, and each unknown status."""
        finding = describe_failure(failed)
        if failed.kind == UNKNOWN_STATUS:
            self._unknown.setdefault(failed.status, finding)
        else:
            self._findings.setdefault((finding.slug, finding.pointer), finding)


def read_report(
    path: Path,
    redactor: Redactor,
    login: Mapping[str, str] | None = None,
    operations: Mapping[str, Operation] | None = None,
) -> dict[str, OperationResult]:
    """Results by operation (`METHOD /path`); empty when there is no report.

    Args:
        path: The report.
        redactor: Knows the secrets.
        login: How a shell writes what logging in adds, as of `SentRequest`.
        operations: What is documented, by id.
    """
    results: dict[str, OperationResult] = {}
    taken: list[Any] = []
    for name, event in _events(path):
        if name == "NonFatalError":
            _note_error(results, event, redactor)
            continue
        recorder = event.get("recorder") or {}
        label = str(recorder.get("label", ""))
        if event.get("phase") == "coverage" and event.get("status") != "interrupted":
            results.setdefault(label, OperationResult(label)).is_covered = True
        for case, interaction in (recorder.get("interactions") or {}).items():
            operation = _operation(recorder, case, label)
            result = results.setdefault(operation, OperationResult(operation))
            documented = (operations or {}).get(operation)
            seen = Witness(interaction, redactor, login or {})
            result.count(interaction, seen.echoed)
            if result.is_refusal(interaction):
                continue
            failures = [*_failures(recorder, case, operation, documented, seen)]
            told = [*causes(failures)]
            for failed in told:
                # What we were let write is given back to us: that is told where it was taken.
                if failed.kind != "JsonSchemaError" or not _is_given_back(seen, taken):
                    result.add(failed)
            if any(failed.kind == "AcceptedNegativeData" for failed in told):
                taken.append(seen.sent_json)
    return results


def _failures(
    recorder: dict[str, Any],
    case: str,
    operation: str,
    documented: Operation | None,
    seen: Witness,
) -> Iterator[Failed]:
    for check in (recorder.get("checks") or {}).get(case, ()):
        failure = (check.get("failure_info") or {}).get("failure")
        if failure:
            yield Failed(
                kind=str(failure.get("type", "")),
                title=str(failure.get("title", "Failure")),
                message=seen.redactor.text(str(failure.get("message", ""))),
                severity=str(failure.get("severity", "medium")),
                operation=operation,
                documented=documented,
                seen=seen,
            )


def _is_given_back(seen: Witness, taken: list[Any]) -> bool:
    """Whether an answer holds, in whole, what we were wrongly let write before."""
    answered = seen.answered_json
    return answered is not None and any(_holds(answered, sent) for sent in taken if sent)


def _holds(answered: Any, sent: Any) -> bool:
    if isinstance(answered, dict) and isinstance(sent, dict):
        shared = set(answered) & set(sent)
        if shared and all(answered[name] == sent[name] for name in shared):
            return True
    inner = answered.values() if isinstance(answered, dict) else answered
    is_nested = isinstance(answered, dict | list)
    return is_nested and any(_holds(item, sent) for item in inner if isinstance(item, dict | list))


def _events(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Finished scenarios and errors, in order."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # the last line of an interrupted run
            for name in ("ScenarioFinished", "NonFatalError"):
                if name in event:
                    yield name, event[name]


def _note_error(
    results: dict[str, OperationResult], event: dict[str, Any], redactor: Redactor
) -> None:
    """Why an operation, or a part of its parameters, gives no cases."""
    value = event.get("value") or {}
    if not event.get("related_to_operation") or value.get("type") in _UNANSWERED:
        return
    label = str(event.get("label", ""))
    result = results.setdefault(label, OperationResult(label))
    text = " ".join(str(value.get("message", "")).split())
    result.unusable = result.unusable or redactor.text(text)[:_LONGEST]


def _operation(recorder: dict[str, Any], case: str, label: str) -> str:
    """A label names its operation; stateful scenarios mix them, so there each case says its own."""
    value = ((recorder.get("cases") or {}).get(case) or {}).get("value") or {}
    if "method" in value and "path" in value and not _OPERATION.match(label):
        return f"{value['method']} {value['path']}"
    return label
