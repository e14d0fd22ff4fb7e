"""Calls in samples of programs and commands other than curl, as portals show them in tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.description.prose import section_words as words

_DIRECT = re.compile(
    r"\b(?:requests|axios|client|http|https|session|api|httpx|got|superagent|request|\$http|ky)"
    r"\.(get|post|put|patch|delete)\(\s*f?[\"'`]([^\"'`\s]{2,500})[\"'`]"
    rf"|\.request\(\s*[\"'`]({words.METHODS})[\"'`]\s*,\s*f?[\"'`]([^\"'`\s]{{2,500}})[\"'`]"
    r"|\bfetch\(\s*[\"'`]([^\"'`\s]{2,500})[\"'`](?:[^;]{0,200}?\bmethod[\"']?:\s*[\"'](\w{3,7}))?",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"^[ \t>$]*(?:\$?\w+[ \t]*=[ \t]*)?(?:Invoke-RestMethod|Invoke-WebRequest|irm|iwr|wget)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_CONTINUED = re.compile(r"[\\`^][ \t]*\n[ \t]*")
_COMMAND_METHOD = re.compile(rf"-method[\s=:]{{1,3}}[\"']?({words.METHODS})\b", re.IGNORECASE)
_COMMAND_BODY = re.compile(r"--(?:post|body)-(?:data|file)")
_CLIENT = re.compile(
    r"\b(?:requests|httpx|axios|fetch|ajax|HttpClient|HttpRequest\w*|NewRequest\w*|Net::HTTP|URLSession|"
    r"URLRequest|CURLOPT_URL|OkHttp\w*|RestClient|RestTemplate|WebClient|Guzzle\w*|Unirest|HTTParty|"
    r"Faraday|urlopen|superagent|reqwest|http\.client|HttpResponse|RestRequest)\b"
)
_LITERAL = re.compile(r"[\"'`](https?://[^\s\"'`<>]{4,500})[\"'`]")
_URL = re.compile(r"https?://[^\s\"'`<>|;]{4,500}")
_STATED = re.compile(
    r"(?:\b(?:method|type|verb|customrequest)\b[\"']?\s*(?:=>|[:=,(])\s*[\"'`]|HttpMethod\.|Method\.|"
    rf"[\"'`]|(?<=\w)\.|->|Net::HTTP::|\bhttp)({words.METHODS})\b",
    re.IGNORECASE,
)
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
        url = match[2] or match[4] or match[5]
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
