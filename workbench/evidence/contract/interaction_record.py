"""One interaction of Schemathesis' report, as a finding keeps it: every secret masked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from workbench.adapters import (
    AuthHeaders,
    PreparedRequest,
    SentRequest,
    find_echoes,
    mask_headers,
    show_request,
)
from workbench.model import Exchange, shorten
from workbench.secrecy import MASK, Redactor

_FILTERED = "[Filtered]"
# What the tool says of itself.
_NOISE = frozenset({"user-agent", "accept-encoding", "connection", "content-length"})
_OWN = "x-schemathesis"


@dataclass(frozen=True)
class Witness:
    """A request that was generated, and its answer.

    Attributes:
        interaction: As the report has it.
        redactor: Knows the secrets.
        login: What logging in adds, as of `SentRequest`.
    """

    interaction: Mapping[str, Any]
    redactor: Redactor
    login: Mapping[str, str]

    @property
    def request(self) -> Mapping[str, Any]:
        """The request as the report has it."""
        return self.interaction.get("request") or {}

    @property
    def response(self) -> Mapping[str, Any]:
        """The answer as the report has it; empty when none came."""
        return self.interaction.get("response") or {}

    @property
    def sent_json(self) -> Any:
        """Body of the request as it went, or None where it is not JSON."""
        return _json(_body(self.request.get("body")))

    @property
    def answered_json(self) -> Any:
        """Body of the answer as it came, or None where it is not JSON."""
        return _json(_body(self.response.get("content")))

    @property
    def echoed(self) -> set[str]:
        """Names of our secrets that the answer held."""
        asked, told = _body(self.request.get("body")), _body(self.response.get("content"))
        return find_echoes(self.redactor, asked, _headers(self.response), told)

    @cached_property
    def sent(self) -> SentRequest:
        """The request; a login that was left out or made up on purpose stays so."""
        address = str(self.request.get("uri", ""))
        headers = _headers(self.request)
        carried = {**{key.lower(): value for key, value in headers.items()}, **_query(address)}
        login = {
            name: shown
            for name, shown in self.login.items()
            if self._is_secret(carried.get(name.lower(), carried.get(name, "")))
        }
        method, body = str(self.request.get("method", "GET")), _body(self.request.get("body"))
        call = PreparedRequest(method, address, headers, body)
        return show_request(call, AuthHeaders(shown=login), self.redactor)

    @property
    def exchange(self) -> Exchange:
        """What went over the wire."""
        answer = self.redactor.mask(_body(self.response.get("content")))
        return Exchange(
            request=f"{self.sent.method} {self.sent.url}",
            headers=dict(self.sent.headers),
            body=shorten(self.sent.body.decode("utf-8", "replace")),
            status=int(self.response.get("status_code") or 0),
            answer_headers=mask_headers(_headers(self.response), self.redactor),
            answer=shorten(answer.decode("utf-8", "replace")),
        )

    def _is_secret(self, value: str) -> bool:
        return _FILTERED in value or MASK in self.redactor.text(value)


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: ", ".join(map(str, values)) if isinstance(values, list) else str(values)
        for name, values in (message.get("headers") or {}).items()
        if name.lower() not in _NOISE and not name.lower().startswith(_OWN)
    }


def _query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def _body(value: Any) -> bytes:
    packed = value.get("$base64") if isinstance(value, dict) else None
    return base64.b64decode(packed) if packed else b""


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
