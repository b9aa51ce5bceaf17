"""Curves against each axis, smoothed, and read at a place."""

from __future__ import annotations

import numpy as np
import pytest

from tests import scripted, watched_runs
from tui.drawing.axis import Limits
from tui.viewer import compared_curves, curve_columns
from tui.viewer.compared_axes import AXES
from tui.viewer.compared_curves import PARTS, Curve
from tui.viewer.traced_history import TracedHistory


def history() -> TracedHistory:
    found = TracedHistory()
    found.fold(scripted.stamped(scripted.half_a_run()))
    return found


def line(*values: float) -> Curve:
    x = np.arange(len(values), dtype=np.float64)
    return Curve(x, np.array(values, np.float64), x, x)


def test_a_curve_against_each_axis() -> None:
    told = history()
    ends = {
        axis: compared_curves.curve(told, "top1", axis).x.tolist()  # type: ignore[union-attr]
        for axis in AXES
    }
    assert ends["epoch"] == [1.0, 2.0]
    assert ends["step"] == [10.0, 20.0]
    assert ends["images"] == [640.0 * epoch * told.batch / 64 for epoch in (1, 2)]  # type: ignore[operator]
    assert ends["time"] == [14.0, 27.0]


def test_accuracies_are_in_per_cent() -> None:
    drawn = compared_curves.curve(history(), "top1", "epoch")
    assert drawn is not None
    assert drawn.y.tolist() == pytest.approx([85.0, 90.0])


def test_what_a_log_does_not_tell_is_no_axis() -> None:
    log = TracedHistory()
    log.fold([watched_runs.started(), scripted.ended_epoch(1)])
    assert compared_curves.curve(log, "top1", "images") is None
    assert compared_curves.curve(log, "lr5", "step") is None


def test_the_best_known_quantities_come_first() -> None:
    assert compared_curves.quantities([history()])[:5] == [
        "top1", "loss", "train_loss", "train_top1", "lr",
    ]  # fmt: skip


def test_smoothing_is_the_debiased_average_of_tensorboard() -> None:
    """By hand: 1; (0.5 · 1 + 0.25 · 2 …) as last / (1 - weight ** n)."""
    smooth = compared_curves.smoothed(line(1.0, 2.0, np.nan, 4.0), 0.5, 3.0).y
    last, expected = 0.0, []
    for n, value in enumerate((1.0, 2.0, 4.0), 1):
        last = last * 0.5 + value * 0.5
        expected.append(last / (1 - 0.5**n))
    assert smooth[[0, 1, 3]].tolist() == pytest.approx(expected)
    assert np.isnan(smooth[2]), "a gap stays one"


def test_runs_that_report_more_often_are_smoothed_alike() -> None:
    """A value at each step, and the same values four times as often."""
    few = np.sin(np.arange(PARTS) / 50)
    x = np.arange(4 * PARTS, dtype=np.float64)
    often = compared_curves.smoothed(Curve(x, np.repeat(few, 4), x, x), 0.9, 4.0 * PARTS)
    rare = compared_curves.smoothed(line(*few), 0.9, float(PARTS))
    assert often.y.tolist() == pytest.approx(rare.y.tolist())


def test_a_reading_is_the_newest_point_up_to_the_place() -> None:
    drawn = line(5.0, 6.0, 7.0)
    found = compared_curves.reading(drawn, drawn, 1.9)
    assert found is not None
    assert (found.value, found.step) == (6.0, 1)
    assert compared_curves.reading(drawn, drawn, -0.1) is None


@pytest.mark.parametrize(
    ("window", "columns"),
    [
        ((0.0, 4.0), [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.5)]),
        ((1.5, 2.5), [(0, 1.5), (2, 2.0), (3, 2.5)]),
        ((2.2, 2.4), [(0, 2.2), (3, 2.4)]),
        ((9.0, 10.0), []),
    ],
)
def test_a_part_of_a_curve_reaches_the_edges(
    window: Limits, columns: list[tuple[int, float]]
) -> None:
    """Of many points in a column the mean counts; between two points the line goes on."""
    found = curve_columns.columns_of(line(0.0, 1.0, 2.0, 3.0, 4.0), window, 4)
    assert [at for at, _ in found] == [at for at, _ in columns]
    assert [y for _, y in found] == pytest.approx([y for _, y in columns])


def test_the_places_where_a_curve_breaks() -> None:
    drawn = line(1.0, np.nan, np.nan, 2.0, np.nan)
    assert curve_columns.breaks(drawn, (0.0, 9.0)) == [1.0, 4.0]
    assert curve_columns.breaks(drawn, (2.0, 3.0)) == []
