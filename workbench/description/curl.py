"""curl commands → requests: options in any order, quotes of any shell."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

_COMMAND = re.compile(
    r"^[ \t]*(?:[$>#][ \t]*)?(?:\w{1,40}=\S{0,80}[ \t]+){0,4}curl(?:\.exe)?[ \t]", re.MULTILINE
)
_CONTINUED = re.compile(r"[\\^`][ \t]*\n[ \t]*")
_UNFINISHED = re.compile(r"[ \t]*\n[ \t]*(?=-{1,2}[A-Za-z]|['\"]?https?://)")
_ADDRESS = re.compile(r"(?:https?://|[\[{<$]|/|[\w-]+\.[\w.-]+/)\S*|localhost\S*")
_LONGEST = 20_000
_MOST = 200
# Options that take a value which says nothing about the request; all others take none.
_IGNORED = (
    *(f"-{letter}" for letter in "AbcCeEKmorTwxyYzPQt"),
    *("--connect-timeout", "--max-time", "--retry", "--retry-delay", "--output", "--user-agent"),
    *("--cookie", "--cookie-jar", "--referer", "--cert", "--key", "--cacert", "--capath"),
    *("--proxy", "--proxy-user", "--write-out", "--range", "--resolve", "--config"),
    *("--interface", "--limit-rate", "--upload-file", "--ciphers", "--aws-sigv4", "--max-redirs"),
)
_VALUED = frozenset("XHudF" + "".join(option[1] for option in _IGNORED if len(option) == 2))
_CLUSTER = re.compile(r"-[A-Za-z#0-9]{2}")


@dataclass(frozen=True)
class CurlRequest:
    """What one command sends; `user` tells that it logs in with name and password."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    is_form: bool = False
    has_user: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the program."""
        raise ValueError(message)


@cache
def _parser() -> _Parser:
    parser = _Parser(add_help=False, allow_abbrev=False, prefix_chars="-")
    parser.add_argument("-X", "--request", dest="method", default="")
    parser.add_argument("-H", "--header", dest="headers", action="append", default=[])
    parser.add_argument("-G", "--get", dest="is_get", action="store_true")
    parser.add_argument("-I", "--head", dest="is_head", action="store_true")
    parser.add_argument("-u", "--user", dest="user", default="")
    parser.add_argument("--oauth2-bearer", dest="bearer", default="")
    parser.add_argument("--url", dest="url", default="")
    parser.add_argument("--json", dest="json", action="append", default=[])
    parser.add_argument(
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-ascii",
        dest="data",
        action="append",
        default=[],
    )
    parser.add_argument("--data-urlencode", dest="encoded", action="append", default=[])
    parser.add_argument("-F", "--form", "--form-string", dest="form", action="append", default=[])
    for option in _IGNORED:
        parser.add_argument(option, dest="ignored")
    parser.add_argument("rest", nargs="*")
    return parser


def read_curl(text: str) -> Iterator[tuple[CurlRequest | None, int]]:
    """Yield each curl command of a text with its offset; None for one that cannot be understood.

    Args:
        text: A code block or paragraph with any number of commands, among other lines.
    """
    starts = [match.start() for match in _COMMAND.finditer(text)][:_MOST]
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(text)
        yield _read_command(text[start : min(end, start + _LONGEST)]), start


def _read_command(text: str) -> CurlRequest | None:
    joined = _UNFINISHED.sub(" ", _CONTINUED.sub(" ", text.replace("\r\n", "\n")))
    words = _split(_first_line(joined))
    if words is None:
        return None
    words = words[next(i for i, word in enumerate(words) if word.startswith("curl")) + 1 :]
    for mark in ("|", "&&", ";", ">", "||"):
        words = words[: words.index(mark)] if mark in words else words
    words = [part for word in words for part in _apart(word)]
    try:
        known, unknown = _parser().parse_known_intermixed_args(words)
    except (ValueError, TypeError):
        return None
    named = [*([known.url] if known.url else []), *known.rest, *unknown]
    url = next((word for word in named if _ADDRESS.fullmatch(word)), "")
    if not url:
        return None
    return _request(known, url)


def _apart(word: str) -> Iterator[str]:
    """The short options of one word, such as `-sG` or `-skXPUT`, one by one."""
    while _CLUSTER.match(word) and word[1] not in _VALUED:
        yield word[:2]
        word = f"-{word[2:]}"
    yield word


def _first_line(text: str) -> str:
    """The text up to the first line end outside quotes."""
    quote = ""
    escaped = False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "\n":
            return text[:index]
    return text


def _split(text: str) -> list[str] | None:
    # A quote left open by a hurried author ends with the command.
    for attempt in (text, text + "'", text + '"', text.split("\n", 1)[0]):
        try:
            return shlex.split(attempt, comments=False)
        except ValueError:
            continue
    return None


def _request(known: argparse.Namespace, url: str) -> CurlRequest:
    data = [*known.data, *known.encoded]
    body = "".join(known.json) or ("&".join(data) if data else "")
    method = str(known.method).upper()
    if known.is_get and body:
        url += ("&" if "?" in url else "?") + body
        body = ""
    if not method:
        method = "HEAD" if known.is_head else "POST" if body or known.form else "GET"
    headers = tuple(
        (name.strip(), value.strip())
        for name, _, value in (header.partition(":") for header in known.headers)
    )
    if known.bearer:
        headers = (*headers, ("Authorization", "Bearer"))
    return CurlRequest(
        method=method,
        url=url,
        headers=headers,
        body="&".join(known.form) if known.form else body,
        is_form=bool(known.form or (data and not body.lstrip().startswith(("{", "[")))),
        has_user=bool(known.user),
    )
