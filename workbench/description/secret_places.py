"""Which part of a named value is the secret: all of it, the credentials, what a cookie holds."""

from __future__ import annotations

import re

from workbench.secrecy import MASK, is_placeholder, is_secret_name

_SCHEME = re.compile(
    r"((?:bearer|basic|token|digest|apikey|api-key|hmac)\s+)(.+)", re.IGNORECASE | re.DOTALL
)
_COOKIE = re.compile(r"(?P<name>[^=;\s]+)=(?P<value>[^;]+)")


def secret_part(value: str, name: str, *, in_query: bool = False) -> tuple[str, str] | None:
    """A value with its secret masked, and that secret; None when it is none.

    Args:
        value: The text.
        name: The name that says what it is.
        in_query: It stands in the query of an address, which a signature opens.
    """
    if (
        not value.strip()
        or MASK in value
        or not is_secret_name(name, parameter=name.lower() != "key", proofs=in_query)
    ):
        return None
    if name.lower() in {"cookie", "set-cookie"}:
        return _cookie(value, is_set=name.lower() == "set-cookie")
    scheme = _SCHEME.fullmatch(value)
    if scheme is not None:
        held = scheme[2].strip()
        return None if is_placeholder(held) else (f"{scheme[1]}{MASK}", held)
    # A sentence, an address or a reference under such a name says something about the secret.
    is_about = re.search(r"\s", value) or "://" in value or value.startswith("#/")
    return None if is_about or is_placeholder(value) else (MASK, value)


def _cookie(value: str, *, is_set: bool) -> tuple[str, str] | None:
    pairs = [pair for pair in _COOKIE.finditer(value) if not is_placeholder(pair["value"].strip())]
    if is_set:
        pairs = pairs[:1]
    if not pairs:
        return None
    masked, done = [], 0
    for pair in pairs:
        masked += [value[done : pair.start("value")], MASK]
        done = pair.end("value")
    longest = max((pair["value"] for pair in pairs), key=len)
    return "".join([*masked, value[done:]]), longest
