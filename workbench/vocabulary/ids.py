"""Which of our things a parameter or field identifies: `order_id`, `VenueRef`, `{id}` of a path."""

from __future__ import annotations

from workbench.vocabulary.words import concepts, head, split_words

_ENDINGS = frozenset({"id", "ids", "pk", "uuid", "guid", "key", "code", "ref", "number", "slug"})
_SHORT = 4
_CLOSURES = frozenset({"closure", "hours"})


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
    if words and set(words) <= _ENDINGS:
        words = owner
    found = concepts(" ".join(words))
    is_mute = all(item.kind in {"manner", "stop"} for item in found)
    is_short = len(name) <= _SHORT and name.lower().endswith("id")  # `rid`, `oId`
    if is_mute and words and (words[-1] in _ENDINGS or is_short):
        found = concepts(" ".join(owner))
    noun = head(found)
    if noun is not None and noun.kind == "entity":
        return noun.name
    if noun is None and any(item.name in _CLOSURES for item in found):
        return "exception"
    return None
