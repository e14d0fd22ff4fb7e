"""What notebooks and scripts import, and what an import costs."""

from __future__ import annotations

import subprocess
import sys

import workbench


def test_all_names_are_there_and_sorted() -> None:
    """Every public name can be had, and the list is in order."""
    assert list(workbench.__all__) == sorted(workbench.__all__, key=str)
    for name in workbench.__all__:
        assert getattr(workbench, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as with any module."""
    assert not hasattr(workbench, "Validaton")


def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import workbench` brings in neither pandas nor the HTTP library."""
    code = "import sys, workbench; print({'pandas', 'httpx', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
