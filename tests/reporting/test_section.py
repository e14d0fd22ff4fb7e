"""Text from outside is inert, whatever it is, and wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from workbench.reporting.section import LONGEST, as_tag, displayable, sentence

from .conftest import Build, make_page, read
from .hostile import PAYLOADS, hostile

ELEMENTS = {
    "a", "b", "body", "br", "caption", "code", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3",
    "h4", "head", "header", "html", "li", "main", "meta", "nav", "ol", "p", "pre", "rect",
    "section", "span", "strong", "style", "summary", "svg", "table", "tbody", "td", "th", "thead",
    "title", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-labelledby", "charset", "class", "content", "focusable", "height", "href",
    "http-equiv", "id", "lang", "name", "preserveaspectratio", "scope", "tabindex", "viewbox",
    "width",
}  # fmt: skip


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text of the page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        """Keep the comment."""
        self.comments.append(data)


def strange(page: Tags) -> Iterator[str]:
    """Tags and attributes that no template of ours writes."""
    for tag, attributes in page.found:
        if tag not in ELEMENTS:
            yield f"<{tag}>"
        yield from (f"{tag} {name}" for name in attributes if name not in ATTRIBUTES)
        target = attributes.get("href", "#")
        if target is None or not target.startswith("#"):
            yield f"href={target}"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_strings_are_inert(build_run: Build, tmp_path: Path, payload: str) -> None:
    """A payload in every string of the partner leaves the page's structure as it is."""
    head, lines = hostile(payload)
    run = build_run(lines, **{name: getattr(head, name) for name in type(head).model_fields})
    page = Tags(make_page(read(run.path), tmp_path / "hostile.html"))
    tame_head, tame_lines = hostile("harmless words")
    changed = {name: getattr(tame_head, name) for name in type(tame_head).model_fields}
    twin = build_run(tame_lines, **(changed | {"run": "twin"}))
    expected = Tags(make_page(read(twin.path), tmp_path / "harmless.html"))
    assert list(strange(page)) == []
    assert page.comments == []
    assert [tag for tag, _ in page.found] == [tag for tag, _ in expected.found]
    text = "".join(page.text)
    assert displayable(payload) in text
    assert not set("\x00\x1b\u202e") & set(text)


@given(st.text())
def test_tamed_text_has_no_hidden_characters(text: str) -> None:
    """Controls and direction marks are shown as a sign; nothing else changes."""
    tamed = displayable(text)
    assert len(tamed) <= LONGEST + 1
    assert all(ord(sign) >= 32 or sign in "\t\n" for sign in tamed)
    assert displayable(tamed) == tamed
    if text.isascii() and text.isprintable():
        assert tamed == text[:LONGEST]


def test_markup_and_numbers_pass_as_they_are() -> None:
    """What a macro has rendered is not treated twice."""
    assert displayable(Markup("<b>\x07</b>")) == "<b>\x07</b>"
    assert displayable(3) == 3
    assert len(displayable("x" * 10_000)) == LONGEST + 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [("es", "es"), ("pt-BR", "pt-BR"), ('es" onload="x', ""), ("", ""), (None, "")],
)
def test_only_language_tags_become_language_tags(value: object, expected: str) -> None:
    """A `lang` attribute is a language tag or empty."""
    assert as_tag(value) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it works", "It works."),
        ("It works!", "It works!"),
        ("webhook:new is documented", "webhook:new is documented."),
        ("order_step is odd", "order_step is odd."),
        ("", "."),
    ],
)
def test_sentences(text: str, shown: str) -> None:
    """A plain first word gets a capital; names of theirs are left as they are."""
    assert sentence(text) == shown
