"""Which points of an event file are void, because a training went back to an earlier step.

A writer that goes on from a checkpoint opens a new file in the same folder. Each tag of it makes
void what older files of the folder say of the tag from its first step there on; where the writer
names the step (`purge_step`), what they say of any tag. So the newest training wins, as in
TensorBoard's data server, with and without `purge_step`. A file is older if it had ended before the
first point of the new one. Files that grow at the same time void nothing of each other.

In one file, a tag begins again where it returns to its first step or goes below it, as a loop over
folds does. Other steps out of order are kept, and so are several values of one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.logs.scalar_decoding import Points, Restart

NEVER = np.iinfo(np.int64).max


class Back(NamedTuple):
    """What stands before this offset of a file is void from this step on."""

    offset: int
    step: int


class TagSteps:
    """The steps of one tag in one file, as far as it was read.

    `first` and `top` are those since the tag began again. From `lowest` on, the tag of older files
    is void.
    """

    def __init__(self, first: int) -> None:
        self.first = self.top = self.lowest = first
        self.backs: list[Back] = []

    def add(self, steps: NDArray[np.int64], offsets: NDArray[np.int64]) -> bool:
        """Take the next steps of the tag; whether it begins again among them."""
        if steps.min() > self.first:
            self.top = max(self.top, int(steps.max()))
            return False
        begun = len(self.backs)
        newest = self.backs[-1] if self.backs else None
        for step, offset in zip(steps.tolist(), offsets.tolist(), strict=True):
            if step < self.first or (step == self.first < self.top):
                self.backs = _with(self.backs, Back(offset, step))
                self.first = self.top = step
                self.lowest = min(self.lowest, step)
            self.top = max(self.top, step)
        return len(self.backs) != begun or (begun > 0 and self.backs[-1] != newest)


class FileSteps:
    """What is known of the steps of one file; it stays known while the file is read again."""

    def __init__(self) -> None:
        self.tags: dict[str, TagSteps] = {}
        self.read_to = 0
        self._backs: list[Back] = []
        # The steps, by tag and for all tags, from which newer files have made this one void.
        self._limits: dict[str, int] = {}
        self._limit = NEVER

    def add(self, points: Points, names: list[str], restarts: tuple[Restart, ...]) -> bool:
        """Take the next points, whose tags are numbers of `names`; whether earlier ones are void.

        Points and restarts that were taken before change nothing.
        """
        points = points.taken(points.offsets >= self.read_to)
        new = [Back(*restart) for restart in restarts if restart.offset >= self.read_to]
        begins = False
        for back in new:
            begins |= any(tag.top >= back.step for tag in self.tags.values())
            self._backs = _with(self._backs, back)
        for number, of_tag in _by_tag(points):
            tag = self.tags.setdefault(names[number], TagSteps(int(of_tag.steps[0])))
            begins |= tag.add(of_tag.steps, of_tag.offsets)
        return begins

    def limit(self, name: str, step: int) -> bool:
        """Make the tag void from a step on; whether points of it have been read."""
        if step >= self._limits.get(name, NEVER):
            return False
        self._limits[name] = step
        return name in self.tags and self.tags[name].top >= step

    def limit_all(self, step: int) -> bool:
        """Make all tags void from a step on; whether points have been read."""
        if step >= self._limit:
            return False
        self._limit = step
        return any(tag.top >= step for tag in self.tags.values())

    def limit_by(self, newer: FileSteps) -> bool:
        """Make void what a newer file replaces; whether such points have been read."""
        found = [self.limit(name, tag.lowest) for name, tag in newer.tags.items()]
        found += [self.limit_all(back.step) for back in newer._backs]
        return any(found)

    def unlimit(self) -> None:
        """Make no point void for the sake of newer files."""
        self._limits.clear()
        self._limit = NEVER

    def kept(self, points: Points, names: list[str]) -> Points:
        """The points that are not void."""
        limits = np.array([min(self._limit, self._limits.get(name, NEVER)) for name in names])
        keep = points.steps < limits[points.tags] if len(points.tags) else np.zeros(0, np.bool_)
        for back in self._backs:
            keep &= (points.steps < back.step) | (points.offsets >= back.offset)
        for number, name in enumerate(names):
            for back in self.tags[name].backs if name in self.tags else ():
                voided = (points.tags == number) & (points.steps >= back.step)
                keep &= ~(voided & (points.offsets < back.offset))
        return points if keep.all() else points.taken(keep)


def _with(backs: list[Back], new: Back) -> list[Back]:
    """The returns with a new one, without those that it makes needless."""
    return [*(back for back in backs if back.step < new.step), new]


def _by_tag(points: Points) -> Iterator[tuple[int, Points]]:
    """The points of each tag, in the order of the file."""
    order = np.argsort(points.tags, kind="stable")
    splits = np.flatnonzero(np.diff(points.tags[order])) + 1
    for alike in np.split(order, splits) if len(order) else ():
        yield int(points.tags[alike[0]]), points.taken(alike)
