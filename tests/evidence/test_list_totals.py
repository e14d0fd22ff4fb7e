"""Totals of lists that are asked for with a filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workbench.evidence.behaviour.filtering import _Counting


@pytest.mark.parametrize(
    ("items", "body", "most", "wrong"),
    [
        (2, {"total": 2}, 50, None),
        (2, {"meta": {"total_count": 28}}, 50, (2, 28)),
        # A full page may be the first of many; without a size nobody knows how full it is.
        (2, {"total": 28}, 2, None),
        (2, {"total": 28}, None, None),
        (2, {"total": True}, 50, None),
        (0, {"count": 4}, 50, (0, 4)),
    ],
)
def test_the_total_is_that_of_what_was_asked_for(
    items: int, body: dict[str, Any], most: int | None, wrong: tuple[int, int] | None
) -> None:
    """A total beside fewer items than a page holds is their number."""

    def fetch(_: Mapping[str, Any]) -> tuple[list[dict[str, Any]], Any]:
        return [{"id": str(number)} for number in range(items)], body

    counting = _Counting(fetch, most)
    counting({"status": "delivered"})
    assert counting.wrong == wrong
