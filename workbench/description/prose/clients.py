"""Calls in samples of programs and commands other than curl, as portals show them in tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from workbench.description.prose import section_words as words

# A URL as programs build it: texts and variables, joined.
_PIECE = (
    r"(?:[bfrub]{0,2}[\"'`][^\"'`\n]{0,500}[\"'`]|[A-Za-z_$][\w.$]{0,60}(?:\([\w., ]{0,60}\))?)"
)
_BUILT = rf"({_PIECE}(?:\s*[+.]\s*{_PIECE}){{0,8}})"
_DIRECT = re.compile(
    r"\b(?:\w*(?:requests|axios|client|http|https|session|api|httpx|got|superagent|request|ky))"
    rf"(?:\.|->|::)(get|post|put|patch|delete)\(\s*{_BUILT}"
    r"|\b\w+\(\s*(?:\w+,\s*)?"  # any function that is given method and address
    rf"[\"'`]({words.METHODS})[\"'`]\s*,\s*{_BUILT}"
    rf"|\bfetch\(\s*{_BUILT}(?:[^;]{{0,200}}?\bmethod[\"']?:\s*[\"'](\w{{3,7}}))?",
    re.IGNORECASE,
)
_TEXT_PIECE = re.compile(r"[bfrub]{0,2}[\"'`]([^\"'`\n]*)[\"'`]|([A-Za-z_$][\w.$]*)")
_COMMAND = re.compile(
    r"^[ \t>$]*(?:\$?\w+[ \t]*=[ \t]*)?(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr|wget)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_CONTINUED = re.compile(r"[\\`^][ \t]*\n[ \t]*")
_COMMAND_METHOD = re.compile(rf"-method[\s=:]{{1,3}}[\"']?({words.METHODS})\b", re.IGNORECASE)
_COMMAND_BODY = re.compile(r"--(?:post|body)-(?:data|file)")
_CLIENT = re.compile(
    r"\b(?:requests|httpx|axios|fetch|ajax|HttpClient|HttpRequest\w*|Request\.Builder|NewRequest\w*|Net::HTTP|URLSession|"
    r"URLRequest|CURLOPT_URL|OkHttp\w*|RestClient|RestTemplate|WebClient|Guzzle\w*|Unirest|HTTParty|"
    r"Faraday|urlopen|superagent|reqwest|http\.client|HttpResponse|RestRequest)\b"
)
_LITERAL = re.compile(r"[\"'`](https?://[^\s\"'`<>/]{1,200}/[^\s\"'`<>]{1,500})[\"'`]")
_URL = re.compile(r"https?://[^\s\"'`<>|;]{4,500}")
_STATED = re.compile(
    r"(?:\b(?:method|type|verb|customrequest)\b[\"']?\s*(?:=>|[:=,(])\s*[\"'`]|HttpMethod\.|Method\.|"
    rf"[\"'`]|(?<=\w)\.|\)\s{{0,40}}\.|->|Net::HTTP::|\bhttp)({words.METHODS})\b",
    re.IGNORECASE,
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
_TARGET = re.compile(r"https?://|/|\$?\{")
_LONGEST = 20_000


def sampled_calls(text: str) -> Iterator[tuple[str, str]]:
    """Yield method and URL of each call that a sample makes.

    The method is empty where the sample does not say which it is.

    Args:
        text: A code block.
    """
    text = text[:_LONGEST]
    is_found = False
    for match in _DIRECT.finditer(text):
        url = _built(match[2] or match[4] or match[5])
        if _TARGET.match(url):
            is_found = True
            yield (match[1] or match[3] or match[6] or "GET").upper(), url
    for match in _COMMAND.finditer(_CONTINUED.sub(" ", text)):
        url_in_line = _URL.search(match[0])
        if url_in_line:
            is_found = True
            yield _method_of_command(match[0]), url_in_line[0]
    if not is_found and _CLIENT.search(text):
        yield from _of_statements(text)


def _built(written: str) -> str:
    """The URL that texts and variables make together; a base before the path is left out."""
    pieces = list(_TEXT_PIECE.finditer(written))
    if len(pieces) > 1 and pieces[0][2] and (pieces[1][1] or "").startswith("/"):
        pieces = pieces[1:]
    if all(piece[2] for piece in pieces):
        return ""
    return "".join(
        "{" + piece[2].rpartition(".")[2].strip("$") + "}" if piece[2] else piece[1]
        for piece in pieces
    )


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


def _method_of_command(line: str) -> str:
    stated = _COMMAND_METHOD.search(line)
    if stated:
        return stated[1].upper()
    return "POST" if _COMMAND_BODY.search(line) else "GET"


def _of_statements(text: str) -> Iterator[tuple[str, str]]:
    """The one call of a program that keeps its URL and its method in places of their own."""
    urls = list(dict.fromkeys(match[1] for match in _LITERAL.finditer(text)))
    methods = list(dict.fromkeys(match[1].upper() for match in _STATED.finditer(text)))
    method = methods[0] if len(methods) == 1 and len(urls) == 1 else ""
    for url in urls:
        yield method, url
