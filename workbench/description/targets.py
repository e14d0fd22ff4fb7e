"""URLs and paths as people write them → server, path template, query parameters.

One reading for prose, curl, exports of REST clients and HTTP files: `:id`, `<id>`, `[id]`,
`{{id}}`, `$id` and `ORDER_ID` are variables, and so is an id of an example (`/orders/17`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_LONGEST = 2_000
_ESCAPED = re.compile(r"\\(?=[^\w\s]|_)")
_CLIENT_VARIABLE = re.compile(r"\{\{\s*(?:_\.|process\.env\.)?([\w.$-]+?)\s*\}\}")
_IDENTIFIER = re.compile(r"(?:Id|ID|_id|uuid|Uuid|UUID)[}>\]]*$|^\W*id\W*$")
_PREFIX = re.compile(
    r"(?:\{\{?[^{}/]{1,60}\}?\}|\[[^\[\]/]{1,60}\]|<[^<>/]{1,60}>|\$\{?[\w.]{1,60}\}?)(?=/)"
)
_BARE_HOST = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)*\.([A-Za-z]{2,12}))(?::\d+)?(?=/)")
_FILE_ENDINGS = frozenset({"php", "json", "xml", "html", "asp", "aspx", "do", "jsp", "cgi", "svc"})
_EXPANSION = re.compile(r"\{[?&]([^{}]*)\}")
_NAMED = re.compile(r"\{(\w+)=([\w/*-]{1,200})\}")  # `{name=orders/*}`: what may stand there
_FORMAT = re.compile(r"\(\.:\w+\)|\{\.\w+\}")  # `(.:format)` of a list of routes
_WHOLE = re.compile(
    r":([A-Za-z_][\w-]*)|<(?:\w+:)?([^<>:]+)>|\[([^\[\]]+)\]|\$\{?([A-Za-z_]\w*)\}?|%([A-Z_]+)%|"
    r"\((?:\w+:)?([A-Za-z_]\w*)\)|\{\{?([^{}]+)\}?\}|((?:YOUR|THE|MY)?_?[A-Z]+(?:_[A-Z]+)+|[A-Z]{2,}ID)"
)
_INSIDE = re.compile(r"\{\{?([^{}]+)\}?\}|<(\w+)>|\$\{(\w+)\}")
_UNFIT = re.compile(r"[\x00-\x20\x7f{}]")
_VERSION = re.compile(r"[vV]\d+(?:[._]\d+)*|\d+(?:\.\d+)+")
_WORD_AND_NUMBER = re.compile(r"[a-z]{2,}[-_]?v?\d{1,2}")
_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}|[A-Z]{1,8}[-_]\d[\w-]*|"
    r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{4,}"
)
_HOLE = re.compile(r"%[sdi]|\{\}")  # where a program writes a value in
_KEYED = re.compile(r"(\w{1,60})\((?:'[^'()]{1,80}'|\d+|[0-9a-fA-F-]{32,36})\)")  # OData
_WORD = re.compile(r"[a-z_.-]*")
_PARAMETER = re.compile(r"[A-Za-z_$][\w.$\[\]-]*")
_MOST_QUERY = 100


@dataclass(frozen=True)
class RequestTarget:
    """Where a request goes.

    Attributes:
        server: Base URL, or nothing where only a path is written.
        path: Path template, variables in braces.
        query: Names and example values of the query, in order.
        guessed: Numbers of the segments that were an example's id before they became variables.
    """

    server: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    guessed: frozenset[int] = frozenset()

    def parameters(self) -> list[dict[str, Any]]:
        """The query as OpenAPI parameter objects; values are not kept, they may be keys."""
        return [
            {"name": name, "in": "query", "schema": {"type": "string"}} for name, _ in self.query
        ]


def read_target(
    text: str, bases: Sequence[str] = (), variables: Mapping[str, str] | None = None
) -> RequestTarget | None:
    """Read a URL or path as written.

    Args:
        text: Such as `https://host/v1/orders/:id?full=1`, `[Host]/orders` or `/orders/{id}`.
        bases: Base URLs that the document states; the longest that fits is cut off.
        variables: Values of the variables of a REST client's export.

    Returns:
        None for a text that cannot be a target.
    """
    written = _ESCAPED.sub("", text[:_LONGEST]).strip().strip("`'\"").rstrip(".,;:")
    written = _NAMED.sub(lambda found: re.sub(r"\*+", "{" + found[1] + "}", found[2]), written)
    written = _fill(_FORMAT.sub("", written), variables or {})
    server, path = _cut_server(written, bases)
    if not path.startswith("/"):
        return None
    names = [name for found in _EXPANSION.findall(path) for name in re.split(r"[,*\s]+", found)]
    path, _, query = _EXPANSION.sub("", path).partition("#")[0].partition("?")
    segments: list[str] = []
    guessed: set[int] = set()
    for number, segment in enumerate(re.sub(r"/{2,}", "/", path).split("/")):
        read, is_guess = _read_segment(segment, segments)
        if _UNFIT.search(_INSIDE.sub("", read)):
            return None
        segments.append(read)
        guessed |= {number} if is_guess else set()
    pairs = [(name, "") for name in names if _PARAMETER.fullmatch(name)] + list(_pairs(query))
    return RequestTarget(
        server, "/".join(segments) or "/", tuple(pairs[:_MOST_QUERY]), frozenset(guessed)
    )


@lru_cache(maxsize=16_384)
def shape(path: str) -> tuple[str, ...]:
    """A path without the names of its variables: the same for the same operation."""
    return tuple(
        "{}" if "{" in segment else segment.lower() for segment in path.strip("/").split("/")
    )


def is_example_of(path: str, template: str, *, loosely: bool = False) -> bool:
    """Whether a path is the other one with values in place of its variables.

    A word such as `available` is no value: `/orders/available` is a call beside `/orders/{id}`.

    Args:
        path: The path with values.
        template: The path with variables.
        loosely: Whether a word may be a value, too, as in the sample of one call.
    """
    one, other = shape(path), shape(template)
    return len(one) == len(other) and all(
        right == left or (right == "{}" and (loosely or not _is_word(left, names)))
        for left, right, names in zip(one, other, template.strip("/").split("/"), strict=True)
    )


def _is_word(segment: str, variable: str) -> bool:
    """Whether a segment is a plain word, and not the name of the variable itself."""
    is_name = segment == variable.strip("{}").lower() or segment.endswith(("_id", "-id"))
    return _WORD.fullmatch(segment) is not None and not is_name


def ends_with(path: str, end: str) -> bool:
    """Whether one path is the other, or an example of it, with a base before it."""
    one, other = shape(path), shape(end)
    if len(one) <= len(other) or set(other) == {"{}"}:
        return False
    return all(right in {left, "{}"} for left, right in zip(one[-len(other) :], other, strict=True))


def _fill(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1], "")
        # Only a base is written out: a path variable stays a variable of the operation.
        return found.rstrip("/") if match.start() == 0 and found else "{" + match[1] + "}"

    return _CLIENT_VARIABLE.sub(value, text)


def _cut_server(text: str, bases: Iterable[str]) -> tuple[str, str]:
    for base in sorted(bases, key=len, reverse=True):
        if text.startswith(base) and text[len(base) : len(base) + 1] in {"/", "", "?"}:
            return base, text[len(base) :] or "/"
    if re.match(r"https?://", text):
        try:
            parts = urlsplit(text)
        except ValueError:
            return "", ""
        return f"{parts.scheme}://{parts.netloc}", text[text.find("/", 8) :] if "/" in text[
            8:
        ] else "/"
    prefix = _PREFIX.match(text)
    if prefix and not _IDENTIFIER.search(prefix[0]):
        return "", text[prefix.end() :]
    host = _BARE_HOST.match(text)
    if host and (host[1] or "").lower() not in _FILE_ENDINGS:
        return f"https://{host[0]}" if host[1] else f"http://{host[0]}", text[host.end() :]
    if text.startswith(("/", "?")):
        return "", text
    return "", "/" + text if re.match(r"[\w{<:\[-]", text) else ""


def _read_segment(segment: str, before: Sequence[str]) -> tuple[str, bool]:
    keyed = _KEYED.fullmatch(segment)
    if keyed:
        return f"{keyed[1]}({{{_id_of(keyed[1], before)}}})", True
    whole = _WHOLE.fullmatch(segment)
    if whole:
        name = next(group for group in whole.groups() if group)
        return "{" + _name(name) + "}", False
    if _INSIDE.search(segment):
        return _INSIDE.sub(
            lambda found: "{" + _name(found[found.lastindex or 0]) + "}", segment
        ), False
    owner = before[-1] if before else ""
    is_id = _HOLE.fullmatch(segment) is not None or (
        bool(_ID.fullmatch(segment))
        and re.fullmatch(r"[A-Za-z][\w.-]*", owner) is not None
        and not _VERSION.fullmatch(segment)
        and (not _WORD_AND_NUMBER.fullmatch(segment) or _is_member(segment, owner))
    )
    if not is_id:
        return unquote(segment) if "%" in segment else segment, False
    return "{" + _id_of(owner, before) + "}", True


def _id_of(owner: str, before: Sequence[str]) -> str:
    """Name of the variable that takes the id of an owner such as `orders`."""
    name = _name(re.sub(r"ies$", "y", owner) if owner.endswith("ies") else owner.removesuffix("s"))
    taken = sum(part.startswith("{" + name + "_id") for part in before)
    return f"{name}_id{taken + 1 if taken else ''}"


def _is_member(segment: str, owner: str) -> bool:
    """Whether `sku-1` stands below `items`: one of many, and no word with a number."""
    return owner.endswith("s") and bool(re.fullmatch(r"[a-z]{2,}[-_]\d+", segment))


def _name(text: str) -> str:
    return re.sub(r"[^\w.$-]+", "_", text.strip()).strip("_") or "id"


def _pairs(query: str) -> Iterable[tuple[str, str]]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_QUERY)
    except ValueError:
        return
    for name, value in dict(pairs).items():
        if _PARAMETER.fullmatch(name):
            yield name, value
