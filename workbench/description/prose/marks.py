"""Marks of documentation portals inside Markdown, written out as plain Markdown.

GitBook writes calls as `{% swagger method="get" path="/x" %}`, MDX pages as components such as
`<Endpoint method="GET" path="/x" />` or `<ParamField query="page" type="integer">`. What these
marks say stands in their attributes; here it becomes headings, lines and tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from textwrap import dedent

from workbench.description.prose import section_words as words

_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
_MARK = re.compile(
    r"\{%-?[ \t]*(?P<name>[a-z][\w-]*)(?P<attributes>[^%{}]*+(?:\{[^{}%]*\}[^%{}]*+)*)-?%\}"
    # No alternative runs past the next `<`, so that unclosed tags cost what their text costs.
    r"|<(?P<component>[A-Za-z][\w.-]{0,60}+)(?P<values>(?:[^<>\"'{}]|\"(?:[^\"<]|<[\w:-]{1,40}>)*+\""
    r"|'(?:[^'<]|<[\w:-]{1,40}>)*+'|\{[^{}<]*+\})*+)>"
)
_INK = re.compile(r"</?(?:mark|font)\b[^<>\n]{0,200}>", re.IGNORECASE)  # only colours its words
_PICTURE = re.compile(rf"!\[\s{{0,3}}({words.METHODS})\s{{0,3}}\]\([^()\n]{{0,500}}\)")
_ASCIIDOC = re.compile(r"^(={1,6})[ \t]+(?=\S)", re.MULTILINE)
_RST = re.compile(r"^\.\. (?:[\w-]+::|_[\w-]+:)", re.MULTILINE)
_UNDERLINED = re.compile(r"^(\S[^\n]*)\n([=~^\"'`+*#.-])\2{2,}[ \t]*$", re.MULTILINE)
_DIRECTED = re.compile(
    r"^\.\. (?:code|code-block|sourcecode|parsed-literal)::[ \t]*(\w*)[^\n]*\n"
    r"(?:[ \t]+:[^\n]*\n)*[ \t]*\n((?:(?:[ \t]+[^\n]*|[ \t]*)\n)+)",
    re.MULTILINE,
)
_LISTING = re.compile(
    r"^(?:\[source,?[ \t]*(\w*)[^\n]*\]\n)?(?:\.[^\n]*\n)?-{4,}\n(.*?)\n-{4,}$",
    re.MULTILINE | re.DOTALL,
)
_BARS = re.compile(
    r"^(?:\[([^\n]*)\]\n)?(?:\.[^\n]*\n)?\|={3,}\n(.*?)\n\|={3,}$", re.MULTILINE | re.DOTALL
)
_COLUMNS = re.compile(r"cols=\"?(?:(\d+)\*|([^\"\n]+))")
_ATTRIBUTE = re.compile(
    r"([A-Za-z][\w-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|\{\s*[\"'`]?([^{}\"'`]*)[\"'`]?\s*\}|([^\s>%]+))"
)
_METHOD = re.compile(rf"(?:{words.METHODS})", re.IGNORECASE)
_PATH = re.compile(r"(?:https?://\S+|/\S*)")
_CALL = re.compile(rf"\s*(?:{words.METHODS})\s+\S*/\S*.*", re.IGNORECASE)
_PLACE = re.compile(r"(query|path|header|body|form)")
_END = re.compile(r"\{%-?[ \t]*end[\w-]*[ \t]*-?%\}|</[A-Za-z][\w.-]*>")
_STATUS = re.compile(r"[1-5]\d\d")
_MOST_COLUMNS = 100
_MOST_MARKS = 4_000  # between two code blocks
_LONGEST = 2_000  # characters of one mark, and of the words that belong to it


def unfold(text: str) -> str:
    """Return the text with the marks outside its code blocks written out as Markdown."""
    if _RST.search(text):
        signs = list(dict.fromkeys(found[2] for found in _UNDERLINED.finditer(text)))
        text = _UNDERLINED.sub(
            lambda found: f"{'#' * (signs.index(found[2]) + 1)} {found[1]}", text
        )
        text = _DIRECTED.sub(lambda found: f"```{found[1]}\n{dedent(found[2])}\n```\n", text)
    if len(_ASCIIDOC.findall(text)) > 1:
        text = _ASCIIDOC.sub(lambda match: "#" * len(match[1]) + " ", text)
        text = _LISTING.sub(lambda match: f"```{match[1] or ''}\n{match[2]}\n```\n", text)
        text = _BARS.sub(_write_bars, text)
    if not any(mark in text for mark in ("{%", "<", "![")):
        return text
    return "\n".join(
        part if is_code else _Writer(_PICTURE.sub(r"`\1`", _INK.sub("", part))).write()
        for part, is_code in _parts(text.split("\n"))
    )


def _write_bars(found: re.Match[str]) -> str:
    """A table of AsciiDoc, whose cells may stand on lines of their own, as one of Markdown."""
    lines = [line for line in found[2].split("\n") if line.strip()]
    stated = _COLUMNS.search(found[1] or "")
    several = stated[2].count(",") + 1 if stated and stated[2] else lines[0].count("|")
    width = min(int(stated[1]) if stated and stated[1] else several, _MOST_COLUMNS)
    cells = [cell.strip() for cell in " ".join(lines).replace("\\|", "&#124;").split("|")[1:]]
    if not width or not cells:
        return found[0]
    rows = [" | ".join(cells[at : at + width]) for at in range(0, len(cells), width)]
    rows[1:1] = [" | ".join(["---"] * width)]
    return "\n" + "\n".join(f"| {row} |" for row in rows) + "\n"


def _parts(lines: list[str]) -> Iterator[tuple[str, bool]]:
    fence = ""
    held: list[str] = []
    for line in lines:
        mark = _FENCE.match(line)
        if mark and not fence:
            if held:
                yield "\n".join(held), False
            held, fence = [line], mark[1]
        elif mark and mark[1].startswith(fence) and line.strip().strip("`~>") == "":
            yield "\n".join([*held, line]), True
            held, fence = [], ""
        else:
            held.append(line)
    if held:
        yield "\n".join(held), bool(fence)


def attributes_of(text: str) -> dict[str, str]:
    """Return the attributes of a mark or a tag, names in lower case."""
    return {
        match[1].lower(): next((value for value in match.groups()[1:] if value is not None), "")
        for match in _ATTRIBUTE.finditer(text[:_LONGEST])
    }


class _Writer:
    """Writes out the marks of one stretch of text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = ""

    def write(self) -> str:
        """Return the stretch with its marks replaced."""
        parts: list[str] = []
        start = 0
        for match in islice(_MARK.finditer(self.text), _MOST_MARKS):
            if match.start() < start:
                continue
            if match["name"]:
                written, end = self.gitbook(match["name"], match["attributes"], match.end())
            else:
                written, end = self.component(match["component"], match["values"], match.end())
            if written is None:
                continue
            parts += [self.text[start : match.start()], written]
            start = end
        parts.append(self.text[start:])
        return "".join(parts)

    def gitbook(self, name: str, stated: str, end: int) -> tuple[str | None, int]:
        """Write out one `{% … %}` mark."""
        values = attributes_of(stated)
        call = _call_of(values)
        if call:
            title = values.get("summary", "")
            return f"\n\n###### {call}\n\n{title}\n\n", end
        if name.endswith(("-parameter", "-param")) and not name.startswith("end"):
            return self.parameter(
                values.get("name", ""), values.get("in") or self.place, values, end
            )
        if name.endswith(("-parameters", "-params")):
            place = _PLACE.search(name)
            self.place = place[1] if place and not name.startswith("end") else ""
            return "\n\n", end
        status = _STATUS.search(values.get("httpcode") or values.get("status") or "")
        if status:
            return f"\n\nResponse {status[0]}: {values.get('description', '')}\n\n", end
        title = values.get("title", "")
        return f"\n\n{title}\n\n" if title and name == "tab" else "\n\n", end

    def component(self, name: str, stated: str, end: int) -> tuple[str | None, int]:
        """Write out one component; None leaves an element as it is."""
        values = attributes_of(stated)
        calls = [value.strip() for value in values.values() if _CALL.fullmatch(value)]
        call = _call_of(values)
        if call and call not in calls:
            calls.append(call)
        if calls:
            return "".join(f"\n\n`{value}`\n\n" for value in calls), end
        place = next((key for key in ("query", "path", "header", "body") if key in values), "")
        if name.endswith(("ParamField", "Param", "Parameter")) and (place or "name" in values):
            return self.parameter(values.get(place) or values.get("name", ""), place, values, end)
        if name.endswith("ResponseField") and "name" in values:
            written, end = self.parameter(values["name"], "", values, end)
            return f"\n\nResponse:\n{written}", end
        if name in {"RequestExample", "ResponseExample"}:
            return f"\n\n{name.removesuffix('Example')}:\n\n", end
        return None, end

    def parameter(self, name: str, place: str, values: dict[str, str], end: int) -> tuple[str, int]:
        """Write one parameter as a table of one row; its words run to the end mark."""
        is_open = not self.text.endswith("/>", 0, end)
        closing = _END.search(self.text, end, end + _LONGEST) if is_open else None
        described = self.text[end : closing.start()] if closing else ""
        is_whole = closing is not None and "\n#" not in described and "```" not in described
        meaning = " ".join(described.split()).replace("|", "\\|")[:500] if is_whole else ""
        after = closing.end() if closing and is_whole else end
        required = "required" in values and values["required"].lower() not in {"false", "no"}
        cells = (
            name.lstrip(":").replace("\\", ""),
            place,
            values.get("type", ""),
            "yes" if required else "no",
            meaning,
        )
        row = " | ".join(cells)
        head = "| Name | In | Type | Required | Description |\n| --- | --- | --- | --- | --- |"
        return f"\n\n{head}\n| {row} |\n\n", after


def _call_of(values: dict[str, str]) -> str:
    """The call that attributes state as method and path, or nothing."""
    method = values.get("method") or values.get("verb") or values.get("type") or ""
    path = next(
        (
            values[key]
            for key in ("path", "url", "endpoint", "route", "uri", "href")
            if _PATH.fullmatch(values.get(key, "").strip())
        ),
        "",
    )
    if not _METHOD.fullmatch(method) or not path:
        return ""
    host = values.get("host") or values.get("baseurl") or ""
    if "://" in path or "://" not in host:
        host = ""
    return f"{method.upper()} {host.rstrip('/')}{path}".replace("\\", "")
