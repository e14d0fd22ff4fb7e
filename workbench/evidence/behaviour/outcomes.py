"""What becomes of writes that are only accepted at first: followed until they end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from workbench.adapters import Answer
from workbench.errors import InputError, PartnerError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.check_table import say
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


def follow_outcomes(context: CheckContext) -> Iterator[Evidence]:
    """Send what is answered with 202, then ask how it ended."""
    if not context.session.allow_writes:
        return
    for feature in context.catalogue.features:
        slug = feature.slug
        if not feature.is_write:
            continue
        for entity in recorded(context, slug)[:1] if context.has(slug) else ():
            try:
                answer = context.adapter.call(slug, entity=entity)
                if answer.status == 202:
                    yield _follow(context, slug, answer)
            except (InputError, PartnerError):
                continue  # told by `read-after-write`


def _follow(context: CheckContext, slug: str, answer: Answer) -> Evidence:
    ask = _question(context, slug, answer)
    if ask is None:
        return context.tell(
            slug,
            "outcome-followed",
            say("outcome-followed.nothing-tells", asked=context.asked(answer)),
            outcome=Outcome.UNTESTED,
        )
    state = _wait(context, ask)
    findings = [*_judge(context, slug, answer, state)]
    if state is None:
        words = say("outcome-followed.no-state", asked=context.asked(answer))
        return context.tell(slug, "outcome-followed", words, outcome=Outcome.UNTESTED)
    return context.tell(
        slug,
        "outcome-followed",
        say("outcome-followed.ended", asked=context.asked(answer), state=repr(state)),
        findings=findings,
    )


Ask = tuple[Operation, dict[str, str]] | str


def _question(context: CheckContext, slug: str, answer: Answer) -> Ask | None:
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
    for item, operation in context.partner.operations(slug):
        # By the id that this answer gives: the test account knows another one.
        name = last_parameter(operation.path) or ""
        told = next((given[key] for key in (name, "id", "jobId", "job_id") if key in given), None)
        if "outcome" in item.for_ and told is not None:
            return operation, {name: told}
    return _by_name(context, given)


def _by_name(context: CheckContext, given: Mapping[str, str]) -> Ask | None:
    """An operation that reads by an id which the answer gave."""
    for operation in context.partner.description.operations:
        last = operation.path.rpartition("/")[2]
        if operation.method == "GET" and last.startswith("{") and last[1:-1] in given:
            return operation, dict(given)
    return None


def _wait(context: CheckContext, ask: Ask) -> str | None:
    end = time.monotonic() + context.patience
    pause = 0.05
    while True:
        if isinstance(ask, str):
            answer = context.session.client.send("GET", ask)
        else:
            answer = send(context.session, ask[0], ids=ask[1])
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


def _judge(
    context: CheckContext, slug: str, answer: Answer, state: str | None
) -> Iterator[Finding]:
    if state is None or _DONE.search(state):
        return
    failed = _FAILED.search(state) is not None
    late = {} if failed else {"n": f"{context.patience:.0f}"}
    yield finding(
        "outcome-failed" if failed else "outcome-never-comes",
        **late,
        noun=feature_of(slug).noun,
        operation=context.subject(slug),
        observed=state,
        answer=answer,
    )
