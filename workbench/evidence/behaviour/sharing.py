"""Groups of extras: used by several dishes, with a number of choices that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from workbench.adapters import Answer, entity_noun
from workbench.canonical import Entity, OptionCategory, Product
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.adding import fresh_copy, take_back
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
    settle_write,
    tally,
)
from workbench.evidence.check_table import say
from workbench.model import Evidence, FeatureSlug, Outcome

_GROUPS = FeatureSlug.OPTION_CATEGORY_WRITE
_DISHES = FeatureSlug.PRODUCT_WRITE
_SHARE_CHECK = "group-shared"
_LIMIT_CHECK = "limits-kept"
_DISHES_SHARING = 2


def share_group(context: CheckContext) -> Iterator[Evidence]:
    """Two new dishes name one group of extras; both read so, and the group is as it was."""
    group = _recorded_group(context, _SHARE_CHECK, "shared")
    if group is None or not context.has(_DISHES):
        return
    dish = next((one for one in recorded(context, _DISHES) if isinstance(one, Product)), None)
    if dish is None:
        yield context.lack(_GROUPS, _SHARE_CHECK, say("group-shared.no-dish"))
        return
    bare = dish.model_copy(update={"variants": (), "option_category_ids": ()})
    sharing = bare.model_copy(update={"option_category_ids": (group.ids.partner_id,)})
    if payload_of(context, _DISHES, bare) == payload_of(context, _DISHES, sharing):
        return  # The mapping does not tell which groups a dish has.
    copies = [fresh_copy(sharing) for _ in range(_DISHES_SHARING)]
    try:
        yield _share(context, group, copies)
    except (PartnerError, InputError, TranslationError) as error:
        words = say("group-shared.stopped", error=error)
        yield context.tell(_GROUPS, _SHARE_CHECK, words, outcome=Outcome.CANT_TELL)
    finally:
        for copy in copies:
            _remove(context, _DISHES, copy)


def _recorded_group(context: CheckContext, check: str, fact: str) -> OptionCategory | None:
    """A group to work with, where writing is allowed and nothing is stated absent."""
    if not context.has(_GROUPS) or context.excludes(check, _GROUPS, fact):
        return None
    if not context.session.allow_writes:
        return None
    groups = (one for one in recorded(context, _GROUPS) if isinstance(one, OptionCategory))
    return next(groups, None)


def _remove(context: CheckContext, slug: str, entity: Entity) -> None:
    with suppress(PartnerError, InputError):
        take_back(context, slug, {entity_noun(type(entity)): identity_of(entity)})


def _share(context: CheckContext, group: OptionCategory, copies: list[Entity]) -> Evidence:
    answers = [_write(context, _GROUPS, group)]
    answers += [_write(context, _DISHES, copy) for copy in copies]
    refused = next((one for one in answers if not one.is_success), None)
    if refused is not None:
        words = say("group-shared.refused", asked=context.asked(refused), status=refused.status)
        return context.tell(_GROUPS, _SHARE_CHECK, words, outcome=Outcome.UNTESTED)
    left = []
    for slug, entity, answer in zip(
        (_GROUPS, _DISHES, _DISHES), (group, *copies), answers, strict=True
    ):
        url = read_url(context, answer.request.url, identity_of(entity))
        if url is None:
            words = say("group-shared.no-read", asked=context.asked(answer))
            return context.tell(_GROUPS, _SHARE_CHECK, words, outcome=Outcome.UNTESTED)
        left += await_effect(context, url, payload_of(context, slug, entity))[0]
    return context.tell(
        _GROUPS,
        _SHARE_CHECK,
        say(
            "group-shared.named", copies=len(copies), group=group.ids.partner_id, tally=tally(left)
        ),
        shows=() if left else ["shared"],
        findings=losses(context, _DISHES, answers[-1], left),
    )


def _write(context: CheckContext, slug: str, entity: Entity) -> Answer:
    answer = context.adapter.call(slug, entity=entity, ids=parents_of(context, slug, entity))
    settle_write(context, slug, answer)
    return answer


def keep_limits(context: CheckContext) -> Iterator[Evidence]:
    """Other numbers of choices are kept; a least number above the greatest is refused."""
    group = _recorded_group(context, _LIMIT_CHECK, "limits")
    if group is None:
        return
    count = max(2, len(group.options))
    copy = fresh_copy(group)
    within = copy.model_copy(update={"min_select": 1, "max_select": count})
    beyond = copy.model_copy(update={"min_select": count + 1, "max_select": count})
    if payload_of(context, _GROUPS, within) == payload_of(context, _GROUPS, beyond):
        return  # The mapping does not tell the limits.
    try:
        yield _limit(context, within, beyond)
    except (PartnerError, InputError, TranslationError) as error:
        words = say("limits-kept.not-tried", error=error)
        yield context.tell(_GROUPS, _LIMIT_CHECK, words, outcome=Outcome.CANT_TELL)
    finally:
        _remove(context, _GROUPS, copy)


def _limit(context: CheckContext, within: Entity, beyond: Entity) -> Evidence:
    answer = _write(context, _GROUPS, within)
    url = read_url(context, answer.request.url, identity_of(within))
    if not answer.is_success or url is None:
        words = say("limits-kept.not-read", asked=context.asked(answer), status=answer.status)
        return context.tell(_GROUPS, _LIMIT_CHECK, words, outcome=Outcome.UNTESTED)
    payload = payload_of(context, _GROUPS, within)
    left, _ = await_effect(context, url, payload)
    absurd = context.adapter.call(_GROUPS, entity=beyond, ids=parents_of(context, _GROUPS, beyond))
    findings = [*losses(context, _GROUPS, answer, left)]
    kept, _ = await_effect(context, url, payload) if not left else (left, 0.0)
    if absurd.is_success and kept:
        findings.append(
            finding(
                "absurd-limits-accepted",
                operation=context.subject(_GROUPS),
                observed=str(absurd.status),
                criterion="limits",
                answer=absurd,
            )
        )
    is_kept = not left and not kept and not absurd.is_success
    return context.tell(
        _GROUPS,
        _LIMIT_CHECK,
        say("limits-kept.wrote", tally=tally(left), status=absurd.status),
        subject=context.asked(answer),
        shows=["limits"] if is_kept else (),
        findings=findings,
        outcome=None if is_kept or findings else Outcome.UNTESTED,
    )
