"""Traits and resource types of RAML, written out where they are used.

What a resource or method says of itself wins; after it come the traits of the method, those of the
resource, and the type of the resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.model import list_of, mapping_of, text_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
# What may carry a question mark in a template: it then counts only where the resource has it too.
_OPTIONAL = frozenset(
    {*METHODS, "uriParameters", "queryParameters", "queryString", "headers", "body", "responses"}
)
_PLACEHOLDER = re.compile(r"<<\s*([\w-]+)\s*((?:\|\s*!\w+\s*)*)>>")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_DEEPEST = 10  # resource types that are types of each other
_MOST_WRITTEN = 100_000  # objects and texts of one document that templates are written out to
_LONGEST = 2_000  # characters of a text with its places filled


@dataclass
class Templates:
    """The traits and resource types of a document.

    Attributes:
        unknown: Names that are used and nowhere declared.
        is_spent: Whether what they write out to was cut.
    """

    traits: dict[str, Any]
    kinds: dict[str, Any]
    unknown: dict[str, None] = field(default_factory=dict)
    written: int = 0
    is_spent: bool = False

    def resource(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """A resource with what its type and its traits add to it and to its methods."""
        steps = [step for step in path.split("/") if step and "{" not in step]
        known = {"resourcePath": path, "resourcePathName": steps[-1] if steps else ""}
        whole = self._typed(node, known, _DEEPEST)
        for method in METHODS:
            if method in whole:
                own = mapping_of(whole[method])
                uses = [*_uses(own.get("is")), *_uses(whole.get("is"))]
                for name, values in uses:
                    template = self._find(self.traits, name)
                    own = _fill(own, self._write(template, known | {"methodName": method} | values))
                whole = whole | {method: own}
        return whole

    def _typed(self, node: dict[str, Any], known: dict[str, str], deepest: int) -> dict[str, Any]:
        for name, values in list(_uses(node.get("type")))[:1] if deepest else ():
            template = self._find(self.kinds, name)
            above = {
                key: self._write(value, known | {"methodName": key.rstrip("?")} | values)
                for key, value in template.items()
            }
            uses = [*list_of(node.get("is")), *list_of(above.pop("is", None))]
            above = self._typed(above, known, deepest - 1)
            node = _fill(node, above) | ({"is": uses} if uses else {})
        return node

    def _find(self, declared: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in declared:
            self.unknown[name] = None
        return mapping_of(declared.get(name))

    def _write(self, node: Any, values: dict[str, str]) -> Any:
        self.written += 1
        if self.written > _MOST_WRITTEN:
            self.is_spent = True
            return None
        if isinstance(node, dict):
            return {
                _replace(key, values): self._write(child, values) for key, child in node.items()
            }
        if isinstance(node, list):
            return [self._write(child, values) for child in node]
        return _replace(node, values) if isinstance(node, str) else node


def named_entries(node: Any) -> dict[str, Any]:
    """Name → declaration, of a mapping (RAML 1.0) or a list of mappings (0.8)."""
    entries = node if isinstance(node, list) else [node]
    return {key: value for item in entries for key, value in mapping_of(item).items()}


def _uses(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Names of templates, each with the values that it is used with."""
    for item in node if isinstance(node, list) else [node]:
        if isinstance(item, str):
            yield item, {}
        for name, values in mapping_of(item).items():
            yield name, {key: text_of(value) for key, value in mapping_of(values).items()}


def _fill(own: Any, extra: Any) -> Any:
    """What is said, with what a template adds where nothing is said."""
    if isinstance(own, list) and isinstance(extra, list):
        return [*own, *(item for item in extra if item not in own)]
    if not (isinstance(own, dict) and isinstance(extra, dict)):
        return extra if own is None else own
    whole = dict(own)
    for key, value in extra.items():
        name = key.removesuffix("?")
        if name != key and name in _OPTIONAL:
            if name in own:
                whole[name] = _fill(own[name], value)
        else:
            whole[key] = _fill(own[key], value) if key in own else value
    return whole


def _replace(text: str, values: dict[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        word = values.get(match[1], match[0])
        for name in re.findall(r"!(\w+)", match[2]) if match[1] in values else ():
            word = _FUNCTIONS.get(name, str)(word)
        return word

    return _PLACEHOLDER.sub(fill, text)[:_LONGEST] if "<<" in text else text


def _singular(word: str) -> str:
    if re.search(r"(?:[^aeiou]ies)$", word):
        return f"{word[:-3]}y"
    if re.search(r"(?:ss|sh|ch|x|z|us)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^su]s$", word) else word


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:s|sh|ch|x|z)$", word) else f"{word}s"


def _joined(link: str, change: Callable[[str], str], first: Callable[[str], str]) -> Any:
    def join(text: str) -> str:
        words = _WORD.findall(text)
        return link.join([*map(first, words[:1]), *map(change, words[1:])])

    return join


_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "singularize": _singular,
    "pluralize": _plural,
    "uppercase": str.upper,
    "lowercase": str.lower,
    "lowercamelcase": _joined("", str.capitalize, str.lower),
    "uppercamelcase": _joined("", str.capitalize, str.capitalize),
    "lowerunderscorecase": _joined("_", str.lower, str.lower),
    "upperunderscorecase": _joined("_", str.upper, str.upper),
    "lowerhyphencase": _joined("-", str.lower, str.lower),
    "upperhyphencase": _joined("-", str.upper, str.upper),
}
