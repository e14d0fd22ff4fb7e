"""How fast the partner answered in this run, and what it says about how much we may ask."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from workbench.adapters import Recorded
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.relations import path_pattern
from workbench.model import Evidence

_RATE = re.compile(r"rate-?limit", re.IGNORECASE)
_TRIES = 3


def look_at_pace(context: CheckContext) -> Iterator[Evidence]:
    """Median time of every bound operation that was called, against the latency budget."""
    budget = context.partner.manifest.limits.latency_budget_ms / 1000
    calls = _calls(context)
    for feature in context.catalogue.features:
        for _, operation in context.partner.operations(feature.slug):
            seconds = [entry.seconds for entry in calls.get(operation.id, ()) if entry.status]
            if not seconds:
                continue
            usual = median(seconds)
            findings = []
            if usual > budget:
                findings.append(
                    finding(
                        "latency-over-budget",
                        operation=operation.id,
                        observed=f"{usual * 1000:.0f} ms",
                        one=f"{usual * 1000:.0f}",
                        other=f"{budget * 1000:.0f}",
                    )
                )
            yield context.tell(
                feature.slug,
                "latency",
                say(
                    "latency.called",
                    operation=operation.id,
                    n=len(seconds),
                    usual=f"{usual * 1000:.0f}",
                ),
                subject=operation.id,
                findings=findings,
                detail={"median_ms": round(usual * 1000), "calls": len(seconds)},
            )


def look_at_rates(context: CheckContext) -> Iterator[Evidence]:
    """Documented rate-limit headers are there, and their numbers can be right."""
    calls = _calls(context)
    operations = {item.id: item for item in context.partner.callable_operations}
    for name, entries in calls.items():
        operation = operations[name]
        promised = {
            header.lower()
            for response in operation.responses
            if response.is_success
            for header in response.headers
            if _RATE.search(header)
        }
        feature = context.owner(operation)
        if not promised or feature is None:
            continue
        answered = [entry for entry in entries if 200 <= entry.status < 300]
        troubles = [*_troubles(promised, answered)]
        yield context.tell(
            feature,
            "rate-limit-headers",
            say(
                "rate-limit-headers.looked",
                name=name,
                promised=", ".join(sorted(promised)),
                n=len(answered),
            ),
            subject=name,
            findings=[
                finding("rate-limit-headers", operation=name, text=text) for text in troubles[:1]
            ],
        )


def _troubles(promised: set[str], answered: list[Recorded]) -> Iterator[str]:
    remaining: list[int] = []
    for entry in answered:
        headers = {key.lower(): value for key, value in entry.response_headers.items()}
        missing = promised - set(headers)
        if missing:
            yield say("rate-limit-headers.lacking", header=min(missing))
            return
        numbers = {key: headers[key] for key in promised if headers[key].isdigit()}
        left = next((int(v) for k, v in numbers.items() if "remaining" in k), None)
        most = next((int(v) for k, v in numbers.items() if k.endswith("limit")), None)
        if left is not None and most is not None and left > most:
            yield say("rate-limit-headers.left", left=left, most=most)
            return
        remaining += [left] if left is not None else []
    if len(remaining) >= _TRIES and len(set(remaining)) == 1 and remaining[0] > 0:
        yield say("rate-limit-headers.never-changes")


def _calls(context: CheckContext) -> dict[str, list[Recorded]]:
    """The exchanges of this run by operation; the most fixed path wins."""
    base = context.session.client.base_url
    patterns = sorted(
        ((operation, path_pattern(operation)) for operation in context.partner.callable_operations),
        key=lambda pair: pair[0].path.count("{"),
    )
    calls: dict[str, list[Recorded]] = defaultdict(list)
    for entry in context.session.recorder.unmasked():
        path = entry.url.partition("?")[0].removeprefix(base)
        for operation, pattern in patterns:
            if operation.method == entry.method and pattern.fullmatch(path):
                calls[operation.id].append(entry)
                break
    return calls
