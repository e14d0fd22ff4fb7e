"""Ways of signing that senders publish: one vector each, made by hand, and the same one altered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from email.utils import formatdate
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwk, jwt
from pydantic import SecretStr

from workbench.errors import CredentialError
from workbench.partners.webhooks import Signature
from workbench.receiver.signature import check_statement, read_secrets, verify

NOW = 1_790_000_000.0
STAMP = str(int(NOW)).encode()
KEY = b"shared-by-both"
URL = "https://pos.example/r1/webhooks/orders?token=shared-by-both&x=1"
BODY = b'{"id":"e-1","live":true,"sent":{"stamp":"1790000000","word":"w"},"order":{"id":7}}'
FORM = b"To=%2B34600&Body=hola+mundo&Account=A1"
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CURVE = ec.derive_private_key(12345, ec.SECP256R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def mac(text: bytes, key: bytes = KEY, algorithm: str = "sha256") -> bytes:
    """The HMAC as raw bytes."""
    return hmac.digest(key, text, algorithm)


def b64(raw: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(raw).decode()


def pem(key: Any) -> bytes:
    """The public half of a key, as PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))


def raw_pair(signature: bytes) -> bytes:
    """An ECDSA signature as the plain pair of numbers."""
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signature))


def token(key: Any, alg: str, **header: Any) -> str:
    """A JSON Web Token that is valid now."""
    return jwt.encode({"alg": alg, **header}, {"iat": int(NOW)}, key, algorithms=[alg])


SIGNED_BODY = json.dumps(
    {"items": [{"ref": "r1", "amount": {"value": 1130}, "mac": b64(mac(b"r1::1130"))}]}
).encode()
RSA_JWK = jwk.RSAKey.import_key(
    RSA.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ),
    {"kid": "k1"},
)
JWKS = json.dumps({"keys": [RSA_JWK.as_dict(private=False)]}).encode()

# name → (statement, headers, key, body)
SENDERS: dict[str, tuple[dict[str, Any], dict[str, str], bytes, bytes]] = {
    "in the body, over chosen fields": (
        {
            "scheme": "hmac",
            "signature_json": "$.items[0].mac",
            "encoding": "base64",
            "template": "{json:$.items[0].ref}:{json?:$.items[0].none}:"
            "{json:$.items[0].amount.value}",
        },
        {},
        KEY,
        SIGNED_BODY,
    ),
    "form parameters after the address": (
        {
            "scheme": "hmac",
            "header": "X-Sig",
            "algorithm": "sha1",
            "encoding": "base64",
            "template": "{url}{params}",
        },
        {"x-sig": b64(mac(URL.encode() + b"AccountA1Bodyhola mundoTo+34600", algorithm="sha1"))},
        KEY,
        FORM,
    ),
    "ed25519 with a key in hex": (
        {
            "scheme": "ed25519",
            "header": "X-Ed",
            "template": "{timestamp}{body}",
            "timestamp_header": "X-Time",
        },
        {"x-ed": EDWARDS.sign(STAMP + BODY).hex(), "x-time": STAMP.decode()},
        EDWARDS.public_key().public_bytes_raw().hex().encode(),
        BODY,
    ),
    "ecdsa in DER": (
        {"scheme": "ecdsa", "header": "X-Ec", "encoding": "base64"},
        {"x-ec": b64(CURVE.sign(BODY, ec.ECDSA(hashes.SHA256())))},
        pem(CURVE),
        BODY,
    ),
    "ecdsa as a pair, key in base64": (
        {"scheme": "ecdsa", "header": "X-Ec", "encoding": "base64url"},
        {
            "x-ec": base64.urlsafe_b64encode(
                raw_pair(CURVE.sign(BODY, ec.ECDSA(hashes.SHA256())))
            ).decode()
        },
        base64.b64encode(
            CURVE.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ),
        BODY,
    ),
    "rsa over a check sum": (
        {
            "scheme": "rsa",
            "header": "X-Rsa",
            "encoding": "base64",
            "template": "{id}|{timestamp}|{crc32:body}",
            "id_header": "X-Id",
            "timestamp_header": "X-Time",
        },
        {
            "x-id": "t-1",
            "x-time": "2026-09-21T14:13:20Z",
            "x-rsa": b64(
                RSA.sign(
                    f"t-1|2026-09-21T14:13:20Z|{zlib.crc32(BODY)}".encode(),
                    padding.PKCS1v15(),
                    hashes.SHA256(),
                )
            ),
        },
        pem(RSA),
        BODY,
    ),
    "JWT with an RSA key": (
        {"scheme": "jwt", "header": "Authorization", "prefix": "Bearer ", "algorithm": "RS256"},
        {"authorization": f"bearer {token(RSA_JWK, 'RS256')}"},
        pem(RSA),
        BODY,
    ),
    "JWT with a key set": (
        {"scheme": "jwt", "header": "X-Jwt", "algorithm": "RS256"},
        {"x-jwt": token(RSA_JWK, "RS256", kid="k1")},
        JWKS,
        BODY,
    ),
    "an older text where the newer lacks a header": (
        {
            "scheme": "hmac",
            "header": "X-Mac",
            "template": "{header:X-New}{body}",
            "alternatives": ["{body}"],
        },
        {"x-mac": mac(BODY).hex()},
        KEY,
        BODY,
    ),
    "a plain digest": (
        {"scheme": "HASH", "header": "X-Hash"},
        {"x-hash": hashlib.sha256(KEY + BODY).hexdigest()},
        KEY,
        BODY,
    ),
    "a token in the query": ({"scheme": "token", "query": "token"}, {}, KEY, BODY),
    "a token in the body": (
        {"scheme": "token", "token_json": "$.secret"},
        {},
        KEY,
        b'{"secret": "shared-by-both"}',
    ),
    "a list with semicolons": (
        {
            "scheme": "hmac",
            "header": "X-List",
            "parameter": "h1",
            "timestamp_parameter": "ts",
            "template": "{timestamp}:{body}",
        },
        {"x-list": f"ts={STAMP.decode()};h1={mac(STAMP + b':' + BODY).hex()}"},
        KEY,
        BODY,
    ),
    "a digest of the body in the text": (
        {"scheme": "hmac", "header": "X-Mac", "template": "{method}{path}{sha256:body}"},
        {
            "x-mac": mac(
                b"POST/r1/webhooks/orders" + hashlib.sha256(BODY).hexdigest().encode()
            ).hex()
        },
        KEY,
        BODY,
    ),
    "base64url without padding": (
        {"scheme": "hmac", "header": "X-Mac", "encoding": "base64url"},
        {"x-mac": base64.urlsafe_b64encode(mac(BODY)).decode().rstrip("=")},
        KEY,
        BODY,
    ),
    "sha384, prefix in another case": (
        {"scheme": "hmac", "header": "X-Mac", "algorithm": "sha384", "prefix": "sha384="},
        {"x-mac": "SHA384=" + mac(BODY, algorithm="sha384").hex() + " "},
        KEY,
        BODY,
    ),
}
TIMED = {
    "scheme": "hmac",
    "header": "X-Mac",
    "template": "{timestamp}{body}",
    "timestamp_header": "X-Time",
}


def check(statement: dict[str, Any], headers: dict[str, str], key: bytes, body: bytes) -> Any:
    """Verify a delivery whose credential is read as at the start of the receiver."""
    signature = Signature.model_validate({"credentials": ["webhook_secret"], **statement})
    check_statement(signature)
    secrets = read_secrets(signature, lambda _: SecretStr(key.decode()))
    return verify(signature, secrets, method="POST", url=URL, headers=headers, body=body, now=NOW)


@pytest.mark.parametrize("name", SENDERS)
def test_a_sender_is_recognised(name: str) -> None:
    """What is signed as the sender says is genuine."""
    assert check(*SENDERS[name]).is_proved


@pytest.mark.parametrize("name", SENDERS)
def test_another_key_proves_nothing(name: str) -> None:
    """A delivery signed with another key is refused, not an error."""
    statement, headers, key, body = SENDERS[name]
    others: dict[str, bytes] = {
        "ed25519": Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex().encode(),
        "ecdsa": pem(ec.generate_private_key(ec.SECP256R1())),
        "rsa": pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    }
    kind = "rsa" if statement.get("algorithm") == "RS256" else statement["scheme"]
    other = others.get(kind, b"another-" + key)
    assert check(statement, headers, other, body).reason == "mismatch"


SIGNED = [
    name
    for name, (statement, _, _, body) in SENDERS.items()
    if body is BODY and statement["scheme"] not in {"token", "jwt"}
]


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_body_is_told(name: str) -> None:
    """Where the body is signed, one byte more is a mismatch."""
    statement, headers, key, body = SENDERS[name]
    assert check(statement, headers, key, body + b" ").reason == "mismatch"


@pytest.mark.parametrize(
    "stamp",
    [
        formatdate(NOW, usegmt=True),
        f"{NOW:.3f}",
        str(int(NOW * 1_000)),
        str(int(NOW * 1_000_000)),
        str(int(NOW) * 1_000_000_000),
        "2026-09-21T14:13:20+00:00",
    ],
)
def test_times_as_senders_spell_them(stamp: str) -> None:
    """HTTP dates, fractions and finer counts are times like any other."""
    headers = {"x-time": stamp, "x-mac": mac(stamp.encode() + BODY).hex()}
    assert check(TIMED, headers, KEY, BODY).is_proved


@pytest.mark.parametrize("template", ["{timestamp}{body}", "{header:x-time}{body}"])
def test_a_signed_time_is_bounded_without_being_asked(template: str) -> None:
    """A signed header of an hour ago is too old, though the folder states no tolerance."""
    stamp = str(int(NOW) - 3600)
    headers = {"x-time": stamp, "x-mac": mac(stamp.encode() + BODY).hex()}
    assert check({**TIMED, "template": template}, headers, KEY, BODY).reason == "too-old"


@pytest.mark.parametrize(
    ("statement", "key"),
    [
        ({"scheme": "standard-webhooks"}, b"whsec_***"),
        ({"scheme": "hmac", "header": "X", "key_encoding": "hex"}, b"not hex"),
        ({"scheme": "ed25519", "header": "X"}, b"too short"),
        ({"scheme": "rsa", "header": "X"}, pem(CURVE)),
        ({"scheme": "jwt", "header": "X", "algorithm": "ES256"}, b"{}"),
    ],
)
def test_an_unreadable_key_is_told_at_start(statement: dict[str, Any], key: bytes) -> None:
    """A key that could never match is named before the first delivery, and not shown."""
    with pytest.raises(CredentialError, match="webhook_secret") as caught:
        check(statement, {}, key, BODY)
    assert key.decode() not in str(caught.value)


@pytest.mark.parametrize("spelt", ["v1,whsec_{}", " whsec_{}\n", "whsec_{}"])
def test_keys_of_standard_webhooks_as_people_copy_them(spelt: str) -> None:
    """With a version before it, blanks around it or without padding, it is the same key."""
    key = b"k" * 32
    copied = spelt.format(b64(key).rstrip("=")).encode()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": STAMP.decode(),
        "webhook-signature": "v1," + b64(mac(b"m." + STAMP + b"." + BODY, key)),
    }
    assert check({"scheme": "standard-webhooks"}, headers, copied, BODY).is_proved


SLACK = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
ADYEN_ITEM = "$.notificationItems[0].NotificationRequestItem"
ADYEN = {
    "pspReference": "7914073381342284",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704",
    "amount": {"value": 1130, "currency": "EUR"},
    "eventCode": "AUTHORISATION",
    "success": "true",
    "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
}
ADYEN_FIELDS = (
    f"{{json:{ADYEN_ITEM}.pspReference}}:{{json?:{ADYEN_ITEM}.originalReference}}",
    f"{{json:{ADYEN_ITEM}.merchantAccountCode}}:{{json:{ADYEN_ITEM}.merchantReference}}",
    f"{{json:{ADYEN_ITEM}.amount.value}}:{{json:{ADYEN_ITEM}.amount.currency}}",
    f"{{json:{ADYEN_ITEM}.eventCode}}:{{json:{ADYEN_ITEM}.success}}",
)
HUBSPOT_KEY = b"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
GOCARDLESS = {
    "events": [
        {
            "id": "EV00BD05S5VM2T",
            "created_at": "2018-07-05T09:13:51.404Z",
            "resource_type": "subscriptions",
            "action": "created",
            "links": {"subscription": "SB0003JJQ2MR06"},
            "details": {
                "origin": "api",
                "cause": "subscription_created",
                "description": "Subscription created via the API.",
            },
            "metadata": {},
        },
        {
            "id": "EV00BD05TB8K63",
            "created_at": "2018-07-05T09:13:56.893Z",
            "resource_type": "mandates",
            "action": "created",
            "links": {"mandate": "MD000AMA19XGEC"},
            "details": {
                "origin": "api",
                "cause": "mandate_created",
                "description": "Mandate created via the API.",
            },
            "metadata": {},
        },
    ]
}
# What senders print in their own documents: statement, headers, key, body, address, time.
PUBLISHED: dict[str, tuple[dict[str, Any], dict[str, str], bytes, bytes, str, float]] = {
    "slack": (
        {
            "scheme": "hmac",
            "header": "X-Slack-Signature",
            "prefix": "v0=",
            "template": "v0:{timestamp}:{body}",
            "timestamp_header": "X-Slack-Request-Timestamp",
        },
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0="
            "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        b"8f742231b10e8888abcd99yyyzzz85a5",
        SLACK,
        URL,
        1531420618.0,
    ),
    "twilio": (
        {
            "scheme": "hmac",
            "header": "X-Twilio-Signature",
            "algorithm": "sha1",
            "encoding": "base64",
            "template": "{url}{params}",
        },
        {
            "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            "content-type": "application/x-www-form-urlencoded",
        },
        b"12345",
        (
            b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
            b"&To=%2B18005551212"
        ),
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        NOW,
    ),
    "adyen": (
        {
            "scheme": "hmac",
            "signature_json": f"{ADYEN_ITEM}.additionalData.hmacSignature",
            "encoding": "base64",
            "key_encoding": "hex",
            "template": ":".join(ADYEN_FIELDS),
        },
        {},
        b"44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        json.dumps({"notificationItems": [{"NotificationRequestItem": ADYEN}]}).encode(),
        URL,
        NOW,
    ),
    "github": (
        {"scheme": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="},
        {
            "x-hub-signature-256": "sha256="
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        },
        b"It's a Secret to Everybody",
        b"Hello, World!",
        URL,
        NOW,
    ),
    "bitbucket": (
        {"scheme": "hmac", "header": "X-Hub-Signature", "prefix": "sha256="},
        {
            "x-hub-signature": "sha256="
            "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
        },
        b"It's a Secret to Everybody",
        b"Hello World!",
        URL,
        NOW,
    ),
    "svix": (
        {"scheme": "standard-webhooks"},
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        URL,
        1614265330.0,
    ),
    "openai": (
        {"scheme": "standard-webhooks"},
        {
            "webhook-id": "wh_685c059ae39c8190af8c71ed1022a24d",
            "webhook-timestamp": "1750861210",
            "webhook-signature": "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
        },
        b"whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
        (
            b'{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", '
            b'"created_at": 1750861210, "type": "response.completed", "data": {"id": "resp_123"}}'
        ),
        URL,
        1750861210.0,
    ),
    "box": (
        {
            "scheme": "hmac",
            "header": "BOX-SIGNATURE-PRIMARY",
            "encoding": "base64",
            "template": "{body}{timestamp}",
            "timestamp_header": "BOX-DELIVERY-TIMESTAMP",
        },
        {
            "box-signature-primary": "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI=",
            "box-delivery-timestamp": "2020-01-01T00:00:00-07:00",
        },
        b"SamplePrimaryKey",
        (
            b'{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED",'
            b'"source":{"id":"1234567890","type":"file","name":"Test.txt"}}'
        ),
        URL,
        1577862000.0,
    ),
    "sendgrid": (
        {
            "scheme": "ecdsa",
            "header": "X-Twilio-Email-Event-Webhook-Signature",
            "encoding": "base64",
            "template": "{timestamp}{body}",
            "timestamp_header": "X-Twilio-Email-Event-Webhook-Timestamp",
        },
        {
            "x-twilio-email-event-webhook-signature": "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU"
            "6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
            "x-twilio-email-event-webhook-timestamp": "1588788367",
        },
        (
            b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7"
            b"yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA=="
        ),
        b'{"category":"example_payload","event":"test_event","message_id":"message_id"}',
        URL,
        1588788367.0,
    ),
    "gocardless": (
        {"scheme": "hmac", "header": "Webhook-Signature"},
        {"webhook-signature": "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e"},
        b"ED7D658C-D8EB-4941-948B-3973214F2D49",
        json.dumps(GOCARDLESS, separators=(",", ":")).encode(),
        URL,
        NOW,
    ),
    "hubspot, first version": (
        {"scheme": "hash", "header": "X-HubSpot-Signature"},
        {"x-hubspot-signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"},
        HUBSPOT_KEY,
        (
            b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
            b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
            b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
        ),
        URL,
        NOW,
    ),
    "hubspot, second version": (
        {
            "scheme": "hash",
            "header": "X-HubSpot-Signature",
            "template": "{secret}{method}{url}{body}",
        },
        {"x-hubspot-signature": "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"},
        HUBSPOT_KEY,
        b'{"example_field":"example_value"}',
        "https://www.example.com/webhook_uri",
        NOW,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_vector_is_genuine(name: str) -> None:
    """The very figures that a sender prints in its documents are accepted, as data alone."""
    statement, headers, key, body, url, now = PUBLISHED[name]
    signature = Signature.model_validate({"credentials": ["webhook_secret"], **statement})
    given = {"method": "POST", "url": url, "headers": headers, "now": now}
    keys = read_secrets(signature, lambda _: SecretStr(key.decode()))
    assert verify(signature, keys, body=body, **given).is_proved
    assert not verify(signature, keys, body=body.replace(b"e", b"a"), **given).ok
