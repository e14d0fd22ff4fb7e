"""Calls as prose writes them, found in one line, one code block or one table.

A call that stands by itself defines an operation; one in the middle of a sentence only mentions
it. What looks like a call and cannot be read is yielded too, so that it is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from workbench.description.curl import CurlRequest, read_curl
from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import CodeBlock, bare
from workbench.description.prose.clients import declared_calls, sampled_calls

_SEPARATOR = r"(?:[\s:*`|>→~_\"'()-]|&gt;){1,16}"
_TARGET = (
    r"(?:https?://[^\s`*/|)<>\"']+|\{\{?[^{}\s]{1,60}\}?\}|\[[\w .-]{1,40}\](?!\()|"
    r"<[\w .-]{1,40}>(?=/)|\$\{?[\w.]{1,60}\}?)?/(?:\{[^{}\n]{1,60}\}|<[\w: -]{1,40}>|"
    r"\[[\w -]{0,40}\](?!\()|\([^()\s]{0,40}\)|\\.|[^\s`*|()<>,;\"'\[\]])*"
)
CALL = re.compile(
    rf"(?<![A-Za-z])({words.METHODS})(?![A-Za-z])(?:\](?!\())?{_SEPARATOR}({_TARGET})"
)
_SPOKEN_CALL = re.compile(
    rf"(?<![A-Za-z])({words.METHODS})(?![A-Za-z])[`*\"']*\s+"
    r"(?:(?:http|requests?|calls?|to|the|this|endpoint|url|at|on|against|an?|al|para|hacia|auf|sur|"
    r"vers|em|en|peticion|requisicao|anfrage|requete|for|of|with|same|address|path|route|resource|"
    r"its|under|json|data|body),?\s+){1,6}"
    rf"[`*\"']*({_TARGET})",
    re.IGNORECASE,
)
_PLACEHOLDER_CALL = re.compile(
    rf"(?<![A-Za-z])({words.METHODS})(?![A-Za-z]){_SEPARATOR}"
    r"(\[[\w .-]{2,40}\]|\{[\w .-]{2,40}\}|<[\w .-]{2,40}>)(?=[\s`*]*$)"
)
RELATIVE_CALL = re.compile(
    rf"`({words.METHODS})\s+([a-z][\w.-]*(?:/[\w{{}}:.<>-]+)+/?(?:\?\S*)?)`"
    rf"|^({words.METHODS})\s+([A-Za-z][\w.-]*(?:/[\w{{}}:.<>-]+)+/?(?:\?\S*)?)$"
    # `(POST) `orders/{{id}}``, and one word that fills its line or begins a heading.
    rf"|({words.METHODS})\W{{1,6}}`([a-z][\w.-]*(?:/[\w{{}}:.<>-]+)+)`"
    rf"|^\W{{0,6}}`({words.METHODS})\s+((?!(?:request|endpoint|method|call)s?`)[a-z][\w-]*(?:\?\S*)?)`"
    r"(?:\W*$|(?=\s+[A-Z]))"
)
_SEVERAL = re.compile(
    rf"(?<![A-Za-z])((?:{words.METHODS})(?:`?\s?[/|,&+]\s?`?(?:{words.METHODS})){{1,6}})`?\s+`?({_TARGET})"
)
_RPC = re.compile(
    rf"^\W*({words.METHODS})\W{{1,6}}([A-Za-z]\w*(?:\.\w+)+|[a-z]+(?:[A-Z]\w*)+|[a-z]+(?:_[a-z0-9]+)+|"
    r"[A-Z][a-z]+(?:[A-Z][a-z0-9]+)+)(?=\W|$)"
)
RPC_NAME = re.compile(r"^\W*([A-Za-z]\w*(?:\.\w+)+|[a-z]+(?:[A-Z]\w*)+)\W*$")
_BLUEPRINT = re.compile(rf"\[\s*(?:({words.METHODS})\s*)?(/[^\]\s]*|https?://[^\]\s]*)?\s*\]\s*$")
_TITLED = re.compile(r"([^.,:;]{2,80}?)[\s*_`]*(?:\u2013|\u2014|->|→|\s-)")  # title, dash, call
_TASK = re.compile(r"^\s*\[[ xX]\]\s+")
_LEADING = " \t`*_>-+•→=#["
_ALONE = re.compile(
    r"(?:\s|[`*_|.:]|HTTP/[\d.]+|\(?\s*(?:deprecated|beta|new)\s*\)?)*", re.IGNORECASE
)
_ANSWER_LINE = re.compile(r"^(?:HTTP/[\d.]+\s+|Status:\s*)([1-5]\d\d)\b")
_HEADER_LINE = re.compile(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$")
# What stands before a request line: HTTPie, a version, a label, apiDoc, a directive of Sphinx.
_LEAD = re.compile(
    r"^(?:https?(?:/[\d.]+)?\s+|\w[\w ]{0,20}:\s+|(?:/?\*+\s*)?@api\s*|\.\. http:)"
    rf"\{{?({words.METHODS})(?:\}}|::)?\s+(?=[^\s/:]*[/:])",
    re.IGNORECASE,
)
_LOWER_CALL = re.compile(
    rf"^[\s`*>#-]*({words.METHODS})(?=[`*]{{0,3}}\s*[\s:]\s*[`*]{{0,3}}(?:https?://|/|\{{\{{)\S*[\s`*]*$)",
    re.IGNORECASE,
)
_ROUTE = re.compile(rf"^(?:\w+\s+)?({words.METHODS})(?:\|[A-Z]+)*\s+(/\S*)\s+[\w/@.:]+[#@]\w+$")
_OPTIONAL = re.compile(r"\[([?&][^\[\]\s]{1,200})\]")  # of a query
_PATH = re.compile(r"(?<![\w/{}.:<-])(?:https?://[^\s`/]+)?/[\w{:<][\w{}:.<>/-]*(?<![.:])")
_OFFERS = re.compile(
    r"[`*\s]*(?:\w+\s+){0,2}?(?:supports?|accepts?|allows?|takes|handles?|responds?|answers|offers?|"
    r"(?:can|may) be|is (?:available|called)|methods?|verbs?|soporta|admite|acepta|aceita|suporta|"
    r"accepte|supporte|unterstutzt|erlaubt|[:(\u2013\u2014-])"
)
_REQUESTED = re.compile(
    r"[`*\"']*[\s-]+(?:http )?(?:requests?|calls?|anfrage|requisicao|peticion|requete|"
    r"\u0437\u0430\u043f\u0440\u043e\u0441)"
)
_DENIED = re.compile(
    r"\b(?:no|without|kein\w{0,2}|sin|sem|pas de|aucun\w?)\W{0,4}$"
)  # no such call
_LINE_END = re.compile(r"\s*(?:$|HTTP/|#|//|--|→|->|\()")
_COMMENT = re.compile(r"^\s*(?:#|//|--\s)\s*")
_STATEMENT = re.compile(r"[;{(,\[]\s*$|^\s*(?:const|let|var|return|def|if|for|await)\b")
_MOST_LINES = 5_000


class Strength(IntEnum):
    """How sure it is that a call defines an operation where it stands."""

    MENTION = 0  # in the middle of a sentence
    LISTED = 1  # begins a list item or a line with further words
    SAMPLE = 2  # a curl command
    BLOCK = 3  # a code block
    ALONE = 4  # a line, a table row, or a heading of its own


@dataclass(frozen=True)
class WrittenCall:
    """One call, as written."""

    method: str
    target: str
    strength: Strength
    summary: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    is_form: bool = False
    has_user: bool = False
    row: int | None = None  # of the table in which it stands
    rest: tuple[str, ...] = field(default=(), compare=False)  # lines of its block, below
    clause: str = field(default="", compare=False)  # of the sentence in which it stands


@dataclass(frozen=True)
class Suspect:
    """Words that look like a call and cannot be read as one."""

    words: str


def calls_of_heading(title: str, *, resource: str = "") -> list[WrittenCall]:
    """Calls that a heading names.

    Args:
        title: The heading.
        resource: Path that the heading above names (`Order [/orders/{id}]`), or nothing.
    """
    title = _in_capitals(title)
    found = [
        WrittenCall(match[1], match[2], Strength.ALONE, _beside(title, match))
        for match in CALL.finditer(title)
    ]
    blueprint = _BLUEPRINT.search(title)
    if blueprint and blueprint[1] and (blueprint[2] or resource):
        summary = title[: blueprint.start()].strip()
        if len(found) < 2:  # else `Create [POST /orders] or [POST /orders/{id}]`
            return [WrittenCall(blueprint[1], blueprint[2] or resource, Strength.ALONE, summary)]
    if found:
        return found
    rpc = _RPC.match(title) or RELATIVE_CALL.search(title)
    if rpc:
        method, name = (group for group in rpc.groups() if group)
        summary = _beside(title, rpc) or name
        return [WrittenCall(method, f"/{name.lstrip('/')}", Strength.ALONE, summary)]
    alone = re.fullmatch(rf"\W*({words.METHODS})\W*", title)
    if alone and resource:
        return [WrittenCall(alone[1], resource, Strength.ALONE)]
    return []


def resource_of(title: str) -> str:
    """Path that a heading names without a method, or nothing."""
    blueprint = _BLUEPRINT.search(title)
    if blueprint and blueprint[2]:
        return "" if blueprint[1] else blueprint[2]
    alone = re.fullmatch(r"(?:[^`]{0,60}[`\s])?(/[\w{}:.<>\[\]()$%*/-]+)`?", title.strip())
    return alone[1] if alone else ""


def procedure_of(title: str) -> str:
    """Name of a remote procedure that a heading is made of, or nothing."""
    found = RPC_NAME.match(words.NUMBER.sub("", title.partition(": ")[0]))
    return found[1] if found else ""


def calls_of_line(line: str, *, is_item: bool = False) -> Iterator[WrittenCall | Suspect]:
    """Calls of one line of words."""
    text = _OPTIONAL.sub(r"\1", _in_capitals(_TASK.sub("", line.strip())))
    if text.startswith(".. "):
        text = _LEAD.sub(_in_plain, text)
    if "curl " in text:
        yield from calls_of_code(CodeBlock("", text.strip("`"), 1))
        return
    offered = list(_offered(text))
    if offered and not _matches_in(text):
        yield from offered
    else:
        is_listed = is_item and line.strip() != text
        yield from _named(text, Strength.LISTED if is_listed else Strength.ALONE)


def _named(text: str, whole: Strength) -> Iterator[WrittenCall | Suspect]:
    """Calls that a line names, method first; `whole` is how sure one is that fills it."""
    matches = _matches_in(text)
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for number, match in enumerate(matches):
        method, target = (group for group in match.groups() if group)
        is_meant = method.isupper() or _is_spoken(text, match)
        if not is_meant or _DENIED.search(words.plain(text[: match.start()][-20:])):
            continue
        method = method.upper()
        before = text[: match.start()].strip(_LEADING) if number == 0 else "-"
        before = "" if before.upper() == "HTTP" else before
        after = text[match.end() : ends[number]]
        if number + 1 < len(matches):  # what is said of the next one is not about this one
            after = re.split(r"[.;](?:\s|$)", after, maxsplit=1)[0]
        titled = _TITLED.fullmatch(before)
        is_alone = _is_opened(before) and bool(_ALONE.fullmatch(after))
        if target == "/" and not is_alone:
            continue  # `GET / POST`
        strength = Strength.MENTION
        if is_alone:
            strength = whole
        elif not before:
            strength = Strength.LISTED
        stated = {Strength.LISTED: after, Strength.ALONE: titled[1] if titled else ""}
        summary = _words(stated.get(strength, ""))
        start = matches[number - 1].end() if number else 0
        clause = _clause(text[start : match.start()], text[match.end() : ends[number]])
        yield WrittenCall(method, target, strength, summary, clause=clause)


def _is_spoken(text: str, match: re.Match[str]) -> bool:
    """Whether a method in small letters is meant as one: in code, before `request`, or first."""
    is_first = match[1].istitle() and not text[: match.start()].strip(_LEADING)
    in_code = text[: match.start()].endswith("`")
    return in_code or is_first or bool(_REQUESTED.match(words.plain(text[match.end(1) :][:40])))


def _offered(text: str) -> Iterator[WrittenCall]:
    """Calls of a line that names a path first, and then the methods that it takes."""
    paths = list(_PATH.finditer(text))
    ends = [path.start() for path in paths[1:]] + [len(text)]
    for path, end in zip(paths, ends, strict=False):
        said = re.split(r"[.;](?:\s|$)", text[path.end() : end], maxsplit=1)[0]
        if _OFFERS.match(words.plain(said)):
            for method in re.findall(rf"(?<![A-Za-z])(?:{words.METHODS})(?![A-Za-z])", said):
                yield WrittenCall(method, path[0], Strength.MENTION)


def _matches_in(text: str) -> list[re.Match[str]]:
    """Where a line names calls, in order."""
    matches = list(CALL.finditer(text)) or list(_PLACEHOLDER_CALL.finditer(text))
    matches = matches or list(RELATIVE_CALL.finditer(text))
    if words.ALL_CALLS.search(text):
        return matches
    taken = {match.end() for match in matches}
    spoken = [match for match in _SPOKEN_CALL.finditer(text) if match.end() not in taken]
    return sorted([*matches, *spoken], key=lambda match: match.start())


def _clause(before: str, after: str) -> str:
    """The words of a sentence that say what a call in it is for: those behind it, or before it."""
    behind = _words(re.split(r"[,.;:()](?:\s|$)", after.lstrip("`*\"'"), maxsplit=1)[0])
    ahead = _words(re.split(r"[,.;:()](?:\s|$)", before)[-1])
    return behind if " " in behind else ahead


def _in_capitals(line: str) -> str:
    """A line of nothing but method and target in capitals; `GET/PUT /a` as a call for each."""
    line = _SEVERAL.sub(
        lambda found: " ".join(f"{one} {found[2]}" for one in words.METHOD.findall(found[1])), line
    )
    return _LOWER_CALL.sub(lambda found: found[0].upper(), line)


def _is_opened(before: str) -> bool:
    """Whether a call may begin after these words: after none, a label, or a title and a dash."""
    label = re.fullmatch(r"[^.,:;]{1,40}[:\uff1a][\s*_`]*", before + " ")
    return not before or bool(label or _TITLED.fullmatch(before))


def calls_of_code(code: CodeBlock) -> Iterator[WrittenCall | Suspect]:
    """Calls of a code block: curl commands, or requests whatever language it is said to be."""
    if "curl" in code.text:
        for request, start in read_curl(code.text):
            if request is None or "$" in request.method:
                yield Suspect(code.text[start : start + 160].split("\n", 1)[0])
            else:
                yield _of_curl(request)
    for call in sampled_calls(code.text):
        yield (
            WrittenCall(call.method, call.url, Strength.SAMPLE, body=call.body)
            if call.method
            else Suspect(call.url)
        )
    for stated, url, summary in declared_calls(code.text):
        yield WrittenCall(stated, url, Strength.BLOCK, summary)
    lines = code.text.split("\n")[:_MOST_LINES]
    starts: list[tuple[int, re.Match[str]]] = []
    beside_of: dict[int, str] = {}
    for number, line in enumerate(lines):
        written = line.strip().lstrip("`>$ ")
        text = _ROUTE.sub(r"\1 \2", _in_capitals(_LEAD.sub(_in_plain, written).lstrip("*")))
        match = CALL.match(text) or RELATIVE_CALL.match(text) or _PLACEHOLDER_CALL.match(text)
        is_whole = _LEAD.match(written) is not None
        if match is None or not (is_whole or _LINE_END.match(text, match.end())):
            yield from () if "curl" in text or _STATEMENT.search(text) else _within(text)
        else:
            starts.append((number, match))
            above = lines[number - 1] if number else ""
            beside = _COMMENT.sub("", text[match.end() :].replace("HTTP/1.1", ""))
            noted = _COMMENT.sub("", above) if _COMMENT.match(above) else ""
            beside_of[number] = _words(beside) or noted.strip()
    for place, (number, match) in enumerate(starts):
        end = starts[place + 1][0] if place + 1 < len(starts) else len(lines)
        method, target = (group for group in match.groups() if group)
        headers, body, rest = _request_lines(lines[number + 1 : end])
        yield WrittenCall(
            method, target, Strength.BLOCK, beside_of[number], headers=headers, body=body, rest=rest
        )


def _within(text: str) -> Iterator[WrittenCall]:
    """What a line of code says of a call: it is read where nothing else defines that call."""
    for shown in CALL.finditer(text):
        if text[shown.start() - 1 : shown.start()] not in {'"', "'"}:
            yield WrittenCall(shown[1], shown[2], Strength.MENTION, clause=_words(text))


def _in_plain(found: re.Match[str]) -> str:
    return f"{found[1].upper()} "


def _of_curl(request: CurlRequest) -> WrittenCall:
    return WrittenCall(
        request.method,
        request.url,
        Strength.SAMPLE,
        headers=request.headers,
        body=request.body,
        is_form=request.is_form,
        has_user=request.has_user,
    )


def _request_lines(lines: list[str]) -> tuple[tuple[tuple[str, str], ...], str, tuple[str, ...]]:
    """Headers, body, and the lines of an answer that follows in the same block."""
    headers: list[tuple[str, str]] = []
    body: list[str] = []
    for number, line in enumerate(lines):
        if _ANSWER_LINE.match(line.strip()):
            return tuple(headers), "\n".join(body).strip(), tuple(lines[number:])
        header = _HEADER_LINE.match(line.strip()) if not body else None
        if header:
            headers.append((header[1], header[2]))
        elif line.strip() and not (_COMMENT.match(line) and not body):
            body.append(line)
    return tuple(headers), "\n".join(body).strip(), ()


def answer_in(text: str) -> tuple[str, str]:
    """Status and body of an answer as HTTP writes it; the text itself where it is none."""
    lines = text.strip().split("\n")
    status = _ANSWER_LINE.match(lines[0].strip())
    if not status:
        return "", text
    _, body, _ = _request_lines(lines[1:])
    return status[1], body


def _beside(title: str, match: re.Match[str]) -> str:
    return _words(title[: match.start()] + " " + title[match.end() :])


def _words(text: str) -> str:
    text = re.sub(r"HTTP/[\d.]+", "", words.MARKS.sub("", text))
    return " ".join(text.split()).strip(" \t:-–—|()[]→=>")[:200]  # noqa: RUF001 - dashes in titles


def is_title_of_part(title: str) -> bool:
    """Whether a heading names a part of an operation, such as `Request`."""
    return bool(words.PART_TITLE.fullmatch(bare(title)))


def is_call_title(title: str) -> bool:
    """Whether a heading is a call, such as `GET /orders`."""
    return bool(re.search(rf"\b(?:{words.METHODS})\b\W{{0,6}}\S*/", title))
