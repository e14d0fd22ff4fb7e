"""`workbench listen` and `workbench inbox`: receive webhooks, and look after what came."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson

from workbench.cli.arguments import slug_argument
from workbench.cli.output import FINDINGS, Output, speaks
from workbench.errors import InputError, WorkbenchError
from workbench.partners import load_manifest, load_partner
from workbench.receiver import (
    Database,
    Destination,
    HttpSink,
    Keeping,
    ListeningPlace,
    NdjsonSink,
    PartnerRegistry,
    ReceiptFilter,
    Tls,
    erase,
    export_receipts,
    inspect_receipt,
    list_receipts,
    open_endpoint,
    open_inbox,
    read_depth,
    replay,
    retry,
    reverify,
    serve_receiver,
    work,
    write_logs,
)
from workbench.secrecy import open_private
from workbench.settings import Settings, load_settings

_INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])
MOST_SHOWN = 50  # addresses
STOP_SECONDS = 8.0
_STORE = click.option(
    "--store", default=None, help="`postgresql://…` or a file; default: reports/SLUG/inbox.sqlite."
)


@click.command("listen")
@slug_argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--all", "is_all", is_flag=True, help="Every partner that sends webhooks.")
@click.option("--environment", default="sandbox", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8700, show_default=True)
@_STORE
@click.option("--into", type=click.Path(path_type=Path), help="NDJSON file for what was read.")
@click.option(
    "--forward",
    multiple=True,
    metavar="[SLUG=]URL",
    help="Post what was read there, signed; may be repeated for partners of their own.",
)
@click.option("--forward-rate", type=click.IntRange(1), help="Posts a minute, at most.")
@click.option("--unix", type=click.Path(path_type=Path), help="A Unix socket, not host and port.")
@click.option(
    "--tls",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="CERTIFICATE KEY",
    help="PEM files: serve HTTPS.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=0,
    help="Processes that translate and deliver; 0: the one that receives does that too.",
)
@click.option("--work-only", is_flag=True, help="Only translate and deliver what another receives.")
@click.option("--log", type=click.Choice(["text", "json"]), help="Log to stderr.")
@click.option("--keep-days", type=click.FloatRange(0, min_open=True), help="Erase older receipts.")
@click.option("--keep-mb", type=click.IntRange(1), help="Erase the oldest above this size.")
@speaks
def listen_command(
    output: Output,
    slugs: tuple[str, ...],
    is_all: bool,
    environment: str,
    store: str | None,
    workers: int,
    work_only: bool,
    **way: Any,
) -> int:
    """Receive partners' webhooks into the durable inbox until interrupted.

    Folders and keys that change are picked up meanwhile. What is forwarded is signed after Standard
    Webhooks with the credential `forward_secret` of the partner that is named with the URL, else
    of the first one. Behind a proxy, WORKBENCH_TRUSTED_PROXIES says whose `Forwarded` headers
    count, or WORKBENCH_PUBLIC_URL is our address as partners know it.
    """
    settings = load_settings()
    registry = _open_registry(output, slugs, environment, settings, is_all=is_all)
    slug = next(iter(registry.webhooks))
    given = (way.pop("into"), way.pop("forward"), way.pop("forward_rate"))
    destinations = _read_destinations(*given, slug, environment, settings)
    if (form := way.pop("log")) is not None:
        write_logs(form)
    if work_only:
        _work(registry, settings, store, destinations)
        return 0
    keeping, place = _read_keeping(way), _read_place(**way)
    urls = {code: f"{place.root}/{code}/webhooks" for code in registry.endpoints}
    with _worker_processes(workers):
        serve_receiver(
            registry,
            settings,
            place,
            store=store,
            destinations=destinations,
            keeping=keeping,
            is_working=not workers,
            ready=partial(_announce, output, urls, slug),
        )
    return 0


def _open_registry(
    output: Output, slugs: tuple[str, ...], environment: str, settings: Settings, *, is_all: bool
) -> PartnerRegistry:
    if bool(slugs) == is_all:
        raise InputError("Nobody to listen to", hint="Name partners, or give --all.")
    named = None if is_all else tuple(dict.fromkeys(slugs))
    return PartnerRegistry(named, environment, settings, tell=output.text)


def _work(
    registry: PartnerRegistry,
    settings: Settings,
    store: str | None,
    destinations: list[Destination],
) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    work(registry, settings, stop, store=store, destinations=destinations)


@contextmanager
def _worker_processes(count: int) -> Iterator[None]:
    """So many processes with the arguments of this one, which work on what it receives."""
    command = [sys.executable, "-m", "workbench", *sys.argv[1:], "--work-only"]
    started = [
        subprocess.Popen(  # noqa: S603  ourselves, as we were called
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches them through us, once
        )
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _read_destinations(
    into: Path | None,
    forward: tuple[str, ...],
    rate: int | None,
    slug: str,
    environment: str,
    settings: Settings,
) -> list[Destination]:
    """Where events go: those of a partner that is named to its URL, the others to one place."""
    found = [Destination(NdjsonSink(into))] if into is not None else []
    for text in forward:
        name, mark, url = text.partition("=")
        is_named = bool(mark) and "/" not in name
        owner = name if is_named else slug
        secret = settings.credential(owner, environment, "forward_secret")
        sink = HttpSink(url if is_named else text, secret, per_minute=rate)
        found.append(Destination(sink, frozenset({name} if is_named else ())))
    if sum(not one.partners for one in found) > 1:
        raise InputError(
            "Events go to one place",
            hint="Use --into or --forward, not both; --forward SLUG=URL is for one partner.",
        )
    return found


def _announce(output: Output, urls: dict[str, str], slug: str) -> None:
    output.document({"url": urls[slug], "urls": urls})
    for url in list(urls.values())[:MOST_SHOWN]:
        output.text(f"{url}/…")
    if len(urls) > MOST_SHOWN:
        output.text(f"… and {len(urls) - MOST_SHOWN} more")
    output.text("stop with Ctrl-C")


def _read_keeping(way: dict[str, Any]) -> Keeping | None:
    days, size = way.pop("keep_days"), way.pop("keep_mb")
    return Keeping(days, size and size * 1_000_000) if days or size else None


def _read_place(
    host: str, port: int, unix: Path | None, tls: tuple[Path, Path] | None
) -> ListeningPlace:
    return ListeningPlace(host, port, unix, Tls(*tls) if tls else None)


@click.group("inbox")
def inbox_command() -> None:
    """Look after received webhooks: list, count, show, replay, retry, export, erase."""


def _choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which receipts are meant."""
    for option in (
        click.option("--id", "ids", type=int, multiple=True, help="Number; may be repeated."),
        click.option("--since", type=_INSTANT, default=None, help="Received at or after."),
        click.option("--until", type=_INSTANT, default=None, help="Received before."),
        click.option("--state", "states", multiple=True, help="new, done, dead, quarantined, …"),
        click.option("--event", "reference", default=None, help="Name of an event."),
        click.option("--entity", "entity_id", default=None, help="Id of an order or reservation."),
        _STORE,
    ):
        command = option(command)
    return slug_argument()(command)


def _chosen(
    slug: str, since: datetime | None, until: datetime | None, **conditions: Any
) -> ReceiptFilter:
    return ReceiptFilter(partner=slug, since=_aware(since), until=_aware(until), **conditions)


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.astimezone()


def _open(slug: str, store: str | None) -> Database:
    return open_inbox(slug, load_settings(), store)


@inbox_command.command("list")
@_choosing
@click.option("--limit", default=50, show_default=True)
@speaks
def list_command(output: Output, slug: str, store: str | None, limit: int, **which: Any) -> int:
    """List receipts, newest first."""
    with closing(_open(slug, store)) as database:
        lines = list_receipts(database, _chosen(slug, **which), limit=limit)
    output.document({"receipts": [asdict(line) for line in lines]})
    rows = [
        (line.id, f"{line.received_at:%Y-%m-%d %H:%M:%S}", line.state, line.reason, line.target)
        for line in lines
    ]
    output.table(f"{len(lines)} receipts", ("id", "received", "state", "sender", "target"), rows)
    return 0


@inbox_command.command("stats")
@click.argument("slug")
@_STORE
@speaks
def stats_command(output: Output, slug: str, store: str | None) -> int:
    """Tell how much an inbox keeps, what waits, and what was given up."""
    with closing(_open(slug, store)) as database:
        found = asdict(read_depth(database, datetime.now(UTC)))
        found["free_bytes"] = database.free_bytes()
    output.document(found)
    rows = [
        (name.replace("_", " "), "" if value is None else value) for name, value in found.items()
    ]
    output.table(f"Inbox of {slug}", ("what", "how much"), rows)
    return FINDINGS if found["dead"] or found["refused"] else 0


@inbox_command.command("show")
@slug_argument()
@click.argument("number", type=int)
@click.option("--environment", default="sandbox", show_default=True)
@_STORE
@speaks
def show_command(
    output: Output, slug: str, number: int, environment: str, store: str | None
) -> int:
    """Show one receipt whole, step by step; it holds personal data.

    Headers, the check of its signature, each event in their words and ours, and its attempts.
    """
    settings = load_settings()
    partner = load_partner(slug, settings)
    endpoint = None
    with suppress(WorkbenchError):
        credential = partial(settings.credential, slug, environment)
        endpoint = open_endpoint(partner.manifest, credential)
    with closing(_open(slug, store)) as database:
        found = inspect_receipt(database, number, partner, endpoint)
    if found is None or found.get("partner") != slug:
        raise InputError(f"{slug} has no receipt {number}", hint="`workbench inbox list` has them.")
    output.document(found)
    output.text(orjson.dumps(found, option=orjson.OPT_INDENT_2, default=str).decode())
    return 0


@inbox_command.command("replay")
@_choosing
@speaks
def replay_command(output: Output, slug: str, store: str | None, **which: Any) -> int:
    """Process receipts again; the receipts themselves are never edited."""
    return _act(output, slug, store, which, replay, "to be processed again")


@inbox_command.command("retry")
@_choosing
@speaks
def retry_command(output: Output, slug: str, store: str | None, **which: Any) -> int:
    """Let what is dead, or waits for its next try, try now."""
    return _act(output, slug, store, which, retry, "to be tried now")


@inbox_command.command("erase")
@_choosing
@speaks
def erase_command(output: Output, slug: str, store: str | None, **which: Any) -> int:
    """Erase the personal data of receipts that are done with; what happened stays known."""
    return _act(output, slug, store, which, erase, "erased")


def _act(
    output: Output,
    slug: str,
    store: str | None,
    which: dict[str, Any],
    act: Callable[[Database, ReceiptFilter], int],
    words: str,
) -> int:
    with closing(_open(slug, store)) as database:
        count = act(database, _chosen(slug, **which))
    output.document({"receipts": count})
    output.text(f"{count} receipts {words}")
    return 0 if count else FINDINGS


@inbox_command.command("reverify")
@click.option("--environment", default="sandbox", show_default=True)
@_choosing
@speaks
def reverify_command(
    output: Output, slug: str, store: str | None, environment: str, **which: Any
) -> int:
    """Check quarantined receipts again, after a key was rotated or corrected."""
    settings = load_settings()
    manifest = load_manifest(slug, settings)
    endpoint = open_endpoint(manifest, partial(settings.credential, slug, environment))
    with closing(_open(slug, store)) as database:
        review = reverify(database, {slug: endpoint}, _chosen(slug, **which))
    output.document(asdict(review))
    output.text(", ".join(f"{count} {word}" for word, count in asdict(review).items()))
    return 0


@inbox_command.command("export")
@_choosing
@click.argument("file", type=click.Path(path_type=Path))
@speaks
def export_command(output: Output, slug: str, store: str | None, file: Path, **which: Any) -> int:
    """Write receipts to an NDJSON file, oldest first. It holds personal data."""
    count = 0
    with closing(_open(slug, store)) as database, open_private(file) as lines:
        for receipt in export_receipts(database, _chosen(slug, **which)):
            lines.write(orjson.dumps(receipt, default=str) + b"\n")
            count += 1
    output.document({"receipts": count, "file": str(file)})
    output.text(f"{count} receipts in {file}")
    return 0
