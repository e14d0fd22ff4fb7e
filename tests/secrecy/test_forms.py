"""Secrets found by their form or by a name beside them, and what only shows where one goes."""

import time

import pytest

from workbench.secrecy import MASK, find_secrets, is_placeholder

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.c2ln"
TOLD = {
    "curl -H 'Authorization: Bearer q1w2e3r4t5' https://a.example": ["q1w2e3r4t5"],
    "curl -u till:h0rse https://a.example": ["till:h0rse"],
    "curl --user 'till:h0rse' https://a.example": ["till:h0rse"],
    "Authorization: Basic dGlsbDpoMHJzZQ==": ["dGlsbDpoMHJzZQ=="],
    "GET /orders?api_key=8d2f1c&page=2&key=9e8d7c": ["8d2f1c", "9e8d7c"],
    "https://till:h0rse@a.example/x": ["till:h0rse"],
    f"The answer was {JWT}.": [JWT],
    "X-Api-Key: 8d2f1c9a": ["8d2f1c9a"],
    '{"client_secret": "correct-horse"}': ["correct-horse"],
    "password: h0rse&batt3ry": ["h0rse&batt3ry"],
    "password: h0rse;batt3ry, user: till": ["h0rse;batt3ry"],
    "password=h0rse&user=till": ["h0rse"],
    "{password: h0rse1,user: till}": ["h0rse1"],
    "<p>Secret: &quot;h0rse&amp;batt3ry&quot;</p>": ["h0rse&amp;batt3ry"],
    "export SHOP_PASSWORD=h0rse": ["h0rse"],
    "env.set('access_token', 'q1w2e3');": ["q1w2e3"],
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----": [
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----"
    ],
}
INNOCENT = [
    "Authorization: Bearer {{token}}",
    "Authorization: Bearer <your token>",
    "Authorization: Bearer YOUR_API_KEY",
    "The token: a text that you get from us. Password: required.",
    "token_type: bearer, expires_in: 3600",
    "https://a.example/oauth/token?grant_type=password",
    '{"next_page_token": "8d2f1c9a", "key": "colour"}',
    "Set api_key=$API_KEY or api_key=... before you start.",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
]


@pytest.mark.parametrize("text", TOLD)
def test_secrets_are_found_where_they_stand(text: str) -> None:
    """The span is the secret itself, neither its name nor its neighbours."""
    assert [text[item.start : item.end] for item in find_secrets(text)] == TOLD[text]


@pytest.mark.parametrize("text", INNOCENT)
def test_words_about_secrets_are_none(text: str) -> None:
    """Placeholders, sentences and names of other things hold no secret."""
    assert find_secrets(text) == []


def test_a_mask_is_a_placeholder() -> None:
    """What was masked once is not found again."""
    assert is_placeholder(MASK)
    assert find_secrets(f"token={MASK}&x=1 https://redacted:redacted@a.example") == []


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "token=" * 40_000,
        "password: a1b2" + "&a" * 80_000,
        "eyJ" * 60_000,
        "A.A-" * 50_000,
        " -u " * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "eyJaaaaaa.eyJ" * 15_000,
        "://" * 60_000,
    ],
)
def test_hostile_texts_cost_what_they_weigh(text: str) -> None:
    """No text makes the search take longer than a small multiple of its length."""
    started = time.process_time()
    assert len(find_secrets(text)) <= 5_000
    assert time.process_time() - started < 30
