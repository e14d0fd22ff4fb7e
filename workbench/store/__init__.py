"""Evidence logs and run folders: written once, then only read.

A run folder is `reports/<partner>/<run>/`. Its `evidence.jsonl` has a header, one line per
observation, and a footer with a digest over all lines before it; a log without footer is an
incomplete run.
"""

from workbench.store.folders import (
    RunFolder,
    find_run,
    judge_all,
    list_abandoned,
    list_runs,
    read_run,
    stated_verdicts,
)
from workbench.store.logs import LOG_NAME, EvidenceLog, Log, read_header, read_log

__all__ = [
    "LOG_NAME",
    "EvidenceLog",
    "Log",
    "RunFolder",
    "find_run",
    "judge_all",
    "list_abandoned",
    "list_runs",
    "read_header",
    "read_log",
    "read_run",
    "stated_verdicts",
]
