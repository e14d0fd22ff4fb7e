"""Reports: renderings of a run folder, and nothing else.

Loaded by name: a report reads one folder, and must not wait for what publishing needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reporting import tables
    from workbench.reporting.drift import Drift, compare_runs
    from workbench.reporting.portal import build_portal
    from workbench.reporting.publication import Job, Published, publish, render_report
    from workbench.reporting.report import Report
    from workbench.reporting.verification import Verification, verify

_HOMES = {
    "Drift": "drift",
    "Job": "publication",
    "Published": "publication",
    "Report": "report",
    "Verification": "verification",
    "build_portal": "portal",
    "compare_runs": "drift",
    "publish": "publication",
    "render_report": "publication",
    "verify": "verification",
}

__all__ = [
    "Drift",
    "Job",
    "Published",
    "Report",
    "Verification",
    "build_portal",
    "compare_runs",
    "publish",
    "render_report",
    "tables",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "tables":
        return import_module("workbench.reporting.tables")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"workbench.reporting.{_HOMES[name]}"), name)
