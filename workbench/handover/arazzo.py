"""Arazzo 1.0.1: a partner's workflows read into calls, and their expressions evaluated.

Conditions are of the three types of the specification: `simple`, `regex` and `jsonpath`. What we do
not know (calls of other workflows, actions) is told, and its workflow is not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from workbench.errors import InputError
from workbench.model import CallCriterion, StepCall, find_nodes
from workbench.text import read_pointer

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|[<>!()])|(?P<text>'(?:[^']|'')*'|"[^"]*")"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>\$?[^\s()<>=!&|]+))"""
)
_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_STEP = re.compile(r"\.([^.\[\]#]+)|\[(\d+)\]")
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST = 2_000
_ABSENT: Any = object()


def read_calls(workflow: Mapping[str, Any]) -> tuple[tuple[StepCall, ...], dict[str, Any]]:
    """The calls of a workflow that says with what it calls, and what its inputs are by default.

    Returns:
        No calls where it names operations alone: our own checks are the better question then; or
        where it asks for what we do not do.
    """
    steps = [item for item in _list(workflow.get("steps")) if isinstance(item, Mapping)]
    shared = _list(workflow.get("parameters"))
    says = any(item.get("parameters") or item.get("requestBody") for item in steps) or shared
    strange = any("workflowId" in item or "channelPath" in item for item in steps)
    if not says or strange:
        return (), {}
    schema = workflow.get("inputs")
    known = schema.get("properties") if isinstance(schema, Mapping) else None
    inputs = {
        str(name): value["default"]
        for name, value in (known if isinstance(known, Mapping) else {}).items()
        if isinstance(value, Mapping) and "default" in value
    }
    return tuple(_read_call(item, shared, number) for number, item in enumerate(steps, 1)), inputs


def _read_call(step: Mapping[str, Any], shared: list[Any], number: int) -> StepCall:
    body = step.get("requestBody")
    outputs = step.get("outputs")
    given = [
        item for item in (*shared, *_list(step.get("parameters"))) if isinstance(item, Mapping)
    ]
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
        criteria=tuple(
            CallCriterion(
                condition=str(item.get("condition", "")),
                context=str(item.get("context") or ""),
                kind=_kind(item.get("type")),
            )
            for item in _list(step.get("successCriteria"))
            if isinstance(item, Mapping)
        ),
        outputs={str(name): str(value) for name, value in outputs.items()}
        if isinstance(outputs, Mapping)
        else {},
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
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

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
        for start, root in (("$response.body", self.body), ("$inputs", self.inputs)):
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


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
