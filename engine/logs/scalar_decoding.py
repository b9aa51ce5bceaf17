"""The scalars of one event file as columns, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.logs.event_records import HEADER, Part
from engine.logs.event_values import content
from engine.logs.known_layouts import KnownLayouts
from engine.logs.scalar_layouts import MOST_LAYOUTS, Layout, Words, as_words, layout_of
from engine.recipes.watched_recipe import Setting


class Points(NamedTuple):
    """Columns of n scalars: the numbers of their tags, and where their records are in the file."""

    tags: NDArray[np.int64]
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    offsets: NDArray[np.int64]

    def taken(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Points:
        tags, steps, times, values, offsets = self
        return Points(tags[which], steps[which], times[which], values[which], offsets[which])


class Restart(NamedTuple):
    """The writer says that what was written before this offset is void from this step on."""

    offset: int
    step: int


class Decoded(NamedTuple):
    """What a part of a file says. At `foreign` are records that are no events."""

    points: Points
    settings: Mapping[str, Setting]
    restarts: tuple[Restart, ...]
    foreign: tuple[int, ...]


class _Found:
    """What is collected while a part is decoded: columns of scalars by layout, and single ones."""

    def __init__(self) -> None:
        self.columns: list[Points] = []
        self.single: list[tuple[int, int, float, float, int]] = []
        self.settings: dict[str, Setting] = {}
        self.restarts: list[Restart] = []
        self.foreign: list[int] = []

    def points(self) -> Points:
        if self.single or not self.columns:
            self.columns.append(_as_columns(self.single))
        tags, steps, times, values, offsets = zip(*self.columns, strict=True)
        joined = Points(
            np.concatenate(tags),
            np.concatenate(steps),
            np.concatenate(times),
            np.concatenate(values),
            np.concatenate(offsets),
        )
        # A record may hold several scalars, which keep their order.
        return joined.taken(np.argsort(joined.offsets, kind="stable"))


def _as_columns(single: list[tuple[int, int, float, float, int]]) -> Points:
    tags, steps, times, values, offsets = zip(*single, strict=True) if single else ((),) * 5
    return Points(
        np.array(tags, np.int64),
        np.array(steps, np.int64),
        np.array(times, np.float64),
        np.array(values, np.float64),
        np.array(offsets, np.int64),
    )


class ScalarDecoding:
    """Decodes one file. `tags` are its tags in the order of their numbers."""

    def __init__(self) -> None:
        self.tags: dict[str, int] = {}
        self._layouts: dict[int, KnownLayouts] = {}

    def decoded(self, part: Part) -> Decoded:
        found = _Found()
        lengths = part.ends - part.starts
        order = np.argsort(lengths, kind="stable")
        splits = np.flatnonzero(np.diff(lengths[order])) + 1
        for alike in np.split(order, splits) if len(order) else ():
            self._decode_alike(part, part.starts[alike], int(lengths[alike[0]]), found)
        return Decoded(
            found.points(), found.settings, tuple(found.restarts), tuple(sorted(found.foreign))
        )

    def _decode_alike(
        self, part: Part, starts: NDArray[np.int64], length: int, found: _Found
    ) -> None:
        """Decode the records of one length."""
        records = as_words(part.data, starts, length)
        known = self._layouts.setdefault(length, KnownLayouts())
        layouts = known.layouts
        which = known.find(records)
        for at in np.flatnonzero(which < 0).tolist():
            if which[at] >= 0:
                continue  # it has the layout of one before it
            start = int(starts[at])
            record = part.data[start : start + length]
            new = layout_of(record) if len(layouts) < MOST_LAYOUTS else None
            if new is None:
                self._decode_one(record, part.offset + start, found)
            else:
                known.add(new)
                left = np.flatnonzero(which < 0)
                which[left[new.matches(records[left])]] = len(layouts) - 1
        self._take(layouts, which, records, starts + part.offset, found)

    def _take(
        self,
        layouts: list[Layout],
        which: NDArray[np.int64],
        records: Words,
        offsets: NDArray[np.int64],
        found: _Found,
    ) -> None:
        """Take the numbers of the records whose layout is known, all of the same places at once."""
        numbers = np.array([self._number(layout.tag) for layout in layouts], np.int64)
        for places in {layout.places for layout in layouts}:
            alike = np.array([layout.places == places for layout in layouts])
            taken = (which >= 0) & alike[which]
            if taken.any():
                columns = places.numbers(records[taken])
                found.columns.append(Points(numbers[which[taken]], *columns, offsets[taken]))

    def _decode_one(self, record: bytes, offset: int, found: _Found) -> None:
        told = content(record)
        if told is None:
            found.foreign.append(offset - HEADER)
            return
        found.settings.update(told.settings)
        if told.restarts:
            found.restarts.append(Restart(offset, told.step))
        for tag, value in told.scalars:
            found.single.append((self._number(tag), told.step, told.time, value, offset))

    def _number(self, tag: str) -> int:
        return self.tags.setdefault(tag, len(self.tags))
