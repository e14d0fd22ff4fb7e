"""Every spelling in which a secret may leave the house, and which values can be searched for."""

from __future__ import annotations

import base64
import codecs
import html
import json
import math
import re
import shlex
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# Fewer bits than these are met by chance, in a page or in its embedded fonts.
_BITS = 40.0
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
# One word of letters alone may stand in any text; nobody deals out such a key.
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 16
# What every escape leaves as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_MIXED = re.compile(r"[a-z][A-Z].*[a-z][A-Z]")
# Shorter values have no base64 core that is long enough to be told from chance.
_CORE = 6
_SPACES = (" ", "-", "_", ".", ",", ", ", ":", "\t", "\\t", "\n", "\\n", "\u200b", "&nbsp;", "%20")
# Signs that nobody sees, which part the letters of a text.
_UNSEEN = ("\u00ad", "\u200c", "\u200d", "\u2060", "\ufeff")


@dataclass(frozen=True, repr=False)
class Form:
    """One spelling of a secret.

    Attributes:
        credential: Name of the secret, for messages.
        spelling: How it is written.
        text: What is looked for.
        core: It is the inside of a base64 or base32 run, whose neighbours hold the rest.
    """

    credential: str
    spelling: str
    text: bytes
    core: bool = False


def is_searchable(value: str) -> bool:
    """Whether a value is so unlikely that where it stands in a text, it stands as the secret.

    `boss`, `kitchen`, `Restaurant` and `1234` stand in texts for reasons of their own: masking
    them would destroy the texts, and finding them would prove nothing.
    """
    alphabet = sum(len(part) for part in _CLASSES if any(sign in part for sign in value))
    if any(not (sign.isascii() and sign.isalnum()) for sign in value):
        alphabet += len(string.punctuation)
    bits = len(value) * math.log2(max(2, alphabet))
    is_word = _WORD.fullmatch(value) and len(value) < _LONGEST_WORD and not _MIXED.search(value)
    return bits >= _BITS and not is_word and len(set(value)) > 3


def spell(credential: str, value: str) -> Iterator[Form]:
    """All spellings of one value; escapes are also applied to each other's result once."""
    once = {text: name for name, text in _escape(value)} | {value: "raw"}
    for text, name in once.items():
        yield Form(credential, name, _encode(text))
        for outer, twice in _escape(text):
            label = name if outer == name else f"{name}, {outer}"
            yield Form(credential, label, _encode(twice))
    for name, text in _letter_by_letter(value):
        yield Form(credential, name, _encode(text))
    # Clients encode user and password before they join them, hence the second variant.
    for inner in dict.fromkeys((value, quote_plus(value, errors="replace"))):
        raw = _encode(inner)
        for name, packed, is_core in _pack(raw):
            yield Form(credential, name, packed, core=is_core)
            for _, escaped in _escape(packed.decode()):
                yield Form(credential, name, escaped.encode(), core=is_core)
    for codec in ("utf-16-le", "utf-16-be"):
        wide = value.encode(codec, "surrogatepass")
        yield Form(credential, "utf-16", wide)
        yield Form(credential, "base64 of utf-16", base64.b64encode(wide).rstrip(b"="))


def spell_login(credential: str, user: str, word: str) -> Iterator[Form]:
    """A basic login whose parts are too short to be looked for alone."""
    joined = f"{user}:{word}"
    if len(joined) < _CORE:
        return
    yield Form(credential, "user:password", _encode(joined))
    for packed in _base64(_encode(joined)):
        yield Form(credential, "base64 of user:password", packed)


def _escape(text: str) -> Iterator[tuple[str, str]]:
    """The text as URLs, JSON, HTML, XML, YAML, Python and shells write it, where they change it."""
    if _PLAIN.fullmatch(text):
        return
    for safe in ("", "/", "!$'()*+,;:@/?", "-._~!$&'()*+,;=:@/?%"):
        encoded = quote(text, safe=safe, errors="replace")
        yield "url", encoded
        yield "url", re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), encoded)
    yield "url", quote_plus(text, errors="replace")
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield "json", escaped
        yield "json", escaped.replace("/", "\\/")
        yield "json", re.sub(r"[<>&']", lambda sign: f"\\u{ord(sign[0]):04x}", escaped)
    plain = html.escape(text, quote=False)
    for double in ('"', "&quot;", "&#34;"):
        for single in ("'", "&#x27;", "&#39;", "&apos;"):
            yield "html", plain.replace('"', double).replace("'", single)
    yield "yaml", text.replace("'", "''")
    yield "python", repr(text)[1:-1]
    yield "python", repr(_encode(text))[2:-1]
    yield "shell", shlex.quote(text).strip("'")


def _letter_by_letter(value: str) -> Iterator[tuple[str, str]]:
    """Every character written apart, in another form, or in another order."""
    for space in (*_SPACES, *_UNSEEN):
        yield "spaced", space.join(value)
    yield "reversed", value[::-1]
    yield "rot13", codecs.encode(value, "rot13")
    for upper in (value.upper(), value.lower()):
        if upper != value:
            yield "case", upper
    octets = _encode(value)
    yield "url", "".join(f"%{octet:02X}" for octet in octets)
    yield "url", "".join(f"%{octet:02x}" for octet in octets)
    for hexed in (" ".join, ":".join):
        yield "hex", hexed(f"{octet:02x}" for octet in octets)
    yield "python", "".join(f"\\x{octet:02x}" for octet in octets)
    yield "numbers", ",".join(map(str, octets))
    yield "quoted-printable", value.replace("=", "=3D")
    yield "json", "".join(f"\\u{ord(sign):04x}" for sign in value)
    yield "html", "".join(f"&#{ord(sign)};" for sign in value)
    yield "html", "".join(f"&#x{ord(sign):x};" for sign in value)


def _pack(raw: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Hexadecimal, base32, base64 and base64 of base64; whole, or from anywhere inside."""
    yield "hex", raw.hex().encode(), False
    yield "hex", raw.hex().upper().encode(), False
    for packed in _base64(raw):
        yield "base64", packed, False
    if len(raw) < _CORE:
        return
    for core in _cores(raw, 6):
        yield "base64", core, True
        for outer in _cores(core, 6):
            yield "base64 twice", outer, True
    for core in _cores(raw, 5):
        yield "base32", core, True


def _base64(raw: bytes) -> Iterator[bytes]:
    for packed in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield packed
        yield packed.rstrip(b"=")


def _cores(raw: bytes, bits: int) -> Iterator[bytes]:
    """The characters of `bits` each that depend on `raw` alone, for each place in a group."""
    for before in range(3 if bits == 6 else 5):
        pack = base64.b64encode if bits == 6 else base64.b32encode
        packed = pack(bytes(before) + raw)
        # Characters that share bits with the bytes before or after are not ours to predict.
        core = packed[-(-before * 8 // bits) : (before + len(raw)) * 8 // bits]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_")) if bits == 6 else core.lower()


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
