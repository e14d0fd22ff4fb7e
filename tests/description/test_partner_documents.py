"""Real documents of real partners, where they are at hand."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe, find_directions
from workbench.errors import DescriptionError
from workbench.model import Direction

DOCS = Path(__file__).resolve().parents[2].parent / "shared" / "partner-docs"
needs_documents = pytest.mark.skipif(
    not DOCS.is_dir(), reason="the partners' documents (../shared/partner-docs) are not here"
)
_ROW = re.compile(r"^\| ([\w.-]+/[\w./-]+) \|(?:[^|]*\|){4}\s*(\d+)\s*\|", re.MULTILINE)


def documents(*folders: str) -> list[Path]:
    """Every document below folders of the collection; nothing where it is absent."""
    return sorted(
        path
        for folder in folders
        for path in (DOCS / folder).rglob("*")
        if path.suffix in {".yaml", ".yml", ".json"}
    )


def counted() -> list[tuple[str, int]]:
    """Name and number of operations of each document, as the collection's index states."""
    index = DOCS / "INDEX.md"
    return (
        [(name, int(count)) for name, count in _ROW.findall(index.read_text(encoding="utf-8"))]
        if index.is_file()
        else []
    )


def references(node: Any) -> list[str]:
    """Every `$ref` in a tree."""
    if isinstance(node, list):
        return [found for child in node for found in references(child)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for child in node.values() for found in references(child)]


@needs_documents
@pytest.mark.parametrize(("name", "count"), counted() or [("", 0)])
def test_operation_counts_are_those_of_the_index(name: str, count: int) -> None:
    """No operation of a partner is lost or invented."""
    description = describe([DOCS / name])
    assert len(description.operations) == count
    assert all(item.startswith("#/") for item in references(description.bundles))


@needs_documents
def test_webhooks_listed_under_x_webhooks() -> None:
    """A real document with `x-webhooks` gives 30 operations and four events."""
    description = describe([DOCS / "opendelivery-v1" / "openapi.yaml"])
    assert len(description.operations) == 30
    assert [item.source for item in description.events] == ["webhook"] * 4


@needs_documents
def test_webhooks_listed_as_paths() -> None:
    """Of 25 webhooks among the paths of a real document nearly all come to us, and nothing else."""
    name = "just-eat-uk-openapi-original.json"
    description = describe([DOCS / "just-eat-uk" / name])
    directions = find_directions(description)
    inbound = [
        item.id
        for item in description.operations
        if directions[item.document, item.id] is Direction.INBOUND
    ]
    tags = {item.id: " ".join(item.tags) for item in description.operations}
    assert len(inbound) >= 23
    assert all("Webhook" in tags[name] for name in inbound)


@needs_documents
def test_broken_documents_end_in_a_description_or_a_refusal() -> None:
    """Hundreds of odd and invalid documents: no crash, none over two seconds."""
    paths = documents("broken")
    read = 0
    refusals = []
    for path in paths:
        started = time.process_time()
        try:
            description = describe([path])
        except DescriptionError as refusal:
            refusals.append(refusal)
        else:
            read += 1
            assert all(item.startswith("#") for item in references(description.bundles))
        assert time.process_time() - started < 20
    assert all(refusal.location and refusal.hint for refusal in refusals)
    assert read > 0.9 * len(paths)


@needs_documents
@pytest.mark.parametrize("path", documents("large") or [DOCS], ids=lambda path: path.name)
def test_large_documents_are_fast(path: Path) -> None:
    """Two to four megabytes are read within a few seconds on a busy machine."""
    started = time.process_time()
    description = describe([path])
    assert len(description.operations) > 500
    assert time.process_time() - started < 50
