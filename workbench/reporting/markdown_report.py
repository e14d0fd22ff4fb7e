"""The report as Markdown, in which no text from outside can become a link, a tag or a heading."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from workbench.reporting.exchange import write_exchange
from workbench.reporting.language import load_language
from workbench.reporting.phrase import name_change, name_finding
from workbench.reporting.report import Report
from workbench.reporting.row import FACTS, OUTCOMES, SIGNS
from workbench.reporting.section import displayable, sentence
from workbench.reporting.summary import tell_signature
from workbench.text import sanitize

MARKDOWN, JOB = "report.md", "summary.md"

_SPECIAL = re.compile(r"([\\`*_\[\]|~$]|^[#+\-=])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ADDRESS = re.compile(r"(?i)(?<=\bwww)\.|:(?=//)|(?<=\bmailto):|(?<=\bxmpp):")
_SPACE = re.compile(r"\s+")
_LIST = re.compile(r"^(\d+)\.")


def write_markdown(report: Report) -> str:
    """The report as one Markdown document (CommonMark with tables)."""
    return render_markdown("report", report)


def write_job_summary(report: Report) -> str:
    """A page of Markdown for a build server or a comment: figures, drift, and what to do next."""
    return render_markdown("job", report)


def escape_markdown(value: Any) -> Any:
    """One line of text that Markdown shows as it is; markup and numbers pass.

    Addresses do not become links, and `@name` names nobody: a word joiner stands behind the @.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = _SPACE.sub(" ", displayable(value)).strip()
    text = re.sub("[&<>]", lambda sign: _ENTITIES[sign[0]], text)
    text = _SPECIAL.sub(r"\\\1", text)
    text = _ADDRESS.sub(lambda sign: f"&#{ord(sign[0])};", text)
    return _LIST.sub(r"\1\\.", text.replace("@", "@\u2060"))


def fence(value: object) -> Markup:
    """A code span that holds the text, whatever backticks are in it."""
    text = _SPACE.sub(" ", str(displayable(str(value)))).strip()
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest else ""
    # A bar would end the cell of a table even inside a code span.
    return Markup(f"{ticks}{pad}{text.replace('|', '¦') or '-'}{pad}{ticks}")  # noqa: S704 - fenced


def block(text: str) -> Markup:
    """A block of code that holds the text whole, whatever backticks are in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Markup(f"{ticks}\n{sanitize(text).rstrip()}\n{ticks}")  # noqa: S704 - fenced


def render_markdown(name: str, report: Report, **values: Any) -> str:
    """A template of `templates/markdown` with a report; every value is escaped for Markdown."""
    template = _environment(report.language.code).get_template(f"markdown/{name}.md.j2")
    environment = {"report": report, "header": report.log.header, "theirs": report.translate}
    text = template.render(**environment, **values)
    return re.sub(r"\n{3,}", "\n\n", text) if values else text


@cache
def _environment(code: str) -> Environment:
    language = load_language(code)
    made = Environment(
        loader=PackageLoader("workbench.reporting"),
        autoescape=False,  # noqa: S701 - `finalize` escapes for Markdown, which is not HTML
        undefined=StrictUndefined,
        finalize=escape_markdown,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def fill(message: Callable[..., str]) -> Callable[..., Markup]:
        def say(key: str, *args: Any, **values: Any) -> Markup:
            safe = {name: escape_markdown(value) for name, value in values.items()}
            return Markup(message(key, *args, **safe))  # noqa: S704 - escaped for Markdown

        return say

    made.globals |= {
        "say": fill(language.say),
        "count": fill(partial(language.count)),
        "signs": SIGNS,
        "facts": FACTS,
        "outcomes": OUTCOMES,
        "name_finding": partial(name_finding, code=language.code),
        "name_change": partial(name_change, code=language.code),
    }
    made.filters |= {
        "moment": language.moment,
        "date": language.date,
        "percent": language.percent,
        "sentence": sentence,
        "code": fence,
        "block": block,
        "wire": write_exchange,
        "signature": lambda item, report: tell_signature(item, report.language, report.name),
    }
    return made
