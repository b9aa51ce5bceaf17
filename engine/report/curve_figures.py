"""Accuracy and loss over the epochs, and the learning rate with what happened to the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from engine.numbers import number, share, significant
from engine.protocol.events import EpochEnded, MaybeMeasured
from engine.report import report_text
from engine.report.figure_style import PALETTE, SMALL, WIDTH, Drawing, styled
from engine.report.run_facts import Happening, RunFacts
from engine.run.curve import Bin, Curve
from engine.run.history import History

# So many epochs are drawn at most: more points than the figure has dots are of no use.
MOST_POINTS = 1500
# With as few epochs, each is a dot.
DOTTED = 40
# Several things may happen at one step, such as a checkpoint and a resume from it.
MARKERS = {"checkpoint": "s", "steer": "D", "pause": "^", "resume": ">", "alert": "X"}
OPEN = "checkpoint"


class _Panel(NamedTuple):
    """One quantity: its curve over the steps, and its values at the end of each epoch."""

    title: str
    curve: Curve
    train: Callable[[EpochEnded], MaybeMeasured]
    validation: Callable[[EpochEnded], MaybeMeasured]
    written: Callable[[MaybeMeasured], str]


def learning_curves(facts: RunFacts, families: Sequence[str]) -> Drawing:
    """Accuracy and loss, side by side."""
    history = facts.history
    panels = (
        _Panel(report_text.ACCURACY, history.top1, lambda e: e.train_top1, lambda e: e.top1, share),
        _Panel(
            report_text.LOSS, history.loss, lambda e: e.train_loss, lambda e: e.loss, significant
        ),
    )
    shown = panels if history.has_top1 else panels[1:]
    with styled(families):
        figure = Figure(figsize=(WIDTH, 2.95), layout="constrained")
        axes = figure.subplots(1, len(shown), squeeze=False)[0]
        for one, panel in zip(axes, shown, strict=True):
            _draw_panel(one, panel, facts)
        if len(shown) > 1:
            axes[0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        if handles := axes[0].get_legend_handles_labels()[0]:
            figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        axes[-1].set_ylim(0, _highest_loss(history))
    return Drawing("curves", report_text.curves_caption(facts), figure, tuple(families))


def _draw_panel(axes: Axes, panel: _Panel, facts: RunFacts) -> None:
    history = facts.history
    epochs, best = thinned(history.epochs, history.best), history.best
    at = [history.place(ended) for ended in epochs]
    _draw_band(axes, panel.curve.bins(), history.steps_per_epoch)
    for values, name, colour in (
        (panel.train, report_text.TRAINING, "train"),
        (panel.validation, report_text.VALIDATION, "val"),
    ):
        heights = [number(values(ended)) for ended in epochs]
        if not any(map(math.isfinite, heights)) and history.watched is not None:
            continue
        axes.plot(at, heights, color=PALETTE[colour], label=name, **dots(len(epochs)))
    if best is not None and math.isfinite(number(panel.validation(best))):
        _mark_best(axes, history.place(best), best.epoch, panel.validation(best), panel)
    name_axes(axes, panel.title, report_text.unit(facts))


def name_axes(axes: Axes, title: str, unit: str, ticks: int = 6) -> None:
    """The title of curves, and what they are drawn over."""
    axes.set_title(title)
    axes.set_xlabel(unit)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))


def dots(points: int) -> Mapping[str, object]:
    """How the points of a curve look: of few, each is a dot."""
    return {"marker": "o", "markersize": 2.2} if points <= DOTTED else {}


def _draw_band(axes: Axes, bins: Sequence[Bin], steps_per_epoch: int) -> None:
    """The range of the reports within each part of the training."""
    at = [one.step / steps_per_epoch for one in bins]
    lows, highs = [one.low for one in bins], [one.high for one in bins]
    means = [one.mean for one in bins]
    axes.fill_between(at, lows, highs, color=PALETTE["train"], alpha=0.13, linewidth=0)
    axes.plot(at, means, color=PALETTE["train"], alpha=0.35, linewidth=0.6)


def _mark_best(axes: Axes, at: float, epoch: int, value: MaybeMeasured, panel: _Panel) -> None:
    """A ring at the best epoch; its value stands above the panel, where no line crosses it."""
    good = PALETTE["good"]
    axes.axvline(at, color=good, linewidth=0.8, linestyle=(0, (3, 2)))
    ring = {"markersize": 5, "markerfacecolor": "none", "markeredgewidth": 1.4}
    axes.plot([at], [number(value)], "o", markeredgecolor=good, **ring)
    words = report_text.best_value(panel.written(value), epoch)
    axes.set_title(words, loc="right", color=good, fontsize=SMALL)


def _highest_loss(history: History) -> float:
    """The top of the losses: those of epochs, and not the peak of a few steps."""
    told = (number(loss) for e in history.epochs for loss in (e.train_loss, e.loss))
    ended = [loss for loss in told if math.isfinite(loss)]
    means = [one.mean for one in history.loss.bins() if math.isfinite(one.mean)]
    return 1.08 * (max(ended) if ended else max(means, default=1.0)) or 1.0


def thinned(epochs: Sequence[EpochEnded], best: EpochEnded | None) -> list[EpochEnded]:
    """Some of many epochs, among them the best and the last one."""
    stride = -(-len(epochs) // MOST_POINTS) or 1
    kept = {e.epoch: e for e in epochs[::stride]}
    for one in (best, epochs[-1] if epochs else None):
        if one is not None:
            kept[one.epoch] = one
    return sorted(kept.values(), key=lambda e: e.epoch)


def rate_figure(facts: RunFacts, families: Sequence[str]) -> Drawing:
    """The learning rate: as it was, as it is planned, and what happened at which step."""
    history = facts.history
    per_epoch = history.steps_per_epoch
    bins = history.lr.bins()
    with styled(families):
        figure = Figure(figsize=(WIDTH, 1.7), layout="constrained")
        axes = figure.subplots()
        axes.plot([b.step / per_epoch for b in bins], [b.mean for b in bins], color=PALETTE["ink"])
        ahead = _ahead(history)
        if ahead:
            at = [step / per_epoch for step, _ in ahead]
            rates = [rate for _, rate in ahead]
            axes.plot(
                at, rates, color=PALETTE["dim"], linestyle=(0, (4, 2)), label=report_text.PLAN
            )
        _draw_marks(axes, facts.happenings, bins, per_epoch)
        axes.set_ylim(bottom=0)
        name_axes(axes, report_text.RATE, report_text.unit(facts), ticks=10)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05))
    return Drawing("learning-rate", report_text.rate_caption(facts), figure, tuple(families))


def _ahead(history: History) -> list[tuple[int, float]]:
    """The planned rates of the steps that the run has not taken."""
    left = range(history.step, history.planned_steps or 0)
    steps = left[:: max(1, len(left) // 300)]
    planned = ((step, history.planned_rate(step)) for step in steps)
    return [(step, rate) for step, rate in planned if rate is not None]


def _draw_marks(
    axes: Axes, happenings: Iterable[Happening], bins: Sequence[Bin], per_epoch: int
) -> None:
    if not bins:
        return
    for kind in MARKERS:
        steps = [one.step for one in happenings if one.kind == kind]
        heights = [min(bins, key=lambda b: abs(b.step - step)).mean for step in steps]
        if steps:
            _draw_kind(axes, kind, [step / per_epoch for step in steps], heights)


def _draw_kind(axes: Axes, kind: str, at: Sequence[float], heights: Sequence[float]) -> None:
    """The marks of one kind. Those of checkpoints are open and large, around any others."""
    colour = PALETTE["miss" if kind == "alert" else "val"]
    face, size = ("none", 8) if kind == OPEN else (colour, 4.5)
    axes.plot(
        at, heights, MARKERS[kind], markersize=size, markerfacecolor=face, markeredgecolor=colour,
        markeredgewidth=0.8, label=report_text.MARKS[kind], clip_on=False,
    )  # fmt: skip
