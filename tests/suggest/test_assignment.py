"""Rows and columns, paired as well as possible."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.suggest.pairing import assign

WEIGHTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.55, 0.9]), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


def test_the_better_sum_wins_over_the_better_first_choice() -> None:
    """The first row gives way, because the second has nothing else."""
    assert assign([[0.9, 0.8], [0.85, 0.1]]) == [1, 0]


def test_nothing_is_paired_without_weight() -> None:
    """Zero means not allowed, and no columns mean no pairs."""
    assert assign([[0.0]]) == [None]
    assert assign([[]]) == [None]
    assert assign([]) == []


@settings(max_examples=60)
@given(WEIGHTS)
def test_sum_is_the_best_possible_and_nothing_is_used_twice(weights: list[list[float]]) -> None:
    """The result is as good as that of trying everything."""
    found = assign(weights)
    used = [column for column in found if column is not None]
    assert len(used) == len(set(used))
    total = sum(weights[row][column] for row, column in enumerate(found) if column is not None)
    best = max(
        sum(weights[row][column] for row, column in enumerate(ways) if column is not None)
        for ways in product([None, *range(len(weights[0]))], repeat=len(weights))
        if len({c for c in ways if c is not None}) == sum(c is not None for c in ways)
    )
    assert abs(total - best) < 1e-9
