"""Did they call us, genuinely, and could we read it?

Where the sandbox can be made to send, each event is provoked and awaited at a receiver of our own;
elsewhere the durable inbox of `workbench listen` is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from workbench.adapters import Session
from workbench.errors import CredentialError, InputError, PartnerError
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ENDPOINT
from workbench.evidence.receipts.absence import (
    MissedEvent,
    explain_absence,
    hear_late,
    note_absence,
    retell,
    settle,
)
from workbench.evidence.receipts.delivery_check import look_at
from workbench.evidence.receipts.post import (
    WAIT_SECONDS,
    Heard,
    Post,
    event_names,
    tell,
    watch,
)
from workbench.evidence.receipts.provoking import Registration, provoke, register
from workbench.evidence.receipts.sender import (
    judge_sender,
    leave_unanswered,
    look_for_copies,
    watch_order,
)
from workbench.evidence.traces import count_exchanges, tell_traces
from workbench.model import (
    SECONDS,
    Access,
    Catalogue,
    Evidence,
    Feature,
    FeatureKind,
    Outcome,
    Source,
    make_finding,
)
from workbench.partners import Partner
from workbench.receiver import (
    INBOX_NAME,
    Endpoint,
    Inbox,
    ReceiverServer,
    create_app,
    open_endpoint,
)
from workbench.store import RunFolder

__all__ = [
    "WAIT_SECONDS",
    "Post",
    "await_by_hand",
    "explain_absence",
    "gather",
    "hear",
    "provoke",
]


def gather(
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    folder: RunFolder,
    *,
    wait: float = WAIT_SECONDS,
    seconds: float = SECONDS,
) -> Iterator[Evidence]:
    """One observation or more per bound event, and one per trait of the sender.

    `wait` is how many seconds an event may take, and `seconds` all that we ask for them.
    """
    features = [
        feature
        for feature in catalogue.features
        if feature.kind is FeatureKind.EVENT and partner.events(feature.slug)
    ]
    if not features or partner.manifest.webhooks is None:
        return
    try:
        endpoint = open_endpoint(
            partner.manifest,
            lambda name: _credential(session, name),
            redactor=session.redactor,
        )
    except CredentialError as error:
        for item in features:
            yield tell(
                session, item.slug, Outcome.CANT_TELL, say("event-received.not-heard", error=error)
            )
        return
    with ExitStack() as stack:
        if not session.allow_writes or session.environment == "production":
            yield from _read_inbox(stack, partner, session, features, folder)
            return
        since = count_exchanges(session)
        # The address is taken back after that, outside of this time.
        with session.limit(seconds):
            yield from _listen(stack, session, endpoint, features, folder, wait)
    yield from tell_traces(session, Source.RECEIPTS, since)


def _listen(
    stack: ExitStack,
    session: Session,
    endpoint: Endpoint,
    features: list[Feature],
    folder: RunFolder,
    wait: float,
) -> Iterator[Evidence]:
    """Open a receiver, tell the partner of it, and provoke each event."""
    partner = session.partner
    post, url = _open(stack, partner, session, endpoint, wait)
    session.reset()
    post.address = f"{url}/{partner.slug}/webhooks"
    try:
        registration = register(session, post.address)
    except InputError:
        registration = None
    if registration is None:
        yield from _read_inbox(stack, partner, session, features, folder)
        return
    stack.callback(_take_back, registration)
    post.settle()
    absences: list[MissedEvent] = []
    held: list[Evidence] = []
    for feature in features:
        lines = _provoke(post, feature, absences)
        # Where another event came than was awaited, those after it may be mixed up with it.
        if any(item.others for item in absences):
            held += lines
        else:
            yield from lines
    yield from _tell_absences(post, absences, held)
    if post.heard:
        yield from watch_order(post, features)
        yield from leave_unanswered(post, features)
    yield from judge_sender(post, url, registration, features)
    post.note_leaks()


def _tell_absences(
    post: Post, absences: list[MissedEvent], held: list[Evidence]
) -> Iterator[Evidence]:
    """What came late, what that makes of the lines that were held, and what never came."""
    missed: list[MissedEvent] = []
    late: list[tuple[MissedEvent, Heard]] = []
    for item in absences:
        # Of a sender that is slow, the last one is waited for as long as the others were.
        found = hear_late(post, item, is_slow=bool(late))
        if found:
            late.append((item, found))
        else:
            missed.append(item)
    yield from (retell(post, missed, line) for line in held)
    for item, found in late:
        post.heard += found
        yield from (look_at(post, item.feature, *one, item.seconds_to(one[0])) for one in found)
    yield from (settle(post, item) for item in missed)


def await_by_hand(
    partner: Partner, session: Session, feature: Feature, folder: RunFolder, *, wait: float
) -> Iterator[Evidence]:
    """Wait in the inbox of `workbench listen` for an event that a person brings about now."""
    path = folder.path.parent / INBOX_NAME
    names = event_names(partner, feature)
    if not path.is_file() or not names:
        words = say("event-received.nobody-listens", slug=partner.slug)
        yield tell(session, feature.slug, Outcome.UNTESTED, words)
        return
    with Inbox(path) as inbox:
        post, began = Post(partner, session, inbox, wait), datetime.now(UTC)
        found = post.await_event(names, began)
        for receipt, event in found[:1]:
            seconds = round((receipt.received_at - began).total_seconds(), 2)
            yield look_at(post, feature, receipt, event, seconds)
    if not found:
        words = say("event-received.none-came", names=", ".join(sorted(names)), wait=f"{wait:.0f}")
        yield tell(session, feature.slug, Outcome.UNTESTED, words)


@contextmanager
def hear(session: Session, folder: RunFolder, *, by_hand: bool = False) -> Iterator[Post]:
    """A receiver for somebody else's list: told to the partner, or the inbox of `listen`.

    It refuses no delivery: how a sender repeats is a question of our own checks.

    Args:
        session: With the partner; what may not be written is not registered.
        folder: Of the run.
        by_hand: A person brings the messages about, and they come to the inbox.

    Raises:
        CredentialError: The one that proves the sender is not set.
        InputError: Nobody listens.
        PartnerError: Our address could not be told to the partner.
    """
    with ExitStack() as stack:
        post = None if by_hand or not session.allow_writes else _tell_address(stack, session)
        path = folder.path.parent / INBOX_NAME
        if post is None and not path.is_file():
            raise InputError(
                "Nobody listens for the message that the list waits for",
                hint=f"Start `workbench listen {session.partner.slug}` beside the session, or "
                "allow writes in a sandbox that can be told our address.",
            )
        inbox = post.inbox if post else stack.enter_context(Inbox(path))
        yield post or Post(session.partner, session, inbox)


def _tell_address(stack: ExitStack, session: Session) -> Post | None:
    """A receiver that the partner was told of; None where it cannot be told."""
    partner = session.partner
    if partner.manifest.webhooks is None:
        return None
    endpoint = open_endpoint(
        partner.manifest, lambda name: _credential(session, name), redactor=session.redactor
    )
    post, url = _open(stack, partner, session, endpoint, WAIT_SECONDS)
    post.address, post.refused = f"{url}/{partner.slug}/webhooks", 1
    try:
        registration = register(session, post.address)
    except InputError:
        return None
    if registration is None:
        return None
    stack.callback(_take_back, registration)
    post.settle()
    return post


def _take_back(registration: Registration) -> None:
    with suppress(PartnerError, InputError):
        registration.undo()


def _open(
    stack: ExitStack, partner: Partner, session: Session, endpoint: Endpoint, wait: float
) -> tuple[Post, str]:
    room = stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-receipts-"))
    inbox = stack.enter_context(Inbox(Path(room) / INBOX_NAME))
    post = Post(partner, session, inbox, wait)
    app = watch(create_app({partner.slug: endpoint}, inbox), post)
    return post, stack.enter_context(ReceiverServer(app)).url


def _credential(session: Session, name: str) -> SecretStr:
    if name not in session.credentials:
        raise CredentialError(
            f"Credential {name!r} is not set, so webhooks cannot be checked",
            partner=session.partner.slug,
        )
    return session.credentials[name]


def _provoke(post: Post, feature: Feature, absences: list[MissedEvent]) -> Iterator[Evidence]:
    """Bring it about, creations twice: once more after a loss, and to see the ids differ."""
    for _ in range(2):
        lines = [*_provoke_once(post, feature, absences)]
        yield from lines
        is_lost = any(line.feature == ENDPOINT for line in lines)
        is_heard = any(line.subject for line in lines)
        if not is_lost and not (is_heard and feature.access is Access.CREATED):
            break  # the same change once more is no change
    for copy in look_for_copies(post, feature):
        yield tell(
            post.session,
            feature.slug,
            Outcome.PASSED,
            copy.summary,
            check="told-once",
            findings=[copy],
        )


def _provoke_once(post: Post, feature: Feature, absences: list[MissedEvent]) -> Iterator[Evidence]:
    names = event_names(post.partner, feature)
    refused, began = post.refused, datetime.now(UTC)
    try:
        done = provoke(post.session, feature)
    except (InputError, PartnerError) as error:
        outcome = Outcome.UNTESTED if isinstance(error, InputError) else Outcome.CANT_TELL
        yield tell(post.session, feature.slug, outcome, str(error))
        return
    found = post.await_event(names, began, done.identity)
    if not found and post.refused > refused and not post.receipts(began):
        post.is_lost = True
        yield _tell_lost(post, names)
    elif not found:
        absences.append(note_absence(post, feature, done.how, began, done.identity))
    post.windows.setdefault(feature.slug, set()).update(post.came(began))
    post.heard += found
    for receipt, event in found:
        seconds = round((receipt.received_at - began).total_seconds(), 2)
        yield look_at(post, feature, receipt, event, seconds)


def _tell_lost(post: Post, names: set[str]) -> Evidence:
    lost = make_finding(
        "webhook-not-repeated",
        operation=min(names),
        observed="none",
        criterion="repeated",
        events=", ".join(sorted(names)),
        n=f"{post.wait:.0f}",
    )
    return tell(
        post.session,
        ENDPOINT,
        Outcome.CANT_TELL,  # many senders pause for minutes
        lost.summary,
        check="sender",
        shows=["repeated"],
        findings=[lost],
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
        words = say("event-received.none-kept", slug=partner.slug)
        for feature in features:
            yield tell(session, feature.slug, Outcome.UNTESTED, words)
        return
    post = Post(partner, session, stack.enter_context(Inbox(path)))
    longest = max(feature.max_age_days for feature in features)
    post.note_leaks(datetime.now(UTC) - timedelta(days=longest))
    for feature in features:
        names = event_names(partner, feature)
        since = datetime.now(UTC) - timedelta(days=feature.max_age_days)
        found = post.events(names, since)
        if not found:
            listed, days = ", ".join(sorted(names)), feature.max_age_days
            words = say("event-received.not-in-inbox", names=listed, days=days)
            yield tell(session, feature.slug, Outcome.UNTESTED, words)
        for receipt, event in found[-3:]:
            line = look_at(post, feature, receipt, event, None)
            # It ages from the day on which it came.
            yield line.model_copy(update={"observed_at": receipt.received_at})
