"""What the partner and the restaurant get beside the report: data model, letter, session, sheet.

Loaded by name: each is made by itself, and none should wait for what another needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.handover.guide import Guide, write_guide
    from workbench.handover.schema import entity_schema, model_schema
    from workbench.handover.wish import write_wish

_HOMES = {
    "Guide": "guide",
    "entity_schema": "schema",
    "model_schema": "schema",
    "write_guide": "guide",
    "write_wish": "wish",
}

__all__ = ["Guide", "entity_schema", "model_schema", "write_guide", "write_wish"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"workbench.handover.{_HOMES[name]}"), name)
