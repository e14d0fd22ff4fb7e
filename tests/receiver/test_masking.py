"""Credentials are masked in headers and addresses before anything is stored."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.partners.webhooks import Signature
from workbench.receiver.masking import MASK, mask_arrival, mask_headers, mask_target
from workbench.receiver.receipt import Arrival
from workbench.secrecy import Redactor

KEY = b"c4nary/ with+more"
HMAC = Signature(scheme="hmac", header="X-Api-Key-Signature")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("orders/5?a=b", "orders/5?a=b"),
        ("orders?token=abc&x=1", f"orders?token={MASK}&x=1"),
        ("orders?api%5Fkey=abc", f"orders?api%5Fkey={MASK}"),
        ("orders?x=plain-key", f"orders?x={MASK}"),
        ("a/plain-key/b", f"a/{MASK}/b"),
        ("a/pl%61in-key/b", f"a/{MASK}/b"),
        ("orders?plain-key", f"orders?{MASK}"),
        ("", ""),
    ],
)
def test_addresses(target: str, expected: str) -> None:
    """Segments and parameters that carry a credential are masked, others are as sent."""
    assert mask_target(target, (KEY, b"plain-key")) == expected


@pytest.mark.parametrize("spell", [quote, quote_plus, lambda key: quote(key, safe="")])
def test_every_spelling_is_found(spell: object) -> None:
    """Percent and plus encodings hide no credential, nor does a slash in it."""
    spelt = spell(KEY.decode())  # type: ignore[operator]
    for target in (f"a/{spelt}/b", f"a?x={spelt}", f"a?{spelt}=1"):
        masked = mask_target(target, (KEY,))
        assert "nary" not in masked
        assert MASK in masked


def test_headers() -> None:
    """Credentials go, proofs and everything else stay in order and number."""
    given = [
        (b"Host", b"h"),
        (b"authorization", b"Bearer x"),
        (b"X-Api-Key-Signature", b"00ff"),
        (b"x-copy", b"a" + KEY),
        (b"x-copy", b"\xe9"),
    ]
    assert mask_headers(given, HMAC, (KEY,)) == (
        ("host", "h"),
        ("authorization", MASK),
        ("x-api-key-signature", "00ff"),
        ("x-copy", MASK),
        ("x-copy", "\xe9"),
    )
    token = Signature(scheme="token", header="X-Plain")
    assert mask_headers([(b"x-plain", b"wrong")], token, (KEY,)) == (("x-plain", MASK),)


@given(before=st.text("a/?&=%+2f", max_size=8), after=st.text("a/?&=%+2f", max_size=8))
@settings(max_examples=200)
def test_a_credential_never_stays(before: str, after: str) -> None:
    """Wherever it stands in an address, a credential is gone afterwards."""
    assert "canary" not in mask_target(f"{before}canary{after}", (b"canary",))


def test_a_secret_that_a_sender_tells_is_not_kept() -> None:
    """Whichever spelling, and wherever it stands; the rest of the message stays as it came."""
    secret = "x7-Gq29-tR-canary"
    redactor = Redactor({"client_secret": secret, "client_id": "venue-000123"})
    packed = base64.b64encode(f"venue-000123:{secret}".encode()).decode()
    arrival = Arrival(
        partner="p",
        pos_code="p",
        method="POST",
        target=f"hook?echo={secret[::-1]}",
        headers=(("x-echo", f"Basic {packed}"), ("x-other", "1")),
        body=json.dumps({"venue": "venue-000123", "note": secret}).encode(),
        received_at=datetime.now(UTC),
    )
    kept = mask_arrival(arrival, redactor)
    hits = redactor.find(kept.body + f"{kept.target}{kept.headers}".encode())
    assert {hit.credential for hit in hits} == {"client_id"}
    assert json.loads(kept.body) == {"venue": "venue-000123", "note": "[REDACTED]"}
    assert kept.headers[1] == ("x-other", "1")
    assert kept.leaked == ("client_secret",)
    assert mask_arrival(arrival, Redactor({"client_id": "venue-000123"})) is arrival
