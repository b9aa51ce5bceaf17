"""The numbers in the border of the loss and accuracy panes, as long as there is room for."""

from __future__ import annotations

import math

from engine.history import History
from tui import text
from tui.drawing import cells, numbers
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting
from tui.drawing.series import gap

# A first loss this near to that of a guess is what a sound initialisation gives.
SOUND = 0.1


def loss_facts(history: History, room: int, init: float | None = None) -> Row:
    """`train 0.412   o val 0.468   init 2.31 = ln 10 ✓`, or less of it in `room` cells.

    `init` is the loss of the first steps.
    """
    steps = history.steps
    train = numbers.loss(steps.loss if steps else None)
    validation = numbers.loss(history.epochs[-1].loss) if history.epochs else text.NONE
    if steps is None:
        return ()
    long = _pair(text.TRAIN, train, text.VALIDATION, validation, "   ")
    first = (*long, *_init(init, len(history.classes))) if init is not None else long
    train, validation = numbers.bare(train), numbers.bare(validation)
    short = _pair(text.TRAIN, train, text.VALIDATION, validation, "  ")
    return fitting([first, long, short, _pair("", train, "", validation, "  ")], room)


def accuracy_facts(history: History, room: int) -> Row:
    """`train 87.2   o val 86.1   gap 1.1   ◆ best 86.3 @11`, or less of it in `room` cells."""
    steps, epochs = history.steps, history.epochs
    if steps is None:
        return ()
    train = numbers.percent(steps.top1)
    validation = numbers.percent(epochs[-1].top1) if epochs else text.NONE
    forms: list[Row] = []
    for between in ("   ", "  "):
        named = _pair(text.TRAIN, train, text.VALIDATION, validation, between)
        full = cells.row(*named, *_gap(history, between), *_best(history, between, text.BEST))
        forms += [cells.row(*full, *_top5(history, between)), full]
    plain = _pair("", train, "", validation, "  ")
    forms += [cells.row(*pair, *_best(history, "  ", "")) for pair in (named, plain)]
    return fitting([*forms, named, plain], room)


def _pair(train_name: str, train: str, name: str, validation: str, between: str) -> Row:
    first = f"{train_name} " if train_name else ""
    second = f"o {name} " if name else "o "
    return cells.row(
        Span(first, "train"),
        # Without its name the number itself shows which curve it belongs to.
        _value(train, "plain" if first else "train"),
        Span(between),
        Span(second, "validation"),
        _value(validation, "plain"),
    )


def _value(written: str, ink: Ink) -> Span:
    return Span(written, ink if written not in ("nan", "inf", "-inf") else "error")


def _init(init: float, classes: int) -> Row:
    guess = math.log(max(1, classes))
    sound = abs(init - guess) <= SOUND * guess
    return cells.row(
        Span("   "),
        Span(text.INIT + " ", "dim"),
        Span(f"{init:.2f}"),
        Span(f" {'=' if sound else '·'} ln {classes}", "dim"),
        Span(" ✓", "good") if sound else Span(f" = {guess:.2f}", "dim"),
    )


def _gap(history: History, before: str) -> Row:
    if not history.epochs:
        return ()
    return (
        Span(before),
        Span(text.GAP + " ", "dim"),
        Span(numbers.percent(gap(history.epochs[-1]))),
    )


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
    return (Span(before), Span(text.TOP5 + " ", "dim"), Span(numbers.percent(top5)))
