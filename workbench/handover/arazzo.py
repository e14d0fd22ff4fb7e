"""Arazzo 1.0.1 and 1.1: a partner's workflows, read into calls, messages, and other workflows.

Workflows may run workflows, of their own description or of one that stands beside it. A workflow
with what we do not do is bound all the same, and its own calls are not made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import InputError
from workbench.handover.arazzo_events import is_message, name_message, put_in_order
from workbench.handover.arazzo_runtime import is_selector
from workbench.handover.arazzo_sources import ArazzoList
from workbench.model import (
    CallAction,
    CallCriterion,
    CallFlow,
    StepCall,
    list_of,
    mapping_of,
)
from workbench.text import suggest_name

_LONGEST_WAIT = 600_000  # milliseconds
_DEEPEST = 10
_OTHER = "$sourceDescriptions."


@dataclass(frozen=True)
class Workflow:
    """A workflow of a list, and what it rests on.

    Attributes:
        key: By which other workflows of the list speak of it.
        flow: Its calls.
        runs: Workflows that it runs or goes on with, or that come first.
        asks: Whether it says with what it calls, or what an answer must be.
        unrun: What it asks for that we do not do: `message`, `source`, `xpath`; or nothing.
        sent: Operations by which it sends messages.
    """

    key: str
    flow: CallFlow
    runs: tuple[str, ...] = ()
    asks: bool = False
    unrun: str = ""
    sent: tuple[str, ...] = ()


class Workflows:
    """The workflows of a list, and those of other descriptions that they run.

    Args:
        listing: The list, and what stands beside it.

    Raises:
        InputError: A workflow runs itself, is none of the list, or its steps wait for one another.
    """

    def __init__(self, listing: ArazzoList) -> None:
        self._listing = listing
        self.own = [name for name in listing.workflows if name]
        self.known: dict[str, Workflow] = {}
        waiting = [(listing, name) for name in self.own]
        while waiting:
            where, name = waiting.pop()
            if self._key(where, name) not in self.known:
                reading = _Reading(where, mapping_of(where.workflows[name]), self._key)
                read = reading.read(name)
                self.known[read.key] = read
                waiting += reading.found
        depths: dict[str, int] = {}
        for name in self.own:
            self._measure(name, (), depths)

    def rows(self) -> list[str]:
        """Workflows that a session tries: those that are no part of another one, and what is left.

        That one comes before another makes it no part of it.
        """
        parts = {key: {*item.runs} - {key, *item.flow.after} for key, item in self.known.items()}
        free = set(self.own) - set[str]().union(*parts.values())
        for name in self.own:
            if not any(name in self.reach(other) for other in free):
                free.add(name)
        return [name for name in self.own if name in free]

    def reach(self, key: str) -> dict[str, Workflow]:
        """A workflow, and all that it runs, whatever lies between."""
        found: dict[str, Workflow] = {}
        waiting = [key]
        while waiting:
            item = self.known[waiting.pop()]
            if item.key not in found:
                found[item.key] = item
                waiting += item.runs
        return found

    def _key(self, listing: ArazzoList, name: str) -> str:
        return name if listing is self._listing else f"{listing.name}#{name}"

    def _measure(self, key: str, above: tuple[str, ...], depths: dict[str, int]) -> int:
        """How deep workflows run one another below this one.

        Raises:
            InputError: One runs itself, whatever lies between, or they do so too deep.
        """
        if key in depths:
            return depths[key]
        if key in above:
            raise _circle("run one another in a circle", (*above, key))
        if len(above) > _DEEPEST:
            raise _circle("run one another too deep", (*above, key))
        flow = self.known[key].flow
        again = (item for call in flow.calls for item in call.on_failure if item.kind == "retry")
        inner = {*(call.flow for call in flow.calls), *(item.flow for item in again), *flow.after}
        below = [self._measure(other, (*above, key), depths) for other in sorted(inner - {""})]
        depths[key] = 1 + max(below, default=0)
        if depths[key] > _DEEPEST:
            raise _circle("run one another too deep", (key,))
        return depths[key]


def _circle(why: str, keys: tuple[str, ...]) -> InputError:
    return InputError(
        f"Workflows of the list {why}: {', '.join(keys)}",
        hint=f"A workflow may run others, {_DEEPEST} deep, and never itself.",
    )


@dataclass
class _Reading:
    """One workflow while it is read; `found` are the workflows that it names."""

    listing: ArazzoList
    workflow: Mapping[str, Any]
    key: Any
    found: list[tuple[ArazzoList, str]] = field(default_factory=list)
    unrun: str = ""

    def read(self, name: str) -> Workflow:
        steps = [item for item in list_of(self.workflow.get("steps")) if isinstance(item, Mapping)]
        shared = list_of(self.workflow.get("parameters"))
        calls = tuple(self._read_call(item, number) for number, item in enumerate(steps, 1))
        outputs = mapping_of(self.workflow.get("outputs"))
        after = tuple(filter(None, map(self._flow, list_of(self.workflow.get("dependsOn")))))
        self._tell_unrun(steps, outputs)
        names = {call.name for call in calls}
        for call in calls:
            for action in (*call.on_success, *call.on_failure):
                if action.step and action.step not in names:
                    raise InputError(
                        f"The workflow {name!r} has no step {action.step!r}",
                        location=self.listing.name,
                        hint=suggest_name(action.step, names),
                    )
        return Workflow(
            key=self.key(self.listing, name),
            flow=CallFlow(
                title=str(self.workflow.get("summary") or name),
                calls=put_in_order(calls),
                inputs=self._read_inputs(),
                outputs=outputs,
                after=after,
            ),
            runs=tuple(dict.fromkeys(self.key(*item) for item in self.found)),
            asks=bool(shared) or any(map(_asks, steps)),
            unrun=self.unrun,
            sent=tuple(str(item["operationId"]) for item in steps if _is_sent(item)),
        )

    def _read_call(self, step: Mapping[str, Any], number: int) -> StepCall:
        body = mapping_of(step.get("requestBody"))
        timeout = step.get("timeout")
        is_inner = "workflowId" in step
        names = self.listing.messages
        return StepCall(
            name=str(step.get("stepId") or number),
            operation=""
            if is_inner
            else str(step.get("operationId") or step.get("operationPath") or ""),
            flow=self._flow(step["workflowId"]) if is_inner else "",
            parameters=self._read_parameters(
                (*list_of(self.workflow.get("parameters")), *list_of(step.get("parameters"))),
                # Who we are is proved by our own login.
                () if is_inner else ("authorization",),
            ),
            body=body.get("payload"),
            replacements={
                str(item.get("target")): item.get("value")
                for item in list_of(body.get("replacements"))
                if isinstance(item, Mapping)
            },
            criteria=tuple(_read_criteria(step.get("successCriteria"))),
            outputs=mapping_of(step.get("outputs")),
            waits_for=name_message(step, names) if is_message(step) else (),
            correlation=step.get("correlationId"),
            seconds=timeout / 1000
            if isinstance(timeout, int) and 0 < timeout < _LONGEST_WAIT
            else 0.0,
            after=tuple(str(name) for name in list_of(step.get("dependsOn"))),
            on_success=tuple(self._read_actions(step, "Success")),
            on_failure=tuple(self._read_actions(step, "Failure")),
        )

    def _read_parameters(self, listed: Any, left_out: tuple[str, ...] = ()) -> dict[str, Any]:
        given = [mapping_of(self.listing.resolve(item)) for item in listed]
        return {
            str(item["name"]): item.get("value")
            for item in given
            if "name" in item and str(item["name"]).lower() not in left_out
        }

    def _read_inputs(self) -> dict[str, Any]:
        known = mapping_of(self.listing.resolve(self.workflow.get("inputs"))).get("properties")
        return {
            name: value["default"]
            for name, value in mapping_of(known).items()
            if isinstance(value, Mapping) and "default" in value
        }

    def _read_actions(self, step: Mapping[str, Any], kind: str) -> Iterator[CallAction]:
        """What is done after a step: its own word, and that of the workflow where it says none."""
        listed = (
            *list_of(step.get(f"on{kind}")),
            *list_of(self.workflow.get(f"{kind.lower()}Actions")),
        )
        named: dict[str, dict[str, Any]] = {}
        for number, item in enumerate(listed):
            action = mapping_of(self.listing.resolve(item))
            named.setdefault(str(action.get("name") or number), action)
        known = {"end", "goto"} if kind == "Success" else {"end", "goto", "retry"}
        for action in named.values():
            limit, seconds, does = (
                action.get(name) for name in ("retryLimit", "retryAfter", "type")
            )
            leads = {"stepId", "workflowId"} & action.keys()
            if does not in known or (does == "goto" and not leads):
                raise InputError(
                    f"The list has an action {does!r} that leads nowhere",
                    location=self.listing.name,
                    hint=f"Its type is one of {', '.join(sorted(known))}; `goto` names where to.",
                )
            yield CallAction(
                kind=does,
                step=str(action.get("stepId") or ""),
                flow=self._flow(action["workflowId"]) if "workflowId" in action else "",
                parameters=self._read_parameters(list_of(action.get("parameters"))),
                criteria=tuple(_read_criteria(action.get("criteria"))),
                seconds=seconds if isinstance(seconds, int | float) and seconds > 0 else 0.0,
                limit=limit if isinstance(limit, int) and limit >= 0 else 1,
            )

    def _flow(self, reference: Any) -> str:
        """The key of a workflow that is named; empty where the file that it is in is not there."""
        listing, name = self.listing, str(reference)
        if name.startswith(_OTHER):
            source, _, name = name.removeprefix(_OTHER).partition(".")
            beside = listing.others.get(source)
            if beside is None:
                self.unrun = "source"
                return ""
            listing = beside
        if name not in listing.workflows:
            raise InputError(
                f"There is no workflow {name!r}",
                location=listing.name,
                hint=suggest_name(name, listing.workflows),
            )
        self.found.append((listing, name))
        return str(self.key(listing, name))

    def _tell_unrun(self, steps: list[Any], outputs: Mapping[str, Any]) -> None:
        # What is sent by the name of an operation may be a call that the folder knows.
        if any(item.get("action") == "send" and not item.get("operationId") for item in steps):
            self.unrun = self.unrun or "message"
        if any(map(_is_xpath, _objects([steps, outputs]))):
            self.unrun = self.unrun or "xpath"


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object within a value, itself among them."""
    if isinstance(value, Mapping):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value
    for item in inner if isinstance(value, Mapping | list) else ():
        yield from _objects(item)


def _is_xpath(item: Mapping[str, Any]) -> bool:
    told = item.get("targetSelectorType")
    if told is None and (is_selector(item) or "condition" in item):
        told = item.get("type")
    return _kind(told) == "xpath"


def _is_sent(step: Mapping[str, Any]) -> bool:
    return step.get("action") == "send" and "operationId" in step


def _asks(step: Mapping[str, Any]) -> bool:
    """Whether a step says with what it calls; or of a message more than that it comes.

    Where operations alone are named, or messages, our own checks are the better question.
    """
    if is_message(step):
        return bool(step.get("successCriteria") or step.get("correlationId"))
    return bool(step.get("parameters") or step.get("requestBody"))


def _read_criteria(listed: Any) -> Iterator[CallCriterion]:
    for item in list_of(listed):
        if isinstance(item, Mapping):
            yield CallCriterion(
                condition=str(item.get("condition", "")),
                context=str(item.get("context") or ""),
                kind=_kind(item.get("type")) or "simple",
            )


def _kind(value: Any) -> str:
    return str(value.get("type", "")) if isinstance(value, Mapping) else str(value or "")
