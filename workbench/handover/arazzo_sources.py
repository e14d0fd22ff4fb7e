"""The descriptions that a partner's Arazzo list names, where they stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from workbench.description import DEFAULT_LIMITS, decode, load_text, read_file
from workbench.errors import DescriptionError
from workbench.handover.arazzo_events import Names, name_channels
from workbench.model import list_of, mapping_of
from workbench.text import read_pointer

LIMITS = replace(DEFAULT_LIMITS, size=2 * 2**20)
_MOST = 20  # descriptions that one list may name, themselves or through others
_COMPONENTS = "$components."


@dataclass
class ArazzoList:
    """An Arazzo description, and those beside it.

    Attributes:
        name: Of its file.
        data: As it was read.
        workflows: By their ids, in order.
        messages: What the AsyncAPI descriptions that it names call their messages.
        others: Name of a source → an Arazzo description beside it.
    """

    name: str
    data: Mapping[str, Any]
    workflows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    messages: Names = field(default_factory=dict)
    others: dict[str, ArazzoList] = field(default_factory=dict)

    def resolve(self, item: Any) -> Any:
        """What a Reusable Object, or a `$ref` of inputs, stands for; other things as they are."""
        told = mapping_of(item)
        reference, place = str(told.get("reference") or ""), str(told.get("$ref") or "")
        if reference.startswith(_COMPONENTS):
            kind, _, name = reference.removeprefix(_COMPONENTS).partition(".")
            found = mapping_of(mapping_of(self.data.get("components")).get(kind)).get(name)
            given = {"value": told["value"]} if "value" in told else {}
            return {**mapping_of(found), **given}
        if place.startswith("#/"):
            found = self.data
            for step in read_pointer(place[1:]):
                found = mapping_of(found).get(step)
            return found
        return item


def open_listing(data: Mapping[str, Any], path: Path) -> ArazzoList:
    """A list with what it names and what lies beside it; what lies elsewhere is not read.

    Args:
        data: The list, read.
        path: Of its file.
    """
    return _open(data, path, {})


def _open(data: Mapping[str, Any], path: Path, known: dict[Path, ArazzoList]) -> ArazzoList:
    workflows: dict[str, Mapping[str, Any]] = {}
    for number, item in enumerate(list_of(data.get("workflows")), 1):
        if isinstance(item, Mapping):
            name = str(item.get("workflowId") or item.get("summary") or "")
            workflows[f"{name} ({number})" if name in workflows else name] = item
    listing = ArazzoList(name=path.name, data=data, workflows=workflows)
    known[path] = listing
    messages: dict[str, tuple[str, ...]] = {}
    for source in list_of(data.get("sourceDescriptions")):
        told = mapping_of(source)
        beside = path.parent / PurePosixPath(urlsplit(str(told.get("url") or "")).path).name
        if beside not in known and (len(known) >= _MOST or not beside.is_file()):
            continue
        inner = known.get(beside) or _read(beside)
        if isinstance(inner, ArazzoList):
            listing.others[str(told.get("name"))] = inner
        elif "arazzo" in inner:
            listing.others[str(told.get("name"))] = _open(inner, beside, known)
        elif "asyncapi" in inner:
            messages.update(name_channels(inner))
    listing.messages = messages
    return listing


def _read(path: Path) -> Mapping[str, Any]:
    try:
        told = load_text(decode(read_file(path, LIMITS), path.name), path.name)
    except DescriptionError:
        return {}  # what cannot be read names nothing
    return told if isinstance(told, Mapping) else {}
