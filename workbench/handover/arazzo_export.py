"""The steps of an agenda as Arazzo: 1.0.1, or 1.1 with the AsyncAPI description that it needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from workbench.model import Access, Aspect, Operation, SessionStep, StepKind
from workbench.partners import Partner, load_catalogue
from workbench.text import write_pointer

_EVENTS = "events"
_WAIT = 60_000  # milliseconds in which a message should come
_STRANGE = re.compile(r"[^A-Za-z0-9_\-]+")


def write_arazzo(steps: Iterable[SessionStep], partner: Partner, *, beside: str = "") -> str:
    """The steps that are calls or notifications as Arazzo, as JSON text (which is YAML too).

    Args:
        steps: Of the agenda.
        partner: Whose folder names the calls.
        beside: File name of what `write_messages` makes: then it is Arazzo 1.1, and a step waits
            for each notification. Empty: Arazzo 1.0.1, which has no step for one; the workflow
            reads what was announced, and says what to wait for as `x-waits-for`.
    """
    sources: dict[str, str] = {}
    workflows = [
        made for step in steps if (made := _write_workflow(step, partner, sources, beside))
    ]
    listed = [{"name": name, "url": path, "type": "openapi"} for path, name in sources.items()]
    if beside:
        listed.append({"name": _EVENTS, "url": beside, "type": "asyncapi"})
    return _write_json(
        {
            "arazzo": "1.1.0" if beside else "1.0.1",
            "info": {"title": partner.title, "version": "1"},
            "sourceDescriptions": listed,
            "workflows": workflows,
        }
    )


def write_messages(steps: Iterable[SessionStep], partner: Partner) -> str:
    """The notifications of an agenda as AsyncAPI 3.0, named as the partner's document names them.

    What they hold is said in that document, and not said again here.
    """
    names = {name: None for step in steps for name in _list_messages(step)}
    return _write_json(
        {
            "asyncapi": "3.0.0",
            "info": {"title": partner.title, "version": "1"},
            "channels": {
                name: {"address": None, "messages": {name: {"name": name}}} for name in names
            },
            "operations": {
                name: {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
                for name in names
            },
        }
    )


def _write_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _write_workflow(
    step: SessionStep, partner: Partner, sources: dict[str, str], beside: str
) -> dict[str, Any] | None:
    """None where Arazzo can say nothing of a step: a paper, a question."""
    made = [*_write_messages(step)] if beside else []
    made += _write_calls(step, partner, sources)
    if not made:
        return None
    waits = {"x-waits-for": list(step.operations)} if step.kind is StepKind.EVENT else {}
    told = {"workflowId": step.slug, "summary": step.title, "description": step.action}
    return told | {"steps": made} | ({} if beside else waits) | {"x-minutes": step.minutes}


def _list_messages(step: SessionStep) -> Iterator[str]:
    for reference in step.operations if step.kind is StepKind.EVENT else ():
        yield _STRANGE.sub("-", reference.partition(":")[2] or reference).strip("-")


def _write_messages(step: SessionStep) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(_list_messages(step), 1):
        yield {
            "stepId": f"{step.slug}-message-{number}",
            "description": "; ".join(step.expected) or step.title,
            "channelPath": f"{{$sourceDescriptions.{_EVENTS}.url}}#/channels/{name}",
            "action": "receive",
            "timeout": _WAIT,
        }


def _write_calls(
    step: SessionStep, partner: Partner, sources: dict[str, str]
) -> Iterator[dict[str, Any]]:
    for number, operation in enumerate(_list_calls(step, partner), 1):
        name = sources.setdefault(operation.document, f"document{len(sources) + 1}")
        place = write_pointer(("paths", operation.path, operation.method.lower()))
        yield {
            "stepId": f"{step.slug}-{number}",
            "description": operation.summary or step.title,
            "operationPath": f"{{$sourceDescriptions.{name}.url}}#{place}",
            "successCriteria": [{"condition": "$statusCode >= 200 && $statusCode < 300"}],
        }


def _list_calls(step: SessionStep, partner: Partner) -> list[Operation]:
    """What a step calls; behind a notification, what reads the thing that it tells of."""
    if step.kind is not StepKind.EVENT:
        return [operation for _, operation in partner.operations(step.feature)]
    catalogue = load_catalogue()
    told = catalogue.feature(step.feature)
    if told is None or told.noun is None:
        return []
    aspect = told.aspect if told.aspect is Aspect.STATUS else Aspect.WHOLE
    with suppress(LookupError):
        read = catalogue.asking(told.noun, Access.READ, aspect)
        return [operation for _, operation in partner.operations(read.slug)][:1]
    return []
