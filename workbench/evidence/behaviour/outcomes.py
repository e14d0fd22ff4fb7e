"""What becomes of writes that are only accepted at first: followed until they end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from workbench.adapters import Answer
from workbench.errors import InputError, PartnerError
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.kinds import feature_of
from workbench.evidence.placing import send
from workbench.evidence.relations import last_parameter
from workbench.model import Evidence, Finding, Operation, Outcome

_STATE = re.compile(r"^(status|state|estado|result|outcome|phase)$", re.IGNORECASE)
_FAILED = re.compile(r"fail|error|reject|invalid|abort|fall|rechaz", re.IGNORECASE)
_DONE = re.compile(
    r"done|complet|success|succeed|finish|appli|publish|import(ed|ado)|ok$|ready|hecho|termin",
    re.IGNORECASE,
)


def follow_outcomes(bench: Bench) -> Iterator[Evidence]:
    """Send what is answered with 202, then ask how it ended."""
    if not bench.session.allow_writes:
        return
    for feature in bench.catalogue.features:
        slug = feature.slug
        if not feature.is_write:
            continue
        for entity in recorded(bench, slug)[:1] if bench.has(slug) else ():
            try:
                answer = bench.adapter.call(slug, entity=entity)
                if answer.status == 202:
                    yield _follow(bench, slug, answer)
            except (InputError, PartnerError):
                continue  # told by `read-after-write`


def _follow(bench: Bench, slug: str, answer: Answer) -> Evidence:
    ask = _question(bench, slug, answer)
    if ask is None:
        return bench.tell(
            slug,
            "outcome-followed",
            f"{bench.asked(answer)} was answered with 202, and nothing tells how it ended.",
            outcome=Outcome.UNTESTED,
        )
    state = _wait(bench, ask)
    findings = [*_judge(bench, slug, answer, state)]
    if state is None:
        words = (
            f"{bench.asked(answer)} was answered with 202, and what tells of its end has no state."
        )
        return bench.tell(slug, "outcome-followed", words, outcome=Outcome.UNTESTED)
    return bench.tell(
        slug,
        "outcome-followed",
        f"{bench.asked(answer)} was answered with 202; in the end it is {state!r}.",
        findings=findings,
    )


Ask = tuple[Operation, dict[str, str]] | str


def _question(bench: Bench, slug: str, answer: Answer) -> Ask | None:
    body = answer.json()
    given = {
        key: str(value)
        for key, value in (body.items() if isinstance(body, dict) else ())
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    location = answer.headers.get("location") or next(
        (value for key, value in given.items() if key.endswith(("url", "href", "link"))), None
    )
    if location is not None:
        return urljoin(answer.request.url, location)
    for item, operation in bench.partner.operations(slug):
        # By the id that this answer gives: the test account knows another one.
        name = last_parameter(operation.path) or ""
        told = next((given[key] for key in (name, "id", "jobId", "job_id") if key in given), None)
        if "outcome" in item.for_ and told is not None:
            return operation, {name: told}
    return _by_name(bench, given)


def _by_name(bench: Bench, given: Mapping[str, str]) -> Ask | None:
    """An operation that reads by an id which the answer gave."""
    for operation in bench.partner.description.operations:
        last = operation.path.rpartition("/")[2]
        if operation.method == "GET" and last.startswith("{") and last[1:-1] in given:
            return operation, dict(given)
    return None


def _wait(bench: Bench, ask: Ask) -> str | None:
    end = time.monotonic() + bench.patience
    pause = 0.05
    while True:
        if isinstance(ask, str):
            answer = bench.session.client.send("GET", ask)
        else:
            answer = send(bench.session, ask[0], ids=ask[1])
        state = _state(answer.json())
        if state is None or _FAILED.search(state) or _DONE.search(state):
            return state
        if time.monotonic() > end:
            return state
        time.sleep(pause)
        pause = min(pause * 2, 1.0)


def _state(body: Any) -> str | None:
    if not isinstance(body, dict):
        return None
    for level in (body, *(value for value in body.values() if isinstance(value, dict))):
        for key, value in level.items():
            if _STATE.match(key) and isinstance(value, str):
                return value
    return None


def _judge(bench: Bench, slug: str, answer: Answer, state: str | None) -> Iterator[Finding]:
    if state is None or _DONE.search(state):
        return
    failed = _FAILED.search(state) is not None
    late = {} if failed else {"n": f"{bench.patience:.0f}"}
    yield finding(
        "outcome-failed" if failed else "outcome-never-comes",
        **late,
        noun=feature_of(slug).noun,
        operation=bench.subject(slug),
        observed=state,
        answer=answer,
    )
