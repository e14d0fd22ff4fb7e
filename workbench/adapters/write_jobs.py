"""How a write ended: asked for until a job is done, and read per item where many were sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from workbench.adapters.answer import Answer
from workbench.adapters.binding import pick_for_mode
from workbench.adapters.channel import Channel, Request
from workbench.errors import PartnerError, UnavailableError

_STATE_NAMES = ("status", "state", "outcome", "result", "phase")
_ERROR_NAMES = ("error", "errors", "reason")
_DONE = re.compile("complete|completed|done|finished|ok|processed|published|succe(ss|ssful|eded)")
_FAILED = re.compile(
    "aborted|cancell?ed|error|errored|fail|failed|failure|invalid|refused|rejected"
)
_ACCEPTED, _SEE_OTHER, _NOT_YET = 202, 303, 404
_SHOWN = 400


def settle_job(channel: Channel, feature: str, answer: Answer, *, seconds: float) -> Answer:
    """The last word on a write: a job that was accepted is asked about until it ends.

    The job is found by `Location`, or by the operation that is bound for `outcome`; where there is
    neither, the answer is returned as it is, with status 202.

    Args:
        channel: The partner.
        feature: What was written.
        answer: The answer to the write; a success.
        seconds: How long to wait for the end.

    Raises:
        UnavailableError: The job did not end in time.
        PartnerError: It failed.
    """
    job = _find_job(channel, feature, answer) if answer.status == _ACCEPTED else None
    if job is None:
        return answer
    deadline, pause = time.monotonic() + seconds, 0.1
    while True:
        now = channel.send(job)
        if _has_ended(now):
            return now
        if time.monotonic() + pause > deadline:
            raise UnavailableError(
                f"{feature} was accepted, but not carried out within {seconds:.0f} s",
                location=now.request.url,
                partner=channel.partner.slug,
                hint="Ask again later; do not send it twice.",
            )
        time.sleep(min(now.retry_after or pause, deadline - time.monotonic()))
        pause = min(2 * pause, 2.0)


def require_each(answer: Answer) -> Answer:
    """The answer to a request with many things, when none of them was refused.

    Raises:
        PartnerError: Some were refused inside a success, or all of them by the status.
    """
    refused = [row for row in _rows(answer.require().json()) if _is_refused(row)]
    if refused:
        raise PartnerError(
            f"{len(refused)} of the things sent were refused: {_show(answer, refused)}",
            location=answer.request.url,
            partner=answer.partner,
        )
    return answer


def _find_job(channel: Channel, feature: str, answer: Answer) -> Request | None:
    location = answer.headers.get("location")
    if location:
        return Request("GET", urljoin(answer.request.url, location))
    operation = pick_for_mode(channel.partner, feature, "outcome")
    body = answer.json()
    if operation is None or not isinstance(body, dict):
        return None
    name = re.findall(r"\{([^{}]+)\}", operation.path)[-1]
    found = next((body[key] for key in (name, "id", "jobId", "job_id") if key in body), None)
    return None if found is None else channel.request(operation, {name: str(found)})


def _has_ended(answer: Answer) -> bool:
    if answer.status in {_ACCEPTED, _NOT_YET}:
        return False
    if answer.status == _SEE_OTHER:
        return True
    body = answer.require().json()
    state = _state(body)
    if state is not None and _FAILED.fullmatch(state):
        raise PartnerError(
            f"The partner took it in, and then refused it: {_show(answer, _errors(body))}",
            location=answer.request.url,
            partner=answer.partner,
        )
    return state is None or _DONE.fullmatch(state) is not None


def _errors(body: Any) -> Any:
    """What a failed job says about why; the whole of it when nothing stands out."""
    return next((body[name] for name in _ERROR_NAMES if body.get(name)), body)


def _show(answer: Answer, told: Any) -> str:
    text = answer.redactor.text(json.dumps(told, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _state(body: Any) -> str | None:
    """The word for how far a job is, at the top of a body or one level below."""
    if not isinstance(body, dict):
        return None
    for part in (body, *(value for value in body.values() if isinstance(value, dict))):
        for name in _STATE_NAMES:
            if isinstance(word := part.get(name), str):
                return re.sub(r"[^a-z]", "", word.lower())
    return None


def _rows(body: Any) -> Iterator[dict[str, Any]]:
    parts = [body, *body.values()] if isinstance(body, dict) else [body]
    lists = [part for part in parts if isinstance(part, list)]
    return (row for rows in lists for row in rows if isinstance(row, dict))


def _is_refused(row: dict[str, Any]) -> bool:
    told = _FAILED.fullmatch(_state(row) or "")
    return told is not None or any(row.get(name) for name in _ERROR_NAMES)
