"""Arazzo 1.0.1 and 1.1: a partner's workflows read into calls, and their expressions evaluated.

Conditions are of the three types of the specification: `simple`, `regex` and `jsonpath`. A step of
1.1 may wait for a message. A workflow with what we do not do (calls of other workflows, messages
that are sent) is bound, and its own calls are not made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from workbench.errors import InputError
from workbench.handover.arazzo_events import Names, is_message, name_message, put_in_order
from workbench.model import CallCriterion, StepCall, find_nodes, list_of
from workbench.text import read_pointer

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|[<>!()])|(?P<text>'(?:[^']|'')*'|"[^"]*")"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>\$?[^\s()<>=!&|]+))"""
)
_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_STEP = re.compile(r"\.([^.\[\]#]+)|\[(\d+)\]")
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST = 2_000
_LONGEST_WAIT = 600_000  # milliseconds
_ABSENT: Any = object()


def read_calls(
    workflow: Mapping[str, Any], sources: Names
) -> tuple[tuple[StepCall, ...], dict[str, Any]]:
    """The calls of a workflow that says with what it calls, and what its inputs are by default.

    Args:
        workflow: Of the list.
        sources: What the messages of its AsyncAPI descriptions are called.

    Returns:
        No calls where it names operations alone: our own checks are the better question then; or
        where it asks for what we do not do.

    Raises:
        InputError: Its steps wait for one another.
    """
    steps = [item for item in list_of(workflow.get("steps")) if isinstance(item, Mapping)]
    shared = list_of(workflow.get("parameters"))
    says = any(item.get("parameters") or item.get("requestBody") or _asks(item) for item in steps)
    if not (says or shared) or tell_unrun(workflow):
        return (), {}
    schema = workflow.get("inputs")
    known = schema.get("properties") if isinstance(schema, Mapping) else None
    inputs = {
        str(name): value["default"]
        for name, value in (known if isinstance(known, Mapping) else {}).items()
        if isinstance(value, Mapping) and "default" in value
    }
    calls = [_read_call(item, shared, number, sources) for number, item in enumerate(steps, 1)]
    return put_in_order(tuple(calls)), inputs


def tell_unrun(workflow: Mapping[str, Any]) -> str:
    """What a workflow asks for that we do not do: `message`, `workflow`, `selector`; or nothing."""
    steps = [item for item in list_of(workflow.get("steps")) if isinstance(item, Mapping)]
    asked = {
        "message": any(item.get("action") == "send" for item in steps),
        "workflow": any("workflowId" in item for item in steps),
        "selector": any(map(_selects, steps)),
    }
    return next((name for name, is_asked in asked.items() if is_asked), "")


def _asks(step: Mapping[str, Any]) -> bool:
    """Whether more is asked of a message than that it comes: our own check asks for that."""
    return is_message(step) and bool(step.get("successCriteria") or step.get("correlationId"))


def _selects(step: Mapping[str, Any]) -> bool:
    """Whether an output is chosen by a Selector Object, which we do not know."""
    outputs = step.get("outputs")
    return isinstance(outputs, Mapping) and any(isinstance(v, Mapping) for v in outputs.values())


def _read_call(step: Mapping[str, Any], shared: list[Any], number: int, sources: Names) -> StepCall:
    body = step.get("requestBody")
    outputs = step.get("outputs")
    given = [
        item for item in (*shared, *list_of(step.get("parameters"))) if isinstance(item, Mapping)
    ]
    timeout = step.get("timeout")
    return StepCall(
        name=str(step.get("stepId") or number),
        operation=str(step.get("operationId") or step.get("operationPath") or ""),
        parameters={
            str(item.get("name")): item.get("value")
            for item in given
            # Who we are is proved by our own login.
            if str(item.get("name")).lower() not in {"none", "authorization"}
        },
        body=body.get("payload") if isinstance(body, Mapping) else None,
        criteria=tuple(_read_criteria(step)),
        outputs={str(name): str(value) for name, value in outputs.items()}
        if isinstance(outputs, Mapping)
        else {},
        waits_for=name_message(step, sources) if is_message(step) else (),
        correlation=step.get("correlationId"),
        seconds=timeout / 1000 if isinstance(timeout, int) and 0 < timeout < _LONGEST_WAIT else 0.0,
        after=tuple(str(name) for name in list_of(step.get("dependsOn"))),
    )


def _read_criteria(step: Mapping[str, Any]) -> Iterator[CallCriterion]:
    for item in list_of(step.get("successCriteria")):
        if isinstance(item, Mapping):
            yield CallCriterion(
                condition=str(item.get("condition", "")),
                context=str(item.get("context") or ""),
                kind=_kind(item.get("type")),
            )


def _kind(value: Any) -> str:
    return str(value.get("type", "")) if isinstance(value, Mapping) else str(value or "simple")


@dataclass
class Runtime:
    """What runtime expressions may speak of while a workflow runs.

    Attributes:
        inputs: Name → value.
        outputs: Name of a step → its outputs.
        status: Of the last answer.
        headers: Of the last answer, names in lower case.
        body: Of the last answer, as JSON data.
        message: The last message that came, as JSON data.
        message_headers: Of it, names in lower case.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    message: Any = None
    message_headers: Mapping[str, str] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """A value with its expressions replaced, in lists and objects as well.

        Raises:
            InputError: An expression has no value.
        """
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("$"):
            return self._need(value)
        return _BRACES.sub(lambda found: str(self._need(found[1])), value)

    def holds(self, criterion: CallCriterion) -> bool:
        """Whether a success criterion is met by the last answer.

        Raises:
            InputError: It cannot be understood.
        """
        if len(criterion.condition) > _LONGEST:
            raise InputError("A condition is longer than 2,000 signs")
        if criterion.kind == "simple":
            return bool(_Condition(criterion.condition, self).read())
        context = self.find(criterion.context)
        if criterion.kind == "regex":
            text = "" if context is _ABSENT else str(context)
            try:  # an engine that ends, whatever the pattern is
                return bool(jsonschema_rs.is_valid({"pattern": criterion.condition}, text))
            except ValueError as error:
                raise InputError(f"{criterion.condition!r} is no pattern") from error
        if criterion.kind == "jsonpath":
            return context is not _ABSENT and bool(find_nodes(criterion.condition, context))
        raise InputError(f"Conditions of the type {criterion.kind!r} are not known to us")

    def find(self, expression: str) -> Any:
        """The value of an expression; a mark of its own where there is none."""
        base, _, pointer = expression.partition("#")
        value = self._find_base(base)
        if pointer and value is not _ABSENT:
            for step in read_pointer(pointer):
                value = _enter(value, step)
        return value

    def _need(self, expression: str) -> Any:
        value = self.find(expression)
        if value is _ABSENT:
            raise InputError(
                f"{expression} has no value",
                hint="Give an input with --set NAME=VALUE, or a default in the list.",
            )
        return value

    def _find_base(self, text: str) -> Any:
        if text == "$statusCode":
            return self.status
        if text.startswith("$response.header."):
            return self.headers.get(text.removeprefix("$response.header.").lower(), _ABSENT)
        if text.startswith("$message.header."):
            name = text.removeprefix("$message.header.").lower()
            return self.message_headers.get(name, _ABSENT)
        roots = (
            ("$response.body", self.body),
            ("$message.payload", self.message),
            ("$inputs", self.inputs),
        )
        for start, root in roots:
            if text == start or text.startswith((f"{start}.", f"{start}[")):
                return _walk(root, text.removeprefix(start))
        if text.startswith("$steps."):
            name, _, rest = text.removeprefix("$steps.").partition(".outputs")
            return _walk(self.outputs.get(name, {}), rest)
        raise InputError(f"The expression {text!r} is not known to us")


class _Condition:
    """A simple condition: comparisons joined by `&&`, `||`, `!` and parentheses."""

    def __init__(self, text: str, runtime: Runtime) -> None:
        self._text = text
        self._runtime = runtime
        self._tokens = [*self._split()]

    def read(self) -> Any:
        """Whether it holds."""
        value = self._either()
        if self._tokens:
            raise self._strange()
        return value

    def _split(self) -> Iterator[tuple[str, str]]:
        place, text = 0, self._text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise self._strange()
            yield str(found.lastgroup), str(found[str(found.lastgroup)])
            place = found.end()

    def _either(self) -> Any:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = bool(value) or bool(other)
        return value

    def _both(self) -> Any:
        value = self._one()
        while self._take("&&"):
            other = self._one()
            value = bool(value) and bool(other)
        return value

    def _one(self) -> Any:
        if self._take("!"):
            return not self._one()
        left = self._operand()
        for sign in ("==", "!=", "<=", ">=", "<", ">"):
            if self._take(sign):
                return _compare(left, sign, self._operand())
        return False if left is _ABSENT else left

    def _operand(self) -> Any:
        if self._take("("):
            value = self._either()
            if not self._take(")"):
                raise self._strange()
            return value
        if not self._tokens:
            raise self._strange()
        kind, text = self._tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word" and text.startswith("$"):
            return self._runtime.find(text)
        if text in _WORDS:
            return _WORDS[text]
        raise self._strange()

    def _take(self, sign: str) -> bool:
        if self._tokens and self._tokens[0] == ("op", sign):
            self._tokens.pop(0)
            return True
        return False

    def _strange(self) -> InputError:
        return InputError(f"The condition {self._text!r} cannot be understood")


def _compare(left: Any, sign: str, right: Any) -> bool:
    if left is _ABSENT or right is _ABSENT:
        return False  # what was not there meets no comparison, not even that it is something else
    if isinstance(left, bool) != isinstance(right, bool):
        return sign == "!="  # as in JSON, true is not 1
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.lower(), right.lower()  # the specification compares texts so
    if sign in {"==", "!="}:
        return bool(left == right) == (sign == "==")
    numbers = [isinstance(item, int | float) for item in (left, right)]
    if not all(numbers) and not (isinstance(left, str) and isinstance(right, str)):
        return False
    order = int(left > right) - int(left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _walk(value: Any, path: str) -> Any:
    place = 0
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise InputError(f"The path {path!r} cannot be followed")
        value = _enter(value, found[1] if found[1] is not None else found[2])
        place = found.end()
    return value


def _enter(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step, _ABSENT)
    if isinstance(value, list) and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    return _ABSENT
