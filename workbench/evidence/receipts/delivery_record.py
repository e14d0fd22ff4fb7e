"""A delivery as a finding keeps it: what came, when, and what its signature was computed over."""

from __future__ import annotations

import hashlib
import shlex
from contextlib import suppress

from workbench.adapters import mask_headers
from workbench.errors import SignatureError
from workbench.evidence.receipts.post import Post
from workbench.model import Exchange, Finding, shorten
from workbench.partners import Signature
from workbench.receiver import Arrival, Receipt, ReceivedMessage, read_events, signed_text
from workbench.settings import variable_name

_STANDARD = Signature(
    scheme="standard-webhooks",
    header="webhook-signature",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    template="{id}.{timestamp}.{body}",
    encoding="base64",
    key_encoding="base64",
)


def with_delivery(post: Post, finding: Finding, arrival: Arrival) -> Finding:
    """The finding with the delivery that shows it, and how its signature is computed again."""
    signature, signed = _stated(post), _signed(post, arrival)
    redactor = post.session.redactor
    text = redactor.text(signed)
    facts = {
        "delivery_id": _identity(post, arrival, signature),
        "signature_header": signature.header if signature else None,
        "signed_text": shorten(text) if text else None,
        # Names in the text are masked when a run is published; its hash still tells it.
        "signed_sha256": hashlib.sha256(signed.encode()).hexdigest() if signed else None,
        "reason": arrival.reason if isinstance(arrival, Receipt) else None,
    }
    exchange = Exchange(
        at=arrival.received_at,
        request=post.session.redactor.text(
            f"{arrival.method} /{arrival.pos_code}/webhooks/{arrival.target}".rstrip("/")
        ),
        headers=mask_headers(dict(arrival.headers), post.session.redactor),
        body=shorten(post.session.redactor.mask(arrival.body).decode("utf-8", "replace")),
        facts={name: value for name, value in facts.items() if value},
    )
    # A text with masks in it has another signature; who signed it has it whole.
    is_whole = redactor.data({"text": signed}) == {"text": signed}
    shown = shlex.quote(text) if is_whole else '"${SIGNED_TEXT:?}"'
    command = _sign_again(post, signature, shown) if signature and text else None
    return finding.model_copy(update={"exchange": exchange, "reproduction": command})


def with_cause(post: Post, finding: Finding) -> Finding:
    """The finding with the last call of ours: what should have made a delivery come."""
    entry = post.session.recorder.latest(lambda item: item.method != "GET")
    if entry is None:
        return finding
    changes = {"exchange": entry.exchange, "reproduction": entry.sent.curl}
    return finding.model_copy(update=changes)


def _stated(post: Post) -> Signature | None:
    """How the partner signs, with what the published scheme leaves to its defaults."""
    webhooks = post.partner.manifest.webhooks
    if webhooks is None:
        return None
    signature = webhooks.signature
    if signature.scheme != "standard-webhooks":
        return signature
    given = signature.model_dump(include={"header", "id_header", "timestamp_header", "credentials"})
    return _STANDARD.model_copy(update={name: item for name, item in given.items() if item})


def _identity(post: Post, arrival: Arrival, signature: Signature | None) -> str | None:
    webhooks = post.partner.manifest.webhooks
    told = signature.id_header if signature else None
    if told and (value := arrival.header(told)):
        return value
    events = read_events(webhooks, arrival) if webhooks else []
    return next((event.event_id for event in events if event.event_id), None)


def _signed(post: Post, arrival: Arrival) -> str:
    """What the signature should be computed over, as far as it is text; a token signs nothing."""
    signature = _stated(post)
    if signature is None or signature.scheme not in {"hmac", "standard-webhooks"}:
        return ""
    address = f"{post.address}/{arrival.target}".rstrip("/")
    message = ReceivedMessage.read(arrival.method, address, dict(arrival.headers), arrival.body)
    with suppress(SignatureError, UnicodeDecodeError):
        return signed_text(signature.template, signature, message).decode()
    return ""


def _sign_again(post: Post, signature: Signature, text: str) -> str | None:
    """A shell command that prints the right signature of a text, as a shell writes it."""
    if not signature.credentials or "\0" in text:
        return None
    slug, environment = post.partner.slug, post.session.environment
    name = variable_name(slug, environment, signature.credentials[0])
    keys = {
        "text": f'-hmac "${name}"',
        "hex": f'-mac HMAC -macopt hexkey:"${name}"',
        "base64": f'-mac HMAC -macopt hexkey:"$(printf %s "${{{name}#whsec_}}" | base64 -d '
        "| od -An -vtx1 | tr -d ' \\n')\"",
    }
    packed = " -binary | base64" if signature.encoding == "base64" else ""
    digest = f"openssl dgst -{signature.algorithm} {keys[signature.key_encoding]}{packed}"
    return f"printf %s {text} | {digest}"
