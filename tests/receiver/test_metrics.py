"""What a running receiver tells of itself: health, figures, and its log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from workbench.errors import StoreError
from workbench.receiver.inbox import LITTLE_BYTES, Health, Inbox
from workbench.receiver.monitoring import log_attempt, write_logs
from workbench.receiver.proxy import Proxies

OPEN = {"signature": {"scheme": "none"}}
KEYED = {"signature": {"scheme": "token", "header": "X-Key", "credentials": ["webhook_secret"]}}


def figures(text: bytes) -> dict[tuple[str, ...], float]:
    """Prometheus' text as a table: name and label values → figure."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_answers_are_counted_by_partner_status_and_reason(line: Callable[..., Any]) -> None:
    """One accepted, two refused, one for nobody; and what waits."""
    running = line({"p1": (KEYED, (b"right",))})
    running.send("/p1/webhooks/a", headers={"X-Key": "right"})
    for _ in range(2):
        running.send("/p1/webhooks/a", headers={"X-Key": "wrong"})
    running.send("/nobody/webhooks/a")
    status, headers, body = running.send("/metrics", method="GET")
    found = figures(body)
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert found["workbench_webhook_answers_total", "tavola", "ok", "200"] == 1
    assert found["workbench_webhook_answers_total", "tavola", "mismatch", "401"] == 2
    assert found["workbench_webhook_answers_total", "", "", "404"] == 1
    assert found["workbench_webhook_seconds_count",] == 4
    assert found["workbench_inbox_up",] == 1
    assert found["workbench_inbox_depth",] == 1
    assert found["workbench_inbox_quarantined",] >= 1
    assert found["workbench_inbox_free_bytes",] > 0


def test_figures_are_not_for_strangers(line: Callable[..., Any]) -> None:
    """Whoever comes through the proxy sees no figures, only that there is no such address."""
    running = line({"p1": (OPEN, ())}, proxies=Proxies(["127.0.0.1"]))
    told = {"X-Forwarded-For": "203.0.113.9"}
    assert running.send("/metrics", headers=told, method="GET")[0] == 404
    assert running.send("/metrics", method="GET")[0] == 200


def test_an_inbox_that_cannot_be_read_is_down(
    line: Callable[..., Any], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures say so, and the page of figures is still there."""

    def fail() -> Health:
        raise StoreError("gone")

    monkeypatch.setattr(inbox, "health", fail)
    running = line({"p1": (OPEN, ())})
    found = figures(running.send("/metrics", method="GET")[2])
    assert found["workbench_inbox_up",] == 0
    assert ("workbench_inbox_depth",) not in found


@pytest.mark.parametrize(
    ("fields", "status", "troubles"),
    [
        ({}, "ok", ()),
        ({"depth": 9, "oldest_seconds": 30.0}, "ok", ()),
        ({"oldest_seconds": 3600.0}, "degraded", ("backlog",)),
        ({"free_bytes": LITTLE_BYTES - 1}, "degraded", ("disk",)),
        ({"dead": 1, "refused": 2}, "degraded", ("dead", "sink")),
        ({"is_writing": False}, "failing", ("store",)),
    ],
)
def test_health_says_what_wants_looking_after(
    fields: dict[str, Any], status: str, troubles: tuple[str, ...]
) -> None:
    """What is dead or late does not stop deliveries; what cannot be stored does."""
    health = Health(**{"is_writing": True, "queue": 0, "free_bytes": 10 * LITTLE_BYTES} | fields)
    assert (health.status, health.troubles) == (status, troubles)


def test_readyz_counts_what_no_rule_knows(line: Callable[..., Any]) -> None:
    """The reply has every figure, and the state in one word."""
    running = line({"p1": (OPEN, ())})
    running.send("/p1/webhooks/a")
    status, _, body = running.send("/readyz", method="GET")
    told = json.loads(body)
    assert status == 200
    assert told["status"] in {"ok", "degraded"}
    assert {"depth", "dead", "undelivered", "refused", "free_bytes", "troubles"} <= set(told)


@pytest.fixture(autouse=True)
def _logger() -> Iterator[None]:
    """The logger is as before afterwards."""
    logger = logging.getLogger("workbench")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before


def test_the_log_is_json_and_holds_no_customer(
    line: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One object for each answer and attempt: who, which restaurant, what came of it, and why."""
    write_logs("json")
    running = line({"p1": (KEYED, (b"right",))})
    guest = {"name": "Petra Sommer", "phone": "+49 151 2345678"}
    running.send("/p1/webhooks/a?who=Petra", json.dumps(guest).encode(), {"X-Key": "right"})
    running.send("/p1/webhooks/a", b"{}", {"X-Key": "wrong"})
    log_attempt("tavola", "p1", 7, "order-created", "dead")
    written = capsys.readouterr().err
    lines = [json.loads(text) for text in written.splitlines()]
    kept = [(one["level"], one["result"], one.get("reason"), one["restaurant"]) for one in lines]
    assert kept == [
        ("INFO", 200, "ok", "p1"),
        ("INFO", 401, "mismatch", "p1"),
        ("WARNING", "dead", None, "p1"),
    ]
    assert all(one["time"] and one["partner"] == "tavola" for one in lines)
    assert lines[2]["receipt"] == 7
    assert not {"Petra", "Sommer", "2345678"} & set(written.replace('"', " ").split())


def test_the_log_for_people_is_one_line_each(
    line: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Time, level, and the same facts in words."""
    write_logs("text")
    line({"p1": (OPEN, ())}).send("/p1/webhooks/a")
    assert "INFO p1 answered 200 in " in capsys.readouterr().err
