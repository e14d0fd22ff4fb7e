"""Documents in, `ApiDescription` out: guard, overlay, bundle, read, warn.

The documents stay byte for byte as they are; only the bundles made here go to other tools. What
differs between two versions is in `comparison`, the way back to an overlay in `overlay_diff`.
"""

from workbench.description.document_set import missing_neighbours, page_addresses
from workbench.description.guard import load_text, read_text
from workbench.description.intake import describe
from workbench.description.limits import Limits, Reading
from workbench.description.overlay import Action, Overlay, apply_actions, load_overlay

__all__ = [
    "Action",
    "Limits",
    "Overlay",
    "Reading",
    "apply_actions",
    "describe",
    "load_overlay",
    "load_text",
    "missing_neighbours",
    "page_addresses",
    "read_text",
]
