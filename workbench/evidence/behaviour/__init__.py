"""Does it behave as an integration needs? Checks from bindings and canonical meaning alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from workbench.adapters import Adapter, Session
from workbench.errors import (
    CredentialError,
    InputError,
    MappingError,
    PartnerError,
    TranslationError,
)
from workbench.evidence.behaviour.access import accept_ours, refuse_others, renew_token
from workbench.evidence.behaviour.adding import create_one
from workbench.evidence.behaviour.batching import write_many
from workbench.evidence.behaviour.beyond import try_beyond
from workbench.evidence.behaviour.blame import tell_misfit
from workbench.evidence.behaviour.bounds import try_bounds
from workbench.evidence.behaviour.cards import publish_menus
from workbench.evidence.behaviour.changing import change_one_field, remove_and_read, replace_whole
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.behaviour.coordinates import look_at_places
from workbench.evidence.behaviour.creating import create_and_find
from workbench.evidence.behaviour.driving import send_positions
from workbench.evidence.behaviour.holding import hold_back
from workbench.evidence.behaviour.identities import (
    refuse_everywhere,
    refuse_expired,
    refuse_second,
    refuse_wrong,
)
from workbench.evidence.behaviour.keeping import Kept, keep, put_back
from workbench.evidence.behaviour.kitchen import tell_kitchen_result
from workbench.evidence.behaviour.latency import look_at_pace, look_at_rates
from workbench.evidence.behaviour.list_checks import look_at_lists
from workbench.evidence.behaviour.naming import follow_codes
from workbench.evidence.behaviour.outcomes import follow_outcomes
from workbench.evidence.behaviour.pricing import compare_prices
from workbench.evidence.behaviour.promising import promise_times
from workbench.evidence.behaviour.reads import read_known, read_statuses, read_unknown
from workbench.evidence.behaviour.sharing import keep_limits, share_group
from workbench.evidence.behaviour.slots import book_offered
from workbench.evidence.behaviour.special_days import open_and_close
from workbench.evidence.behaviour.status_writes import walk_statuses
from workbench.evidence.behaviour.writes import write_and_read_back
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER, RESERVATION
from workbench.evidence.traces import count_exchanges, tell_traces
from workbench.model import (
    REFUSAL,
    Aspect,
    Catalogue,
    Evidence,
    Feature,
    FeatureSlug,
    Finding,
    Outcome,
    Source,
)
from workbench.partners import Partner


class Check(NamedTuple):
    """A check, and the feature that its trouble is told of when it cannot go on."""

    slug: str
    run: Callable[[CheckContext], Iterator[Evidence]]
    features: tuple[str, ...]


_READS = (ORDER.read, RESERVATION.read)
_STATUS_WRITES = (ORDER.status_write, RESERVATION.status_write)
_WRITES = (FeatureSlug.MENU_WRITE, FeatureSlug.PRODUCT_WRITE, FeatureSlug.AVAILABILITY_WRITE)

_PUT_BACK_SHARE = 0.25
_LAST_SECONDS = 4.0  # for putting back, where somebody stops us

# In this order: what needs the test account as it was comes before what changes it.
CHECKS = (
    Check(
        "credentials-accepted",
        accept_ours,
        (FeatureSlug.SANDBOX_CREDENTIALS, FeatureSlug.PRODUCTION_CREDENTIALS),
    ),
    Check("credentials-needed", refuse_others, _READS),
    Check("credentials-needed", refuse_everywhere, _STATUS_WRITES),
    Check("wrong-credentials-refused", refuse_wrong, _READS),
    Check("expired-refused", refuse_expired, _READS),
    Check("other-identity", refuse_second, _READS),
    Check("token-renewed", renew_token, (FeatureSlug.TOKEN_LIFECYCLE,)),
    Check("read-known", read_known, _READS),
    Check("place-plausible", look_at_places, _READS[:1]),
    Check("read-unknown", read_unknown, _READS),
    Check("status-agrees", read_statuses, (ORDER.status_read, RESERVATION.status_read)),
    Check("menu-price", compare_prices, _READS[:1]),
    Check("created-then-found", create_and_find, _READS),
    Check("list-complete", look_at_lists, _READS),
    Check("offered-slot-booked", book_offered, _READS[1:]),
    Check("status-round-trip", walk_statuses, _STATUS_WRITES),
    Check("time-promised", promise_times, _STATUS_WRITES[:1]),
    Check("kitchen-told", tell_kitchen_result, _STATUS_WRITES[:1]),
    Check("position-sent", send_positions, (FeatureSlug.DELIVERY_LOCATION_WRITE,)),
    Check("read-after-write", write_and_read_back, _WRITES),
    Check("created-one", create_one, _WRITES),
    Check("written-together", write_many, _WRITES),
    Check("codes-come-back", follow_codes, _WRITES[1:2]),
    Check("menus-together", publish_menus, _WRITES[:1]),
    Check("group-shared", share_group, (FeatureSlug.OPTION_CATEGORY_WRITE,)),
    Check("limits-kept", keep_limits, (FeatureSlug.OPTION_CATEGORY_WRITE,)),
    Check("availability-known", open_and_close, _WRITES[2:]),
    Check("outcome-followed", follow_outcomes, _WRITES),
    Check("patch-leaves-others", change_one_field, _WRITES),
    Check("put-replaces", replace_whole, _WRITES),
    Check("use-after-delete", remove_and_read, _WRITES),
    Check("bounds-kept", try_bounds, _WRITES),
    Check("bound-and-answered", try_beyond, ()),
    Check("latency", look_at_pace, _READS),
    Check("rate-limit-headers", look_at_rates, _READS),
)


def list_checks(feature: Feature) -> tuple[str, ...]:
    """Names of the checks that can show something of a feature.

    Parts of the menu are written by the checks of the whole menu.
    """
    named = [item.slug for item in CHECKS if feature.slug in item.features]
    if feature.is_write and feature.aspect is Aspect.WHOLE and feature.slug not in _WRITES:
        named += [item.slug for item in CHECKS if {*_WRITES} <= {*item.features}]
    return tuple(dict.fromkeys(named))


def gather(
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    *,
    patience: float = 8.0,
    seconds: float = 120.0,
    only: Collection[str] = (),
) -> Iterator[Evidence]:
    """Run every check; trouble with one never stops the others.

    What the partner does wrong is a finding. That it did not let us ask (401, 429, a gateway, no
    answer, our own time used up), or that the folder lacks something to ask with, is `cant-tell`
    with the reason.

    Who stops it (Ctrl-C) waits a few seconds more, in which what was changed is put back.

    Args:
        partner: Whose folder says what to ask.
        catalogue: Features and criteria.
        session: The opened environment.
        patience: Seconds that a partner has for what it does later.
        seconds: Time for all questions together; what is left then is not asked.
        only: Names of the checks to run; all when it is empty.
    """
    context = CheckContext(partner, catalogue, session, Adapter(session), patience)
    since = count_exchanges(session)
    session.reset()
    kept: list[Kept] = []

    def leave(seconds: float) -> Iterator[Evidence]:
        if not only:
            with session.client.examine(seconds):
                yield from put_back(context, kept, since)
        yield from tell_traces(session, Source.BEHAVIOUR, since)

    lines = hold_back(context, _ask(context, kept, seconds, only), since)
    # Time of its own: what we changed is put back, too, where the questions took all of theirs.
    yield from _and_then(lines, leave, seconds * _PUT_BACK_SHARE)


def keep_around(
    lines: Iterator[Evidence],
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    *,
    seconds: float = 120.0,
) -> Iterator[Evidence]:
    """What another source says, and then put back what it wrote over that a sample would, too.

    A partner that can be reset needs none of it.

    Args:
        lines: What it says; its own requests need not be recorded.
        partner: Whose folder says what is written.
        catalogue: Features and criteria.
        session: The opened environment.
        seconds: Time of that source; looking before and putting back after take a part of it.
    """
    if partner.environment(session.environment).reset:
        yield from lines
        return
    context = CheckContext(partner, catalogue, session, Adapter(session))
    since, share = count_exchanges(session), seconds * _PUT_BACK_SHARE
    with session.client.examine(share):
        kept = keep(context)

    def leave(seconds: float) -> Iterator[Evidence]:
        with session.client.examine(seconds):
            yield from put_back(context, kept, since)

    yield from _and_then(lines, leave, share)


def _and_then(
    lines: Iterator[Evidence], leave: Callable[[float], Iterator[Evidence]], seconds: float
) -> Iterator[Evidence]:
    """Lines, and what has to be done after them, however they end."""
    try:
        yield from lines
    except KeyboardInterrupt:
        yield from leave(_LAST_SECONDS)
        raise
    except GeneratorExit:  # stopped between two questions: nobody listens any more
        deque(leave(_LAST_SECONDS), maxlen=0)
        raise
    yield from leave(seconds)


def _ask(
    context: CheckContext, kept: list[Kept], seconds: float, only: Collection[str]
) -> Iterator[Evidence]:
    """All questions, after a look at what they will change."""
    with context.session.client.examine(seconds):
        kept += [] if only else keep(context)
        for check in CHECKS:
            if not only or check.slug in only:
                yield from _run(context, check)


def _run(context: CheckContext, check: Check) -> Iterator[Evidence]:
    try:
        yield from check.run(context)
    except MappingError as error:
        yield from _give_up(
            context, check, say("not-tested-why", why=error.message), Outcome.UNTESTED
        )
    except (CredentialError, PartnerError, InputError) as error:
        words = say("stopped", error=error)
        refusal = {} if isinstance(error, InputError) else {REFUSAL: type(error).__name__}
        yield from _give_up(context, check, words, Outcome.CANT_TELL, detail=refusal)
    except TranslationError as error:
        words = say("did-not-fit", error=error)
        named = [error.feature] if error.feature and context.has(error.feature) else check.features
        for feature in named:
            trouble = tell_misfit(context, feature, error, None, say("an-answer"))
            yield context.tell(feature, check.slug, words, findings=[trouble])
        # The other features that the check is about have answered nothing wrong.
        rest = tuple(feature for feature in check.features if feature not in named)
        words = say("unreadable-answer", operation=named[0])
        yield from _give_up(context, check._replace(features=rest), words, Outcome.CANT_TELL)


def _give_up(
    context: CheckContext,
    check: Check,
    words: str,
    outcome: Outcome | None,
    *findings: Finding,
    detail: dict[str, str] | None = None,
) -> Iterator[Evidence]:
    for feature in check.features:
        if context.has(feature):
            yield context.tell(
                feature, check.slug, words, outcome=outcome, findings=findings, detail=detail
            )
