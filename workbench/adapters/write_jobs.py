"""How a write ended: asked for until a job is done, and read per item where many were sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from workbench.adapters.answer import Answer, SentRequest
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
_PATIENCE = 60.0  # seconds for what a partner does after it accepted a write
_PARAMETER = re.compile(r"\{([^{}]+)\}")


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


def carry_out(
    channel: Channel,
    request: Request,
    *,
    dry_run: bool,
    feature: str = "",
    is_batch: bool = False,
) -> Answer | SentRequest:
    """Send a write, and see to its end.

    Args:
        channel: The partner.
        request: The write.
        dry_run: Show the request and send nothing.
        feature: What is written: its job is waited for, and its draft published.
        is_batch: Many things are sent, each of which may be refused inside a success.

    Raises:
        PartnerError: The write was refused, failed later, or did not end in time.
    """
    if dry_run:
        return channel.show(request)
    answer = channel.send(request).require()
    if is_batch:
        require_each(answer)
    return finish_write(channel, feature, answer, seconds=_PATIENCE) if feature else answer


def finish_write(channel: Channel, feature: str, answer: Answer, *, seconds: float) -> Answer:
    """The last word on a write: its job has ended, and what was a draft is published.

    Where an operation is bound for `publish`, it is called with the ids that the write's own
    address had; else this is `settle_job`.

    Args:
        channel: The partner.
        feature: What was written.
        answer: The answer to the write; a success.
        seconds: How long to wait for each job.

    Raises:
        UnavailableError: A job did not end in time.
        PartnerError: It failed, or the partner does not publish.
        InputError: A parameter of the publishing operation has no value.
    """
    settled = settle_job(channel, feature, answer, seconds=seconds)
    operation = pick_for_mode(channel.partner, feature, "publish")
    if operation is None:
        return settled
    ids = _ids_in_address(channel, feature, answer.request.url)
    published = channel.send(channel.request(operation, ids)).require()
    return settle_job(channel, feature, published, seconds=seconds)


def _ids_in_address(channel: Channel, feature: str, url: str) -> dict[str, str]:
    """Parameter name → value, as far as an operation of the feature has this address."""
    path = urlsplit(url).path
    for _, operation in channel.partner.operations(feature):
        pattern = "".join(
            f"(?P<p{number}>[^/]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(_PARAMETER.split(operation.path))
        )
        found = re.search(f"{pattern}$", path)
        if found is not None:
            names = _PARAMETER.findall(operation.path)
            return {name: unquote(value) for name, value in zip(names, found.groups(), strict=True)}
    return {}


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
    asked = [] if operation is None else [item.name for item in operation.parameters]
    stated = channel.partner.manifest.parameters
    name = next((item for item in reversed(asked) if item not in stated), None)
    if operation is None or name is None:
        return None
    found = _find_job_id(answer.json(), name)
    return None if found is None else channel.request(operation, {name: found})


def _find_job_id(body: Any, name: str) -> str | None:
    """The id of a job in the answer that announced it: at its top, or one level below."""
    parts = [body, *body.values()] if isinstance(body, dict) else []
    wanted = _plain(name)
    for part in (part for part in parts if isinstance(part, dict)):
        ids = {_plain(key): value for key, value in part.items() if isinstance(value, str | int)}
        others = [key for key in ids if key.endswith("id")]
        for key in (wanted, "jobid", "importid", "taskid", "id", *others[: len(others) == 1]):
            if key in ids:
                return str(ids[key])
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


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
