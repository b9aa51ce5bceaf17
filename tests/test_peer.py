"""What the benchmarks say of their ratios."""

from __future__ import annotations

import sys

import pytest

from benchmarks.peer import Peer, interval, verdict


def test_the_interval_of_the_median_is_that_of_the_tables_of_order_statistics() -> None:
    """For 20 values from the 6th to the 15th, for 30 from the 10th to the 21st."""
    assert interval(range(1, 21)) == (6, 15)
    assert interval(range(1, 31)) == (10, 21)


def test_a_peer_that_cannot_measure_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such data"):
        Peer(sys.executable, "-c", "raise SystemExit('no such data')")


def test_few_values_give_all_that_there_is() -> None:
    assert interval([3.0, 1.0, 2.0]) == (1.0, 3.0)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.97, 1.0, "kept (≥ 0.96)"),
        (0.95, 1.0, "not resolved (≥ 0.96)"),
        (0.9, 0.95, "MISSED (≥ 0.96)"),
    ],
)
def test_a_budget_is_judged_by_both_ends(low: float, high: float, said: str) -> None:
    assert verdict(low, high, 0.96) == said
