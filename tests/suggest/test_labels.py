"""Suggestions for real documents, against hand-made labels."""

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

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


@cache
def scores() -> dict[str, Any]:
    """The scores of each set, measured once."""
    found: dict[str, Any] = benchmark().measure().sets
    return found


@pytest.mark.skipif(not LABELS.is_dir(), reason=f"no labelled documents at {LABELS}")
@pytest.mark.parametrize(
    ("name", "f1", "directions", "negatives"),
    [
        ("development", 0.97, 0.95, 0.02),
        ("held-out", 0.97, 0.95, 0.02),
        ("new, machine-readable", 0.9, 0.9, 0.02),
        ("new, prose", 0.87, 0.9, 0.02),
    ],
)
def test_floors(name: str, f1: float, directions: float, negatives: float) -> None:
    """F1, directions and hard negatives do not fall behind what was reached."""
    score = scores()[name]
    assert score.f1 >= f1
    assert score.direction_accuracy >= directions
    assert score.hard_negative_rate <= negatives


@pytest.mark.skipif(not LABELS.is_dir(), reason=f"no labelled documents at {LABELS}")
def test_partners_that_were_not_learned_from() -> None:
    """Documents of partners that were left out are read nearly as well as before."""
    module = benchmark()
    cases = module.read_cases(module.DOCUMENTS)
    every = [one.case for one in cases]
    module.prepare(every)
    left_out = {
        "grabfood",
        "ifood",
        "otter-cloudkitchens",
        "restopos",
        "tablecheck",
        "tastyigniter",
    }
    weights = module.fit_all(every, module.FeatureTable(every), without=left_out)
    others = [one for one in cases if one.case.partner in left_out]
    score = module.measure(cases=others, weights=dict.fromkeys(left_out, weights)).sets["all"]
    assert score.f1 >= 0.6
    assert score.direction_accuracy >= 0.9


def test_an_unread_document_counts_as_missed(tmp_path: Path) -> None:
    """Its labels are missed, its directions are wrong, and the error is named."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "essay.md").write_text("# An essay\n\nIt documents nothing.\n", "utf-8")
    label = {
        "slug": "essay",
        "document": "essay.md",
        "features": {"get_order": ["prose:GET /orders/{id}"]},
        "also_acceptable": {},
        "hard_negatives": [],
        "served_by": {"prose:GET /orders/{id}": "partner"},
        "notes": [],
    }
    (tmp_path / "labels" / "essay.yaml").write_text(json.dumps(label), "utf-8")
    score = benchmark().measure(tmp_path).sets["new, prose"]
    assert (score.missed, score.hits, score.directions, score.directions_right) == (1, 0, 1, 0)
    errors = benchmark().measure(tmp_path).documents["essay"].errors
    assert errors[0].startswith("not read: no operation was found")


def test_missing_labels_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the labels the script says what it looked for and exits with 2."""
    module = benchmark()
    monkeypatch.setattr(module, "DOCUMENTS", tmp_path)
    assert module.main([]) == 2
    assert "no labels" in capsys.readouterr().err
