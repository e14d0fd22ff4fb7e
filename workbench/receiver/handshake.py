"""What the receiver answers: statuses, problem documents, and the handshakes of senders.

What is echoed is plain text that no browser takes for a page, and never more than a challenge's
length. A challenge is signed only for a sender that proved who it is: else anybody could have texts
of their choice signed with our key.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from workbench.adapters import call_once
from workbench.errors import WorkbenchError
from workbench.model import find_text
from workbench.partners import EventMatch, Handshake, Webhooks
from workbench.receiver.received_message import ReceivedMessage, check_path

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER_SECONDS = 5
RETRY = (b"retry-after", str(RETRY_AFTER_SECONDS).encode())
CLOSE = (b"connection", b"close")


class Reply:
    """An answer as the two messages of ASGI.

    Args:
        status: HTTP status.
        title: For people; with one, the body is a problem document of RFC 9457.
        headers: Further headers.
        fields: The body, as JSON, where it is no problem document.
    """

    __slots__ = ("_body", "_start", "status")

    def __init__(
        self,
        status: int,
        title: str = "",
        *headers: tuple[bytes, bytes],
        fields: dict[str, Any] | None = None,
    ) -> None:
        kind = b"application/json" if fields else b"application/problem+json"
        fields = fields or ({"title": title, "status": status} if title else {})
        body = orjson.dumps(fields) if fields else b""
        sent = list(headers)
        if body:
            sent.append((b"content-type", kind))
        if status != 204:
            sent.append((b"content-length", str(len(body)).encode()))
        self.status = status
        self._start = {"type": "http.response.start", "status": status, "headers": sent}
        self._body = {"type": "http.response.body", "body": body}

    @classmethod
    def text(cls, status: int, body: str, kind: str, *headers: tuple[bytes, bytes]) -> Self:
        """An answer with a body of any media type."""
        reply = cls(status)
        raw = body.encode("utf-8", "replace")
        sent = [*headers, (b"content-length", str(len(raw)).encode())]
        sent += [(b"content-type", kind.encode("latin-1", "replace"))] if raw else []
        reply._start = {**reply._start, "headers": sent}
        reply._body = {**reply._body, "body": raw}
        return reply

    async def send(self, send: Send) -> None:
        """Answer with it."""
        await send(self._start)
        await send(self._body)


BUSY = Reply(503, "not stored, please send again", RETRY)
UNREADABLE = Reply(503, "the inbox cannot be read", RETRY)
UNKNOWN = Reply(404, "no such address")
PRESENT = Reply(200)
ALLOWED = Reply(204, "", (b"allow", b"POST, PUT"))
WRONG_METHOD = Reply(405, "send POST or PUT", (b"allow", b"POST, PUT"))
TOO_LARGE = Reply(413, "body too large", CLOSE)
TOO_SLOW = Reply(408, "body too slow", CLOSE)
BROKEN = Reply(400, "broken body", CLOSE)


MAX_CHALLENGE = 2048
MAX_BODY = 16 * 1024
# Where a folder states none: published ways that only have a text sent back (WebSub, Slack's
# Events API, Microsoft Graph, CloudEvents' protection against abuse).
COMMON = (
    Handshake(query="hub.challenge"),
    Handshake(query="challenge"),
    Handshake(query="validationToken"),
    Handshake(method="POST", query="validationToken"),
    Handshake(
        method="POST",
        json_="$.challenge",
        match=EventMatch(json_="$.type", values=("url_verification",)),
    ),
    Handshake(
        method="OPTIONS",
        match=EventMatch(header="WebHook-Request-Origin"),
        body="",
        headers={"WebHook-Allowed-Origin": "{header:WebHook-Request-Origin}"},
    ),
)
_PLACEHOLDER = re.compile(r"\{(challenge|hmac|header:[^{}]+|json:[^{}]+)\}")
_LOG = logging.getLogger(__name__)


def list_handshakes(webhooks: Webhooks) -> tuple[Handshake, ...]:
    """The handshakes of a partner: those that it states, else the common ones."""
    return COMMON if webhooks.handshakes is None else webhooks.handshakes


def check_handshakes(webhooks: Webhooks) -> None:
    """Compile every JSONPath, so that a mistake shows at start.

    Raises:
        ManifestError: One is wrong.
    """
    for handshake in webhooks.handshakes or ():
        for path in (handshake.json_, handshake.confirm):
            if path:
                check_path(path)
        if handshake.match and handshake.match.json_:
            check_path(handshake.match.json_)
    stated = [
        text for one in webhooks.handshakes or () for text in (one.body, *one.headers.values())
    ]
    for path in re.findall(r"\{json:([^{}]+)\}", "".join([webhooks.ack_body, *stated])):
        check_path(path)


def may_hold(handshakes: Sequence[Handshake], message: ReceivedMessage) -> bool:
    """Whether a body is worth reading for a handshake; most are not, and there are many."""
    return any(
        handshake.method == message.method
        and (
            handshake.query is not None
            or handshake.match is None
            or not handshake.match.values
            or any(value.encode() in message.body for value in handshake.match.values)
        )
        for handshake in handshakes
    )


def answer(
    handshakes: Sequence[Handshake],
    message: ReceivedMessage,
    secrets: Sequence[bytes],
    *,
    is_proved: bool,
) -> tuple[Reply, str | None] | None:
    """The answer to a handshake, and the address that confirms it; None for any other request.

    Args:
        handshakes: Those that the partner may begin.
        message: The request.
        secrets: Keys that are valid now.
        is_proved: Whether its sender proved who it is.
    """
    document = _read_small(message.body)
    for handshake in handshakes:
        challenge = _find_challenge(handshake, message, document)
        needs_key = any("{hmac}" in text for text in (handshake.body, *handshake.headers.values()))
        if challenge is None or ((handshake.signed or needs_key) and not is_proved):
            continue
        key = secrets[0] if secrets else b""
        if needs_key and not key:
            continue
        address = _find_address(handshake, document)
        return _reply(handshake, message, challenge, key), address
    return None


def confirm(address: str) -> None:
    """Call the address with which a partner has a subscription confirmed; trouble is logged."""
    try:
        call_once(address)
    except WorkbenchError as error:
        _LOG.warning("a subscription was not confirmed: %s", type(error).__name__)


def fill(
    template: str,
    message: ReceivedMessage,
    challenge: str = "",
    proof: str = "",
    *,
    is_json: bool = False,
) -> str:
    """A text of ours with what the request says; what it does not say is empty.

    With `is_json`, what it says stands between quotes of ours, and is spelt so.
    """

    def put(found: re.Match[str]) -> str:
        kind, _, argument = found[1].partition(":")
        if kind == "header":
            said = message.header_text(argument)
        elif kind == "json":
            said = find_text(argument, message.document) or ""
        else:
            said = challenge if kind == "challenge" else proof
        return json.dumps(said)[1:-1] if is_json else said

    return _PLACEHOLDER.sub(put, template)


def _read_small(body: bytes) -> Any:
    """A handshake's body: plain JSON, and short; a stranger's larger one costs us nothing."""
    try:
        return orjson.loads(body) if 0 < len(body) <= MAX_BODY else None
    except orjson.JSONDecodeError:
        return None


def _find_challenge(handshake: Handshake, message: ReceivedMessage, document: Any) -> str | None:
    """The challenge, empty where there is nothing to send back; None when it is no handshake."""
    if handshake.method != message.method or not _fits(handshake.match, message, document):
        return None
    if handshake.query:
        found = message.query_text(handshake.query)
    elif handshake.json_:
        found = find_text(handshake.json_, document)
    else:
        found = ""
    return found if found is not None and len(found) <= MAX_CHALLENGE else None


def _fits(match: EventMatch | None, message: ReceivedMessage, document: Any) -> bool:
    if match is None:
        return True
    if match.path is not None and not message.path.endswith(match.path.strip("/")):
        return False
    texts = []
    if match.header:
        texts.append(message.header_text(match.header) or None)
    if match.json_:
        texts.append(find_text(match.json_, document))
    return all(text is not None and (not match.values or text in match.values) for text in texts)


def _reply(handshake: Handshake, message: ReceivedMessage, challenge: str, key: bytes) -> Reply:
    proof = hmac.new(key, challenge.encode("utf-8", "replace"), "sha256").hexdigest()
    is_json = handshake.content_type.endswith("json")
    body = fill(handshake.body, message, challenge, proof, is_json=is_json)
    headers = [
        (name.lower().encode("latin-1"), _line(fill(text, message, challenge, proof)))
        for name, text in handshake.headers.items()
    ]
    headers.append((b"x-content-type-options", b"nosniff"))
    return Reply.text(handshake.status, body, handshake.content_type, *headers)


def _line(text: str) -> bytes:
    """A header's value, on one line."""
    return "".join(char for char in text if char.isprintable()).encode("latin-1", "replace")


def _find_address(handshake: Handshake, document: Any) -> str | None:
    """The address to call, if it is on a host that the folder names."""
    found = find_text(handshake.confirm, document) if handshake.confirm else None
    try:
        parts = urlsplit(found or "")
        is_ours = parts.netloc in handshake.hosts and parts.scheme in {"http", "https"}
    except ValueError:
        return None
    return found if is_ours else None
