"""Prose → operations and events: one stream of blocks, one reader, many doors.

Markdown and HTML become the same blocks (`markdown`, `pages`), marks of portals are written out
first (`marks`); `reader` walks over the sections and `collection` counts what was left out.
"""

from workbench.description.prose.blocks import Block, CodeBlock
from workbench.description.prose.clients import declared_calls
from workbench.description.prose.collection import Prose, ReadingTally, tell_programs
from workbench.description.prose.markdown import read_markdown
from workbench.description.prose.pages import read_page, without_remarks
from workbench.description.prose.prose_reader import read_blocks

__all__ = [
    "Block",
    "CodeBlock",
    "Prose",
    "ReadingTally",
    "declared_calls",
    "read_blocks",
    "read_markdown",
    "read_page",
    "tell_programs",
    "without_remarks",
]
