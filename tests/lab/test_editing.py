"""Rules edited in a cell: tried on every sample, compared with the file, saved on request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import workbench
from workbench.lab import PartnerBench
from workbench.lab.editing import EditedMapping, edit_mapping, read_rules
from workbench.partners import load_partner
from workbench.project import lay_out
from workbench.sandbox import SIMULATORS, Sandbox
from workbench.settings import load_settings


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PartnerBench:
    """Tavola in a project of its own."""
    lay_out(tmp_path, examples=True)
    monkeypatch.chdir(tmp_path)
    return workbench.open("tavola")


@pytest.fixture
def shell(
    bench: PartnerBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """A shell as a notebook has it, after `%load_ext workbench`."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    made.run_line_magic("load_ext", "workbench")
    yield made
    made.extension_manager.unload_extension("workbench")
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_every_mapping_is_found_and_put_back_as_it_was(bench: PartnerBench, slug: str) -> None:
    """The text of every third, put in its own place, gives the file byte for byte."""
    partner = load_partner(slug, load_settings())
    before = (partner.folder / "mapping.yaml").read_bytes()
    for name in list(partner.translators)[::3]:
        edited = edit_mapping(partner, name, read_rules(partner, name), bench.redactor, save=True)
        assert edited.diff == ""
    assert (partner.folder / "mapping.yaml").read_bytes() == before


def test_a_changed_rule_is_tried_and_only_saved_on_request(bench: PartnerBench) -> None:
    """The samples show what it does; the file changes by the one line, comments stay."""
    path = bench.partner.folder / "mapping.yaml"
    before = path.read_text("utf-8")
    rules = read_rules(bench.partner, "order")
    rules = rules.replace("display_code: $.code", "display_code: $.short_code")
    tried = edit_mapping(bench.partner, "order", rules, bench.redactor)
    assert "/code" in " ".join(tried.to_frame()["Not read"])
    assert "not saved" in repr(tried)
    assert path.read_text("utf-8") == before
    edit_mapping(bench.partner, "order", rules, bench.redactor, save=True)
    lines = zip(before.splitlines(), path.read_text("utf-8").splitlines(), strict=True)
    assert [pair for pair in lines if pair[0] != pair[1]] == [
        ("      ids.display_code: $.code", "      ids.display_code: $.short_code")
    ]


def test_a_cell_shows_the_samples_without_persons(shell: InteractiveShell) -> None:
    """The bench that was opened last is meant; names of guests are masked."""
    shell.run_line_magic("mapping", "order")
    text = shell.rl_next_input if hasattr(shell, "rl_next_input") else ""
    partner = load_partner("tavola", load_settings())
    rules = read_rules(partner, "order")
    assert text in {"", f"%%mapping tavola order\n{rules}"}
    result = shell.run_cell(f"%%mapping order\n{rules}")
    assert isinstance(result.result, EditedMapping)
    name = partner.samples("order-read")[0].payload["customer"]["name"]
    assert name not in result.result._repr_html_()


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("odd:\n  into: DeliveryLocation\n", "does not hold the mapping"),
        ("delivery-location:\n  into: Nothing\n", "`fields` is missing"),
        ("delivery-location: [", "where: mapping.yaml"),
    ],
)
def test_what_cannot_be_compiled_is_never_saved(
    shell: InteractiveShell, bench: PartnerBench, capsys: pytest.CaptureFixture[str],
    rules: str, words: str,
) -> None:  # fmt: skip
    """The error says what and where, in the partner's file; the file stays."""
    before = (bench.partner.folder / "mapping.yaml").read_text("utf-8")
    assert not shell.run_cell(f"%%mapping tavola delivery-location --save\n{rules}").success
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert "/tmp/" not in told.replace(str(bench.partner.folder), "")
    assert (bench.partner.folder / "mapping.yaml").read_text("utf-8") == before


def test_a_cell_calls_and_a_cell_keeps_a_payload(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%call` gives the answer; `%%payload` a variable, and what a mapping makes of it."""
    with Sandbox([SIMULATORS["tavola"]]) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        called = shell.run_cell("%call tavola GET /orders/{order_id} order_id=ord_1001").result
        assert called.status == 200
        shell.run_cell("p = __import__('workbench').open('tavola', allow_writes=True)")
        line = "%%call PUT /orders/{order_id}/status order_id=ord_1001"
        assert shell.run_cell(f'{line}\n{{"status": "accepted"}}').result.status == 200
    kept = shell.run_cell(f"%%payload mine order\n{json.dumps(called.data)}")
    assert kept.result.result["ids"]["partner_id"] == "ord_1001"
    assert shell.user_ns["mine"]["id"] == "ord_1001"
