"""`workbench call`: one request, and all that can be said of its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbench.cli import main
from workbench.sandbox import SIMULATORS, Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Tavola."""
    with Sandbox([SIMULATORS["tavola"]]) as running:
        yield running


@pytest.fixture(autouse=True)
def _logged_in(sandbox: Sandbox, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)


def call(*arguments: str, given: str | None = None) -> Result:
    """Call `workbench call tavola` in process."""
    return CliRunner().invoke(main, ["call", "tavola", *arguments], input=given)


def test_it_has_the_promised_shape() -> None:
    """Status, latency, headers, body, violations and our entity; persons masked."""
    result = call("GET /orders/{order_id}", "--set", "order_id=ord_1001", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {"status", "latency_ms", "headers", "body", "violations", "entity"} <= set(told)
    assert (told["status"], told["violations"]) == (200, [])
    assert told["entity"]["ids"]["partner_id"] == told["body"]["id"] == "ord_1001"
    assert told["body"]["customer"]["name"] == told["entity"]["customer"]["name"] == "[REDACTED]"


def test_an_error_of_theirs_is_a_finding() -> None:
    """An answer that is no success ends with 1, and is held against its own schema."""
    result = call("getOrder", "--set", "order_id=nothing")
    assert result.exit_code == 1
    assert "→ 404" in result.stdout
    assert "As the document says for 404." in result.stdout


def test_writing_needs_leave_and_a_binding() -> None:
    """Without `--allow-writes` nothing is sent; with it, what the folder binds is."""
    arguments = ("PUT /orders/{order_id}/status", "--set", "order_id=ord_1001", "--body", "-")
    refused = call(*arguments, given='{"status": "accepted"}')
    assert refused.exit_code == 2
    assert "not allowed" in refused.stderr
    sent = call(*arguments, "--allow-writes", given='{"status": "accepted"}')
    assert sent.exit_code == 0, sent.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("GET /ordrs",), "Did you mean 'GET /orders'"),
        (("GET /orders", "--set", "limt=1"), "Did you mean 'limit'"),
        (("GET /orders", "--set", "limit"), "NAME=VALUE"),
        (("GET /orders", "--environment", "prodction"), "Did you mean 'production'"),
    ],
)
def test_a_slip_is_led_to_what_was_meant(arguments: tuple[str, ...], words: str) -> None:
    """Bad input, with the nearest name."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_partner_that_is_down_is_not_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is 3, as everywhere."""
    monkeypatch.setenv("WORKBENCH_TAVOLA__SANDBOX__BASE_URL", "http://127.0.0.1:1/v1")
    result = call("GET /orders")
    assert result.exit_code == 3
    assert "Traceback" not in result.output
