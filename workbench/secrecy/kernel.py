"""A notebook's outputs pass the door as well: its kernel sends no secret that is known."""

from __future__ import annotations

import sys
from typing import Any

from workbench.secrecy.redactor import Redactor

# What cells give to be seen; all else a kernel says is about itself.
_SHOWN = frozenset(
    {
        "display_data",
        "error",
        "execute_reply",
        "execute_result",
        "inspect_reply",
        "stream",
        "update_display_data",
        "comm_open",
        "comm_msg",
    }
)


def mask_outputs(redactor: Redactor) -> None:
    """From now on, mask the secrets that `redactor` knows in all outputs of this kernel.

    Nothing happens outside a kernel. It holds until the kernel ends, and for tokens that `redactor`
    learns later: an answer may be shown when the partner that gave it is no longer open.
    """
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    session = getattr(getattr(shell, "kernel", None), "session", None)
    if session is None:
        return
    door = getattr(session, "workbench_door", None)
    if door is None:
        door = session.workbench_door = _MessageMask(session.send)
        session.send = door.send
    door.add(redactor)


class _MessageMask:
    """Stands before the function by which a kernel sends all its messages."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._redactors: tuple[Redactor, ...] = ()

    def add(self, redactor: Redactor) -> None:
        """Mask what it knows, and forget those that knew nothing more."""
        kept = [item for item in self._redactors if not redactor.covers(item)]
        self._redactors = (*kept, redactor)

    def send(
        self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **more: Any
    ) -> Any:
        is_whole = isinstance(msg_or_type, dict)
        kind = msg_or_type["header"]["msg_type"] if is_whole else msg_or_type
        if kind in _SHOWN:
            for redactor in self._redactors:
                if is_whole:
                    masked = redactor.data(msg_or_type["content"])
                    msg_or_type = {**msg_or_type, "content": masked}
                elif content is not None:
                    content = redactor.data(content)
        return self._send(stream, msg_or_type, content, *args, **more)
