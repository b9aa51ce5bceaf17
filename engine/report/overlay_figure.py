"""The curves of several trainings in the same axes; seeds of a recipe are one curve in a band."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from engine.comparison.compared_training import ComparedTraining
from engine.comparison.comparison import Comparison
from engine.comparison.mean_curve import mean_curve
from engine.numbers import number, short
from engine.protocol.events import EpochEnded, MaybeMeasured
from engine.report import report_text
from engine.report.curve_figures import dots, name_axes, thinned
from engine.report.figure_style import PALETTE, WIDTH, Drawing, styled
from engine.run.history import History

COLOURS = tuple(PALETTE[f"run{i}"] for i in range(1, 9))
# More curves than colours are told apart by their dashes.
DASHES = ("solid", (0, (4, 2)), (0, (1, 1.5)))
# Losses that differ by more than this factor are drawn on a logarithmic axis.
WIDE = 30.0
# The letters that a line of the legend has room for.
LETTERS = 90

Points = list[tuple[float, float]]


class _Panel(NamedTuple):
    """One quantity: its points in a history, over steps or else over epochs."""

    title: str
    kind: Literal["share", "loss", "rate"]
    points: Callable[[History, bool], Points]


class _Look(NamedTuple):
    """How the curve of a group looks, and its name in the legend."""

    colour: str
    dashes: object
    name: str


def overlay(
    found: Comparison, trainings: Sequence[ComparedTraining], families: Sequence[str]
) -> Drawing | None:
    """Accuracy, losses and learning rate; None where no training has reported anything."""
    histories = [training.history for training in trainings]
    by_step = any(history.counts_steps for history in histories)
    panels = [
        panel for panel in PANELS if any(panel.points(history, by_step) for history in histories)
    ]
    if not panels:
        return None
    with styled(families):
        rows = -(-len(panels) // 2)
        figure = Figure(figsize=(WIDTH, 2.55 * rows + 0.3), layout="constrained")
        places = figure.subplots(rows, 2, squeeze=False).flat
        for panel, axes in zip(panels, places, strict=False):
            _draw(axes, panel, found, histories, by_step=by_step)
        for axes in [*places][len(panels) :]:
            axes.remove()
        _add_legend(figure)
    caption = report_text.overlay_caption(found, by_step=by_step)
    return Drawing("curves", caption, figure, tuple(families))


def _draw(
    axes: Axes, panel: _Panel, found: Comparison, histories: Sequence[History], *, by_step: bool
) -> None:
    heights: list[float] = []
    for index, group in enumerate(found.groups):
        curves = [panel.points(histories[i], by_step) for i in group.members]
        if known := [curve for curve in curves if curve]:
            _draw_group(axes, known, _look(index, group.name), dotted=panel.kind != "rate")
        heights += [y for curve in curves for _, y in curve]
    name_axes(axes, panel.title, report_text.STEP if by_step else report_text.EPOCH)
    _scale(axes, panel, heights)


def _look(index: int, name: str) -> _Look:
    colours = len(COLOURS)
    return _Look(COLOURS[index % colours], DASHES[index // colours % len(DASHES)], name)


def _draw_group(axes: Axes, curves: Sequence[Points], look: _Look, *, dotted: bool) -> None:
    """One curve; of several the mean with its deviation, and beyond it each alone."""
    if len(curves) == 1:
        _draw_line(axes, curves[0], look, dotted=dotted)
        return
    means = mean_curve(curves)
    end = means[-1].x if means else -math.inf
    for curve in curves:
        beyond = [(x, y) for x, y in curve if x >= end]
        if len(beyond) > 1:
            axes.plot(*zip(*beyond, strict=True), color=look.colour, linewidth=0.5)
    at = [point.x for point in means]
    lows, highs = [p.mean - p.deviation for p in means], [p.mean + p.deviation for p in means]
    axes.fill_between(at, lows, highs, color=look.colour, alpha=0.15, linewidth=0)
    _draw_line(axes, [(point.x, point.mean) for point in means], look, dotted=dotted)


def _draw_line(axes: Axes, points: Points, look: _Look, *, dotted: bool) -> None:
    at, heights = [x for x, _ in points], [y for _, y in points]
    dot = dots(len(points)) if dotted else {}
    axes.plot(at, heights, color=look.colour, linestyle=look.dashes, label=look.name, **dot)


def _scale(axes: Axes, panel: _Panel, heights: Iterable[float]) -> None:
    """Per cent for accuracies; a logarithmic axis for losses that differ widely."""
    if panel.kind == "share":
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        return
    positive = [height for height in heights if math.isfinite(height) and height > 0]
    if panel.kind == "loss" and positive and max(positive) > WIDE * min(positive):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: short(loss)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)


def _add_legend(figure: Figure) -> None:
    """A single legend for all panels, since a curve has one colour in all of them."""
    named = {
        name: handle
        for axes in figure.axes
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    longest = max(map(len, named), default=1)
    columns = max(1, min(len(named), LETTERS // (longest + 6)))
    figure.legend(
        named.values(), named.keys(), loc="outside lower center", ncols=columns, handlelength=2.6
    )


def _of_epochs(told: Callable[[EpochEnded], MaybeMeasured]) -> Callable[[History, bool], Points]:
    """What the ends of epochs tell, where they tell it."""

    def points(history: History, by_step: bool) -> Points:
        epochs = thinned(history.epochs, history.best)
        found = [(float(e.step) if by_step else history.place(e), number(told(e))) for e in epochs]
        return found if any(math.isfinite(y) for _, y in found) else []

    return points


def _rates(history: History, by_step: bool) -> Points:
    per_place = 1 if by_step else history.steps_per_epoch
    bins = history.lr.bins()
    return [(one.step / per_place, one.mean) for one in bins if math.isfinite(one.mean)]


PANELS = (
    _Panel(report_text.VALIDATION_ACCURACY, "share", _of_epochs(lambda ended: ended.top1)),
    _Panel(report_text.VALIDATION_LOSS, "loss", _of_epochs(lambda ended: ended.loss)),
    _Panel(report_text.TRAINING_LOSS, "loss", _of_epochs(lambda ended: ended.train_loss)),
    _Panel(report_text.RATE, "rate", _rates),
)
