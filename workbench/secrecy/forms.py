"""Secrets by their form, wherever they stand in a text: tokens, keys, logins, named values."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from workbench.secrecy.persons import MASK
from workbench.secrecy.secret_names import is_secret_name

IN_ADDRESS = "login in an address"
# Forms that nothing else has; the group, where there is one, is the secret inside.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("JSON Web Token", re.compile(r"\beyJ[\w-]{6,}\.eyJ[\w-]{6,}\.[\w-]*")),
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{20,8000}"
            r"-----END [A-Z ]{0,20}PRIVATE KEY-----"
        ),
    ),
    ("access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("access key", re.compile(r"\bAIza[\w-]{35}")),
    (
        "access key",
        re.compile(
            r"\b(?:sk|rk|pk)_(?:live|test|prod|sandbox)_\w{10,}|\bwhsec_[\w+/=-]{10,}|\bsk-[\w-]{20,}"
        ),
    ),
    (
        "access token",
        re.compile(
            r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}"
        ),
    ),
    (
        "access token",
        re.compile(
            r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}|\bya29\.[\w-]{20,}|\bEAA[A-Za-z0-9]{30,}"
        ),
    ),
    (
        "access key",
        re.compile(
            r"\bPMAK-[0-9a-f]{20,}-[0-9a-f]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_\w{30,}"
        ),
    ),
    (
        IN_ADDRESS,
        re.compile(r"(?<=://)([^\s/@:?#\"'<>]{0,200}:[^\s/@?#\"'<>]{1,200})(?=@)"),
    ),
)
_SCHEME = re.compile(r"\b(?:bearer|token|apikey|api-key)\s+([\w.~+/=-]{8,})", re.IGNORECASE)
_BASIC = re.compile(r"\bbasic\s+([A-Za-z0-9+/]{6,}={0,2})", re.IGNORECASE)
# `name:password` after an option of curl, alone or at the end of a group such as `-su`.
_PAIR = (
    r"(?:'(?P<single>[^':\n]{0,80}:[^'\n]{0,200})|\"(?P<double>[^\":\n]{0,80}:[^\"\n]{0,200})"
    r"|(?P<bare>[^\s:'\"]{0,80}:[^\s'\"]{0,200}))"
)
_LOGIN = re.compile(
    rf"(?:(?:\s-[A-Za-z]{{0,6}}u|\s--(?:user|proxy-user|auth))(?:\s+|=)|\s-u(?=['\"])){_PAIR}"
)
_GLUED_LOGIN = re.compile(rf"\bcurl(?=\s)[^\n]{{0,1000}}?\s-u(?=\w){_PAIR}")
# What an option of curl or a header sends as cookies, and one of them.
_COOKIES = re.compile(
    r"(?:\s-[A-Za-z]{0,6}b\s*|\s--cookie(?:\s+|=))"
    r"(?:'(?P<single>[^'\n]{3,4000})|\"(?P<double>[^\"\n]{3,4000})|(?P<bare>[^\s'\"]{3,4000}))"
    r"|(?<![\w-])cookie:\s*(?P<header>[^'\"\n]{3,4000})",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(?:^|;)\s*[\w.!#$%&*+^~|-]{1,100}=(?P<value>[^;\s]{4,4000})")
# `name: value`, `name=value`, `"name": "value"`, in curl, headers, forms, scripts and settings.
_NAMED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{1,60})(?P<quote>\\?[\"']?)(?:\s?[=:]\s?|\s?=>\s?|',\s?')"
    r"(?P<open>\\?[\"']?|&(?:quot|#3[49]);)(?P<value>(?!//)[^\s\"'<>&,;\\]{4,2000})"
)
# An element of XML that holds nothing else; a mark such as `<token>` alone is a placeholder.
_ELEMENT = re.compile(
    r"<(?:\w{1,40}:)?(?P<name>[A-Za-z_][\w.-]{1,60})(?:\s[^<>]{0,200})?>\s*(?P<value>[^\s<>]{4,2000})\s*</"
)
# What goes on with a value behind a sign that would end it in a form or a list: whole words only,
# and none that is a name. (Possessive repetition would say it shorter; Python 3.11.2 errs in it.)
_IN_WORD = r"[^\s\"'<>&,;:=\\`\[\]{}()]"
_GOES_ON = re.compile(
    rf"(?:(?!&(?:quot|nbsp|lt|gt|#3[49]);)[&,;]{_IN_WORD}{{1,2000}}(?!{_IN_WORD}|[:=\[]))*"
)
_PROSE_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])|.{20,}")
_PLACEHOLDER = re.compile(
    r"[<{\[(%$:].*|.*[>}\])%]|.*(?:\.\.\.|…|\*\*|xxx|•|\{\{|\$\{|<|>).*|(.)\1*|#/.*",
    re.IGNORECASE | re.DOTALL,
)
_WORDS = frozenset(
    {"a", "access", "an", "and", "api", "app", "auth", "authorization"}
    | {"basic", "bearer", "change", "changeme", "client", "code", "cookie", "credential"}
    | {"credentials", "customer", "enter", "example", "false", "for", "from", "generated"}
    | {"go", "goes", "header", "here", "hidden", "id", "insert", "integer"}
    | {"invalid", "jwt", "key", "login", "masked", "me", "merchant", "my"}
    | {"none", "null", "number", "of", "or", "our", "partner", "pass"}
    | {"password", "placeholder", "private", "public", "redacted", "refresh", "replace", "required"}
    | {"same", "sample", "secret", "session", "shared", "signature", "signed", "some"}
    | {"something", "store", "string", "the", "this", "to", "token", "tokens"}
    | {"true", "type", "undefined", "user", "username", "value", "valid", "webhook"}
    | {"with", "x", "yes", "you", "your"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
MOST = 5_000  # of one text
FORMS = frozenset({what for what, _ in _FORMS} | {"bearer token", "basic login"})


@dataclass(frozen=True)
class FoundSecret:
    """A secret in a text: where it stands, and the name or form by which it was found."""

    start: int
    end: int
    what: str

    @property
    def mask(self) -> str:
        """What stands in its place; an address takes no brackets."""
        return "redacted:redacted" if self.what == IN_ADDRESS else MASK


def is_placeholder(value: str) -> bool:
    """Whether a value only shows where a secret goes: `<token>`, `{{key}}`, `your-key`, `***`."""
    plain = value.strip().strip("\"'")
    if len(plain) < 4 or _PLACEHOLDER.fullmatch(plain):
        return True
    words = _WORD.findall(plain)
    return bool(words) and all(word.lower() in _WORDS for word in words)


def is_telling(value: str) -> bool:
    """Whether a value is so particular that it is the same secret wherever it stands."""
    return len(value) >= 8 and bool(_PROSE_VALUE.match(value)) and not is_placeholder(value)


def find_secrets(text: str) -> list[FoundSecret]:
    """Secrets in a plain text, in order, none inside another.

    Args:
        text: Prose, a command, headers, a form, an address; JSON and YAML as text, too.
    """
    found = sorted(_find(text), key=lambda item: (item.start, -item.end))
    kept: list[FoundSecret] = []
    for item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return kept[:MOST]


def _find(text: str) -> Iterator[FoundSecret]:
    for what, pattern in _FORMS:
        for match in pattern.finditer(text):
            if not is_placeholder(match[0].rpartition(":")[2] if what == IN_ADDRESS else match[0]):
                yield FoundSecret(match.start(), match.end(), what)
    for match in _SCHEME.finditer(text):
        if not is_placeholder(match[1]) and _PROSE_VALUE.match(match[1]):
            yield FoundSecret(match.start(1), match.end(1), "bearer token")
    for match in _BASIC.finditer(text):
        if _is_login(match[1]):
            yield FoundSecret(match.start(1), match.end(1), "basic login")
    for match in _ELEMENT.finditer(text):
        is_secret = is_secret_name(match["name"], parameter=True) and is_telling(match["value"])
        if is_secret and _PROSE_VALUE.match(match["value"]):
            yield FoundSecret(match.start("value"), match.end("value"), match["name"])
    yield from _find_logins(text)
    yield from _find_cookies(text)
    yield from _find_named(text)


def _find_logins(text: str) -> Iterator[FoundSecret]:
    for match in (*_LOGIN.finditer(text), *_GLUED_LOGIN.finditer(text)):
        group = match.lastgroup or "bare"
        user, _, password = match[group].partition(":")
        # With an empty password, the name is a key: `-u KEY:`.
        if not is_placeholder(password) if password else is_telling(user):
            yield FoundSecret(match.start(group), match.end(group), "basic login")


def _find_cookies(text: str) -> Iterator[FoundSecret]:
    for match in _COOKIES.finditer(text):
        group = match.lastgroup or "bare"
        for cookie in _COOKIE.finditer(match[group]):
            if not is_placeholder(cookie["value"]):
                start = match.start(group)
                yield FoundSecret(
                    start + cookie.start("value"), start + cookie.end("value"), "cookie"
                )


def _find_named(text: str) -> Iterator[FoundSecret]:
    for match in _NAMED.finditer(text):
        name, value = match["name"], match["value"]
        # In an address a bare `key` is one; elsewhere it is half of a pair.
        in_address = text[match.start() - 1 : match.start()] in {"?", "&"}
        is_parameter = in_address or name.lower() != "key"
        # A signature in an address opens it for whoever has the address.
        if not is_secret_name(name, parameter=is_parameter, proofs=in_address):
            continue
        # Without quotes and outside a form, a word after a colon is mostly a sentence.
        is_sure = bool(match["open"]) or "=" in text[match.end("name") : match.start("value")]
        plain = unquote_plus(value).rstrip(".)")
        if is_placeholder(plain) or "://" in plain or plain.lower() in {"bearer", "basic"}:
            continue
        if is_sure or _PROSE_VALUE.match(plain):
            yield FoundSecret(match.start("value"), _end_of(match, text), name)


def _end_of(match: re.Match[str], text: str) -> int:
    """Where a named value ends: in a form with the next `&`, behind a colon with its word."""
    is_form = "=" in text[match.end("name") : match.start("value")] and not match["open"]
    on = None if is_form else _GOES_ON.match(text, match.end("value"))
    return on.end() if on else match.end("value")


def _is_login(text: str) -> bool:
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in plain and plain.isprintable() and not is_placeholder(plain.partition(":")[2])
