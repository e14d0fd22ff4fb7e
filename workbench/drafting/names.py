"""What the names of parameters, paths and hosts usually mean; guesses for a reviewer."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbench.adapters import speaks_of_tests
from workbench.vocabulary import entity_of_id as entity_named
from workbench.vocabulary import plain_words

__all__ = ["entity_named", "is_sandbox", "space_words"]


def space_words(name: str) -> str:
    """A name in lower case with spaces between its words: `orderID`, `order-id` → `order id`."""
    return " ".join(plain_words(name))


def is_sandbox(address: str) -> bool:
    """Whether the host or path of a server says that it is for trying things out."""
    parts = urlsplit(address)
    return speaks_of_tests(f"{parts.netloc}{parts.path}")
