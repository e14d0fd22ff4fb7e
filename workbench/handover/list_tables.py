"""The rows of a partner's certification list that is a table, whatever its columns are called.

A head is a row that names at least the column with what is to be tried. Where a file has no such
table, the items of its lists are the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.text import strip_accents
from workbench.vocabulary import split_words

# What a column may be called, in a few languages; of several for one thing the first counts.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "step": (
        "title", "case", "caso", "cas", "fall", "testfall", "scenario", "escenario", "szenario",
        "test", "prueba", "essai", "check", "step", "steps", "paso", "pasos", "schritt", "etape",
        "task", "tarea", "action", "accion", "aktion", "requirement", "requisito", "name",
        "nombre", "description", "descripcion", "beschreibung", "what",
    ),
    "expected": (
        "expected", "expectation", "expect", "esperado", "erwartet", "erwartetes", "attendu",
        "atteso", "outcome", "resultado", "result", "ergebnis", "resultat", "acceptance", "should",
    ),
    "feature": ("feature", "funcion", "funktion", "fonction", "criterion", "criterio"),
    "minutes": ("minutes", "minutos", "minuten", "min", "duration", "duracion", "dauer"),
    "operation": ("operation", "operacion", "endpoint", "api", "call", "request", "route"),
}  # fmt: skip
# A column with these words numbers or judges the rows, and says nothing of what is tried.
_BESIDE = frozenset(
    {"id", "no", "nr", "num", "number", "numero", "nummer", "ref", "code", "key", "status",
     "pass", "passed", "actual", "real", "date", "tester", "owner", "priority", "comments"}
)  # fmt: skip
_NUMBER = re.compile(r"^\W*(?:[A-Za-z]{0,6}[-_. ]?\d+(?:[.\-]\d+)*)?\W*$")
_MINUTES = re.compile(r"(\d{1,4})(?!\d)")
_BOX = re.compile(r"^\[[ xX]?\]\s*")
_LONGEST_HEAD = 40


@dataclass(frozen=True)
class TableRow:
    """One row, as it was written.

    Attributes:
        title: What is to be tried.
        expected: What should be seen.
        feature: Of our catalogue, where a column names one.
        minutes: How long it takes; 0: nothing is said.
        operation: Which call it is about.
    """

    title: str
    expected: tuple[str, ...] = ()
    feature: str = ""
    minutes: int = 0
    operation: str = ""


def read_table(rows: Iterable[Sequence[str]], items: Sequence[str] = ()) -> Iterator[TableRow]:
    """The rows below each head; without any head, the items of lists.

    Args:
        rows: Of all tables of a file, one after another.
        items: Of its lists.
    """
    columns: dict[str, list[int]] = {}
    has_head = False
    for cells in rows:
        if head := _read_head(cells):
            columns, has_head = head, True
        elif columns and (row := _read_row(cells, columns)):
            yield row
    if not has_head:
        plain = (_BOX.sub("", item).strip() for item in items)
        yield from (TableRow(item) for item in plain if item)


def _read_head(cells: Sequence[str]) -> dict[str, list[int]]:
    """Column by what it holds, the best first; empty where the row is no head."""
    found: dict[str, list[tuple[int, int]]] = {}
    for place, cell in enumerate(cells):
        words = [strip_accents(word).lower() for word in split_words(cell)]
        if not words or len(cell) > _LONGEST_HEAD or _BESIDE & {*words}:
            continue
        for key in ("expected", "feature", "minutes", "operation", "step"):
            ranks = [_COLUMNS[key].index(word) for word in words if word in _COLUMNS[key]]
            if ranks:
                found.setdefault(key, []).append((min(ranks), place))
                break
    # One word alone may be the text of a row; a head says two things, or is short throughout.
    is_head = "step" in found and (len(found) > 1 or all(len(cell) <= 12 for cell in cells))
    return (
        {key: [place for _, place in sorted(ranked)] for key, ranked in found.items()}
        if (is_head)
        else {}
    )


def _read_row(cells: Sequence[str], columns: Mapping[str, list[int]]) -> TableRow | None:
    told = {
        key: [cells[place].strip() for place in places if place < len(cells)]
        for key, places in columns.items()
    }
    said = [text for text in told["step"] if text and not _NUMBER.match(text)]
    if not said:
        return None
    minutes = _MINUTES.search(next(iter(told.get("minutes", [])), ""))
    return TableRow(
        title=said[0],
        expected=tuple(text for text in told.get("expected", []) if text),
        feature=next((text for text in told.get("feature", []) if text), ""),
        minutes=int(minutes[1]) if minutes else 0,
        operation=next((text for text in told.get("operation", []) if text), ""),
    )
