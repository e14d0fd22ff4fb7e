"""How requests and answers may be shown: secrets masked by value, and by where they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

from workbench.secrecy import MASK, Redactor, is_secret_name


def mask_headers(
    headers: Mapping[str, str], redactor: Redactor, login: Collection[str] = ()
) -> dict[str, str]:
    """Headers that may be shown.

    Those whose names tell of a secret, and those of the login, are masked whole: the second net
    under the exact values, and the only one under those that are mere words.

    Args:
        headers: As they were sent or came.
        redactor: Knows the secrets.
        login: Names of the headers that logging in adds.
    """
    hidden = {name.lower() for name in login}
    return {
        redactor.text(name): MASK
        if name.lower() in hidden or is_secret_name(name, parameter=True)
        else redactor.text(value)
        for name, value in headers.items()
    }


def mask_url(url: str, redactor: Redactor) -> str:
    """An address whose parameters are masked as headers are."""
    path, mark, query = url.partition("?")
    return redactor.text(path + mark + _mask_pairs(query))


def mask_form(headers: Mapping[str, str], body: bytes, redactor: Redactor) -> bytes:
    """A body; the fields of a form are masked as headers are."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if "form-urlencoded" not in kind:
        return redactor.mask(body)
    return redactor.mask(_mask_pairs(body.decode("latin-1")).encode("latin-1"))


def _mask_pairs(pairs: str) -> str:
    return "&".join(
        f"{name}={MASK}" if value and is_secret_name(unquote_plus(name), parameter=True) else pair
        for pair in pairs.split("&")
        for name, _, value in (pair.partition("="),)
    )
