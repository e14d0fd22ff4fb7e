"""Pairs rows with columns so that the sum is the best possible and nothing is used twice."""

from __future__ import annotations

import math
from collections.abc import Sequence


def assign(weights: Sequence[Sequence[float]]) -> list[int | None]:
    """Return for every row its column, or None (Hungarian method, O(n³)).

    Args:
        weights: One list of columns per row; 0 or less: the pair is not allowed.
    """
    height = len(weights)
    width = len(weights[0]) if height else 0
    if not height or not width:
        return [None] * height
    # Every row may also stay alone, in a column of its own that costs nothing.
    cost = [[-max(w, 0.0) for w in row] + [0.0] * height for row in weights]
    columns = width + height
    row_price = [0.0] * (height + 1)
    column_price = [0.0] * (columns + 1)
    owner = [0] * (columns + 1)
    for row in range(1, height + 1):
        owner[0] = row
        _augment(cost, row_price, column_price, owner, columns)
    found: list[int | None] = [None] * height
    for column in range(1, width + 1):
        row = owner[column]
        if row and weights[row - 1][column - 1] > 0:
            found[row - 1] = column - 1
    return found


def _augment(
    cost: list[list[float]],
    row_price: list[float],
    column_price: list[float],
    owner: list[int],
    columns: int,
) -> None:
    """Give the row that waits in column 0 a place, along the cheapest chain of moves."""
    column = 0
    slack = [math.inf] * (columns + 1)
    came = [0] * (columns + 1)
    used = [False] * (columns + 1)
    while owner[column]:
        used[column] = True
        row, delta, following = owner[column], math.inf, 0
        for other in range(1, columns + 1):
            if used[other]:
                continue
            reduced = cost[row - 1][other - 1] - row_price[row] - column_price[other]
            if reduced < slack[other]:
                slack[other], came[other] = reduced, column
            if slack[other] < delta:
                delta, following = slack[other], other
        for other in range(columns + 1):
            if used[other]:
                row_price[owner[other]] += delta
                column_price[other] -= delta
            else:
                slack[other] -= delta
        column = following
    while column:
        owner[column] = owner[came[column]]
        column = came[column]
