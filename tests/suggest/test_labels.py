"""Suggestions for real documents, against hand-made labels."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LABELS = ROOT.parent / "shared" / "partner-docs" / "labels"


@cache
def benchmark() -> ModuleType:
    """The benchmark script, as a module."""
    path = ROOT / "tests" / "benchmarks" / "binding.py"
    spec = importlib.util.spec_from_file_location("binding_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not LABELS.is_dir(), reason=f"no labelled documents at {LABELS}")
@pytest.mark.parametrize("name", ["development", "held-out"])
def test_floors(name: str) -> None:
    """F1, directions and hard negatives do not fall behind what was reached."""
    score = benchmark().measure().sets[name]
    assert score.f1 >= 0.9
    assert score.direction_accuracy >= 0.95
    assert score.hard_negative_rate <= 0.05


def test_missing_labels_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the labels the script says what it looked for and exits with 2."""
    module = benchmark()
    monkeypatch.setattr(module, "DOCUMENTS", tmp_path)
    assert module.main([]) == 2
    assert "no labels" in capsys.readouterr().err
