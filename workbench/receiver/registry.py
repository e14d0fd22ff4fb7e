"""Whose webhooks a receiver takes: partners by slug and pos-code, as their folders say right now.

A folder is read when the receiver starts and whenever one of its files changes; what translates and
calls is loaded when its first event comes. A folder that is broken keeps its former statements.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from workbench.adapters import KEPT_TOKENS, Adapter, Session
from workbench.errors import CredentialError, InputError, WorkbenchError
from workbench.partners import (
    MAPPING,
    Manifest,
    Partner,
    Webhooks,
    check_custody,
    list_partners,
    load_manifest,
    load_partner,
    open_redactor,
)
from workbench.receiver.process import Party
from workbench.receiver.queue import run_loop
from workbench.receiver.routes import Endpoint, assign_restaurants, open_endpoint
from workbench.receiver.sink import Forgetful
from workbench.secrecy import Redactor, mask_outputs
from workbench.settings import Settings, find_secrets

MOST_LOADED = 64  # partners with mappings and documents in memory
LOOK_SECONDS = 2.0
_KEYS_EVERY = 30  # looks after which keys are read again: a keyring has no file to look at
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """A partner as it is served; `stamp` says of which files it was read, `held` its secrets."""

    manifest: Manifest
    endpoint: Endpoint
    held: Mapping[str, str] = field(repr=False)
    stamp: tuple[object, ...] = ()


class PartnerRegistry:
    """The partners of a receiver; used by its application, its worker and its reconciler.

    Args:
        slugs: Named partners; None: every folder with webhooks, also one that is made later.
        environment: `sandbox` or `production`.
        settings: Where folders and credentials are.
        tell: Is told who is left out at the start.
        loaded: Pos-code → a partner that is loaded already and stays as it is, instead of folders.

    Attributes:
        endpoints: Pos-code → who sends there.
        webhooks: Slug → the rules of that partner.

    Raises:
        InputError: A named partner cannot be listened to, or nobody can.
        CredentialError: A key of a named partner is not set, or a login that its pings need.
    """

    def __init__(
        self,
        slugs: Sequence[str] | None,
        environment: str,
        settings: Settings,
        *,
        tell: Callable[[str], None] = lambda _: None,
        loaded: Mapping[str, Partner] | None = None,
    ) -> None:
        self._is_fixed = loaded is not None
        self._slugs = () if self._is_fixed else slugs
        self._environment = environment
        self._settings = settings
        self._tell: Callable[[str], None] | None = tell
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._loaded: OrderedDict[str, tuple[object, Party]] = OrderedDict()
        self._broken: dict[str, object] = {}
        self._keys: object = None
        self._secrets: dict[str, str] = {}
        self._looks = 0
        self._redactor = Redactor()
        self.webhooks: Mapping[str, Webhooks] = {}
        self.endpoints: Mapping[str, tuple[Endpoint, ...]] = {}
        if loaded is not None:
            self._take(loaded)
            return
        self.refresh()
        self._tell = None
        if not self._entries:
            raise InputError("Nobody can be listened to", hint="Set the keys of their webhooks.")

    def _take(self, restaurants: Mapping[str, Partner]) -> None:
        """Serve partners that are loaded already, and stay as they are."""
        for partner in {one.slug: one for one in restaurants.values()}.values():
            redactor = open_redactor(
                partner,
                self._environment,
                self._settings,
                names=("forward_secret",),
                latest=KEPT_TOKENS,
            )
            self._entries[partner.slug] = self._read(partner.manifest, partner.folder)
            adapter = self._open_adapter(partner, redactor)
            self._loaded[partner.slug] = ((), Party(partner, adapter))
            self._redactor = redactor  # each knows the secrets of all
        self._publish({code: (partner.slug,) for code, partner in restaurants.items()})

    @property
    def is_open(self) -> bool:
        """Whether partners may come and go."""
        return self._slugs is None

    def find(self, slug: str) -> Party:
        """A partner with its mappings, and its API where the login is set; loaded when asked.

        Raises:
            InputError: It is not served any more, or its folder cannot be read.
        """
        with self._lock:
            entry = self._entries.get(slug)
            if entry is None:
                raise InputError(f"{slug} is not listened to any more", partner=slug)
            stamp, party = self._loaded.get(slug, (None, None))
            if party is None or stamp != entry.stamp:
                party = self._load(slug, entry)
            self._loaded.move_to_end(slug)
            while len(self._loaded) > MOST_LOADED and not self._is_fixed:
                self._loaded.popitem(last=False)
            return party

    def warm(self) -> None:
        """Make ready what the first delivery would wait for: the spellings of all secrets."""
        self._redactor.find(b" " * 64)

    def watch(self, stop: threading.Event, changed: Callable[[], None]) -> None:
        """Look for changed folders and keys until `stop` is set; `changed` is called after one."""
        self.warm()

        def look() -> None:
            if self.refresh():
                changed()

        if not self._is_fixed:
            stop.wait(LOOK_SECONDS)
            run_loop(look, stop, pause=LOOK_SECONDS, who="the watch over folders")

    def refresh(self) -> bool:
        """Read what changed since the last look; returns whether anything did."""
        is_first = self._tell is not None
        renewed = self._renew_keys()
        listed = list_partners(self._settings) if self._slugs is None else list(self._slugs)
        fresh: dict[str, _Entry] = {}
        for slug in listed:
            known = self._entries.get(slug)
            stamp = self._stamp(slug, known)
            if known is not None and known.stamp == stamp and not renewed:
                fresh[slug] = known
                continue
            if self._broken.get(slug) != stamp or renewed:
                try:
                    fresh[slug] = self._reread(slug, is_first=is_first)
                    self._broken.pop(slug, None)
                    continue
                except WorkbenchError as error:
                    self._broken[slug] = stamp
                    self._report(slug, error, has_former=known is not None)
            if known is not None:
                fresh[slug] = known
        if not self._is_news(fresh):
            return False
        self._assign(fresh)
        return True

    def _is_news(self, fresh: Mapping[str, _Entry]) -> bool:
        old = self._entries
        return fresh.keys() != old.keys() or any(fresh[slug] is not old[slug] for slug in fresh)

    def _assign(self, fresh: dict[str, _Entry]) -> None:
        """Serve these; one that cannot be told from another stays as it was, or is left out."""
        while True:
            try:
                codes = assign_restaurants(entry.manifest for entry in fresh.values())
                break
            except InputError as error:
                slug = str(error.partner)
                former = self._entries.get(slug)
                self._broken[slug] = fresh[slug].stamp
                self._report(slug, error, has_former=former is not None)
                refused = fresh.pop(slug)
                if former is not None and former is not refused:
                    fresh[slug] = former
        with self._lock:
            self._entries = fresh
            for slug in self._loaded.keys() - fresh.keys():
                del self._loaded[slug]
        self._learn_secrets()
        self._publish(codes)

    def _publish(self, codes: Mapping[str, Sequence[str]]) -> None:
        root = self._settings.public_url
        self.webhooks = {slug: one.endpoint.webhooks for slug, one in self._entries.items()}
        self.endpoints = {
            code: tuple(
                replace(
                    self._entries[slug].endpoint,
                    public_url=_public_address(root, code),
                    redactor=self._redactor,
                )
                for slug in slugs
            )
            for code, slugs in codes.items()
        }

    def _report(self, slug: str, error: WorkbenchError, *, has_former: bool) -> None:
        if self._tell is not None and self._slugs is not None:
            raise error
        words = "is broken, and its former state is kept" if has_former else "is left out"
        if self._tell is not None:
            self._tell(f"{slug} {words}: {error}")
        else:
            _LOG.warning("%s %s: %s", slug, words, error)

    def _renew_keys(self) -> bool:
        """Whether keys are to be read again: `.env` changed, or a while is over."""
        stamp = _stamp_files([self._settings.root / ".env"])
        self._looks += 1
        if stamp == self._keys and self._looks % _KEYS_EVERY:
            return False
        self._keys = stamp
        return True

    def _learn_secrets(self) -> None:
        """Know what must not be kept: all that environment, `.env` and keyring hold."""
        secrets = {
            f"{slug}/{name}": value
            for slug, entry in self._entries.items()
            for name, value in entry.held.items()
        }
        known = set(secrets.values())
        others = find_secrets(self._settings.root).items()
        secrets |= {name: value for name, value in others if value not in known}
        if secrets == self._secrets:
            return
        redactor = Redactor(secrets, KEPT_TOKENS)
        if self._secrets:  # in service: no delivery shall wait for it
            redactor.find(b" " * 64)
        self._secrets, self._redactor = secrets, redactor
        mask_outputs(redactor)
        with self._lock:
            self._loaded.clear()

    def _stamp(self, slug: str, known: _Entry | None) -> tuple[object, ...]:
        folder = self._settings.contracts / slug
        names = ["partner.yaml", MAPPING, "hooks.py"]
        if known is not None:
            manifest = known.manifest
            names += [document.path for document in manifest.documents]
            names += [manifest.overlay] if manifest.overlay else []
        return _stamp_files(folder / name for name in names)

    def _reread(self, slug: str, *, is_first: bool) -> _Entry:
        """A partner as its folder says now; beside the start, its mappings are tried too."""
        is_whole = not is_first or self._slugs is not None
        loaded = load_partner(slug, self._settings) if is_whole else None
        manifest = loaded.manifest if loaded else load_manifest(slug, self._settings)
        entry = self._read(manifest, self._settings.contracts / slug)
        entry = replace(entry, stamp=self._stamp(slug, entry))
        known = self._entries.get(slug)
        if known is not None and _is_same(known, entry):
            return known
        if loaded is not None:
            party = self._open_party(loaded)
            with self._lock:
                self._loaded[slug] = (entry.stamp, party)
        return entry

    def _read(self, manifest: Manifest, folder: Path) -> _Entry:
        slug = manifest.partner
        credential = partial(self._settings.credential, slug, self._environment)
        endpoint = open_endpoint(manifest, credential)
        endpoint.check()
        if any(rule.pull for rule in endpoint.webhooks.events.values()):
            for name in manifest.auth.credential_names():
                credential(name)
        spare = partial(self._settings.spare_credential, slug, self._environment)
        names = (*manifest.credential_names(), "forward_secret")
        found = {name: value for name in names if (value := spare(name)) is not None}
        held = {name: value.get_secret_value() for name, value in found.items()}
        check_custody(folder, held)
        return _Entry(manifest, endpoint, held)

    def _load(self, slug: str, entry: _Entry) -> Party:
        party = self._open_party(load_partner(slug, self._settings))
        self._loaded[slug] = (entry.stamp, party)
        return party

    def _open_party(self, partner: Partner) -> Party:
        party = Party(partner, self._open_adapter(partner, self._redactor))
        if party.adapter is not None:  # it may still be in use when it is forgotten here
            weakref.finalize(party, party.adapter.close)
        return party

    def _open_adapter(self, partner: Partner, redactor: Redactor) -> Adapter | None:
        """The partner's API; None when the login is not set, and no event needs it.

        What it is given to log in with, `redactor` keeps out of the inbox too.
        """
        webhooks = partner.manifest.webhooks
        try:
            session = Session(
                partner, self._environment, self._settings, purpose="integration", redactor=redactor
            )
            adapter = Adapter(session)
        except CredentialError:
            if webhooks and any(rule.pull for rule in webhooks.events.values()):
                raise
            _LOG.warning("%s cannot be asked what was missed: no login is set", partner.slug)
            return None
        adapter.session.client.recorder = Forgetful(adapter.session.redactor)
        return adapter

    def close(self) -> None:
        """Close what is open to partners."""
        with self._lock:
            for _, party in self._loaded.values():
                if party.adapter is not None:
                    party.adapter.close()


def _is_same(known: _Entry, entry: _Entry) -> bool:
    return known.stamp == entry.stamp and known.held == entry.held


def _stamp_files(paths: Iterable[Path]) -> tuple[object, ...]:
    """Another one when a file was written, made or taken away."""

    def stamp(path: Path) -> object:
        try:
            told = path.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size, told.st_ino

    return tuple(map(stamp, paths))


def _public_address(root: str | None, pos_code: str) -> str | None:
    if root is None:
        return None
    return f"{root.rstrip('/')}/{quote(pos_code, safe='')}/webhooks"
