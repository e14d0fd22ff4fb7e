"""The part of `partner.yaml` that says what the partner sends us, and how it proves who it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from workbench.partners.manifest_part import CredentialName, JsonPath, Place, Statement

SIGNED_TOLERANCE_SECONDS = 300
Scheme = Literal[
    "hmac",
    "hash",
    "token",
    "basic",
    "standard-webhooks",
    "jwt",
    "ed25519",
    "ecdsa",
    "rsa",
    "none",
]
Algorithm = Literal[
    "sha256",
    "sha1",
    "sha384",
    "sha512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
]


def _lower(raw: Any) -> Any:
    return raw.lower() if isinstance(raw, str) else raw


class Signature(Statement):
    """How the partner's webhooks are recognised as genuine.

    `hmac`: HMAC(`algorithm`) of `template`. `hash`: the digest of `template`, which holds
    `{secret}`. `ed25519`, `ecdsa`, `rsa`: a signature of `template` (over `algorithm`), checked
    with a public key or a certificate. `token`: the credential itself. `basic`: HTTP Basic with
    credentials username, password. `standard-webhooks`: the published scheme, `v1` (HMAC,
    `whsec_…`) and `v1a` (ed25519, public key `whpk_…`). `jwt`: a JSON Web Token (HS256 to HS512 by
    `algorithm: sha256` to `sha512`; RS256, ES256, … with a public key or a JWK set) in the body at
    `token_json`, or in `header` after `prefix`. `none`: not authenticated (a limit to report).

    What proves the sender stands in `header` after `prefix`, in the query parameter `query`, or in
    the body at `signature_json` (a token: `token_json`).

    `template` is text with `{body}`, `{timestamp}`, `{id}`, `{url}`, `{path}`, `{query}`,
    `{method}`, `{params}` (form parameters, name and value, sorted by name), `{secret}`,
    `{header:Name}`, `{json:JSONPath}`, `{json?:JSONPath}` (empty when absent), `{sha256:body}`
    (also `sha1`, `sha512`, `md5`; hex) and `{crc32:body}` (decimal).

    Attributes:
        alternatives: Further templates; a signature of any of them is genuine.
        encoding: How a signature is spelt; padding of base64 may be left out.
        parameter: Where `header` is a list `t=1,v1=abc` or `ts=1;h1=abc`: name of the part that is
            the signature.
        timestamp_header: Header with the time of sending; `timestamp_parameter` names a part of
            `header` instead, `timestamp_json` a JSONPath in the body.
        tolerance_seconds: Older (or newer) deliveries are refused; absent: 300 where a header
            tells the time and it is signed, else any age (a time in the body is the event's).
        key_encoding: How the credential spells the key; for `standard-webhooks`, `text` says that
            the whole credential is the key.
        certificate_header: For `rsa` and `ecdsa`: header with the address of the certificate that
            signed; `certificate_json` is a JSONPath in the body instead.
        certificate_hosts: Hosts that it may be fetched from, over HTTPS; `*` is one part of a name.
        credentials: Names of the credentials; further ones than the first (for `basic`: the
            first two) are optional and serve key rotation.
        refusal: Status for a delivery that is not genuine.
    """

    scheme: Annotated[Scheme, BeforeValidator(_lower)]
    header: str | None = None
    query: str | None = None
    signature_json: JsonPath | None = None
    algorithm: Algorithm = "sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    prefix: str = ""
    template: str = "{body}"
    alternatives: tuple[str, ...] = ()
    parameter: str | None = None
    token_json: JsonPath | None = None
    id_header: str | None = None
    timestamp_header: str | None = None
    timestamp_parameter: str | None = None
    timestamp_json: JsonPath | None = None
    tolerance_seconds: int | None = Field(default=None, gt=0)
    key_encoding: Literal["text", "hex", "base64"] = "text"
    certificate_header: str | None = None
    certificate_json: str | None = None
    certificate_hosts: tuple[str, ...] = ()
    credentials: tuple[CredentialName, ...] = ()
    refusal: int = Field(default=401, ge=400, le=599)

    @model_validator(mode="after")
    def _is_complete(self) -> Signature:
        places = [self.header, self.query, self.signature_json]
        if self.scheme in {"token", "jwt"}:
            places.append(self.token_json)
        is_proof = self.scheme not in {"basic", "standard-webhooks", "none"}
        if is_proof and not any(places):
            message = (
                f"a signature of scheme `{self.scheme}` names its `header` (or `query`, or where "
                "it is in the body: `signature_json`, `token_json`)"
            )
            raise ValueError(message)
        names_certificate = bool(self.certificate_header or self.certificate_json)
        if names_certificate != bool(self.certificate_hosts) or (
            names_certificate and self.scheme not in {"rsa", "ecdsa"}
        ):
            message = (
                "a certificate by its address is for `rsa` and `ecdsa`, and names "
                "`certificate_header` or `certificate_json`, and `certificate_hosts`"
            )
            raise ValueError(message)
        is_jose = self.algorithm[0].isupper()
        if is_jose and self.scheme != "jwt":
            message = f"`algorithm: {self.algorithm}` belongs to scheme `jwt`"
            raise ValueError(message)
        if self.scheme == "jwt" and self.algorithm == "sha1":
            message = "a signature of scheme `jwt` is HS256 (`sha256`) or stronger, RS256, ES256, …"
            raise ValueError(message)
        if self.scheme == "hash" and not all("{secret}" in one for one in self.templates):
            message = "a `template` of scheme `hash` holds {secret}, else anybody could make it"
            raise ValueError(message)
        return self

    @property
    def templates(self) -> tuple[str, ...]:
        """What may be signed."""
        is_plain = self.scheme == "hash" and "template" not in self.model_fields_set
        return ("{secret}{body}" if is_plain else self.template, *self.alternatives)

    @property
    def tolerance(self) -> int | None:
        """Seconds that a delivery may be off; None for any age."""
        times = ("{timestamp}", f"{{header:{self.timestamp_header}}}".lower())
        is_signed = any(time in text.lower() for text in self.templates for time in times)
        is_sent_with = self.timestamp_header or self.timestamp_parameter
        default = SIGNED_TOLERANCE_SECONDS if is_signed and is_sent_with else None
        return self.tolerance_seconds or default


class EventMatch(Statement):
    """How a received request is recognised as an event; every given condition must hold.

    `path` is the tail after `/{pos-code}/webhooks/`; `json` is a JSONPath whose value is one of
    `values`; `header` likewise.
    """

    path: str | None = None
    json_: JsonPath | None = Field(default=None, alias="json")
    header: str | None = None
    values: tuple[str, ...] = ()


class EventRule(Statement):
    """How one event of theirs is read.

    Attributes:
        match: How to recognise it.
        each: JSONPath to the items of a batch body; absent: the body is one item.
        event_id: JSONPath, inside the item, of the partner's event id (de-duplication).
        entity_id: JSONPath, inside the item, of the order's or reservation's id.
        pull: Feature slug of the read that fetches the entity (ping-and-pull).
        delta: The item tells only what changed, as a JSON Merge Patch of the last whole one.
        mapping: Mapping that translates the item; absent with `pull`.
    """

    match: EventMatch
    each: JsonPath | None = None
    event_id: JsonPath | None = None
    entity_id: JsonPath | None = None
    pull: str | None = None
    delta: bool = False
    mapping: str | None = None


class Handshake(Statement):
    """How the partner makes sure that an address is ours, before it sends events there.

    Attributes:
        method: Method of the request.
        query: Query parameter that holds the challenge.
        json: JSONPath of the challenge in the body.
        match: What else the request has, so that no event is taken for a handshake.
        signed: Whether the request is signed like an event; an answer with `{hmac}` always asks it,
            or anybody could have texts of their choice signed.
        status: What we answer.
        body: Text with `{challenge}` and `{hmac}` (of the challenge, hex, with the first key).
        headers: Header → text of the same kind, or with `{header:Name}` of the request.
        confirm: JSONPath of an address that we call to confirm; only on the `hosts` named here.
    """

    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT"] = "GET"
    query: str | None = None
    json_: JsonPath | None = Field(default=None, alias="json")
    match: EventMatch | None = None
    signed: bool = False
    status: int = Field(default=200, ge=200, le=299)
    body: str = "{challenge}"
    content_type: str = "text/plain"
    headers: dict[str, str] = Field(default_factory=dict)
    confirm: JsonPath | None = None
    hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_told_apart(self) -> Handshake:
        if not (self.query or self.json_ or self.match or self.confirm):
            message = (
                "a handshake says what the request has: `query`, `json`, `match`, or `confirm`"
            )
            raise ValueError(message)
        if self.confirm and not self.hosts:
            message = "`confirm` calls an address of theirs; name the `hosts` that may be called"
            raise ValueError(message)
        return self


class Webhooks(Statement):
    """What the partner sends us: signature, acknowledgement, and the events by reference.

    `handshakes` come before events; where none is stated, those that only echo are answered
    (`receiver.handshake.COMMON`). `ack_body` is text with `{json:JSONPath}` or `{header:Name}` of
    the delivery, for partners that read our answer; `ack_type` is its media type. `max_body_mb`:
    what one body may have, for senders of large batches (default 5).

    `retry` says in words what the partner does when we do not acknowledge, `repeats` how often it
    sends again (0: never, so nobody waits for it; unset: not stated). `repeat_seconds` (default: a
    day) is how long an event without an id of its own, equal to the last that changed its order
    or reservation, counts as the same sent again; later it is news, and so it is at any time when
    something changed in between. `sequence` is where they
    number their deliveries to a restaurant, one by one (a JSONPath, or `header:Name`): a hole in
    the numbers makes us ask for what was missed.
    """

    signature: Signature
    max_body_mb: int | None = Field(default=None, gt=0, le=64)
    ack: int = Field(default=200, ge=200, le=299)
    ack_body: str = ""
    ack_type: str = "application/json"
    handshakes: tuple[Handshake, ...] | None = None
    timeout_seconds: float | None = None
    retry: str | None = None
    repeats: int | None = Field(default=None, ge=0)
    repeat_seconds: float = Field(default=86_400, ge=0)
    sequence: Place | None = None
    events: dict[str, EventRule] = Field(default_factory=dict)
