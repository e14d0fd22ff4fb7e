"""What a partner writes commands no terminal, and turns no line round, in text and in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli import main

STRANGE = {
    "bidi": "get\u202eredro\u2066x\u2069\u200f an order",
    "escape": "get \x1b]0;owned\x07\x1b[2J an order",
    "line ends": "get \u2028\u2029\x85\x0b an order",
    "marks": "get \u061c\u200e\ufff9x\ufffb an order",
}
FORBIDDEN = set("".join(STRANGE.values())) - set("get redro]0;owned[2Jx an order")


@pytest.mark.parametrize("kind", STRANGE)
def test_a_text_of_a_partner_is_inert(tmp_path: Path, kind: str) -> None:
    """Nothing strange reaches the screen; JSON has it as an escape, whole for those who parse."""
    document = tmp_path / "api.json"
    text = STRANGE[kind]
    operation = {"summary": text, "responses": {"200": {"description": text}}}
    document.write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": text, "version": "1"},
                "paths": {"/a": {"get": operation}},
            }
        ),
        "utf-8",
    )
    shown = CliRunner().invoke(main, ["describe", str(document)])
    assert shown.exit_code == 0
    assert not FORBIDDEN & set(shown.output)
    told = CliRunner().invoke(main, ["describe", str(document), "--json"])
    assert not FORBIDDEN & set(told.output)
    assert json.loads(told.stdout)["documents"][0]["title"] == text
