"""The notebooks of the bench, run untouched on the embedded sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.execution import run_notebook
from workbench.project import lay_out
from workbench.sandbox import SIMULATORS, Sandbox

CANARY = "canary-5d21-not-to-be-shown"
# What each must have shown, beside an output of every cell that asks something.
SHOWN = {
    "describe": "GET /orders/{order_id}",
    "call": "200",
    "contract": "Latency of",
    "behaviour": "✓",
    "compare": "Both are the same",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project made by `init`, with Tavola answering."""
    root = tmp_path_factory.mktemp("project")
    lay_out(root, examples=True)
    given = {"tavola": {"client_secret": CANARY}}
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox([SIMULATORS["tavola"]], credentials=given) as running,
    ):
        patch.chdir(root)
        for name, value in running.environment().items():
            patch.setenv(name, value)
        yield root


@pytest.fixture(scope="module")
def cells(project: Path) -> dict[str, list[Any]]:
    """What each cell showed, by notebook; all are run in one kernel, which is started once."""
    whole = nbformat.v4.new_notebook()
    for name in SHOWN:
        notebook = nbformat.read(project / "notebooks" / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            # A second cell of parameters is code like any other; the seconds are given below.
            cell.metadata = {"of": name}
            cell.source = cell.source.replace("seconds: int = 60", "seconds: int = 8")
        whole.cells += notebook.cells
        whole.metadata = notebook.metadata
    path = project / "notebooks" / "whole.ipynb"
    nbformat.write(whole, path)
    shown = nbformat.read(run_notebook(path, project / "out.ipynb", {}), as_version=4).cells
    asked = [cell for cell in shown if cell.cell_type == "code"]
    return {name: [c for c in asked if c.metadata.get("of") == name] for name in SHOWN}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_run_all_shows_every_answer(cells: dict[str, list[Any]], name: str) -> None:
    """No cell fails, each but the parameters shows something, and no credential is in it."""
    parameters, *asking = cells[name]
    assert parameters.outputs == []
    assert [cell.source for cell in asking if not cell.outputs] == []
    text = "".join(str(output) for cell in asking for output in cell.outputs)
    assert SHOWN[name] in text
    assert CANARY not in text
