"""What came in: an arrival, and the receipt that it becomes once it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

State = Literal["new", "read", "unknown", "quarantined", "erased"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request of a partner, as received.

    Attributes:
        partner: Slug of the partner that the pos-code belongs to.
        target: What follows `/{pos-code}/webhooks/`, percent-encoded, with its query.
        headers: (name in lower case, value) in order; values that carry secrets are masked.
        body: Raw bytes.
        received_at: When the whole body was there, in UTC.
        sender: Address that it came from, the network for IPv6; empty where nobody knows.
        leaked: Names of credentials of ours that it told without need; they were masked.
    """

    partner: str
    pos_code: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: datetime
    sender: str = ""
    leaked: tuple[str, ...] = ()

    @property
    def tail(self) -> str:
        """The path after `/{pos-code}/webhooks/`, decoded, without slashes at its ends."""
        return unquote(self.target.partition("?")[0]).strip("/")

    @property
    def query(self) -> str:
        """The query as sent, without the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first value of a header, None when it was not sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Arrival):
    """An arrival in the inbox: proof that they called us, and that we kept it.

    Attributes:
        id: Our own sequence number, in order of arrival.
        last_seen_at: When it came last; later than `received_at` if it was repeated.
        verified: Whether the sender proved who it is.
        reason: `ok`, `unsigned`, or why it was refused.
        seen_again: How often it was repeated.
        differed: How many of the repeats had another content under the same event id.
        state: `new`, `read` (its events tell the rest), `unknown` when no rule knows it,
            `quarantined` when it was refused, `erased` when its content was removed.
    """

    id: int
    last_seen_at: datetime
    verified: bool
    reason: str
    seen_again: int
    differed: int
    state: State
