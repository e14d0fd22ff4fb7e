"""Why an event was not heard, and whose matter that is: theirs, our folder's, or nobody's yet.

A delivery that proves no sender, or that comes under another name, has two explanations: they send
it wrongly, or we state wrongly what they send. What decides is told once all events were provoked:
one bad delivery among good ones is the partner's, and so is what its document says otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from workbench.evidence.check_table import say
from workbench.evidence.receipts.delivery_record import with_cause, with_delivery
from workbench.evidence.receipts.post import WAIT_SECONDS, Heard, Post, event_names, tell
from workbench.model import Evidence, Feature, Finding, Matter, Outcome, make_finding
from workbench.partners import load_catalogue
from workbench.receiver import Receipt, read_events

_UNPROVED = frozenset({"missing", "malformed", "mismatch", "too-old"})
# Clocks that differ by less sign with the same time.
_SAME_CLOCK = timedelta(seconds=30)


class MissedEvent(NamedTuple):
    """An event that was not heard.

    Attributes:
        feature: Whose event it is.
        names: Of the events that were awaited.
        done: What should have made one come.
        missing: What was told of it then.
        others: Events of other features that came in its place.
        forged: The delivery that did not prove its sender, if that is why.
        since: When it was done.
        identity: Id of what it was done to, where that is known.
    """

    feature: Feature
    names: set[str]
    done: str
    missing: Finding
    others: set[str]
    forged: Receipt | None
    since: datetime
    identity: str | None

    def seconds_to(self, receipt: Receipt) -> float:
        """Seconds from what was done to a delivery."""
        return round((receipt.received_at - self.since).total_seconds(), 2)


def hear_late(post: Post, absence: MissedEvent, *, is_slow: bool) -> Heard:
    """What came of it after the wait was over; from a slow sender it is awaited once more."""
    if absence.forged is not None:
        return []
    look = post.await_event if is_slow else post.news
    return look(absence.names, absence.since, absence.identity)


def note_absence(
    post: Post, feature: Feature, done: str, since: datetime, identity: str | None
) -> MissedEvent:
    """What is known of an absence at the moment at which the wait is over."""
    names = event_names(post.partner, feature)
    missing, forged = _explain(post, names, done, since, identity)
    others = post.came(since) - names
    return MissedEvent(feature, names, done, missing, others, forged, since, identity)


def settle(post: Post, absence: MissedEvent) -> Evidence:
    """The line of an absence, once it is known what else came in this run."""
    found, feature = absence.missing, absence.feature.slug
    if absence.forged is not None and not _is_theirs(post, absence.forged):
        found = _doubt(found)
    elif found.slug == "webhook-not-delivered" and is_confused(post, absence):
        other = make_finding(
            "webhook-other-came",
            done=absence.done,
            operation=min(absence.names),
            events=", ".join(sorted(absence.names)),
            observed=", ".join(sorted(absence.others)) or "none",
        )
        found = with_cause(post, other)
    # What our own folder expects wrongly is held against nobody, nor is a wait that we cut short.
    is_cut = found.slug == "webhook-not-delivered" and not post.heard and post.wait < WAIT_SECONDS
    is_theirs = found.matter.is_theirs and not is_cut and not _is_held_up(post, absence)
    outcome = Outcome.FAILED if is_theirs else Outcome.CANT_TELL
    return tell(post.session, feature, outcome, found.summary, findings=[found])


def _is_held_up(post: Post, absence: MissedEvent) -> bool:
    """Whether the sender was busy with another event that we refused before, so this one waits."""
    forged = absence.forged
    if forged is None or forged.received_at >= absence.since:
        return False
    told = _named_by(post, forged)
    return bool(told) and told.isdisjoint(absence.names)


def _named_by(post: Post, receipt: Receipt) -> set[str]:
    """The events that a delivery says it is."""
    webhooks = post.partner.manifest.webhooks
    return {event.reference for event in read_events(webhooks, receipt)} if webhooks else set()


def is_confused(post: Post, absence: MissedEvent) -> bool:
    """Whether our folder may bind the names of two events the wrong way round.

    Either what came instead never came for what it is bound to, or what was awaited came when
    something else was done.
    """
    own = {event.reference for _, event in post.heard}
    elsewhere = {
        name
        for feature, names in post.windows.items()
        if feature != absence.feature.slug
        for name in names
    }
    return bool(absence.others - own) or bool(absence.others and absence.names & elsewhere)


def retell(post: Post, absences: list[MissedEvent], line: Evidence) -> Evidence:
    """A line of an event that came where another one was awaited: it settles nothing."""
    mixed = {
        feature.slug
        for absence in absences
        if is_confused(post, absence)
        for feature in load_catalogue().features
        if event_names(post.partner, feature) & absence.others
    }
    if line.feature not in mixed or line.outcome not in {Outcome.PASSED, Outcome.FAILED}:
        return line
    doubts = tuple(item.model_copy(update={"matter": Matter.FOLDER}) for item in line.findings)
    return line.model_copy(update={"outcome": Outcome.CANT_TELL, "findings": doubts})


def explain_absence(post: Post, names: set[str], done: str, since: datetime) -> Finding:
    """Why no genuine event was heard, and whose matter that is by what came so far."""
    found, forged = _explain(post, names, done, since, None)
    is_open = forged is not None and not _is_theirs(post, forged)
    return _doubt(found) if is_open else found


def _explain(
    post: Post, names: set[str], done: str, since: datetime, identity: str | None
) -> tuple[Finding, Receipt | None]:
    """Why no genuine event was heard; and the delivery that was not genuine, if that is why.

    It was not genuine, shared its id, was another one or about another thing, or did not come.
    """
    came = post.receipts(since)
    forged = max(post.forged(names, since), key=lambda item: item.received_at, default=None)
    if forged is None and (older := post.refused_again(since)) is not None:
        forged, done = older, say("earlier-change")
    doubled = next((item for item in came if item.differed), None)
    place: dict[str, Any] = {"operation": min(names)}
    if forged is not None:
        place = {"operation": min(_named_by(post, forged) or names)}
        expected, observed = _signatures(post, forged)
        signed: dict[str, Any] = {"expected": expected, "observed": observed}
        found = make_finding(
            "webhook-not-genuine",
            done=done,
            reason=say(f"event-received.signature-{forged.reason}")
            if forged.reason in _UNPROVED
            else forged.reason,
            **signed,
            **place,
        )
    else:
        found = _tell_missing(post, names, done, since, identity, doubled)
    seen = forged or doubled
    return (with_delivery(post, found, seen) if seen else with_cause(post, found)), forged


def _tell_missing(
    post: Post,
    names: set[str],
    done: str,
    since: datetime,
    identity: str | None,
    doubled: Receipt | None,
) -> Finding:
    """It shared its id, was another one, or about another thing, or did not come at all."""
    told: dict[str, Any] = {"events": ", ".join(sorted(names)), "operation": min(names)}
    if doubled is not None:
        kind = "webhook-id-of-subject" if _is_of_subject(post, doubled) else "webhook-id-reused"
        return make_finding(kind, observed=say("other-event-id"), **told)
    if others := post.unexpected(since):
        observed = ", ".join(sorted(others))
        return make_finding("webhook-other-came", done=done, observed=observed, **told)
    if about := _abouts(post, names, since):
        told |= {"observed": ", ".join(sorted(about)), "expected": identity}
        return make_finding("webhook-of-another", done=done, **told)
    waited = f"{post.wait:.0f}"
    return make_finding("webhook-not-delivered", done=done, observed="none", n=waited, **told)


def _abouts(post: Post, names: set[str], since: datetime) -> set[str]:
    """The ids of things that the awaited events were about, none of which was provoked."""
    return {
        event.entity_id or say("no-id")
        for receipt, event in post.events(names, since)
        if receipt.received_at >= since
    }


def _is_of_subject(post: Post, receipt: Receipt) -> bool:
    """Whether what our folder reads as the id of an event is the id of what it is about."""
    webhooks = post.partner.manifest.webhooks
    told = read_events(webhooks, receipt) if webhooks else []
    return any(event.event_id and event.event_id == event.entity_id for event in told)


def _is_theirs(post: Post, forged: Receipt) -> bool:
    """Whether it is known that the sender is wrong, and not what we state of it."""
    if any(receipt.verified for receipt in post.receipts(post.began)):
        return True  # others proved themselves by the same statement
    if forged.reason == "missing":
        return _promises_header(post)
    return forged.reason == "too-old" and _share_clock(post)


def _promises_header(post: Post) -> bool:
    """Whether the document says itself that deliveries bear the header that our folder names."""
    description, webhooks = post.partner.description, post.partner.manifest.webhooks
    wanted = (webhooks.signature.header or "").lower() if webhooks else ""
    promised = {
        parameter.name.lower()
        for event in description.events
        for parameter in event.parameters
        if parameter.place == "header"
    }
    schemes = (item for item in description.security if item.place == "header")
    promised |= {(item.parameter or "").lower() for item in schemes}
    return bool(wanted) and wanted in promised


def _share_clock(post: Post) -> bool:
    """Whether the partner's answers bear our time, so that an old stamp is no clock of ours."""
    for entry in reversed(post.session.recorder.unmasked()):
        headers = {name.lower(): value for name, value in entry.response_headers.items()}
        try:
            told = parsedate_to_datetime(headers.get("date", ""))
        except (TypeError, ValueError):
            continue
        return abs(told.astimezone(UTC) - entry.started) < _SAME_CLOCK
    return False


def _doubt(found: Finding) -> Finding:
    """That no delivery proves its sender: it may be our secret, or what we state of the proof."""
    doubt = make_finding(
        "webhook-proof-unsettled", slug=found.slug, what=found.summary, operation=found.operation
    )
    told = ("summary", "hint", "matter")
    return found.model_copy(update={name: getattr(doubt, name) for name in told})


def _signatures(post: Post, receipt: Receipt) -> tuple[str, str]:
    """What the manifest says of the signature, and what came in its header."""
    webhooks = post.partner.manifest.webhooks
    if webhooks is None:
        return "a signature", receipt.reason
    stated = webhooks.signature
    header = stated.header or "webhook-signature"
    kind = f"HMAC-{stated.algorithm.upper()} of {stated.template} in {stated.encoding}"
    words = kind if stated.scheme == "hmac" else stated.scheme
    sent = receipt.header(header)
    return f"{header}: {stated.prefix}{words}", f"{header}: {sent}" if sent else f"no {header}"
