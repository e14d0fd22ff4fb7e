"""Small notebooks that are really executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

MakeNotebook = Callable[..., Path]


@pytest.fixture
def make_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeNotebook:
    """Write a notebook in the current folder; the first source becomes its parameters."""
    monkeypatch.chdir(tmp_path)

    def make(parameters: str, *sources: str, name: str = "small.ipynb") -> Path:
        first = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        notebook = new_notebook(
            cells=[first, *(new_code_cell(source) for source in sources)],
            metadata={
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
            },
        )
        path = tmp_path / name
        nbformat.write(notebook, path)
        return path

    return make
