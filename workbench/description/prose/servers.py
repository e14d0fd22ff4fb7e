"""Where a document says that its API lives: base URLs and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import CodeBlock, Grid, ProseSection, TextBlock, bare
from workbench.description.prose.calls import CALL
from workbench.description.prose.documented_tables import clean
from workbench.description.prose.labels import label_of

_PLACEHOLDER = re.compile(r"[?{}<>\[\]]|[A-Z]{2,}_[A-Z_]+|/:[a-z]")
_TAIL = re.compile(r"/(?:[A-Z][A-Z_]{2,}|\{[^/{}]*\}|<[^/<>]*>|:\w+)$")  # `/METHOD` behind a base
_MOST_SEGMENTS = 4
_BASE_STEP = re.compile(r"|(?:open|public|partner)?-?api|rest|v?\d+(?:[._]\d+)*", re.IGNORECASE)
# `Base URL: {{HOST}}/v1`, `rooted at /v1/offers`, `all routes have the prefix /api`.
_STATED_BASE = re.compile(
    r"(?:base[ -]?(?:url|uri|path)|url base|basis-?url|url de base|prefix|prefijo|prefixo|prefixe|"
    r"rooted (?:at|under))\b[^\n/]{0,40}?(?:https?://[^\s/`]+)?((?:/[\w.-]+)+)"
)
_URL_LINE = re.compile(r"\W*(https?://\S+)\W*")


def stated_servers(sections: Sequence[ProseSection]) -> dict[str, str]:
    """Return base URL → the words that name its environment, in the order of the document."""
    found: dict[str, str] = {}
    for section in sections:
        for label, url in _addresses(section):
            base = _TAIL.sub("", url.rstrip("/."))
            if is_base(base):
                found.setdefault(base, label if words.ENVIRONMENT.fullmatch(label) else "")
    return found


def stated_bases(sections: Sequence[ProseSection]) -> list[str]:
    """Return the paths that a document says stand before others."""
    spoken = (words.plain(text) for section in sections for text in section.opening)
    return [found[1] for text in spoken for found in _STATED_BASE.finditer(text)]


def is_base(url: str) -> bool:
    """Whether a URL can be the base of others: nothing in it is an id, a query or a variable."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_short = len([part for part in parts.path.split("/") if part]) <= _MOST_SEGMENTS
    return bool(parts.hostname) and is_short and not _PLACEHOLDER.search(url)


def is_api(url: str) -> bool:
    """Whether the host of a URL says that it is an API, or one on the author's own machine."""
    return bool(re.match(r"https?://(?:localhost|127\.0\.0\.1|(?:[\w-]+\.)?api[.-])", url))


def is_only_base(path: str) -> bool:
    """Whether a path names a version or an interface, and nothing in it."""
    return all(_BASE_STEP.fullmatch(step) for step in path.strip("/").split("/"))


def _is_root(url: str) -> bool:
    """Whether a URL names a host and at most a version."""
    return is_only_base(urlsplit(url).path) if is_base(url.rstrip("/.")) else False


def is_about_servers(section: ProseSection) -> bool:
    """Whether a section, or the one whose part it is, says where the API lives."""
    titles = [section.title, *(parent.title for parent in section.parents[-1:])]
    return any(words.ABOUT_SERVERS.search(bare(title)) for title in titles)


def environment_of(line: str) -> tuple[str, str] | None:
    """Label and URL of a line such as `Production: https://…`, or None."""
    labelled = label_of(line)
    if labelled is None or not words.ENVIRONMENT.fullmatch(labelled[0]):
        return None
    url = words.URL.match(labelled[1])
    return (labelled[0], url[0].rstrip(".")) if url else None


def _addresses(section: ProseSection) -> Iterator[tuple[str, str]]:
    about = is_about_servers(section)
    label = bare(section.title)
    for block in section.blocks:
        if isinstance(block, Grid):
            for row in (block.table.header, *block.table.rows):
                cells = [clean(cell) for cell in row]
                named = [cell for cell in map(words.plain, cells) if _is_label(cell)]
                urls = [found for cell in cells if (found := words.URL.fullmatch(cell))]
                if named and urls:
                    yield from ((named[0], url[0]) for url in urls)
            continue
        for line in block.text.split("\n")[:500]:
            yield from _of_line(line, label, is_code=isinstance(block, CodeBlock), about=about)
            if isinstance(block, TextBlock):
                label = words.plain(line) if len(line) < 80 and about else label


def _of_line(line: str, label: str, *, is_code: bool, about: bool) -> Iterator[tuple[str, str]]:
    url = words.URL.search(line)
    if url is None or CALL.search(line) or "curl" in line:
        return
    labelled = label_of(line)
    alone = _URL_LINE.fullmatch(line)
    if labelled and words.URL.match(labelled[1]) and _is_label(labelled[0]):
        is_named = labelled[0] != "api" and words.SERVER_LABEL.search(labelled[0])
        if about or is_code or _is_root(url[0]) or is_named:
            yield labelled[0], url[0]
    elif alone and about:
        yield label, url[0]
    elif not is_code and words.SERVER_WORDS.search(words.plain(line[: url.start()])[-80:]):
        yield "", url[0]


def _is_label(text: str) -> bool:
    return bool(words.SERVER_LABEL.fullmatch(text) or words.ENVIRONMENT.fullmatch(text))
