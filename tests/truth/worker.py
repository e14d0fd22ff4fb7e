"""Runs rows of the table: a row of JSON a line comes in, what `workbench check` said goes out.

A process of its own, as each row has its own credentials and addresses in the environment.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import generous
from click.testing import CliRunner
from gateway import opened

from workbench.cli.commands import main as workbench
from workbench.sandbox.simulators import SIMULATORS

ROOT = Path(__file__).resolve().parents[2]
PARTNERS = {**SIMULATORS, generous.SLUG: generous.SIMULATOR}
# Of an observation, what the tests ask about.
_TOLD = ("source", "feature", "check", "outcome", "criteria", "summary")


def run(row: Mapping[str, Any]) -> dict[str, Any]:
    """What `workbench check` says in the condition of a row: exit code, document, trouble.

    What it says the second time, where a row asks for that, stands under `again`.
    """
    with tempfile.TemporaryDirectory(prefix="truth-") as room:
        root = Path(room)
        os.environ["WORKBENCH_ROOT"] = room
        os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
        slug = _lay_out(root, row)
        simulator = PARTNERS.get(row["partner"]) or SIMULATORS[row["like"]]
        given = {key: _tuple(value) for key, value in row.get("gateway", {}).items()}
        credentials = row.get("credentials", True)
        with opened(replace(simulator, slug=slug), credentials=credentials, **given):
            said = _check(slug, row)
            if row.get("twice"):
                said["again"] = _check(slug, row)
    return said


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _lay_out(root: Path, row: Mapping[str, Any]) -> str:
    """A project with the partner's folder in it, drafted from a document where the row says so."""
    contracts = root / "contracts"
    contracts.mkdir()
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    slug = str(row["partner"])
    if slug == generous.SLUG:
        generous.write_folder(contracts)
    elif "draft" in row:
        document = str(ROOT / "contracts" / row["draft"])
        made = CliRunner().invoke(workbench, ["new", slug, "--document", document])
        if made.exit_code not in {0, 1}:
            raise RuntimeError(made.output)
    else:
        (contracts / slug).symlink_to(ROOT / "contracts" / slug)
    return slug


def _check(slug: str, row: Mapping[str, Any]) -> dict[str, Any]:
    arguments = ["check", slug, "--json", "--seconds", str(row.get("seconds", 120))]
    for source in row.get("sources", ("documents", "samples", "behaviour")):
        arguments += ["--source", source]
    arguments += ["--allow-writes"] if row.get("writes", True) else []
    done = CliRunner().invoke(workbench, arguments)
    trouble = done.exception
    if trouble is not None and not isinstance(trouble, SystemExit):
        return {"code": done.exit_code, "trouble": repr(trouble)}
    said = json.loads(done.stdout)
    said["evidence"] = [
        {key: line[key] for key in _TOLD} | {"broken": _broken(line)} for line in said["evidence"]
    ]
    return {"code": done.exit_code, "trouble": "", **said}


def _broken(line: Mapping[str, Any]) -> list[str]:
    """The operations at which a grave thing was found."""
    grave = [item for item in line["findings"] if item["severity"] in {"critical", "high"}]
    return [item["operation"] or "" for item in grave]


if __name__ == "__main__":
    for text in sys.stdin:
        print(json.dumps(run(json.loads(text))), flush=True)  # noqa: T201 - this is the answer
