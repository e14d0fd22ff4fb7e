"""The PDF is accessible, the same for the same run, and clear when it cannot be made."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from workbench.errors import ReportError
from workbench.reporting.pdf import write_pdf
from workbench.reporting.report import Report

from .conftest import Build, read
from .hostile import PAYLOADS, hostile

needs_typst = pytest.mark.skipif(find_spec("typst") is None, reason="the extra [pdf] is absent")
TYPST = ("#panic(1)", '#read("/etc/passwd")', "*bold* $x$ @ref <label>", '"#image("x")', "\\ // x")


@needs_typst
@pytest.mark.parametrize("code", ["en", "es"])
def test_the_same_run_gives_the_same_pdf(report: Report, code: str) -> None:
    """Byte for byte, tagged, with a title and a language."""
    told = read(report.folder.path, code)
    made = write_pdf(told)
    assert made == write_pdf(told)
    assert made.startswith(b"%PDF-1.")
    assert b"/StructTreeRoot" in made


@needs_typst
def test_an_incomplete_run_has_a_pdf(build_run: Build) -> None:
    """Also without verdicts there is something to read."""
    assert write_pdf(read(build_run([], complete=False, context={}, inputs={}).path))


@needs_typst
@pytest.mark.parametrize("payload", [" ".join(PAYLOADS), *TYPST])
def test_hostile_strings_are_set_as_text(build_run: Build, payload: str) -> None:
    """No text of the partner is read as markup: nothing is run, read or refused."""
    head, lines = hostile(payload)
    changed = {name: getattr(head, name) for name in type(head).model_fields}
    assert write_pdf(read(build_run(lines, **changed).path))


def test_without_typst_the_error_says_how_to_get_it(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named; nothing else depends on it."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ReportError, match="not installed") as caught:
        write_pdf(report)
    assert "--extra pdf" in str(caught.value.hint)
