"""What the names of parameters, paths and hosts usually mean; guesses for a reviewer."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from workbench.adapters import speaks_of_tests
from workbench.vocabulary import entity_of_id

_STATUSES = (
    # First, because a cancellation is also asked for and accepted.
    ("cancelled", r"cancel\w*|anular|storn\w*"),
    ("accepted", r"accept\w*|aceptar|annehmen|aceitar"),
    ("rejected", r"reject\w*|den(?:y|ied)|decline\w*|rechazar|ablehnen|recusar"),
    ("preparing", r"prepar\w*|cook\w*|kitchen|cocina"),
    ("ready", r"ready\w*|listo|bereit|pronto"),
    ("in-delivery", r"dispatch\w*|picked? ?up|despach\w*|on the way|reparto"),
    ("delivered", r"delivered|entregad\w*|geliefert"),
    ("completed", r"complet\w*|finish\w*"),
    ("confirmed", r"confirm\w*"),
    ("seated", r"seat(?:ed)?\b"),
    ("no-show", r"no ?show"),
)


def split_words(name: str) -> str:
    """A name in lower case with spaces between its words: `orderID`, `order-id` → `order id`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", name)
    return " ".join(spaced.lower().split())


def entity_named(parameter: str, path: str = "") -> str | None:
    """The entity whose id a path parameter takes; a mere `id` means what stands before it."""
    return entity_of_id(parameter, path)


def is_sandbox(address: str) -> bool:
    """Whether the host or path of a server says that it is for trying things out."""
    parts = urlsplit(address)
    return speaks_of_tests(f"{parts.netloc}{parts.path}")


def status_named(text: str) -> str | None:
    """The status of ours that an operation of its own sets, by the last words of its path.

    None where it refuses a cancellation, which leaves the status as it was.
    """
    words = split_words(text)
    if re.search(r"\b(?:den(?:y|ied)|reject\w*|refuse\w*) cancel", words):
        return None
    return next((name for name, known in _STATUSES if re.search(rf"\b(?:{known})\b", words)), None)
