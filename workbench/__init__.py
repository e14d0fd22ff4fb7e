"""The partner integration workbench: what notebooks and scripts import.

Names are loaded when first used, so that `import workbench` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Adapter": "workbench.adapters",
    "AsyncAdapter": "workbench.adapters",
    "Catalogue": "workbench.model",
    "Deliveries": "workbench.lab",
    "ReceiptFilter": "workbench.receiver",
    "Partner": "workbench.partners",
    "Report": "workbench.reporting",
    "ReviewSheet": "workbench.drafting",
    "SessionWalk": "workbench.handover",
    "Settings": "workbench.settings",
    "Validation": "workbench.validation",
    "WorkbenchError": "workbench.errors",
    "describe": "workbench.description",
    "draft_folder": "workbench.drafting",
    "draft_partner": "workbench.drafting",
    "gather": "workbench.lab",
    "lint": "workbench.lint",
    "list_receipts": "workbench.receiver",
    "list_partners": "workbench.partners",
    "load_catalogue": "workbench.partners",
    "load_partner": "workbench.partners",
    "load_settings": "workbench.settings",
    "load_ipython_extension": "workbench.lab",
    "open": "workbench.lab",
    "open_inbox": "workbench.receiver",
    "show_receipt": "workbench.receiver",
    "tables": "workbench.reporting",
    "try_payload": "workbench.lab",
    "try_sample": "workbench.lab",
    "unload_ipython_extension": "workbench.lab",
    "watch_inbox": "workbench.lab",
}
# What has another name where it lives, because this one is short only behind the package's.
_INSIDE = {"open": "open_partner"}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list, computed from the one table


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'workbench' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), _INSIDE.get(name, name))


def __dir__() -> list[str]:
    return __all__
