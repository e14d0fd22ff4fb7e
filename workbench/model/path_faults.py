"""What is wrong with a JSONPath, said to a person who writes one and has never read a grammar."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_CLOSED_BY = {"[": "]", "(": ")"}
_BARE = re.compile(r"\[\s*([^\W\d]\w*)\s*\]")
_ODD_NAME = re.compile(r"\.([^\W\d]\w*[^\w.\[\]]+[\w .-]*|\d\w*)(?=$|[.\[])")


def explain_path(text: str, index: int) -> tuple[str, str]:
    """What is wrong with a text that is no JSONPath, and what to write.

    Args:
        text: What somebody wrote.
        index: Position at which a parser gave up; negative at its end.
    """
    plain = _QUOTED.sub(lambda match: "_" * len(match[0]), text)
    if not text.strip():
        return "it is empty", "write where the value stands, for example `$.order.id`"
    if not text.startswith("$"):
        said = text.strip().lstrip(".@/").replace("/", ".")
        return "it does not begin with `$`", f"write `$.{said}`"
    if "|" in plain.replace("||", ""):
        return "it is two paths", "write one; a `join` takes several"
    if "'" in plain or '"' in plain:
        return "a quote is not closed", "close it, as in `$['order id']`"
    return _explain_brackets(plain) or _explain_names(text, plain) or _explain_rest(text, index)


def _explain_brackets(plain: str) -> tuple[str, str] | None:
    open_ones: list[str] = []
    for sign in plain:
        if sign in _CLOSED_BY:
            open_ones.append(_CLOSED_BY[sign])
        elif sign in _CLOSED_BY.values() and (not open_ones or open_ones.pop() != sign):
            return f"there is one `{sign}` too many", "take it out, or open it before"
    if open_ones:
        return "a bracket is not closed", f"close it with `{''.join(reversed(open_ones))}`"
    if ".[" in plain:
        return "a dot stands before a bracket", "write `$.items[0]`, without that dot"
    if re.search(r"\[\s*\]", plain):
        return "nothing stands in the brackets", "write an index, `['name']` or `[*]` in them"
    return None


def _explain_names(text: str, plain: str) -> tuple[str, str] | None:
    if plain.rstrip().endswith("."):
        return "nothing follows the last dot", "write a name there, or take the dot out"
    if bare := _BARE.search(plain):
        return "a name in brackets stands in quotes", f"write `['{bare[1]}']`, or `.{bare[1]}`"
    if "?" in plain and re.search(r"(?<![=!<>])=(?![=])", plain):
        return "one `=` compares nothing", "write `==`, as in `[?@.code=='tax']`"
    if "?" not in plain and (odd := _ODD_NAME.search(text)):
        name = odd[1].strip()
        return f"{name!r} is no plain name", f"write it in brackets and quotes: `['{name}']`"
    return None


def _explain_rest(text: str, index: int) -> tuple[str, str]:
    rest = text[index : index + 40] if 0 <= index < len(text) else ""
    what = f"it cannot be read from {rest!r} on" if rest else "its end is missing"
    return what, "write it after RFC 9535, for example `$.order.id`"
