"""A document without the secrets and, where it is recorded traffic, the people in it.

Values are found by the names around them and by their form, and replaced where they stand; every
other byte stays. Whoever reads the copy reads the same operations and fields.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote

import orjson

from workbench.description.cleaning_tables import (
    PASSWORD,
    SHORTEST,
    blocks_of_file,
    hidden_texts,
    named_secrets,
    people_in,
    write_page,
)
from workbench.description.conversion import PACKED
from workbench.description.encodings import encoding_of
from workbench.description.guard import decode, read_bytes
from workbench.description.limits import DEFAULT_LIMITS, IntakeLimits
from workbench.description.prose import Block
from workbench.description.prose.blocks import TextBlock
from workbench.description.recorded_persons import substitute
from workbench.description.scalar_places import Path, json_spans, yaml_spans
from workbench.errors import DescriptionError
from workbench.model import mapping_of, text_of
from workbench.secrecy import FORMS, MASK, find_secrets, is_placeholder, is_secret_name, is_telling

_SCHEME = re.compile(
    r"((?:bearer|basic|token|digest|apikey|api-key|hmac)\s+)(.+)", re.IGNORECASE | re.DOTALL
)
_RUN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=]{16,}")
_COOKIE = re.compile(r"(?P<name>[^=;\s]+)=(?P<value>[^;]+)")


def secret_part(value: str, name: str, *, in_query: bool = False) -> tuple[str, str] | None:
    """A value with its secret masked, and that secret; None when it is none.

    Args:
        value: The text.
        name: The name that says what it is.
        in_query: It stands in the query of an address, which a signature opens.
    """
    if (
        not value.strip()
        or MASK in value
        or not is_secret_name(name, parameter=name.lower() != "key", proofs=in_query)
    ):
        return None
    if name.lower() in {"cookie", "set-cookie"}:
        return _cookie(value, is_set=name.lower() == "set-cookie")
    scheme = _SCHEME.fullmatch(value)
    if scheme is not None:
        held = scheme[2].strip()
        return None if is_placeholder(held) else (f"{scheme[1]}{MASK}", held)
    # A sentence, an address or a reference under such a name says something about the secret.
    is_about = re.search(r"\s", value) or "://" in value or value.startswith("#/")
    return None if is_about or is_placeholder(value) else (MASK, value)


def _cookie(value: str, *, is_set: bool) -> tuple[str, str] | None:
    pairs = [pair for pair in _COOKIE.finditer(value) if not is_placeholder(pair["value"].strip())]
    if is_set:
        pairs = pairs[:1]
    if not pairs:
        return None
    masked, done = [], 0
    for pair in pairs:
        masked += [value[done : pair.start("value")], MASK]
        done = pair.end("value")
    longest = max((pair["value"] for pair in pairs), key=len)
    return "".join([*masked, value[done:]]), longest


_MOST_VALUES = 200  # that are looked for in the rest of a text
# A description shows made-up values; a short one there is no token, though it may be a password.
_WRITTEN = frozenset({"openapi", "swagger", "asyncapi"})
_DEEPEST = 3  # texts inside texts
_CARRIED = ("value", "example", "examples", "default", "schema", "initialValue", "currentValue")
_TRANSPARENT = frozenset({*_CARRIED, "const", "values"})


@dataclass(frozen=True)
class Cleaned:
    """The bytes of a document, and what was replaced in them: name or form → how often.

    `suffix` is added to the name of the file where the copy is of another kind: of a PDF or an
    office file that holds a secret, only the text is kept, as a page.
    """

    data: bytes
    replaced: dict[str, int] = field(default_factory=dict)
    suffix: str = ""


def clean_document(raw: bytes, name: str, limits: IntakeLimits = DEFAULT_LIMITS) -> Cleaned:
    """Replace secrets, and in recorded traffic personal data, in the bytes of a document.

    Args:
        raw: The document; of a kind that is not read, it is returned as it is.
        name: Its file name.
        limits: Caps of the intake guard.
    """
    cleaner = _Cleaner()
    try:
        kind, blocks = blocks_of_file(raw, name, limits)
        cleaner.note_named(kind, blocks)
        if kind == "mail":  # its headers name people, and lead through other houses
            cleaner.counts["headers of a mail"] = 1
        if kind in PACKED:
            return _clean_packed(raw, blocks, cleaner)
        text = decode(raw, name, limits)
    except DescriptionError:
        return Cleaned(raw)
    if "\0" in text:
        return Cleaned(raw)
    cleaned = cleaner.text(text, name, limits)
    if not cleaner.counts:
        return Cleaned(raw)
    codec, mark = encoding_of(raw)
    return Cleaned(mark + cleaned.encode(codec, "replace"), dict(cleaner.counts.most_common()))


def _clean_packed(raw: bytes, blocks: Sequence[Block], cleaner: _Cleaner) -> Cleaned:
    """The text of a file that cannot be changed in place, if it holds a secret; else the file."""
    text = cleaner.everywhere(cleaner.prose(write_page(blocks)))
    for part in hidden_texts(raw):
        cleaner.prose(part)
        cleaner.note_named("", [TextBlock(part, 1)])
    if not cleaner.counts:
        return Cleaned(raw)
    return Cleaned(text.encode(), dict(cleaner.counts.most_common()), ".html")


@dataclass
class _Cleaner:
    counts: Counter[str] = field(default_factory=Counter)
    secrets: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    changes: dict[Path, str] = field(default_factory=dict)
    is_recorded: bool = False
    is_written: bool = False
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(
        default_factory=dict
    )  # names that are secrets → what replaces them

    def note_named(self, kind: str, blocks: Sequence[Block]) -> None:
        """Look for secrets, and in tables of recorded data for people, beside their names."""
        for name, value in named_secrets(blocks):
            self.counts[name] += 1
            self.secrets.add(value)
        if kind in {"csv", "xlsx"}:
            self.cells = people_in(blocks)
            self.counts.update(f"personal {what}" for _, what in self.cells.values())

    def text(self, text: str, name: str, limits: IntakeLimits) -> str:
        """A whole document: values by place first, then the same values anywhere."""
        if text.lstrip()[:1] == "<":
            data = None
        else:
            try:
                data = read_bytes(text.encode("utf-8", "replace"), name, limits).data
            except DescriptionError:
                data = None
        if isinstance(data, dict | list):
            log = mapping_of(mapping_of(data).get("log"))
            self.is_recorded = isinstance(log.get("entries"), list)
            self.is_written = not _WRITTEN.isdisjoint(mapping_of(data))
            self.walk(data, (), "", 0)
            text = self.apply(text)
        else:
            text = self.prose(text)
        return self.everywhere(text)

    def apply(self, text: str) -> str:
        """Put the changed values in the places of the old ones."""
        try:
            orjson.loads(text.encode("utf-8", "replace"))
            spans = json_spans(text)
        except orjson.JSONDecodeError:
            spans = yaml_spans(text)
        parts, done = [], 0
        for path, start, end in spans if self.changes else ():
            value = self.changes.get(path)
            if value is not None:
                # A block of YAML ends with its line.
                tail = "\n" if text[start:end].endswith("\n") else ""
                parts += [text[done:start], json.dumps(value, ensure_ascii=False), tail]
                done = end
        return "".join([*parts, text[done:]])

    def walk(self, node: Any, path: Path, subject: str, depth: int) -> None:
        """Judge every value; `subject` is the name that says what it is."""
        if isinstance(node, list):
            for index, child in enumerate(node):
                self.step(child, (*path, index), subject, depth)
        elif isinstance(node, dict):
            label = text_of(node.get("name") or node.get("key"))
            if label.lower() == "key" and "in" in node:
                label = "api key"
            is_pair = bool(label) and any(key in node for key in _CARRIED)
            for key, child in node.items():
                self.key(key, subject, is_leaf=not isinstance(child, dict | list))
                inner = key
                if key in _TRANSPARENT:
                    inner = label if is_pair and key in _CARRIED else subject
                inner = _always_secret(path, key, label) or inner
                self.step(child, (*path, key), inner, depth)

    def step(self, child: Any, path: Path, subject: str, depth: int) -> None:
        """Judge one value, or go into it."""
        if isinstance(child, dict | list):
            self.packed(child, path)
            self.walk(child, path, subject, depth)
        elif isinstance(child, str) and path not in self.changes:
            changed = self.value(child, path, subject, depth)
            if changed != child:
                self.changes[path] = changed

    def key(self, key: str, subject: str, *, is_leaf: bool) -> None:
        """Judge a name: a secret by its form, or a run of signs below a name for secrets."""
        forms = [item.what for item in find_secrets(key) if item.what in FORMS]
        is_named = is_leaf and _RUN.fullmatch(key) and is_secret_name(subject, parameter=True)
        if (forms or (is_named and is_telling(key))) and key not in self.keys:
            self.counts[forms[0] if forms else subject] += 1
            self.keys[key] = f"redacted-{len(self.keys) + 1}"

    def packed(self, node: Any, path: Path) -> None:
        """A body that is recorded in base64."""
        body = mapping_of(node)
        text = body.get("text")
        if body.get("encoding") != "base64" or not isinstance(text, str):
            return
        try:
            plain = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        changed = self.inside(plain, 1)
        place = (*path, "text")
        self.changes[place] = (
            base64.b64encode(changed.encode()).decode() if changed != plain else text
        )

    def value(self, value: str, path: Path, subject: str, depth: int) -> str:
        """What stands in the place of a text."""
        found = secret_part(value, subject, in_query="queryString" in path)
        is_made_up = self.is_written and len(found[1] if found else "") < SHORTEST
        if found is not None and not (is_made_up and not PASSWORD.search(subject)):
            self.counts[subject] += 1
            self.secrets.add(found[1])
            return found[0]
        inner = self.inside(value, depth + 1) if depth < _DEEPEST else value
        if inner == value and self.is_recorded and depth:
            person = substitute(value, [str(step) for step in path if isinstance(step, str)])
            if person is not None:
                self.counts[f"personal {person[1]}"] += 1
                self.people.add(value)
                return person[0]
        return inner

    def inside(self, text: str, depth: int) -> str:
        """A text that may be a document itself: JSON, else prose."""
        if text.lstrip()[:1] in {"{", "["}:
            try:
                data = read_bytes(text.encode("utf-8", "replace"), "body.json").data
            except DescriptionError:
                data = None
            if isinstance(data, dict | list):
                inner = _Cleaner(self.counts, self.secrets, self.people, {}, self.is_recorded)
                inner.keys = self.keys
                inner.walk(data, (), "", depth)
                return inner.apply(text)
        return self.prose(text)

    def prose(self, text: str) -> str:
        """A plain text: secrets by their form, and values with a name beside them."""
        parts, done = [], 0
        for item in find_secrets(text):
            self.counts[item.what] += 1
            self.secrets.add(text[item.start : item.end])
            parts += [text[done : item.start], item.mask]
            done = item.end
        return "".join([*parts, text[done:]])

    def everywhere(self, text: str) -> str:
        """The values that were found, wherever else they stand."""
        values = [value for value in self.secrets if is_telling(value)]
        for value in sorted(values, key=len, reverse=True)[:_MOST_VALUES]:
            for form in dict.fromkeys((value, quote(value, safe=""), escape(value, quote=False))):
                text = text.replace(form, MASK)
        for value, substituted in self.keys.items():
            text = text.replace(value, substituted)
        for value, (substituted, _) in self.cells.items():
            # Only as a whole cell: a short name may be a word elsewhere.
            cell = rf"(?<=[\n\t,;|>\"]){re.escape(value)}(?=[\r\n\t,;|<\"])"
            text = re.sub(cell, substituted.replace("\\", r"\\"), text)
        names = [value for value in self.people if " " in value.strip() and value.isprintable()]
        for value in sorted(names, key=len, reverse=True)[:_MOST_VALUES]:
            person = substitute(value, ["customer", "name"])
            text = text.replace(value, person[0] if person else value)
        return text


def _always_secret(path: Sequence[str | int], key: str, label: str) -> str:
    """What a place is called that holds nothing but secrets; empty for every other one."""
    holder = next((step for step in reversed(path) if isinstance(step, str)), "")
    if key == "value" and holder == "cookies":
        return "cookie secret"
    return "api key" if key == "value" and holder == "apikey" and label not in {"key", "in"} else ""
