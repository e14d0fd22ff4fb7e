"""What the sender does when nobody answers: one delivery is read, and left without an answer."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import InputError, PartnerError
from workbench.evidence.receipts.delivery_record import with_delivery
from workbench.evidence.receipts.post import Post, event_names, tell_trait
from workbench.evidence.receipts.provoking import provoke
from workbench.model import Access, Evidence, Feature, make_finding
from workbench.receiver import Arrival

_LEFT = "A delivery that we left without an answer"
_CHECK = "silence-repeated"
_RETRIES = "event-retries-observed"


def leave_unanswered(post: Post, features: list[Feature]) -> Iterator[Evidence]:
    """Provoke a new order or reservation, give no answer, and see whether it comes again.

    Only where the manifest says how long the sender waits; the wait is that long.
    """
    webhooks = post.partner.manifest.webhooks
    limit = webhooks.timeout_seconds if webhooks else None
    feature = _find_heard(post, features)
    if limit is None or feature is None or post.is_never_repeated or post.is_lost:
        return
    post.silent_seconds = limit + post.wait
    try:
        done = provoke(post.session, feature)
        repeat = post.await_repeat(limit + post.wait)
    except (InputError, PartnerError):
        return  # told where the event itself was provoked
    finally:
        post.silent_seconds = 0.0
    held = post.unanswered
    if held is None or not _is_about(held, done.identity):
        return  # another delivery came in between, which says nothing of ours
    if repeat is not None:
        seconds = (repeat.last_seen_at - held.received_at).total_seconds()
        words = f"{_LEFT} was sent again after {seconds:.1f} s."
        yield tell_trait(post, _RETRIES, words, check=_CHECK)
        return
    words = f"{_LEFT} was not sent again within {limit + post.wait:.0f} s."
    lost = make_finding(
        "webhook-dropped-on-silence",
        operation=min(event_names(post.partner, feature)),
        observed="none",
        criterion=_RETRIES,
        what=words,
    )
    yield tell_trait(post, _RETRIES, words, check=_CHECK, finding=with_delivery(post, lost, held))


def _is_about(held: Arrival, identity: str | None) -> bool:
    return identity is None or identity.encode() in held.body


def _find_heard(post: Post, features: list[Feature]) -> Feature | None:
    """A feature of creations, of which an event came in this run: it can be provoked again."""
    heard = {event.reference for _, event in post.heard}
    for feature in features:
        if feature.access is Access.CREATED and event_names(post.partner, feature) & heard:
            return feature
    return None
