"""HTML → blocks; nothing in it is run, drawn or fetched.

Only text, headings, code blocks and tables count. What a browser would run or load (scripts,
styles, frames, objects) and what only steers a reader (navigation) is skipped with its content.
Portals draw a call from several elements; a method that stands alone in one is set apart from
what follows, and the pieces of a path are joined.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import (
    BOLD_LEVEL,
    Block,
    CodeBlock,
    Grid,
    Heading,
    TextBlock,
)
from workbench.description.prose.documented_tables import ProseTable
from workbench.text import strip_invisible

_HEADING = re.compile(r"h[1-6]")
_SKIPPED = frozenset(
    {"script", "style", "title", "template", "noscript", "svg", "iframe", "object", "nav", "select"}
)
_BLOCKS = frozenset(
    {"p", "li", "dt", "dd", "div", "section", "article", "blockquote", "ul", "ol", "dl", "main"}
    | {"aside", "header", "footer", "form", "br", "hr", "body", "button", "summary", "details"}
)
_GLUE = frozenset({"wbr", "b", "strong", "i", "em", "code", "mark"})
_BOLD = frozenset({"b", "strong"})
_LANGUAGE = re.compile(r"(?:lang(?:uage)?|highlight|brush)[-:\s]+([a-z0-9]+)|^(json)$")
_METHOD = re.compile(rf"\s*({words.METHODS}|DEL)\s*", re.IGNORECASE)
_METHOD_ATTRIBUTE = re.compile(r"data-(?:type|(?:http-|request-)?(?:method|verb))")
_TARGET_START = re.compile(r"\s*(?:/|https?://|\{\{)")
# An argument in a path as Sphinx draws it, `(int: id)` in elements of their own.
_ARGUMENT = re.compile(
    r"(?<=/)[`\0\s]{0,4}\([`\0\s]{0,4}(?:\w{1,20}:[`\0\s]{0,4})?(\w{1,60})[`\0\s]{0,4}\)(?:[`\0]{0,4}(?=/))?"
)
_LONGEST_BOLD = 90  # characters of a bold line that counts as a heading
_LONGEST_PIECE = 12  # characters of an element that may be a method


def read_page(text: str) -> list[Block]:
    """Read an HTML page, or a piece of one, into blocks."""
    page = _Page()
    page.feed(without_remarks(text))
    page.finish()
    return page.blocks


def without_remarks(text: str) -> str:
    """Return a page without comments and declarations."""
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
    """Collects the blocks of a page while the parser walks over it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.text: list[str] = []
        self.bold = 0  # characters of the open paragraph that are bold
        self.bold_from: int | None = None
        self.skipping: list[str] = []
        self.rows: list[list[str]] | None = None
        self.is_code = self.is_cell = self.is_item = self.is_span_open = False
        self.language = self.method = ""
        self.line = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, a heading, a code block, a table or a cell; or begin to skip."""
        if self.skipping or tag in _SKIPPED:
            if not self.skipping or tag == self.skipping[-1]:
                self.skipping.append(tag)
            return
        if tag in {"pre", "code"}:
            self.note_language(attrs)
        self.note_method(tag, attrs)
        if self.is_code:
            is_apart = tag in _BLOCKS or _HEADING.fullmatch(tag)
            self.text.append("\n" if tag == "br" else " " if is_apart else "")
        elif tag in {"pre", "table", "tr", "td", "th"} or _HEADING.fullmatch(tag):
            self.begin(tag)
        elif tag == "br" and self.rows is not None:
            self.text.append("<br>")
        elif tag in _BLOCKS and self.rows is None:
            self.end_paragraph()
            self.is_item = tag in {"li", "dd", "dt"} or (self.is_item and tag in {"p", "div"})
        else:
            self.join(tag)
            if tag in _BOLD:
                self.bold_from = len(self.text)

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
            self.is_item = self.is_item and tag not in {"li", "ul", "ol", "dl"}
        else:
            if tag in _BOLD and self.bold_from is not None:
                self.bold += sum(map(len, self.text[self.bold_from :]))
                self.bold_from = None
            self.join(tag)

    def handle_data(self, data: str) -> None:
        """Keep the text that a reader sees."""
        if self.skipping:
            return
        if self.method and data.strip():
            stated, self.method = self.method, ""
            if _TARGET_START.match(data):
                data = f"{stated} {data.lstrip()}"
        if self.is_code:
            self.text.append(data)
            return
        data = strip_invisible(data)
        method = _METHOD.fullmatch(data) if len(data) <= _LONGEST_PIECE else None
        if method and not self.is_span_open:
            word = method[1].upper()
            data = f" `{'DELETE' if word == 'DEL' else word}` "
        self.text.append(data)

    def join(self, tag: str) -> None:
        """Mark the border of an element inside a line: a code mark, or a space that may go."""
        if tag == "code":
            self.text.append("`")
            self.is_span_open = not self.is_span_open
        elif tag not in _GLUE:
            self.text.append("\0")

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
            self.line = self.getpos()[0]
        else:
            self.end_paragraph()
            self.line = self.getpos()[0]

    def note_language(self, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the language that a code block names in its class."""
        stated = " ".join(value or "" for key, value in attrs if key in {"class", "data-lang"})
        found = _LANGUAGE.search(stated.lower())
        if found:
            self.language = found[1] or found[2]

    def note_method(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a method that an element names beside its text; read the picture of one."""
        for key, value in attrs:
            found = _METHOD.fullmatch(value or "") if len(value or "") <= _LONGEST_PIECE else None
            if found and tag == "img" and key == "alt":
                self.handle_data(found[1])
            elif found and _METHOD_ATTRIBUTE.fullmatch(key):
                self.method = "DELETE" if found[1].upper() == "DEL" else found[1].upper()

    def taken(self) -> str:
        """The text collected so far, on one line; begins anew."""
        text = "".join(self.text)
        # Elements stand side by side: pieces of a path touch, words do not.
        text = re.sub(r"(?<=[/}\w])\0+(?=/)|(?<=/)\0+(?=[\w{:(])|(?<=\})\0+(?=\{)", "", text)
        text = _ARGUMENT.sub(r"{\1}", text)
        self.text, self.bold_from, self.is_span_open = [], None, False
        return " ".join(text.replace("\0", " ").split())

    def end_heading(self, level: int) -> None:
        """Open the section below a heading."""
        title = self.taken().strip("¶# ")
        self.bold = 0
        if title:
            self.blocks.append(Heading(level, title, self.line))

    def end_paragraph(self) -> None:
        """Add the text since the last block."""
        text = self.taken()
        is_bold = self.bold > 0 and len(text) <= min(self.bold + 1, _LONGEST_BOLD)
        self.bold = 0
        if not text:
            return
        line = self.getpos()[0]
        if is_bold and not self.is_item:
            self.blocks.append(Heading(BOLD_LEVEL, text, line))
        else:
            self.blocks.append(TextBlock(text, line, self.is_item))

    def end_code(self) -> None:
        """Add a code block."""
        text = "".join(self.text).replace("\0", "")
        self.text, self.is_code = [], False
        language, self.language = self.language, ""
        self.blocks.append(CodeBlock(language, text, self.line))

    def end_cell(self) -> None:
        """Add the open cell to its row; its end tag may be missing."""
        if self.is_cell and self.rows:
            self.rows[-1].append(self.taken())
        self.is_cell = False

    def end_table(self) -> None:
        """Add a table."""
        self.end_cell()
        rows = [tuple(row) for row in self.rows or () if row]
        self.rows = None
        if rows:
            self.blocks.append(Grid(ProseTable(rows[0], tuple(rows[1:])), self.getpos()[0]))

    def finish(self) -> None:
        """Close what the page left open; a tag that never ends is left out."""
        if self.is_code:
            self.end_code()
        if self.rows is not None:
            self.end_table()
        self.end_paragraph()
