"""A table of the inbox that keeps itself up to date while webhooks come."""

from __future__ import annotations

import time
from contextlib import suppress

from IPython.display import display

from workbench.lab.results import Deliveries
from workbench.receiver import Database, ReceiptFilter, list_receipts

EVERY_SECONDS = 1.0


def follow_receipts(
    inbox: Database, chosen: ReceiptFilter, *, seconds: float = 0, limit: int = 100
) -> None:
    """Show the newest receipts, and what is new each second, until time is up or Stop is pressed.

    Args:
        inbox: Of `open_inbox`.
        chosen: Which receipts.
        seconds: How long; 0 shows them once.
        limit: How many at most.

    Raises:
        StoreError: The inbox cannot be read.
    """

    def look() -> Deliveries:
        return Deliveries(list_receipts(inbox, chosen, limit=limit))

    shown = display(look(), display_id=True)  # type: ignore[no-untyped-call]
    end = time.monotonic() + seconds
    with suppress(KeyboardInterrupt):
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(EVERY_SECONDS, left))
            shown.update(look())
