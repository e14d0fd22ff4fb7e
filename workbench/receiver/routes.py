"""Who sends to a pos-code: one partner, or several that are told apart by path, event or key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import SecretStr

from workbench.errors import CredentialError, InputError
from workbench.partners import EventMatch, Handshake, Manifest, Signature, Webhooks
from workbench.receiver.certificates import find_certificates
from workbench.receiver.events import check_rules, is_addressed, read_events
from workbench.receiver.handshake import BUSY, RETRY, Reply, check_handshakes, list_handshakes
from workbench.receiver.proxy import Scope, read_url
from workbench.receiver.receipt import Arrival
from workbench.receiver.received_message import ReceivedMessage
from workbench.receiver.signature import Verification, check_statement, read_secrets, verify
from workbench.secrecy import Redactor

PATIENCE_PART = 0.7  # of what the partner waits: the rest is the way there and back


@dataclass(frozen=True)
class Endpoint:
    """Who sends to a pos-code.

    Attributes:
        partner: Slug.
        webhooks: How they sign and what they send.
        secrets: Keys that are valid now (`signature.read_secrets`).
        public_url: Address up to and including `/webhooks` as the partner knows it, where a proxy
            hides it and the signature covers it.
        redactor: Knows all secrets of this machine; a sender that tells one does not make us
            keep it.
    """

    partner: str
    webhooks: Webhooks
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    public_url: str | None = None
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)

    def check(self) -> None:
        """Compile what its folder states.

        Raises:
            ManifestError: A template or JSONPath is wrong.
            CredentialError: It signs, and no key is there to check it.
        """
        check_statement(self.webhooks.signature)
        check_rules(self.webhooks)
        check_handshakes(self.webhooks)
        signature = self.webhooks.signature
        is_pinned = bool(signature.certificate_hosts)
        if signature.scheme != "none" and not is_pinned and not any(self.secrets):
            raise CredentialError(
                f"no key to check the webhooks of {self.partner}",
                location="partner.yaml#/webhooks/signature/credentials",
                hint="name the credential there and set its value",
                partner=self.partner,
            )


@dataclass(frozen=True)
class Bounds:
    """What a sender may take of us: bytes, and seconds.

    `store_seconds` is lowered to a part of the partner's own `timeout_seconds`.
    """

    body_bytes: int = 5 * 1024 * 1024
    body_seconds: float = 10
    store_seconds: float = 8
    reading_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint with what its answers and its patience come to."""

    endpoint: Endpoint
    handshakes: tuple[Handshake, ...]
    accepted: Reply
    refused: Reply
    store_seconds: float
    body_bytes: int

    @classmethod
    def open(cls, endpoint: Endpoint, bounds: Bounds) -> Route:
        """What the manifest of the endpoint comes to."""
        webhooks, refusal = endpoint.webhooks, endpoint.webhooks.signature.refusal
        patience = (webhooks.timeout_seconds or 60) * PATIENCE_PART
        retry = (RETRY,) if refusal == BUSY.status else ()
        return cls(
            endpoint=endpoint,
            handshakes=list_handshakes(webhooks),
            accepted=(
                Reply.text(webhooks.ack, webhooks.ack_body, webhooks.ack_type)
                if webhooks.ack_body
                else Reply(webhooks.ack)
            ),
            refused=Reply(refusal, "signature refused", *retry),
            store_seconds=min(bounds.store_seconds, patience),
            body_bytes=(webhooks.max_body_mb or 0) * 1024 * 1024 or bounds.body_bytes,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A request with the route that it is for; `target` is without the slug that names it."""

    route: Route
    target: str
    message: ReceivedMessage
    verification: Verification


def choose_route(
    routes: Sequence[Route], scope: Scope, target: str, body: bytes, now: float
) -> Choice:
    """Which partner of a pos-code a request is of, and what its signature proves.

    The slug as the first part of the path decides; else the path and headers of the rules, then
    the signature, then the events that the body holds. Where nothing decides it is the first, and
    its signature is what counts: nobody is let in by the lack of another's.

    Args:
        routes: Those of the pos-code; not empty.
        scope: The request.
        target: What follows `/webhooks/`, as sent.
        body: As sent.
        now: Unix seconds.
    """
    if len(routes) == 1:
        return _verify(routes[0], scope, target, target, body, now)
    first, _, rest = target.partition("/")
    named = [route for route in routes if route.endpoint.partner == first]
    if named:
        return _verify(named[0], scope, rest, target, body, now)
    arrival = _read_arrival(scope, target, body, now)
    addressed = [one for one in routes if is_addressed(one.endpoint.webhooks, arrival)]
    choices = [_verify(one, scope, target, target, body, now) for one in addressed or routes]
    found = [one for one in choices if one.verification.is_proved] or choices
    if len(found) > 1:
        known = [one for one in found if read_events(one.route.endpoint.webhooks, arrival)]
        found = known or found
    return found[0]


def _verify(route: Route, scope: Scope, target: str, sent: str, body: bytes, now: float) -> Choice:
    endpoint = route.endpoint
    url = read_url(scope, endpoint.public_url, sent)
    message = ReceivedMessage(scope["method"], url, scope["headers"], body)
    signature, secrets = endpoint.webhooks.signature, endpoint.secrets
    if signature.certificate_hosts:
        secrets = (*secrets, *(find_certificates(signature, message) or ()))
    verification = verify(
        signature,
        secrets,
        method=message.method,
        url=url,
        headers=message.headers,
        body=body,
        now=now,
    )
    return Choice(route, target, message, verification)


def list_unfetched(
    routes: Sequence[Route], scope: Scope, body: bytes
) -> list[tuple[Signature, ReceivedMessage]]:
    """Certificates that have to be fetched (`fetch_certificates`) before a route is chosen."""
    pinned = [one.endpoint for one in routes if one.endpoint.webhooks.signature.certificate_hosts]
    message = ReceivedMessage(scope["method"], "", scope["headers"], body)
    return [
        (endpoint.webhooks.signature, message)
        for endpoint in pinned
        if find_certificates(endpoint.webhooks.signature, message) is None
    ]


def _read_arrival(scope: Scope, target: str, body: bytes, now: float) -> Arrival:
    headers = (
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return Arrival(
        partner="",
        pos_code="",
        method=scope["method"],
        target=target,
        headers=tuple(headers),
        body=body,
        received_at=datetime.fromtimestamp(now, UTC),
    )


def find_overlap(one: Webhooks, other: Webhooks) -> tuple[str, str] | None:
    """Events of two partners that cannot be told apart at one pos-code; None where all can."""
    if "none" not in {one.signature.scheme, other.signature.scheme}:
        return None  # each is known by its key
    for name, rule in one.events.items():
        for beside, second in other.events.items():
            if _may_both(rule.match, second.match):
                return name, beside
    return None


def _may_both(one: EventMatch, other: EventMatch) -> bool:
    """Whether one request can meet both conditions."""
    if None not in {one.path, other.path} and _clean(one.path) != _clean(other.path):
        return False
    is_same_place = (one.header or "").lower() == (other.header or "").lower()
    if is_same_place and one.json_ == other.json_ and one.values and other.values:
        return not set(one.values).isdisjoint(other.values)
    return True


def _clean(path: str | None) -> str:
    return (path or "").strip("/")


def open_routes(
    endpoints: Mapping[str, Sequence[Endpoint]], bounds: Bounds
) -> dict[str, tuple[Route, ...]]:
    """Pos-code → its routes; thousands of restaurants of a partner share what they have alike."""
    shared: dict[int, Route] = {}

    def open_(endpoint: Endpoint) -> Route:
        key = id(endpoint.webhooks)
        known = shared[key] = shared.get(key) or Route.open(endpoint, bounds)
        return replace(known, endpoint=endpoint)

    return {code: tuple(map(open_, given)) for code, given in endpoints.items()}


def open_endpoint(
    manifest: Manifest,
    credential: Callable[[str], SecretStr],
    public_url: str | None = None,
    redactor: Redactor | None = None,
) -> Endpoint:
    """Who sends to the pos-code of a partner, with the keys to check it.

    Args:
        manifest: What the folder of the partner states.
        credential: Finds a credential by name.
        public_url: Address up to and including `/webhooks` as the partner knows it.
        redactor: Knows what must not be kept, whoever sends it.

    Raises:
        InputError: The manifest says nothing about webhooks.
        CredentialError: The key is not set.
    """
    webhooks, slug = manifest.webhooks, manifest.partner
    if webhooks is None:
        raise InputError(
            f"{manifest.title} sends no webhooks",
            location=f"{slug}/partner.yaml#/webhooks",
            partner=slug,
            hint="Describe them under `webhooks:` in the manifest.",
        )
    return Endpoint(
        partner=slug,
        webhooks=webhooks,
        secrets=read_secrets(webhooks.signature, credential),
        public_url=public_url,
        redactor=redactor or Redactor(),
    )


def assign_restaurants(manifests: Iterable[Manifest]) -> dict[str, tuple[str, ...]]:
    """Pos-code → slugs of who sends there: each partner's slug, and the restaurants it states.

    Raises:
        InputError: Two partners at one pos-code cannot be told apart.
    """
    stated = {manifest.partner: manifest for manifest in manifests}
    codes: dict[str, list[str]] = {}
    apart: set[tuple[str, str]] = set()
    for slug, manifest in stated.items():
        for code in (slug, *manifest.restaurants):
            beside = codes.setdefault(code, [])
            for other in beside:
                if (other, slug) not in apart and other != slug:
                    _require_apart(stated[other], manifest, code)
                    apart.add((other, slug))
            if slug not in beside:
                beside.append(slug)
    return {code: tuple(slugs) for code, slugs in codes.items()}


def _require_apart(one: Manifest, other: Manifest, code: str) -> None:
    if one.webhooks is None or other.webhooks is None:
        return
    overlap = find_overlap(one.webhooks, other.webhooks)
    if overlap is not None:
        raise InputError(
            f"at the pos-code {code!r}, {overlap[1]} cannot be told from {overlap[0]} of "
            f"{one.partner}",
            location=f"{other.partner}/partner.yaml#/restaurants",
            partner=other.partner,
            hint="state a `path` or other `values` under `match` of one, or another pos-code",
        )
