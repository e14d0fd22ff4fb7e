"""Whole menus: several at once, made and changed, and read back as the platform shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.adapters import Answer
from workbench.canonical import Catalog, Menu
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.adding import fresh_copy
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import differences
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.readback import (
    await_effect,
    losses,
    parents_of,
    payload_of,
    read_url,
    settle_write,
    tally,
)
from workbench.evidence.check_table import say
from workbench.model import Evidence, FeatureSlug, Outcome, show_json

_FEATURE = FeatureSlug.MENU_WRITE
_CHECK = "menus-together"
_COUNT = 2


def publish_menus(context: CheckContext) -> Iterator[Evidence]:
    """Publish the recorded menus with two new ones, rename those, and compare what is shown."""
    if not context.has(_FEATURE) or not context.session.allow_writes:
        return
    catalog = next((one for one in recorded(context, _FEATURE) if isinstance(one, Catalog)), None)
    if catalog is None or not catalog.menus:
        return
    try:
        yield from _publish_several(context, catalog)
        yield from _read_back(context, catalog)
    except (PartnerError, InputError, TranslationError) as error:
        words = say("menus-together.stopped", error=error)
        yield context.tell(_FEATURE, _CHECK, words, outcome=Outcome.CANT_TELL)


def _publish_several(context: CheckContext, catalog: Catalog) -> Iterator[Evidence]:
    new = [fresh_copy(catalog.menus[-1]) for _ in range(_COUNT)]
    renamed = [menu.model_copy(update={"name": f"{getattr(menu, 'name', '')} ·"}) for menu in new]
    for role, menus in (("create-many", new), ("modify-many", renamed)):
        if context.excludes(_CHECK, _FEATURE, role):
            continue
        whole = _with(catalog, [menu for menu in menus if isinstance(menu, Menu)])
        payload = payload_of(context, _FEATURE, whole)
        # Where the partner has one menu only, the mapping leaves the others out.
        if payload != payload_of(context, _FEATURE, catalog):
            yield _publish(context, whole, payload, role)


def _with(catalog: Catalog, menus: list[Menu]) -> Catalog:
    return catalog.model_copy(update={"menus": (*catalog.menus, *menus)})


def _publish(context: CheckContext, catalog: Catalog, payload: Any, role: str) -> Evidence:
    answer = context.adapter.call(
        _FEATURE, entity=catalog, ids=parents_of(context, _FEATURE, catalog)
    )
    summary = say(
        "menus-together.sent",
        n=len(catalog.menus),
        asked=context.asked(answer),
        status=answer.status,
    )
    if not answer.is_success:
        words = say("menus-together.made-up", summary=summary)
        return context.tell(_FEATURE, _CHECK, words, outcome=Outcome.UNTESTED)
    settle_write(context, _FEATURE, answer)
    url = read_url(context, answer.request.url)
    if url is None:
        words = say("menus-together.no-read", summary=summary)
        return context.tell(_FEATURE, _CHECK, words, outcome=Outcome.UNTESTED)
    left, seconds = await_effect(context, url, payload)
    return context.tell(
        _FEATURE,
        _CHECK,
        say("read-back", summary=summary, seconds=f"{seconds:.1f}", tally=tally(left)),
        subject=context.asked(answer),
        shows=() if left else [role],
        findings=losses(context, _FEATURE, answer, left),
    )


def _read_back(context: CheckContext, catalog: Catalog) -> Iterator[Evidence]:
    """Publish what was recorded, read the menu into our words, and compare in theirs."""
    answer = context.adapter.call(
        _FEATURE, entity=catalog, ids=parents_of(context, _FEATURE, catalog)
    )
    if not answer.is_success:
        return  # told by `read-after-write`
    settle_write(context, _FEATURE, answer)
    try:
        shown = context.adapter.get_menu()
    except InputError:
        return  # Nothing reads it back.
    yield _compare(context, catalog, shown, answer)


def _compare(context: CheckContext, catalog: Catalog, shown: Catalog, answer: Answer) -> Evidence:
    wanted, got = (payload_of(context, _FEATURE, one) for one in (catalog, shown))
    left = differences(wanted, got)
    findings = [
        finding(
            "menu-shown-differs",
            expected=show_json(item.sent),
            operation=context.subject(_FEATURE),
            observed=show_json(item.found),
            criterion="same",
            pointer=item.pointer,
            answer=answer,
        )
        for item in left[:1]
    ]
    return context.tell(
        _FEATURE,
        "menu-compared",
        say(
            "menu-compared.read",
            menus=len(shown.menus),
            dishes=len(shown.products),
            tally=tally(left),
        ),
        shows=() if left else ["same"],
        findings=findings,
    )
