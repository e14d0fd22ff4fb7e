"""Reading back what was written: where it can be read, until it is there, and what of it is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from workbench.adapters import Answer, SentRequest, finish_write, pick_for_mode
from workbench.canonical import Entity, Ids
from workbench.errors import InputError, PartnerError
from workbench.evidence.behaviour.blame import called, tell_deviations, whose_refusal
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import deviations, differences
from workbench.evidence.behaviour.inventing import is_invented
from workbench.evidence.check_table import say
from workbench.evidence.kinds import feature_of
from workbench.evidence.relations import last_parameter
from workbench.model import Difference, Evidence, Finding, Operation, Outcome
from workbench.partners import Entity as EntityName

_PARENTS: dict[str, EntityName] = {
    "menu-section": "menu",
    "product-variant": "product",
    "option": "option-category",
}


def payload_of(context: CheckContext, slug: str, entity: Entity) -> Any:
    """What is sent for an entity, in the partner's words."""
    translator = context.partner.translator(slug)
    return translator.untranslate(entity).payload if translator else None


def parents_of(context: CheckContext, slug: str, entity: Entity) -> dict[str, str]:
    """The id of the thing above, such as the menu of a section.

    Of the known ones it is the one below which the entity is already found, else the first.
    """
    above = _PARENTS.get(feature_of(slug).noun or "")
    known = context.known(above) if above else ()
    if above is None or not known:
        return {}
    for candidate in known:
        ids: dict[str, str] = {above: candidate}
        url = target_of(context, slug, entity, ids)
        if len(known) > 1 and context.session.client.send("GET", url).status < 400:
            return ids
    return {above: known[0]}


def target_of(context: CheckContext, slug: str, entity: Entity, ids: dict[str, str]) -> str:
    """The address that a write of an entity goes to; nothing is sent."""
    preview = context.adapter.write(slug, entity, ids=ids, dry_run=True)
    return preview.url if isinstance(preview, SentRequest) else preview.request.url


def read_url(context: CheckContext, target: str, identity: str = "", slug: str = "") -> str | None:
    """Where the written thing can be read: where the folder says, there, or one id below.

    Args:
        context: The context.
        target: Address of the write.
        identity: The partner's id of what was written.
        slug: Of the feature; its operation for `read-back` goes before all.
    """
    stated = _stated_url(context, identity, slug) if identity and slug else None
    if stated is not None:
        return stated
    url = target.partition("?")[0]
    base = context.session.client.base_url.rstrip("/")
    path = url.removeprefix(base)
    if _reads(context, path):
        return url
    below = f"{path.rstrip('/')}/{quote(identity, safe='')}"
    return base + below if identity and _reads(context, below) else None


def _stated_url(context: CheckContext, identity: str, slug: str) -> str | None:
    """The address of the operation that is bound for reading back one thing, if it takes an id."""
    operation = pick_for_mode(context.partner, slug, "read-back")
    noun = feature_of(slug).noun
    if operation is None or noun is None or last_parameter(operation.path) is None:
        return None
    channel = context.adapter.channel
    with suppress(InputError):  # the id of something above is not known
        return channel.show(channel.request(operation, {noun: identity})).url
    return None


def identity_of(entity: Entity) -> str:
    """The partner's id of an entity; empty where it has none."""
    ids = getattr(entity, "ids", None)
    return ids.partner_id if isinstance(ids, Ids) else ""


def _reads(context: CheckContext, path: str) -> bool:
    wanted = path.strip("/").split("/")
    return any(
        _fits(operation, wanted)
        for operation in context.partner.description.operations
        if operation.method == "GET"
    )


def _fits(operation: Operation, wanted: list[str]) -> bool:
    parts = operation.path.strip("/").split("/")
    return len(parts) == len(wanted) and all(
        part == given or part.startswith("{") for part, given in zip(parts, wanted, strict=True)
    )


def await_effect(context: CheckContext, url: str, payload: Any) -> tuple[list[Difference], float]:
    """Read until what was sent is there; asynchronous imports take a moment.

    Raises:
        PartnerError: A success is no JSON, or empty: that tells nothing of what was written.
    """
    began = time.monotonic()
    pause = 0.05
    while True:
        answer = context.session.client.send("GET", url)
        left = differences(payload, answer.data() if answer.is_success else answer.json())
        seconds = time.monotonic() - began
        if not left or seconds > context.patience:
            return left, seconds
        time.sleep(pause)
        pause = min(pause * 2, 1.0)


def settle_write(context: CheckContext, slug: str, answer: Answer) -> None:
    """Let a write end that was only accepted or is a draft, before we look what became of it."""
    with suppress(PartnerError):
        finish_write(context.adapter.channel, slug, answer, seconds=context.patience)


def tally(left: list[Difference]) -> str:
    """How much of it is there, in words."""
    return say("all-there") if not left else say("not-as-sent", n=len(left))


def losses(
    context: CheckContext, slug: str, answer: Answer, left: list[Difference]
) -> Iterator[Finding]:
    """Findings of what was sent and is not there."""
    after = say("after-write", noun=feature_of(slug).noun)
    operation = called(context, slug, answer)
    yield from tell_deviations(context, [*deviations(left)][:5], after, operation, answer)


def tell_refused(
    context: CheckContext, slug: str, answer: Answer, shown: tuple[str, ...] = ()
) -> Evidence:
    """A valid write was refused: a fault, unless what was sent was invented by us."""
    summary = say("sent-answered", asked=context.asked(answer), status=answer.status)
    if is_invented(context, slug):
        words = say("invented", summary=summary)
        return context.tell(slug, "read-after-write", words, outcome=Outcome.UNTESTED)
    operation = called(context, slug, answer)
    matter = whose_refusal(context, operation, answer)
    refused = finding(
        "write-refused" if matter.is_theirs else "write-unsettled",
        matter=matter,
        operation=operation.id,
        observed=f"{answer.status} {answer.excerpt}",
        criterion=shown[0] if shown else "modify-one",
        answer=answer,
        noun=feature_of(slug).noun,
        status=answer.status,
    )
    return context.tell(slug, "read-after-write", summary, shows=shown, findings=[refused])
