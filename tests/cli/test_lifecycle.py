"""Commands around a validation: draft, compare, render, verify, look into the inbox."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml
from click.testing import CliRunner, Result

from workbench.cli import main
from workbench.partners import load_partner
from workbench.receiver.listening import listen
from workbench.settings import Settings


@pytest.fixture(autouse=True)
def reports(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in the checkout, and write their reports elsewhere."""
    monkeypatch.chdir(root)
    folder = tmp_path / "reports"
    monkeypatch.setenv("WORKBENCH_REPORTS", str(folder))
    return folder


def run(*arguments: object) -> Result:
    """Call `workbench` in process."""
    return CliRunner().invoke(main, [str(item) for item in arguments])


def answer(result: Result) -> Any:
    """The JSON document, which must be all of standard output."""
    return json.loads(result.stdout)


def test_suggest_finds_what_the_folder_binds() -> None:
    """The first proposals for Tavola are the operations that its folder names."""
    features = answer(run("suggest", "tavola", "--json"))["features"]
    assert len(features) == 18
    assert features["order-read"][0]["operation"] == "GET /orders/{order_id}"
    assert features["order-read"][0]["proposed"] is True
    assert features["order-created-event"][0]["direction"] == "inbound"
    assert all(item["reasons"] for found in features.values() for item in found)


def test_new_makes_a_folder_that_loads(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents become a partner folder with bindings to review, which lint can read."""
    (tmp_path / "contracts").mkdir()
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    document = root / "contracts" / "tavola" / "openapi.yaml"
    result = run("new", "copy", "--document", document, "--json")
    assert result.exit_code == 0
    found = answer(result)
    assert set(found) >= {"path", "bound", "open"}
    assert "order-read" in found["bound"]
    assert run("lint", "copy", "--json").exit_code in {0, 1}
    again = run("new", "copy", "--document", document)
    assert again.exit_code == 2


def test_overlay_says_what_was_corrected(tmp_path: Path) -> None:
    """The overlay between a document and its edited copy holds the correction."""
    document = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {}}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(document), "utf-8")
    document["info"]["title"] = "B"
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(document), "utf-8")
    found = answer(run("overlay", tmp_path / "a.yaml", tmp_path / "b.yaml", "--json"))
    assert found["overlay"].startswith("1.")
    assert json.dumps(found["actions"]).count('"B"') == 1


def test_diff_names_the_feature_that_breaks(root: Path, tmp_path: Path) -> None:
    """A value that the partner drops is a breaking change of the bound feature."""
    text = (root / "contracts" / "tavola" / "openapi.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    del document["paths"]["/orders/{order_id}/driver-location"]
    newer = tmp_path / "openapi.yaml"
    newer.write_text(yaml.safe_dump(document), "utf-8")
    result = run("diff", "tavola", "--against", newer, "--json")
    assert result.exit_code == 1
    breaking = [item for item in answer(result)["changes"] if item["severity"] == "breaking"]
    assert any("delivery-location-write" in item["features"] for item in breaking)


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web site on loopback: its address, and the folder that it shows."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_diff_takes_an_address(root: Path, site: tuple[str, Path]) -> None:
    """The partner's document as it stands on their site today, without saving it first."""
    address, folder = site
    document = yaml.safe_load((root / "contracts" / "tavola" / "openapi.yaml").read_text("utf-8"))
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    same = run("diff", "tavola", "--against", f"{address}/openapi.yaml", "--json")
    assert (same.exit_code, answer(same)["changes"]) == (0, [])
    del document["paths"]["/orders/{order_id}/driver-location"]
    (folder / "newest.yaml").write_text(yaml.safe_dump(document), "utf-8")
    changed = run("diff", "tavola", "--against", f"{address}/newest.yaml", "--json")
    assert changed.exit_code == 1
    assert "breaking" in [item["severity"] for item in answer(changed)["changes"]]
    assert run("diff", "tavola", "--against", f"{address}/none.yaml").exit_code == 3


def test_diff_of_two_equal_runs_is_neutral() -> None:
    """Two offline checks of an unchanged folder differ in nothing."""
    run("check", "mesa", "--run", "a")
    assert run("diff", "mesa").exit_code == 2  # one run alone cannot be compared
    run("check", "mesa", "--run", "b")
    result = run("diff", "mesa", "--json")
    assert result.exit_code == 0
    assert answer(result)["direction"] == "neutral"


def test_report_portal_and_verify(reports: Path) -> None:
    """A run is rendered from its folder, shown in the portal, and consistent until edited."""
    run("check", "mesa", "--run", "a")
    rendered = run("report", "mesa", "--format", "html", "--format", "json", "--json")
    assert rendered.exit_code == 0, rendered.output
    folder = reports / "mesa" / "a"
    assert (folder / "report.html").is_file()
    assert answer(run("verify", folder, "--json"))["result"] == "consistent"
    portal = answer(run("portal", "--json"))["paths"]
    assert Path(portal[0]).name == "index.html"
    page = folder / "report.html"
    page.write_text(page.read_text("utf-8").replace("Not applicable", "Integrated"), "utf-8")
    edited = run("verify", folder, "--json")
    assert edited.exit_code == 1
    assert answer(edited)["result"] == "altered"


def test_inbox_lists_shows_replays_and_exports(
    root: Path, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a partner sent can be looked at and processed again, and its token is nowhere."""
    assert run("inbox", "list", "bocado").exit_code == 2
    monkeypatch.setenv("WORKBENCH_BOCADO__SANDBOX__WEBHOOK_TOKEN", "token-of-the-test")
    settings = Settings(root=root, reports=reports)
    (reports / "bocado").mkdir(parents=True)
    with listen(load_partner("bocado", settings), "sandbox", settings, "127.0.0.1", 0) as server:
        url = f"{server.url}/bocado/webhooks/pedidos/nuevos"
        headers = {"X-Bocado-Token": "token-of-the-test"}
        with urlopen(Request(url, data=b'{"Pedidos": []}', headers=headers)) as taken:
            assert taken.status == 200
    listed = answer(run("inbox", "list", "bocado", "--json"))["receipts"]
    assert [line["target"] for line in listed] == ["pedidos/nuevos"]
    counted = answer(run("inbox", "stats", "bocado", "--json"))
    assert (counted["receipts"], counted["quarantined"]) == (1, 0)
    number = listed[0]["id"]
    shown = run("inbox", "show", "bocado", number, "--json")
    assert "token-of-the-test" not in shown.output
    assert run("inbox", "show", "bocado", 99).exit_code == 2
    assert answer(run("inbox", "replay", "bocado", "--id", number, "--json"))["receipts"] == 1
    lines = tmp_path / "out.ndjson"
    assert answer(run("inbox", "export", "bocado", lines, "--json"))["receipts"] == 1
    assert "token-of-the-test" not in lines.read_text("utf-8")


def test_a_corpus_is_mapped_with_its_failures(root: Path, tmp_path: Path) -> None:
    """A folder of payloads becomes rows, and what does not fit is counted by cause."""
    for sample in (root / "contracts/mesa/samples/reservation-read").glob("*.json"):
        if not sample.name.endswith(".canonical.json"):
            shutil.copy(sample, tmp_path)
    count = len(list(tmp_path.glob("*.json")))
    (tmp_path / "odd.json").write_text("{}", "utf-8")
    rows = tmp_path / "rows.ndjson"
    result = run("map", "mesa", "reservation", tmp_path, "--output", rows, "--json")
    assert result.exit_code == 1
    assert answer(result)["payloads"] == count + 1
    assert answer(result)["failed"] == 1
    assert len(rows.read_text("utf-8").splitlines()) == count
