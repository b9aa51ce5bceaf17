"""Rows that say in a word of their own on which images they were measured.

mmcv writes `"mode": "val"` beside `"loss"`, and scripts have a column `phase` or `split`.
"""

from __future__ import annotations

from engine.logs.columns import PLACES, column, is_split

KEYS = frozenset({"mode", "phase", "split", "stage"})


def with_split(word: str, values: dict[str, float]) -> dict[str, float]:
    """The numbers of a row of this word, named as those of its images: `val/loss`.

    Unchanged if the word names no images.
    """
    if not is_split(word):
        return values
    return {
        name if column(name).meaning in PLACES or column(name).split else f"{word}/{name}": value
        for name, value in values.items()
    }
