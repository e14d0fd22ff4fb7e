"""What goes into a notebook is checked; what comes out is kept, and nothing else stays behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError, ReportError
from workbench.execution import read_parameters, run_notebook
from workbench.execution.notebook import check_parameters

from .conftest import MakeNotebook

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DECLARED = 'slug: str = "a"  # a folder\nseed: int = 1\nlive: bool = False\nshare: float = 0.5'


def outputs(path: Path) -> str:
    """Everything that the cells of a notebook have put out, as text."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(str(cell.outputs) for cell in cells if cell.cell_type == "code")


def test_parameters_are_read_with_type_default_and_help(make_notebook: MakeNotebook) -> None:
    """Name, type, default and the trailing comment of each line are found."""
    found = read_parameters(make_notebook(DECLARED))
    assert list(found) == ["slug", "seed", "live", "share"]
    assert found["slug"] == ("slug", "str", '"a"', "a folder")
    assert found["live"].type == "bool"


def test_an_unreadable_notebook_is_a_report_error(tmp_path: Path) -> None:
    """A file that is no notebook is refused with its name."""
    path = tmp_path / "broken.ipynb"
    path.write_text("{", "utf-8")
    with pytest.raises(ReportError, match="cannot be read") as caught:
        read_parameters(path)
    assert caught.value.notebook == "broken.ipynb"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("parameters", "message", "hint"),
    [
        ({"sed": 3}, "no parameter 'sed'", "Did you mean 'seed'?"),
        ({"zzz": 3}, "no parameter 'zzz'", "Known: live, seed, share, slug."),
        ({"seed": "3"}, "takes int, not str", "Correct the value."),
        ({"seed": True}, "takes int, not bool", "Correct the value."),
        ({"live": 1}, "takes bool, not int", "Correct the value."),
        ({"slug": None}, "takes str, not NoneType", "a folder"),
    ],
)
def test_wrong_parameters_are_refused_before_a_kernel_starts(
    make_notebook: MakeNotebook, parameters: dict[str, object], message: str, hint: str
) -> None:
    """An unknown or mistyped parameter is an error with a hint, and nothing is written."""
    notebook = make_notebook(DECLARED, "1 / 0")
    output = notebook.parent / "out" / "done.ipynb"
    with pytest.raises(InputError, match=message) as caught:
        run_notebook(notebook, output, parameters)
    assert caught.value.hint == hint
    assert not output.parent.exists()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "partner": st.text(),
            "seed": st.integers(),
            "run": st.text(),
            "allow_writes": st.booleans(),
        },
    )
)
def test_any_values_of_the_declared_types_are_accepted(parameters: dict[str, object]) -> None:
    """The check looks at names and types only, never at values."""
    check_parameters(NOTEBOOKS / "validation.ipynb", parameters)


def test_values_reach_the_notebook_and_no_path_stays_in_it(make_notebook: MakeNotebook) -> None:
    """Parameters arrive, also odd texts; the executed copy does not tell where it was made."""
    odd = "a'\"\\{b}\n→"
    notebook = make_notebook(DECLARED, "print(repr(slug), seed)", name="sm{a}ll.ipynb")
    output = run_notebook(
        notebook, notebook.parent / "out{1}" / "done.ipynb", {"slug": odd, "seed": 7}
    )
    assert nbformat.read(output, as_version=4).cells[2].outputs[0].text == f"{odd!r} 7\n"
    assert str(notebook.parent) not in output.read_text("utf-8")


def test_a_failing_cell_is_named_and_what_ran_is_kept(make_notebook: MakeNotebook) -> None:
    """The error carries the cell's number, and the executed copy holds the outputs up to it."""
    notebook = make_notebook("x: int = 1", "print('before')", "1 / 0", "print('after')")
    output = notebook.parent / "out" / "failed.ipynb"
    with pytest.raises(ReportError, match=r"small\.ipynb stopped at In \[4\]: Zero") as caught:
        run_notebook(notebook, output, {"x": 2})
    assert (caught.value.cell, caught.value.notebook) == (4, "small.ipynb")
    assert caught.value.location == str(output)
    assert "before" in outputs(output)
    assert "ZeroDivisionError" in outputs(output)
    assert "after\\n" not in outputs(output)


def test_a_dying_kernel_is_an_error_and_what_ran_is_kept(make_notebook: MakeNotebook) -> None:
    """A kernel that is killed gives a ReportError, and the cells before are in the copy."""
    notebook = make_notebook("x: int = 1", "print('before')", "import os\nos._exit(9)")
    output = notebook.parent / "died.ipynb"
    with pytest.raises(ReportError, match="died"):
        run_notebook(notebook, output, {})
    assert "before" in outputs(output)


def test_a_missing_kernel_is_an_error_with_a_hint(make_notebook: MakeNotebook) -> None:
    """A notebook for a kernel that this machine lacks says which one it wants."""
    notebook = make_notebook("x: int = 1")
    text = notebook.read_text("utf-8").replace('"name": "python3"', '"name": "fortran77"')
    notebook.write_text(text, "utf-8")
    with pytest.raises(ReportError, match="fortran77") as caught:
        run_notebook(notebook, notebook.parent / "out.ipynb", {})
    assert caught.value.hint


def test_the_folder_of_the_sockets_is_removed(
    make_notebook: MakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The private folder is there while the kernel runs, open to nobody else, and gone after."""
    # Sockets have short names: the folder has to be near the root.
    with tempfile.TemporaryDirectory(prefix="wb") as near:
        monkeypatch.setattr(tempfile, "tempdir", near)
        source = (
            f"from pathlib import Path\nfor p in Path({near!r}).iterdir():\n"
            "    print(oct(p.stat().st_mode & 0o777), any(q.is_socket() for q in p.iterdir()))"
        )
        output = run_notebook(make_notebook("x: int = 1", source), tmp_path / "out.ipynb", {"x": 1})
        printed = nbformat.read(output, as_version=4).cells[-1].outputs[0].text
        assert printed.splitlines() == ["0o700 True"]
        assert list(Path(near).iterdir()) == []


def test_start_up_files_of_the_user_are_not_run(
    make_notebook: MakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody has in their IPython profile does not change a run."""
    startup = tmp_path / "ipython" / "profile_default" / "startup" / "00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("intruder = 1", "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = make_notebook("x: int = 1", "print('intruder' in globals())")
    output = run_notebook(notebook, tmp_path / "out.ipynb", {})
    assert nbformat.read(output, as_version=4).cells[-1].outputs[0].text == "False\n"


def test_a_parameter_may_have_several_types(make_notebook: MakeNotebook) -> None:
    """`str | int` takes either and nothing else; a type that we do not know takes all."""
    notebook = make_notebook('run: str | int = ""\nother: list = []')
    check_parameters(notebook, {"run": "x", "other": 1})
    check_parameters(notebook, {"run": 20261130})
    with pytest.raises(InputError, match=r"takes str \| int, not float"):
        check_parameters(notebook, {"run": 0.5})


def test_sockets_fit_where_the_temporary_folder_has_a_long_path(
    make_notebook: MakeNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system bounds the paths of sockets to a hundred characters, TMPDIR does not know that."""
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    executed = run_notebook(make_notebook("x: int = 1", "print(x + 1)"), tmp_path / "o.ipynb", {})
    assert "2" in outputs(executed)
