"""The words of this room in each language, and the pages that they stand on."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from workbench.partners import Partner
from workbench.reporting import (
    Language,
    load_language,
    make_environment,
    read_part,
    translate_phrase,
)
from workbench.text import sanitize


@cache
def load_words(code: str) -> Language:
    """The messages of a language: those of reports, and those of this room."""
    return Language(code, {**load_language(code).messages, **read_part(code, "handover")})


@cache
def environment(code: str) -> Environment:
    """The Jinja environment of a language: escapes everything, refuses undefined names."""
    return make_environment("workbench.handover", load_words(code))


@cache
def text_environment(code: str) -> Environment:
    """As `environment`, for plain text: a value of others stays on its line, and inert."""
    made = make_environment("workbench.handover", load_words(code)).overlay(autoescape=False)
    words = load_words(code)
    made.globals |= {"say": words.say}
    made.filters |= {"line": _one_line, "cell": lambda text: _one_line(text).replace("|", "¦")}
    return made


def _one_line(text: str) -> str:
    return " ".join(str(sanitize(text)).split())


def write_page(name: str, code: str, **values: Any) -> str:
    """A page of its own: no script, no request, one style sheet that its policy names by hash."""
    shared = files("workbench.reporting").joinpath("templates", "report", "style.css")
    own = files("workbench.handover").joinpath("templates", "style.css")
    style = f"\n{shared.read_text('utf-8')}\n{own.read_text('utf-8')}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment(code).get_template(f"{name}.html.j2")
    return template.render(style=style, style_digest=f"sha256-{digest}", code=code, **values)


def speak(text: str, partner: Partner | None, code: str) -> str:
    """A sentence of the folder in the language, where the folder has it, or where it is ours."""
    known = partner.translations(code) if partner else {}
    return known[text] if text in known else translate_phrase(text, code)
