"""The command line: stable names, exit codes, JSON alone on standard output, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from workbench.cli import main


@pytest.fixture(autouse=True)
def _in_checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path / "reports"))


def run(*arguments: str) -> Result:
    """Call `workbench` in process."""
    return CliRunner().invoke(main, list(arguments))


def answer(result: Result) -> Any:
    """The JSON document, which must be all of standard output."""
    return json.loads(result.stdout)


def test_an_interrupt_is_said_and_has_its_own_exit_code(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a command: 130, what is kept, and no traceback."""
    code = (
        "import click\nfrom workbench.cli.output import speaks\n"
        "@click.command()\n@speaks\ndef slow(output):\n    raise KeyboardInterrupt\nslow()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert "evidence.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_describe_has_the_promised_shape() -> None:
    """Documents, operations, events, security and warnings, with pointers."""
    result = run("describe", "contracts/tavola/openapi.yaml", "--json")
    assert result.exit_code == 0
    found = answer(result)
    assert set(found) == {"documents", "operations", "events", "security", "warnings"}
    assert len(found["operations"]) == 48
    assert {item["id"] for item in found["events"]} == {
        "webhook:orderCreated",
        "webhook:orderStatusChanged",
        "webhook:reservationCreated",
        "webhook:reservationStatusChanged",
    }
    assert all(item["pointer"].startswith("/") for item in found["operations"])


def test_describe_takes_a_partner_by_its_slug() -> None:
    """A slug stands for all documents of the folder."""
    found = answer(run("describe", "mesa", "--json"))
    assert len(found["documents"]) == 2


def test_describe_lists_a_real_document(partner_docs: Path) -> None:
    """Open Delivery v1 has 30 operations and four webhooks."""
    found = answer(run("describe", str(partner_docs / "opendelivery-v1/openapi.yaml"), "--json"))
    assert len(found["operations"]) == 30
    assert len(found["events"]) == 4


def test_features_lists_every_row() -> None:
    """The catalogue has 149 criteria, each with a benefit."""
    found = answer(run("features", "--json"))
    criteria = [item for feature in found["features"] for item in feature["criteria"]]
    assert len(criteria) == 149
    assert all(item["benefit"] for item in criteria)
    assert "149 criteria" in run("features").output
    assert "R20" in run("features", "--reasons").output


def test_lint_ends_with_one_where_something_is_found() -> None:
    """Exit code 1 and the findings, 0 and a sentence where there are none."""
    result = run("lint", "tavola", "--json")
    assert result.exit_code == (1 if answer(result)["findings"] else 0)
    assert run("lint", "bocado").exit_code in {0, 1}


def test_map_translates_a_payload_and_back(tmp_path: Path) -> None:
    """One payload to canonical, and its result back to the same payload."""
    sample = next(Path("contracts/mesa/samples/reservation-read").glob("*[!l].json"))
    result = run("map", "mesa", "reservation", str(sample), "--json")
    found = answer(result)
    assert result.exit_code == 0
    assert found["result"]["ids"]["partner_id"]
    assert set(found["coverage"]) == {"unread", "unfilled", "assumed"}


def test_map_says_what_does_not_fit(tmp_path: Path) -> None:
    """A payload of another shape is a finding with its place, not a traceback."""
    payload = tmp_path / "odd.json"
    payload.write_text('{"reservationId": 5}', "utf-8")
    result = run("map", "mesa", "reservation", str(payload), "--json")
    assert result.exit_code == 1
    assert answer(result)["findings"]


def test_check_runs_offline_sources(tmp_path: Path) -> None:
    """Documents and samples give evidence without network; code 3 unless files alone were named."""
    result = run("check", "bocado", "--run", "x", "--json")
    found = answer(result)
    assert (result.exit_code, found["tested"]) == (3, False)
    for source in ("documents", "samples"):
        named = run("check", "bocado", "--source", source, "--json")
        assert (named.exit_code, answer(named)["tested"]) == (0, False)
    assert found["run"] == "x"
    assert {line["source"] for line in found["evidence"]} == {"documents", "samples"}
    assert found["verdicts"]["menu-section-write"] == "unsupported"
    assert (tmp_path / "reports/bocado/x/evidence.jsonl").is_file()


def test_check_without_credentials_cannot_tell() -> None:
    """A missing credential is no failure of the partner: nothing is called integrated live."""
    result = run("check", "bocado", "--source", "behaviour", "--json")
    outcomes = {line["outcome"] for line in answer(result)["evidence"]}
    assert (result.exit_code, outcomes) == (3, {"cant-tell"})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("describe", "nowhere.yaml"), "neither a file nor a partner"),
        (("lint", "tavolla"), "tavola"),
        (("map", "mesa", "reservaton", "README.md"), "no mapping"),
        (("map", "mesa", "reservation", "README.md"), "not JSON"),
        (("map", "mesa", "reservation", "nowhere.json"), "cannot be read"),
        (("validate",), "No partner"),
        (("validate", "nobody"), "no partner"),
        (("report", "tavola"), "workbench validate"),
        (("sandbox", "nobody"), "no simulator"),
        (("check", "tavola", "--environment", "production", "--allow-writes"), "production"),
    ],
)
def test_bad_input_is_an_error_with_a_hint(arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2; what, where and how to mend; the same as JSON; never a traceback."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output.replace("\n", " ")
    assert "Traceback" not in result.output
    as_json = run(*arguments, "--json")
    assert as_json.exit_code == 2
    assert answer(as_json)["error"]["message"]


def test_broken_documents_are_bad_input(tmp_path: Path) -> None:
    """A YAML bomb is refused with exit code 2."""
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    path = tmp_path / "bomb.yaml"
    path.write_text(bomb, "utf-8")
    result = run("describe", str(path), "--json")
    assert result.exit_code == 2
    assert answer(result)["error"]["hint"]


def test_help_names_every_command() -> None:
    """`workbench --help` lists what DESIGN promises."""
    output = run("--help").output
    for name in (
        "demo",
        "describe",
        "features",
        "lint",
        "map",
        "check",
        "validate",
        "report",
        "sandbox",
        "listen",
    ):
        assert name in output


@pytest.mark.parametrize("command", ["describe", "lint"])
def test_a_command_loads_what_it_needs(command: str) -> None:
    """Looking at a folder starts no database, no data frames and no notebooks."""
    heavy = ("nbconvert", "pandas", "papermill", "schemathesis", "sqlalchemy", "uvicorn")
    script = (
        "import sys\n"
        "from workbench.cli import main\n"
        "try:\n"
        f"    main(['{command}', 'tavola', '--json'])\n"
        "finally:\n"
        f"    print(*(name for name in {heavy} if name in sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)
    assert done.stderr == "\n"


def test_every_command_is_where_the_group_looks() -> None:
    """The help has the first sentence of each command's own text; other names are refused."""
    context = click.Context(main)
    shown = " ".join(run("--help").stdout.split())
    for name in main.list_commands(context):
        found = main.get_command(context, name)
        assert found is not None
        assert found.name == name
        assert f"{name} {' '.join((found.help or '').split(chr(10) + chr(10))[0].split())}" in shown
    assert main.get_command(context, "nonsense") is None


def test_map_tells_what_is_wrong_and_exits_1(tmp_path: Path, root: Path) -> None:
    """A payload that breaks a law is translated, the law named, and the exit code says so."""
    source = root / "contracts" / "bocado" / "samples" / "order-read" / "delivery.json"
    good = run("map", "bocado", "order", str(source))
    assert good.exit_code == 0, good.output
    payload = json.loads(source.read_text("utf-8"))
    payload["Total"] = "24.30"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(payload), "utf-8")
    told = run("map", "bocado", "order", str(wrong), "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found["result"] is not None
    assert {item["slug"] for item in found["findings"]} == {"broken-law"}
