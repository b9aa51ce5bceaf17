"""The layouts of records of one length that are known, and which of them a record has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.logs.scalar_layouts import LONGEST, WORD, Layout, Words

# Products of words with these odd numbers sum up to a key; overflows are meant.
_FACTORS = np.cumprod(np.full(LONGEST // WORD, 0x9E3779B97F4A7C15, np.uint64))


class KnownLayouts:
    """Finds layouts by a key of the bytes that they share: trying each on each record is slow."""

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self._by_mask: dict[bytes, list[int]] = {}

    def add(self, layout: Layout) -> None:
        self._by_mask.setdefault(layout.mask.tobytes(), []).append(len(self.layouts))
        self.layouts.append(layout)

    def find(self, records: Words) -> NDArray[np.int64]:
        """The numbers (n,) of the layouts of records (n, words); -1 for one that has none."""
        found = np.full(len(records), -1)
        for numbers in self._by_mask.values():
            left = np.flatnonzero(found < 0)
            if len(left):
                found[left] = self._find_masked(records[left], np.array(numbers))
        return found

    def _find_masked(self, records: Words, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """As `find`, among layouts that have the same mask."""
        masked = records & self.layouts[numbers[0]].mask
        shared = np.stack([self.layouts[number].shared for number in numbers])
        keys, known = _keys(masked), _keys(shared)
        order = np.argsort(known)
        at = np.searchsorted(known[order], keys)
        likely = order[np.minimum(at, len(order) - 1)]
        differing = np.bitwise_or.reduce(masked ^ shared[likely], axis=1)
        return np.where(differing == 0, numbers[likely], -1)


def _keys(words: Words) -> NDArray[np.uint64]:
    return np.asarray(words @ _FACTORS[: words.shape[1]], np.uint64)
