"""One document and its neighbours made into one self-contained document.

Only files of the same folder (and below) are read. Everything else that could make a tool reach
out (`http:`, `file:`, `//host`, absolute paths, a way out of the folder, `externalValue`, a base
URI by `$id`) is refused or taken out. In the result every `$ref` starts with `#/` and is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from workbench.description.guard import read_bytes, read_file
from workbench.description.limits import DEFAULT_LIMITS, Limits
from workbench.errors import DescriptionError
from workbench.model.description import DocumentWarning, follow

FILES = "x-files"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "operationRef")
_POINTING = frozenset(
    {*_REFERENCES, "externalValue", "$id", "$self", "$schema", "jsonSchemaDialect", "$anchor"}
    | {"$dynamicAnchor", "discriminator"}
)
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_SHOWN = 80  # characters of a reference that a message quotes
_DIALECTS = ("json-schema.org", "spec.openapis.org")
_DATA = frozenset({"example", "default", "const", "enum", "value"})
_MAPS = frozenset({"properties", "patternProperties", "definitions", "schemas", "$defs"})
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|[/\\]")


@dataclass(frozen=True)
class Bundle:
    """A self-contained document, the defects met on the way, and the neighbours pulled in."""

    document: dict[str, Any]
    warnings: tuple[DocumentWarning, ...]
    files: tuple[str, ...] = ()


Trail = tuple[Any, ...]  # nested pairs: (trail of the parent, key of this node)


@dataclass
class _Reference:
    """A reference in place: `node[key]`, met in `file` (empty for the document itself)."""

    node: dict[str, Any]
    key: str
    file: str
    trail: Trail
    owner: list[Any] | None
    is_data: bool


@dataclass
class _Bundler:
    path: Path
    name: str
    limits: Limits
    document: dict[str, Any]
    warnings: list[DocumentWarning] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)  # relative path → key under x-files
    pending: list[str] = field(default_factory=list)
    references: list[_Reference] = field(default_factory=list)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    bytes_read: int = 0

    def run(self) -> Bundle:
        """Scan the document, pull in what it names, then settle every reference."""
        self.scan(self.document, "", ())
        while self.pending:
            relative = self.pending.pop(0)
            content = self.load(relative)
            files = self.document.setdefault(FILES, {})
            files[self.slots[relative]] = content
            self.scan(content, relative, (((), FILES), self.slots[relative]))
        dangling = [item for item in self.references if not self.settle(item)]
        for item in reversed(dangling):
            self.mend(item)
        return Bundle(self.document, tuple(self.warnings), tuple(self.slots))

    def scan(self, root: Any, file: str, trail: Trail) -> None:
        """Walk one file: refuse what reaches out, note references and anchors."""
        stack: list[tuple[Any, Trail, bool, list[Any] | None]] = [(root, trail, False, None)]
        while stack:
            node, here, is_data, owner = stack.pop()
            if isinstance(node, list):
                stack += [
                    (child, (here, index), is_data, node)
                    for index, child in enumerate(node)
                    if isinstance(child, dict | list)
                ]
                continue
            if not isinstance(node, dict):
                continue
            if not _POINTING.isdisjoint(node):
                self.inspect(node, file, here, owner, is_data=is_data)
            is_map = bool(here) and here[1] in _MAPS
            stack += [
                (child, (here, key), is_data or (key in _DATA and not is_map), None)
                for key, child in node.items()
                if isinstance(child, dict | list)
            ]

    def inspect(
        self,
        node: dict[str, Any],
        file: str,
        trail: Trail,
        owner: list[Any] | None,
        *,
        is_data: bool,
    ) -> None:
        """Look at the keys of one mapping that can point elsewhere."""
        if isinstance(node.get("externalValue"), str):
            raise self.refusal(
                f"externalValue {_short(node['externalValue'])} would be fetched", file, trail
            )
        for key in _REFERENCES:
            reference = node.get(key)
            if isinstance(reference, str):
                self.note(_Reference(node, key, file, trail, owner, is_data), reference)
        if is_data:
            return
        self.drop_base_uris(node, trail)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(key), str):
                self.anchors[file, node[key]] = _pointer(trail)
        discriminator = node.get("discriminator")
        if isinstance(discriminator, dict) and isinstance(discriminator.get("mapping"), dict):
            mapping = discriminator["mapping"]
            place = ((trail, "discriminator"), "mapping")
            for name, target in mapping.items():
                if isinstance(target, str) and _is_reference(target):
                    self.note(_Reference(mapping, name, file, place, None, is_data), target)

    def drop_base_uris(self, node: dict[str, Any], trail: Trail) -> None:
        """Take out `$id`, `$self` and foreign dialects, which would move what references mean."""
        for key in ("$id", "$self"):
            if isinstance(node.get(key), str):
                del node[key]
                summary = f"A `{key}` was left out: it would move the base of references."
                self.warn("base-uri", "info", trail, summary)
        for key in ("$schema", "jsonSchemaDialect"):
            dialect = node.get(key)
            if isinstance(dialect, str) and _host(dialect) not in _DIALECTS:
                del node[key]
                summary = f"The schema dialect {_short(dialect)} is no published one; left out."
                self.warn("foreign-dialect", "low", trail, summary)

    def note(self, item: _Reference, reference: str) -> None:
        """Remember a reference; queue the file that it names, or refuse it."""
        file, _, _ = reference.partition("#")
        self.references.append(item)
        if not file:
            return
        relative = self.locate(file, item)
        if relative and relative not in self.slots:
            if len(self.slots) >= self.limits.files:
                raise self.refusal(
                    f"more than {self.limits.files} files are pulled in", item.file, item.trail
                )
            if not (self.path.parent / relative).is_file():
                return
            self.slots[relative] = self.slot_for(relative)
            self.pending.append(relative)

    def slot_for(self, relative: str) -> str:
        """A key for a file that needs no escaping in a JSON Pointer or a URI."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", relative)
        taken = set(self.slots.values())
        return plain if plain not in taken else f"{plain}-{len(taken)}"

    def locate(self, file: str, item: _Reference) -> str:
        """Return the path of a named file relative to the folder; empty for the document itself.

        Raises:
            DescriptionError: It is not a document of the same folder.
        """
        plain = unquote(unquote(file))
        why = None
        if _URI.match(plain) or "\\" in plain or "\0" in plain:
            why = "points outside the folder of the document"
        folder = self.path.parent.resolve()
        target = folder
        if why is None:
            target = (folder / item.file).parent / plain if item.file else folder / plain
            target = target.resolve()
            if not target.is_relative_to(folder):
                why = "points outside the folder of the document"
            elif any(part.startswith(".") for part in target.relative_to(folder).parts):
                why = "names a hidden file"
            elif target.suffix.lower() not in _SUFFIXES and target.is_file():
                why = "names a file that is no YAML or JSON document"
        if why is not None:
            raise self.refusal(f"{item.key} {_short(file)} {why}", item.file, item.trail)
        relative = target.relative_to(folder).as_posix()
        return "" if target == self.path.resolve() else relative

    def load(self, relative: str) -> Any:
        """Read one neighbour through the guard."""
        name = f"{Path(self.name).parent.as_posix()}/{relative}".removeprefix("./")
        data = read_file(self.path.parent / relative, self.limits)
        self.bytes_read += len(data)
        if self.bytes_read > self.limits.size:
            raise DescriptionError(
                f"the files of the document are together more than {self.limits.size:,} bytes",
                location=name,
                hint="Ask the partner for a smaller document.",
            )
        reading = read_bytes(data, name, self.limits)
        self.warnings += [
            warning.model_copy(update={"document": self.name}) for warning in reading.warnings
        ]
        return reading.data

    def settle(self, item: _Reference) -> bool:
        """Rewrite one reference to `#/…` of the bundle; False when it points at nothing."""
        file, _, fragment = item.node[item.key].partition("#")
        home = self.locate(file, item) if file else item.file
        if home and home not in self.slots:
            return False
        prefix = f"/{FILES}/{self.slots[home]}" if home else ""
        candidates = [prefix + fragment, prefix + unquote(fragment)]
        anchor = self.anchors.get((home, fragment))
        if anchor is not None:
            candidates.insert(0, anchor)
        if prefix and not file:
            candidates.append(fragment)  # sloppy but common: meant from the root document
        for candidate in candidates:
            if (not candidate or candidate.startswith("/")) and self.exists(candidate):
                item.node[item.key] = f"#{candidate}"
                return True
        return False

    def exists(self, pointer: str) -> bool:
        """Whether a pointer of the bundle finds something."""
        return follow(self.document, f"#{pointer}") is not None

    def mend(self, item: _Reference) -> None:
        """Warn of a reference to nothing, and take it out so that the rest stays usable."""
        if item.is_data:
            item.node.pop(item.key, None)
            return
        reference = item.node.pop(item.key)
        parent = item.trail[0] if item.trail else ()
        effect = "it is read as `{}`, anything"
        if item.owner is not None and parent and parent[1] == "parameters":
            item.owner.remove(item.node)
            effect = "the parameter is left out"
        elif item.key != "$ref":
            effect = "it is left out"
        self.warn(
            "dangling-reference",
            "medium",
            (item.trail, item.key),
            f"{item.key} {_short(reference)} points at nothing; {effect}.",
            "Ask the partner for the missing part.",
        )

    def warn(self, slug: str, severity: str, trail: Trail, summary: str, hint: str = "") -> None:
        """Note a defect at a place."""
        self.warnings.append(
            DocumentWarning(
                slug=slug,
                document=self.name,
                pointer=_pointer(trail),
                severity=severity,
                summary=summary,
                hint=hint,
            )
        )

    def refusal(self, what: str, file: str, trail: Trail) -> DescriptionError:
        """The error for a document that reaches out."""
        tokens = _pointer(trail)
        if file:
            tokens = "/" + "/".join(tokens.split("/")[3:])
        return DescriptionError(
            f"the document is refused: {what}, and only files of the same folder may be used",
            location=f"{file or self.name}#{tokens.rstrip('/')}",
            hint="Put the target beside the document and name it by a relative path, or take the "
            "reference out with an overlay.",
        )


def bundle(
    document: dict[str, Any], path: Path, *, name: str = "", limits: Limits = DEFAULT_LIMITS
) -> Bundle:
    """Make a document self-contained.

    Args:
        document: What the guard read; changed in place.
        path: Where the document lies; its folder is the fence.
        name: Name for messages and warnings; else the file name.
        limits: Caps on every file, and on all of them together.

    Raises:
        DescriptionError: A reference leaves the folder, or a neighbour is refused by the guard.
    """
    return _Bundler(path, name or path.name, limits, document).run()


def _host(url: str) -> str:
    """Return the host of a URL, empty when there is none or it is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_reference(text: str) -> bool:
    plain = unquote(text)
    return (
        plain.startswith("#")
        or bool(_URI.match(plain))
        or "/" in plain
        or (Path(plain.partition("#")[0]).suffix.lower() in _SUFFIXES)
    )


def _pointer(trail: Trail) -> str:
    tokens: list[str] = []
    while trail:
        trail, key = trail
        tokens.append(str(key).replace("~", "~0").replace("/", "~1"))
    return "".join("/" + token for token in reversed(tokens))


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
