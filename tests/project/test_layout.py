"""A project of one's own: laid out from what we bring, never over what is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from workbench.errors import InputError
from workbench.execution import read_parameters
from workbench.partners import list_partners, load_partner
from workbench.project import lay_out
from workbench.settings import Settings, find_shipped, load_settings


def test_a_project_has_all_that_a_first_day_needs(tmp_path: Path) -> None:
    """Contracts, notebooks, names of credentials, and what git ignores; examples on request."""
    laid = lay_out(tmp_path / "mine")
    assert laid.partners == ()
    assert {".env.example", ".gitignore", "README.md", "contracts/README.md"} <= set(laid.made)
    assert (laid.path / "notebooks" / "validation.ipynb").is_file()
    assert list_partners(Settings(root=laid.path)) == []


def test_examples_are_whole_partners(tmp_path: Path) -> None:
    """Each loads from there, and its credentials are named, without values, in `.env.example`."""
    laid = lay_out(tmp_path, examples=True)
    assert set(laid.partners) == {"tavola", "bocado", "mesa", "feria"}
    settings = Settings(root=tmp_path)
    for slug in laid.partners:
        assert load_partner(slug, settings, run_hooks=False).samples("order-read") is not None
    names = (tmp_path / ".env.example").read_text("utf-8").splitlines()
    assert "WORKBENCH_TAVOLA__SANDBOX__CLIENT_SECRET=" in names
    assert all(line.startswith("#") or line.endswith("=") for line in names if line)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A second run adds what is missing and changes nothing."""
    lay_out(tmp_path)
    (tmp_path / "README.md").write_text("ours", "utf-8")
    (tmp_path / ".gitignore").unlink()
    again = lay_out(tmp_path, examples=True)
    assert (tmp_path / "README.md").read_text("utf-8") == "ours"
    assert set(again.made) >= {".gitignore", "contracts/tavola"}
    assert "README.md" in again.kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names the place and how to mend it."""
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError) as caught:
        lay_out(tmp_path / "closed" / "mine")
    assert "closed" in (caught.value.location or "")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    """A project cannot be a file."""
    (tmp_path / "mine").write_text("", "utf-8")
    with pytest.raises(InputError) as caught:
        lay_out(tmp_path / "mine")
    assert "may write" in (caught.value.hint or "")


def test_the_env_file_of_a_project_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` gives credentials and sandbox addresses; the shell goes before it."""
    lay_out(tmp_path)
    (tmp_path / ".env").write_text(
        "WORKBENCH_SHOP__SANDBOX__API_KEY='from # file'\n"
        "WORKBENCH_SHOP__SANDBOX__BASE_URL=http://127.0.0.1:9\n",
        "utf-8",
    )
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "notebooks")
    settings = load_settings()
    assert settings.credential("shop", "sandbox", "api_key").get_secret_value() == "from # file"
    assert settings.url("shop", "sandbox", "base_url") == "http://127.0.0.1:9"
    monkeypatch.setenv("WORKBENCH_SHOP__SANDBOX__API_KEY", "from the shell")
    assert settings.credential("shop", "sandbox", "api_key").get_secret_value() == "from the shell"


def test_ones_own_notebook_goes_before_ours(tmp_path: Path) -> None:
    """A notebook that the project lacks is the one that we bring."""
    lay_out(tmp_path)
    settings = Settings(root=tmp_path)
    assert settings.notebook("validation") == tmp_path / "notebooks" / "validation.ipynb"
    settings.notebook("validation").unlink()
    ours = settings.notebook("validation")
    assert ours == find_shipped() / "notebooks" / "validation.ipynb"
    assert "partner" in read_parameters(ours)


def test_outside_a_project_the_way_in_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that need partners say how to make a project; finished runs need none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert "workbench init" in (caught.value.hint or "")
    (tmp_path / "reports").mkdir()
    assert list_partners(load_settings()) == []


def test_ci_templates_hold_the_rules_of_the_house(tmp_path: Path) -> None:
    """Actions are pinned by hash; who has credentials may write nothing."""
    lay_out(tmp_path)
    workflow = (tmp_path / ".github/workflows/partners.yml").read_text("utf-8")
    action = (tmp_path / ".github/actions/validate/action.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)(?: # (\S+))?", workflow + action)
    assert {name for name, _ in used if name.startswith("./")} == {"./.github/actions/validate"}
    foreign = [item for item in used if not item[0].startswith("./")]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) and tag for name, tag in foreign)
    jobs = yaml.safe_load(workflow)["jobs"]
    given = next(step["with"] for step in jobs["validate"]["steps"] if step.get("id") == "partners")
    assert given.keys() <= yaml.safe_load(action)["inputs"].keys()
    assert "vars.CHANGES_URL" in given["changes-url"]
    assert jobs["validate"]["permissions"] == {"contents": "read"}
    assert "secrets." not in str(jobs["tell"])
    assert yaml.safe_load(action)["runs"]["using"] == "composite"
    spec, job = yaml.safe_load_all((tmp_path / "templates/validate.yml").read_text("utf-8"))
    assert "partners" in spec["spec"]["inputs"]
    assert "validate-partners" in job


@pytest.fixture
def hearer() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server on loopback that keeps what is posted; below `/broken` it answers with 500."""
    heard: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            heard.append((self.headers["Content-Type"], self.rfile.read(length)))
            self.send_response(500 if self.path == "/broken" else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


def run_step(root: Path, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The step of the CI templates in a project, with a program in the place of `workbench`."""
    tool = root / "bin" / "workbench"
    tool.parent.mkdir()
    tool.write_text(program, "utf-8")
    tool.chmod(0o755)
    return subprocess.run(
        ["bash", ".github/actions/validate/run.sh"],
        cwd=root,
        env={
            **environment,
            "PATH": f"{tool.parent}:{os.environ['PATH']}",
            "RUN": "ci-1",
            "GITHUB_OUTPUT": str(root / "output"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


# Writes what a validation of two partners leaves: one of them has changed.
_STAND_IN = """#!/bin/sh
test "$1" = validate || exit 0
for slug in calm moved; do
  mkdir -p "reports/$slug/$RUN" "reports/$slug/status"
  echo '{}' > "reports/$slug/$RUN/evidence.jsonl"
  echo '{}' > "reports/$slug/$RUN/manifest.json"
  echo "what changed at $slug" > "reports/$slug/status/changes.md"
done
echo '{"kind": "sign-off"}' > "reports/moved/$RUN/session.jsonl"
echo '{"partner": "calm", "quiet": true}' > reports/calm/status/changes.json
echo '{"partner": "moved", "quiet": false}' > reports/moved/status/changes.json
exit 1
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("place", ["", "broken", "nobody", "proposal"])
def test_a_change_is_told_to_the_address_that_was_given(
    tmp_path: Path, hearer: tuple[str, list[tuple[str, bytes]]], place: str
) -> None:
    """The changed partner's JSON arrives; an address that fails ends no run and hides nothing."""
    lay_out(tmp_path)
    address, heard = hearer
    done = run_step(
        tmp_path,
        _STAND_IN,
        CHANGES_URL="http://127.0.0.1:9/" if place == "nobody" else f"{address}/{place}",
        CI_MERGE_REQUEST_IID="7" if place == "proposal" else "",
        no_proxy="127.0.0.1",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    told = (tmp_path / "reports" / "moved" / "status" / "changes.json").read_bytes()
    is_heard = place in {"", "broken"}
    assert heard == ([("application/json", told)] if is_heard else [])
    assert ("could not be told" in done.stdout) == (place in {"broken", "nobody"})
    assert (tmp_path / "output").read_text("utf-8") == "changed=true\n"
    assert (tmp_path / "changed.md").read_text("utf-8") == "what changed at moved\n"
    assert (tmp_path / "public" / "reports" / "moved" / "status" / "changes.json").is_file()
    assert (tmp_path / "history" / "moved" / "ci-1" / "session.jsonl").is_file()


def test_the_ci_step_fails_where_nothing_was_tested(tmp_path: Path) -> None:
    """Run as a runner runs it, without credentials: 3, and nothing is called changed."""
    lay_out(tmp_path, examples=True)
    program = f'#!/bin/sh\nexec {sys.executable} -m workbench "$@"\n'
    done = run_step(tmp_path, program, **os.environ | {"PARTNERS": "mesa"})
    assert done.returncode == 3, done.stdout + done.stderr
    assert (tmp_path / "output").read_text("utf-8") == "changed=false\n"
    kept = {path.name for path in (tmp_path / "public").rglob("*") if path.is_file()}
    assert "evidence.jsonl" not in kept
    assert "exchange.har" not in kept
