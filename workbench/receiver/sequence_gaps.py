"""The running numbers of a sender: a hole in them is a delivery that never came."""

from __future__ import annotations

RESTART = 1000  # so far back is no straggler: the sender counts anew


class Numbers:
    """The last number of each pos-code.

    What is seen may be less than what came: another worker may have read a delivery in between,
    and a straggler may still come. A hole is a reason to ask, not a proof.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def has_hole(self, pos_code: str, number: int) -> bool:
        """Whether numbers before this one are missing."""
        last = self._last.get(pos_code)
        if last is None or number > last or number < last - RESTART:
            self._last[pos_code] = number
        return last is not None and number > last + 1
