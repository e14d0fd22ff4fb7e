"""Where finished events go: a Python function, a file of JSON lines, another service over HTTP.

Every sink may see an effect again after a crash; its `id` stays the same, and the file never has
it twice.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import orjson
from pydantic import SecretStr

from workbench.adapters.http_client import HttpClient
from workbench.adapters.recorder import Recorded, Recorder
from workbench.adapters.redaction import Redactor
from workbench.adapters.retry import RetryPolicy
from workbench.errors import InputError, WorkbenchError

_TAIL_BYTES = 64 * 1024 * 1024  # more than any batch that a crash can leave half recorded
_LINE_ID = re.compile(rb'^\{"id":(\d+),', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Effect:
    """A canonical entity that an event led to.

    Attributes:
        id: Ours, the same whenever it is delivered.
        kind: `order`, `order-status`, `reservation` or `reservation-status`.
        entity_id: The partner's id of the order or reservation.
        made_at: When the event was processed.
        entity: The entity as JSON values.
    """

    id: int
    partner: str
    pos_code: str
    kind: str
    entity_id: str
    made_at: datetime
    entity: Any

    def encode(self) -> bytes:
        """One line of JSON, `id` first."""
        return orjson.dumps(
            {
                "id": self.id,
                "partner": self.partner,
                "pos_code": self.pos_code,
                "kind": self.kind,
                "entity_id": self.entity_id,
                "made_at": self.made_at,
                "entity": self.entity,
            }
        )


class Sink(Protocol):
    """Takes effects; `batch` is how many it likes at a time."""

    batch: int

    def deliver(self, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Take effects in this order; returns id → trouble of those that it did not take."""


class CallableSink:
    """Calls a Python function with each effect; what it raises makes the effect come again."""

    batch = 100

    def __init__(self, function: Callable[[Effect], None]) -> None:
        self._function = function

    def deliver(self, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Call the function for each."""
        troubles: dict[int, str] = {}
        for effect in effects:
            try:
                self._function(effect)
            except Exception as error:  # noqa: BLE001  a stranger's function may raise anything
                troubles[effect.id] = f"{type(error).__name__}: {error}"
        return troubles


class NdjsonSink:
    """Appends each effect as one line to a file, on disk before it counts as delivered."""

    batch = 500

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1  # after our own last write

    def deliver(self, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Append the lines that are not there yet; all or none are delivered."""
        try:
            self._append(effects)
        except OSError as error:
            return dict.fromkeys((effect.id for effect in effects), error.strerror or "I/O error")
        return {}

    def _append(self, effects: Sequence[Effect]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # several workers may share the file
            size = file.seek(0, os.SEEK_END)
            known = set() if size == self._size else _mend(file, size)
            file.seek(0, os.SEEK_END)
            lines = [effect.encode() + b"\n" for effect in effects if effect.id not in known]
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
            self._size = file.tell()


class Forgetful(Recorder):
    """Records nothing: a service that runs for weeks must not keep what customers wrote."""

    def add(self, entry: Recorded) -> None:
        """Let it go."""


class HttpSink:
    """Forwards each effect as a POST with a Standard Webhooks signature of ours.

    Args:
        url: Where to.
        secret: `whsec_…`, shared with the receiver.
        policy: Timeouts and retries of one delivery; the inbox tries again much longer.

    Raises:
        InputError: The URL or the secret is not one.
    """

    batch = 10

    def __init__(self, url: str, secret: SecretStr, *, policy: RetryPolicy | None = None) -> None:
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
            recorder=Forgetful(Redactor()),
        )

    def deliver(self, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Send each; whatever is not answered with 2xx comes again."""
        troubles: dict[int, str] = {}
        for effect in effects:
            try:
                self._send(effect)
            except WorkbenchError as error:
                troubles[effect.id] = error.message
        return troubles

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _send(self, effect: Effect) -> None:
        body, identity = effect.encode(), f"effect_{effect.id}"
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


def _mend(file: BinaryIO, size: int) -> set[int]:
    """The ids at the end of a file; a line that a crash left half written is cut off."""
    start = max(0, size - _TAIL_BYTES)
    file.seek(start)
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    file.truncate(start + len(whole))
    return {int(number) for number in _LINE_ID.findall(whole)}


def read_effect(row: Mapping[Any, Any]) -> Effect:
    """A row of `effects` as an effect."""
    return Effect(
        id=row["id"],
        partner=row["partner"],
        pos_code=row["pos_code"],
        kind=row["kind"],
        entity_id=row["entity_id"],
        made_at=datetime.fromtimestamp(row["made_at"] / 1e6, UTC),
        entity=orjson.loads(row["body"]),
    )
