"""What a running receiver tells of itself: log lines, and figures for Prometheus."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from workbench.errors import StoreError
from workbench.receiver.inbox import Health

_LOG = logging.getLogger("workbench.receiver")
_TEXT = "%(asctime)s %(levelname)s %(message)s"
_JSON = "%(levelname)s %(name)s %(message)s"


def write_logs(form: str) -> None:
    """Write what the workbench logs to standard error, from INFO on.

    Args:
        form: `text`, or `json`: one object for each line, with `time`, `level` and `message`, and
            where they are known `partner`, `restaurant`, `receipt`, `result`, `reason`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json_lines() if form == "json" else logging.Formatter(_TEXT))
    logger = logging.getLogger("workbench")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _json_lines() -> logging.Formatter:
    # Loaded by who asks for it: every validation has a receiver, and few write a log.
    from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415

    return JsonFormatter(_JSON, rename_fields={"levelname": "level"}, timestamp="time")


def log_answer(partner: str, restaurant: str, status: int, reason: str, seconds: float) -> None:
    """Note that a request was answered; empty texts where the address is nobody's."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    milliseconds = round(seconds * 1000, 1)
    _LOG.info(
        "%s answered %s in %s ms %s",
        restaurant or "unknown address",
        status,
        milliseconds,
        reason,
        extra={
            "partner": partner,
            "restaurant": restaurant,
            "result": status,
            "reason": reason,
            "milliseconds": milliseconds,
        },
    )


def log_attempt(partner: str, restaurant: str, receipt: int, event: str, result: str) -> None:
    """Note what became of an event; why it failed stands in `workbench inbox show`."""
    _LOG.log(
        logging.WARNING if result in {"dead", "retry"} else logging.INFO,
        "receipt %s of %s: %s %s",
        receipt,
        partner,
        event,
        result,
        extra={
            "partner": partner,
            "restaurant": restaurant,
            "receipt": receipt,
            "event": event,
            "result": result,
        },
    )


CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GAUGES = {
    "depth": "Receipts and events that are still to be done.",
    "oldest_seconds": "Age of the oldest of them; 0 when nothing waits.",
    "receipts": "Deliveries that are kept.",
    "quarantined": "Refused deliveries that are kept.",
    "dropped": "Refused deliveries that are only counted.",
    "queue": "Deliveries that wait for the disk.",
    "dead": "Events that were given up, or that no rule knows.",
    "undelivered": "What was read and is not yet with its receiver.",
    "refused": "What its receiver will not take.",
    "free_bytes": "Room on the disk of the inbox.",
}


class Metrics:
    """Counters of answers, and gauges that are read when somebody asks.

    Args:
        health: Tells what waits; may raise `StoreError`.
    """

    def __init__(self, health: Callable[[], Health]) -> None:
        self._registry = CollectorRegistry()
        answers = Counter(
            "workbench_webhook_answers",
            "Requests of partners, by what they were answered and why.",
            ("partner", "status", "reason"),
            registry=self._registry,
        )
        self._answered = cache(answers.labels)
        self._seconds = Histogram(
            "workbench_webhook_seconds",
            "Time from the first byte of a request to our answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_InboxGauges(health))

    def count(self, partner: str, status: int, reason: str, seconds: float) -> None:
        """Note one answer.

        Args:
            partner: Slug; empty where the address is nobody's.
            status: HTTP status.
            reason: Of the verification; empty where there was none.
            seconds: How long it took.
        """
        self._answered(partner, str(status), reason).inc()
        self._seconds.observe(seconds)

    def write(self) -> bytes:
        """All figures, in the text form of Prometheus."""
        return generate_latest(self._registry)


class _InboxGauges(Collector):
    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("workbench_inbox_up", "1: deliveries can be stored.")
        try:
            health = self._health()
        except StoreError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), int(health.is_writing))
        yield up
        figures = asdict(health)
        for name, words in _GAUGES.items():
            gauge = GaugeMetricFamily(f"workbench_inbox_{name}", words)
            gauge.add_metric((), figures[name] or 0)
            yield gauge
