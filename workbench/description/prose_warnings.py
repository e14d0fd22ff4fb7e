"""What is told of a prose document: what was left out, and what lies elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.description.conversion import ATTACHED
from workbench.description.openapi import Contents
from workbench.description.prose import Block, CodeBlock, Prose, ReadingTally
from workbench.description.prose.collection import MOST_CALLS
from workbench.description.targets import ends_with, shape
from workbench.model import Document, DocumentWarning


def left_out(name: str, tally: ReadingTally) -> list[DocumentWarning]:
    """Tell how much of what looks like a call or event was read, where it was not all."""
    missing = tally.seen - tally.read
    if not missing:
        return []
    shown = "; ".join(repr(text[:80]) for text in tally.left_out)
    return [
        DocumentWarning(
            slug="calls-left-out",
            document=name,
            severity="high" if tally.read * 2 < tally.seen else "medium",
            summary=f"{tally.seen} calls and events seen, {tally.read} read. Left out: {shown}"
            + (" …" if missing > len(tally.left_out) else "")
            + (f" No more than {MOST_CALLS:,} are read of a document." if tally.is_full else ""),
            hint="Look at these places in the document; write what matters there into a Markdown "
            "file beside it, as headings such as `GET /orders/{id}`.",
        )
    ]


def attachments(name: str, blocks: Sequence[Block]) -> list[DocumentWarning]:
    """Tell of each file that a mail carries: only its words are read."""
    return [
        DocumentWarning(
            slug="attachment",
            document=name,
            severity="medium",
            summary=f"The mail carries {block.text[:120]!r}, which is not read from it.",
            hint="Save it, and give it beside the mail.",
        )
        for block in blocks
        if isinstance(block, CodeBlock) and block.language == ATTACHED
    ]


def carried_warning(name: str, count: int) -> DocumentWarning:
    """Tell that the description inside the document is what was read."""
    others = f"; the largest of {count}, the others are left out" if count > 1 else ""
    return DocumentWarning(
        slug="carried-description",
        document=name,
        severity="medium" if count > 1 else "info",
        summary=f"The machine-readable description that the document carries was read{others}.",
    )


def beside(name: str, prose: Prose, contents: Contents) -> list[DocumentWarning]:
    """Tell of calls that the words name and the description inside the document does not."""
    known = [(item.method, item.path) for item in contents.operations]
    names = {item.name for item in contents.events}
    missing = [
        f"{draft.method} {draft.path}" if draft.source != "webhook" else draft.path
        for draft in prose.drafted.drafts
        if draft.path not in names
        and not any(
            method == draft.method
            and (shape(path) == shape(draft.path) or ends_with(draft.path, path))
            for method, path in known
        )
    ]
    seen = len(missing) + len(known) + len(names)
    tally = ReadingTally(seen, len(known) + len(names), tuple(missing[:8]))
    return left_out(name, tally)


def elsewhere(document: Document) -> DocumentWarning:
    """Tell where the description lies that a page only draws."""
    listed = ", ".join(document.addresses)
    return DocumentWarning(
        slug="description-elsewhere",
        document=document.name,
        severity="high",
        summary=f"The page draws a description that lies at {listed}; it was not fetched.",
        hint="Give that address or file instead of the page, or fetch it with `describe --follow`.",
    )
