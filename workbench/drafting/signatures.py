"""How webhooks are signed, as events declare it in headers, or as the text tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.model import ApiDescription, Event, Operation

_SIGNATURE = re.compile(r"signature|hmac|firma", re.IGNORECASE)
_TOKEN = re.compile(r"token|api-?key|authorization|secret", re.IGNORECASE)
_HEADER = re.compile(
    r"\b((?:x-)?[a-z][a-z0-9]*(?:-[a-z0-9]+)*?-(?:signature|hmac|sign|token|secret|key)"
    r"(?:-[a-z0-9]+)*)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"web ?hook|callback|notification|\bevents?\b|deliver(?:y|ies|ed)|(?:request|raw) body|payload",
    re.IGNORECASE,
)
_PROVES = re.compile(
    r"hmac|\bsign(?:ed|s|ature)\b|verif(?:y|ied|ication)|shared (?:secret|token)|authentic|firma",
    re.IGNORECASE,
)
_DIGEST = re.compile(r"hmac|sha-?(?:1|256|384|512)\b|digest|\bsign(?:ed|ature)\b", re.IGNORECASE)
_SHA = re.compile(r"sha-?(256|512|384|1)(?!\d)", re.IGNORECASE)
# What Standard Webhooks sends along, by the published scheme.
_STANDARD = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"})
_LONGEST = 200


def guess_signature(
    events: Sequence[Event | Operation], description: ApiDescription
) -> tuple[dict[str, Any], list[str]]:
    """The `signature` of webhooks, and what to ask about it.

    Args:
        events: The bound events; a header that they declare goes first.
        description: Its text is searched next.
    """
    headers = [item.name for event in events for item in event.parameters if item.place == "header"]
    if {name.lower() for name in headers} >= _STANDARD:
        told = {"scheme": "standard-webhooks", "credentials": ["webhook_secret"]}
        return told, ["Is this how your webhooks are signed: Standard Webhooks"]
    for pattern, scheme, credential in (
        (_SIGNATURE, "hmac", "webhook_secret"),
        (_TOKEN, "token", "webhook_token"),
    ):
        name = next((header for header in headers if pattern.search(header)), None)
        if name is not None:
            told = _told(description, name)
            signature = {"scheme": scheme, "header": name, "credentials": [credential]}
            ask = f"How exactly is the header {name} of your webhooks made, and with which key?"
            return (signature | told if scheme == "hmac" else signature), [ask]
    for text in read_paragraphs(description):
        told = read_signature(text)
        if told:
            return told, [f"Is this how your webhooks are signed: {_shorten(text)}"]
    return {"scheme": "none"}, ["How can we verify that a webhook comes from you?"]


def read_signature(text: str) -> dict[str, Any]:
    """The signature that a paragraph tells: a header, and how its value is made; else nothing."""
    header = _HEADER.search(text)
    if header is None or not _ABOUT.search(text) or not _PROVES.search(text):
        return {}
    if not _DIGEST.search(text.replace(header[1], "")):
        return {"scheme": "token", "header": header[1], "credentials": ["webhook_token"]}
    told = {"scheme": "hmac", "header": header[1], "credentials": ["webhook_secret"]}
    return told | _details(text)


def _details(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    algorithm = _SHA.search(text)
    if algorithm:
        found["algorithm"] = f"sha{algorithm[1]}"
    if re.search(r"base-?64", text, re.IGNORECASE):
        found["encoding"] = "base64"
    prefix = re.search(r"\bsha(?:1|256|384|512)=", text)
    return found | ({"prefix": prefix[0]} if prefix else {})


def _told(description: ApiDescription, header: str) -> dict[str, Any]:
    """What the text says beside of a header that is known."""
    texts = (text for text in read_paragraphs(description) if header.lower() in text.lower())
    return next((found for text in texts if (found := _details(text))), {})


def read_paragraphs(description: ApiDescription) -> Iterator[str]:
    """Every paragraph of every description of the documents."""
    for bundle in description.bundles.values():
        waiting: list[Any] = [bundle]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict):
                text = node.get("description")
                if isinstance(text, str):
                    yield from re.split(r"\n\s*\n", text)
                waiting += node.values()
            elif isinstance(node, list):
                waiting += node


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
