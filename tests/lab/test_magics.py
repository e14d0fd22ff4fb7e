"""The extension in a real IPython shell: `%%translate`, and errors without a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from workbench.lab import Trial
from workbench.partners import load_partner
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    """A shell with the extension, that leaves nothing behind."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    made.extension_manager.load_extension("workbench")
    yield made
    made.extension_manager.unload_extension("workbench")
    InteractiveShell.clear_instance()


def order() -> str:
    """A recorded payload as text."""
    partner = load_partner("tavola", Settings(root=ROOT))
    return json.dumps(partner.samples("order-read")[0].payload)


def test_a_cell_is_translated(shell: InteractiveShell) -> None:
    """The trial is the value of the cell, so that the notebook shows it."""
    result = shell.run_cell(f"%%translate tavola order\n{order()}")
    assert result.success
    assert isinstance(result.result, Trial)
    assert result.result.result["status"] == "cancelled"


def test_and_the_other_way(shell: InteractiveShell) -> None:
    """With `--to-partner` the cell is canonical."""
    entity = '{"order_id": "o-1", "status": "accepted"}'
    result = shell.run_cell(f"%%translate --to-partner tavola order-status\n{entity}")
    assert result.result.result["status"] == "accepted"


@pytest.mark.parametrize(
    ("line", "cell", "what"),
    [
        ("tavola", "{}", "takes a partner and a mapping"),
        ("tavola order", "{", "the cell is not JSON"),
        ("tavola odd", "{}", "no mapping 'odd'"),
        ("nobody order", "{}", "nobody"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, cell: str, what: str
) -> None:
    """What, where and how to mend; the cell has failed all the same."""
    result = shell.run_cell(f"%%translate {line}\n{cell}")
    told = capsys.readouterr()
    assert not result.success
    assert what in told.err
    assert "mend: " in told.err
    assert "Traceback" not in told.out + told.err


def test_a_message_cannot_command_the_terminal(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a partner wrote may be in a message; its escapes are shown, not obeyed."""
    raised = "raise InputError('odd \\x1b[2J', hint='mend \\x1b[2J')"
    shell.run_cell(f"from workbench.errors import InputError\n{raised}")
    told = capsys.readouterr().err
    assert "odd " in told
    assert "\x1b" not in told


def test_other_errors_keep_their_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake of the notebook's own is shown as ever; so is ours, once the extension is gone."""
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out
    shell.extension_manager.unload_extension("workbench")
    shell.run_cell("from workbench.errors import InputError\nraise InputError('odd')")
    assert "Traceback" in capsys.readouterr().out
    shell.extension_manager.load_extension("workbench")
