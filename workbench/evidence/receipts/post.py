"""The receiver of one run: it keeps what comes, refuses the first delivery, remembers one whole."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.adapters import Session
from workbench.evidence.check_table import criteria_of, make_evidence
from workbench.evidence.kinds import ENDPOINT
from workbench.model import Evidence, Feature, Finding, Outcome
from workbench.partners import Partner, load_catalogue
from workbench.receiver import Arrival, Inbox, Receipt, ReceivedEvent, read_events

Heard = list[tuple[Receipt, ReceivedEvent]]

WAIT_SECONDS = 12.0
SETTLE_SECONDS = 0.3  # in which a second copy of a delivery would come
_STUCK_SECONDS = 3.0
QUIET_SECONDS = 0.5  # without a delivery: what was left over from before has come


@dataclass(frozen=True)
class Delivered:
    """One request as it came, with its signature, to be sent once more."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class Post:
    """The receiver of one run, and what came to it.

    Attributes:
        wait: Seconds to wait for an event.
        is_settling: What comes is left over from before this run: taken, and held against nobody.
        refused: How many deliveries were answered with 503.
        is_lost: Whether one of those did not come again, so that no other has to be waited for.
        silent_seconds: Not 0: the next delivery is read, and not answered for so long.
        unanswered: The delivery that was read and got no answer; None before that.
        slowest: Longest time in which we acknowledged, in seconds.
        last: The last delivery that was let through.
        heard: Every event that this run provoked.
        bookings: Id of a reservation → its time and number of guests, as first told.
        address: Where the partner was told to send to.
        windows: Feature → names of what came while its event was awaited.
        began: When this run began to listen.
    """

    partner: Partner
    session: Session
    inbox: Inbox
    wait: float = WAIT_SECONDS
    is_settling: bool = False
    refused: int = 0
    is_lost: bool = False
    silent_seconds: float = 0.0
    unanswered: Arrival | None = None
    slowest: float = 0.0
    last: Delivered | None = None
    heard: Heard = field(default_factory=list)
    bookings: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    address: str = ""
    windows: dict[str, set[str]] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_never_repeated(self) -> bool:
        """Whether the folder states that a lost delivery is not sent again: none is lost for it."""
        webhooks = self.partner.manifest.webhooks
        (retries,) = criteria_of("sender", ENDPOINT, "repeated")
        is_absent = self.partner.absence(ENDPOINT, retries) is not None
        return is_absent or (webhooks is not None and webhooks.repeats == 0)

    def receipts(self, since: datetime) -> list[Receipt]:
        """Everything that came at or after an instant, genuine or not."""
        return [
            receipt
            for receipt in self.inbox.receipts(self.partner.slug)
            if receipt.last_seen_at >= since
        ]

    def forged(self, names: set[str], since: datetime) -> list[Receipt]:
        """What came for the first time, was not genuine, and is one of these as far as it tells."""
        webhooks = self.partner.manifest.webhooks
        found = []
        for receipt in self.inbox.receipts(self.partner.slug, since):
            if receipt.verified or receipt.received_at < since or webhooks is None:
                continue  # a repeat of an older one tells nothing of these
            told = {event.reference for event in read_events(webhooks, receipt)}
            if not told or told & names:
                found.append(receipt)
        return found

    def came(self, since: datetime) -> set[str]:
        """What came genuine for the first time since an instant.

        By the name of its event, or by the end of its address where no rule knows it.
        """
        webhooks = self.partner.manifest.webhooks
        found: set[str] = set()
        if webhooks is None:
            return found
        for receipt in self.inbox.receipts(self.partner.slug, since):
            if receipt.verified and receipt.received_at >= since:
                told = {event.reference for event in read_events(webhooks, receipt)}
                found |= told or {receipt.tail}
        return found

    def unexpected(self, since: datetime) -> set[str]:
        """Of what came since an instant that which no feature is bound to."""
        bound = {
            name for item in load_catalogue().features for name in event_names(self.partner, item)
        }
        return self.came(since) - bound

    def refused_again(self, since: datetime) -> Receipt | None:
        """What was not genuine before, and came again at or after an instant; the latest."""
        came = [item for item in self.receipts(since) if not item.verified]
        return max(came, key=lambda item: item.last_seen_at, default=None)

    def events(self, names: set[str], since: datetime) -> Heard:
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

    def note_leaks(self, since: datetime | None = None) -> None:
        """Tell the session of credentials of ours that deliveries held; refused ones prove nothing.

        Anybody can send those.
        """
        for receipt in self.inbox.receipts(self.partner.slug, since):
            if receipt.state != "quarantined":
                path = f"/{self.partner.slug}/webhooks/{receipt.tail}"
                self.session.recorder.note_echoes(receipt.method, path, receipt.leaked)

    def settle(self) -> None:
        """Let come what a sender still had for us from before, until it is quiet for a moment."""
        self.is_settling = True
        end = time.monotonic() + self.wait
        pause, quiet, count = QUIET_SECONDS, time.monotonic(), 0
        while time.monotonic() < min(end, quiet + pause):
            if (seen := len(self.inbox.receipts(self.partner.slug))) != count:
                # Where something was left over, more may stand behind a pause of the sender.
                pause, quiet, count = QUIET_SECONDS * 5, time.monotonic(), seen
            time.sleep(0.05)
        self.is_settling = False

    def await_event(self, names: set[str], since: datetime, identity: str | None = None) -> Heard:
        """Wait for one of these events, and then a moment for its copies; empty if none came.

        With an `identity` only events about that thing count: what else comes was not provoked.
        A delivery that was not genuine ends the wait: the genuine one does not come any more. So
        do, after a while, repeats of older ones that we refused: the sender may be stuck there.
        """
        began = time.monotonic()
        end = began + self.wait
        while time.monotonic() < end:
            if self.news(names, since, identity):
                time.sleep(SETTLE_SECONDS)
                return self.news(names, since, identity)
            if self.forged(names, since):
                break
            if time.monotonic() > began + _STUCK_SECONDS and self.refused_again(since):
                break
            time.sleep(0.03)
        return []

    def await_repeat(self, wait: float) -> Receipt | None:
        """Wait until the delivery that got no answer comes again: the same body, or event."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if (held := self.unanswered) is not None:
                came = self.receipts(held.received_at)
                repeat = next((item for item in came if self._is_same(item, held)), None)
                if repeat is not None:
                    return repeat
            time.sleep(0.05)
        return None

    def _is_same(self, receipt: Receipt, held: Arrival) -> bool:
        return receipt.body == held.body or bool(self._ids(receipt) & self._ids(held))

    def _ids(self, arrival: Arrival) -> set[tuple[str, str]]:
        webhooks = self.partner.manifest.webhooks
        events = read_events(webhooks, arrival) if webhooks else []
        return {(event.reference, event.event_id) for event in events if event.event_id}

    def news(self, names: set[str], since: datetime, identity: str | None) -> Heard:
        """Events about that thing that came for the first time, and are no repeat of older ones."""
        return [
            (receipt, event)
            for receipt, event in self.events(names, since)
            if receipt.received_at >= since
            if identity is None or identity == event.entity_id or mentions(event.item, identity)
        ]


def mentions(value: Any, identity: str) -> bool:
    """Whether an id stands anywhere in a JSON value."""
    if isinstance(value, dict):
        return any(mentions(item, identity) for item in value.values())
    if isinstance(value, list):
        return any(mentions(item, identity) for item in value)
    return not isinstance(value, bool | float | None) and str(value) == identity


def watch(app: Any, post: Post) -> Callable[..., Any]:
    """Answer the first delivery with 503, leave one unanswered if asked to, keep the last."""

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or post.is_settling:
            await app(scope, receive, send)
            return
        if not post.refused and not post.is_never_repeated:
            post.refused += 1
            headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        if post.silent_seconds:
            seconds, post.silent_seconds = post.silent_seconds, 0.0  # this one, and no other
            post.unanswered = await _hold(scope, receive, post.partner.slug, seconds)
            return
        chunks: list[bytes] = []

        async def listen() -> Any:
            message = await receive()
            chunks.append(message.get("body", b""))
            return message

        began = time.monotonic()
        await app(scope, listen, send)
        post.slowest = max(post.slowest, time.monotonic() - began)
        query = scope.get("query_string", b"").decode("latin-1")
        post.last = Delivered(
            scope["method"],
            scope["path"] + (f"?{query}" if query else ""),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            b"".join(chunks),
        )

    return answer


async def _hold(
    scope: MutableMapping[str, Any], receive: Any, slug: str, seconds: float
) -> Arrival:
    """Read a request and say nothing, until its sender gives up."""
    began, chunks = datetime.now(UTC), []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (message := await receive())["type"] != "http.disconnect":
                chunks.append(message.get("body", b""))
    headers = (
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return Arrival(
        partner=slug,
        pos_code=slug,
        method=scope["method"],
        target=scope["path"].partition("/webhooks/")[2],
        headers=tuple(headers),
        body=b"".join(chunks),
        received_at=began,
    )


def tell(
    session: Session,
    feature: str,
    outcome: Outcome,
    summary: str,
    *,
    check: str = "event-received",
    subject: str = "",
    shows: Iterable[str] = (),
    findings: list[Finding] | None = None,
    detail: dict[str, Any] | None = None,
) -> Evidence:
    """An observation of this source."""
    return make_evidence(
        check,
        feature,
        outcome,
        summary,
        shows=shows,
        findings=findings or (),
        subject=subject,
        environment=session.environment,
        inputs={"partner.yaml": session.partner.inputs["partner.yaml"]},
        tool="workbench receiver",
        detail=detail or {},
    )


def tell_trait(
    post: Post,
    fact: str,
    words: str,
    *,
    check: str = "sender",
    finding: Finding | None = None,
) -> Evidence:
    """A trait of the sender: it holds, unless there is a finding."""
    return tell(
        post.session,
        ENDPOINT,
        Outcome.FAILED if finding else Outcome.PASSED,
        words,
        check=check,
        subject=f"/{post.partner.slug}/webhooks/…",
        shows=[fact],
        findings=[finding] if finding else [],
    )


def event_names(partner: Partner, feature: Feature) -> set[str]:
    """The references of a feature's events."""
    return {name for name, _ in partner.events(feature.slug)}
