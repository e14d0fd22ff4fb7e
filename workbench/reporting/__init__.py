"""Reports: renderings of a run folder, and nothing else.

Loaded by name: a report reads one folder, and must not wait for what publishing needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reporting import tables
    from workbench.reporting.publication import Job, Published, publish, render_report
    from workbench.reporting.report import Report

__all__ = ["Job", "Published", "Report", "publish", "render_report", "tables"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "tables":
        return import_module("workbench.reporting.tables")
    home = "report" if name == "Report" else "publication"
    return getattr(import_module(f"workbench.reporting.{home}"), name)
