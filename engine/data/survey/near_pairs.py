"""Finds hashes that differ in few bits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

BITS = 64
# So many hashes are compared with others at once.
BLOCK = 1024


def near_pairs(hashes: Hashes, most: int) -> list[tuple[int, int, int]]:
    """The pairs of indices whose hashes differ in at most `most` of 64 bits, and in how many.

    Two hashes that differ in few bits agree in one of `most` + 1 parts. So only hashes that share
    a part are compared, and the time grows little faster than their number.
    """
    found: dict[tuple[int, int], int] = {}
    edges = np.linspace(0, BITS, most + 2).astype(int)
    for low, high in itertools.pairwise(edges.tolist()):
        part = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(part, kind="stable")
        cuts = np.flatnonzero(np.diff(part[order])) + 1
        for group in np.split(order, cuts):
            if len(group) > 1:
                found.update(_pairs_within(hashes, group, most))
    return sorted((first, second, bits) for (first, second), bits in found.items())


def _pairs_within(
    hashes: Hashes, group: npt.NDArray[np.intp], most: int
) -> Iterator[tuple[tuple[int, int], int]]:
    members = hashes[group]
    for start in range(0, len(group), BLOCK):
        bits = np.bitwise_count(members[start : start + BLOCK, None] ^ members[None, start:])
        for i, j in np.argwhere(bits <= most).tolist():
            if i < j:
                yield (int(group[start + i]), int(group[start + j])), int(bits[i, j])
