"""How papermill runs our notebooks: saved by time, and with no wait that nothing is waited for."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from papermill.engines import NBClientEngine, papermill_engines

ENGINE = "workbench"
_SAVED_EVERY = 2.0
_ANSWERS_WITHIN = 1.0


class TimedEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's own engine, which would write the whole notebook twice for every cell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        """Execute; what was not saved for two seconds is saved with the next message."""
        save, nb_man.autosave_cell_every = nb_man.save, _SAVED_EVERY

        def save_in_time(**_: Any) -> None:
            if (nb_man.now() - nb_man.last_save_time).total_seconds() >= _SAVED_EVERY:
                save()

        nb_man.save = save_in_time
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.save = save


class PromptKernelClient(AsyncKernelClient):
    """A client that is ready when its kernel is, and not a fifth of a second later."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Wait until the kernel has answered, and told that it is done with that.

        Raises:
            RuntimeError: It died, or did not answer in time.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not await self._is_answered():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if end is not None and time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")

    async def _is_answered(self) -> bool:
        """Ask once; what came to others is passed over."""
        asked = self.kernel_info()
        try:
            while (await self.get_shell_msg(timeout=_ANSWERS_WITHIN))["parent_header"][
                "msg_id"
            ] != asked:
                continue
            while True:
                told = await self.get_iopub_msg(timeout=_ANSWERS_WITHIN)
                is_ours = told["parent_header"].get("msg_id") == asked
                if is_ours and told["content"].get("execution_state") == "idle":
                    return True
        except Empty:  # it does not hear us yet, or we it
            return False


papermill_engines.register(ENGINE, TimedEngine)
