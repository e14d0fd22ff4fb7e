"""How far the partner's clock is from ours: it decides about tokens, signatures and due times."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from workbench.adapters.answer import read_date

_LOG = logging.getLogger(__name__)
_NOTEWORTHY = 30.0


class ClockSkew:
    """Measured by the `Date` of answers; a warning is logged once when it is over 30 s.

    Attributes:
        seconds: The partner's clock minus ours, to about a second; None: not known.
    """

    def __init__(self, partner: str | None) -> None:
        self.seconds: float | None = None
        self._partner = partner
        self._has_warned = False
        self._lock = threading.Lock()

    def note(self, headers: Mapping[str, str], sent: datetime, seconds: float) -> None:
        """Look at an answer that came `seconds` after `sent`; answers of caches are left out."""
        theirs = read_date(headers.get("date", ""))
        if theirs is None or "age" in headers:
            return
        # The date has whole seconds, so on average half a one is missing.
        ours = sent + timedelta(seconds=seconds / 2 - 0.5)
        with self._lock:
            self.seconds = round((theirs - ours).total_seconds(), 1)
            is_news = abs(self.seconds) > _NOTEWORTHY and not self._has_warned
            self._has_warned |= is_news
        if is_news:
            _LOG.warning("the clock of %s is %+.0f s from ours", self._partner, self.seconds)
