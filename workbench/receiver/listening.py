"""A receiver, put together: rules, keys, an inbox, its worker and reconciler, a server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from workbench.adapters import KEPT_TOKENS, Adapter, Session
from workbench.errors import CredentialError, InputError
from workbench.partners import Partner, open_redactor
from workbench.receiver.app import Endpoint, Receiver, create_app
from workbench.receiver.database import Database
from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.proxy import Proxies
from workbench.receiver.reconciliation import Reconciler
from workbench.receiver.retention import Keeping, Retainer
from workbench.receiver.server import ListeningPlace, ReceiverServer, serve
from workbench.receiver.signature import read_secrets
from workbench.receiver.sink import Forgetful, Sink
from workbench.receiver.worker import Worker
from workbench.secrecy import Redactor
from workbench.settings import Settings

Task = Worker | Reconciler | Retainer
INBOX_NAME = "inbox.sqlite"
_LOG = logging.getLogger(__name__)


def open_endpoint(
    partner: Partner,
    credential: Callable[[str], SecretStr],
    public_url: str | None = None,
    redactor: Redactor | None = None,
) -> Endpoint:
    """Who sends to the pos-code of a partner, with the keys to check it.

    Args:
        partner: The partner.
        credential: Finds a credential by name.
        public_url: Address up to and including `/webhooks` as the partner knows it.
        redactor: Knows what must not be kept, whoever sends it.

    Raises:
        InputError: The manifest says nothing about webhooks.
        CredentialError: The key is not set.
    """
    webhooks = partner.manifest.webhooks
    if webhooks is None:
        raise InputError(
            f"{partner.title} sends no webhooks",
            location=f"{partner.slug}/partner.yaml#/webhooks",
            partner=partner.slug,
            hint="Describe them under `webhooks:` in the manifest.",
        )
    return Endpoint(
        partner=partner.slug,
        webhooks=webhooks,
        secrets=read_secrets(webhooks.signature, credential),
        public_url=public_url,
        redactor=redactor or Redactor(),
    )


def inbox_path(settings: Settings, partner: str, *others: str) -> Path:
    """The durable inbox of a partner; that of several is beside their folders."""
    folder = settings.reports if others else settings.reports / partner
    return folder / INBOX_NAME


def assign_restaurants(partners: Iterable[Partner]) -> dict[str, Partner]:
    """Pos-code → who sends there: the slug of each partner, and the restaurants that it states.

    Raises:
        InputError: Two partners state the same pos-code.
    """
    assigned: dict[str, Partner] = {}
    for partner in partners:
        for code in (partner.slug, *partner.manifest.restaurants):
            if assigned.setdefault(code, partner) is not partner:
                raise InputError(
                    f"the pos-code {code!r} belongs to {assigned[code].slug} already",
                    location=f"{partner.slug}/partner.yaml#/restaurants",
                    partner=partner.slug,
                    hint="give each partner's restaurant a pos-code of its own",
                )
    return assigned


def open_inbox(partner: str, settings: Settings, store: str | None = None) -> Database:
    """The inbox of a partner, to look at what came.

    Raises:
        InputError: There is none yet.
    """
    path = inbox_path(settings, partner)
    if not store and not path.is_file():
        raise InputError(
            f"{partner} has no inbox yet",
            location=str(path),
            hint=f"`workbench listen {partner}` makes it.",
        )
    return Database(store or path)


@contextmanager
def open_station(
    restaurants: Mapping[str, Partner],
    environment: str,
    settings: Settings,
    *,
    store: str | None = None,
    sink: Sink | None = None,
    keeping: Keeping | None = None,
) -> Iterator[Receiver]:
    """An inbox with its worker and reconcilers at work, and the application that fills it.

    Args:
        restaurants: Pos-code → partner that sends there; several of either are fine.
        environment: `sandbox` or `production`.
        settings: Where inboxes and credentials are.
        store: Location of the inbox (`postgresql://…`, a path); default: the first partner's file.
        sink: Where processed events go; without one they stay in the inbox.
        keeping: What the inbox keeps of what is finished; without it, everything.

    Raises:
        InputError: A partner sends no webhooks, or the inbox cannot be opened.
        CredentialError: A key is not set, or a login that pings need.
    """
    partners = {partner.slug: partner for partner in restaurants.values()}
    redactors = {
        slug: _open_redactor(partner, environment, settings) for slug, partner in partners.items()
    }
    endpoints = {
        code: _open_door(code, partner, environment, settings, redactors[partner.slug])
        for code, partner in restaurants.items()
    }
    with ExitStack() as stack:
        inbox = stack.enter_context(Inbox(store or inbox_path(settings, *partners)))
        app = create_app(endpoints, inbox, proxies=_read_proxies(settings))
        parties = [
            Party(partner, _open_adapter(stack, partner, environment, settings, redactors[slug]))
            for slug, partner in partners.items()
        ]
        stack.enter_context(_running(_tasks(inbox.database, parties, sink, keeping)))
        yield app


@contextmanager
def listen(
    partner: Partner,
    environment: str,
    settings: Settings,
    host: str,
    port: int,
    *,
    store: str | None = None,
    sink: Sink | None = None,
) -> Iterator[ReceiverServer]:
    """Receive a partner's webhooks until the block ends; for notebooks and tests.

    Arguments and errors as of `open_station`; the pos-code is the partner's slug.
    """
    restaurants = {partner.slug: partner}
    with (
        open_station(restaurants, environment, settings, store=store, sink=sink) as app,
        ReceiverServer(app, host, port) as server,
    ):
        yield server


def serve_receiver(
    restaurants: Mapping[str, Partner],
    environment: str,
    settings: Settings,
    place: ListeningPlace,
    *,
    store: str | None = None,
    sink: Sink | None = None,
    keeping: Keeping | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Receive webhooks with granian until SIGINT or SIGTERM; in service.

    Arguments and errors as of `open_station` and `serve`; `ready` is called once all of it is
    checked, before the first request.
    """
    proxies = _read_proxies(settings)
    with open_station(
        restaurants, environment, settings, store=store, sink=sink, keeping=keeping
    ) as app:
        serve(app, place, ready=ready, exempt=proxies.__contains__)


def _read_proxies(settings: Settings) -> Proxies:
    return Proxies(settings.trusted_proxies.split(","), settings.proxy_prefix)


def _open_door(
    code: str, partner: Partner, environment: str, settings: Settings, redactor: Redactor
) -> Endpoint:
    credential = partial(settings.credential, partner.slug, environment)
    return open_endpoint(partner, credential, _public_address(settings, code), redactor)


def _open_redactor(partner: Partner, environment: str, settings: Settings) -> Redactor:
    names = ("forward_secret",)
    return open_redactor(partner, environment, settings, names=names, latest=KEPT_TOKENS)


def _public_address(settings: Settings, pos_code: str) -> str | None:
    if settings.public_url is None:
        return None
    return f"{settings.public_url.rstrip('/')}/{quote(pos_code, safe='')}/webhooks"


def _open_adapter(
    stack: ExitStack, partner: Partner, environment: str, settings: Settings, redactor: Redactor
) -> Adapter | None:
    """The partner's API; None when the login is not set, and no event needs it.

    What it is given to log in with, `redactor` keeps out of the inbox too.
    """
    webhooks = partner.manifest.webhooks
    try:
        session = Session(partner, environment, settings, purpose="integration", redactor=redactor)
        adapter = stack.enter_context(Adapter(session))
    except CredentialError:
        if webhooks and any(rule.pull for rule in webhooks.events.values()):
            raise
        _LOG.warning("%s cannot be asked what was missed: no login is set", partner.slug)
        return None
    adapter.session.client.recorder = Forgetful(adapter.session.redactor)
    return adapter


def _tasks(
    database: Database, parties: Sequence[Party], sink: Sink | None, keeping: Keeping | None
) -> list[Task]:
    reconcilers = {
        party.partner.slug: Reconciler(database, party.adapter)
        for party in parties
        if party.adapter
    }

    def hurry(slug: str) -> None:
        if slug in reconcilers:
            reconcilers[slug].hurry()

    retainers = [Retainer(database, keeping)] if keeping is not None else []
    return [Worker(database, parties, sink, missed=hurry), *reconcilers.values(), *retainers]


@contextmanager
def _running(tasks: Sequence[Task]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=task.run, args=(stop,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
