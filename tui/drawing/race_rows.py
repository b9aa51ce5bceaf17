"""The leader board of a race as the columns of a list, and the curves of its recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine import numbers
from engine.racing.leader_board import Board, Row, RowState, Standing
from tui.drawing import axis, cells, spark
from tui.drawing import race_rows_text as words
from tui.drawing.axis import Limits, Mark
from tui.drawing.cells import Ink, Span
from tui.drawing.compared_plot import Overlaid, framed_plot, ink_of
from tui.drawing.scale import Scale, round_limits
from tui.drawing.table import Column

# The letters that name recipes, in the order in which they were planned.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SIGNS: Mapping[RowState, str] = {
    "queued": "○",
    "training": "●",
    "waiting": "◇",
    "done": "✓",
    "failed": "✗",
    "dropped": "·",
    "stopped": "↻",
    "removed": "-",
}
# The share of a width that the settings of a recipe take at most.
MOST_OF_WIDTH = 0.45
# The cells of a bar by the least width of the list.
BARS = ((160, 40), (110, 24), (0, 12))


class RecipeCurve(NamedTuple):
    """The accuracy of a recipe over epochs, a fraction each; over seeds, their mean."""

    recipe: int
    points: Sequence[tuple[float, float]]


def letter(recipe: int) -> str:
    """The letter of a recipe, by its place in the plan."""
    return LETTERS[recipe % len(LETTERS)]


def board_columns(board: Board, recipes: Sequence[int], width: int) -> list[Column]:
    """A row for each standing; `recipes` are the places of their recipes in the plan."""
    standings = board.standings
    longest = max(8, int(MOST_OF_WIDTH * width))
    bars = next(room for least, room in BARS if width >= least)
    limits = bar_limits(standings)
    rows = [standing.rows for standing in standings]
    inks = [*map(ink_of, recipes)]
    columns = [
        Column(
            "",
            [f"{at:>2} {letter(recipe)}" for at, recipe in enumerate(recipes, start=1)],
            inks=inks,
        ),
        Column(words.RECIPE, [cells.end_of(words.recipe(each), longest) for each in standings]),
        Column(words.TOP1, [_percent(each.mean) for each in standings], right=True),
    ]
    if board.race.seeds > 1:
        spread = [_percent(each.deviation) for each in standings]
        columns.append(Column(words.DEVIATION, spread, 1, right=True, ink="dim", gap=1))
    if limits is not None:
        texts = [_bar(each, limits, bars) for each in standings]
        columns.append(Column(words.bar_range(limits), texts, 4, inks=inks, least=bars))
    columns.append(Column(words.EPOCHS, [*map(words.epochs, rows)], 3, right=True))
    columns.append(Column(words.RUNS, [_states(each) for each in rows], inks=[*map(_ink, rows)]))
    if board.rungs > 1:
        columns.append(Column(words.RUNG, [f"{each[0].rung}" for each in rows], 5, right=True))
    if not board.ended:
        left = [_left(each) for each in rows]
        columns.append(Column(words.LEFT, left, 2, right=True, ink="dim"))
    return columns


def bar_limits(standings: Sequence[Standing]) -> Limits | None:
    """Round limits around all accuracies, in per cent; None before the first one."""
    means = [100 * each.mean for each in standings if each.mean is not None]
    if not means:
        return None
    low, high = round_limits(min(means), max(means))
    return max(0.0, low), min(100.0, high)


def _bar(standing: Standing, limits: Limits, width: int) -> str:
    """A bar from the lower limit; of one who stands at it, there is a cell."""
    if standing.mean is None:
        return ""
    return spark.bar(max(1 / width, axis.share(100 * standing.mean, *limits)), width).rstrip()


def _percent(share: float | None) -> str:
    return "" if share is None else numbers.percent(share)


def _states(rows: Sequence[Row]) -> str:
    """A sign for each seed; of a single one, its word too."""
    signs = "".join(SIGNS[row.state] for row in rows)
    return f"{signs} {rows[0].state}" if len(rows) == 1 else signs


def _ink(rows: Sequence[Row]) -> Ink:
    states = {row.state for row in rows}
    if "failed" in states:
        return "error"
    if states <= {"done"}:
        return "good"
    return "plain" if states & {"training", "done", "queued", "waiting"} else "dim"


def _left(rows: Sequence[Row]) -> str:
    """The time until the runs that have begun and go on have reached their rung."""
    left = [row.remaining for row in rows if row.state in ("training", "waiting")]
    known = sum(seconds for seconds in left if seconds is not None)
    return numbers.duration(known) if known else ""


def seeds_row(standing: Standing, chosen: int, width: int) -> cells.Row:
    """The runs of a recipe by their seeds, the chosen one marked, and its label if it fits.

    Where not all fit, the first ones are left out.
    """
    spans = [_seed(row, chosen=at == chosen) for at, row in enumerate(standing.rows)]
    first = 0
    while first < chosen and cells.width([*_MORE, *spans[first:]]) > width:
        first += 1
    shown = [*(_MORE if first else (Span(" "),)), *spans[first:]]
    label = Span(f"  {standing.rows[chosen].run}", "dim")
    return tuple(shown if cells.width([*shown, label]) > width else [*shown, label])


_MORE = (Span("…", "dim"),)


def _seed(row: Row, *, chosen: bool) -> Span:
    top1 = "" if row.top1 is None else f" {numbers.share(row.top1)}"
    said = words.seed(row.seed, row.state)
    return Span(f" {'▸' if chosen else ' '}{said}{top1} ", "selected" if chosen else "dim")


def curves_box(
    curves: Sequence[RecipeCurve],
    names: Mapping[int, str],
    epochs: int,
    rungs: Sequence[int],
    width: int,
    height: int,
) -> list[cells.Row]:
    """The curves in a frame, best recipe first, with a mark at the epoch of each rung."""
    window = 0.0, float(max(1, epochs))
    left = axis.gutter(width - 2)
    percent = [[(x, 100 * y) for x, y in curve.points] for curve in curves]
    scale = _scale(percent)
    columns = max(1, 2 * (width - 2 - left))
    drawn = [
        Overlaid(
            letter(curve.recipe),
            ink_of(curve.recipe),
            [(axis.column_in(window, x, columns), y) for x, y in points],
        )
        for curve, points in zip(curves, percent, strict=True)
    ]
    marks: list[Mark] = [(float(epoch), Span("◆", "key")) for epoch in rungs]
    note = (Span(words.RUNG_MARK, "dim"),) if rungs else ()
    return framed_plot(
        drawn[::-1],
        width,
        height,
        window=window,
        scale=scale,
        ticks=axis.epoch_ticks(window, width - 2, left, marks, note=note),
        title=(Span(words.CURVES),),
        facts=_legend(curves, names, width),
        empty=(words.NO_CURVES, words.NO_CURVES_SHORT),
    )


def _scale(curves: Sequence[Sequence[tuple[float, float]]]) -> Scale:
    values = [y for points in curves for _, y in points]
    low, high = round_limits(min(values), max(values)) if values else (0.0, 100.0)
    return Scale(max(0.0, low), min(100.0, high))


def _legend(curves: Sequence[RecipeCurve], names: Mapping[int, str], width: int) -> cells.Row:
    """`A resnet20  B lenet5`, as many as fit beside the title."""
    spans: list[Span] = []
    room = width - 8 - len(words.CURVES)
    for curve in curves:
        entry = Span(f"{letter(curve.recipe)} {names[curve.recipe]}", ink_of(curve.recipe))
        if cells.width([*spans, entry]) + 2 > room:
            break
        spans += [Span("  ")] if spans else []
        spans.append(entry)
    return tuple(spans)
