"""Markdown → blocks, by markdown-it; HTML inside it goes through the reader of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import (
    BOLD_LEVEL,
    Block,
    CodeBlock,
    Grid,
    Heading,
    TextBlock,
)
from workbench.description.prose.calls import (
    Strength,
    WrittenCall,
    calls_of_line,
)
from workbench.description.prose.documented_tables import ProseTable
from workbench.description.prose.labels import label_of, method_in
from workbench.description.prose.marks import unfold
from workbench.description.prose.pages import read_page

_RULE = re.compile(r"[ \t]*\+(?:[-=]{2,}\+){1,60}[ \t]*")
_RULES_OF_A_LIST = 3
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?=\S)((?:(?!\*\*|__).){1,90})(?:\*\*|__)[ \t]*:?")
_STATUS = re.compile(r"\b[1-5]\d\d\b")
_SPACE = re.compile(r"[\u00a0\u2002-\u200a\u202f]")
_LINKED = re.compile(r"\[((?:https?://|/)[^\[\]\s]{1,300})\]\([^()\s]{0,500}\)")  # by its address
_EXPRESSION = re.compile(r"\{\"(\{[^{}\"\n]{1,60}\})\"\}")  # `{"{id}"}` of MDX
_ENTITY = re.compile(
    r"&(?!(?:lt|gt|amp|quot|vert|num)\b)(?:[A-Za-z]{3,8}|#160|#[xX][aA]0|#8239|#x202f);"
)
_LABELS = (words.METHOD_LABEL, words.TARGET_LABEL, words.SERVER_LABEL, words.HOOK_LABEL,
           words.EVENT_LABEL, words.ENVIRONMENT)  # fmt: skip
_LONGEST_TITLE = 90  # characters of a line above the labels of a call
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
_FRONT_CALL = re.compile(
    r"^(?:api|openapi):[ \t]*[\"']?([^\"'\n]{0,60}?\b[A-Za-z]+[ \t]+\S+?)[\"']?[ \t]*$",
    re.MULTILINE,
)


def read_markdown(text: str) -> tuple[list[Block], str]:
    """Read Markdown into blocks, and return the title that stands before the text (or nothing)."""
    title = ""
    before: list[Block] = []
    front = _FRONT_MATTER.match(text)
    if front is not None:
        stated = _FRONT_TITLE.search(front[1])
        title = stated[1] if stated else ""
        call = _FRONT_CALL.search(front[1])
        before = [TextBlock(call[1], 1)] if call else []
        # The lines stay counted, so that what is told later names the right one.
        text = "\n" * front[0].count("\n") + text[front.end() :]
    # What stands inside a line is read by `calls`; the parser finds the blocks.
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    tokens = parser.parse(unfold(_write_grids(text)))
    return [*before, *_titled(list(_blocks(tokens)))], title


def _write_grids(text: str) -> str:
    """Write tables that are drawn with `+---+` as Markdown's; the lines stay as many."""
    if "+--" not in text and "+==" not in text:
        return text
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        if not _RULE.fullmatch(lines[start]):
            start += 1
            continue
        end = start
        while end < len(lines) and lines[end].lstrip()[:1] in {"|", "+"}:
            end += 1
        lines[start:end] = _grid(lines[start:end])
        start = end
    return "\n".join(lines)


def _grid(lines: list[str]) -> list[str]:
    """The lines of one such table: each line is a row, or all lines between two rules are one."""
    cuts = [place for place, sign in enumerate(lines[0]) if sign == "+"]
    is_ruled = sum(bool(_RULE.fullmatch(line)) for line in lines) > _RULES_OF_A_LIST
    rows: list[list[str]] = []
    is_open = False
    for line in lines:
        cells = _cells(line, cuts)
        if _RULE.fullmatch(line):
            is_open = False
        elif is_open and is_ruled:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
            is_open = True
    written = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    table = [f"| {row} |" for row in written]
    table[1:1] = ["|" + " --- |" * (len(cuts) - 1)] if table else []
    return ["", *table, *[""] * len(lines)][: len(lines)]


def _cells(line: str, cuts: list[int]) -> list[str]:
    if all(line[place : place + 1] in {"|", "+"} for place in cuts):
        return [line[one + 1 : other].strip() for one, other in pairwise(cuts)]
    # Drawn by hand: what stands between bars counts.
    stated = [cell.strip() for cell in re.split(r"\s\|\s", line.strip().strip("|"))]
    return [*stated, *[""] * len(cuts)][: len(cuts) - 1]


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    items = 0
    index = 0
    line = 1
    while index < len(tokens):
        token = tokens[index]
        line = token.map[0] + 1 if token.map else line
        match token.type:
            case "list_item_open":
                items += 1
            case "list_item_close":
                items -= 1
            case "heading_open":
                yield Heading(int(token.tag[1:]), _plain_spaces(tokens[index + 1].content), line)
                index += 2
            case "inline":
                yield _words(_plain_spaces(token.content), line, is_item=items > 0)
            case "fence" | "code_block":
                language = token.info.strip().split()
                if status := _STATUS.search(" ".join(language[1:])):
                    yield TextBlock(f"Response {status[0]}:", line)
                yield CodeBlock(language[0].lower() if language else "", token.content, line)
            case "html_block":
                yield from read_page(token.content)
            case "table_open":
                table, index = _read_table(tokens, index)
                yield Grid(table, line)
        index += 1


def _words(content: str, line: int, *, is_item: bool) -> Block:
    bold = None if is_item else _BOLD_LINE.fullmatch(content.strip())
    return Heading(BOLD_LEVEL, bold[1], line) if bold else TextBlock(content, line, is_item)


def _titled(blocks: Sequence[Block]) -> Iterator[Block]:
    """Make a line, numbered or not, the title of the call that stands right below it."""
    for above, block, below in zip((None, *blocks), blocks, (*blocks[1:], None), strict=False):
        if not isinstance(block, TextBlock):
            yield block
            continue
        title, _, rest = block.text.strip().partition("\n")
        is_under = isinstance(above, Heading) and above.level > 1 and not block.is_item
        under = below.text if isinstance(below, TextBlock) and block.is_item else ""
        if is_under or not _is_title(title, rest or under, is_joined=bool(rest)):
            yield block
            continue
        yield Heading(BOLD_LEVEL, title.strip(" :"), block.line)
        if rest:
            yield TextBlock(rest, block.line + 1)


def _is_title(line: str, below: str, *, is_joined: bool) -> bool:
    first = below.partition("\n")[0]
    stated = label_of(line)
    is_plain = "/" not in line and not re.match(rf"\W*(?:{words.METHODS})\b", line)
    if not first or not is_plain or not 2 < len(line) <= _LONGEST_TITLE:
        return False
    if stated and (not stated[1] or any(one.fullmatch(stated[0]) for one in _LABELS)):
        return False
    labelled = label_of(first)
    if labelled and words.METHOD_LABEL.fullmatch(labelled[0]):
        return bool(method_in(labelled[1]))
    if labelled and words.TARGET_LABEL.fullmatch(labelled[0]):
        return bool(labelled[1])
    if not is_joined or line.strip()[-1] in ".:,;`":
        return False
    alone = next(calls_of_line(first), None)
    return isinstance(alone, WrittenCall) and alone.strength is Strength.ALONE


def _plain_spaces(text: str) -> str:
    """Write entities of words and of spaces as what they mean; a path may hold the others."""
    text = _LINKED.sub(r"\1", _EXPRESSION.sub(r"\1", text))
    return _SPACE.sub(" ", _ENTITY.sub(lambda found: unescape(found[0]), text))


def _read_table(tokens: Sequence[Token], index: int) -> tuple[ProseTable, int]:
    rows: list[list[str]] = []
    while tokens[index].type != "table_close":
        if tokens[index].type == "tr_open":
            rows.append([])
        elif tokens[index].type == "inline" and rows:
            rows[-1].append(_plain_spaces(tokens[index].content))
        index += 1
    return ProseTable(tuple(rows[0]) if rows else (), tuple(map(tuple, rows[1:]))), index
