"""The curves of all compared runs: one quantity against one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tui.drawing.axis import Limits
from tui.viewer import compared_curves
from tui.viewer.compare_view import CompareView
from tui.viewer.compared import ComparedRun
from tui.viewer.compared_axes import Axis
from tui.viewer.compared_curves import Curve, Reading


class LaidCurves(NamedTuple):
    """The curves by the letters of their runs, measured and smoothed; without smoothing the same.

    `quantities` are all that were measured, and `quantity` is one of them, empty without any.
    `whole` is the axis from the start to the end of the longest run that is shown; of one that
    trains, to its plan. Those `without_axis` have the quantity, but not this axis.
    """

    quantities: Sequence[str]
    quantity: str
    axis: Axis
    measured: Mapping[str, Curve]
    smooth: Mapping[str, Curve]
    whole: Limits
    without_axis: Sequence[ComparedRun]

    def best(self, run: ComparedRun) -> float | None:
        """The highest of what rises, the lowest of what falls; None of what has no epochs."""
        drawn = self.measured.get(run.letter)
        if drawn is None or not compared_curves.is_of_epochs(self.quantity):
            return None
        finite = drawn.y[np.isfinite(drawn.y)]
        if not len(finite):
            return None
        return float(finite.max() if compared_curves.rises(self.quantity) else finite.min())

    def reading(self, run: ComparedRun, cursor: float | None) -> Reading | None:
        """What a run has at the cursor, or without one at its end; None beyond its end."""
        drawn = self.measured.get(run.letter)
        if drawn is None:
            return None
        smooth = self.smooth[run.letter]
        if cursor is None:
            last = compared_curves.reading(drawn, smooth, float(drawn.x[-1]))
            assert last is not None  # the newest point itself
            return last._replace(elapsed=run.history.elapsed(run.history.last_time))
        if cursor > self._reached(run, drawn):
            return None
        return compared_curves.reading(drawn, smooth, cursor)

    def _reached(self, run: ComparedRun, drawn: Curve) -> float:
        """How far the run has got; the value of an epoch holds until the next one ends."""
        history, end = run.history, float(drawn.x[-1])
        if self.axis == "time":
            return max(end, history.elapsed(history.last_time)) + 1e-9
        done = compared_curves.place_of_step(history, self.axis, history.step)
        return end if done is None else max(end, done)


def laid(runs: Sequence[ComparedRun], view: CompareView) -> LaidCurves:
    """The curves that this view chooses: what it wants, as far as it was measured."""
    quantities = compared_curves.quantities([run.history for run in runs])
    name = view.quantity if view.quantity in quantities else next(iter(quantities), "")
    told = [run for run in runs if name in run.history.quantities]
    axis = _axis(told, name, view.axis)
    curves = {run.letter: compared_curves.curve(run.history, name, axis) for run in told}
    measured = {letter: one for letter, one in curves.items() if one is not None and len(one.x)}
    shown = [run for run in runs if str(run.path) not in view.hidden]
    ends = [_end(run, measured.get(run.letter), axis) for run in shown]
    whole = 0.0, max([end for end in ends if end > 0], default=1.0)
    smooth: Mapping[str, Curve] = measured
    if view.smoothing:
        smooth = {
            letter: compared_curves.smoothed(one, view.smoothing, whole[1])
            for letter, one in measured.items()
        }
    without = [run for run in told if run.letter not in measured]
    return LaidCurves(quantities, name, axis, measured, smooth, whole, without)


def _axis(told: Sequence[ComparedRun], name: str, wanted: Axis) -> Axis:
    """The wanted axis; the steps, which all have, where no run tells its places on it."""
    has = any(compared_curves.has_axis(run.history, name, wanted) for run in told)
    return wanted if has or not told else "step"


def _end(run: ComparedRun, drawn: Curve | None, axis: Axis) -> float:
    history = run.history
    done = float(drawn.x[-1]) if drawn is not None else 0.0
    if run.source.liveness != "live" or not history.planned_steps:
        return done
    if axis == "time":
        return done + (history.remaining() or 0.0)
    planned = compared_curves.place_of_step(history, axis, history.planned_steps)
    return done if planned is None else max(done, planned)
