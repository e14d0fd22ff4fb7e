from pathlib import Path

import nbformat
import pytest

from workbench.execution import run_notebook
from workbench.partners import load_partner
from workbench.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_notebook_takes_decisions_and_writes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reviewer's decisions are in the partner.yaml that the notebook writes."""
    (tmp_path / "contracts").mkdir()
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    parameters = {
        "partner": "newcomer",
        "documents": str(ROOT / "contracts/bocado/swagger.json"),
        "accept": "order-read: GET /pedidos",
        "reject": "menu-write",
        "write": True,
    }
    executed = run_notebook(ROOT / "notebooks/bind.ipynb", tmp_path / "bind.ipynb", parameters)
    cells = nbformat.read(executed, as_version=4).cells
    shown = [cell.outputs[0].data for cell in cells if cell.cell_type == "code" and cell.outputs]
    assert all("text/html" in data for data in shown)
    features = load_partner("newcomer", Settings(root=tmp_path)).manifest.features
    assert features["order-read"].operations == ("GET /pedidos/{PedidoId}", "GET /pedidos")
    assert features["menu-write"].status == "open"
