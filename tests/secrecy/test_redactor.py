"""Secrets are masked in every spelling, and nothing else is."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
import re
import shlex
import zlib
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.secrecy import MASK, RedactingFilter, Redactor

NASTY = "c4n&ry/+\"pä'ss<w>=:%7"
SPELLINGS = {
    "raw": lambda s: s,
    "quote": lambda s: quote(s, safe=""),
    "quote-slash": quote,
    "quote-lower": lambda s: re.sub("%..", lambda code: code[0].lower(), quote(s, safe="")),
    "quote-plus": quote_plus,
    "json": lambda s: json.dumps(s)[1:-1],
    "json-utf8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "json-slash": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "json-in-json": lambda s: json.dumps(json.dumps(s))[1:-1],
    "html": html.escape,
    "html-39": lambda s: html.escape(s).replace("&#x27;", "&#39;"),
    "json-in-html": lambda s: html.escape(json.dumps(s)),
    "yaml": lambda s: s.replace("'", "''"),
    "python": repr,
    "python-bytes": lambda s: repr(s.encode()),
    "shell": shlex.quote,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64-url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64-in-url": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "basic": lambda s: base64.b64encode(f"some user:{s}".encode()).decode(),
    "basic-encoded": lambda s: base64.b64encode(f"user:{quote_plus(s)}".encode()).decode(),
    "bearer-in-basic": lambda s: base64.b64encode(f"x{s}yz".encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "reversed": lambda s: s[::-1],
    "base32": lambda s: base64.b32encode(b"no" + s.encode()).decode(),
    "base32-lower": lambda s: base64.b32encode(s.encode()).decode().lower(),
    "base64-twice": lambda s: base64.b64encode(base64.b64encode(b"a:" + s.encode())).decode(),
    "gzip": lambda s: base64.b64encode(gzip.compress(b'{"a": "' + s.encode() + b'"}')).decode(),
    "deflate": lambda s: base64.urlsafe_b64encode(zlib.compress(s.encode() * 2)).decode(),
    "spaced": " ".join,
    "hyphened": "-".join,
    "two-lines": lambda s: f"{s[:5]}\n    {s[5:]}",
    "lines-of-base64": lambda s: base64.encodebytes((s * 9).encode()).decode().strip(),
    "escaped-line": lambda s: f"{s[:7]}\\n{s[7:]}",
    "every-letter-in-url": lambda s: "".join(f"%{octet:02x}" for octet in s.encode()),
    "unseen-signs": "\u200d".join,
    "numbers": lambda s: json.dumps(list(s.encode())),
    "hex-with-colons": lambda s: s.encode().hex(":"),
    "hex-escapes": lambda s: "".join(f"\\x{octet:02x}" for octet in s.encode()),
    "base64-of-utf-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "every-letter-in-html": lambda s: "".join(f"&#{ord(sign)};" for sign in s),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", [NASTY, "plain-token_0123456789", "sévère🔑key"])
def test_every_spelling_is_masked(spelling: str, secret: str) -> None:
    """However a value is written, its characters do not stay, and the gate sees it."""
    redactor = Redactor([secret])
    spelt = SPELLINGS[spelling](secret)
    text = f'before "{spelt}" after'
    masked = redactor.text(text)

    assert MASK in masked
    assert spelt not in masked
    assert masked.startswith('before "')
    assert masked.endswith('" after')
    assert redactor.find(text.encode())
    assert redactor.find(masked.encode()) == []


@pytest.mark.parametrize("text", ["key-123456789", "xkey-12key-1234", "key-1234567key-1234"])
def test_secret_inside_another_leaves_no_rest(text: str) -> None:
    """Values that begin or overlap one another are masked whole."""
    masked = Redactor(["key-1234", "key-123456789", "xkey-12", "567key-12"]).text(text)

    assert masked.replace(MASK, "") == ""


WORDS = [
    "boss",
    "kitchen",
    "Restaurante",
    "ADMINISTRATOR",
    "1234",
    "20261130",
    "k1",
    "aaaaaaaaaaaa",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_not_looked_for(word: str) -> None:
    """A credential that may stand in any text harms no text, and its name is told."""
    redactor = Redactor({"username": word, "password": "x7-Gq29-tR"})
    text = f'The {word} said "{word}" to x{word}x.'

    assert redactor.text(text) == text
    assert redactor.unsearchable == ["username"]


def test_a_login_of_words_is_masked() -> None:
    """User and password that are words are found where they stand together, as in a login."""
    redactor = Redactor({"username": "boss", "password": "kitchen"})
    login = base64.b64encode(b"boss:kitchen").decode()

    assert login not in redactor.text(f"Authorization: Basic {login}")
    assert redactor.text("https://boss:kitchen@host/") == f"https://{MASK}@host/"


@pytest.mark.parametrize("left", [8, 15, 29])
def test_what_a_cut_leaves_is_masked(left: int) -> None:
    """A text that was cut inside a secret, at its end or start, keeps no part that tells."""
    secret = "sk_live_0123456789abcdefABCDEF"
    redactor = Redactor({"api_key": secret})

    assert redactor.text(f"they said '{secret[:left]}…") == f"they said '{MASK}…"
    assert redactor.text(f"…{secret[-left:]} they said") == f"…{MASK} they said"


def test_what_is_found_is_named() -> None:
    """A hit says which credential it is, how it is spelt and where it was packed."""
    secret = "x7-Gq29-tR"
    redactor = Redactor({"client_secret": secret})
    packed = gzip.compress(secret[::-1].encode())

    assert [str(hit) for hit in redactor.find(packed)] == ["client_secret (reversed, in gzip)"]


def test_nothing_known_changes_nothing() -> None:
    """Without secrets, and with empty ones, text stays as it is."""
    assert Redactor(["", ""]).text("a b c") == "a b c"
    assert Redactor().find(b"anything") == []


def test_values_added_later_are_masked() -> None:
    """A token that was fetched during the run is masked from then on."""
    redactor = Redactor()
    redactor.add("token-1", "token-1")

    assert redactor.text("token-1") == MASK
    assert repr(redactor) == "Redactor(1 values)"


def test_data_is_masked_at_any_depth() -> None:
    """Keys, values, tuples, bytes and numbers; other things stay as they are."""
    redactor = Redactor(["secret-1", "12345678901234"])
    data = {"secret-1": [("secret-1", 1, True, None)], "pin": 12345678901234, "raw": b"secret-1"}

    assert redactor.data(data) == {
        MASK: [(MASK, 1, True, None)],
        "pin": MASK,
        "raw": MASK.encode(),
    }


def test_file_is_rewritten_in_place(tmp_path: Path) -> None:
    """A file with a secret is masked and keeps its mode; a clean one is not touched."""
    path = tmp_path / "report.html"
    path.write_bytes(b"\xff<p>secret-1</p>")
    path.chmod(0o640)
    redactor = Redactor(["secret-1"])

    assert redactor.file(path)
    assert path.read_bytes() == b"\xff<p>[REDACTED]</p>"
    assert path.stat().st_mode & 0o777 == 0o640
    assert not redactor.file(path)
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


def test_log_records_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    """Arguments of a record count too."""
    logger = logging.getLogger("tests.redaction")
    logger.addFilter(RedactingFilter(Redactor(["secret-1"])))
    with caplog.at_level(logging.INFO, logger="tests.redaction"):
        logger.info("called %s with %s", "/x?key=secret-1", 7)

    assert caplog.messages == [f"called /x?key={MASK} with 7"]


@settings(max_examples=150, deadline=None)
@given(
    secrets=st.lists(st.text("ab1&/=+ é\"'", min_size=4, max_size=12), min_size=1, max_size=3),
    before=st.text("ab1&/=+ é\"'", max_size=8),
    after=st.text("ab1&/=+ é\"'", max_size=8),
)
def test_no_spelling_survives(secrets: list[str], before: str, after: str) -> None:
    """For all secrets and surroundings, masked text holds no known spelling."""
    redactor = Redactor(secrets)
    for secret in secrets:
        for spell in (str, quote_plus, html.escape, json.dumps):
            assert redactor.find(redactor.text(before + spell(secret) + after).encode()) == []
