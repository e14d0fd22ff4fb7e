"""One exchange as people read it: request line, headers, body; then the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from workbench.model import Exchange


def write_exchange(exchange: Exchange) -> str:
    """The exchange as it went over the wire, as far as a log keeps it."""
    return "\n".join([*write_request(exchange), *write_answer(exchange)])


def write_request(exchange: Exchange) -> list[str]:
    """Lines of the request."""
    return [exchange.request, *_rest(exchange.headers, exchange.body)]


def write_answer(exchange: Exchange) -> list[str]:
    """Lines of the answer; none when there was none, or none was kept."""
    status = exchange.status
    if not status:
        return []
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return ["", f"{status} {phrase}".strip(), *_rest(exchange.answer_headers, exchange.answer)]


def _rest(headers: Mapping[str, str], body: str) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in headers.items())
    if body:
        yield from ("", body)
