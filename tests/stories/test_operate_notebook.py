"""The notebook that operates a partner, run against the embedded ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.execution import run_notebook

from .conftest import ROOT, Restaurant


@pytest.mark.parametrize("slug", ["tavola", "bocado"])
def test_notebook_shows_requests_and_sends_none_of_them(
    open_restaurant: Callable[[str], Restaurant],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    slug: str,
) -> None:
    """Every cell answers, the requests are shown without secrets, and nothing changes."""
    adapter = open_restaurant(slug).adapter
    before = adapter.get_menu(), adapter.get_availability(), list(adapter.list_orders())
    monkeypatch.chdir(ROOT)
    executed = run_notebook(
        ROOT / "notebooks" / "operate.ipynb", tmp_path / "out.ipynb", {"partner": slug}
    )
    cells: list[Any] = nbformat.read(executed, as_version=4).cells
    shown = "".join(
        part["data"]["text/plain"] for cell in cells for part in cell.get("outputs", ())
    )

    assert f"Adapter('{slug}', 'sandbox')" in shown
    assert shown.count("curl ") >= 3
    assert f"$WORKBENCH_{slug.upper()}__SANDBOX__" in shown
    for secret in adapter.session.credentials.values():
        assert secret.get_secret_value() not in executed.read_text("utf-8")
    assert before == (adapter.get_menu(), adapter.get_availability(), list(adapter.list_orders()))
