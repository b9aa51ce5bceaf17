"""What several tests at once say: the more of them, the likelier is a false alarm."""

from __future__ import annotations

from collections.abc import Sequence

# The chance of a false alarm that counts as small.
ALPHA = 0.05


def holm(chances: Sequence[float]) -> list[float]:
    """The p of each test, so adjusted that a false alarm among all of them has that chance.

    Holm 1979, "A simple sequentially rejective multiple test procedure" (Scandinavian Journal of
    Statistics 6, 65-70). It holds however the tests depend on each other.
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    adjusted, largest = [1.0] * len(chances), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[i]))
        adjusted[i] = largest
    return adjusted
