"""The messages that a partner's own list waits for, heard by our receiver or found in the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.adapters import Session
from workbench.errors import InputError
from workbench.evidence import Post, explain_absence, provoke
from workbench.handover.arazzo_events import find_events
from workbench.model import Finding, StepCall
from workbench.partners import load_catalogue
from workbench.receiver import Receipt, read_payload


@dataclass(frozen=True)
class Heard:
    """A message, or why there is none.

    Attributes:
        name: Of its event, as the partner's document calls it.
        seconds: After the wait began.
        payload: Its body, as JSON data.
        headers: Names in lower case.
        missing: What to say of it where it did not come.
    """

    name: str
    seconds: float
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: Finding | None = None


@dataclass
class Ear:
    """Waits for the messages of one workflow, one after another.

    Attributes:
        post: Where they come to.
        session: With the partner.
        seconds: How long to wait, where the list does not say.
        may_provoke: Whether we may bring a message about.
        since: What came before is not meant.
    """

    post: Post
    session: Session
    seconds: float
    may_provoke: bool
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def wait(self, call: StepCall, correlation: str | None, *, provokes: bool) -> Heard:
        """Wait for the message of a step; with a correlation, for the one that it stands in.

        Raises:
            InputError: The documents have no such message, nothing brings it about, or it did not
            come where a person should have brought it about.
            PartnerError: The partner did not do what brings it about.
        """
        names = find_events(call.waits_for, self.session.partner)
        if not names:
            raise InputError(f"The documents have no message {call.waits_for[0]!r}")
        began, done = datetime.now(UTC), "the calls before it"
        if provokes and self.may_provoke:
            done = self._provoke(names)
        self.post.wait = call.seconds or self.seconds
        found = self.post.await_event(names, self.since, correlation)
        if not found:
            return Heard(min(names), self.post.wait, missing=self._explain(names, done))
        receipt, event = found[0]
        # The next step that waits for the same does not mean this one.
        self.since = receipt.received_at + timedelta(microseconds=1)
        took = max(0.0, (receipt.received_at - began).total_seconds())
        return Heard(event.reference, round(took, 2), self._read(receipt), _headers(receipt))

    def _provoke(self, names: set[str]) -> str:
        partner = self.session.partner
        for feature in load_catalogue().features:
            if any(name in names for name, _ in partner.events(feature.slug)):
                return provoke(self.session, feature).how
        raise InputError(f"The folder binds {min(names)} to no feature, so nothing provokes it")

    def _explain(self, names: set[str], done: str) -> Finding:
        if self.may_provoke:
            return explain_absence(self.post, names, done, self.since)
        waited = f"{self.post.wait:.0f}"  # nobody knows whether anybody did anything
        raise InputError(f"No {', '.join(sorted(names))} came within {waited} s.")

    def _read(self, receipt: Receipt) -> Any:
        webhooks = self.session.partner.manifest.webhooks
        return read_payload(webhooks, receipt) if webhooks else None


def _headers(receipt: Receipt) -> dict[str, str]:
    return {name.lower(): value for name, value in receipt.headers}
