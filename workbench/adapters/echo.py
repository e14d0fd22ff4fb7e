"""Secrets of ours that a partner sends back: they go no further, and it is remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from workbench.adapters.recorder import Recorded, Recorder
from workbench.secrecy import ANYTHING, Redactor, is_identifier_name, is_secret_name

COOKIE = "cookie"


def read_cookies(headers: dict[str, str]) -> list[str]:
    """Values of the cookies that open a session; others may be words that bodies hold too."""
    try:
        cookies = SimpleCookie(headers.get("set-cookie", ""))
    except CookieError:
        return []
    return [
        item.value
        for name, item in cookies.items()
        if is_secret_name(name, parameter=True) or "sess" in name.lower()
    ]


def read_tokens(data: Any) -> list[str]:
    """Values in the answer of a token address that are secrets by their names, at any depth."""
    found: list[str] = []
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        for name, value in node.items() if isinstance(node, dict) else ():
            if isinstance(value, str) and is_secret_name(name):
                found.append(value)
            waiting.append(value)
    return found


def take_back(
    redactor: Redactor,
    recorder: Recorder,
    sent: Recorded,
    headers: dict[str, str],
    body: bytes,
) -> tuple[dict[str, str], bytes]:
    """An answer without secrets of ours; that they were in it is noted with the recorder.

    What says who we are may come back, and so may what the request's own body told, as when a
    webhook is registered with its secret.

    Args:
        redactor: Knows the secrets.
        recorder: Keeps what is noted.
        sent: The request.
        headers: Of the answer, names in lower case.
        body: Of the answer.
    """
    names = find_echoes(redactor, sent.request_body, headers, body)
    if not names:
        return headers, body
    recorder.note_echoes(sent.method, redactor.text(urlsplit(sent.url).path), names)
    clean = {name: _mask(redactor, value, names) for name, value in headers.items()}
    return clean, redactor.take_out(body, names)


def find_echoes(
    redactor: Redactor, request_body: bytes, headers: Mapping[str, str], body: bytes
) -> set[str]:
    """Names of secrets in an answer that the request's own body did not tell.

    Args:
        redactor: Knows the secrets.
        request_body: What we sent.
        headers: Of the answer.
        body: Of the answer.
    """
    shown = "\n".join(
        value for name, value in headers.items() if name.lower() != "set-cookie"
    ).encode("utf-8", "surrogatepass")
    names = {
        hit.credential
        for hit in (*redactor.find(shown), *redactor.find(body))
        if not is_identifier_name(hit.credential) and hit.credential not in {COOKIE, ANYTHING}
    }
    return names - {hit.credential for hit in redactor.find(request_body)} if names else names


def _mask(redactor: Redactor, text: str, only: Collection[str]) -> str:
    return redactor.take_out(text.encode("utf-8", "surrogatepass"), only).decode("utf-8", "replace")
