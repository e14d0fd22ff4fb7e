"""Commands that make a project, and open the bench on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import click

from workbench.cli.output import Output, speaks
from workbench.errors import InputError, install_hint
from workbench.partners import list_partners
from workbench.project import lay_out
from workbench.sandbox import SIMULATORS, Sandbox
from workbench.settings import Settings, load_settings


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--examples", is_flag=True, help="Also bring the three fictional partners.")
@speaks
def init_command(output: Output, folder: Path, *, examples: bool) -> int:
    """Lay out a project of one's own: contracts, notebooks, CI templates.

    What is already in FOLDER (default: this one) stays as it is.
    """
    laid = lay_out(folder, examples=examples)
    output.document(
        {
            "path": str(laid.path.absolute()),
            "made": list(laid.made),
            "kept": list(laid.kept),
            "partners": list(laid.partners),
        }
    )
    output.text(f"{laid.path.absolute()}: {len(laid.made)} new, {len(laid.kept)} kept", "bold")
    for name in laid.made:
        output.text(f"  {name}")
    enter = "" if folder == Path() else f"cd {folder}, then "
    next_step = "workbench lab --sandbox" if laid.partners else "workbench new SLUG --document FILE"
    output.text(f"\nNext: {enter}`{next_step}`.")
    return 0


@click.command("lab")
@click.option("--sandbox", is_flag=True, help="Also run the fictional partners, logged in.")
@click.option("--port", default=8888, show_default=True, help="First port to try.")
@click.option("--browser/--no-browser", default=True, help="Open a window; default: yes.")
@speaks
def lab_command(output: Output, port: int, *, sandbox: bool, browser: bool) -> int:
    """Open JupyterLab on the project; with --sandbox, with partners to try.

    Credentials of the sandbox are made anew for each start, and known to JupyterLab alone.
    """
    settings = load_settings()
    if find_spec("jupyterlab") is None:
        raise InputError(
            "JupyterLab is not installed",
            hint=install_hint("lab"),
        )
    environment = dict(os.environ) | {"WORKBENCH_ROOT": str(settings.root.absolute())}
    with ExitStack() as stack:
        if sandbox:
            played = [slug for slug in list_partners(settings) if slug in SIMULATORS]
            if not played:
                raise InputError(
                    "The project has none of the partners that the sandbox plays",
                    location=str(settings.contracts),
                    hint="Bring them with `workbench init --examples`.",
                )
            running = stack.enter_context(Sandbox(SIMULATORS[slug] for slug in played))
            environment |= running.environment()
            output.text(f"The sandbox plays {', '.join(played)}.")
        options = [f"--ServerApp.port={port}", *([] if browser else ["--no-browser"])]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--allow-root")  # a container; it listens on loopback, with a token
        return _run_lab(settings, environment, options)


def _run_lab(settings: Settings, environment: Mapping[str, str], options: list[str]) -> int:
    """Run JupyterLab until it ends; signals are its matter, and it ends on them by itself."""
    folder = "/notebooks" if settings.notebooks.is_dir() else ""
    command = [
        *(sys.executable, "-m", "jupyterlab", *options),
        f"--ServerApp.root_dir={settings.root.absolute()}",
        f"--LabApp.default_url=/lab/tree{folder}",
    ]
    process = subprocess.Popen(command, env=environment, cwd=settings.root)  # noqa: S603 - our own
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()
