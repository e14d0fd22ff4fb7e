"""HTML, cut into sections by its headings; nothing in it is run, drawn or fetched.

Only text, headings, code blocks and tables count. What a browser would run or load (scripts,
styles, frames, objects) and what only steers a reader (navigation) is skipped with its content.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.description.draft_operations import DraftDocument
from workbench.description.prose_sections import Fence, ProseSection, read_sections
from workbench.description.prose_tables import ProseTable
from workbench.model.description import DocumentWarning

_HEADING = re.compile(r"h[1-6]")
_SKIPPED = frozenset(
    {"script", "style", "title", "template", "noscript", "svg", "iframe", "object", "nav", "select"}
)
_BLOCKS = frozenset(
    {"p", "li", "dt", "dd", "div", "section", "article", "blockquote", "ul", "ol", "dl", "main"}
    | {"aside", "header", "footer", "form", "br", "hr", "body"}
)
_LANGUAGE = re.compile(r"(?:lang(?:uage)?|highlight|brush)[-:\s]+([a-z0-9]+)|^(json)$")


def read_html(text: str, name: str) -> tuple[DraftDocument, tuple[DocumentWarning, ...]]:
    """Read an HTML page into a drafted document, as `read_markdown` does.

    Args:
        text: The whole page.
        name: Document name, for the warnings and as a title of last resort.

    Raises:
        DescriptionError: The page names no call and no event.
    """
    page = _Page()
    page.feed(_without_remarks(text))
    page.finish()
    return read_sections(page.sections, "\n".join(page.words), name)


def _without_remarks(text: str) -> str:
    # Comments and declarations say nothing to a reader, and many that never close would take the
    # parser of the library quadratic time.
    for opener, closer in (("<!--", "-->"), ("<!", ">"), ("<?", ">")):
        parts = []
        start = 0
        while (place := text.find(opener, start)) >= 0:
            parts.append(text[start:place])
            end = text.find(closer, place)
            start = end + len(closer) if end >= 0 else len(text)
        text = "".join((*parts, text[start:]))
    return text


class _Page(HTMLParser):
    """Collects the sections of a page while the parser walks over it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[ProseSection] = [ProseSection(0, "", 1)]
        self.words: list[str] = []
        self.above: list[tuple[int, str]] = []
        self.text: list[str] = []
        self.skipping: list[str] = []
        self.rows: list[list[str]] | None = None
        self.is_code = self.is_cell = False
        self.language = ""
        self.line = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, a heading, a code block, a table or a cell; or begin to skip."""
        if self.skipping or tag in _SKIPPED:
            if not self.skipping or tag == self.skipping[-1]:
                self.skipping.append(tag)
            return
        if tag in {"pre", "code"}:
            self.note_language(attrs)
        if tag in {"pre", "table", "tr", "td", "th"} or _HEADING.fullmatch(tag):
            self.begin(tag)
        elif self.is_code:
            self.text.append("\n" if tag == "br" else "")
        elif tag in _BLOCKS and self.rows is None:
            self.end_paragraph()
        else:
            self.text.append("`" if tag == "code" else " ")

    def handle_endtag(self, tag: str) -> None:
        """End what the tag began."""
        if self.skipping:
            if tag == self.skipping[-1]:
                self.skipping.pop()
            return
        if self.is_code:
            if tag == "pre":
                self.end_code()
        elif _HEADING.fullmatch(tag):
            self.end_heading(int(tag[1]))
        elif tag in {"td", "th", "tr"}:
            self.end_cell()
        elif tag == "table":
            self.end_table()
        elif tag in _BLOCKS and self.rows is None:
            self.end_paragraph()
        else:
            self.text.append("`" if tag == "code" else " ")

    def handle_data(self, data: str) -> None:
        """Keep the text that a reader sees."""
        if not self.skipping:
            self.text.append(data)

    def begin(self, tag: str) -> None:
        """Begin a heading, a code block or a part of a table."""
        if tag == "table":
            self.end_paragraph()
            self.rows = []
        elif tag in {"tr", "td", "th"}:
            self.end_cell()
            if self.rows is not None and tag == "tr":
                self.rows.append([])
            self.is_cell = tag != "tr"
        elif tag == "pre":
            self.end_paragraph()
            self.is_code = True
        else:
            self.end_paragraph()
            self.line = self.getpos()[0]

    def note_language(self, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the language that a code block names in its class."""
        stated = " ".join(value or "" for key, value in attrs if key in {"class", "data-lang"})
        found = _LANGUAGE.search(stated.lower())
        if found:
            self.language = found[1] or found[2]

    def taken(self) -> str:
        """The text collected so far, on one line; begins anew."""
        text = " ".join("".join(self.text).split())
        self.text = []
        if text:
            self.words.append(text)
        return text

    def end_heading(self, level: int) -> None:
        """Open the section below a heading."""
        title = self.taken().strip("¶# ")
        self.above = [item for item in self.above if item[0] < level]
        parents = tuple(words for _, words in self.above)
        if title:
            self.sections.append(ProseSection(level, title, self.line, parents))
            self.above.append((level, title))

    def end_paragraph(self) -> None:
        """Add the text since the last block to the section."""
        text = self.taken()
        if text:
            self.sections[-1].paragraphs.append(text)

    def end_code(self) -> None:
        """Add a code block to the section."""
        text = "".join(self.text)
        self.text, self.is_code = [], False
        self.words.append(text)
        language, self.language = self.language, ""
        self.sections[-1].fences.append(Fence(language, text, self.lead()))

    def end_cell(self) -> None:
        """Add the open cell to its row; its end tag may be missing."""
        if self.is_cell and self.rows:
            self.rows[-1].append(self.taken())
        self.is_cell = False

    def end_table(self) -> None:
        """Add a table to the section."""
        self.end_cell()
        rows = [tuple(row) for row in self.rows or () if row]
        self.rows = None
        if rows:
            self.sections[-1].tables.append((ProseTable(rows[0], tuple(rows[1:])), self.lead()))

    def lead(self) -> str:
        """The words just before a table or a code block."""
        return self.sections[-1].paragraphs[-1] if self.sections[-1].paragraphs else ""

    def finish(self) -> None:
        """Close what the page left open; a tag that never ends is left out."""
        if self.is_code:
            self.end_code()
        if self.rows is not None:
            self.end_table()
        self.end_paragraph()
