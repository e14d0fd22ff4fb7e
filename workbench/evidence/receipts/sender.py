"""Traits of the sender, from everything that came in a run, and of our receiver towards forgers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from workbench.adapters import Answer, HttpClient
from workbench.errors import InputError, PartnerError
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ENDPOINT, KINDS, EntityKind
from workbench.evidence.placing import fresh
from workbench.evidence.receipts.delivery_record import with_cause, with_delivery
from workbench.evidence.receipts.handling import deliver, handle_oddities
from workbench.evidence.receipts.post import (
    Delivered,
    Post,
    event_names,
    tell,
    tell_trait,
)
from workbench.evidence.receipts.provoking import Registration, change_status, provoke
from workbench.model import Access, Binding, Evidence, Feature, Finding, Outcome, make_finding
from workbench.receiver import Arrival


def judge_sender(
    post: Post, server_url: str, registration: Registration, features: list[Feature]
) -> Iterator[Evidence]:
    """Traits that hold, and what our receiver does with a forged and with a repeated delivery."""
    if not post.heard:
        return
    for fact, holds, words in _traits(post, registration):
        if holds:
            yield tell_trait(post, fact, words)
    if post.is_never_repeated:
        yield tell(
            post.session,
            ENDPOINT,
            Outcome.INAPPLICABLE,
            say("sender.not-repeated"),
            check="sender",
            shows=["repeated"],
        )
    webhooks = post.partner.manifest.webhooks
    is_signed = webhooks is not None and webhooks.signature.scheme != "none"
    with HttpClient(
        server_url,
        redactor=post.session.redactor,
        allow_writes=True,
        environment=post.session.environment,
        partner=post.partner.slug,
    ) as client:
        yield from handle_oddities(post, client, features)
        if post.last is not None:
            yield from _play_forger(post, client, post.last, is_signed=is_signed)


def _traits(post: Post, registration: Registration) -> Iterator[tuple[str, bool, str]]:
    """Fact, whether it was seen to hold, and what was seen."""
    receipts = {receipt.id: receipt for receipt, _ in post.heard}.values()
    webhooks = post.partner.manifest.webhooks
    scheme = webhooks.signature.scheme if webhooks else "none"
    limit = webhooks.timeout_seconds if webhooks else None
    batched = sum(event.rule.each is not None for _, event in post.heard)
    pulled = sum(event.rule.pull is not None for _, event in post.heard)
    proved = scheme != "none" and all(receipt.verified for receipt in receipts)
    slowest = say("sender.in-time", n=f"{post.slowest * 1000:.0f}", limit=limit)
    again = say("sender.repeated")
    routed = say("sender.routed")
    yield "reached", True, say("sender.reached", n=len(receipts))
    yield "genuine", proved, say("sender.genuine", scheme=scheme)
    yield "repeated", post.refused > 0, again
    yield "routed", True, routed
    yield "batch", batched > 0, say("sender.batch", n=batched)
    yield "pull", pulled > 0, say("sender.pull", n=pulled)
    yield "in-time", limit is not None and post.slowest < limit, slowest
    yield "registered", registration.is_theirs, say("sender.registered", how=registration.how)


def _play_forger(
    post: Post, client: HttpClient, last: Delivered, *, is_signed: bool
) -> Iterator[Evidence]:
    """Send the last delivery again, once as it was and once changed."""
    before = len(post.inbox.receipts(post.partner.slug))
    again = deliver(client, last)
    kept = len(post.inbox.receipts(post.partner.slug)) == before
    if again.is_success and kept:
        words = say("sender.once")
        yield tell_trait(post, "once", words)
    if is_signed:
        yield _tell_forged(post, deliver(client, last, body=last.body + b" "))


def _tell_forged(post: Post, answer: Answer) -> Evidence:
    scheme = post.partner.manifest.webhooks
    covers_body = scheme is not None and scheme.signature.scheme in {
        "hmac",
        "standard-webhooks",
    }
    quarantined = any(not item.verified for item in post.inbox.receipts(post.partner.slug))
    if not covers_body:
        words = say("forged-refused.not-covered")
    else:
        state = "quarantined" if quarantined else say("not-kept")
        words = say("forged-refused.refused", status=answer.status, state=state)
    return tell(post.session, ENDPOINT, Outcome.PASSED, words, check="forged-refused")


def look_for_copies(post: Post, feature: Feature) -> Iterator[Finding]:
    """One happening, told twice under different ids."""
    bodies = Counter(one.body for one in {one.id: one for one, _ in post.heard}.values())
    told = Counter(
        (event.reference, event.entity_id, str(_status(event.item)))
        for receipt, event in post.heard
        if event.reference in event_names(post.partner, feature) and event.entity_id
        # A ping says nothing but that something happened.
        if not event.rule.pull
        if not receipt.seen_again
        # Without an id, the same words are the same delivery, sent again.
        if event.event_id or bodies[receipt.body] == 1
    )
    for (reference, identity, _), count in told.items():
        if count > 1:
            last = next(
                receipt for receipt, event in reversed(post.heard) if event.entity_id == identity
            )
            doubled = make_finding(
                "webhook-doubled",
                operation=reference,
                observed=say("events-for", n=count, id=identity),
                n=count,
            )
            yield with_delivery(post, doubled, last)
            return


def _status(item: object) -> object:
    return item.get("status") if isinstance(item, dict) else None


def watch_order(post: Post, features: list[Feature]) -> Iterator[Evidence]:
    """Change a status three times in a row, and see whether the events come in that order."""
    for kind in KINDS:
        feature = next((f for f in features if f.slug == kind.status_event), None)
        writes = isinstance(post.partner.statement(kind.status_write), Binding)
        if feature is None or not writes:
            continue
        sent, heard = _change_thrice(post, kind, feature)
        wanted = [status for status in sent if status in heard]
        if len(wanted) < 2:
            continue
        findings = []
        first_seen = list(dict.fromkeys(heard))
        if first_seen != wanted:
            disordered = make_finding(
                "webhook-out-of-order",
                expected=", ".join(wanted),
                operation=min(event_names(post.partner, feature)),
                observed=", ".join(first_seen),
                noun=kind.noun,
            )
            findings.append(with_cause(post, disordered))
        yield tell(
            post.session,
            feature.slug,
            Outcome.PASSED,
            say(
                "events-in-order.changed",
                noun=kind.noun,
                times=len(sent),
                n=len(heard),
                names=", ".join(heard),
            ),
            check="events-in-order",
            findings=findings,
        )


def _change_thrice(post: Post, kind: EntityKind, feature: Feature) -> tuple[list[str], list[str]]:
    began = datetime.now(UTC)
    identity = fresh(post.session, kind)
    sent = [
        status
        for step in range(3)
        if identity and (status := change_status(post.session, kind, identity, step))
    ]
    names = event_names(post.partner, feature)
    end = time.monotonic() + min(post.wait, 1.5)
    heard: list[str] = []
    while time.monotonic() < end and len(heard) < len(sent):
        time.sleep(0.05)
        heard = [
            status
            for _, event in post.events(names, began)
            if event.entity_id == identity and (status := _canonical(post, event.item, event.rule))
        ]
    return sent, heard


def _canonical(post: Post, item: object, rule: object) -> str | None:
    translator = post.partner.translators.get(getattr(rule, "mapping", None) or "")
    if translator is None:
        return None
    return str(getattr(translator.translate(item).value, "status", "")) or None


_CHECK = "silence-repeated"


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
        words = say("silence-repeated.again", n=f"{seconds:.1f}")
        yield tell_trait(post, "repeated", words, check=_CHECK)
        return
    words = say(
        "silence-repeated.not-again",
        n=f"{limit + post.wait:.0f}",
    )
    lost = make_finding(
        "webhook-dropped-on-silence",
        operation=min(event_names(post.partner, feature)),
        observed="none",
        criterion="repeated",
        what=words,
    )
    yield tell_trait(post, "repeated", words, check=_CHECK, finding=with_delivery(post, lost, held))


def _is_about(held: Arrival, identity: str | None) -> bool:
    return identity is None or identity.encode() in held.body


def _find_heard(post: Post, features: list[Feature]) -> Feature | None:
    """A feature of creations, of which an event came in this run: it can be provoked again."""
    heard = {event.reference for _, event in post.heard}
    for feature in features:
        if feature.access is Access.CREATED and event_names(post.partner, feature) & heard:
            return feature
    return None
