"""The command line: parse, call one use case, print, exit.

Exit codes: 0 clean · 1 findings · 2 bad input · 3 nothing could be tested live ·
130 interrupted.
"""

from workbench.cli.commands import main

__all__ = ["main"]
