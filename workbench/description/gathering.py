"""What a document and its neighbours refer to: every file scanned, nothing followed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.description.neighbours import OUTWARD, SUFFIXES, TEXTS, Neighbours, OutsideError
from workbench.description.reference import (
    ASYNCAPI_TABLES,
    OPENAPI_TABLES,
    Reference,
    Role,
    Trail,
    pointer_of,
    role_below,
)
from workbench.errors import DescriptionError
from workbench.model import DocumentWarning, mapping_of

_DIALECTS = ("json-schema.org", "spec.openapis.org")
_SHOWN = 80


def drop_base_uris(node: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Take out `$id`, `$self` and foreign dialects; yield slug, severity and summary of each."""
    for key in ("$id", "$self"):
        if isinstance(node.get(key), str):
            del node[key]
            summary = f"A `{key}` was left out: it would move the base of references."
            yield "base-uri", "info", summary
    for key in ("$schema", "jsonSchemaDialect"):
        dialect = node.get(key)
        if isinstance(dialect, str) and _host(dialect) not in _DIALECTS:
            del node[key]
            shown = repr(dialect if len(dialect) <= _SHOWN else dialect[: _SHOWN - 1] + "…")
            summary = f"The schema dialect {shown} is no published one; left out."
            yield "foreign-dialect", "low", summary


def _host(url: str) -> str:
    """Return the host of a URL, empty when there is none or it is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


FILES = "x-files"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "operationRef")
_POINTING = frozenset(
    {*_REFERENCES, "externalValue", "$id", "$self", "$schema", "jsonSchemaDialect", "$anchor"}
    | {"$dynamicAnchor", "discriminator"}
)
# characters of a reference that a message quotes


@dataclass
class Gatherer:
    """Scans a document and pulls in the files that it names.

    Attributes:
        neighbours: Reads files inside the fence.
        document: Changed in place: files are put under `x-files`, base URIs are taken out.
        slots: Path relative to the document → key under `x-files`.
        texts: Files whose words are wanted.
        missing: Files that are named and not there.
        references: All references met.
        anchors: File and name → pointer.
    """

    neighbours: Neighbours
    document: dict[str, Any]
    warnings: list[DocumentWarning] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    pending: list[tuple[str, Role]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    by_node: dict[int, Reference] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        is_events = "asyncapi" in self.document
        self.tables = ASYNCAPI_TABLES if is_events else OPENAPI_TABLES
        self.name = self.neighbours.name
        self.limits = self.neighbours.limits

    def gather(self) -> None:
        """Scan the document, and pull in what it names."""
        self.scan(self.document, "", (), Role.KEYWORDS)
        self.pull()

    def pull(self) -> None:
        """Read and scan the files that were named since."""
        while self.pending:
            relative, role = self.pending.pop(0)
            content, warnings = self.neighbours.load(relative)
            self.warnings += warnings
            files = self.document.setdefault(FILES, {})
            files[self.slots[relative]] = content
            self.scan(content, relative, (((), FILES), self.slots[relative]), role)

    def scan(self, root: Any, file: str, trail: Trail, role: Role) -> None:
        """Walk one file: refuse what reaches out, note references and anchors."""
        stack: list[tuple[Any, Trail, Role, list[Any] | None]] = [(root, trail, role, None)]
        while stack:
            node, here, role, owner = stack.pop()
            if isinstance(node, list):
                stack += [
                    (child, (here, index), role, node)
                    for index, child in enumerate(node)
                    if isinstance(child, dict | list)
                ]
                continue
            if not isinstance(node, dict):
                continue
            if not _POINTING.isdisjoint(node):
                self.inspect(node, file, here, owner, role)
            for key, child in node.items():
                if isinstance(child, dict | list):
                    below = role_below(role, key, child, self.tables)
                    if below is not Role.DATA:
                        stack.append((child, (here, key), below, None))
                    elif key.startswith("x-"):
                        self.tell(child, (here, key))

    def inspect(
        self, node: dict[str, Any], file: str, trail: Trail, owner: list[Any] | None, role: Role
    ) -> None:
        """Look at the keys of one object that can point elsewhere."""
        if role in {Role.NAMES, Role.EXAMPLES}:
            if isinstance(node.get("$ref"), str):
                self.note(Reference(node, "$ref", file, trail, role=role), node["$ref"])
            return
        if isinstance(node.get("externalValue"), str):
            place = shorten(node.pop("externalValue"))
            words = f"An example lies elsewhere, at {place}; it is left out, nothing was fetched."
            self.warn("external-example", "info", trail, words)
        for key in _REFERENCES:
            reference = node.get(key)
            if isinstance(reference, str):
                self.note(Reference(node, key, file, trail, owner, role), reference)
        for slug, severity, summary in drop_base_uris(node):
            self.warn(slug, severity, trail, summary)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(key), str):
                self.anchors[file, node[key]] = pointer_of(trail)
        if "discriminator" in node:
            self.inspect_kinds(node["discriminator"], file, trail)

    def inspect_kinds(self, discriminator: Any, file: str, trail: Trail) -> None:
        """Note the schemas that a discriminator names."""
        mapping = mapping_of(mapping_of(discriminator).get("mapping"))
        place = ((trail, "discriminator"), "mapping")
        for name, target in mapping.items():
            if isinstance(target, str) and _is_reference(target):
                self.note(Reference(mapping, name, file, place), target)

    def tell(self, extension: Any, trail: Trail) -> None:
        """Tell of an extension that names something by `$ref`: it is kept, and not read."""
        pending = [extension]
        while pending:
            node = pending.pop()
            if isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and not reference.startswith("#"):
                    summary = f"An extension names {shorten(reference)}; it is kept, and not read."
                    self.warn("extension-reference", "info", trail, summary)
                    return
                pending += node.values()
            elif isinstance(node, list):
                pending += node

    def note(self, item: Reference, reference: str) -> None:
        """Remember a reference; queue the file that it names, or refuse it."""
        self.keep(item)
        file, _, fragment = reference.partition("#")
        if not file:
            return
        relative = self.locate(file, item)
        if not relative or relative in self.slots:
            return
        if len(self.slots) + len(self.texts) >= self.limits.files:
            raise self.refusal(
                f"more than {self.limits.files} files are pulled in", item.file, item.trail
            )
        if not self.neighbours.exists(relative):
            self.missing.append(relative)
        elif item.is_text:
            self.texts.append(relative)
        else:
            self.slots[relative] = self.slot_for(relative)
            self.pending.append((relative, _role_of_file(item, fragment)))

    def keep(self, item: Reference) -> None:
        """Add a reference to those that are settled."""
        self.references.append(item)
        if item.key == "$ref":
            self.by_node[id(item.node)] = item

    def slot_for(self, relative: str) -> str:
        """A key for a file that needs no escaping in a JSON Pointer or a URI."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", relative)
        taken = set(self.slots.values())
        return plain if plain not in taken else f"{plain}-{len(taken)}"

    def locate(self, file: str, item: Reference) -> str:
        """Return the path of a named file relative to the document; empty for itself."""
        try:
            return self.neighbours.locate(file, item.file, TEXTS if item.is_text else SUFFIXES)
        except OutsideError as error:
            raise self.refusal(
                f"{item.key} {shorten(file)} {error}", item.file, item.trail
            ) from error

    def warn(self, slug: str, severity: str, trail: Trail, summary: str, hint: str = "") -> None:
        """Note a defect at a place."""
        self.warnings.append(
            DocumentWarning(
                slug=slug,
                document=self.name,
                pointer=pointer_of(trail),
                severity=severity,
                summary=summary,
                hint=hint,
            )
        )

    def refusal(self, what: str, file: str, trail: Trail) -> DescriptionError:
        """The error for a document that reaches out."""
        tokens = pointer_of(trail)
        if file:
            tokens = "/" + "/".join(tokens.split("/")[3:])
        return DescriptionError(
            f"the document is refused: {what}, and only files of the same folder may be used",
            location=f"{file or self.name}#{tokens.rstrip('/')}",
            hint="Put the target beside the document and name it by a relative path, state a "
            "folder above both with `--root`, or take the reference out with an overlay.",
        )


def _is_reference(text: str) -> bool:
    plain = unquote(text)
    return (
        plain.startswith("#")
        or bool(OUTWARD.match(plain))
        or "/" in plain
        or (Path(plain.partition("#")[0]).suffix.lower() in SUFFIXES)
    )


def shorten(text: str) -> str:
    """A reference as a message quotes it."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _role_of_file(item: Reference, fragment: str) -> Role:
    """The role of a whole file is that of its place; a short fragment names an entry of a table."""
    if fragment.strip("/"):
        return Role.NAMES if fragment.count("/") == 1 else Role.KEYWORDS
    return item.role if item.role in {Role.NAMES, Role.EXAMPLES} else Role.KEYWORDS
