"""Builds plain JSON values from YAML, event by event, each cap checked before a value is built."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from workbench.description.limits import (
    MOST_WARNINGS,
    IntakeLimits,
    Reading,
    duplicate,
    refusal,
    too_deep,
)
from workbench.description.yaml_scalars import read_plain, read_tagged
from workbench.description.yaml_words import explain_yaml
from workbench.model import DocumentWarning
from workbench.text import write_pointer

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
INCLUDE = "!include"  # the tag of RAML, and the key under which a file is named
_HOSTILE_TAG = re.compile(r"python|java|ruby|perl|\bjs/", re.IGNORECASE)


def read_yaml(text: str, name: str, limits: IntakeLimits, *, includes: bool = False) -> Reading:
    """Read the first document of a YAML text; with `includes`, files are named as RAML does.

    Raises:
        DescriptionError: It is not YAML, or a cap was reached.
    """
    builder = _Builder(text, name, limits, includes=includes)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words, hint = explain_yaml(error.problem or error.context or "")
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, None)
        raise refusal(f"this is not valid YAML: {words}", name, line, hint, column) from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise refusal("the text holds characters that YAML forbids", name, line) from error
    # Aliased nodes were shared while building; from here on each place owns its copy.
    root = _copy(builder.root) if builder.aliases else builder.root
    return Reading(root, tuple(builder.warnings))


@dataclass
class _Frame:
    """A container under construction, with its expanded weight and height so far."""

    node: dict[str, Any] | list[Any]
    anchor: str | None
    key: str | None = None
    has_key: bool = False
    plain_key: bool = False
    weight: int = 1
    height: int = 1
    merges: list[Any] = field(default_factory=list)


class _Builder:
    """Builds one document from YAML events, refusing as soon as a cap is reached."""

    def __init__(self, text: str, name: str, limits: IntakeLimits, *, includes: bool) -> None:
        self.name = name
        self.limits = limits
        self.includes = includes
        self.heaviest = limits.growth * len(text) + 2**20
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.open: set[str] = set()
        self.aliases = 0
        self.root: Any = None
        self.is_complete = False
        self.warnings: list[DocumentWarning] = []

    def take(self, event: Any) -> bool:
        """Take the next event; False when the document is complete and a further one begins."""
        match event:
            case yaml.ScalarEvent():
                self.scalar(event)
            case yaml.MappingStartEvent():
                self.begin(event, {})
            case yaml.SequenceStartEvent():
                self.begin(event, [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.end(event)
            case yaml.AliasEvent():
                self.alias(event)
            case yaml.DocumentEndEvent():
                self.is_complete = True
            case yaml.DocumentStartEvent() if self.is_complete:
                summary = f"A further YAML document begins on line {_line(event)}; left out."
                self.warn("further-document", summary, "medium")
                return False
        return True

    def warn(self, slug: str, summary: str, severity: str = "low") -> None:
        """Note an oddity at the place that is being read."""
        self.add_warning(
            DocumentWarning(
                slug=slug,
                document=self.name,
                pointer=self.pointer(),
                summary=summary,
                severity=severity,
            )
        )

    def add_warning(self, warning: DocumentWarning) -> None:
        """Keep a warning, up to a sensible number."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(warning)

    def begin(self, event: Any, node: dict[str, Any] | list[Any]) -> None:
        """Open a mapping or a sequence."""
        if len(self.stack) >= self.limits.depth:
            raise too_deep(self.name, _line(event), self.limits)
        if self.stack and isinstance(self.stack[-1].node, dict) and not self.stack[-1].has_key:
            raise refusal(
                "a mapping key is itself a mapping or list", self.name, _line(event), "Quote it."
            )
        self.check_tag(event)
        if event.anchor:
            self.open.add(event.anchor)
        self.stack.append(_Frame(node, event.anchor))

    def end(self, event: Any) -> None:
        """Close the innermost container and hand it to the one around it."""
        frame = self.stack.pop()
        if isinstance(frame.node, dict):
            for merged in frame.merges:
                for key, value in merged.items():
                    frame.node.setdefault(key, value)
        if frame.anchor:
            self.open.discard(frame.anchor)
            self.anchors[frame.anchor] = (frame.node, frame.weight, frame.height)
        self.place(frame.node, frame.weight, frame.height, event)

    def scalar(self, event: Any) -> None:
        """Add one scalar, as a key or as a value."""
        text = event.value
        value: Any
        if event.tag == "!" or (event.tag is None and not event.implicit[0]):
            value = text
        elif event.tag is None:
            value = read_plain(text)
        elif self.includes and event.tag == INCLUDE:
            value = {INCLUDE: text}
        elif event.tag.startswith(_CORE_TAG):
            self.check_tag(event)
            value = read_tagged(event.tag, text)
        else:
            self.check_tag(event)
            value = text
        if event.anchor:
            self.anchors[event.anchor] = (text if self.is_key_next() else value, len(text) + 1, 0)
        self.place(text if self.is_key_next() else value, len(text) + 1, 0, event)

    def alias(self, event: Any) -> None:
        """Put an anchored node here, its expanded weight checked first."""
        self.aliases += 1
        if self.aliases > self.limits.aliases:
            raise refusal(f"more than {self.limits.aliases} aliases", self.name, _line(event))
        if event.anchor in self.open:
            raise refusal(f"alias *{event.anchor} contains itself", self.name, _line(event))
        if event.anchor not in self.anchors:
            raise refusal(f"alias *{event.anchor} has no anchor", self.name, _line(event))
        value, weight, height = self.anchors[event.anchor]
        if self.is_key_next() and isinstance(value, dict | list):
            raise refusal("a mapping key is a mapping or list", self.name, _line(event))
        if len(self.stack) + height > self.limits.depth:
            raise too_deep(self.name, _line(event), self.limits)
        if self.stack and self.stack[-1].weight + weight > self.heaviest:
            raise refusal(
                f"its aliases write out to more than {self.heaviest:,} characters",
                self.name,
                _line(event),
                "Ask the partner for the document without nested aliases.",
            )
        self.place(value, weight, height, event)

    def is_key_next(self) -> bool:
        """Whether the next node is a mapping key."""
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].node, dict)
            and not self.stack[-1].has_key
        )

    def place(self, value: Any, weight: int, height: int, event: Any) -> None:
        """Attach a finished node to the container around it."""
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        node = frame.node
        if isinstance(node, list):
            node.append(value)
        elif not frame.has_key:
            frame.key = value if isinstance(value, str) else _key_text(value)
            frame.plain_key = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
            frame.has_key = True
        else:
            frame.has_key = False
            self.set_member(frame, node, value, event)

    def set_member(self, frame: _Frame, node: dict[str, Any], value: Any, event: Any) -> None:
        """Give a mapping its next member; a merge key spreads, a repeated key warns."""
        key = frame.key or ""
        if key == _MERGE and frame.plain_key and isinstance(value, dict | list):
            sources = value if isinstance(value, list) else [value]
            frame.merges += [source for source in sources if isinstance(source, dict)]
            return
        if key in node:
            self.add_warning(duplicate(self.name, key, self.pointer(), _line(event)))
        node[key] = value

    def pointer(self) -> str:
        """JSON Pointer of the member that is being filled."""
        return write_pointer(
            len(frame.node) if isinstance(frame.node, list) else frame.key or ""
            for frame in self.stack
        )

    def check_tag(self, event: Any) -> None:
        """Refuse tags that ask for a program's object; warn about other unknown ones."""
        tag = event.tag
        if tag is None or tag == "!":
            return
        kind = tag.removeprefix(_CORE_TAG)
        if _HOSTILE_TAG.search(tag):
            raise refusal(
                f"the tag {tag[:60]!r} asks for a program object",
                self.name,
                _line(event),
                "Remove the tag.",
            )
        if kind not in {"str", "int", "float", "bool", "null", "map", "seq"}:
            what = f"The YAML tag {tag[:60]!r} (line {_line(event)}) has no meaning here"
            self.warn("unknown-tag", f"{what}; its value was read as text.")


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_copy(child) for child in value]
    return value


def _key_text(value: Any) -> str:
    return {None: "null", True: "true", False: "false"}.get(value, str(value))


def _line(event: Any) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
