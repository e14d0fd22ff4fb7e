"""One schema as a plain object: well-formed keywords only, and two of them joined into one."""

from __future__ import annotations

from typing import Any

COMPOSING = frozenset({"$ref", "allOf", "oneOf", "anyOf"})
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_FLAGS = frozenset({"exclusiveMinimum", "exclusiveMaximum"})  # booleans before OpenAPI 3.1
_BY_KEYWORD = {"properties": "object", "items": "array", "additionalProperties": "object"}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
JSON_TYPES |= {list: "array", dict: "object"}


def plain(schema: Any) -> dict[str, Any]:
    """What a schema says by itself: without its compositions and without what is malformed."""
    if not isinstance(schema, dict):
        return {}
    kept = {key: value for key, value in schema.items() if key not in COMPOSING}
    for key in (*LOWER, *UPPER):
        if key in kept and not are_numbers(kept[key]) and not (key in _FLAGS and kept[key] is True):
            del kept[key]
    if "properties" in kept:
        kept["properties"] = members(kept)
    if "required" in kept:
        kept["required"] = required(kept)
    if "items" in kept and not isinstance(kept["items"], dict):
        kept["items"] = {}
    if "enum" in kept and not isinstance(kept["enum"], list):
        del kept["enum"]
    return kept


def join(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that fits both; where both describe it, the words of `one` stay."""
    joined = {**other, **one}
    for key in one.keys() & other.keys():
        if key in LOWER or key in UPPER:
            joined[key] = tighten(key, one[key], other[key])
    if "enum" in one and "enum" in other:
        joined["enum"] = [value for value in one["enum"] if value in other["enum"]] or one["enum"]
    if "type" in one and "type" in other:
        joined["type"] = _narrower(one["type"], other["type"])
    if "properties" in one and "properties" in other:
        both = {**one["properties"], **other["properties"]}
        shared = one["properties"].keys() & other["properties"].keys()
        joined["properties"] = both | {
            name: _join_member(one["properties"][name], other["properties"][name])
            for name in shared
        }
    if "required" in one and "required" in other:
        joined["required"] = list(dict.fromkeys((*one["required"], *other["required"])))
    return joined


def tighten(key: str, one: Any, other: Any) -> Any:
    """The bound that lets fewer values through."""
    if not are_numbers(one, other):
        return one
    return max(one, other) if key in LOWER else min(one, other)


def are_numbers(*values: Any) -> bool:
    """Whether all are numbers; a flag is none."""
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in values)


def listed(schema: Any) -> tuple[Any, ...] | None:
    """The values that a schema lists; None when it lists none."""
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema["enum"]) if isinstance(schema.get("enum"), list) else None


def is_null(schema: Any) -> bool:
    """Whether only null fits."""
    return isinstance(schema, dict) and (
        schema.get("type") in ("null", ["null"]) or listed(schema) == (None,)
    )


def members(schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of an object that may be there, by name."""
    stated = schema.get("properties")
    if not isinstance(stated, dict):
        return {}
    return {
        name: part if isinstance(part, dict) else {}
        for name, part in stated.items()
        if part is not False
    }


def required(schema: dict[str, Any]) -> list[str]:
    """Names that have to be there."""
    stated = schema.get("required")
    return [name for name in stated if isinstance(name, str)] if isinstance(stated, list) else []


def types(schema: dict[str, Any]) -> list[str]:
    """JSON types of a schema: stated, or implied by its keywords or its values."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return [stated]
    if isinstance(stated, list):
        return [str(name) for name in stated]
    implied = [name for keyword, name in _BY_KEYWORD.items() if keyword in schema]
    words = listed(schema) or ()
    return implied or [JSON_TYPES[type(word)] for word in words if type(word) in JSON_TYPES]


def _join_member(one: Any, other: Any) -> Any:
    if one == other or not other:
        return one
    if not one:
        return other
    if COMPOSING.isdisjoint(one) and COMPOSING.isdisjoint(other):
        return join(plain(one), plain(other))
    return {"allOf": [one, other]}


def _narrower(one: Any, other: Any) -> Any:
    """Types that both allow; an integer is a number. What contradicts itself keeps the first."""
    if one == other or not isinstance(one, str | list) or not isinstance(other, str | list):
        return one
    mine, theirs = ([item] if isinstance(item, str) else item for item in (one, other))
    wide = [*theirs, *(["integer"] if "number" in theirs else [])]
    both = [name for name in mine if name in wide]
    if "number" in mine and "integer" in theirs and "integer" not in both:
        both.append("integer")
    if not both:
        return one
    return both[0] if len(both) == 1 else both
