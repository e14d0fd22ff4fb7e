"""Executes notebooks through papermill: typed parameters, no secrets, no leftovers."""

from workbench.execution.notebook import NotebookParameter, read_parameters, run_notebook

__all__ = ["NotebookParameter", "read_parameters", "run_notebook"]
