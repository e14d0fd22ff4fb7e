"""Runtime expressions and conditions of Arazzo, evaluated on what was sent and answered.

Conditions are of three types of the specification: `simple`, `regex` and `jsonpath`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from workbench.errors import InputError
from workbench.model import CallCriterion, find_nodes, mapping_of
from workbench.text import read_pointer

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|[<>!()])|(?P<text>'(?:[^']|'')*'|"[^"]*")"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>\$?[^\s()<>=!&|]+))"""
)
_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_STEP = re.compile(r"\.([^.\[\]#]+)|\[(\d+)\]")
_PLACE = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]")  # of a normalised JSONPath
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_SELECTOR = frozenset({"context", "selector", "type"})
_WORDS = {"true": True, "false": False, "null": None}
_LONGEST = 2_000
_ABSENT: Any = object()


@dataclass
class Runtime:
    """What runtime expressions may speak of while a workflow runs.

    Attributes:
        inputs: Name → value.
        outputs: Name of a step → its outputs.
        returned: Outputs of the workflow that a step has run, or of the one that ends.
        workflows: Name of a workflow that has run → its `inputs` and `outputs`.
        status: Of the last answer.
        headers: Of the last answer, names in lower case.
        body: Of the last answer, as JSON data.
        request: Of the last call: `method`, `url`, its `values` by name, and `body`.
        message: The last message that came, as JSON data.
        message_headers: Of it, names in lower case.
    """

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    returned: Mapping[str, Any] = field(default_factory=dict)
    workflows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    request: Mapping[str, Any] = field(default_factory=dict)
    message: Any = None
    message_headers: Mapping[str, str] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """A value with its expressions and Selector Objects replaced, in lists and objects as well.

        Raises:
            InputError: One of them has no value.
        """
        if is_selector(value):
            found = self.pick(value)
            if found is _ABSENT:
                raise _missing(f"{value['selector']} of {value['context']}")
            return found
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        if value.startswith("$"):
            return self._need(value)
        return self._embed(value)

    def fill_body(self, body: Any, replacements: Mapping[str, Any]) -> Any:
        """The body of a call, with the values that the list sets in it.

        Args:
            body: JSON data, or JSON as a text with expressions in it.
            replacements: JSON Pointer or JSONPath → value.

        Raises:
            InputError: A value or a place is missing, or the text is no JSON.
        """
        made = self.fill(body)
        if isinstance(body, str) and body.lstrip().startswith(("{\n", "{ ", '{"', "[")):
            try:
                made = json.loads(made)
            except ValueError as error:
                raise InputError("The body that the list gives is no JSON") from error
        for target, value in replacements.items():
            made = _replace(deepcopy(made), target, self.fill(value))
        return made

    def holds(self, criterion: CallCriterion) -> bool:
        """Whether a criterion is met by the last answer.

        Raises:
            InputError: It cannot be understood.
        """
        if len(criterion.condition) > _LONGEST:
            raise InputError("A condition is longer than 2,000 signs")
        if criterion.kind == "simple":
            return bool(_Condition(criterion.condition, self).read())
        context, condition = self.find(criterion.context), self._embed(criterion.condition)
        if criterion.kind == "regex":
            text = "" if context is _ABSENT else spell(context)
            try:  # an engine that ends, whatever the pattern is
                return bool(jsonschema_rs.is_valid({"pattern": condition}, text))
            except ValueError as error:
                raise InputError(f"{condition!r} is no pattern") from error
        if criterion.kind == "jsonpath":
            return context is not _ABSENT and bool(find_nodes(condition, context))
        raise InputError(f"Conditions of the type {criterion.kind!r} are not known to us")

    def tell(self, criterion: CallCriterion) -> str:
        """What a criterion asks for, with the values that stand in a pattern or a path."""
        is_simple = criterion.kind == "simple"
        return criterion.condition if is_simple else self._embed(criterion.condition)

    def pick_all(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Name → value, of those outputs that have one."""
        found = {name: self.pick(value) for name, value in chosen.items()}
        return {name: value for name, value in found.items() if value is not _ABSENT}

    def pick(self, chosen: Any) -> Any:
        """What an output is: an expression, or a Selector Object; a mark where there is none."""
        if not is_selector(chosen):
            return self.find(str(chosen))
        context, selector = self.find(chosen["context"]), self._embed(str(chosen["selector"]))
        if context is _ABSENT:
            return _ABSENT
        if _kind(chosen["type"]) == "jsonpointer":
            return _follow(context, selector)
        found = [value for _, value in find_nodes(selector, context)]
        return found[0] if len(found) == 1 else found or _ABSENT

    def find(self, expression: str) -> Any:
        """The value of an expression; a mark of its own where there is none."""
        base, _, pointer = expression.partition("#")
        value = self._find_base(base)
        return _follow(value, pointer) if pointer and value is not _ABSENT else value

    def _embed(self, text: str) -> str:
        return _BRACES.sub(lambda found: spell(self._need(found[1])), text)

    def _need(self, expression: str) -> Any:
        value = self.find(expression)
        if value is _ABSENT:
            raise _missing(expression)
        return value

    def _find_base(self, text: str) -> Any:
        known = {"$statusCode": self.status, "$method": self.request.get("method", _ABSENT),
                 "$url": self.request.get("url", _ABSENT)}  # fmt: skip
        if text in known:
            return known[text]
        values = mapping_of(self.request.get("values"))
        named: tuple[tuple[str, Mapping[str, Any]], ...] = (
            ("$response.header.", self.headers),
            ("$message.header.", self.message_headers),
            *((f"$request.{place}.", values) for place in ("path", "query", "header")),
        )
        for start, found in named:
            if text.startswith(start):
                name = text.removeprefix(start)
                return found.get(name, found.get(name.lower(), _ABSENT))
        roots = (
            ("$response.body", self.body),
            ("$request.body", self.request.get("body", _ABSENT)),
            ("$message.payload", self.message),
            ("$inputs", self.inputs),
            ("$outputs", self.returned),
        )
        for start, root in roots:
            if text == start or text.startswith((f"{start}.", f"{start}[")):
                return _walk(root, text.removeprefix(start))
        if text.startswith("$steps."):
            name, _, rest = text.removeprefix("$steps.").partition(".outputs")
            return _walk(self.outputs.get(name, {}), rest)
        if text.startswith("$workflows.") and text.count(".") > 2:
            name, rest = text.removeprefix("$workflows.").split(".", 1)
            return _walk(self.workflows.get(name, {}), f".{rest}")
        raise InputError(f"The expression {text!r} is not known to us")


def is_selector(value: Any) -> bool:
    """Whether a value is a Selector Object of Arazzo 1.1."""
    return isinstance(value, Mapping) and value.keys() == _SELECTOR


def spell(value: Any) -> str:
    """A value as it stands in a text: JSON, but for texts themselves."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _missing(what: str) -> InputError:
    return InputError(
        f"{what} has no value",
        hint="Give an input with --set NAME=VALUE, or a default in the list.",
    )


def _kind(value: Any) -> str:
    return str(value.get("type", "")) if isinstance(value, Mapping) else str(value)


def _follow(value: Any, pointer: str) -> Any:
    for step in read_pointer(pointer):
        value = _enter(value, step)
    return value


def _replace(body: Any, target: str, value: Any) -> Any:
    """The body with a value set at a JSON Pointer, or wherever a JSONPath leads.

    Raises:
        InputError: There is no such place.
    """
    places: list[tuple[str, ...]] = [read_pointer(target)]
    if target.startswith("$"):
        places = [
            tuple(found[1] or found[2] for found in _PLACE.finditer(path))
            for path, _ in find_nodes(target, body)
        ]
    for place in places:
        if not place:
            return value
        parent = body
        for step in place[:-1]:
            parent = _enter(parent, step)
        if isinstance(parent, dict):
            parent[place[-1]] = value
        elif isinstance(parent, list) and _enter(parent, place[-1]) is not _ABSENT:
            parent[int(place[-1])] = value
        else:
            raise InputError(f"The body has no place {target!r}, where the list sets a value")
    return body


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
    left, right = _as_number(left, right), _as_number(right, left)
    if sign in {"==", "!="}:
        return bool(left == right) == (sign == "==")
    numbers = [isinstance(item, int | float) for item in (left, right)]
    if not all(numbers) and not (isinstance(left, str) and isinstance(right, str)):
        return False
    order = int(left > right) - int(left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _as_number(value: Any, other: Any) -> Any:
    """A text of digits as a number, where it is compared with one."""
    is_number = isinstance(other, int | float) and not isinstance(other, bool)
    if is_number and isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return value


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
