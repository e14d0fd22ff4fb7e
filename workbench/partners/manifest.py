"""`partner.yaml`: who the partner is, how to reach it, and which feature is where.

Everything is a statement by a person; nothing here is a verdict, and nothing is a secret:
credentials are named, never written.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    StringConstraints,
    model_validator,
)

from workbench.mapping import Zone
from workbench.model import Absence, Attestation, Limit, ReasonCode, Takes
from workbench.partners.login import Auth
from workbench.partners.manifest_part import BodyErrors, CredentialName, Statement
from workbench.partners.webhooks import EventRule, Handshake, Signature, Webhooks

# Every part of the manifest is to be had here.
__all__ = [
    "Auth",
    "BoundOperation",
    "CredentialName",
    "DocumentFile",
    "Environment",
    "EventRule",
    "FeatureStatement",
    "Handshake",
    "Manifest",
    "RateLimits",
    "Signature",
    "Slug",
    "Statement",
    "TestAccount",
    "Trigger",
    "Webhooks",
]

NO_ZONE, NO_CURRENCY = "UTC", "XTS"
"""What stands in for a time zone and a currency that nobody has stated."""

Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40),
    Takes("a name of small letters and digits, with single hyphens"),
]
Digest = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Takes("a SHA-256 of 64 hexadecimal digits")
]
Address = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^@]+$"),
    Takes("an address that begins with https:// and holds no credentials"),
]
Currency = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}$"), Takes("a code of ISO 4217, as `EUR`")
]
Entity = Literal[
    "order",
    "reservation",
    "menu",
    "menu-section",
    "product",
    "product-variant",
    "option-category",
    "option",
    "delivery",
    "restaurant",
    "exception",
]


class DocumentFile(Statement):
    """A document of the partner, kept beside the manifest as it is but for secrets and people.

    `replaced` says what was replaced in the copy (name or form → how often), `original_sha256`
    which document it was made from; both are absent where nothing was replaced.
    """

    path: str
    sha256: Digest
    original_sha256: Digest | None = None
    replaced: dict[str, int] = Field(default_factory=dict)
    source: str | None = None
    retrieved: str | None = None
    license: str | None = None


class TestAccount(Statement):
    """The restaurant test account: what it is called, and resources that are known to exist.

    Attributes:
        restaurant: The partner's id of the test restaurant.
        values: Parameter name of theirs → constant for this account (`restaurantId: r-100`).
        known: Entity → ids that exist there, so that tests hit real resources instead of 404s.
        spare: `order` or `reservation` → ids whose status tests may change for good, where nothing
            places a new one.
        dashboard: Address of the restaurant dashboard, if we have access.
    """

    __test__ = False

    restaurant: str
    values: dict[str, str | int] = Field(default_factory=dict)
    known: dict[Entity, tuple[str, ...]] = Field(default_factory=dict)
    spare: dict[Literal["order", "reservation"], tuple[str, ...]] = Field(default_factory=dict)
    dashboard: str | None = None


class RestaurantPlace(TestAccount):
    """Another restaurant of the same account, as `test_account`, and its own address if it has one.

    Attributes:
        base_url: Root of the API for this restaurant.
    """

    base_url: Address | None = None


class Trigger(Statement):
    """How an event can be provoked: by the sandbox's control address, by the API, or by a person.

    Attributes:
        control: `METHOD /path` under `Environment.control_url`.
        body: Sent as JSON to the control address.
        operation: An operation of the document with which a customer's side does it, as
            `POST /orders`. Naming it allows tests to call it; nothing that the folder does not
            name is ever written.
        ask: What a person has to do.
    """

    control: str | None = None
    body: dict[str, Any] = Field(default_factory=dict)
    operation: str | None = None
    ask: str | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Trigger:
        if (self.control is None and self.operation is None) == (self.ask is None):
            message = "a trigger has either `control` or `operation`, or `ask`"
            raise ValueError(message)
        return self


class Environment(Statement):
    """One of the partner's environments.

    Attributes:
        base_url: Root of the API, without credentials; `{name}` in it is a value of the
            restaurant (`https://{shop}.example/api`). A sandbox's may be replaced by the
            environment variable `WORKBENCH_<PARTNER>__<ENVIRONMENT>__BASE_URL`.
        control_url: Root of the sandbox's control address, when it has one.
        restaurants: Name of ours → a further restaurant, chosen with the environment variable
            `WORKBENCH_<PARTNER>__<ENVIRONMENT>__RESTAURANT`.
        hosts: Further `host` or `host:port` that may be called (token server, …).
        consent: Who at the partner agreed to destructive tests, and when; without it nothing
            destructive is sent.
        triggers: Event feature → how it is provoked.
        reset: `METHOD /path` under `control_url` that puts the test account back as it was.
    """

    base_url: Address
    control_url: str | None = None
    hosts: tuple[str, ...] = ()
    test_account: TestAccount | None = None
    restaurants: dict[str, RestaurantPlace] = Field(default_factory=dict)
    consent: str | None = None
    triggers: dict[str, Trigger] = Field(default_factory=dict)
    reset: str | None = None


class BoundOperation(Statement):
    """An operation that serves a feature; `for_` narrows what it is for.

    `for` lists canonical status values (status writes), or words of this list: `one` and `many`
    (collections), `create` (the partner gives the id), `replace` and `change` (by id), `partial`
    (only sent fields change), `remove`, `read-back`, `list`, `outcome` (of an asynchronous
    import), `publish` (makes live what was written as a draft); `kitchen-result` (the kitchen got
    the order, or not); for the availability `exception`, `exception-change`, `exception-remove`,
    `pause`, `resume`, `busy`.
    """

    operation: str
    for_: tuple[str, ...] = Field(default=(), alias="for")


class FeatureStatement(Statement):
    """What the folder says of one feature: a binding, an absence with its reason, or `open`.

    Attributes:
        operations: Operations that serve it, in order of preference.
        events: Events that serve it; each has a rule in `webhooks.events`.
        mapping: Name of the mapping in `mapping.yaml`.
        status: `unsupported` or `exempt`; then `code` and `reason` are required. `open`: nobody has
            judged it yet, `candidates` may serve it.
        given: For paperwork: what was handed over, in words.
        limits: Known shortcomings of a bound feature.
        criteria: Criterion slug → stated absence of that one behaviour.
        attested: Criterion slug → who vouches for it, when, and where that is written.
        reviewed: `false` marks a draft's proposal; take the line out once a person has looked.
    """

    operations: tuple[str | BoundOperation, ...] = ()
    events: tuple[str, ...] = ()
    mapping: str | None = None
    given: str | None = None
    limits: tuple[Limit, ...] = ()
    criteria: dict[str, Absence] = Field(default_factory=dict)
    attested: dict[str, Attestation] = Field(default_factory=dict)
    reviewed: bool = True
    status: Literal["unsupported", "exempt", "open"] | None = None
    candidates: tuple[str, ...] = ()
    code: ReasonCode | None = None
    reason: str | None = Field(default=None, min_length=10)
    cite: str | None = None
    needed: str | None = None

    @model_validator(mode="after")
    def _binds_or_explains(self) -> FeatureStatement:
        bound = bool(self.operations or self.events or self.given)
        if bound == (self.status is not None):
            message = (
                "a feature has either a binding (operations, events, given) "
                "or a status: `open`, or `unsupported` or `exempt` with code and reason"
            )
            raise ValueError(message)
        if self.candidates and self.status != "open":
            message = "`candidates` belong to `status: open`"
            raise ValueError(message)
        if self.status not in {None, "open"} and not (self.code and self.reason):
            message = f"`status: {self.status}` needs a `code` (R1 to R20) and a `reason`"
            raise ValueError(message)
        return self

    def bound_operations(self) -> tuple[BoundOperation, ...]:
        """The operations, each in its long form."""
        return tuple(
            item if isinstance(item, BoundOperation) else BoundOperation(operation=item)
            for item in self.operations
        )


class RateLimits(Statement):
    """What the partner allows us to send, and how fast it should answer.

    Attributes:
        position_seconds: Least time between two positions of the driver of one order.
    """

    requests_per_minute: int | None = Field(default=None, gt=0)
    latency_budget_ms: int = Field(default=2000, gt=0)
    position_seconds: float | None = Field(default=None, gt=0)


class Manifest(Statement):
    """The whole of `partner.yaml`.

    Attributes:
        partner: Slug; equal to the folder's name, and the prefix of environment variables.
        timezone: IANA zone of the test restaurant, for times without offset. Unstated, it is open:
            such times are read as UTC, and lint says so.
        currency: ISO 4217 code for amounts that do not name theirs. Unstated, it is open: such
            amounts carry the code that the standard reserves for tests.
        restaurants: Pos-code → their id of the restaurant; webhooks for these come to us under the
            pos-code, beside the partner's own slug.
        parameters: Parameter name of theirs → entity whose id it takes.
        headers: Constant headers that every call needs (no secrets).
        errors: How errors are told with a status of success, where they are.
    """

    partner: Slug
    title: str
    kind: Literal["marketplace", "ordering-app", "reservations", "other"] = "marketplace"
    homepage: str | None = None
    contact: str | None = None
    timezone: Zone = NO_ZONE
    currency: Currency = NO_CURRENCY
    locale: str = "en"
    documents: tuple[DocumentFile, ...] = Field(min_length=1)
    overlay: str | None = None
    environments: dict[Literal["sandbox", "production"], Environment]
    auth: Auth
    webhooks: Webhooks | None = None
    restaurants: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, Entity] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    errors: BodyErrors | None = None
    limits: RateLimits = RateLimits()
    features: dict[Slug, FeatureStatement]
    questions: tuple[str, ...] = ()

    def credential_names(self) -> tuple[str, ...]:
        """Every credential of the partner: to log in, and to check its webhooks."""
        signing = self.webhooks.signature.credentials if self.webhooks else ()
        own = (*self.auth.credential_names(), *self.auth.optional_names())
        return tuple(dict.fromkeys((*own, *signing)))

    @property
    def bound_features(self) -> dict[str, list[str]]:
        """Operation or event, as it is named here → slugs of the features it is bound to."""
        found: dict[str, list[str]] = {}
        for slug, stated in self.features.items():
            for reference in (*(b.operation for b in stated.bound_operations()), *stated.events):
                found.setdefault(reference, []).append(slug)
        return found
