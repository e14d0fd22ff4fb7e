"""The words that this room reads with; they stand in `workbench.vocabulary`."""

from workbench.vocabulary import concepts, head

__all__ = ["concepts", "head"]
