"""Lets Jupyter start its kernels by a fork of a warm process.

By the entry point `workbench-forked` papermill, nbclient, nbval and JupyterLab find it; they use it
where `JUPYTER_DEFAULT_PROVISIONER_NAME` or a kernel's specification names it. Each kernel is a
process of its own that begins as a stock one does: its folder, its environment, new seeds, no
connection of another. What cannot be forked starts as it would without us.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from workbench.execution.warm_kernels import KernelRequest, can_fork, warm_up

_NAME = "workbench-forked"
_LAUNCHER = ["-m", "ipykernel_launcher"]


class ForkedKernelProvisioner(LocalProvisioner):
    """Starts `ipykernel` kernels of this interpreter by a fork, all others as they are stated."""

    process: Any  # a `Popen`, or what a provisioner needs of one

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; the connection file tells it where it is awaited."""
        request = _read_request(cmd, kwargs)
        if request is not None:
            with suppress(OSError):
                kernel = warm_up().start(request)
                self.process = kernel
                self.pid = self.pgid = kernel.pid
                self.cwd = Path(request.folder)
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


def prefer_forked_kernels() -> None:
    """Let the kernels of this process be forked, unless its user chose another way."""
    factory = KernelProvisionerFactory.instance()
    is_chosen = factory.default_provisioner_name_env in os.environ
    if can_fork() and not is_chosen and _NAME in factory.provisioners:
        factory.default_provisioner_name = _NAME


def _read_request(cmd: Sequence[str], asked: Mapping[str, Any]) -> KernelRequest | None:
    """The kernel that a command would start; None if only that command can start it."""
    streams = [asked.get(name) for name in ("stdin", "stdout", "stderr")]
    own = [sys.executable, *_LAUNCHER]
    if not can_fork() or list(cmd[: len(own)]) != own or any(streams) or asked.get("independent"):
        return None
    environment = dict(os.environ if asked.get("env") is None else asked["env"])
    folder = str(asked.get("cwd") or Path.cwd())
    return KernelRequest(list(cmd[len(own) :]), folder, environment)
