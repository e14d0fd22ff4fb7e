"""Reads Schemathesis' NDJSON report: cases, answers and failures per operation."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.adapters.answer import REFUSALS
from workbench.evidence.contract.witness import Witness
from workbench.model.evidence import Finding, Severity
from workbench.secrecy import Redactor

_LONGEST = 400
_UNANSWERED = frozenset(
    {"ConnectionError", "ReadTimeout", "ConnectTimeout", "ChunkedEncodingError"}
)
_OPERATION = re.compile(r"[A-Z]+ /")
_PLACE = re.compile(r"Schema at (/\S+):")
# A refusal may rest on a rule that no schema can state, so by itself it limits nothing.
_BODIES = frozenset({"Response violates schema", "JSON deserialization error"})
_FORMAT = re.compile(r"is not a \"[a-z0-9-]+\"")
_UNSURE = frozenset({"Schema-valid request rejected"})


@dataclass
class OperationResult:
    """What happened to one operation; `unusable` says why part of it could not be tested."""

    operation: str
    cases: int = 0
    unanswered: int = 0
    unusable: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    _findings: dict[tuple[str, str | None], Finding] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Distinct failures, most severe first."""
        return tuple(sorted(self._findings.values(), key=lambda finding: finding.severity.rank))

    @property
    def is_refused(self) -> bool:
        """Whether every answer was a refusal (401, 429, a gateway), which tells of no contract."""
        return bool(self.statuses) and all(int(status) in REFUSALS for status in self.statuses)

    @property
    def has_success(self) -> bool:
        """Whether the partner answered 2xx at least once."""
        return any(status.startswith("2") for status in self.statuses)

    @property
    def is_unreachable(self) -> bool:
        """Whether requests were made and none was answered."""
        return not self.statuses and self.unanswered > 0

    def add(self, finding: Finding) -> None:
        """Keep the first finding of each kind and place."""
        self._findings.setdefault((finding.slug, finding.pointer), finding)


def read_report(
    path: Path, redactor: Redactor, login: Mapping[str, str] | None = None
) -> dict[str, OperationResult]:
    """Results by operation (`METHOD /path`); empty when there is no report.

    `login` is how a shell writes what logging in adds, as of `SentRequest`.
    """
    results: dict[str, OperationResult] = {}
    for name, event in _events(path):
        if name == "NonFatalError":
            _note_error(results, event, redactor)
            continue
        recorder = event.get("recorder") or {}
        label = str(recorder.get("label", ""))
        for case, interaction in (recorder.get("interactions") or {}).items():
            operation = _operation(recorder, case, label)
            result = results.setdefault(operation, OperationResult(operation))
            result.cases += 1
            response = interaction.get("response")
            if response is None:
                result.unanswered += 1
            else:
                result.statuses[str(response["status_code"])] += 1
            for check in (recorder.get("checks") or {}).get(case, ()):
                failure = (check.get("failure_info") or {}).get("failure")
                if failure:
                    seen = Witness(interaction, redactor, login or {})
                    result.add(_as_finding(failure, operation, seen))
    return results


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


def _as_finding(failure: dict[str, Any], operation: str, seen: Witness) -> Finding:
    title = str(failure.get("title", "Failure"))
    message = seen.redactor.text(str(failure.get("message", "")))
    status = seen.response.get("status_code")
    return Finding(
        slug=f"contract-{title.lower().replace(' ', '-')}",
        severity=_severity(failure, title, str(status or "")),
        summary=f"{operation}: {title[0].lower()}{title[1:]}.",
        operation=operation,
        pointer=place[1] if (place := _PLACE.search(message)) else None,
        observed=" ".join(f"Answer {status}. {message}".split()),
        reproduction=seen.sent.curl,
        exchange=seen.exchange,
    )


def _severity(failure: dict[str, Any], title: str, status: str) -> Severity:
    """As Schemathesis has it; but the body of a refusal, or the form of a text, breaks nothing."""
    if title in _UNSURE:
        return Severity.LOW
    found = Severity(str(failure.get("severity", "medium")).lower())
    is_body = title in _BODIES
    is_mild = status.startswith("4") or _FORMAT.search(str(failure.get("message", "")))
    return max(found, Severity.MEDIUM, key=lambda item: item.rank) if is_body and is_mild else found
