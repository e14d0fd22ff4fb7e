"""What the sender does when nobody answers: one delivery is read, and left without an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from workbench.errors import InputError, PartnerError
from workbench.evidence.receipts.post import ENDPOINT, Post, event_names, tell
from workbench.evidence.receipts.provoking import provoke
from workbench.model.evidence import Evidence, Finding, Outcome, Severity
from workbench.model.feature import Feature

_RETRIES = "event-retries-observed"


def leave_unanswered(post: Post, features: list[Feature]) -> Iterator[Evidence]:
    """Provoke a new order or reservation, give no answer, and see whether it comes again.

    Only where the manifest says how long the sender waits; the wait is that long.
    """
    webhooks = post.partner.manifest.webhooks
    limit = webhooks.timeout_seconds if webhooks else None
    heard = {event.reference for _, event in post.heard}
    feature = next(
        (
            item
            for item in features
            if item.slug.endswith("created-event") and event_names(post.partner, item) & heard
        ),
        None,
    )
    if limit is None or feature is None:
        return
    names = event_names(post.partner, feature)
    began = datetime.now(UTC)
    post.silent_seconds = limit + post.wait
    try:
        provoke(post.session, feature)
        found = post.await_event(names, began, wait=limit + post.wait)
    except (InputError, PartnerError):
        return  # told where the event itself was provoked
    finally:
        post.silent_seconds = 0.0
    if post.unanswered is None:
        return
    if found:
        seconds = time.monotonic() - post.unanswered
        words = f"A delivery that we left without an answer was sent again after {seconds:.1f} s."
        yield tell(
            post.session,
            ENDPOINT,
            Outcome.PASSED,
            words,
            check="silence-repeated",
            subject=min(names),
            criteria=(_RETRIES,),
        )
        return
    lost = Finding(
        slug="webhook-dropped-on-silence",
        severity=Severity.MEDIUM,
        summary=f"A delivery of {', '.join(sorted(names))} that we left without an answer was not "
        f"sent again within {limit + post.wait:.0f} s.",
        operation=min(names),
        expected="the same delivery again",
        observed="none",
        criterion=_RETRIES,
    )
    yield tell(
        post.session,
        ENDPOINT,
        Outcome.FAILED,
        lost.summary,
        check="silence-repeated",
        criteria=(_RETRIES,),
        findings=[lost],
    )
