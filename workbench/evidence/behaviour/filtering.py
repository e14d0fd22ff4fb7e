"""Filters of lists: what does not fit is left out, what fits is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.errors import InputError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.model import Evidence, Finding, Operation, Outcome, Parameter, SchemaReader

TOTAL = re.compile(r"^(total|total_?(count|items|results)|count)$", re.IGNORECASE)
Fetch = Callable[[Mapping[str, Any]], tuple[list[dict[str, Any]], Any]]

_PAGING = re.compile(
    r"^(limit|size|count|take|per_?page|page.*|offset|skip|cursor|after|sort.*|order_?by|fields|"
    r"include|expand|next|token)$",
    re.IGNORECASE,
)
_FROM = re.compile(r"(^|_)(from|since|after|start|desde|min)($|_)|(From|Since|After|Desde)$")
_UNTIL = re.compile(r"(^|_)(to|until|before|end|hasta|max)($|_)|(To|Until|Before|Hasta)$")
_FUTURE = {"date": "2199-01-01", "date-time": "2199-01-01T00:00:00Z"}
_PAST = {"date": "1971-01-01", "date-time": "1971-01-01T00:00:00Z"}


def look_at_filters(
    context: CheckContext,
    feature: str,
    operation: Operation,
    fetch: Fetch,
    largest: Mapping[str, Any],
) -> Iterator[Evidence]:
    """Try every filter of a list operation that we know how to judge."""
    items, _ = fetch(largest)
    reader = SchemaReader.of(context.partner.description, operation.document)
    findings: list[Finding] = []
    tried: list[str] = []
    counting = _Counting(fetch, next(iter(largest.values()), None))
    for parameter in operation.parameters:
        if parameter.place != "query" or _PAGING.match(parameter.name):
            continue
        schema = reader.first(parameter.schema_)
        try:
            verdict = _judge(parameter, schema, items, counting, largest)
        except InputError:
            continue  # refused: a filter that needs more than we know
        if verdict is None:
            continue
        tried.append(parameter.name)
        findings += _tell_ignored(operation, parameter, verdict)
    findings += counting.tell(operation)
    yield context.tell(
        feature,
        "filters-honoured",
        say(
            "filters-honoured.tried",
            operation=operation.id,
            tried=", ".join(tried) or say("filters-honoured.none"),
        ),
        outcome=None if tried else Outcome.INAPPLICABLE,
        subject=operation.id,
        findings=findings,
    )


def _tell_ignored(operation: Operation, parameter: Parameter, verdict: str) -> Iterator[Finding]:
    if verdict:
        yield finding(
            "filter-ignored",
            operation=operation.id,
            observed=verdict,
            pointer=f"?{parameter.name}",
            name=repr(parameter.name),
        )


class _Counting:
    """Asks for a list, and notes where its total is not that of what was asked for.

    Attributes:
        wrong: How many items a whole answer had, and the total that it states.
    """

    def __init__(self, fetch: Fetch, most: Any) -> None:
        self._fetch, self._most = fetch, most if isinstance(most, int) else 0
        self.wrong: tuple[int, int] | None = None

    def __call__(self, query: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Any]:
        items, body = self._fetch(query)
        total = find_value(body, TOTAL)
        # Of a full page the total may rightly be larger.
        if isinstance(total, int) and len(items) < self._most and total != len(items):
            self.wrong = (len(items), total)
        return items, body

    def tell(self, operation: Operation) -> Iterator[Finding]:
        """The wrong total, if there was one."""
        if self.wrong is not None:
            counted, total = map(str, self.wrong)
            yield finding(
                "filtered-total-wrong",
                operation=operation.id,
                expected=counted,
                observed=total,
            )


def find_value(body: Any, name: re.Pattern[str]) -> Any:
    """A value by its name, at the top of a body or one level down."""
    if not isinstance(body, dict):
        return None
    for level in (body, *(value for value in body.values() if isinstance(value, dict))):
        for key, value in level.items():
            if name.match(key) and not isinstance(value, dict | list | bool):
                return value
    return None


def _judge(
    parameter: Parameter,
    schema: Mapping[str, Any],
    items: list[dict[str, Any]],
    fetch: Fetch,
    largest: Mapping[str, Any],
) -> str | None:
    """What is wrong, an empty text when nothing is, None when it cannot be judged."""
    if not items:
        return None
    nothing = _nothing_fits(parameter.name, str(schema.get("format", "")))
    if nothing is not None:
        found, _ = fetch({**largest, parameter.name: nothing})
        return say("filters-honoured.gives-some", n=len(found), nothing=nothing) if found else ""
    field = _field(parameter.name, items)
    if field is not None:
        return _judge_by_field(parameter.name, field, items, fetch, largest)
    options = schema.get("enum") or []
    if len(options) > 1:
        answers = [fetch({**largest, parameter.name: value})[0] for value in options[:3]]
        if answers[0] and all(answer == answers[0] == items for answer in answers):
            return say("filters-honoured.gives-same")
        return ""
    return None


def _nothing_fits(name: str, form: str) -> str | None:
    """A value for which a range by time has to be empty."""
    if form not in _FUTURE:
        return None
    if _UNTIL.search(name):
        return _PAST[form]
    if _FROM.search(name) or name.lower() in {"date", "day", "fecha"}:
        return _FUTURE[form]
    return None


def _field(name: str, items: list[dict[str, Any]]) -> str | None:
    plain = _plain(name)
    for key, value in items[0].items():
        if _plain(key) == plain and isinstance(value, str | int | bool):
            return key
    return None


def _judge_by_field(
    name: str, field: str, items: list[dict[str, Any]], fetch: Fetch, largest: Mapping[str, Any]
) -> str:
    values = list(dict.fromkeys(item.get(field) for item in items))
    for value in [item for item in values if item is not None][:2]:
        text = str(value).lower() if isinstance(value, bool) else value
        found, _ = fetch({**largest, name: text})
        if any(item.get(field) != value for item in found):
            return say("filters-honoured.gives-others", field=field, value=repr(value))
        if not found:
            return say("filters-honoured.gives-nothing", value=repr(value))
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
