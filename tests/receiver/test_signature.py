"""Signatures as data: one vector per scheme, rotation, malformed headers, totality."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from workbench.errors import CredentialError, ManifestError
from workbench.partners.webhooks import Signature
from workbench.receiver.signature import Verification, check_statement, read_secrets, verify

NOW = 1_790_000_000.0
STAMP = str(int(NOW))
KEY = b"a-shared-key-of-some-length"
OLD_KEY = b"the-key-of-last-month"
URL = "https://hooks.example/pos-1/webhooks/orders?x=1"
BODY = b'{"id":"e-1","timestamp":"2026-09-21T13:33:20Z","order":{"id":7}}'
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def mac(key: bytes, text: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC as raw bytes."""
    return hmac.digest(key, text, algorithm)


def b64(raw: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(raw).decode()


def part(value: object) -> str:
    """One part of a JSON Web Token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(key: bytes, claims: dict[str, Any], alg: str = "HS256") -> str:
    """A JSON Web Token."""
    text = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}"
    return f"{text}.{part(mac(key, text.encode()))}"


def data(**fields: Any) -> Signature:
    """A signature as it is read from a manifest."""
    return Signature.model_validate({"credentials": ["webhook_secret"], **fields})


STANDARD_TEXT = b"msg_1." + STAMP.encode() + b"." + BODY
STANDARD = {"webhook-id": "msg_1", "webhook-timestamp": STAMP}

# name → (scheme, right headers, key, body)
VECTORS: dict[str, tuple[Signature, dict[str, str], bytes, bytes]] = {
    "hex of the body": (
        data(scheme="hmac", header="X-Signature"),
        {"x-signature": mac(KEY, BODY).hex()},
        KEY,
        BODY,
    ),
    "upper-case hex": (
        data(scheme="hmac", header="X-Signature"),
        {"x-signature": mac(KEY, BODY).hex().upper()},
        KEY,
        BODY,
    ),
    "prefix": (
        data(scheme="hmac", header="X-Hub-Signature-256", prefix="sha256="),
        {"x-hub-signature-256": "sha256=" + mac(KEY, BODY).hex()},
        KEY,
        BODY,
    ),
    "sequence id and body": (
        data(scheme="hmac", header="X-Mac", template="{header:X-Sequence} {body}"),
        {"x-mac": mac(KEY, b"guid-9 " + BODY).hex(), "x-sequence": "guid-9"},
        KEY,
        BODY,
    ),
    "an alternative template": (
        data(
            scheme="hmac",
            header="X-Mac",
            id_header="X-Sequence",
            template="{id} {body}",
            alternatives=["{id} \n {body}"],
        ),
        {"x-mac": mac(KEY, b"guid-9 \n " + BODY).hex(), "x-sequence": "guid-9"},
        KEY,
        BODY,
    ),
    "base64 of body and the time in it": (
        data(
            scheme="hmac",
            header="Signature",
            encoding="base64",
            template="{body}{timestamp}",
            timestamp_json="$.timestamp",
            tolerance_seconds=60 * 60 * 24 * 365,
        ),
        {"signature": b64(mac(KEY, BODY + b"2026-09-21T13:33:20Z"))},
        KEY,
        BODY,
    ),
    "address and body": (
        data(scheme="hmac", header="X-Mac", encoding="base64", template="{url}{body}"),
        {"x-mac": b64(mac(KEY, URL.encode() + BODY))},
        KEY,
        BODY,
    ),
    "method and a value of the body": (
        data(scheme="hmac", header="X-Mac", template="{method}:{json:$.order.id}"),
        {"x-mac": mac(KEY, b"POST:7").hex()},
        KEY,
        BODY,
    ),
    "list with a time": (
        data(
            scheme="hmac",
            header="X-List-Signature",
            parameter="v1",
            timestamp_parameter="t",
            template="{timestamp}.{body}",
            tolerance_seconds=300,
        ),
        {
            "x-list-signature": f"t={STAMP},v1={'0' * 64}, "
            f"v1={mac(KEY, STAMP.encode() + b'.' + BODY).hex()}"
        },
        KEY,
        BODY,
    ),
    "time in milliseconds": (
        data(
            scheme="hmac",
            header="X-Mac",
            timestamp_header="X-Time",
            template="{timestamp}{body}",
            tolerance_seconds=5,
        ),
        {"x-mac": mac(KEY, STAMP.encode() + b"000" + BODY).hex(), "x-time": STAMP + "000"},
        KEY,
        BODY,
    ),
    "sha1 in Authorization": (
        data(scheme="hmac", header="Authorization", prefix="MAC ", algorithm="sha1"),
        {"authorization": "MAC " + mac(KEY, BODY, "sha1").hex()},
        KEY,
        BODY,
    ),
    "sha512 with a key in hex": (
        data(scheme="hmac", header="X-Mac", algorithm="sha512", key_encoding="hex"),
        {"x-mac": mac(KEY, BODY, "sha512").hex()},
        KEY.hex().encode(),
        BODY,
    ),
    "token": (
        data(scheme="token", header="X-Token", prefix="Bearer "),
        {"x-token": "Bearer " + KEY.decode()},
        KEY,
        BODY,
    ),
    "basic": (
        data(scheme="basic"),
        {"authorization": "Basic " + b64(b"us\xe9r:p:w")},
        b"us\xe9r:p:w",
        BODY,
    ),
    "standard webhooks v1": (
        data(scheme="standard-webhooks"),
        {**STANDARD, "webhook-signature": "v1,AAAA v1," + b64(mac(KEY, STANDARD_TEXT))},
        b"whsec_" + b64(KEY).encode(),
        BODY,
    ),
    "standard webhooks v1a": (
        data(scheme="standard-webhooks"),
        {**STANDARD, "webhook-signature": "v1a," + b64(EDWARDS.sign(STANDARD_TEXT))},
        b"whpk_" + b64(EDWARDS.public_key().public_bytes_raw()).encode(),
        BODY,
    ),
    "token of claims in the body": (
        data(scheme="jwt", token_json="$.token"),
        {},
        KEY,
        json.dumps({"token": token(KEY, {"id": 1, "exp": NOW + 5, "iat": NOW})}).encode(),
    ),
    "token of claims in a header": (
        data(scheme="jwt", header="Authorization", prefix="Bearer "),
        {"authorization": "Bearer " + token(KEY, {})},
        KEY,
        BODY,
    ),
}
SIGNING = sorted(set(VECTORS) - {"token", "basic"})


def check(
    signature: Signature,
    headers: Any,
    *keys: bytes,
    body: bytes = BODY,
    now: float = NOW,
    method: str = "POST",
    url: str = URL,
) -> Verification:
    """Verify with the usual request."""
    return verify(signature, keys, method=method, url=url, headers=headers, body=body, now=now)


@pytest.mark.parametrize("name", VECTORS)
def test_a_right_signature_is_accepted(name: str) -> None:
    """Every scheme accepts its vector, with headers as texts or as pairs of bytes."""
    signature, headers, key, body = VECTORS[name]
    pairs = [(key.title().encode(), value.encode("latin-1")) for key, value in headers.items()]
    assert check(signature, headers, key, body=body) == Verification(True, "ok")
    assert check(signature, pairs, key, body=body).is_proved


@pytest.mark.parametrize("name", VECTORS)
def test_keys_rotate(name: str) -> None:
    """The right key is found behind another one, and the other alone does not match."""
    signature, headers, key, body = VECTORS[name]
    if name == "standard webhooks v1a":
        other = (
            b"whpk_"
            + b64(
                Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key().public_bytes_raw()
            ).encode()
        )
    else:
        other = b"whsec_" + b64(OLD_KEY).encode() if b"whsec" in key else OLD_KEY.hex().encode()
    assert check(signature, headers, other, key, body=body).ok
    assert check(signature, headers, other, body=body) == Verification(False, "mismatch")


@pytest.mark.parametrize("name", VECTORS)
def test_no_key_and_empty_keys_are_refused(name: str) -> None:
    """Without a key nothing is genuine: an empty one must not become the HMAC key."""
    signature, headers, _, body = VECTORS[name]
    assert not check(signature, headers, body=body).ok
    assert not check(signature, headers, b"", body=body).ok


def test_an_empty_key_signs_nothing() -> None:
    """A signature made with the empty key is refused even if the empty key is configured."""
    signature = data(scheme="hmac", header="X-Mac")
    assert check(signature, {"x-mac": mac(b"", BODY).hex()}, b"").reason == "mismatch"


@pytest.mark.parametrize("name", SIGNING)
def test_a_changed_body_is_refused(name: str) -> None:
    """One changed byte of what is signed breaks every signature."""
    signature, headers, key, body = VECTORS[name]
    if name == "token of claims in a header":
        headers = {"authorization": headers["authorization"].replace(".e", ".f", 1)}
    position = body.index(b"7" if b"7" in body else b"eyJ") + (0 if b"7" in body else 5)
    changed = body[:position] + b"8" + body[position + 1 :]
    assert not check(signature, headers, key, body=changed).ok


@pytest.mark.parametrize("name", VECTORS)
def test_a_missing_header_is_named(name: str) -> None:
    """Without its headers a delivery is `missing` (`malformed` where the body should hold it)."""
    signature, _, key, _ = VECTORS[name]
    expected = "malformed" if signature.token_json else "missing"
    assert check(signature, {}, key).reason == expected


def test_a_repeated_header_is_refused() -> None:
    """Two signature headers leave open which one a proxy meant."""
    signature, headers, key, _ = VECTORS["hex of the body"]
    pair = (b"x-signature", headers["x-signature"].encode())
    assert check(signature, [pair, (b"X-Signature", b"00")], key).reason == "malformed"


MALFORMED = [
    "",
    " ",
    "=",
    ",",
    ",,,,",
    "v1",
    "v1,",
    "v1,=",
    "v1,AAA",
    "v2,AAAA",
    "v1,AAAA v1",
    "Basic",
    "Basic !!!!",
    "Bearer",
    "Bearer ..",
    "sha256=",
    "sha256=zz",
    "t=,v1=",
    "t=1_0,v1=" + "0" * 64,
    "é" * 40,
    "\x00\x01",
    "\ud800",
    "٣" * 64,
    "a" * 70_000,
]
TIMES = ["", "1_790_000_000", "17900000.0.0", "+1790000000", "-1", "nan", "9" * 30]


@pytest.mark.parametrize("name", VECTORS)
def test_malformed_headers_are_refused(name: str) -> None:
    """24 broken values in each header of each scheme are refused, and none raises."""
    signature, headers, key, body = VECTORS[name]
    assert len(MALFORMED) == 24
    for header in headers:
        for value in MALFORMED:
            assert not check(signature, {**headers, header: value}, key, body=body).ok, value


@pytest.mark.parametrize("stamp", TIMES)
def test_times_are_read_strictly(stamp: str) -> None:
    """A time in any but the plain spelling is malformed, even when it is signed."""
    text = b"msg_1." + stamp.encode() + b"." + BODY
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + b64(mac(KEY, text)),
    }
    assert check(data(scheme="standard-webhooks"), headers, b64(KEY).encode()).reason == "malformed"
    own = data(
        scheme="hmac",
        header="X-Mac",
        timestamp_header="X-Time",
        template="{timestamp}{body}",
        tolerance_seconds=300,
    )
    signed = {"x-mac": mac(KEY, stamp.encode() + BODY).hex(), "x-time": stamp}
    assert check(own, signed, KEY).reason == "malformed"


@pytest.mark.parametrize(
    "name", ["list with a time", "standard webhooks v1", "time in milliseconds"]
)
def test_age_and_signature_are_told_apart(name: str) -> None:
    """A right signature out of time is `too-old`; a wrong one is `mismatch` at any age."""
    signature, headers, key, body = VECTORS[name]
    for later in (NOW + 301, NOW - 301):
        assert check(signature, headers, key, body=body, now=later).reason == "too-old"
        assert check(signature, headers, key, body=body + b" ", now=later).reason == "mismatch"


@pytest.mark.parametrize("name", ["list with a time", "standard webhooks v1"])
def test_the_tolerance_counts_in_both_directions(name: str) -> None:
    """Exactly at the tolerance a delivery is fresh, whichever clock is ahead."""
    signature, headers, key, body = VECTORS[name]
    for at in (NOW + 300, NOW - 300):
        assert check(signature, headers, key, body=body, now=at).reason == "ok"


@pytest.mark.parametrize("tolerance", [1, 30])
def test_the_tolerance_is_that_of_the_manifest(tolerance: int) -> None:
    """So many seconds are fresh, before and after; one second beyond is too old."""
    own = data(
        scheme="hmac",
        header="X-Mac",
        timestamp_header="X-Time",
        template="{timestamp}{body}",
        tolerance_seconds=tolerance,
    )
    stamp = str(int(NOW))
    signed = {"x-mac": mac(KEY, stamp.encode() + BODY).hex(), "x-time": stamp}
    for sign in (1, -1):
        assert check(own, signed, KEY, now=NOW + sign * tolerance).reason == "ok"
        assert check(own, signed, KEY, now=NOW + sign * (tolerance + 1)).reason == "too-old"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60}, "ok"),
        ({"exp": NOW - 61}, "too-old"),
        ({"nbf": NOW + 60}, "ok"),
        ({"nbf": NOW + 61}, "too-old"),
        ({"iat": NOW - 300}, "ok"),
        ({"iat": NOW - 301}, "too-old"),
        ({"iat": NOW + 300}, "ok"),
        ({"iat": NOW + 301}, "too-old"),
        ({"exp": NOW, "nbf": NOW, "iat": NOW}, "ok"),
        ({"exp": "tomorrow"}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": None}, "malformed"),
    ],
)
def test_claims_bound_the_time(claims: dict[str, Any], reason: str) -> None:
    """exp, nbf and iat are honoured with a leeway, and odd values refused."""
    signature = data(scheme="jwt", header="X-Token", tolerance_seconds=300)
    assert check(signature, {"x-token": token(KEY, claims)}, KEY).reason == reason


@pytest.mark.parametrize("alg", ["none", "HS512", "RS256", "hs256", ""])
def test_another_algorithm_is_refused(alg: str) -> None:
    """The token does not choose its algorithm."""
    signature = data(scheme="jwt", header="X-Token")
    assert check(signature, {"x-token": token(KEY, {}, alg)}, KEY).reason == "malformed"
    unsigned = f"{part({'alg': alg})}.{part({})}."
    assert not check(signature, {"x-token": unsigned}, KEY).ok


def test_a_token_that_asks_for_more_than_we_know_is_refused() -> None:
    """A header `crit` names what must be understood (RFC 7515), and nothing of it is."""
    text = f"{part({'alg': 'HS256', 'crit': ['exp']})}.{part({})}"
    signed = f"{text}.{part(mac(KEY, text.encode()))}"
    signature = data(scheme="jwt", header="X-Token")
    assert check(signature, {"x-token": signed}, KEY).reason == "malformed"


@pytest.mark.parametrize(("digits", "unit"), [(13, 3), (14, 3), (16, 6), (17, 6), (19, 9), (20, 9)])
def test_a_finer_count_is_told_by_its_length(digits: int, unit: int) -> None:
    """Up to 14 digits are milliseconds, up to 17 microseconds, up to 20 nanoseconds."""
    own = data(
        scheme="hmac",
        header="X-Mac",
        timestamp_header="X-Time",
        template="{timestamp}{body}",
        tolerance_seconds=1,
    )
    stamp = "1" * digits
    signed = {"x-mac": mac(KEY, stamp.encode() + BODY).hex(), "x-time": stamp}
    assert check(own, signed, KEY, now=int(stamp) / 10**unit).reason == "ok"
    assert check(own, signed, KEY, now=int(stamp) / 10**unit + 5).reason == "too-old"


def test_unsigned_is_accepted_but_not_proved() -> None:
    """A partner that does not sign is let in and marked."""
    found = check(Signature(scheme="none"), {})
    assert found == Verification(True, "unsigned")
    assert not found.is_proved


HEADER_VALUES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(MALFORMED).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@given(
    name=st.sampled_from(sorted(VECTORS)),
    values=st.lists(HEADER_VALUES, min_size=4, max_size=4),
    body=st.one_of(
        st.binary(max_size=100),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["token", "timestamp", "order", "id"]), inner)
            ),
            max_leaves=6,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    url=st.text(max_size=20),
    keys=st.lists(st.binary(max_size=40), max_size=3),
)
@settings(max_examples=400, deadline=None)
def test_verify_is_total(
    name: str, values: list[bytes], body: bytes, url: str, keys: list[bytes]
) -> None:
    """Any bytes in headers, body and keys give an answer, and never a yes."""
    signature, headers, _, _ = VECTORS[name]
    pairs = list(zip((key.encode() for key in headers), values, strict=False))
    assert not check(signature, pairs, *keys, body=body, url=url).ok
    texts = {key.decode(): value.decode("utf-8", "surrogateescape") for key, value in pairs}
    assert not check(signature, texts, *keys, body=body, url=url, method="\ud800").ok


# A line end around a key is how files end, and no part of it.
KEYS = st.binary(min_size=1, max_size=80).filter(lambda key: key.strip(b"\r\n") == key)


@given(key=KEYS, body=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_signing_and_verifying_agree(key: bytes, body: bytes) -> None:
    """What is signed with any key over any body verifies, and with a longer body does not."""
    signature = data(scheme="hmac", header="X-Mac")
    headers = {"X-Mac": hmac.new(key, body, hashlib.sha256).hexdigest()}
    assert check(signature, headers, key, body=body).ok
    assert not check(signature, headers, key, body=body + b"\0").ok


@pytest.mark.parametrize(
    "fields",
    [
        {"template": "{bodi}"},
        {"template": "{json:not a path}"},
        {"template": "{header:}"},
        {"template": "{timestamp}.{body}"},
        {"alternatives": ["{id}{body}"]},
    ],
)
def test_a_wrong_statement_shows_at_start(fields: dict[str, Any]) -> None:
    """Unknown placeholders, wrong paths and placeholders without source are manifest errors."""
    with pytest.raises(ManifestError) as caught:
        check_statement(data(scheme="hmac", header="X-Mac", **fields))
    assert caught.value.location


def test_a_wrong_path_shows_when_the_manifest_is_read() -> None:
    """A JSONPath that is none never becomes a statement."""
    with pytest.raises(ValidationError, match="'timestamp' is not a JSONPath"):
        data(scheme="hmac", header="X-Mac", timestamp_json="timestamp")


@pytest.mark.parametrize(
    "fields",
    [
        {"scheme": "hmac"},
        {"scheme": "token"},
        {"scheme": "jwt"},
        {"scheme": "jwt", "header": "X", "algorithm": "sha1"},
    ],
)
def test_an_incomplete_statement_is_not_valid(fields: dict[str, Any]) -> None:
    """A scheme without the header that it needs does not load."""
    with pytest.raises(ValidationError):
        Signature.model_validate(fields)


def test_secrets_are_read_by_name() -> None:
    """The first key is required, those for rotation are optional; basic joins two credentials."""
    stored = {"now": "k1", "before": "k0", "user": "u", "password": "p"}

    def credential(name: str) -> SecretStr:
        if name not in stored:
            raise CredentialError(f"no {name}")
        return SecretStr(stored[name])

    rotating = data(scheme="hmac", header="X", credentials=["now", "before", "later"])
    assert read_secrets(rotating, credential) == (b"k1", b"k0")
    basic = data(scheme="basic", credentials=["user", "password"])
    assert read_secrets(basic, credential) == (b"u:p",)
    with pytest.raises(CredentialError):
        read_secrets(data(scheme="hmac", header="X", credentials=["later"]), credential)


def test_a_proof_that_lacks_a_part_is_none() -> None:
    """Basic credentials without a colon, and a delivery signed with an empty id, open nothing."""
    bare = {"authorization": "Basic " + b64(b"nocolon")}
    assert check(data(scheme="basic"), bare, b"nocolon").reason == "malformed"
    text = b"." + STAMP.encode() + b"." + BODY
    unnamed = {**STANDARD, "webhook-id": "", "webhook-signature": "v1," + b64(mac(KEY, text))}
    key = b"whsec_" + b64(KEY).encode()
    assert check(data(scheme="standard-webhooks"), unnamed, key).reason == "malformed"


def test_a_proof_with_more_than_its_parts_is_none() -> None:
    """A token with a fourth part is no token, and a key that is spelt in base64 is no text."""
    signed = {"x-token": token(KEY, {}) + ".e30"}
    assert check(data(scheme="jwt", header="X-Token"), signed, KEY).reason == "malformed"
    spelt = b64(KEY).encode()
    by_text = {**STANDARD, "webhook-signature": "v1," + b64(mac(spelt, STANDARD_TEXT))}
    assert check(data(scheme="standard-webhooks"), by_text, spelt).reason == "mismatch"
