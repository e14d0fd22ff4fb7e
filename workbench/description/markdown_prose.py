"""Markdown, cut into sections by its headings; what they say is read by `sections`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from workbench.description.draft_operations import DraftDocument
from workbench.description.prose_sections import Fence, ProseSection, read_sections
from workbench.description.prose_tables import ProseTable
from workbench.model.description import DocumentWarning


def read_markdown(text: str, name: str) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read Markdown into a drafted document.

    Args:
        text: The whole text.
        name: Document name, for the warnings and as a title of last resort.

    Raises:
        DescriptionError: The text names no call and no event.
    """
    return read_sections(list(_sections(text)), text, name)


def _sections(text: str) -> Iterator[ProseSection]:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    current = ProseSection(0, "", 1)
    above: list[tuple[int, str]] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        match token.type:
            case "heading_open":
                yield current
                level = int(token.tag[1:])
                above = [item for item in above if item[0] < level]
                title = tokens[index + 1].content
                line = token.map[0] + 1 if token.map else 1
                current = ProseSection(level, title, line, tuple(words for _, words in above))
                above.append((level, title))
                index += 2
            case "inline":
                current.paragraphs.append(token.content)
            case "fence" | "code_block":
                lead = current.paragraphs[-1] if current.paragraphs else ""
                words = token.info.strip().split()
                current.fences.append(Fence(words[0].lower() if words else "", token.content, lead))
            case "table_open":
                table, index = _read_table(tokens, index)
                lead = current.paragraphs[-1] if current.paragraphs else ""
                current.tables.append((table, lead))
        index += 1
    yield current


def _read_table(tokens: Sequence[Token], index: int) -> tuple[ProseTable, int]:
    rows: list[list[str]] = []
    while tokens[index].type != "table_close":
        if tokens[index].type == "tr_open":
            rows.append([])
        elif tokens[index].type == "inline" and rows:
            rows[-1].append(tokens[index].content)
        index += 1
    return ProseTable(tuple(rows[0]) if rows else (), tuple(map(tuple, rows[1:]))), index
