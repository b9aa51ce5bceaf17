"""Where the rows of a log stand: epoch and step, as events count them.

Events count epochs from 1 and finished steps; logs count as they like (see `Learnt`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from engine.logs.found_length import EpochLength
from engine.logs.learnt import Learnt, Restart

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A step or an epoch beyond it is none (see `events.StepNumber`).
_LARGEST = 10**12


class Written(NamedTuple):
    """The numbers of a row that say where it stands, as they are written; None if not there."""

    step: float | None = None
    epoch: float | None = None
    batch: float | None = None


class Place(NamedTuple):
    """The epoch, from 1, and the finished steps. `is_epoch` says that the row is a whole epoch."""

    epoch: int
    step: int
    is_epoch: bool = False


class RowPlaces:
    """Tells the places of rows in the order of the log, and learns how it counts.

    `outdated` says that the places of earlier rows were told wrong.
    """

    def __init__(self, learnt: Learnt) -> None:
        self.outdated = False
        self._learnt = learnt
        self._length = EpochLength()
        self._rows = 0
        self._last = Place(0, 0)
        # The last row that has all the numbers which the log uses to say where it stands.
        self._last_whole = Place(0, 0)
        # The first step as written, of rows within an epoch and of those at its end.
        self._first_steps: dict[bool, float] = {}
        self._batches = self._batches_per_epoch = 0
        # Epoch and step of the last row within an epoch that has both, as written.
        self._both = (math.inf, 0.0)
        self._evaluations = 0
        self._evaluated_at = -1

    @property
    def counts_rows(self) -> bool:
        """Whether the rows are counted, since they have neither steps nor epochs."""
        return not (self._learnt.has_steps or self._learnt.has_epochs)

    @property
    def steps_per_epoch(self) -> int | None:
        """None while it is not known; 1 where each row is an epoch."""
        if self._learnt.has_steps:
            return self._length.steps
        return 1 if self._learnt.has_epochs else None

    def add(self, written: Written, ends: bool) -> Place | None:
        """The place of the next row; `ends` says that its numbers are those of an epoch.

        None if a later row supersedes it.
        """
        was_outdated = self.outdated
        self._learn_kinds(written)
        self._learn_span(written, ends)
        if self._learnt.steps_are_batches and written.step is not None:
            written = Written(None, written.epoch, written.step)
        self._learn_counting(written, ends)
        if self.outdated and not was_outdated and self._learnt.restarts:
            self._learnt.restarts.clear()  # found again where they still are some
        place = self._place(written, ends)
        self._find_restart(written, place, ends)
        tells_length = ends or written.epoch is not None
        if self._learnt.has_steps and self._learnt.has_epochs and tells_length and place.step:
            self._length.add(place.epoch, place.step, ends)
        self._last = place
        self._rows += 1
        return None if self._is_superseded(place) else place

    def add_steps(self, steps: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]] | None:
        """The epoch and the finished steps (n,) of the next rows, whose steps (n,) are written.

        These rows have a step alone, and no number of an epoch. None if one of them might show how
        the log counts: then `add` is to take the first one.
        """
        learnt = self._learnt
        is_known = learnt.steps_from_zero or self._first_steps.get(False) == math.inf
        from_zero = learnt.steps_from_zero and not learnt.epochs_are_positions
        if not (learnt.has_steps and is_known) or learnt.restarts is not None:
            return None
        if learnt.steps_are_batches or not (learnt.steps_from_zero or steps.all()):
            return None
        epoch = max(1, self._last.epoch) if learnt.has_epochs else self._evaluations + 1
        finished = (steps + from_zero).clip(0, _LARGEST)
        self._last = Place(epoch, int(finished[-1]))
        self._rows += len(steps)
        return epoch, finished

    def _place(self, written: Written, ends: bool) -> Place:
        if self._learnt.has_epochs:
            epoch = self._epoch(written)
            is_epoch = not self._learnt.has_steps and written.epoch is not None
            return Place(epoch, self._step(written, epoch, ends), is_epoch)
        step = self._step(written, 1, ends)
        if ends and step != self._evaluated_at:
            self._evaluations, self._evaluated_at = self._evaluations + 1, step
        return Place(self._evaluations + (not ends), step)

    def _learn_kinds(self, written: Written) -> None:
        learnt = self._learnt
        if not learnt.has_steps and (written.step is not None or written.batch is not None):
            learnt.has_steps = True
            self.outdated |= self._rows > 0
        if not learnt.has_epochs and written.epoch is not None:
            learnt.has_epochs = True
            self.outdated |= self._rows > 0

    def _learn_span(self, written: Written, ends: bool) -> None:
        """A step that does not rise with the epoch counts the steps of the epoch."""
        if written.step is None or written.epoch is None or ends:
            return
        before, self._both = self._both, (written.epoch, written.step)
        if written.epoch > before[0] and written.step <= before[1]:
            self.outdated |= not self._learnt.steps_are_batches
            self._learnt.steps_are_batches = True

    def _learn_counting(self, written: Written, ends: bool) -> None:
        learnt = self._learnt
        if written.epoch is not None and not learnt.epochs_are_positions:
            if written.epoch % 1:
                learnt.epochs_are_positions = True
                self.outdated |= learnt.epochs_from_zero or learnt.steps_from_zero
            elif written.epoch == 0 and not learnt.epochs_from_zero:
                learnt.epochs_from_zero = True
                self.outdated |= self._last.epoch > 0
        if written.batch == 0 and not learnt.batches_from_zero:
            learnt.batches_from_zero = True
            self.outdated |= self._batches > 0
        if written.step is None or learnt.steps_from_zero:
            return
        if self._starts_at_zero(written.step, ends):
            learnt.steps_from_zero = True
            self.outdated |= self._last.step > 0

    def _starts_at_zero(self, step: float, ends: bool) -> bool:
        if step == 0:
            return True
        first = self._first_steps.setdefault(ends, step)
        if step <= first:
            return False
        self._first_steps[ends] = math.inf  # only the second step tells
        return first + 1 == step - first

    def _epoch(self, written: Written) -> int:
        learnt = self._learnt
        if written.epoch is None:
            return max(1, self._last.epoch)
        if learnt.epochs_are_positions:
            return _within(1, math.ceil(written.epoch))
        return _within(1, int(written.epoch) + learnt.epochs_from_zero)

    def _step(self, written: Written, epoch: int, ends: bool) -> int:
        learnt = self._learnt
        if self.counts_rows:
            return self._rows + 1
        if not learnt.has_steps:
            return epoch if written.epoch is not None else self._last.step
        if written.step is not None:
            # A position says that before step 0 nothing was finished.
            from_zero = learnt.steps_from_zero and not learnt.epochs_are_positions
            return _within(0, int(written.step) + from_zero)
        # mmcv gives the row of a validation the number of its own batches.
        if written.batch is not None and not (ends and epoch == self._last.epoch):
            batch = _within(0, int(written.batch) + learnt.batches_from_zero)
            return self._step_of_batch(batch, epoch)
        if written.epoch is not None and ends and self._length.steps is not None:
            return _within(0, epoch * self._length.steps)
        return self._last.step

    def _step_of_batch(self, batch: int, epoch: int) -> int:
        """The first epoch tells how many batches one has."""
        if epoch > max(1, self._last.epoch) and not self._batches_per_epoch:
            self._batches_per_epoch = self._batches
        self._batches = max(self._batches, batch)
        return _within(0, (epoch - 1) * self._batches_per_epoch + batch)

    def _find_restart(self, written: Written, place: Place, ends: bool) -> None:
        """A row that lies before the last one starts the training again from there."""
        has_step = written.step is not None or written.batch is not None
        if self._learnt.restarts is None or self.counts_rows:
            return
        if self._learnt.has_epochs and written.epoch is None:
            return  # frameworks write single numbers late
        before = self._last_whole
        back = place.epoch < before.epoch if self._learnt.has_epochs else False
        back |= has_step and not ends and place.epoch <= before.epoch and place.step < before.step
        restart = Restart(self._rows, place.step)
        if back and restart not in self._learnt.restarts:
            self._learnt.restarts.append(restart)
            self.outdated = True
        self._last_whole = place if has_step or not self._learnt.has_steps else before

    def _is_superseded(self, place: Place) -> bool:
        later = self._learnt.restarts or ()
        return any(r.row >= self._rows and place.step >= r.step for r in later)


def _within(least: int, number: int) -> int:
    """The number, or the nearest one that an event can hold."""
    return min(_LARGEST, max(least, number))
