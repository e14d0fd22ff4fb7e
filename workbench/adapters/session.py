"""A partner's environment, opened: addresses, credentials, login and recording put together."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from pydantic import SecretStr

from workbench.adapters.auth import open_login
from workbench.adapters.egress import read_endpoint, write_endpoint
from workbench.adapters.environment_guard import (
    NEVER,
    Hindrance,
    find_hindrances,
    is_loopback,
)
from workbench.adapters.hooks import open_hook
from workbench.adapters.http_client import HttpClient, Purpose
from workbench.adapters.proof import Login
from workbench.adapters.recorder import Recorder
from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import CredentialError, InputError
from workbench.partners import Partner, open_redactor
from workbench.secrecy import Redactor
from workbench.settings import Settings, UrlKind, variable_name

# What a running integration remembers: tokens to mask, and exchanges that may hold them.
KEPT_TOKENS = 16
_KEPT = (KEPT_TOKENS, 200)
_LOG = logging.getLogger(__name__)


class Session:
    """One partner in one environment, ready to be called; a context manager.

    Args:
        partner: The loaded folder.
        environment: `sandbox` or `production`.
        settings: Where credentials and sandbox addresses are found.
        allow_writes: Whether anything may be changed there.
        seed: Seeds `random`, for callers that choose test data.
        purpose: `integration` for the running integration; `testing` never writes to production.
        policy: Timeouts and retries.
        redactor: That of the run; None: one of its own.

    Attributes:
        client: The partner's API.
        control: The sandbox's control address, without login, or None.
        credentials: Credential name → value, of login and webhook signatures.
        allowed: `host:port` of every address of this environment, for the egress guard.
        random: Random numbers of this session, repeatable by `seed`.
        allow_writes: As given.
        seed: As given.
        settings: As given.

    Raises:
        ManifestError: The manifest does not have the environment.
        CredentialError: A credential for logging in is not set.
        InputError: An address is not valid, or leads a sandbox elsewhere; or something is to be
            written where `check_places` forbids it.
    """

    def __init__(
        self,
        partner: Partner,
        environment: str,
        settings: Settings,
        *,
        allow_writes: bool = False,
        seed: int = 0,
        purpose: Purpose = "testing",
        policy: RetryPolicy | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.partner, self.environment, self.settings = partner, environment, settings
        self.allow_writes, self.seed = allow_writes, seed
        self.random = random.Random(seed)  # noqa: S311 - test data, not secrets
        stated = partner.environment(environment)
        base_url = self._address(settings, "base_url") or stated.base_url
        control_url = self._address(settings, "control_url") or stated.control_url
        check_places(partner, environment, settings, allow_writes=allow_writes)
        self.credentials = self._find_credentials(settings)
        tokens, exchanges = _KEPT if purpose == "integration" else (None, None)
        self.redactor = redactor or open_redactor(partner, environment, settings, latest=tokens)
        self.recorder = Recorder(self.redactor, exchanges)
        self.client = HttpClient(
            base_url,
            auth=self._open_login(base_url, settings),
            allowed_hosts=frozenset(stated.hosts),
            redactor=self.redactor,
            recorder=self.recorder,
            limits=partner.manifest.limits,
            headers=partner.manifest.headers,
            allow_writes=allow_writes,
            environment=environment,
            purpose=purpose,
            partner=partner.slug,
            policy=policy,
            errors=partner.manifest.errors,
        )
        self.control = self._open_control(control_url, policy)
        own = self.control.allowed if self.control else frozenset()
        self.allowed = frozenset(map(write_endpoint, self.client.allowed | own))

    def __repr__(self) -> str:
        return f"Session({self.partner.slug!r}, {self.environment!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; the recorder keeps what it has."""
        self.client.close()
        if self.control is not None:
            self.control.close()

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Within this block no call lasts beyond so many seconds; the control address neither."""
        with ExitStack() as stack:
            for client in (self.client, self.control):
                if client is not None:
                    stack.enter_context(client.limit(seconds))
            yield

    def reset(self) -> bool:
        """Put the test account back as it was, where the sandbox can; returns whether it did.

        Raises:
            PartnerError: The control address did not do it.
        """
        stated = self.partner.environment(self.environment).reset
        if self.control is None or stated is None or not self.allow_writes:
            return False
        method, _, path = stated.partition(" ")
        self.control.send(method, path, write=True).require()
        return True

    def _address(self, settings: Settings, kind: UrlKind) -> str | None:
        """An address from the environment: on this machine, or one that the manifest names."""
        override = settings.url(self.partner.slug, self.environment, kind)
        if override is None:
            return None
        stated = self.partner.environment(self.environment)
        named = (stated.base_url, *stated.hosts, *filter(None, [stated.control_url]))
        try:
            endpoint = read_endpoint(override)
            known = {read_endpoint(text) for text in named}
        except ValueError as error:
            raise InputError(
                f"An address of {self.partner.slug} is not valid: {error}",
                partner=self.partner.slug,
                hint=f"Correct {variable_name(self.partner.slug, self.environment, kind)}, "
                "or base_url and hosts in partner.yaml.",
            ) from error
        if not is_loopback(endpoint[0]) and endpoint not in known:
            raise InputError(
                f"{write_endpoint(endpoint)} is neither on this machine nor named in partner.yaml "
                f"as {self.environment}",
                partner=self.partner.slug,
                hint="Add it to `hosts` of the environment, if it belongs to it.",
            )
        return override

    def _find_credentials(self, settings: Settings) -> dict[str, SecretStr]:
        manifest = self.partner.manifest
        needed = manifest.auth.credential_names()
        found: dict[str, SecretStr] = {}
        for name in manifest.credential_names():
            try:
                found[name] = settings.credential(self.partner.slug, self.environment, name)
            except CredentialError:
                # Calling works without those of webhooks; the receiver says so when it misses one.
                if name in needed:
                    raise
        return found

    def _open_login(self, base_url: str, settings: Settings) -> Login:
        auth = self.partner.manifest.auth
        if auth.scheme == "hook":
            return open_hook(self.partner.folder / "hooks.py", self.credentials)
        slug, place = self.partner.slug, self.environment
        names = (*auth.credential_names(), *auth.optional_names())

        def keep(name: str, value: str) -> None:
            self.redactor.add(value)
            if not settings.keep_credential(slug, place, name, value):
                _LOG.warning("%s", _replaced(slug, variable_name(slug, place, name)))

        return open_login(
            auth,
            self.credentials,
            base_url=base_url,
            variables={name: variable_name(slug, place, name) for name in names},
            keep=keep,
        )

    def _open_control(self, url: str | None, policy: RetryPolicy | None) -> HttpClient | None:
        if url is None or self.environment == "production":
            return None
        return HttpClient(
            url,
            redactor=self.redactor,
            recorder=self.recorder,
            allow_writes=True,
            environment=self.environment,
            partner=self.partner.slug,
            policy=policy,
        )


def _replaced(slug: str, variable: str) -> str:
    return (
        f"{slug} has replaced the credential of {variable}, and no keyring could keep the new one: "
        "when this run is over, a person has to agree again. Store it in the keyring next time."
    )


def look_at_places(partner: Partner, environment: str, settings: Settings) -> list[Hindrance]:
    """What speaks against writing, at the addresses that this machine would call."""
    return find_hindrances(
        partner,
        environment,
        base_url=settings.url(partner.slug, environment, "base_url") or "",
        control_url=settings.url(partner.slug, environment, "control_url") or "",
    )


def check_places(
    partner: Partner, environment: str, settings: Settings, *, allow_writes: bool
) -> None:
    """Whether an environment is where it says it is, before anything is asked of it.

    Raises:
        InputError: It is at an address that is never called; or something is to be written, and
            it may be production, inside a network, or open to be read on the way.
    """
    for item in look_at_places(partner, environment, settings):
        if allow_writes or item.slug == NEVER:
            raise InputError(
                item.summary,
                location=f"{partner.slug}/{item.pointer}",
                partner=partner.slug,
                hint=f"{item.hint} Without writing, it can be tested as it is.",
            )
