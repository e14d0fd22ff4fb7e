"""Where our folder could be wrong as well, nothing is held against the partner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from opening import open_miniature, write_folder
from pydantic import SecretStr

from workbench.evidence import behaviour, receipts
from workbench.model.evidence import Evidence
from workbench.model.feature import Catalogue
from workbench.settings import Settings
from workbench.store import RunFolder, judge_all

TIES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("ties.yaml").read_text("utf-8")
)
_INTEGRATED = {"confirmed", "limited"}
_WAIT = 0.8  # seconds, the whole patience of these rows but where it is `cut`


@pytest.mark.parametrize("row", TIES, ids=lambda row: row["tie"])
def test_ties(
    row: dict[str, Any],
    tmp_path: Path,
    catalogue: Catalogue,
    folder: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Verdicts and matters are those of the table, whoever is wrong."""
    if not row.get("cut"):
        monkeypatch.setattr("workbench.evidence.receipts.absence.WAIT_SECONDS", _WAIT)
    settings = _state(write_folder(tmp_path / "checkout"), row.get("set", {}))
    with open_miniature(settings, *row.get("defects", ())) as (partner, session):
        if "secret" in row:
            session.credentials = {
                **session.credentials,
                "webhook_secret": SecretStr(row["secret"]),
            }
        if row["source"] == "receipts":
            lines = [*receipts.gather(partner, catalogue, session, folder, wait=_WAIT)]
        else:
            lines = [*behaviour.gather(partner, catalogue, session, patience=0.2)]
    verdicts = judge_all(catalogue, partner.statement, lines)
    failed = {slug for slug, verdict in verdicts.items() if verdict.status == "failed"}
    assert failed == set(row["failed"])
    for slug in row.get("open", ()):
        assert verdicts[slug].status not in _INTEGRATED
    if "matter" in row:
        concerned = {*row["failed"], *row.get("open", ())}
        assert _matters(lines, concerned) == set(row["matter"])


def _matters(lines: Iterable[Evidence], features: set[str]) -> set[str]:
    """Whose matter the grave findings of some features are."""
    return {
        item.matter.value
        for line in lines
        if line.feature in features
        for item in line.findings
        if item.severity.breaks
    }


def _state(settings: Settings, changes: dict[str, dict[str, Any]]) -> Settings:
    """The folder with other statements."""
    folder = settings.contracts / "miniature"
    for name, places in changes.items():
        data = yaml.safe_load((folder / name).read_text("utf-8"))
        for place, value in places.items():
            *above, last = place.split("/")
            node = data
            for step in above:
                node = node.setdefault(step, {})
            node[last] = value
        (folder / name).write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    manifest = folder / "partner.yaml"
    stated = yaml.safe_load(manifest.read_text("utf-8"))
    stated["documents"][0]["sha256"] = hashlib.sha256(
        (folder / "openapi.yaml").read_bytes()
    ).hexdigest()
    manifest.write_text(yaml.safe_dump(stated, sort_keys=False), "utf-8")
    return settings
