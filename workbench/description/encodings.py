"""The encoding of a text: marked, declared, or found out."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"(?:charset|encoding|coding)\s*[=:]\s*[\"']?([A-Za-z0-9_.:-]{2,24})", re.IGNORECASE
)
_HEAD = 2_048  # bytes in which a declaration counts
# Single-byte and eastern encodings that documents declare; a codec of Python may be anything else.
_KNOWN = re.compile(
    r"iso8859-\d{1,2}|cp125\d|utf-?8|ascii|shift_jis|cp932|euc_jp|euc_kr|gbk|gb18030|gb2312|big5|koi8-r"
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
_SAMPLE = 100_000  # bytes that are looked at
_HIGH = re.compile(rb"[\x80-\xff]")
_IN_WORD = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff]|[\xc0-\xff](?=[A-Za-z])")
_SIGNS = re.compile(rb"[\x80\x82\x84\x85\x91-\x97\x99\xa1\xa3\xa7-\xab\xb0\xb7\xba\xbb\xbf]")
_LEAST_SURE = 0.8  # part of the odd bytes that have to make sense
_MOST_HIGH = 0.3  # part of a western text that may lie outside of ASCII


def encoding_of(data: bytes) -> tuple[str, bytes]:
    """Name of the codec of a text, and the mark at its beginning.

    Without a mark it is UTF-8 where that fits, else what the text declares of itself, else the
    western encoding of Windows, if it looks like a text at all.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return codec, mark
    if data[:2] == b"\0\0" or data[1:4] == b"\0\0\0":
        return ("utf-32-be" if data[:1] == b"\0" else "utf-32-le"), b""
    if len(data) > 1 and len(data) % 2 == 0 and (data[0] == 0) != (data[1] == 0):
        high = data[0 if data[0] == 0 else 1 : 400 : 2]  # zero in what is mostly western
        if high.count(0) * 3 > len(high):
            return ("utf-16-be" if data[0] == 0 else "utf-16-le"), b""
    try:
        data.decode()
    except UnicodeDecodeError:
        return _declared(data) or ("cp1252" if _is_western(data) else "utf-8"), b""
    return "utf-8", b""


def is_unicode(codec: str) -> bool:
    """Whether an encoding was certain: the others are declared or guessed."""
    return codec.startswith("utf")


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_HEAD])
    if found is None:
        return None
    try:
        codec = codecs.lookup(found[1].decode("ascii")).name
    except LookupError:
        return None
    return codec if _KNOWN.fullmatch(codec) and codec != "utf-8" else None


def _is_western(data: bytes) -> bool:
    """Whether bytes read as a western text: its odd ones stand inside words, or are its signs."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    if _CONTROL.search(data) or not high or high > _MOST_HIGH * len(sample):
        return False
    in_words = len(_IN_WORD.findall(sample))
    return in_words > 0 and in_words + len(_SIGNS.findall(sample)) >= _LEAST_SURE * high
