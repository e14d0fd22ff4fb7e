"""A receiver, put together: rules, keys, an inbox, its worker and reconciler, a server."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from workbench.errors import InputError, StoreError
from workbench.partners import Partner
from workbench.receiver.app import Receiver, create_app
from workbench.receiver.database import Database
from workbench.receiver.inbox import Inbox
from workbench.receiver.proxy import Proxies
from workbench.receiver.reconciliation import Reconcilers
from workbench.receiver.registry import PartnerRegistry
from workbench.receiver.retention import Keeping, Retainer
from workbench.receiver.server import ListeningPlace, ReceiverServer, serve
from workbench.receiver.sink import Sink
from workbench.receiver.sink_delivery import Destination, SinkDelivery, share_partners
from workbench.receiver.worker import Worker
from workbench.settings import Settings

Task = Worker | SinkDelivery | Reconcilers | Retainer
INBOX_NAME = "inbox.sqlite"
STOP_SECONDS = 5.0  # for what is under way at the end


def inbox_path(settings: Settings, partner: str, *others: str) -> Path:
    """The durable inbox of a partner; that of several is beside their folders."""
    folder = settings.reports if others else settings.reports / partner
    return folder / INBOX_NAME


def open_inbox(partner: str, settings: Settings, store: str | None = None) -> Database:
    """The inbox of a partner, to look at what came: its own, else the one of several partners.

    Raises:
        InputError: There is none yet.
    """
    own = inbox_path(settings, partner)
    path = own if own.is_file() else inbox_path(settings, partner, "")
    if not store and not path.is_file():
        raise InputError(
            f"{partner} has no inbox yet",
            location=str(own),
            hint=f"`workbench listen {partner}` makes it.",
        )
    return Database(store or path)


@contextmanager
def open_station(
    registry: PartnerRegistry,
    settings: Settings,
    *,
    store: str | None = None,
    destinations: Sequence[Destination] = (),
    keeping: Keeping | None = None,
    is_working: bool = True,
) -> Iterator[Receiver]:
    """An inbox with all that works on it, and the application that fills it.

    Args:
        registry: Who sends; what changes in it is served at once.
        settings: Where inboxes and credentials are.
        store: Location of the inbox (`postgresql://…`, a path); default: the only partner's file,
            or the one of all partners.
        destinations: Where processed events go; without one they stay in the inbox.
        keeping: What the inbox keeps of what is finished; without it, everything.
        is_working: False where other processes translate and deliver (`work`).

    Raises:
        InputError: The inbox cannot be opened.
    """
    with ExitStack() as stack:
        stack.callback(registry.close)
        inbox = stack.enter_context(Inbox(store or _find_inbox(registry, settings)))
        app = create_app(registry.endpoints, inbox, proxies=_read_proxies(settings))

        def watch(stop: threading.Event) -> None:
            registry.watch(stop, lambda: app.replace(registry.endpoints))

        tasks: list[Task] = [Retainer(inbox.database, keeping)] if keeping is not None else []
        reconcilers = Reconcilers(inbox.database, registry)
        tasks.append(reconcilers)
        if is_working:
            tasks += _workers(inbox.database, registry, reconcilers, destinations)
        stack.enter_context(_running([watch, *(task.run for task in tasks)], tasks))
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
    registry = PartnerRegistry((), environment, settings, loaded={partner.slug: partner})
    destinations = [Destination(sink)] if sink is not None else []
    with (
        open_station(registry, settings, store=store, destinations=destinations) as app,
        ReceiverServer(app, host, port) as server,
    ):
        yield server


def serve_receiver(
    registry: PartnerRegistry,
    settings: Settings,
    place: ListeningPlace,
    *,
    store: str | None = None,
    destinations: Sequence[Destination] = (),
    keeping: Keeping | None = None,
    is_working: bool = True,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Receive webhooks with granian until SIGINT or SIGTERM; in service.

    Arguments and errors as of `open_station` and `serve`; `ready` is called once all of it is
    checked, before the first request.
    """
    proxies = _read_proxies(settings)
    with open_station(
        registry,
        settings,
        store=store,
        destinations=destinations,
        keeping=keeping,
        is_working=is_working,
    ) as app:
        serve(app, place, ready=ready, exempt=proxies.__contains__)


def _read_proxies(settings: Settings) -> Proxies:
    return Proxies(settings.trusted_proxies.split(","), settings.proxy_prefix)


def work(
    registry: PartnerRegistry,
    settings: Settings,
    stop: threading.Event,
    *,
    store: str | None = None,
    destinations: Sequence[Destination] = (),
) -> None:
    """Translate and deliver what another process receives, until `stop` is set or that one ends.

    Arguments as of `open_station`.

    Raises:
        InputError: The inbox cannot be opened.
    """
    parent = os.getppid()
    with ExitStack() as stack:
        stack.callback(registry.close)
        database = stack.enter_context(closing(Database(store or _find_inbox(registry, settings))))
        reconcilers = Reconcilers(database, registry, is_hurried_only=True)
        tasks: list[Task] = [
            reconcilers,
            *_workers(database, registry, reconcilers, destinations),
        ]

        def watch(stop: threading.Event) -> None:
            registry.watch(stop, lambda: None)

        stack.enter_context(_running([watch, *(task.run for task in tasks)], tasks))
        gc.collect()
        gc.freeze()  # what is loaded stays: no need to look through it again and again
        gc.set_threshold(50_000, 20, 50)  # orders are many small objects, and none is a cycle
        while not stop.wait(1) and os.getppid() == parent:
            pass


def _find_inbox(registry: PartnerRegistry, settings: Settings) -> Path:
    return inbox_path(settings, *registry.webhooks, *([""] if registry.is_open else []))


def _workers(
    database: Database,
    registry: PartnerRegistry,
    reconcilers: Reconcilers,
    destinations: Sequence[Destination],
) -> list[Task]:
    shared = share_partners(destinations, lambda: list(registry.webhooks))
    deliveries = [SinkDelivery(database, sink, partners) for sink, partners in shared]
    return [Worker(database, registry, missed=reconcilers.hurry), *deliveries]


@contextmanager
def _running(
    works: Sequence[Callable[[threading.Event], None]], tasks: Sequence[Task]
) -> Iterator[None]:
    """Threads that work until the block ends; what hangs then is left, and its claims given back.

    They are daemons: a partner or a sink that does not answer must not keep the process.
    """
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        end = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        for task in tasks:
            if isinstance(task, Worker | SinkDelivery):
                with suppress(StoreError):
                    task.release()
