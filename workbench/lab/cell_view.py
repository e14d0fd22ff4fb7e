"""How things of the bench look in a cell: one card, short, folded, in the colours of the front end.

Their places are known in the partner's payloads. Our entities have the same texts elsewhere, so a
text that is masked in the one is masked in the other.

Whatever a partner wrote is escaped. Long parts are folded or scroll inside a box, so that no
output is taller than about sixty lines. An outcome is told by its sign and word, and by colour.
"""

from __future__ import annotations

import html
import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from workbench.lab import plots
from workbench.secrecy import MASK, Redactor
from workbench.text import sanitize, write_token

if TYPE_CHECKING:
    import altair as alt

    from workbench.reporting import DisplayTable

_SHORTEST = 3  # shorter texts stand in others by chance


def read_body(body: bytes) -> Any:
    """A body as JSON where it is JSON, else as text; None when it is empty."""
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def find_private(redactor: Redactor, payload: Any) -> frozenset[str]:
    """The texts of a payload that are secret, or tell of a person."""
    return find_hidden(payload, read_body(redactor.mask(orjson.dumps(payload, default=str))))


def find_hidden(data: Any, masked: Any) -> frozenset[str]:
    """The texts of a value that are not there in its masked form."""
    return frozenset(_walk(data, masked))


def mask_alike(value: Any, hidden: Collection[str]) -> Any:
    """A value with these texts masked, as a whole or inside of others."""
    if isinstance(value, dict):
        return {key: mask_alike(item, hidden) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_alike(item, hidden) for item in value]
    if isinstance(value, str):
        if value in hidden:
            return MASK
        for text in hidden:
            if len(text) >= _SHORTEST:
                value = value.replace(text, MASK)
    return value


def _walk(data: Any, masked: Any) -> Iterator[str]:
    if isinstance(data, dict) and isinstance(masked, dict):
        for key in data.keys() & masked.keys():
            yield from _walk(data[key], masked[key])
    elif isinstance(data, list) and isinstance(masked, list):
        for one, other in zip(data, masked, strict=False):
            yield from _walk(one, other)
    elif data != masked and isinstance(data, str) and data:
        yield data


# Sign and class of each outcome and verdict; what needs somebody's eyes comes first in lists.
SIGNS = {
    "failed": ("✗", "bad"),
    "cant-tell": ("?", "odd"),
    "limited": ("◐", "odd"),
    "unknown": ("!", "bad"),
    "open": ("○", "odd"),
    "untested": ("·", ""),
    "inapplicable": ("-", ""),
    "passed": ("✓", "good"),
    "confirmed": ("✓", "good"),
}
_MOST_ROWS = 200
_MOST_NODES = 400
_MOST_SIGNS = 300
_TEXT_LINES = 12

STYLE = (
    "<style>"
    ".wb{color:var(--jp-ui-font-color1,inherit);font-family:var(--jp-ui-font-family,sans-serif);"
    "font-size:13px;line-height:1.45}"
    ".wb h4{margin:.2em 0 .3em;font-size:14px}.wb p{margin:.2em 0}"
    ".wb .box{max-height:26em;overflow:auto;border:1px solid var(--jp-border-color2,#8884);"
    "border-radius:3px;padding:.3em .6em;margin:.3em 0}"
    ".wb figure{margin:.4em 0;overflow-x:auto}"
    ".wb details{margin:.1em 0 .1em 1em}.wb summary{cursor:pointer;margin-left:-1em}"
    ".wb .json{font-family:var(--jp-code-font-family,monospace);font-size:12px}"
    ".wb .json div{margin-left:1em}.wb .pair{display:flex;gap:1em}.wb .pair>*{flex:1;min-width:0}"
    ".wb table{border-collapse:collapse;margin:.2em 0}.wb tr{background:none!important}"
    ".wb th,.wb td{text-align:left!important;vertical-align:top;padding:.15em .9em .15em 0;"
    "overflow-wrap:break-word;max-width:34em;white-space:normal;"
    "border-bottom:1px solid var(--jp-border-color2,#8884)}"
    ".wb .good{color:var(--jp-success-color1,#2e7d32)}"
    ".wb .bad{color:var(--jp-error-color1,#c62828)}"
    ".wb .odd{color:var(--jp-warn-color1,#b26a00)}.wb .dim{opacity:.7}"
    "</style>"
)


class Card(ABC):
    """Something that shows itself: as HTML in a notebook, as a few lines of text elsewhere."""

    @abstractmethod
    def _title(self) -> str:
        """One line."""

    @abstractmethod
    def _html(self) -> Iterable[str]:
        """What stands below the title, as HTML."""

    @abstractmethod
    def _lines(self) -> Iterable[str]:
        """What stands below the title, as text."""

    def _repr_html_(self) -> str:
        body = "".join(self._html())
        return f'{STYLE}<div class="wb"><h4>{escape(self._title())}</h4>{body}</div>'

    def __repr__(self) -> str:
        lines = [sanitize(line) for line in self._lines()]
        more = len(lines) - _TEXT_LINES
        shown = lines if more <= 0 else [*lines[:_TEXT_LINES], f"… and {more} more"]
        return "\n  ".join([sanitize(self._title()), *shown])


class TableCard(Card):
    """A card that is a table; what needs somebody's eyes stands on top."""

    @abstractmethod
    def to_frame(self) -> DisplayTable:
        """All of it, as a pandas data frame."""

    def _chart(self) -> alt.TopLevelMixin | None:
        """The table as a picture; None where there is nothing to draw."""
        return None

    def _html(self) -> Iterable[str]:
        chart, table = self._chart(), show_table(self.to_frame())
        if chart is None:
            yield table
        else:
            yield f"<figure>{plots.draw(chart)}</figure>"
            yield fold("As a table", table)

    def _lines(self) -> Iterable[str]:
        yield from (
            " · ".join(str(cell) for cell in row if str(cell))
            for row in self.to_frame().itertuples(index=False)
        )

    def __len__(self) -> int:
        return len(self.to_frame())


def escape(text: object) -> str:
    """Text of anybody, safe inside HTML."""
    return html.escape(sanitize(str(text)))


def mark(outcome: str) -> str:
    """Sign, word and colour of an outcome or verdict, as HTML."""
    sign, kind = SIGNS.get(outcome, ("·", ""))
    return f'<span class="{kind}">{sign} {escape(outcome)}</span>'


def fold(title: str, content: str, *, is_open: bool = False) -> str:
    """A part that opens when asked to."""
    state = " open" if is_open else ""
    box = f'<div class="box">{content}</div>'
    return f"<details{state}><summary>{escape(title)}</summary>{box}</details>"


def pair(left: str, right: str) -> str:
    """Two parts side by side."""
    return f'<div class="pair"><div>{left}</div><div>{right}</div></div>'


def show_table(frame: DisplayTable) -> str:
    """A table in a box that scrolls; the first column is marked where it holds outcomes."""
    if not len(frame):
        return '<p class="dim">Nothing.</p>'
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    rows = [
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in frame.head(_MOST_ROWS).itertuples(index=False)
    ]
    more = len(frame) - len(rows)
    note = f'<p class="dim">… and {more} more, in .to_frame()</p>' if more else ""
    return f'<div class="box"><table><tr>{head}</tr>{"".join(rows)}</table>{note}</div>'


def _cell(value: object) -> str:
    text = str(value)
    return mark(text) if text in SIGNS else escape(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SIGNS else f"{text[:_MOST_SIGNS]}…"


def show_json(value: Any, marks: Sequence[tuple[str, str]] = ()) -> str:
    """JSON, folded below the second level; `marks` are (JSON Pointer, what is wrong there)."""
    tree = _Tree(dict(marks))
    return f'<div class="json box">{tree.draw(value)}</div>'


class _Tree:
    """Draws a JSON value as nested folds, with an end to how much."""

    def __init__(self, marks: dict[str, str]) -> None:
        self._marks = marks
        self._left = _MOST_NODES

    def draw(self, value: Any, pointer: str = "", label: str = "", depth: int = 0) -> str:
        self._left -= 1
        if self._left < 0:
            return "<div>…</div>" if self._left == -1 else ""
        name = f"<strong>{escape(label)}</strong>: " if label else ""
        wrong = self._marks.get(pointer)
        told = f' <span class="bad">✗ {escape(wrong)}</span>' if wrong else ""
        if not isinstance(value, dict | list) or not value:
            shown = escape(_cut(_plain(value)))
            return f"<div>{name}{shown}{told}</div>"
        items = value.items() if isinstance(value, dict) else enumerate(value)
        inside = "".join(
            self.draw(item, pointer + write_token(key), str(key), depth + 1) for key, item in items
        )
        is_open = depth < 1 or any(place.startswith(f"{pointer}/") for place in self._marks)
        size = f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"
        state = " open" if is_open else ""
        return f"<details{state}><summary>{name}{size}{told}</summary>{inside}</details>"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
