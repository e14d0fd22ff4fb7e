"""What a cell prints, returns or raises leaves the kernel without known secrets."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from workbench.secrecy import Redactor, mask_outputs

SECRET = "x7-Gq29-tR-canary"
LATER = "fetched/0123456789"
CELLS = [
    f"""
from workbench.secrecy import Redactor, mask_outputs
given = "{SECRET}"[::-1][::-1]
redactor = Redactor({{"api_key": given}})
mask_outputs(redactor)""",
    "print('printed', given)",
    "{'returned': [given]}",
    f"redactor.add('{LATER}'); '{LATER}'[:]",
    "import sys; sys.stderr.write(given + ' warned')",
    "from IPython.display import HTML, display; display(HTML(f'<p>{given}</p>'))",
    "raise ValueError('raised ' + given)",
]


def test_outputs_of_a_kernel_hold_no_secret() -> None:
    """Streams, results, displays and tracebacks are masked, also for what is learnt later."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    outputs = nbformat.writes(new_notebook(cells=notebook.cells))
    for cell in notebook.cells:
        cell.source = ""
    shown = nbformat.writes(notebook)
    assert SECRET in outputs
    assert SECRET not in shown
    assert LATER not in shown
    for word in ("printed", "returned", "warned", "<p>", "raised"):
        assert word in shown


def test_what_is_no_longer_open_is_masked_still() -> None:
    """An answer that is shown when its partner was closed shows neither tokens nor persons."""
    cells = [
        """
import gc
from workbench.secrecy import Persons, Redactor, mask_outputs
def opened():
    redactor = Redactor({"api_key": "x7-Gq29-tR-canary"})
    mask_outputs(redactor)
    return redactor
first = opened()
first.persons = Persons(lambda _: False)
first.persons.add("Zoraida Canarina")
first.add("fetched/0123456789")""",
        (
            "first = opened(); gc.collect()\n"
            "'kept', 'fetched/'[:] + '0123456789', 'Zoraida ' + 'Canarina'"
        ),
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    NotebookClient(notebook, kernel_name="python3").execute()
    (shown,) = notebook.cells[-1].outputs
    assert "kept" in shown.data["text/plain"]
    assert "0123456789" not in shown.data["text/plain"]
    assert "Canarina" not in shown.data["text/plain"]


def test_many_openings_cost_no_more_than_one() -> None:
    """What knows nothing more is forgotten, so that a long session does not grow."""
    first, second = Redactor({"api_key": "x7-Gq29-tR-canary"}), Redactor(["x7-Gq29-tR-canary"])
    assert second.covers(first)
    first.add("fetched/0123456789")
    assert not second.covers(first)


def test_outside_a_kernel_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """A script has no outputs of cells; what it prints is its own."""
    mask_outputs(Redactor([SECRET]))
    print(SECRET)  # noqa: T201 what is asked
    assert capsys.readouterr().out == f"{SECRET}\n"
