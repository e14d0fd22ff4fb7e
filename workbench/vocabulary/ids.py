"""Which of our things a parameter or field identifies: `order_id`, `VenueRef`, `{id}` of a path."""

from __future__ import annotations

from workbench.vocabulary.words import concepts, head, split_words

_ENDINGS = frozenset({"id", "ids", "uuid", "guid", "key", "code", "ref", "number", "slug"})
_CLOSURES = frozenset({"closure", "hours"})


def entity_of_id(name: str, path: str = "") -> str | None:
    """The entity whose id a name takes; a mere `id` means what stands before it in the path.

    Args:
        name: Of a parameter or field.
        path: The path template that has the parameter, if there is one.
    """
    words = split_words(name)
    if words and set(words) <= _ENDINGS:
        before = path.partition("{" + name + "}")[0].strip("/").split("/")
        words = split_words(before[-1]) if before else []
    found = concepts(" ".join(words))
    noun = head(found)
    if noun is not None and noun.kind == "entity":
        return noun.name
    if noun is None and any(item.name in _CLOSURES for item in found):
        return "exception"
    return None
