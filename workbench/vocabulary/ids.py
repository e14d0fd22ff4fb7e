"""What the name of an id tells: that it is one, and of which entity."""

from __future__ import annotations

from functools import cache

from workbench.vocabulary.lexicon import concepts, head, split_words, tables

_SHORT = 4
_CLOSURES = frozenset({"closure", "hours"})


@cache
def _endings() -> frozenset[str]:
    """Words that end the name of an id, in all languages."""
    return frozenset(tables()["ids"])


def names_an_id(name: str) -> bool:
    """Whether a name ends as those of ids do: `orderId`, `artikelNr`, `menuid`, `sku`."""
    glued = name.lower().endswith(("id", "ids", "uuid", "ref"))
    known = _endings() | frozenset(tables()["codes"])
    return glued or not known.isdisjoint(split_words(name)[-1:])


def entity_of_id(name: str, path: str = "") -> str | None:
    """The entity whose id a name takes; a mere `id` means what stands before it in the path.

    So does an id whose own words say nothing, such as `mId` behind `merchants`.

    Args:
        name: Of a parameter or field.
        path: The path template that has the parameter, if there is one.
    """
    words = split_words(name)
    before, is_there, _ = path.partition("{" + name + "}")
    owner = split_words(before.strip("/").rpartition("/")[2]) if is_there else []
    if words and set(words) <= _endings():
        words = owner
    found = concepts(" ".join(words))
    is_mute = all(item.kind in {"manner", "stop"} for item in found)
    is_short = len(name) <= _SHORT and name.lower().endswith("id")  # `rid`, `oId`
    if is_mute and words and (words[-1] in _endings() or is_short):
        found = concepts(" ".join(owner))
    noun = head(found)
    if noun is not None and noun.kind == "entity":
        return noun.name
    if noun is None and any(item.name in _CLOSURES for item in found):
        return "exception"
    return None
