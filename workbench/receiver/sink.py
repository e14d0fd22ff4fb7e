"""Where finished events go: a Python function, a file of JSON lines, another service over HTTP.

Every sink may see an effect again after a crash; its `id` stays the same, and no other inbox gives
it, so that several partners may share a file or a service. The file never has an effect twice.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import os
import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import orjson
from pydantic import SecretStr

from workbench.adapters import HttpClient, Recorded, Recorder, RetryPolicy
from workbench.errors import InputError
from workbench.partners import RateLimits
from workbench.receiver.body import read_json, write_json
from workbench.secrecy import Redactor

_TAIL_BYTES = 64 * 1024 * 1024  # more than any batch that a crash can leave half recorded
LANES = 8  # posts to one service at a time
_KNOWN_IDS = 100_000  # that are kept in memory
_LINE_ID = re.compile(rb'^\{"id":"(\w+)",', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A canonical entity that an event led to.

    Attributes:
        id: Ours, the same whenever it is delivered, and of no other effect of any inbox.
        kind: `order`, `order-status`, `reservation` or `reservation-status`.
        entity_id: The partner's id of the order or reservation.
        made_at: When the event was processed.
        entity: The entity as JSON values.
    """

    id: str
    partner: str
    pos_code: str
    kind: str
    entity_id: str
    made_at: datetime
    entity: Any

    def encode(self) -> bytes:
        """One line of JSON, `id` first."""
        return write_json(
            {
                "id": self.id,
                "partner": self.partner,
                "pos_code": self.pos_code,
                "kind": self.kind,
                "entity_id": self.entity_id,
                "made_at": self.made_at.isoformat(),
                "entity": self.entity,
            }
        )


class Sink(Protocol):
    """Takes effects, at most one of each order at a time; `batch` is how many it likes."""

    batch: int

    def deliver(self, effects: Sequence[OutboxMessage]) -> Mapping[str, str]:
        """Take effects in this order; returns id → trouble of those that it did not take."""


class NdjsonSink:
    """Appends each effect as one line to a file, on disk before it counts as delivered."""

    batch = 500

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, None] = {}  # ids in the file, oldest first
        self._seen = (0, 0)  # the file's number, and how many of its bytes were read

    def deliver(self, effects: Sequence[OutboxMessage]) -> Mapping[str, str]:
        """Append the lines that are not there yet; all or none are delivered."""
        try:
            self._append(effects)
        except OSError as error:
            return dict.fromkeys((effect.id for effect in effects), error.strerror or "I/O error")
        return {}

    def _append(self, effects: Sequence[OutboxMessage]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # several workers may share the file
            self._read(file)
            fresh = [effect for effect in effects if effect.id not in self._known]
            file.write(b"".join(effect.encode() + b"\n" for effect in fresh))
            file.flush()
            os.fsync(file.fileno())
            self._seen = (self._seen[0], file.tell())
            self._remember(effect.id for effect in fresh)

    def _read(self, file: BinaryIO) -> None:
        """Learn what was written since, by others or before a crash; ends at the file's end."""
        number, size = os.fstat(file.fileno()).st_ino, file.seek(0, os.SEEK_END)
        is_same = self._seen[0] == number and self._seen[1] <= size
        if not is_same:
            self._known.clear()
        start = max(self._seen[1] if is_same else 0, size - _TAIL_BYTES)
        self._remember(_mend(file, start))
        self._seen = (number, file.seek(0, os.SEEK_END))

    def _remember(self, ids: Iterable[str]) -> None:
        self._known.update(dict.fromkeys(ids))
        for old in list(self._known)[: max(0, len(self._known) - _KNOWN_IDS)]:
            del self._known[old]


class Forgetful(Recorder):
    """Records nothing: a service that runs for weeks must not keep what customers wrote."""

    def add(self, entry: Recorded) -> None:
        """Let it go."""


class HttpSink:
    """Forwards each effect as a POST with a Standard Webhooks signature of ours.

    Args:
        url: Where to.
        secret: `whsec_…`, shared with the receiver.
        policy: Timeouts and retries of one delivery, and when a service that does not answer is
            left alone; the inbox tries again much longer.
        per_minute: So many posts at most.

    Raises:
        InputError: The URL or the secret is not one.
    """

    batch = 64

    def __init__(
        self,
        url: str,
        secret: SecretStr,
        *,
        policy: RetryPolicy | None = None,
        per_minute: int | None = None,
    ) -> None:
        encoded = secret.get_secret_value().removeprefix("whsec_")
        try:
            self._key = base64.b64decode(encoded, validate=True)
        except ValueError:
            self._key = b""
        if not self._key or not urlsplit(url).hostname:
            raise InputError(
                "events cannot be forwarded",
                hint="give a URL, and a secret of the form whsec_ + base64",
            )
        self._url = url
        self._client = HttpClient(
            url,
            allow_writes=True,
            purpose="integration",
            policy=policy or RetryPolicy(total=10),
            limits=RateLimits(requests_per_minute=per_minute),
            recorder=Forgetful(Redactor()),
            is_guarded=False,
        )

    def deliver(self, effects: Sequence[OutboxMessage]) -> Mapping[str, str]:
        """Send each, several at a time; whatever is not answered with 2xx comes again.

        There is one of each order among them, so that any order of sending is theirs.
        """
        troubles: dict[str, str] = {}
        left = deque(effects)

        def send() -> None:
            while left:
                try:
                    effect = left.popleft()
                except IndexError:
                    return
                try:
                    self._send(effect)
                except Exception as error:  # noqa: BLE001  what is not sent is told, whatever it was
                    message = getattr(error, "message", type(error).__name__)
                    troubles[effect.id] = str(message)

        # Daemons, not a pool: the process ends although a service keeps some of them waiting.
        lanes = [
            threading.Thread(target=send, daemon=True) for _ in range(min(LANES, len(effects)))
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        return troubles

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _send(self, effect: OutboxMessage) -> None:
        body, identity = effect.encode(), effect.id
        sent_at = str(int(time.time()))
        text = b".".join((identity.encode(), sent_at.encode(), body))
        proof = base64.b64encode(hmac.digest(self._key, text, "sha256")).decode()
        self._client.send(
            "POST",
            self._url,
            content=body,
            headers={
                "content-type": "application/json",
                "webhook-id": identity,
                "webhook-timestamp": sent_at,
                "webhook-signature": f"v1,{proof}",
            },
            idempotency_key=identity,
        ).require()


def _mend(file: BinaryIO, start: int) -> list[str]:
    """The ids from a place on; a line that a crash left half written is cut off."""
    file.seek(start)
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    file.truncate(start + len(whole))
    return [found.decode("ascii") for found in _LINE_ID.findall(whole)]


def read_effect(row: Mapping[Any, Any]) -> OutboxMessage:
    """A row of `effects` as an effect."""
    return OutboxMessage(
        id=_effect_id(row),
        partner=row["partner"],
        pos_code=row["pos_code"],
        kind=row["kind"],
        entity_id=row["entity_id"],
        made_at=datetime.fromtimestamp(row["made_at"] / 1e6, UTC),
        entity=read_json(row["body"]),
    )


def _effect_id(row: Mapping[Any, Any]) -> str:
    # Of what the row says of itself for ever. Its number alone is given anew by every inbox; the
    # microsecond at which it was made tells apart an inbox and the one that followed it.
    names = ("id", "event_id", "run", "partner", "pos_code", "kind", "entity_id", "made_at")
    told = orjson.dumps([row[name] for name in names])
    return f"effect_{hashlib.sha256(told).hexdigest()[:32]}"
