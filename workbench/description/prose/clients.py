"""Calls in samples of programs and commands other than curl, as portals show them in tabs.

A sample is read by what all clients share: an address, written as texts and variables joined, and
a method that is a function (`client.put(…)`), an argument (`request("PUT", …)`), or stated near
the address (`method: "PUT"`, `.put(body)`). A base that the sample states stands before a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from workbench.description.prose import section_words as words

_TEXT = r"[bfrub$@]{0,2}(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|`[^`]{0,500}`)"
_PIECE = rf"(?:{_TEXT}|\$?[A-Za-z_][\w.]{{0,60}}(?:->\w{{1,40}})?(?:\([\w., $]{{0,60}}\))?)"
_BUILT = rf"({_PIECE}(?:\s{{0,40}}[+.]\s{{0,40}}{_PIECE}){{0,8}})"
# What an address is handed through: `URI.create(`, `new Uri(`, `URL(string: `, `format!(`.
_WRAPS = r"(?:(?:new )?[A-Za-z][\w.:]{0,40}!?\(\s{0,40}(?:\w{1,20}: ?)?){0,2}"
_CALLED = re.compile(
    r"(?<![\w$])(\$?\w*)(?:\(\))?\s{0,40}(?:\.|->|::)(get|post|put|patch|delete)"
    r"(?:(?:As|String|Json|For|From)\w{0,20}|Async)?"
    rf"(?:<[^<>()\n]{{0,60}}>)?\(\s{{0,40}}{_WRAPS}{_BUILT}",
    re.IGNORECASE,
)
_GIVEN = re.compile(  # any function that is given method and address
    r"\b\w+\(\s{0,40}(?:\w+,\s*)?(?:[\"'`]|(?:\w{1,20}\.)?Method\.?|:)"
    rf"({words.METHODS})[\"'`]?\s*,\s*{_WRAPS}{_BUILT}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:\b(?:fetch|got|ky|axios|request|urlopen|curl_init|UR[IL]|ur[il]|\w{0,20}Request)\(\s{0,40}"
    r"|(?<![\w.])\$?(?:url|uri|endpoint|path|CURLOPT_URL)[\"']?\s*(?::|=>|=|,)\s*)"
    rf"{_WRAPS}{_BUILT}"
)
_SET = re.compile(rf"(?<![\w.$?&])(\$?[A-Za-z_]\w*)[ \t]*:?=[ \t]*{_WRAPS}({_TEXT})")
_BASE = re.compile(
    rf"\bbase_?(?:ur[il]|address|path)[\"']?\s*(?:=>|=|:)\s*{_WRAPS}({_TEXT})", re.IGNORECASE
)
_TEXT_PIECE = re.compile(rf"({_TEXT})|(\$?[A-Za-z_][\w.$]*(?:->\w+)?)")
# A variable inside of a text: `#{order.id}`, `{$id}`, `{$order->id}`, `\\(id)`.
_INSERTED = re.compile(r"#\{([\w.@]{1,60})\}|\{\$([\w>-]{1,60})\}|\\\(([\w.]{1,60})\)")
_OPENING = re.compile(r"\$?\{?(\w{1,60})\}?(?=/)")
_HOLE = re.compile(r"^(?:%s|\{\})(?=/)")
_ROUTER = re.compile(r"(?:app|router|server|route|routes|mux|r|e)", re.IGNORECASE)
_CALLER = re.compile(
    r"\w*(?:requests|axios|client|https?|session|api|httpx|got|superagent|request|ky|HTTParty|"
    r"RestClient|Faraday|Unirest|conn(?:ection)?)",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"^[ \t>$]*(?:\$?\w+[ \t]*=[ \t]*)?(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr|wget)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_CONTINUED = re.compile(r"[\\`^][ \t]*\n[ \t]*")
_COMMAND_METHOD = re.compile(rf"-method[\s=:]{{1,3}}[\"']?({words.METHODS})\b", re.IGNORECASE)
_CLIENT = re.compile(
    r"\b(?:(?:requests|httpx|axios|fetch|ajax|superagent|got|ky|urlopen|curl_init)[.(]|HttpClient|"
    r"HttpRequest\w*|Request\.Builder|NewRequest\w*|Net::HTTP|URLSession|URLRequest|CURLOPT_URL|"
    r"OkHttp\w*|RestClient|RestTemplate|WebClient|Guzzle\w*|Unirest|HTTParty|Faraday|reqwest|"
    r"http\.client|HttpResponse|RestRequest)"
)
_LITERAL = re.compile(r"[\"'`](https?://[^\s\"'`<>/]{1,200}/[^\s\"'`<>]{1,500})[\"'`]")
_URL = re.compile(r"https?://[^\s\"'`<>|;]{4,500}")
_STATED = re.compile(
    r"(?:\b(?:method|type|verb|customrequest)\b[\"']?\s*(?:=>|[:=,(])\s*[\"'`]|HttpMethod\.|Method\.|"
    rf"[\"'`]|Net::HTTP::|\bhttp)({words.METHODS})\b"
    rf"|(?:\)|->|\w)\s{{0,40}}(?:\.|->)({words.METHODS})\((?!\s*[\"'`\d])",
    re.IGNORECASE,
)
_SENDS = re.compile(r"POSTFIELDS|CURLOPT_POST\b|--(?:post|body)-(?:data|file)|\bhttpBody\b")
_BODY = re.compile(
    r"(?:JSON\.stringify\(|jsonEncode\(|\b(?:json|body|data|payload)\w{0,12}[\"']?\s*[=:])\s*(?=\{)"
)
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_COMPUTED = re.compile(
    r"[:,\[]\s*(?!(?:true|false|null)\b)[A-Za-z_$`](?!\w*\s*:)|\.\.\.", re.IGNORECASE
)
_METHOD_WORD = re.compile(rf"\b(?:{words.METHODS})\b", re.IGNORECASE)
# A route as frameworks declare it: `app.get('/a')`, `Route::get("/a")`, `@GetMapping("/a")`.
_DECLARED = re.compile(
    rf"(?:\b(?:app|router|server|api|fastify|bp|blueprint|route|routes|group|mux|r|e)(?:\.|::|->)|@(?:\w+\.)?)"
    rf"({words.METHODS}|route)(?:Mapping)?\(\s*(?:(?:value|path)\s*=\s*)?[\"'`](/[^\"'`\s]{{0,300}})[\"'`]"
    r"([^)\n]{0,200}?\bmethods\s*=\s*[^)\n]{0,80})?"
    # A request of Bruno: `get {` with the URL on the next line.
    rf"|^({words.METHODS})\s*\{{\s*\n\s*url:\s*(\S+)",
    re.IGNORECASE | re.MULTILINE,
)
# One entry of a list of routes in JSON, YAML or a program: between braces, or an item.
_ENTRY = re.compile(
    r"\{(?:[^{}]|\{[\w.:-]{1,40}\}){5,600}\}"
    r"|(?<=\s-\s)(?:(?!\n\s*- |[{}]).|\{[\w.:-]{1,40}\}){5,600}",
    re.DOTALL,
)
_KEY = r"(?:^|[\s{,])[\"']?(?:%s)[\"']?\s*[:=]\s*"
_ENTRY_METHOD = re.compile(
    _KEY % "(?:http_?)?methods?|verb"
    + rf"(\[[^\[\]]{{3,80}}\]|[\"']?(?:{words.METHODS})(?:[|,]\s?(?:{words.METHODS}))*\b)",
    re.IGNORECASE,
)
_ENTRY_PATH = re.compile(
    _KEY % "path|url|uri|route|endpoint|pattern"
    + r"[\"'`]?((?:https?://[^\s\"'`,]{1,200})?/[^\s\"'`,]{0,300})",
    re.IGNORECASE,
)
_ENTRY_NAME = re.compile(
    _KEY % "summary|description|title|name" + r"[\"'`]?([^\"'`\n{}]{1,90})", re.IGNORECASE
)
_MOST_ENTRIES = 2_000
_TARGET = re.compile(r"https?://[^/]+/.|/|\$?\{|\$\w")
_LONGEST = 20_000
_LONGEST_BODY = 4_000
_MOST = 200  # addresses of one sample


@dataclass(frozen=True)
class SampledCall:
    """One call of a sample; the method is empty where the sample does not say which it is."""

    method: str
    url: str
    body: str = ""


def sampled_calls(text: str) -> Iterator[SampledCall]:
    """Yield each call that a sample makes.

    Args:
        text: A code block.
    """
    text = text[:_LONGEST]
    for match in _COMMAND.finditer(_CONTINUED.sub(" ", text)):
        if address := _URL.search(match[0]):
            stated = _COMMAND_METHOD.search(match[0])
            default = "POST" if _SENDS.search(match[0]) else "GET"
            yield SampledCall(stated[1].upper() if stated else default, address[0])
    program = _Program(text)
    is_client = _CLIENT.search(text) is not None
    found = list(islice(program.calls(is_client=is_client), _MOST))
    if not found and is_client:
        found = list(islice(program.addresses(), _MOST))
    ends = [0, *(end for _, end, _, _ in found)]
    starts = [*(start for start, _, _, _ in found[1:]), len(text)]
    for (start, end, method, url), before, behind in zip(found, ends, starts, strict=False):
        near = text[max(before, text.rfind("\n\n", 0, start)) : behind]
        part = near if behind == len(text) else near[: max(near.rfind("\n\n"), end - start)]
        yield SampledCall(method or _method_in(part), url, _body_in(text[before:behind]))
    if not found and is_client:  # nothing is called with them as far as one sees
        urls = dict.fromkeys(match[1] for match in _LITERAL.finditer(text))
        methods = _methods_in(text)
        is_one = len(urls) == 1 and len(methods) == 1
        yield from (SampledCall(methods.pop() if is_one else "", url) for url in urls)


class _Program:
    """A sample with the addresses that it keeps in variables."""

    def __init__(self, text: str) -> None:
        self.text = text
        base = _BASE.search(text)
        self.base = _bare(base[1]).rstrip("/") if base else ""
        self.names: dict[str, str] = {}
        for found in islice(_SET.finditer(text), _MOST):
            value = self.built(found[2])
            if value.startswith(("http://", "https://")) or _TARGET.match(value):
                self.names[found[1].lstrip("$")] = value

    def calls(self, *, is_client: bool) -> Iterator[tuple[int, int, str, str]]:
        """Start, end, method and URL of each call that is a function, or is given its method.

        Args:
            is_client: Whether the sample names a client, whose methods any object may have.
        """
        for match in _CALLED.finditer(self.text):
            is_named = _CALLER.fullmatch(match[1].lstrip("$")) is not None
            url = self.built(match[3], is_relative=is_named or "/" in match[3])
            is_meant = is_named or is_client or url.startswith("http")
            if is_meant and self.is_target(url) and not _ROUTER.fullmatch(match[1]):
                yield match.start(), match.end(), match[2].upper(), url
        for match in _GIVEN.finditer(self.text):
            if self.is_target(url := self.built(match[2], is_relative=True)):
                yield match.start(), match.end(), match[1].upper(), url

    def addresses(self) -> Iterator[tuple[int, int, str, str]]:
        """Start, end, no method, and URL of each address whose method stands elsewhere."""
        told: set[str] = set()
        for match in _ADDRESS.finditer(self.text):
            url = self.built(match[1])
            if self.is_target(url) and url not in told:
                told.add(url)
                yield match.start(), match.end(), "", url

    def is_target(self, url: str) -> bool:
        """Whether it leads to a call, and is no base of others."""
        return bool(_TARGET.match(url)) and not words.BASE_ADDRESS.fullmatch(url)

    def built(self, written: str, *, is_relative: bool = False) -> str:
        """The URL that texts and variables make together; nothing where they make none.

        Args:
            written: Pieces joined, such as `BASE + "/orders/" + id`.
            is_relative: Whether a path may go on where the base of the sample ends.
        """
        pieces = list(_TEXT_PIECE.finditer(written))
        read = [self.text_of(piece[1]) if piece[1] else self.value_of(piece[2]) for piece in pieces]
        if len(pieces) > 1 and re.fullmatch(r"\{[\w.]+\}", read[0]) and read[1].startswith("/"):
            read = read[1:]
        whole = _HOLE.sub("", "".join(read))
        if re.fullmatch(r"(?:\{[\w.]+\})*", whole):
            return ""
        is_path = whole.startswith("/") or (
            is_relative and re.match(r"[a-z][\w-]*(?:/|\?|$)", whole)
        )
        return f"{self.base}/{whole.lstrip('/')}" if self.base and is_path else whole

    def text_of(self, literal: str) -> str:
        """A text with its variables in braces, and a base that is known written out."""
        text = _INSERTED.sub(
            lambda found: "{" + re.split(r"\.|->", found[found.lastindex or 0])[-1] + "}",
            _bare(literal),
        )
        opening = _OPENING.match(text)
        known = self.names.get(opening[1], "") if opening else ""
        return known.rstrip("/") + text[opening.end() :] if opening and known else text

    def value_of(self, variable: str) -> str:
        """What a variable holds, where the sample says so; else its name in braces."""
        name = re.split(r"\.|->", variable)[-1].strip("$")
        return self.names.get(variable.lstrip("$"), "{" + name + "}")


def _bare(literal: str) -> str:
    return re.sub(r"^[bfru$@]{0,2}[\"'`]|[\"'`]$", "", literal)


def _method_in(text: str) -> str:
    """The one method that a part of a sample states, or that of a client which is told none."""
    methods = _methods_in(text)
    default = "POST" if _SENDS.search(text) else "GET"
    return methods.pop() if len(methods) == 1 else "" if methods else default


def _methods_in(text: str) -> set[str]:
    return {(match[1] or match[2]).upper() for match in _STATED.finditer(text)}


def _body_in(text: str) -> str:
    """The object that a sample sends, where all its values are written out."""
    found = _BODY.search(text)
    if found is None:
        return ""
    depth = 0
    begin = found.end()
    for place, letter in enumerate(text[begin : begin + _LONGEST_BODY]):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            body = text[begin : begin + place + 1]
            return "" if _COMPUTED.search(_STRING.sub('""', body)) else body
    return ""


def declared_calls(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and title of each route that a program or a list of routes declares."""
    text = text[: 20 * _LONGEST]
    for found in _DECLARED.finditer(text):
        stated = [found[1] or found[4]] if (found[1] or found[4]).lower() != "route" else []
        for method in stated or _METHOD_WORD.findall(found[3] or "GET"):
            yield method.upper(), found[2] or found[5], ""
    entries = []
    for entry in islice(_ENTRY.finditer(f"\n{text}"), _MOST_ENTRIES):
        methods, path = _ENTRY_METHOD.search(entry[0]), _ENTRY_PATH.search(entry[0])
        if methods and path:
            name = _ENTRY_NAME.search(entry[0])
            title = name[1].strip(" ,") if name else ""
            entries.append([(one, path[1], title) for one in _METHOD_WORD.findall(methods[1])])
    # One alone may as well be data: a webhook that is registered has a URL and a method, too.
    for calls in entries if len(entries) > 1 else ():
        yield from ((method.upper(), path, title) for method, path, title in calls)
