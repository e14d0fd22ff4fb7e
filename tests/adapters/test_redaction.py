"""Secrets are masked in every spelling, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import shlex
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.adapters.redaction import MASK, RedactingFilter, Redactor

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


@pytest.mark.parametrize("text", ["key-123456789", "xkey-1234", "key-1234567key-1234"])
def test_secret_inside_another_leaves_no_rest(text: str) -> None:
    """Values that begin or overlap one another are masked whole."""
    masked = Redactor(["key-1234", "key-123456789", "xkey", "567key-12"]).text(text)

    assert masked.replace(MASK, "") == ""


def test_short_value_is_masked_only_where_it_stands_alone() -> None:
    """A password of three letters must not tear every word apart."""
    assert Redactor(["abc"]).text('abc "abc" xabcx') == f'{MASK} "{MASK}" xabcx'


def test_basic_login_of_short_values_is_masked() -> None:
    """A login too short to be found inside base64 is found as a whole."""
    login = base64.b64encode(b"demo:demo1").decode()

    assert login not in Redactor(["demo", "demo1"]).text(f"Basic {login}")


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
    redactor = Redactor(["secret-1", "123456"])
    data = {"secret-1": [("secret-1", 1, True, None)], "pin": 123456, "raw": b"secret-1"}

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
