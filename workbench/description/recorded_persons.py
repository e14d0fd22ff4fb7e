"""Personal data in recorded bodies: names, mails, phones and addresses of people.

What stands in their place has the same form, so that a sample keeps its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.vocabulary import concepts, split_words

_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,12}")
_PHONE = re.compile(r"\+\d(?:[\s().-]{0,2}\d){7,14}(?!\d)")
_FILES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".css", ".js")
_PEOPLE = frozenset({"customer", "courier", "staff"})
_PERSON = frozenset(
    {"person", "recipient", "receiver", "buyer", "payer", "payee", "booker", "owner", "attendee"}
    | {"cardholder", "passenger", "sender", "manager", "waiter", "host", "titular", "destinatario"}
)
_PARTS = frozenset({"first", "last", "full", "given", "family", "sur", "middle", "maiden", "nick"})
_WHOLE_NAMES = frozenset(
    {"firstname", "lastname", "fullname", "surname", "givenname", "familyname", "nickname"}
    | {"nombre completo", "apellido", "apellidos", "vorname", "nachname", "prenom", "sobrenome"}
)
_PHONES = frozenset(
    {"phone", "phonenumber", "telephone", "tel", "mobile", "cell", "cellphone", "msisdn", "fax"}
    | {"whatsapp", "telefono", "telefone", "telefon", "movil", "celular", "handy", "telefoonnummer"}
)
_LINES = re.compile(r"street|address|addr|line ?\d?|house|door|floor|apartment|flat|calle|strasse")
_NAME, _LAST, _STREET, _ADDRESS = (
    "Guest Example",
    "Example",
    "Example Street 1",
    "guest@example.com",
)
_SUBSTITUTES = frozenset({_NAME, "Guest", _LAST, _STREET, _ADDRESS})


def substitute(value: str, path: Sequence[str]) -> tuple[str, str] | None:
    """What stands in for a personal value, and what it was; None for anything else.

    Args:
        value: A text of a recorded body.
        path: The names on the way to it, the last one its own.
    """
    if not value.strip() or value in _SUBSTITUTES or len(value) > 2_000:
        return None
    words = split_words(path[-1]) if path else []
    plain = " ".join(words)
    if _PHONES & set(words) and sum(sign.isdigit() for sign in value) >= 6:
        return _changed(value, _zeros(value), "phone")
    masked = _MAIL.sub(_mail, value)
    if masked != value:
        return _PHONE.sub(lambda match: _zeros(match[0]), masked), "mail"
    if _is_name(words, plain, path):
        return _name(plain, value), "name"
    if _LINES.fullmatch(plain) and _is_of_person(path[:-1]) and any(map(str.isalpha, value)):
        return _STREET, "address"
    masked = _PHONE.sub(lambda match: _zeros(match[0]), value)
    return _changed(value, masked, "phone")


def _changed(value: str, masked: str, what: str) -> tuple[str, str] | None:
    return (masked, what) if masked != value else None


def _mail(match: re.Match[str]) -> str:
    is_kept = match[0].lower().endswith(_FILES) or match[0] == _ADDRESS
    return match[0] if is_kept else _ADDRESS


def _zeros(phone: str) -> str:
    """The same form with zeros, the country code kept."""
    kept = 3 if phone.lstrip().startswith("+") else 0
    digits = 0

    def zero(match: re.Match[str]) -> str:
        nonlocal digits
        digits += 1
        return match[0] if digits < kept else "0"

    return re.sub(r"\d", zero, phone)


def _is_name(words: list[str], plain: str, path: Sequence[str]) -> bool:
    joined = plain.replace(" ", "")
    if plain in _WHOLE_NAMES or joined in _WHOLE_NAMES or set(words) & {"apellido", "apellidos"}:
        return True
    if words[-1:] in (["name"], ["nombre"], ["nom"], ["nome"]):
        owner = " ".join(words[:-1])
        if owner:
            return owner in _PARTS or _is_person(owner)
        return _is_of_person(path[:-1])
    return False


def _is_of_person(path: Sequence[str]) -> bool:
    """Whether the nearest thing around a value that has a meaning is a person."""
    for step in reversed(path[-3:]):
        phrase = " ".join(split_words(step))
        if _is_person(phrase):
            return True
        if any(concept.kind == "entity" for concept in concepts(phrase)):
            return False
    return False


def _is_person(phrase: str) -> bool:
    return bool(_PERSON & set(phrase.split())) or any(
        concept.name in _PEOPLE for concept in concepts(phrase)
    )


def _name(plain: str, value: str) -> str:
    if "first" in plain or "given" in plain or plain in {"vorname", "prenom"}:
        return "Guest"
    if any(word in plain for word in ("last", "sur", "family", "apellido", "nachname")):
        return _LAST
    return _NAME if " " in value.strip() else "Guest"
