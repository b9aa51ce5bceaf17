"""What the plot shows of the curves: each in columns of dots, and the y-axis for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.comparison.mean_curve import mean_curve
from tui.drawing import compared_plot
from tui.drawing.axis import Limits
from tui.drawing.compared_plot import Overlaid
from tui.drawing.scale import Scale, log_limits, round_limits
from tui.screens.compare.laid_curves import LaidCurves
from tui.viewer import curve_columns
from tui.viewer.compared import ComparedRun

# The y-axis of a quantity without bounds ends at so many times the value that most are below.
USUAL, OUTLIER = 0.95, 3.0


def overlaid(
    group: Sequence[ComparedRun], curves: LaidCurves, window: Limits, columns: int
) -> Overlaid | None:
    """The curve of a run, or the mean of several runs with their deviation; None without any."""
    letters = [run.letter for run in group if run.letter in curves.smooth]
    if not letters:
        return None
    ink = compared_plot.ink_of(ord(group[0].letter) - ord("a"))
    lines = [curve_columns.columns_of(curves.smooth[one], window, columns) for one in letters]
    if len(letters) == 1:
        broken = curve_columns.breaks(curves.measured[letters[0]], window)
        return Overlaid(group[0].letter, ink, lines[0], (), broken)
    mean = mean_curve(lines)
    low = [(int(at), middle - deviation) for at, middle, deviation in mean]
    high = [(int(at), middle + deviation) for at, middle, deviation in mean]
    middle_line = [(int(at), middle) for at, middle, _ in mean]
    return Overlaid(group[0].letter, ink, middle_line, (low, high))


def scale_for(curves: Sequence[Overlaid], *, log: bool, previous: Scale | None) -> Scale:
    """Round limits for these curves; a few values that are far above the others are cut off.

    Those of before stay while they suit.
    """
    lines = [line for one in curves for line in (one.columns, *one.band)]
    values = sorted(y for line in lines for _, y in line if math.isfinite(y))
    if log:
        positive = [value for value in values if value > 0] or [0.1, 1.0]
        return log_limits(positive[0], positive[-1], previous=previous)
    if not values:
        return previous or Scale(0.0, 1.0)
    usual = values[int(USUAL * (len(values) - 1))]
    spread = usual - values[0]
    high = min(values[-1], values[0] + OUTLIER * spread) if spread > 0 else values[-1]
    before = (previous.low, previous.high) if previous is not None and not previous.log else None
    return Scale(*round_limits(values[0], high, previous=before))
