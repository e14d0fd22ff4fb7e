"""Whether a name of a header, parameter, field or variable tells that its value is a secret."""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.text import strip_accents

# What a word must hold; words are often glued (`clientsecret`, `xapikey`, `PHPSESSID`).
_STEM = re.compile(
    r"secret(?!ar|ion|e[ds]?$)|passw(?!ordless)|passphrase|^pass$|^pwd$|^passcode$|token(?!i[sz]|om)"
    r"|credential|^cred(s)?$|authori[sz]ation|^auth$|cookie|^sid$|^[cx]srf|bearer"
    r"|^jwt$|^otp$|^totp$|^mfa$"
    r"|(api|access|private|signing|signature|encryption|shared|master|auth|security|subscription"
    r"|client|app|account|webhook|license|service|functions|hmac|admin|user|consumer)keys?$"
    # The same in the languages of partners' teams.
    r"|contrasen[iy]?a|^senha|passwort|kennwort|geheimnis|motdepasse|wachtwoord|^haslo|^sifre"
)
# Two words that are one name: `api key`, `mot de passe`.
_GLUED = re.compile(r"[^a-z0-9]+")
# What stands at the end tells what kind of thing the value is; these are no secrets.
_ABOUT = re.compile(
    r"alg|algorithm|audience|attempts|available|configured|count|created|created_at|"
    r"date|days|description|documentation|docs|enabled|endpoint|expired|expires|"
    r"expiry|expiration|expirydate|format|header|headername|hint|host|id|ids|in|"
    r"input|interval|is|issued|issuer|label|length|lifetime|limit|link|location|"
    r"max|message|method|min|mode|name|names|on|optional|param|parameter|path|"
    r"policy|prefix|present|realm|reason|required|result|rotation|scheme|scope|"
    r"scopes|state|status|strategy|ttl|type|types|unit|units|until|updated|uri|"
    r"url|urls|usage|used|valid|validity|version|at"
)
# The id of a session is the session.
_SESSION = re.compile(r"sess(ion)?_?id(_\w+)?$")
# A question about a secret has yes or no for an answer.
_ASKING = frozenset({"is", "has", "needs", "requires", "uses", "use"})
# Tokens and keys that open nothing: places in a list, marks of one request, halves to be shown.
_OPEN = re.compile(
    r"(page|next|prev|previous|continuation|cursor|sync|paging|pagination|start|resume)_?token"
    r"|(idempoten\w*|partition|sort|primary|foreign|public|publishable|lookup|correlation|object)_?"
    r"(key|token)"
)
_PROOF = re.compile(r"signature(?!key)|^sig$|^digest$|^hmac$")
# Letters that do not fall apart into a plain one and its accent.
_LETTERS = str.maketrans({"\u0131": "i", "\u0142": "l"})
_IDENTITY = re.compile(
    r"\w*id|user|username|account|name|login|email|merchant|store|shop|venue|restaurant|location|"
    r"branch|site|tenant|brand|chain|partner|organi[sz]ation|vendor|scope|realm|region"
)
_STANDING = frozenset({"key"})


def is_secret_name(name: str, *, parameter: bool = False, proofs: bool = False) -> bool:
    """Whether a value of this name is a credential, by the words of the name alone.

    Names are split at case and signs (`clientSecret`, `X-Api-Key`, `client secret`), accents are
    left out. A name that ends in what describes a secret (`token_url`, `passwordPolicy`,
    `expires_in`) is none, and neither is one of a thing that opens nothing (`page_token`,
    `idempotency-key`, `public_key`).

    Args:
        name: Of a header, a parameter, a member of an object, or a variable.
        parameter: It is of a query, form or header, where a bare `key` is an API key; a member of
            an object called `key` is half of a pair.
        proofs: Count signatures too, which prove one message or open one address.
    """
    return _judge(name[:200], parameter, proofs)


def is_identifier_name(name: str) -> bool:
    """Whether a credential of this name says who we are (`client_id`, `username`), and no more.

    Partners answer with such values for good reasons, and people write them down.
    """
    words = _split(name[:200])
    return bool(words) and _IDENTITY.fullmatch(words[-1]) is not None


@lru_cache(maxsize=4096)
def _judge(name: str, parameter: bool, proofs: bool) -> bool:
    words = _split(name)
    joined = "_".join(words)
    if not words or words[0] in _ASKING or _OPEN.search(joined):
        return False
    if _SESSION.search(joined):
        return True
    if proofs and any(_PROOF.search(word) for word in words) and not _ABOUT.fullmatch(words[-1]):
        return True
    if parameter and joined in _STANDING:
        return True
    return not _ABOUT.fullmatch(words[-1]) and any(map(_STEM.search, (*words, *_pairs(words))))


def _split(name: str) -> list[str]:
    plain = strip_accents(name)
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain).lower()
    return [word for word in _GLUED.split(plain.translate(_LETTERS)) if word]


def _pairs(words: list[str]) -> list[str]:
    starts = ((at, at + size) for size in (2, 3) for at in range(len(words) - size + 1))
    return ["".join(words[start:end]) for start, end in starts]
