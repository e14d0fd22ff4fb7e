"""How a workflow of a partner's own list runs: its steps, what is done after each, others within.

Each call, message and workflow is a step; `end`, `goto` and `retry` are followed as Arazzo says.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.adapters import SAFE, Adapter, Answer, Session
from workbench.errors import InputError
from workbench.handover.arazzo_runtime import Runtime, spell
from workbench.handover.list_messages import Ear
from workbench.model import CallAction, CallCriterion, CallFlow, Finding, Operation, StepCall
from workbench.partners import Partner
from workbench.text import write_pointer

_MOST = 200  # steps that one row may take


@dataclass(frozen=True)
class Made:
    """A call that was made and its answer, or a message that came; and what it did not meet."""

    operation: str
    answer: str
    seconds: float
    unmet: str = ""
    missing: Finding | None = None

    @property
    def is_met(self) -> bool:
        """Whether it was as the list expects."""
        return not self.unmet and self.missing is None


@dataclass
class FlowRun:
    """One row of a list while it runs.

    Attributes:
        session: The opened environment; it decides whether anything may be written.
        flows: Workflows that others run, by name.
        ear: What hears messages; None where none is waited for.
        done: Workflows that were shown before, and need not come first again.
        patience: Seconds that it may still wait before steps are made again.
        made: What was done so far, in order.
        workflows: Name of a workflow that has ended → its inputs and outputs.
    """

    session: Session
    flows: Mapping[str, CallFlow]
    ear: Ear | None
    done: frozenset[str] = frozenset()
    patience: float = 60.0
    made: list[Made] = field(default_factory=list)
    workflows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    pause: float | None = None  # seconds that the last answer asks to wait

    def run(self, name: str, flow: CallFlow, given: Mapping[str, Any]) -> tuple[Made, Runtime]:
        """Run a workflow until it ends, or until a step is not as the list expects.

        Args:
            name: By which expressions speak of it.
            flow: Its calls.
            given: Inputs by name; they go before its own.

        Returns:
            The last thing that was done, which tells whether all was met, and what is known at the
            end: the outputs are in `returned`.

        Raises:
            CredentialError, InputError, PartnerError: It cannot be told whether it is met.
        """
        while True:
            for first in flow.after:
                self._require(first, flow)
            inputs = {**flow.inputs, **given}
            runtime = Runtime(inputs=inputs, workflows=self.workflows)
            last, onward = self._take_steps(flow, runtime)
            runtime.returned = runtime.pick_all(flow.outputs)
            self.workflows[name] = {"inputs": inputs, "outputs": runtime.returned}
            if onward is None:
                return last, runtime
            given = runtime.fill(onward.parameters)
            name, flow = onward.flow, self.flows[onward.flow]

    def _require(self, name: str, flow: CallFlow) -> None:
        """Run what has to come first, unless it was shown already and nothing of it is used."""
        is_used = f"$workflows.{name}." in flow.model_dump_json()
        if name in self.workflows or (name in self.done and not is_used):
            return
        last, _ = self.run(name, self.flows[name], {})
        if not last.is_met:
            title = self.flows[name].title
            raise InputError(f"{title!r} has to come first, and is not as the list expects")

    def _take_steps(self, flow: CallFlow, runtime: Runtime) -> tuple[Made, CallAction | None]:
        """Take the steps of a workflow; with an action, it goes on with another workflow."""
        names = [call.name for call in flow.calls]
        tried: Counter[tuple[str, int]] = Counter()
        last, place = Made("", "", 0.0), 0
        while place < len(flow.calls):
            call = flow.calls[place]
            last = self._take(call, runtime)
            number, action = self._choose(call, runtime, tried, is_met=last.is_met)
            if action is None and not last.is_met:
                break
            if action is None:
                place += 1
            elif action.kind == "retry":
                tried[call.name, number] += 1
                self._prepare(action, flow, runtime)
            elif action.kind == "end":
                break
            elif action.flow:
                return last, action
            else:
                place = names.index(action.step)
        return last, None

    def _choose(
        self, call: StepCall, runtime: Runtime, tried: Counter[tuple[str, int]], *, is_met: bool
    ) -> tuple[int, CallAction | None]:
        """The first action whose criteria hold, and which was not done as often as it may be."""
        for number, action in enumerate(call.on_success if is_met else call.on_failure):
            is_spent = action.kind == "retry" and tried[call.name, number] >= action.limit
            if not is_spent and all(map(runtime.holds, action.criteria)):
                return number, action
        return 0, None

    def _prepare(self, action: CallAction, flow: CallFlow, runtime: Runtime) -> None:
        """Wait, and do what is to be done, before a step is made again."""
        pause = action.seconds if self.pause is None else self.pause
        self.patience -= pause
        if self.patience < 0:
            raise InputError(
                f"A step is to be made again after {pause:g} s, longer than the session waits",
                hint="Let it wait longer with --seconds.",
            )
        time.sleep(pause)
        if action.flow:
            self.run(action.flow, self.flows[action.flow], runtime.fill(action.parameters))
        for call in flow.calls:
            if call.name == action.step:
                self._take(call, runtime)

    def _take(self, call: StepCall, runtime: Runtime) -> Made:
        if len(self.made) >= _MOST:
            raise InputError(f"The list goes round in a circle: it took {_MOST} steps")
        if call.flow:
            return self._run_inner(call, runtime)
        made = self._hear(call, runtime) if call.waits_for else self._make(call, runtime)
        self.made.append(made)
        return made

    def _run_inner(self, call: StepCall, runtime: Runtime) -> Made:
        """Run a workflow within; what it puts out is what the step puts out."""
        given = {name: runtime.fill(value) for name, value in call.parameters.items()}
        last, inner = self.run(call.flow, self.flows[call.flow], given)
        runtime.status, runtime.headers, runtime.body = inner.status, inner.headers, inner.body
        runtime.returned = inner.returned
        runtime.outputs[call.name] = {**inner.returned, **runtime.pick_all(call.outputs)}
        if last.is_met and (unmet := _list_unmet(call.criteria, runtime)):
            last = replace(last, seconds=0.0, unmet=unmet)
            self.made.append(last)
        return last

    def _make(self, call: StepCall, runtime: Runtime) -> Made:
        operation = find_listed(call.operation, self.session.partner)
        if operation is None:
            raise InputError(f"The documents have no operation {call.operation!r}")
        if operation.method not in SAFE and not self.session.partner.names(operation):
            raise InputError(f"{operation.id} would write, and the folder names it nowhere")
        values = {name: spell(runtime.fill(value)) for name, value in call.parameters.items()}
        body = runtime.fill_body(call.body, call.replacements) if call.body is not None else None
        channel = Adapter(self.session).channel
        request = channel.request(operation, values, body)
        answer = channel.send(request)
        self.pause = answer.retry_after
        runtime.request = {
            "method": request.method, "url": request.target, "values": values, "body": body,
        }  # fmt: skip
        _remember(runtime, call, answer)
        unmet = _list_unmet(call.criteria, runtime)
        if not call.criteria and not answer.is_success:
            unmet = "$statusCode < 300"
        return Made(operation.id, str(answer.status), answer.seconds, unmet)

    def _hear(self, call: StepCall, runtime: Runtime) -> Made:
        """Wait for a message; where nothing was called before it, it is brought about."""
        if self.ear is None:
            raise InputError(f"Nobody listens for {call.waits_for[0]!r}")
        correlation = None if call.correlation is None else spell(runtime.fill(call.correlation))
        heard = self.ear.wait(call, correlation, provokes=not self.made)
        if heard.missing is not None:
            return Made(heard.name, "", heard.seconds, missing=heard.missing)
        runtime.message, runtime.message_headers = heard.payload, heard.headers
        runtime.outputs[call.name] = runtime.pick_all(call.outputs)
        return Made(heard.name, "", heard.seconds, _list_unmet(call.criteria, runtime))


def find_listed(reference: str, partner: Partner) -> Operation | None:
    """The operation that a list means by its operationId, or by a pointer into the document."""
    wanted = reference.rpartition("#")[2].lower()
    if "#" not in reference:
        # `$sourceDescriptions.NAME.operationId` names an operation of one of several documents.
        wanted = wanted.rpartition(".")[2] if wanted.startswith("$") else wanted
    for operation in partner.description.operations:
        place = write_pointer(("paths", operation.path, operation.method.lower()))
        names = (operation.operation_id or "", operation.id, place)
        if wanted in {name.lower() for name in names if name}:
            return operation
    return None


def _remember(runtime: Runtime, call: StepCall, answer: Answer) -> None:
    runtime.status, runtime.body = answer.status, answer.json()
    runtime.headers = {name.lower(): value for name, value in answer.headers.items()}
    runtime.outputs[call.name] = runtime.pick_all(call.outputs)


def _list_unmet(criteria: tuple[CallCriterion, ...], runtime: Runtime) -> str:
    return "; ".join(runtime.tell(item) for item in criteria if not runtime.holds(item))
