"""What must not be at rest: credentials that a webhook carries are masked before it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

from workbench.partners import Signature
from workbench.receiver.receipt import Arrival
from workbench.secrecy import ANYTHING, Redactor, is_identifier_name, is_secret_name

MASK = "[redacted]"
# Their header is a proof over this one message, not a credential, and a second check needs it.
_PROOFS = frozenset({"hmac", "hash", "standard-webhooks", "ed25519", "ecdsa", "rsa"})


def mask_headers(
    headers: Iterable[tuple[bytes, bytes]], signature: Signature, secrets: tuple[bytes, ...]
) -> tuple[tuple[str, str], ...]:
    """Headers as texts; the value is masked where the name or the value is a credential's."""
    proof = (signature.header or "").lower() if signature.scheme in _PROOFS else ""
    carrier = "" if proof else (signature.header or "").lower()
    kept: list[tuple[str, str]] = []
    for raw_name, raw_value in headers:
        name, is_secret = _read_name(raw_name)
        is_named = name != proof and (name == carrier or is_secret)
        is_masked = is_named or _holds_any(raw_value, secrets)
        kept.append((name, MASK if is_masked else raw_value.decode("latin-1")))
    return tuple(kept)


def mask_body(body: bytes, signature: Signature, secrets: tuple[bytes, ...]) -> bytes:
    """A body without the token that it carries; a proof over the body stays, it tells no secret."""
    if signature.scheme == "token" and (signature.token_json or signature.signature_json):
        for secret in filter(None, secrets):
            body = body.replace(secret, MASK.encode())
    return body


def mask_arrival(arrival: Arrival, redactor: Redactor) -> Arrival:
    """What came, without any secret of this machine, in whatever spelling it stands there.

    What says who we are stays: partners send it for good reasons. The others are named in `leaked`.
    """
    heads = "\n".join(f"{name}: {value}" for name, value in arrival.headers)
    told = f"{arrival.target}\n{heads}\n".encode("utf-8", "surrogatepass") + arrival.body
    found = {hit.credential for hit in redactor.find(told)}
    names = {name for name in found - {ANYTHING} if not is_identifier_name(name)}
    if not names:
        return arrival

    def clean(text: str) -> str:
        return redactor.take_out(text.encode("utf-8", "surrogatepass"), names).decode(
            "utf-8", "replace"
        )

    return replace(
        arrival,
        target=clean(arrival.target),
        headers=tuple((name, clean(value)) for name, value in arrival.headers),
        body=redactor.take_out(arrival.body, names),
        leaked=tuple(sorted(names)),
    )


def mask_target(target: str, secrets: tuple[bytes, ...]) -> str:
    """The path and query with credentials masked, whether in a segment or in a parameter."""
    path, mark, query = target.partition("?")
    if _holds_encoded(path, secrets):
        path = "/".join(MASK if _holds_encoded(p, secrets) else p for p in path.split("/"))
        # A credential with a slash spans segments: then no segment is worth keeping.
        path = MASK if _holds_encoded(path, secrets) else path
    if query:
        query = "&".join(_mask_pair(pair, secrets) for pair in query.split("&"))
    return path + mark + query


def _mask_pair(pair: str, secrets: tuple[bytes, ...]) -> str:
    name, _, value = pair.partition("=")
    if _holds_encoded(name, secrets):
        return MASK
    named = is_secret_name(unquote_plus(name), parameter=True)
    is_secret = named or _holds_encoded(value, secrets)
    return f"{name}={MASK}" if value and is_secret else pair


@lru_cache(maxsize=1024)
def _read_name(raw: bytes) -> tuple[str, bool]:
    """A header's name in lower case, and whether it tells that its value is a credential."""
    name = raw.decode("latin-1").lower()
    return name, is_secret_name(name, parameter=True)


def _holds_encoded(text: str, secrets: tuple[bytes, ...]) -> bool:
    forms = {text, unquote(text), unquote_plus(text)} if "%" in text or "+" in text else (text,)
    return any(_holds_any(form.encode("utf-8", "surrogatepass"), secrets) for form in forms)


def _holds_any(value: bytes, secrets: tuple[bytes, ...]) -> bool:
    return any(secret and secret in value for secret in secrets)
