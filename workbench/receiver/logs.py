"""What a running receiver writes down, for people or as JSON lines; never what customers wrote."""

from __future__ import annotations

import logging
import sys

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
