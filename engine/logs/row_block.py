"""Rows of a log that follow each other and have the same names, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.logs.scalar_decoding import Points


class RowBlock(NamedTuple):
    """n rows of k names, n at least 1: steps (n,), times (n,) in unix seconds, values (n, k)."""

    names: tuple[str, ...]
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def size(self) -> int:
        return len(self.steps)

    @property
    def time(self) -> float:
        """The time of the first row."""
        return float(self.times[0])

    def row(self, at: int) -> tuple[int, float, dict[str, float]]:
        """The step, the time and the numbers of a row."""
        values = dict(zip(self.names, self.values[at].tolist(), strict=True))
        return int(self.steps[at]), float(self.times[at]), values

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The numbers (n,) by name."""
        return dict(zip(self.names, np.ascontiguousarray(self.values.T), strict=True))

    def split(self, at: int) -> tuple[RowBlock, RowBlock]:
        """The first rows, and the rest from this one on; one of the two may be empty."""
        names, steps, times, values = self
        first = RowBlock(names, steps[:at], times[:at], values[:at])
        return first, RowBlock(names, steps[at:], times[at:], values[at:])

    def with_numbers(self, more: RowBlock) -> RowBlock | None:
        """A row with the numbers of another one; None if they are not of one step.

        A second value of a name belongs to another row.
        """
        if self.steps[0] != more.steps[0] or not set(self.names).isdisjoint(more.names):
            return None
        values = np.concatenate([self.values, more.values], axis=1)
        return RowBlock((*self.names, *more.names), self.steps, more.times, values)


def row_blocks(points: Points, names: Sequence[str]) -> Iterator[RowBlock]:
    """The rows of points in the order of the file, whose tags are numbers of `names`.

    A row is what was measured at one step, as far as it follows each other; a second value of a tag
    begins another row.
    """
    if not len(points.tags):
        return
    starts = np.flatnonzero(np.diff(points.steps, prepend=points.steps[0] - 1))
    lengths = np.diff(starts, append=len(points.tags))
    firsts = np.flatnonzero(~_is_as_before(points.tags, starts, lengths))
    counts = np.diff(firsts, append=len(starts))
    for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
        start, length = int(starts[first]), int(lengths[first])
        rows = slice(start, start + count * length)
        told = tuple(names[tag] for tag in points.tags[start : start + length].tolist())
        block = RowBlock(
            told,
            points.steps[rows][::length],
            points.times[rows][length - 1 :: length],
            points.values[rows].reshape(count, length),
        )
        if len(set(told)) == length:
            yield block
        else:
            yield from _with_names_once(block, points.times[rows].reshape(count, length))


def _is_as_before(
    tags: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which rows (n,) have the tags of the row before them; `tags` are those of all rows."""
    before = np.arange(len(tags)) - np.repeat(lengths, lengths)
    same = np.logical_and.reduceat(tags == tags[np.maximum(before, 0)], starts)
    same[1:] &= lengths[1:] == lengths[:-1]
    same[0] = False
    return np.asarray(same, np.bool_)


def _with_names_once(block: RowBlock, times: NDArray[np.float64]) -> Iterator[RowBlock]:
    """Rows of which each is several ones, since a name has several values; times (n, k)."""
    cuts, seen = [0], set[str]()
    for at, name in enumerate(block.names):
        if name in seen:
            cuts.append(at)
            seen.clear()
        seen.add(name)
    spans = [*zip(cuts, [*cuts[1:], len(block.names)], strict=True)]
    for row in range(block.size):
        for start, end in spans:
            yield RowBlock(
                block.names[start:end],
                block.steps[row : row + 1],
                times[row : row + 1, end - 1],
                block.values[row : row + 1, start:end],
            )
