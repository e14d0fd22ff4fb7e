"""Runs one notebook with checked parameters.

Papermill only warns about a parameter that a notebook does not have, and takes any type; here both
are errors before a kernel starts. Parameters end up in the executed notebook, so they are names and
numbers: a secret is never one.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from workbench.errors import InputError, ReportError
from workbench.execution.warm_kernels import can_fork, warm_up
from workbench.text import suggest_name

_LONGEST = 50  # of a path of at most 107 bytes that a socket may have
_TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool, "float": float}


def spare_slow_imports() -> None:
    """Let jsonschema do without a format that notebooks do not use.

    At import it compiles 35 grammars of `rfc3987_syntax`, 0.9 s; it goes on when that import fails.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


spare_slow_imports()


class NotebookParameter(NamedTuple):
    """A parameter as the notebook's `parameters` cell declares it."""

    name: str
    type: str
    default: str
    help: str


def read_parameters(notebook: Path) -> dict[str, NotebookParameter]:
    """The parameters that a notebook declares, by name.

    Raises:
        ReportError: The notebook cannot be read.
    """
    import papermill  # noqa: PLC0415 - a third of a second, needed only to execute

    try:
        found = papermill.inspect_notebook(_literal(notebook))
    except Exception as error:
        raise ReportError(
            f"The notebook cannot be read: {error}",
            notebook=notebook.name,
            location=str(notebook),
            hint="Restore it from version control.",
        ) from error
    declared = {
        name: NotebookParameter(name, entry["inferred_type_name"], entry["default"], entry["help"])
        for name, entry in found.items()
    }
    return dict(_read_unions(notebook)) | declared


def _read_unions(notebook: Path) -> Iterator[tuple[str, NotebookParameter]]:
    """Parameters of several types, as `str | int`, which papermill passes over."""
    for cell in json.loads(notebook.read_bytes())["cells"]:
        source = "".join(cell["source"])
        if "parameters" not in cell.get("metadata", {}).get("tags", ()):
            continue
        lines = source.splitlines()
        with suppress(SyntaxError):
            for node in ast.parse(source).body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.BinOp):
                    name, kind = ast.unparse(node.target), ast.unparse(node.annotation)
                    default = ast.unparse(node.value) if node.value else "None"
                    told = lines[node.lineno - 1][node.end_col_offset or 0 :].strip(" #")
                    yield name, NotebookParameter(name, kind, default, told)


def run_notebook(notebook: Path, output: Path, parameters: Mapping[str, Any]) -> Path:
    """Execute a notebook and keep the executed copy at `output`, also when it fails.

    Args:
        notebook: A notebook with a `parameters` cell.
        output: Where the executed copy goes; it is written while it runs, every two seconds.
        parameters: Values for declared parameters; slugs, paths and numbers, never secrets.

    Raises:
        InputError: A parameter is unknown or of another type.
        ReportError: A cell failed, or the kernel could not start or died; `cell` is the number
            that the executed copy shows as `In [cell]`.
    """
    if can_fork():
        warm_up()  # it imports while we do
    check_parameters(notebook, parameters)
    output.parent.mkdir(parents=True, exist_ok=True)
    if not notebook.absolute().is_relative_to(Path.cwd()):
        # One of the package: the executed copy must not tell where that is installed.
        notebook = shutil.copyfile(notebook, output)
    # Kernels talk over private sockets in a folder of their own: TCP ports are raced for by
    # parallel runs, and are open to other users of the machine.
    with tempfile.TemporaryDirectory(prefix="workbench-kernel-", dir=_short_folder()) as private:
        _execute(notebook, output, parameters, Path(private))
    return output


def _short_folder() -> str | None:
    """Where sockets fit: the system bounds the length of their paths, whatever TMPDIR says."""
    places = (tempfile.gettempdir(), "/tmp", "/var/tmp")  # noqa: S108 - a folder of our own in it
    fitting = (place for place in places if len(place) <= _LONGEST and os.access(place, os.W_OK))
    return next(fitting, None)


def check_parameters(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that the notebook does not declare, or of another type.

    Raises:
        InputError: With the nearest declared name as hint.
    """
    declared = read_parameters(notebook)
    for name, value in parameters.items():
        if name not in declared:
            raise InputError(
                f"{notebook.name} has no parameter {name!r}",
                location=str(notebook),
                hint=suggest_name(name, declared),
            )
        stated = declared[name].type
        words = [word.strip() for word in stated.split("|")]
        wanted = {_TYPES.get(word, type(None)) for word in words if word in {*_TYPES, "None"}}
        if len(wanted) == len(words) and type(value) not in wanted:
            raise InputError(
                f"Parameter {name!r} of {notebook.name} takes {stated}, not {type(value).__name__}",
                location=str(notebook),
                hint=declared[name].help or "Correct the value.",
            )


def _execute(notebook: Path, output: Path, parameters: Mapping[str, Any], private: Path) -> None:
    import papermill  # noqa: PLC0415
    from jupyter_client.kernelspec import NoSuchKernel  # noqa: PLC0415
    from nbclient.exceptions import DeadKernelError  # noqa: PLC0415
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    where: dict[str, Any] = {"notebook": notebook.name, "location": str(output)}
    try:
        papermill.execute_notebook(
            _literal(notebook),
            _literal(output),
            parameters=dict(parameters),
            cwd=str(Path.cwd()),
            progress_bar=False,
            log_output=False,
            **_kernel_options(private),
            # The user's own start-up files have no place in a run that others shall repeat. That
            # it is told to end, a kernel logs as an error; failing cells reach us otherwise.
            extra_arguments=[f"--ipython-dir={private}", "--log-level=50"],
        )
    except PapermillExecutionError as error:
        raise ReportError(
            f"{notebook.name} stopped at In [{error.exec_count}]: {error.ename}: {error.evalue}",
            cell=error.exec_count,
            hint="Open the executed notebook; it stops where it failed.",
            **where,
        ) from error
    except DeadKernelError as error:
        raise ReportError(
            f"The kernel of {notebook.name} died",
            hint="Often the machine ran out of memory; the executed notebook ends where it died.",
            **where,
        ) from error
    except NoSuchKernel as error:
        raise ReportError(
            f"{notebook.name} asks for the kernel {error.name!r}, which is not installed",
            hint="Install it, or select the kernel `python3` in the notebook.",
            **where,
        ) from error


def _literal(path: Path) -> str:
    """The path as papermill takes it: braces would be placeholders.

    Relative where possible, because papermill writes it into the executed notebook, which is handed
    on and must not tell where it was made.
    """
    folder = Path.cwd()
    absolute = path.absolute()
    shown = absolute.relative_to(folder) if absolute.is_relative_to(folder) else path
    return str(shown).replace("{", "{{").replace("}", "}}")


def _kernel_options(private: Path) -> dict[str, Any]:
    """Papermill's engine, and the configuration of the kernel."""
    from traitlets.config import Config  # noqa: PLC0415

    from workbench.execution.kernel_provisioner import prefer_forked_kernels  # noqa: PLC0415
    from workbench.execution.papermill_engine import ENGINE  # noqa: PLC0415

    prefer_forked_kernels()
    config = Config()
    config.KernelManager.client_class = f"{__package__}.papermill_engine.PromptKernelClient"
    if os.name == "posix":
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(private / "kernel")
    config.KernelManager.connection_file = str(private / "connection.json")
    return {"engine_name": ENGINE, "config": config}
