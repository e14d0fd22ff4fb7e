"""Schemathesis' command line, imported before there is anything to test.

Run as a program by its path. It waits for one line, `{"argv": […], "environment": {…}}`: secrets
come by it and stand on no command line. When nobody holds the other end any more it ends, as by
Ctrl-C. It stands alone: nothing of this package is imported.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading

# What a run imports once it is known what is tested; one that a version has not is left out.
_LATER = (
    "schemathesis.cli.commands.run.executor",
    "schemathesis.cli.loaders",
    "schemathesis.engine.core",
    "schemathesis.engine.run.stateful",
    "schemathesis.engine.run.unit",
    "schemathesis.openapi",
    "harfile",
    "hypothesis.stateful",
    "requests",
    "rich.progress",
)


def main() -> None:
    """Import, wait, and be `schemathesis`."""
    cli = importlib.import_module("schemathesis.cli")
    for name in _LATER:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    line = sys.stdin.readline()
    if not line:
        return
    request = json.loads(line)
    os.environ.update(request["environment"])
    sys.argv = ["schemathesis", *request["argv"]]
    importlib.invalidate_caches()  # the hooks have come since
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    cli.schemathesis()


def _end_with_the_other() -> None:
    if not sys.stdin.read():
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
