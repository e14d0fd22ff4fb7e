"""What is done to any text: nothing hidden moves a cursor, and pointers mean what the RFC says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath import JSONPointer

from workbench.text import (
    escape_sign,
    read_pointer,
    sanitize,
    strip_accents,
    strip_invisible,
    suggest_name,
    write_pointer,
)


@pytest.mark.parametrize(
    "hidden", ["\x1b", "\x00", "\x9b", "\u202e", "\u2028", "\u2066", "\ufffe", "\ud800", "\x7f"]
)
def test_hidden_signs_are_marked(hidden: str) -> None:
    """An escape, a mark of direction, an unseen break and half a character are all shown."""
    assert sanitize(f"a{hidden}b") == "a\ufffdb"
    assert sanitize(f"a{hidden}b", by="") == "ab"
    assert sanitize(f"a{hidden}b", escape_sign) == f"a\\u{ord(hidden):04x}b"


@pytest.mark.parametrize(
    "text", ["a\tb\nc", "café", "日本語", "\u0645\u06cc\u200c\u062e", "👩\u200d🍳", "🇪🇸"]
)
def test_what_people_write_stays(text: str) -> None:
    """Tabs, line feeds, every script, and the joiners that scripts and emoji need."""
    assert sanitize(text) == text


def test_invisible_signs_can_be_left_out() -> None:
    """Places where a line may break do not split a word."""
    assert strip_invisible("/or\u200bders\ufeff/so\u00adft") == "/orders/soft"


def test_accents_fold() -> None:
    """Composed and decomposed letters become the plain one."""
    assert strip_accents("Menú, garçon, Cafe\u0301") == "Menu, garcon, Cafe"


def test_the_nearest_name_is_offered() -> None:
    """Else those that there are, and how many more."""
    assert suggest_name("statsu", ["status", "total"]) == "Did you mean 'status'?"
    assert suggest_name("zzz", ["b", "a"]) == "Known: a, b."
    assert suggest_name("zzz", []) == "Known: none."
    assert suggest_name("zzz", map(str, range(10, 30))).endswith("and 8 more.")


STEPS = st.lists(st.text(max_size=4) | st.sampled_from(["~", "/", "~1", "~0/", "0", ""]))


@given(STEPS)
def test_pointers_are_those_of_the_library(steps: list[str]) -> None:
    """Written as python-jsonpath writes them, and read back as they were."""
    ours = write_pointer(steps)
    assert ours == str(JSONPointer.from_parts(steps, unicode_escape=False))
    assert read_pointer(ours) == tuple(steps)
