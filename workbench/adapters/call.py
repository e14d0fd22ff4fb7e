"""A request before it is sent: checked, with its body written, then with its login."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from workbench.adapters.auth import Proof, TokenRequest
from workbench.adapters.body import write_json
from workbench.adapters.repeat import is_repeatable
from workbench.errors import InputError

IDEMPOTENCY_HEADER = "Idempotency-Key"
_DEFAULTS = {
    "Accept": "application/json",
    # A compressed bomb cannot grow when nothing is compressed.
    "Accept-Encoding": "identity",
    "User-Agent": "partner-integration-workbench",
}


@dataclass(frozen=True)
class Call:
    """A request to an address that is allowed, before login."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_repeatable: bool = False

    def carry(self, proof: Proof) -> tuple[str, dict[str, str]]:
        """URL and headers with the login in them: secrets in the clear."""
        query = urlencode({name: value.get_secret_value() for name, value in proof.query.items()})
        joint = "&" if "?" in self.url else "?"
        added = {name: value.get_secret_value() for name, value in proof.headers.items()}
        return f"{self.url}{joint}{query}" if query else self.url, {**self.headers, **added}


def compose(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    content: bytes | None = None,
    key: str | None = None,
) -> Call:
    """Put a request together.

    Raises:
        InputError: The method is none, or the payload has no form in JSON.
    """
    if not re.fullmatch(r"[A-Z]+", method := method.upper()):
        raise InputError(f"{method[:20]!r} is not an HTTP method")
    body = (content or b"") if json is None else write_json(json)
    kind = {} if json is None else {"Content-Type": "application/json"}
    keyed = {IDEMPOTENCY_HEADER: key} if key else {}
    return Call(
        method=method,
        url=url,
        headers={**_DEFAULTS, **kind, **headers, **keyed},
        body=body,
        is_repeatable=is_repeatable(method, key),
    )


def compose_token(token: TokenRequest, url: str) -> Call:
    """The request for a token; asking for another one harms nobody, so it may be repeated."""
    form = {name: value.get_secret_value() for name, value in token.form.items()}
    headers = {**_DEFAULTS, "Content-Type": "application/x-www-form-urlencoded"}
    return Call("POST", url, headers, urlencode(form).encode(), is_repeatable=True)
