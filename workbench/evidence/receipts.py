"""Did they call us, genuinely, and could we read it?

Where the sandbox can be made to send, each event is provoked and awaited at a receiver of our own;
elsewhere the durable inbox of `workbench listen` is read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.adapters.adapter import Adapter
from workbench.adapters.session import Session
from workbench.canonical.base import Entity
from workbench.canonical.invariants import check
from workbench.errors import CredentialError, PartnerError, TranslationError
from workbench.model.evidence import Evidence, Finding, Outcome, Severity, Source
from workbench.model.feature import Catalogue, Feature, FeatureKind
from workbench.partners import Partner
from workbench.partners.manifest import Trigger
from workbench.receiver.app import create_app
from workbench.receiver.events import ReceivedEvent, read_events
from workbench.receiver.inbox import Inbox
from workbench.receiver.listening import INBOX_NAME, open_endpoint
from workbench.receiver.receipt import Receipt
from workbench.receiver.server import ReceiverServer
from workbench.store import RunFolder

WAIT_SECONDS = 12.0
_ENDPOINT = "webhook-endpoint"


@dataclass
class Post:
    """The receiver of one run, and what came to it."""

    partner: Partner
    session: Session
    inbox: Inbox
    refused_once: bool = False
    heard: list[tuple[Receipt, ReceivedEvent]] = field(default_factory=list)

    def events(self, names: set[str], since: datetime) -> list[tuple[Receipt, ReceivedEvent]]:
        """Genuine events of these names that came at or after an instant."""
        webhooks = self.partner.manifest.webhooks
        if webhooks is None:
            return []
        return [
            (receipt, event)
            for receipt in self.inbox.receipts(self.partner.slug, since)
            if receipt.verified
            for event in read_events(webhooks, receipt)
            if event.reference in names
        ]

    def await_event(self, names: set[str], since: datetime) -> list[tuple[Receipt, ReceivedEvent]]:
        """Wait for one of these events, at most `WAIT_SECONDS`."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            found = self.events(names, since)
            if found:
                return found
            time.sleep(0.05)
        return []


def gather(
    partner: Partner, catalogue: Catalogue, session: Session, folder: RunFolder
) -> Iterator[Evidence]:
    """One observation per bound event, and one per trait of the sender."""
    features = [
        feature
        for feature in catalogue.features
        if feature.kind is FeatureKind.EVENT and partner.events(feature.slug)
    ]
    if not features or partner.manifest.webhooks is None:
        return
    with ExitStack() as stack:
        try:
            endpoint = open_endpoint(partner, lambda name: _credential(session, name))
        except CredentialError as error:
            yield from (
                _tell(session, item, Outcome.CANT_TELL, f"Not heard: {error}") for item in features
            )
            return
        if session.control is None or not session.allow_writes:
            yield from _read_inbox(stack, partner, session, features, folder)
            return
        room = stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-receipts-"))
        inbox = stack.enter_context(Inbox(Path(room) / INBOX_NAME))
        post = Post(partner, session, inbox)
        app = _refuse_first(create_app({partner.slug: endpoint}, inbox), post)
        server = stack.enter_context(ReceiverServer(app))
        url = f"{server.url}/{partner.slug}/webhooks"
        session.reset()
        session.control.send("POST", "/webhooks", json={"url": url}, write=True).require()
        for feature in features:
            yield from _provoke(post, feature)
        yield from _judge_sender(post)


def _credential(session: Session, name: str) -> Any:
    if name not in session.credentials:
        raise CredentialError(
            f"Credential {name!r} is not set, so webhooks cannot be checked",
            partner=session.partner.slug,
        )
    return session.credentials[name]


def _refuse_first(app: Any, post: Post) -> Callable[..., Any]:
    """Answer the first delivery with 503, to see whether the partner sends it again."""

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not post.refused_once:
            post.refused_once = True
            headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return answer


def _provoke(post: Post, feature: Feature) -> Iterator[Evidence]:
    partner, session = post.partner, post.session
    trigger = partner.environment(session.environment).triggers.get(feature.slug)
    names = {name for name, _ in partner.events(feature.slug)}
    if trigger is None or trigger.control is None:
        words = trigger.ask if trigger and trigger.ask else "nothing provokes it"
        yield _tell(session, feature, Outcome.UNTESTED, f"The event was not provoked: {words}.")
        return
    began = datetime.now(UTC)
    started = time.monotonic()
    _pull(session, trigger)
    found = post.await_event(names, began)
    seconds = round(time.monotonic() - started, 2)
    if not found:
        missing = Finding(
            slug="webhook-not-delivered",
            severity=Severity.HIGH,
            summary=f"{', '.join(sorted(names))} did not come within {WAIT_SECONDS:.0f} s after "
            f"`{trigger.control}`.",
            operation=min(names),
            expected="a delivery to our address",
            observed="none",
        )
        yield _tell(session, feature, Outcome.FAILED, missing.summary, findings=[missing])
        return
    post.heard += found
    for receipt, event in found:
        yield _look_at(post, feature, receipt, event, seconds)


def _pull(session: Session, trigger: Trigger) -> None:
    method, _, path = (trigger.control or "").partition(" ")
    if session.control is not None:
        session.control.send(method, path, json=trigger.body, write=True).require()


def _look_at(
    post: Post, feature: Feature, receipt: Receipt, event: ReceivedEvent, seconds: float | None
) -> Evidence:
    findings: list[Finding] = []
    entity: Entity | None = None
    try:
        entity = _understand(post, event)
    except TranslationError as error:
        findings.append(
            Finding(
                slug="webhook-not-translated",
                severity=Severity.HIGH,
                summary=f"The body of {event.reference} does not fit the mapping: {error.message}.",
                pointer=error.path or None,
                operation=event.reference,
            )
        )
    except PartnerError as error:
        return _tell(post.session, feature, Outcome.CANT_TELL, f"Received, but not read: {error}")
    findings += _broken_invariants(event, entity)
    broken = any(item.severity.breaks for item in findings)
    after = f" {seconds} s after it was provoked" if seconds is not None else ""
    how = "followed by a read" if event.rule.pull else "translated from its body"
    return _tell(
        post.session,
        feature,
        Outcome.FAILED if broken else Outcome.PASSED,
        f"{event.reference} came{after}, was genuine ({receipt.reason}), and was {how}.",
        subject=event.reference,
        criteria=_criteria(feature, entity),
        findings=findings,
        detail={"seconds": seconds, "bytes": len(receipt.body), "method": receipt.method},
    )


def _broken_invariants(event: ReceivedEvent, entity: Entity | None) -> list[Finding]:
    return [
        Finding(
            slug=violation.code.lower(),
            severity=Severity.HIGH if violation.severity == "error" else Severity.LOW,
            summary=f"{event.reference}: {violation.summary}",
            pointer=violation.path,
            operation=event.reference,
        )
        for violation in (check(entity) if entity is not None else ())
    ]


def _understand(post: Post, event: ReceivedEvent) -> Entity | None:
    """The entity that an event is about: from its body, or read with its id."""
    if event.rule.pull:
        adapter = Adapter(post.session)
        return adapter.read(event.rule.pull, event.entity_id or "").value
    translator = post.partner.translators.get(event.rule.mapping or "")
    return translator.translate(event.item).value if translator else None


def _criteria(feature: Feature, entity: Entity | None) -> tuple[str, ...]:
    own = {
        "order-created-event": "order-event-received",
        "reservation-created-event": "reservation-event-received",
        "order-status-event": "order-status-event-received",
        "reservation-status-event": "reservation-status-event-received",
    }
    status = str(getattr(entity, "status", ""))
    cancelled = ("order-cancellation-received",) if status == "cancelled" else ()
    wanted = (own.get(feature.slug, ""), *cancelled)
    return tuple(slug for slug in wanted if feature.criterion(slug))


def _judge_sender(post: Post) -> Iterator[Evidence]:
    """Traits of the sender, from everything that came in this run."""
    if not post.heard:
        return
    receipts = {receipt.id: receipt for receipt, _ in post.heard}.values()
    webhooks = post.partner.manifest.webhooks
    scheme = webhooks.signature.scheme if webhooks else "none"
    batched = [event for _, event in post.heard if event.rule.each]
    pulled = [event for _, event in post.heard if event.rule.pull]
    traits: list[tuple[str, bool, str]] = [
        ("webhook-endpoint-reachable", True, f"{len(receipts)} delivery(ies) reached our address."),
        (
            "event-sender-authenticated",
            scheme != "none" and all(receipt.verified for receipt in receipts),
            f"Every delivery proved its sender ({scheme}).",
        ),
        (
            "event-retries-observed",
            post.refused_once,
            "The first delivery was answered with 503, and was sent again.",
        ),
        (
            "event-restaurant-routed",
            True,
            "The restaurant is known from the pos-code in our address.",
        ),
        ("event-batch-split", bool(batched), f"{len(batched)} item(s) were split from batches."),
        ("event-ping-and-pull", bool(pulled), f"{len(pulled)} ping(s) were followed by a read."),
    ]
    for criterion, holds, words in traits:
        if holds:
            yield Evidence(
                feature=_ENDPOINT,
                source=Source.RECEIPTS,
                outcome=Outcome.PASSED,
                subject=f"/{post.partner.slug}/webhooks/…",
                summary=words,
                check="sender",
                criteria=(criterion,),
                environment=post.session.environment,
            )


def _read_inbox(
    stack: ExitStack,
    partner: Partner,
    session: Session,
    features: list[Feature],
    folder: RunFolder,
) -> Iterator[Evidence]:
    """What `workbench listen` has kept, not older than the feature's age."""
    path = folder.path.parent / INBOX_NAME
    if not path.is_file():
        for feature in features:
            words = (
                f"No webhook was provoked or kept; `workbench listen {partner.slug}` keeps them."
            )
            yield _tell(session, feature, Outcome.UNTESTED, words)
        return
    post = Post(partner, session, stack.enter_context(Inbox(path)))
    for feature in features:
        names = {name for name, _ in partner.events(feature.slug)}
        since = datetime.now(UTC) - timedelta(days=feature.max_age_days)
        found = post.events(names, since)
        if not found:
            words = f"The inbox holds no {', '.join(sorted(names))} of the last "
            words += f"{feature.max_age_days} days."
            yield _tell(session, feature, Outcome.UNTESTED, words)
        for receipt, event in found[-3:]:
            yield _look_at(post, feature, receipt, event, None)


def _tell(
    session: Session,
    feature: Feature,
    outcome: Outcome,
    summary: str,
    *,
    subject: str = "",
    criteria: tuple[str, ...] = (),
    findings: list[Finding] | None = None,
    detail: dict[str, Any] | None = None,
) -> Evidence:
    return Evidence(
        feature=feature.slug,
        source=Source.RECEIPTS,
        outcome=outcome,
        subject=subject,
        summary=summary,
        check="event-received",
        criteria=criteria,
        findings=tuple(findings or ()),
        environment=session.environment,
        inputs={"partner.yaml": session.partner.inputs["partner.yaml"]},
        tool="workbench receiver",
        detail=detail or {},
    )
