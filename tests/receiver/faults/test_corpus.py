"""Odd bodies, headers and paths, made here after the public corpora (nothing of them is copied).

JSON that is broken in every way of the grammar, JSON that is right but extreme, and texts that
break programs: control and bidirectional characters, quoting of shells, SQL and templates.
"""

from __future__ import annotations

import http.client
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote_from_bytes

import orjson
import pytest

from workbench.receiver.inbox import Inbox

SIGNED = {
    "signature": {"scheme": "hmac", "header": "X-Sig", "credentials": ["secret"]},
    "events": {
        "e": {
            "match": {"path": "orders", "json": "$.type", "values": ["e"]},
            "each": "$.items[*]",
            "event_id": "$.id",
            "entity_id": "$.order.id",
        }
    },
}
OPEN = {**SIGNED, "signature": {"scheme": "none"}}
PLAIN = {**OPEN, "events": {}}  # known again by content alone


def json_texts() -> list[bytes]:
    """About four hundred JSON texts, right and wrong."""
    numbers = "0 -0 1e9 1E+2 -1.5e-3 1e400 -1e-400 9" + "9" * 40 + " 01 1. .5 +1 0x1 1_0 NaN -Inf"
    scalars = [*numbers.split(), "true", "True", "nul", "null", "undefined", "''", "`a`", ""]
    strings = [
        rf'"{inner}"'.encode()
        for inner in (
            "",
            "\\u0000",
            "\\ud800",
            "\\udc00\\ud800",
            "\\ud83d\\ude00",
            "\\x",
            "\\u12",
            "\\",
            "\t",
            "\n",
            "\u2028",
            "é",
        )
    ]
    strings += [
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"',
        b"\xef\xbb\xbf{}",
    ]
    leaves = [*(text.encode() for text in scalars), *strings]
    frames = [
        "%s",
        "[%s]",
        '{"id":%s}',
        '{"type":"e","items":[{"id":%s}]}',
        "[%s,]",
        '{"a":%s,}',
        "[%s",
        "{%s:1}",
        '{"a" %s}',
        " %s ",
        "%s%s",
    ]
    texts = [
        frame.encode().replace(b"%s", leaf) for frame, leaf in itertools.product(frames, leaves)
    ]
    deep = 100_000
    texts += [b"[" * deep, b"[" * deep + b"]" * deep, b'{"a":' * 5000 + b"1" + b"}" * 5000]
    texts += [b'{"type":"e","items":' + b"[" * 900 + b"]" * 900 + b"}", b'{"id":1,"id":2}']
    texts += ['{"type":"e","items":[{"id":"é"}]}'.encode("utf-16"), b"\x00" * 64, b"a" * 100_000]
    return texts


def naughty_texts() -> list[bytes]:
    """About five hundred texts that break programs."""
    blocks = [
        (0, 0x20),
        (0x7F, 0xA1),
        (0x200B, 0x2010),
        (0x2028, 0x202F),
        (0x2066, 0x206A),
        (0xFDD0, 0xFDD8),
        (0xFE00, 0xFE10),
        (0xFEFF, 0xFF00),
        (0xFFF0, 0x10000),
        (0x1F600, 0x1F610),
        (0xE0000, 0xE0010),
    ]
    texts = [chr(number) for first, last in blocks for number in range(first, last)]
    words = [
        "true",
        "NULL",
        "None",
        "undefined",
        "NaN",
        "-1",
        "1e1000",
        "0x0",
        "..",
        "../../etc",
        "C:\\",
        "CON",
        "%00",
        "%2e%2e%2f",
        "%",
        "%zz",
        "+",
        "?",
        "#",
        ";",
        "&a=b",
    ]
    quotes = [
        "'",
        '"',
        "`",
        "''",
        "\\",
        "\\'",
        "')--",
        "'; DROP TABLE receipts; --",
        "' OR 1=1 --",
        "$(id)",
        "`id`",
        "| id",
        "; id",
        "${7*7}",
        "{{7*7}}",
        "<%= 7*7 %>",
        "#{7*7}",
        "${jndi:ldap://localhost/a}",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
        "%s%n%x",
        "{0}",
        "{body}",
        "{json:$.a}",
    ]
    scripts = [
        "Ω≈ç√∫",
        "社會科學院",
        "الكل",
        "שלום",
        "हिन्दी",
        "\ufdfa",
        "ß",
        "\uff10",
        "\u0131\u017f",
    ]
    scripts += ["Z\u032e\u031e\u0320\u0359\u0354", "\U0001f469\u200d\U0001f467"]
    plain = [*texts, *words, *quotes, *scripts]
    mixed = [f"a{text}b" for text in plain] + [text * 300 for text in quotes]
    return [text.encode("utf-8") for text in plain + mixed]


@pytest.fixture
def receiver(line: Callable[..., Any]) -> Any:
    """Addresses that take all, by rules or without, and one that takes nothing that we send."""
    return line({"open": (OPEN, ()), "plain": (PLAIN, ()), "signed": (SIGNED, (b"key",))})


Request = tuple[str, bytes, dict[str, bytes]]


def statuses(port: int, requests: list[Request]) -> list[int]:
    """The answers, over eight connections that are kept as long as they live; 0 when closed."""
    with ThreadPoolExecutor(8) as pool:
        lanes = list(pool.map(lambda lane: _statuses(port, requests[lane::8]), range(8)))
    return [lanes[number % 8][number // 8] for number in range(len(requests))]


def _ask(connection: http.client.HTTPConnection, request: Request) -> int:
    path, body, headers = request
    try:
        connection.putrequest("POST", path, skip_accept_encoding=True)
        connection.putheader("content-length", str(len(body)))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    if answer.status == 400:  # the server closes then, but does not always say so
        connection.close()
    return answer.status


def _statuses(port: int, requests: list[Request]) -> list[int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found = []
    for request in requests:
        status = _ask(connection, request)
        # A kept connection may have been closed while we wrote; then a client sends once more.
        found.append(status or _ask(connection, request))
    connection.close()
    return found


def kept(inbox: Inbox) -> set[bytes]:
    """Every body in the inbox."""
    return {receipt.body for receipt in inbox.receipts(None)}


def test_any_body_is_kept_byte_for_byte(receiver: Any) -> None:
    """Right or wrong JSON and any text: acknowledged or refused, never 5xx, never changed."""
    bodies = list(dict.fromkeys(json_texts() + naughty_texts()))
    assert len(bodies) > 800
    port = receiver.server.port
    for code, expected in (("open", 200), ("plain", 200), ("signed", 401)):
        asked = [(f"/{code}/webhooks/orders", body, {}) for body in bodies]
        assert set(statuses(port, asked)) == {expected}
        receipts = [r for r in receiver.inbox.receipts(None) if r.pos_code == code]
        assert sum(1 + receipt.seen_again for receipt in receipts) == len(bodies)
        if code != "open":  # there two bodies may have the same event id
            assert {receipt.body for receipt in receipts} == set(bodies)


def test_any_header_is_survived(receiver: Any) -> None:
    """As a signature and as an unknown header: 401 or 200, or 400 where HTTP forbids the bytes."""
    texts = [text for text in naughty_texts() if not {b"\r", b"\n"} & set(_bytes(text))]
    for name, code, expected in (("X-Sig", "signed", 401), ("X-Odd", "open", 200)):
        asked = [
            (f"/{code}/webhooks/orders", b"%s %d" % (name.encode(), n), {name: text})
            for n, text in enumerate(texts)
        ]
        found = statuses(receiver.server.port, asked)
        assert set(found) <= {expected, 400}
        assert found.count(expected) > 0.8 * len(found)
        bodies = {body for (_, body, _), status in zip(asked, found, strict=True) if status != 400}
        assert bodies <= kept(receiver.inbox)


def test_any_path_is_survived(receiver: Any) -> None:
    """Percent-encoded in the tail, the pos-code and the query: 200 or 404, and it comes back."""
    texts = naughty_texts()
    tails = [f"/open/webhooks/{quote_from_bytes(text, safe='')}" for text in texts]
    queries = [f"/open/webhooks/orders?q={quote_from_bytes(text, safe='')}" for text in texts]
    codes = [f"/{quote_from_bytes(text, safe='')}/webhooks/x" for text in texts]
    port = receiver.server.port
    asked = [(path, orjson.dumps(n), {}) for n, path in enumerate(tails + queries)]
    assert set(statuses(port, asked)) == {200}
    assert {f"/open/webhooks/{receipt.target}" for receipt in receiver.inbox.receipts(None)} >= set(
        tails + queries
    )
    assert set(statuses(port, [(path, b"", {}) for path in codes])) == {404}


def _bytes(text: bytes) -> list[bytes]:
    return [text[index : index + 1] for index in range(len(text))]
