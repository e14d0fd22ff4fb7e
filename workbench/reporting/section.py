"""One section of a report: HTML for pages and notebooks, plain text for everything else."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from workbench.reporting import wording

_TAG = re.compile(r"<[^>]+>")
_GAP = re.compile(r"[ \t]*\n\s*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# Control characters (terminal escapes among them), and the marks that turn the order of text.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_WORD = re.compile(r"[^\W\d_]+(?=[\s,.;?!]|$)")
LONGEST = 2_000


@dataclass(frozen=True)
class Section:
    """Rendered from `templates/sections/<name>.html.j2`; every value of the partner is escaped."""

    name: str
    values: dict[str, Any]

    def _repr_html_(self) -> str:
        return environment().get_template(f"sections/{self.name}.html.j2").render(self.values)

    def __repr__(self) -> str:
        text = html.unescape(_TAG.sub("", self._repr_html_()))
        return _GAP.sub("\n", text).strip()


@cache
def environment() -> Environment:
    """The one Jinja environment: escapes everything, refuses undefined names."""
    made = Environment(
        loader=PackageLoader("workbench.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=tame,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = lambda value: f"{value:%-d %B %Y, %H:%M} UTC"
    made.filters["percent"] = lambda value: f"{value:.0%}"
    made.filters["language"] = language
    made.filters["sentence"] = sentence
    made.globals |= {
        name.lower(): getattr(wording, name)
        for name in ("OUTCOMES", "SEVERITIES", "SOURCES", "LIFTERS")
    }
    made.globals["count"] = wording.count
    return made


def tame(value: Any) -> Any:
    """Cap the length of a text and show control characters as �; markup passes as it is.

    Applied to every value before it is escaped: a partner's answer may be a megabyte long, and may
    hold terminal escapes or marks that reverse the reading direction.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return _UNSEEN.sub("�", text)


def language(value: object) -> str:
    """A language tag that is fit for a `lang` attribute; empty (unknown) when it is none."""
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""


def sentence(text: str) -> str:
    """The text with a full stop, and a capital first letter where it begins with a plain word."""
    text = text.strip()
    first = text[:1].upper() if _WORD.match(text) else text[:1]
    return f"{first}{text[1:]}{'' if text.endswith(('.', '!', '?', '…')) else '.'}"
