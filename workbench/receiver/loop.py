"""A thread's work, done again and again until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from workbench.errors import StoreError

_LOG = logging.getLogger(__name__)


def run_loop(step: Callable[[], object], stop: threading.Event, *, pause: float, who: str) -> None:
    """Call `step` until `stop` is set, whatever it raises.

    Args:
        step: Returns something false when there was nothing to do.
        stop: Ends the work, after the step that is under way.
        pause: Seconds to wait when there was nothing to do; after a fault, a second at least.
        who: For the log.
    """
    while not stop.is_set():
        try:
            done = step()
        except StoreError as error:
            _LOG.warning("%s waits for the database: %s", who, error.message)
        except Exception as error:  # noqa: BLE001  a thread that ends would not be missed
            # The kind only: a message may hold what a customer wrote.
            _LOG.error("%s failed: %s", who, type(error).__name__)
        else:
            stop.wait(0 if done else pause)
            continue
        stop.wait(max(1.0, pause))
