"""One section of a report: HTML for pages and notebooks, plain text for everything else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from workbench.reporting.exchange import write_answer, write_request
from workbench.reporting.language import DEFAULT, Language, load_language
from workbench.reporting.phrase import name_change, name_check, name_finding
from workbench.reporting.row import FACTS, OUTCOMES, SEVERITIES, SIGNS, STANDINGS
from workbench.reporting.summary import tell_signature
from workbench.reporting.walked import STEP_SIGNS, draw_walks
from workbench.text import sanitize

_TAG = re.compile(r"<[^>]+>")
_GAP = re.compile(r"[ \t]*\n\s*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_WORD = re.compile(r"[^\W\d_]+(?=[\s,;?!]|\.\s|\.?$)")
LONGEST = 2_000


@dataclass(frozen=True)
class ReportSection:
    """Rendered from `templates/sections/<name>.html.j2`; every value of the partner is escaped."""

    name: str
    values: dict[str, Any]
    language: str = DEFAULT

    def _repr_html_(self) -> str:
        made = environment(self.language)
        return made.get_template(f"sections/{self.name}.html.j2").render(self.values)

    def __repr__(self) -> str:
        text = html.unescape(_TAG.sub("", self._repr_html_()))
        return _GAP.sub("\n", text).strip()


@cache
def environment(code: str = DEFAULT) -> Environment:
    """The Jinja environment of a language: escapes everything, refuses undefined names."""
    return make_environment("workbench.reporting", load_language(code))


def make_environment(package: str, language: Language) -> Environment:
    """As `environment`, for the templates of a package and other words."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("workbench.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=displayable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "say": _mark_up(language.say),
        "count": _mark_up(partial(_count, language)),
        "outcomes": OUTCOMES,
        "standings": STANDINGS,
        "severities": SEVERITIES,
        "signs": SIGNS,
        "facts": FACTS,
        "draw_walks": draw_walks,
        "name_check": partial(name_check, code=language.code),
        "name_change": partial(name_change, code=language.code),
        "name_finding": partial(name_finding, code=language.code),
        "step_signs": STEP_SIGNS,
    }
    made.filters |= {
        "moment": language.moment,
        "date": language.date,
        "percent": language.percent,
        "number": language.number,
        "signature": lambda item, report: tell_signature(item, report.language, report.name),
        "language": as_tag,
        "sentence": sentence,
        "recorded": recorded,
        "prose": prose,
        "whole": whole,
        "request": lambda item: "\n".join(write_request(item)),
        "answer": lambda item: "\n".join(write_answer(item)).strip(),
    }
    return made


def displayable(value: Any) -> Any:
    """Cap the length of a text and show control characters as �; markup passes as it is.

    Applied to every value before it is escaped: a partner's answer may be a megabyte long, and may
    hold terminal escapes or marks that reverse the reading direction.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return sanitize(text)


def whole(text: str) -> Markup:
    """A text of any length, for what is looked at and not read; control characters are shown."""
    return escape(sanitize(text))


def split_code(text: str) -> list[tuple[bool, str]]:
    """Parts of a sentence and whether each is code, as its backticks say; none are left."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one stands alone
        return [(False, text.replace("`", "'"))]
    return [(number % 2 == 1, part) for number, part in enumerate(parts) if part]


def prose(text: str) -> Markup:
    """A sentence whose code, between backticks, is set as code."""
    code = Markup("<code>{}</code>")
    parts = split_code(displayable(text))
    return Markup("").join(code.format(part) if is_code else part for is_code, part in parts)


def as_tag(value: object) -> str:
    """A language tag that is fit for a `lang` attribute; empty (unknown) when it is none."""
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""


def sentence(text: str) -> str:
    """The text with a full stop, and a capital first letter where it begins with a plain word."""
    text = text.strip()
    first = text[:1].upper() if _WORD.match(text) else text[:1]
    return f"{first}{text[1:]}{'' if text.endswith(('.', '!', '?', '…')) else '.'}"


@pass_context
def recorded(context: Context, text: str) -> Markup:
    """A sentence of the partner folder or of a tool, in the reader's language where we have it.

    Otherwise it is shown as it was written, and marked as English for screen readers.
    """
    report = context["report"]
    known: str = report.translate(text)
    if known != text or report.language.code == DEFAULT:
        return prose(sentence(known))
    return Markup('<span lang="en">{}</span>').format(prose(sentence(text)))


def _mark_up(message: Callable[..., str]) -> Callable[..., Markup]:
    """Messages whose words are escaped unless they are markup already (a link, a code)."""

    def fill(key: str, *args: Any, **values: Any) -> Markup:
        safe = {name: escape(displayable(value)) for name, value in values.items()}
        return Markup(message(key, *args, **safe))  # noqa: S704 - messages are ours, words escaped

    return fill


def _count(language: Language, key: str, number: int, **values: Any) -> str:
    return language.count(key, number, **values)
