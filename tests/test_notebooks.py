"""The house rules of notebooks: they ask, the package answers."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
import pytest

from workbench.execution import read_parameters, run_notebook
from workbench.model.evidence import Evidence
from workbench.model.log import RunHeader
from workbench.partners import load_partner
from workbench.receiver.listening import listen
from workbench.settings import Settings
from workbench.store import EvidenceLog, RunFolder

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
MOST_LINES = 9


def read(name: str) -> Any:
    """One notebook."""
    return nbformat.read(FOLDER / name, as_version=4)


def code(name: str) -> list[Any]:
    """Its code cells."""
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def python(source: str) -> str:
    """The source without the line that loads our extension, which is no Python."""
    return source.removeprefix("%load_ext workbench\n")


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name != "report.ipynb"])
def test_it_shows_errors_as_ours(name: str) -> None:
    """The first cell after the parameters loads the extension; the report goes to partners."""
    assert code(name)[1].source.startswith("%load_ext workbench\n")


def test_there_are_notebooks() -> None:
    """The main job has its two notebooks, so the rules below look at something."""
    assert {"report.ipynb", "validation.ipynb"} <= set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_begins_with_one_heading_and_one_sentence(name: str) -> None:
    """The first cell is the question and one sentence on how it is answered."""
    first = read(name).cells[0]
    heading, sentence = first.source.split("\n\n")
    assert first.cell_type == "markdown"
    assert re.fullmatch(r"# [^\n]+", heading)
    assert len(re.findall(r"[.?!](?:\s|$)", sentence)) == 1


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_parameters_are_typed_and_explained(name: str) -> None:
    """One cell is tagged `parameters`; each line has a type, a default and a comment."""
    tagged = [
        place
        for place, cell in enumerate(read(name).cells)
        if "parameters" in cell.metadata.get("tags", ())
    ]
    assert tagged == [1]
    lines = read(name).cells[1].source.splitlines()
    assert all(re.fullmatch(r"\w+: (str|int|bool|float) = .+  # \S.+", line) for line in lines)
    declared = read_parameters(FOLDER / name)
    assert list(declared) == [line.split(":")[0] for line in lines]
    assert all(parameter.help for parameter in declared.values())


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_cells_are_short_and_hold_no_logic(name: str) -> None:
    """No function, class, loop or branch, few lines, and imports only from the package."""
    logic = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.For, ast.While,
        ast.Try,
    )  # fmt: skip
    for cell in code(name):
        assert len(cell.source.splitlines()) <= MOST_LINES
        for node in ast.walk(ast.parse(python(cell.source))):
            assert not isinstance(node, logic), cell.source
            if isinstance(node, ast.Import):
                assert [alias.name for alias in node.names] == ["workbench"]
            if isinstance(node, ast.ImportFrom):
                assert node.module in {"workbench", "IPython.display"}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_sentence_says_what_each_cell_asks(name: str) -> None:
    """Before every code cell but the parameters stands a text, and never two code cells follow."""
    cells = read(name).cells
    for before, after in pairwise(cells[1:]):
        assert {before.cell_type, after.cell_type} == {"code", "markdown"}
    for cell in cells[2::2]:
        assert re.search(r"[.?!]$", cell.source), cell.source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_stripped_and_runs_anywhere(name: str) -> None:
    """No outputs, no counts, no traces of a machine; the kernel is any Python 3."""
    notebook = read(name)
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in code(name):
        assert cell.outputs == []
        assert cell.execution_count is None
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}


def test_the_list_of_notebooks_is_complete() -> None:
    """`notebooks/README.md` names each notebook with the question that it asks."""
    listing = (FOLDER / "README.md").read_text("utf-8")
    for name in NOTEBOOKS:
        question = read(name).cells[0].source.splitlines()[0].removeprefix("# ")
        assert f"| {question} | [{name}]({name}) |" in listing


def test_the_report_notebook_runs_on_a_run_folder(tmp_path: Path) -> None:
    """All its cells execute, and every one of them but the last shows a section."""
    header = RunHeader(
        run="one", partner="small", title="Small", environment="sandbox", seed=1,
        started_at=datetime.now(UTC), workbench="0", python="3", catalogue="0",
    )  # fmt: skip
    folder = RunFolder.create(tmp_path, "small", "one")
    with EvidenceLog(folder.log, header) as log:
        log.add(Evidence(feature="order-read", source="documents", outcome="passed", summary="s"))
    executed = run_notebook(
        FOLDER / "report.ipynb", tmp_path / "out.ipynb", {"folder": str(folder.path)}
    )
    cells = nbformat.read(executed, as_version=4).cells
    shown = [cell.outputs for cell in cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) == 15
    assert all("text/html" in outputs[0].data for outputs in shown[:-1])
    assert "<h1>Small</h1>" in shown[0][0].data["text/html"]


def test_the_listening_notebook_shows_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that the receiver took is in its tables, and one of them can be seen whole."""
    monkeypatch.setenv("WORKBENCH_BOCADO__SANDBOX__WEBHOOK_TOKEN", "token-of-the-test")
    monkeypatch.setenv("WORKBENCH_BOCADO__SANDBOX__API_KEY", "key-of-the-test")
    settings = Settings(root=FOLDER.parent, reports=tmp_path)
    (tmp_path / "bocado").mkdir()
    with listen(load_partner("bocado", settings), "sandbox", settings, "127.0.0.1", 0) as server:
        request = Request(
            f"{server.url}/bocado/webhooks/pedidos/nuevos",
            data=b'{"Pedidos": []}',
            headers={"X-Bocado-Token": "token-of-the-test"},
        )
        with urlopen(request) as answer:
            assert answer.status == 200
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path))
    executed = run_notebook(
        FOLDER / "listen.ipynb", tmp_path / "out.ipynb", {"partner": "bocado", "receipt": 1}
    )
    text = executed.read_text("utf-8")
    assert "pedidos/nuevos" in text
    assert "token-of-the-test" not in text


@pytest.mark.parametrize("slug", ["tavola", "bocado"])
def test_the_mapping_notebook_shows_a_payload_field_by_field(tmp_path: Path, slug: str) -> None:
    """Every cell shows a table; the payload's own id is among the values."""
    executed = run_notebook(FOLDER / "map.ipynb", tmp_path / "out.ipynb", {"partner": slug})
    cells = nbformat.read(executed, as_version=4).cells
    shown = [cell.outputs[-1].data for cell in cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) == 2
    assert all("text/html" in data for data in shown)
    assert "order: fits" in shown[0]["text/html"]
    assert "ids.partner_id" in shown[0]["text/html"]
