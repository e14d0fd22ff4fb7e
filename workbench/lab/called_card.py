"""A call as a cell shows it: the answer, where it breaks the document, and our side of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.canonical import Entity
from workbench.lab.calling import Called
from workbench.lab.cell_view import Card, escape, fold, pair, show_json, show_table
from workbench.model import write_json
from workbench.reporting import DisplayTable, make_table


class CalledCard(Card):
    """What became of a call.

    Attributes:
        called: All of it; `.data` is the body as it came, to go on with.
    """

    def __init__(self, called: Called) -> None:
        self.called = called

    @property
    def data(self) -> Any:
        """The body as it came, not masked: give it to `try_mapping` or `compare`."""
        return self.called.data

    @property
    def value(self) -> Entity | None:
        """Our entity, where a mapping translated the answer."""
        return self.called.value

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.called.status

    @property
    def violations(self) -> DisplayTable:
        """Where the body breaks the document's schema."""
        rows = ((item.pointer or "/", item.message) for item in self.called.violations)
        return make_table(("Where", "What the document does not allow"), rows)

    def to_frame(self) -> DisplayTable:
        """The whole call as one row."""
        one = self.called
        return make_table(
            ("Operation", "Status", "Milliseconds", "Violations", "Mapping", "Trouble"),
            [
                (
                    one.operation,
                    one.status,
                    one.latency_ms,
                    len(one.violations),
                    one.mapping,
                    one.trouble,
                )
            ],
        )

    def _title(self) -> str:
        sign = "✓" if self.called.is_success and not self.called.violations else "✗"
        one = self.called
        return f"{sign} {one.operation} → {one.status} in {one.latency_ms:.0f} ms"

    def _html(self) -> Iterable[str]:
        one = self.called
        yield f'<p class="{"bad" if one.violations else "dim"}">{escape(self._fit())}</p>'
        if one.violations:
            yield show_table(self.violations)
        marks = [(item.pointer, item.message) for item in one.violations]
        answer = show_json(one.body, marks)
        if one.trouble:
            ours = f'<p class="bad">✗ {escape(one.mapping)}: {escape(one.trouble)}</p>'
            yield pair(f"<p>Answer</p>{answer}", ours)
        elif one.entity is not None:
            yield pair(
                f"<p>Answer</p>{answer}",
                f"<p>By the mapping {escape(one.mapping)}</p>{show_json(one.entity)}",
            )
        else:
            yield answer
        headers = make_table(("Header", "Value"), one.headers.items())
        yield fold(f"{len(one.headers)} headers", show_table(headers))
        yield fold("As a shell command", f'<code class="json">{escape(one.command)}</code>')

    def _lines(self) -> Iterable[str]:
        one = self.called
        yield self._fit()
        yield from (f"✗ {item.pointer or '/'}: {item.message}" for item in one.violations)
        if one.trouble:
            yield f"✗ {one.mapping}: {one.trouble}"
        yield from write_json(one.body, indent=True).splitlines()

    def _fit(self) -> str:
        one = self.called
        if not one.schema:
            return f"The document has no schema for an answer {one.status}."
        if one.violations:
            return f"{len(one.violations)} places break the schema of the document."
        return f"As the document says for {one.schema}."
