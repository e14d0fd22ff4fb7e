"""What notebooks and scripts import, and what an import costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

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


DOORS = sorted(path.parent.name for path in Path(workbench.__file__).parent.glob("*/__init__.pyi"))


@pytest.mark.parametrize("room", DOORS)
def test_a_room_holds_what_its_door_offers(room: str) -> None:
    """Each name in `__init__.pyi` is found where the door says."""
    door = import_module(f"workbench.{room}")
    assert door.__all__
    for name in door.__all__:
        assert getattr(door, name) is not None


def test_a_door_loads_only_what_is_asked_of_it() -> None:
    """The list of features needs no source of evidence; an entity needs no other one's module."""
    code = (
        "import sys; from workbench.canonical import Money; from workbench.model import Feature;"
        "print([name for name in sys.modules if name.startswith('workbench.canonical.')],"
        "'workbench.model.judging' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['workbench.canonical.base'] False"
