"""Schemathesis as a program against the miniature: finds, repeats itself, stops, stays inside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from defects import CONTRACT
from opening import HOOK, open_miniature, write_folder

from workbench.adapters.egress import hook_source
from workbench.evidence import contract
from workbench.evidence.contract import Budget
from workbench.model.evidence import Outcome
from workbench.model.feature import Catalogue
from workbench.store import RunFolder

QUICK = Budget(examples=2, phases=("fuzzing",))


@pytest.mark.slow
def test_a_clean_partner_keeps_its_contract(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """All phases on the clean miniature find nothing, and cover every selected operation."""
    with open_mini() as (partner, session):
        lines = [*contract.gather(partner, catalogue, session, folder)]
        secrets = [item.get_secret_value() for item in session.credentials.values()]
    assert session.recorder.echoes == []
    assert told(lines) == set()
    # Removals get made-up ids, and nothing sends an order on its way before its position is told:
    # no success is seen of them, and nothing is said.
    unseen = {line.subject for line in lines if line.outcome is Outcome.UNTESTED}
    assert {name for name in unseen if "DELETE" not in name} <= {"POST /orders/{order_id}/position"}
    assert {line.outcome for line in lines if line.subject not in unseen} == {Outcome.PASSED}
    assert all(line.detail["cases"] > 1 for line in lines if line.check == "contract")
    kept = {path.name: path.read_text("utf-8") for path in (folder.path / "contract").iterdir()}
    assert {"openapi.har", "openapi.junit.xml"} <= set(kept)
    assert not [secret for secret in secrets for text in kept.values() if secret in text]


@pytest.mark.slow
def test_a_broken_contract_is_told(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder, told: Callable
) -> None:
    """Deviations of all kinds, at once, each give their finding; a key that comes back is noted."""
    budget = Budget(examples=4, phases=("coverage",))
    with open_mini(*(defect.slug for defect in CONTRACT), "key-in-header") as (partner, session):
        lines = [*contract.gather(partner, catalogue, session, folder, budget=budget)]
    echoed = {(echo.method, echo.path, echo.credential) for echo in session.recorder.echoes}
    assert ("GET", "/orders/{order_id}", "api_key") in echoed
    assert {slug for defect in CONTRACT for slug in defect.findings} <= told(lines)
    broken = next(line for line in lines if line.subject == "GET /orders/{order_id}")
    assert broken.outcome is Outcome.FAILED
    for item in broken.findings:
        assert item.exchange is not None
        assert item.exchange.status
        assert "$WORKBENCH_MINIATURE__SANDBOX__API_KEY" in (item.reproduction or "")


def test_the_same_seed_sends_the_same(
    open_mini: Callable, catalogue: Catalogue, tmp_path: Path
) -> None:
    """Two runs with one seed count the same cases and answers; live progress tells of both."""
    counts, heard = [], []
    for number in range(2):
        with open_mini() as (partner, session):
            folder = RunFolder.create(tmp_path, "miniature", f"run-{number}")
            lines = [
                *contract.gather(
                    partner,
                    catalogue,
                    session,
                    folder,
                    budget=QUICK,
                    progress=lambda label, count: heard.append((label, count)),
                )
            ]
        counts.append({line.subject: line.detail.get("statuses") for line in lines})
    assert counts[0] == counts[1]
    assert any(counts[0].values())
    assert heard


def test_an_endless_run_is_stopped(
    open_mini: Callable, catalogue: Catalogue, folder: RunFolder
) -> None:
    """When its time is spent the program is ended, and nothing is claimed."""
    with open_mini() as (partner, session):
        budget = Budget(examples=100000, seconds=1, phases=("fuzzing",))
        lines = [*contract.gather(partner, catalogue, session, folder, budget=budget)]
    assert lines
    assert not [line for line in lines if line.outcome is Outcome.FAILED]
    assert any("did not end within 1 s" in line.summary for line in lines)


def test_production_is_left_alone(tmp_path: Path, catalogue: Catalogue, folder: RunFolder) -> None:
    """Nothing is generated for a production environment; every operation says why."""
    settings = write_folder(tmp_path)
    manifest = settings.contracts / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    data["environments"]["production"] = {"base_url": "http://127.0.0.1:9/v1"}
    manifest.write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        session.environment = "production"
        lines = [*contract.gather(partner, catalogue, session, folder)]
    assert {line.outcome for line in lines} == {Outcome.UNTESTED}
    assert all("production" in line.summary for line in lines)


def test_signed_requests_are_signed_by_the_partners_hook(
    tmp_path: Path, catalogue: Catalogue, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `hooks.py`, each generated request carries the signature of its own body."""
    settings = write_folder(tmp_path)
    root = settings.contracts / "miniature"
    data = yaml.safe_load((root / "partner.yaml").read_text("utf-8"))
    data["auth"] = {"scheme": "hook", "credentials": ["signing_key", "api_key"]}
    (root / "partner.yaml").write_text(yaml.safe_dump(data), "utf-8")
    (root / "hooks.py").write_text(
        HOOK.replace("return {", 'return {"X-Key": credentials["api_key"], '), "utf-8"
    )
    monkeypatch.setenv("WORKBENCH_MINIATURE__SANDBOX__SIGNING_KEY", "canary")
    with open_miniature(settings) as (partner, session):
        lines = [*contract.gather(partner, catalogue, session, folder, budget=QUICK)]
    statuses = {status for line in lines for status in line.detail.get("statuses", {})}
    assert "200" in statuses
    assert "401" not in statuses
    entries = json.loads((folder.path / "contract" / "openapi.har").read_text("utf-8"))
    sent = entries["log"]["entries"][0]["request"]["headers"]
    assert "x-sign" in {header["name"].lower() for header in sent}


def test_a_key_in_an_undeclared_query_is_sent(
    tmp_path: Path, catalogue: Catalogue, folder: RunFolder
) -> None:
    """A key that the document does not mention goes with each request, and into no report."""
    settings = write_folder(tmp_path)
    root = settings.contracts / "miniature"
    data = yaml.safe_load((root / "partner.yaml").read_text("utf-8"))
    data["auth"] = {"scheme": "api-key", "query": "k"}
    (root / "partner.yaml").write_text(yaml.safe_dump(data), "utf-8")
    with open_miniature(settings) as (partner, session):
        lines = [*contract.gather(partner, catalogue, session, folder, budget=QUICK)]
        secret = session.credentials["api_key"].get_secret_value()
    har = (folder.path / "contract" / "openapi.har").read_text("utf-8")
    assert "k=" in har
    assert secret not in har + "".join(line.model_dump_json() for line in lines)


def test_schemathesis_cannot_leave_the_allowed_hosts(tmp_path: Path) -> None:
    """Loaded as its hooks, the guard stops a connection to any other address before a byte."""
    reached: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(8)

    def accept() -> None:
        try:
            connection, _ = listener.accept()
            reached.append(connection.recv(100))
            connection.close()
        except OSError:
            return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    answers = {"200": {"description": "ok"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {"responses": answers}}},
    }
    (tmp_path / "schema.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "guard.py").write_text(hook_source(["127.0.0.1:1"]), "utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "run", "schema.json"]
    command += ["--max-examples", "1", "--phases", "fuzzing", "--url", f"http://127.0.0.1:{port}"]
    finished = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "guard", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    listener.close()
    thread.join(5)
    assert finished.returncode != 0
    assert reached == []
