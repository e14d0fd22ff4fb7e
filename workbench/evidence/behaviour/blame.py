"""Findings that may be our folder's matter: held against the partner where that is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from workbench.adapters import Answer
from workbench.errors import TranslationError
from workbench.evidence.behaviour.check_context import GONE, CheckContext, finding
from workbench.evidence.behaviour.comparing import Deviation, is_named
from workbench.evidence.doubts import is_accepted_form, whose_form
from workbench.model import Finding, Matter, Operation, show_json

_BREAKDOWN = 500


def tell_misfit(
    context: CheckContext, feature: str, error: TranslationError, answer: Answer | None, about: str
) -> Finding:
    """An answer that our mapping cannot read: theirs where it breaks their own document.

    Args:
        context: Of the checks.
        feature: Whose answer it was; empty where that is not known.
        error: Why it does not fit.
        answer: The answer; None for the last one of the feature.
        about: What to call it in a sentence.
    """
    operation = context.partner.operations(feature)[0][1] if context.has(feature) else None
    payload = answer.json() if answer else context.last_payload(operation)
    matter = Matter.FOLDER
    if operation is not None and payload is not None:
        matter = whose_form(
            context.partner.description,
            operation.document,
            operation.response_schema,
            payload,
            error.path,
        )
    kind = "answer-not-translated" if matter.is_theirs else "answer-not-mapped"
    return finding(
        kind,
        operation=operation.id if operation else None,
        observed=f"at {error.path or '/'}",
        pointer=error.path or None,
        answer=answer,
        about=about,
        why=error.message,
    )


def whose_refusal(context: CheckContext, operation: Operation, answer: Answer) -> Matter:
    """Whose matter it is that a write is refused which we call valid.

    A breakdown is theirs, and so is the refusal of what their document calls valid. Without that,
    our mapping or sample may be wrong; of an address that is not there, one of our ids.
    """
    if answer.status >= _BREAKDOWN:
        return Matter.PLATFORM
    if answer.status in GONE and not _is_there(context, answer):
        return Matter.TEST_DATA
    body = answer.request.body
    if not body and operation.request_schema is None:
        return Matter.PLATFORM  # nothing of it is ours
    try:
        payload: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Matter.FOLDER
    is_valid = is_accepted_form(
        context.partner.description, operation.document, operation.request_schema, payload
    )
    return Matter.PLATFORM if is_valid else Matter.FOLDER


def _is_there(context: CheckContext, answer: Answer) -> bool:
    """Whether the address of a write, or one below the same things, was read in this run."""
    url = answer.request.url.partition("?")[0]
    return any(
        entry.method == "GET" and 200 <= entry.status < 300 and entry.url.partition("?")[0] == url
        for entry in context.session.recorder.unmasked()
    )


def called(context: CheckContext, slug: str, answer: Answer) -> Operation:
    """The operation of a feature that an answer is of; its first one if none fits."""
    bound = [item for _, item in context.partner.operations(slug)]
    return next((item for item in bound if context.is_of(item, answer)), bound[0])


def tell_deviations(
    context: CheckContext,
    items: Iterable[Deviation],
    after: str,
    operation: Operation,
    answer: Answer,
) -> Iterator[Finding]:
    """What was sent and did not survive; a field that the document does not know may be our fault.

    Args:
        context: Of the checks.
        items: What did not survive.
        after: What was done, as the start of a sentence.
        operation: That took it.
        answer: That shows it.
    """
    for item in items:
        where = item.difference
        if item.slug == "time-without-zone":
            yield finding(
                item.slug,
                operation=operation.id,
                observed=show_json(where.found),
                pointer=re.sub("/\\d+", "/0", where.pointer),
                answer=answer,
                zone=context.partner.manifest.timezone,
            )
            continue
        is_ours = item.slug == "field-lost" and not is_named(
            context.partner.description, operation.document, operation.request_schema, where.pointer
        )
        yield finding(
            "field-unknown" if is_ours else item.slug,
            after=after,
            operation=operation.id,
            expected=show_json(where.sent),
            observed=show_json(where.found),
            pointer=where.pointer,
            answer=answer,
        )
