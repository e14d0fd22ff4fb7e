"""The operations of a partner, to search, to read about, and to call."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from workbench.errors import InputError
from workbench.lab.called_card import CalledCard
from workbench.lab.cell_view import Card, TableCard, escape, fold, show_table
from workbench.model import Operation
from workbench.reporting import DisplayTable, make_table
from workbench.text import suggest_name

Call = Callable[..., CalledCard]


class CallableOperation(Card):
    """One operation: call it with its parameters by name, and `body=` where it takes one.

    Its help (`?`) is what the document says of it.
    """

    def __init__(self, operation: Operation, call: Call) -> None:
        self.operation = operation
        self._call = call
        self.__doc__ = _describe(operation)
        self.__signature__ = _sign(operation)

    def __call__(self, body: Any = None, **values: Any) -> CalledCard:
        """Send it; see `workbench.open`."""
        return self._call(self.operation.id, body=body, **values)

    def to_frame(self) -> DisplayTable:
        """Its parameters."""
        return make_table(
            ("Parameter", "Where", "Needed", "Meaning"),
            (
                (item.name, item.place, "yes" if item.required else "", item.description)
                for item in self.operation.parameters
            ),
        )

    def _title(self) -> str:
        return f"{self.operation.id} · {self.operation.summary}".rstrip(" ·")

    def _html(self) -> Iterable[str]:
        if self.operation.description:
            yield fold("What the document says", f"<p>{escape(self.operation.description)}</p>")
        yield show_table(self.to_frame())

    def _lines(self) -> Iterable[str]:
        return _describe(self.operation).splitlines()[1:]


class Operations(TableCard):
    """Operations of a partner: `["GET /orders"]` or `.operationId` picks one, `.search` some."""

    def __init__(self, operations: Sequence[Operation], call: Call) -> None:
        self._operations = operations
        self._call = call

    def __getitem__(self, name: str) -> CallableOperation:
        """One by `METHOD /path` or operationId.

        Raises:
            InputError: There is none of this name; the nearest is named.
        """
        for item in self._operations:
            if name in {item.id, item.operation_id}:
                return CallableOperation(item, self._call)
        known = [item.id for item in self._operations]
        raise InputError(f"There is no operation {name!r}", hint=suggest_name(name, known))

    def __getattr__(self, name: str) -> CallableOperation:
        if any(item.operation_id == name for item in self._operations):
            return self[name]
        raise AttributeError(f"no operation has the id {name!r}", name=name, obj=self)

    def __dir__(self) -> list[str]:
        ids = [item.operation_id for item in self._operations if item.operation_id]
        return [*super().__dir__(), *(name for name in ids if name.isidentifier())]

    def __iter__(self) -> Iterator[CallableOperation]:
        return (CallableOperation(item, self._call) for item in self._operations)

    def _ipython_key_completions_(self) -> list[str]:
        return [item.id for item in self._operations]

    def search(self, words: str) -> Operations:
        """Those that have all the words in their path, id, summary, description or tags."""
        wanted = words.lower().split()
        found = [item for item in self._operations if _has(item, wanted)]
        return Operations(found, self._call)

    def to_frame(self) -> DisplayTable:
        """Operation, summary, operationId, document."""
        return make_table(
            ("Operation", "Summary", "Id", "Document"),
            (
                (item.id, item.summary, item.operation_id, item.document)
                for item in self._operations
            ),
        )

    def _title(self) -> str:
        return f"{len(self._operations)} operations"


def _has(operation: Operation, words: Iterable[str]) -> bool:
    texts = (
        operation.id,
        operation.operation_id or "",
        operation.summary,
        operation.description,
        *operation.tags,
    )
    whole = " ".join(texts).lower()
    return all(word in whole for word in words)


def _describe(operation: Operation) -> str:
    lines = [operation.id, "", operation.summary or "(the document gives no summary)"]
    if operation.description and operation.description != operation.summary:
        lines += ["", operation.description]
    if operation.parameters:
        lines += ["", "Args:"]
    for item in operation.parameters:
        need = "" if item.required else ", optional"
        lines.append(f"    {item.name} ({item.place}{need}): {item.description}".rstrip(": "))
    if operation.bodies:
        kinds = ", ".join(item.media_type for item in operation.bodies)
        lines.append(f"    body ({kinds})")
    return "\n".join(lines)


def _sign(operation: Operation) -> inspect.Signature:
    """Parameters that can be written as Python names, so that they are completed."""
    names = dict.fromkeys(
        item.name
        for item in operation.parameters
        if item.name.isidentifier() and not keyword.iskeyword(item.name) and item.name != "body"
    )
    kinds = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default="") for name in names]
    body = inspect.Parameter("body", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    return inspect.Signature([*([body] if operation.bodies else []), *kinds])
