"""What our own receiver does with what comes late, by another method, or under no known name.

The deliveries are the partner's own of this run; only the way in which they come is ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from workbench.adapters import Adapter, Answer, HttpClient
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.check_table import say
from workbench.evidence.receipts.post import Delivered, Post, event_names, tell_trait
from workbench.model import Access, Evidence, Feature
from workbench.receiver import Party, ProcessedEvent, is_stale, process_event, read_events

_OTHER = {"POST": "PUT", "PUT": "POST"}
_UNKNOWN = "workbench-unknown"
_DROPPED = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
)


def deliver(
    client: HttpClient,
    delivery: Delivered,
    *,
    method: str = "",
    path: str = "",
    body: bytes | None = None,
) -> Answer:
    """Send a delivery to our own address once more, or with another method, path or body."""
    headers = {key: value for key, value in delivery.headers.items() if key not in _DROPPED}
    return client.send(
        method or delivery.method,
        path or delivery.path,
        content=delivery.body if body is None else body,
        headers=headers,
        write=True,
    )


def handle_oddities(post: Post, client: HttpClient, features: list[Feature]) -> Iterator[Evidence]:
    """The last delivery by the other method and under an unknown name, and old news after new."""
    if post.last is not None:
        yield from _by_other_method(post, client, post.last)
        yield from _under_unknown_name(post, client, post.last)
    yield from _out_of_order(post, features)


def _by_other_method(post: Post, client: HttpClient, last: Delivered) -> Iterator[Evidence]:
    """POST and PUT are both taken; a signature that covers the method forbids to try it."""
    other = _OTHER.get(last.method)
    if other is not None and deliver(client, last, method=other).is_success:
        words = say("both-methods.acknowledged", one=last.method, other=other)
        yield tell_trait(post, "heard", words, check="both-methods")


def _under_unknown_name(post: Post, client: HttpClient, last: Delivered) -> Iterator[Evidence]:
    """A genuine delivery that no rule knows is kept, and not refused."""
    webhooks = post.partner.manifest.webhooks
    path, _, query = last.path.partition("?")
    tail = f"{path.rstrip('/')}/{_UNKNOWN}" + (f"?{query}" if query else "")
    before = {receipt.id for receipt in post.inbox.receipts(post.partner.slug)}
    answer = deliver(client, last, path=tail)
    receipts = post.inbox.receipts(post.partner.slug)
    kept = [item for item in receipts if item.id not in before and item.verified]
    if webhooks is None or not answer.is_success or not kept or read_events(webhooks, kept[0]):
        return  # the signature covers the address, or the name is in the body
    words = say("unknown-kept.kept", status=answer.status)
    yield tell_trait(post, "kept", words, check="unknown-kept")


def _out_of_order(post: Post, features: list[Feature]) -> Iterator[Evidence]:
    """Of each thing whose status changed twice, the older news counts as old after the newer."""
    told = _results(post, features)
    pairs = [
        (older, results[-1])
        for results in told.values()
        for older in results[:-1]
        if older.status != results[-1].status
    ]
    webhooks = post.partner.manifest.webhooks
    rules = webhooks.events.values() if webhooks else ()
    if pairs and all(is_stale(str(new.status), new.at, old) for old, new in pairs):
        words = say("late-harmless.changes-nothing", n=len(pairs))
        yield tell_trait(post, "harmless", words, check="late-harmless")
    elif told and all(rule.pull for rule in rules):
        words = say("late-harmless.notice")
        yield tell_trait(post, "harmless", words, check="late-harmless")


def _results(post: Post, features: list[Feature]) -> dict[str, list[ProcessedEvent]]:
    """What our processing makes of the changes that came, by the thing, in the order of coming."""
    changes = [feature for feature in features if feature.access is Access.CHANGED]
    names = {name for feature in changes for name in event_names(post.partner, feature)}
    party = Party(post.partner, Adapter(post.session))
    told: dict[str, list[ProcessedEvent]] = defaultdict(list)
    for receipt, event in post.events(names, datetime.fromtimestamp(0, UTC)):
        row = {
            "reference": event.reference,
            "location": event.location,
            "order_key": event.entity_id,
        }
        try:
            result = process_event(party, receipt, row, lambda *_: None)
        except (InputError, PartnerError, TranslationError):
            continue  # told where the event itself is looked at
        told[result.entity_id].append(result)
    return told
