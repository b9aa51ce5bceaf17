"""The numbers in the border of the loss and accuracy panes; without room, fewer of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine import numbers
from engine.numbers import number
from engine.protocol.events import EpochEnded, Steps
from engine.run.history import History
from engine.text import FIRST_LOSS_TOLERANCE
from tui import shared_text
from tui.drawing import cells, drawing_text
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting


def loss_facts(history: History, room: int, init: float | None = None) -> Row:
    """`train 0.412   o val 0.468   init 2.31 = ln 10 ✓`, or a shorter form that fits.

    `init` is the loss of the first steps.
    """
    steps = history.steps
    train = numbers.significant(steps.loss if steps else None)
    validation = (
        numbers.significant(history.epochs[-1].loss) if history.epochs else shared_text.NONE
    )
    if steps is None:
        return ()
    long = _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, "   ")
    first = (*long, *_init(init, len(history.classes))) if init is not None else long
    short = _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, "  ")
    return fitting([first, long, short, _pair("", train, "", validation, "  ")], room)


def accuracy_facts(history: History, room: int) -> Row:
    """`train 87.2   o val 86.1   gap 1.1   ◆ best 86.3 @11`, or a shorter form that fits."""
    steps, epochs = history.steps, history.epochs
    if steps is None:
        return ()
    train = numbers.percent(steps.top1)
    validation = numbers.percent(epochs[-1].top1) if epochs else shared_text.NONE
    forms: list[Row] = []
    for between in ("   ", "  "):
        named = _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, between)
        full = cells.row(
            *named, *_gap(steps, epochs, between), *_best(history, between, drawing_text.BEST)
        )
        forms += [cells.row(*full, *_top5(history, between)), full]
    plain = _pair("", train, "", validation, "  ")
    forms += [cells.row(*pair, *_best(history, "  ", "")) for pair in (named, plain)]
    return fitting([*forms, named, plain], room)


class CursorReading(NamedTuple):
    """The values at the cursor, in the units of the border.

    `ended` is the last epoch that ended before the cursor, and `validation` its value. Both are
    None if no epoch did.
    """

    epoch: float
    step: int
    train: float | None
    validation: float | None
    ended: int | None


def cursor_facts(reading: CursorReading, room: int) -> Row:
    """`▲ epoch 12.4, step 1,215   train 0.41235   o val 0.46811 @12`, or a shorter form."""
    train, validation = _exact(reading.train), _exact(reading.validation)
    ended = (Span(f" @{reading.ended}", "dim"),) if reading.ended is not None else ()
    long, short, least = cursor_labels(reading.epoch, reading.step)
    full = (*_pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, "   "), *ended)
    plain = _pair("", train, "", validation, "  ")
    forms = [(*long, Span("   "), *full), (*short, Span("   "), *full)]
    forms += [(*least, Span("  "), *values) for values in ((*plain, *ended), plain)]
    return fitting([*forms, plain], room)


def cursor_labels(epoch: float, step: int) -> tuple[Row, Row, Row]:
    """The epoch and step of the cursor in three forms, the longest first."""
    written = epoch_number(epoch)
    names = drawing_text.at_step(written, step), shared_text.at_epoch(written), written
    long, short, least = ((Span(f"▲ {name}", "key"),) for name in names)
    return long, short, least


def epoch_number(epoch: float) -> str:
    """12 at the end of an epoch, 12.45 within the next one."""
    return f"{epoch:.2f}".rstrip("0").rstrip(".")


def _exact(value: float | None) -> str:
    return shared_text.NONE if value is None else numbers.exact(value)


def view_facts(smoothing: float, log: bool, *, short: bool = False) -> Row:
    """`log  smooth 0.6` or `log ≈.6`: the scale and the smoothing; empty for plain curves."""
    level = f"{smoothing:g}"
    written = f"≈{level}" if short else f"{drawing_text.SMOOTH} {level}"
    words = [*([drawing_text.LOG_SCALE] if log else []), *([written] if smoothing else [])]
    gap = " " if short else "  "
    return (Span(gap + gap.join(words), "dim"),) if words else ()


def _pair(train_name: str, train: str, name: str, validation: str, between: str) -> Row:
    first = f"{train_name} " if train_name else ""
    second = f"o {name} " if name else "o "
    return cells.row(
        Span(first, "train"),
        # Without a name, the ink of the number shows which curve it belongs to.
        _value(train, "plain" if first else "train"),
        Span(between),
        Span(second, "validation"),
        _value(validation, "plain"),
    )


def _value(written: str, ink: Ink) -> Span:
    return Span(written, ink if written not in ("nan", "inf", "-inf") else "error")


def _init(init: float, classes: int) -> Row:
    guess = math.log(max(1, classes))
    sound = abs(init - guess) <= FIRST_LOSS_TOLERANCE * guess
    return cells.row(
        Span("   "),
        Span(drawing_text.INIT + " ", "dim"),
        Span(numbers.significant(init)),
        Span(f" {'=' if sound else '·'} ln {classes}", "dim"),
        Span(" ✓", "good") if sound else Span(f" = {numbers.significant(guess)}", "dim"),
    )


def _gap(steps: Steps, epochs: Sequence[EpochEnded], before: str) -> Row:
    """Training accuracy minus validation accuracy, from the rounded numbers beside it."""
    if not epochs:
        return ()
    train, validation = (round(100 * number(value), 1) for value in (steps.top1, epochs[-1].top1))
    points = numbers.percent((train - validation) / 100)
    return (Span(before), Span(drawing_text.GAP + " ", "dim"), Span(points))


def _best(history: History, before: str, name: str) -> Row:
    best = history.best
    if best is None:
        return ()
    return cells.row(
        Span(before),
        Span("◆ " + (f"{name} " if name else ""), "good"),
        Span(numbers.percent(best.top1)),
        Span(f" @{best.epoch}", "dim"),
    )


def _top5(history: History, before: str) -> Row:
    top5 = numbers.number(history.epochs[-1].top5) if history.epochs else math.nan
    if not math.isfinite(top5):
        return ()
    return (Span(before), Span(drawing_text.TOP5 + " ", "dim"), Span(numbers.percent(top5)))
