"""Webhooks on their way out: sent in order, retried until they are acknowledged."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

RETRY_AFTER_SECONDS = (0.2, 0.5, 1.0, 2.0)


@dataclass
class OutgoingWebhook:
    """One webhook; `statuses` are the answers so far, 0 for no answer."""

    tail: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    statuses: list[int] = field(default_factory=list)
    is_acknowledged: bool = False

    def summary(self) -> dict[str, Any]:
        """What the control address shows of it."""
        return {
            "tail": self.tail,
            "attempts": len(self.statuses),
            "statuses": self.statuses,
            "acknowledged": self.is_acknowledged,
        }


class Outbox:
    """Queue of webhooks to `target` (the address up to and including `/webhooks`).

    Attributes:
        pauses: Seconds before each repeat.
        accepted: Answers that count as received; 0 is no answer.
        patience: Seconds to wait for an answer.
    """

    def __init__(self) -> None:
        self.pauses: tuple[float, ...] = RETRY_AFTER_SECONDS
        self.accepted: frozenset[int] = frozenset(range(200, 300))
        self.patience = 5.0
        self.target: str | None = None
        self.deliveries: list[OutgoingWebhook] = []
        self._waiting: asyncio.Queue[OutgoingWebhook] = asyncio.Queue()

    def send(
        self, tail: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> None:
        """Queue one webhook for `target` + `/` + `tail`; nothing happens without a target."""
        delivery = OutgoingWebhook(tail=tail, body=body, headers=headers, method=method)
        self.deliveries.append(delivery)
        if self.target is not None:
            self._waiting.put_nowait(delivery)

    def forget(self) -> None:
        """Nobody listens any more: what waits is dropped, and nothing more is queued."""
        self.target = None
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Send what is queued, until `is_over` says so."""
        while not is_over():
            try:
                delivery = await asyncio.wait_for(self._waiting.get(), timeout=0.1)
            except TimeoutError:
                continue
            await self._deliver(delivery, is_over)

    async def _deliver(self, delivery: OutgoingWebhook, is_over: Callable[[], bool]) -> None:
        for pause in (*self.pauses, None):
            status = await asyncio.to_thread(_post, self.target or "", delivery, self.patience)
            delivery.statuses.append(status)
            delivery.is_acknowledged = status in self.accepted
            if delivery.is_acknowledged or pause is None or self.target is None or is_over():
                return
            await asyncio.sleep(pause)


def _post(target: str, delivery: OutgoingWebhook, patience: float) -> int:
    parts = urlsplit(f"{target.rstrip('/')}/{delivery.tail}")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(delivery.method, path, delivery.body, dict(delivery.headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
