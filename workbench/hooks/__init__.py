"""`hooks.py` of a partner folder: somebody's code, run in a process of its own, in one place."""

from workbench.hooks.process import CALL_SECONDS, FILE, Function, HookProcess

__all__ = ["CALL_SECONDS", "FILE", "Function", "HookProcess"]
