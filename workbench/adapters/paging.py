"""Lists, page by page: by `Link`, address, cursor, page number or offset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from workbench.adapters.answer import Answer
from workbench.adapters.channel import Channel, Request
from workbench.errors import PartnerError
from workbench.model import Operation

PAGES_MAX = 1000
_LINK = re.compile(r'<([^<>]*)>[^,]*;\s*rel="?next"?', re.IGNORECASE)
# Names are compared in lower case, without anything but letters.
_NEXT = re.compile(
    "next(url|uri|link|page|cursor|pagetoken|token|pagecursor)?|endcursor|continuation"
)
_FOLDER = re.compile("links|paging|pagination|meta(data)?|page(info)?|cursors?")
_MORE = re.compile("has(more|next|nextpage)|more")
_CURSOR = re.compile(
    "(next|page)?cursor|(starting|start)?after|(page|next)token|continuation(token)?"
)
_PAGE = re.compile("page|page(number|no|index)|pagina")
_OFFSET = re.compile("offset|skip|startindex")
_LIMIT = re.compile("limit|perpage|(page)?size|count|maxresults|top")


def walk_pages(
    channel: Channel,
    operation: Operation,
    request: Request,
    *,
    pages_max: int = PAGES_MAX,
    seen: Callable[[Answer], None] = lambda _: None,
) -> Iterator[list[Any]]:
    """The items of each page, asked for as they are needed; `seen` is told of each answer.

    Raises:
        PartnerError: A page comes again, leads to another server, or is one too many; the body is
            no list; or there is more, and no way to it.
    """
    read: set[tuple[str, str]] = set()
    before = b""
    for _ in range(pages_max):
        answer = channel.send(request)
        seen(answer)
        body = answer.data()
        items = _find_items(body, answer)
        now = orjson.dumps(items)
        if items and now == before:
            raise _odd(answer, "sends the same page again, whichever is asked for")
        yield items
        before = now
        mark = (request.target, repr(sorted(request.query.items())))
        following = _find_next(channel, operation, request, answer, items)
        if following is None:
            return
        read.add(mark)
        if (following.target, repr(sorted(following.query.items()))) in read:
            raise _odd(answer, "leads back to a page that was read before")
        request = following
    raise _odd(answer, f"has more than {pages_max} pages")


def _find_items(body: Any, answer: Answer) -> list[Any]:
    if isinstance(body, list):
        return body
    lists = [part for part in body.values() if isinstance(part, list)] if _is(body) else []
    if len(lists) > 1:
        lists = [part for part in lists if part and all(_is(item) for item in part)]
    if len(lists) != 1:
        raise _odd(answer, f"has {len(lists)} lists in its answer, so its items are not known")
    return lists[0]


def _find_next(
    channel: Channel, operation: Operation, request: Request, answer: Answer, items: list[Any]
) -> Request | None:
    linked = _LINK.search(answer.headers.get("link", ""))
    if linked:
        return _follow(channel, answer, linked[1])
    fields = dict(_flatten(answer.json()))
    told = [fields[name] for name in fields if _NEXT.fullmatch(name)]
    more = next((fields[name] for name in fields if _MORE.fullmatch(name)), None)
    if more is False or (told and not any(told)):
        return None
    if told:
        return _turn(channel, operation, request, answer, next(filter(None, told)))
    found = _count_on(operation, request, items)
    if found is None and more:
        raise _odd(answer, "has more pages, and does not say how to get them")
    return found


def _turn(
    channel: Channel, operation: Operation, request: Request, answer: Answer, told: Any
) -> Request:
    """The next page by what the body says: an address, or the value of a parameter."""
    text = str(told.get("href") if _is(told) else told)
    if text.startswith(("http://", "https://", "/", "?")):
        return _follow(channel, answer, text)
    name = _parameter(operation, _CURSOR) or _parameter(operation, _PAGE)
    if name is None:
        raise _odd(answer, "names a next page that no parameter takes")
    return replace(request, query={**request.query, name: text})


def _follow(channel: Channel, answer: Answer, link: str) -> Request:
    target = urljoin(answer.request.url, link)
    base = urlsplit(channel.client.base_url)
    if urlsplit(target)[:2] != base[:2]:
        raise _odd(answer, "leads to another server for its next page")
    return Request("GET", target)


def _count_on(operation: Operation, request: Request, items: list[Any]) -> Request | None:
    """The next page by number or offset, unless this one was the last."""
    limit = _number(operation, request, _LIMIT, None)
    if not items or (limit is not None and len(items) < limit):
        return None
    for word, step, first in ((_PAGE, 1, 1), (_OFFSET, len(items), 0)):
        name = _parameter(operation, word)
        if name is not None:
            here = _number(operation, request, word, first) or 0
            return replace(request, query={**request.query, name: str(here + step)})
    return None


def _number(
    operation: Operation, request: Request, word: re.Pattern[str], default: int | None
) -> int | None:
    name = _parameter(operation, word)
    schema = next((item.schema_ for item in operation.parameters if item.name == name), {})
    found = request.query.get(name or "", schema.get("default", default))
    return int(found) if str(found).isdecimal() else default


def _parameter(operation: Operation, word: re.Pattern[str]) -> str | None:
    names = [item.name for item in operation.parameters if item.place == "query"]
    return next((name for name in names if word.fullmatch(_plain(name))), None)


def _flatten(body: Any) -> Iterator[tuple[str, Any]]:
    """Fields that speak of pages, at the top and in the usual folders."""
    for name, value in body.items() if _is(body) else ():
        if _is(value) and _FOLDER.fullmatch(_plain(name)):
            yield from _flatten(value)
        else:
            yield _plain(name), value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is(value: Any) -> bool:
    return isinstance(value, Mapping)


def _odd(answer: Answer, what: str) -> PartnerError:
    return PartnerError(f"The list {what}", location=answer.request.url, partner=answer.partner)
