"""The numbers in the border of the loss and accuracy panes; without room, fewer of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET

from engine import numbers
from engine.numbers import number
from engine.protocol.events import EpochEnded
from engine.run.history import History
from engine.text import FIRST_LOSS_TOLERANCE
from tui import shared_text
from tui.drawing import cells, drawing_text, place_words
from tui.drawing.cells import Ink, Row, Span
from tui.drawing.frame import fitting


def loss_facts(history: History, room: int, init: float | None = None) -> Row:
    """`now 0.384   train 0.391   o val 0.404 @12   init 2.31 = ln 10 ✓`, or a shorter form.

    Training and validation are those of one epoch; `now` is the newest training loss. `init` is
    the loss of the first steps.
    """
    if history.steps is None:
        return ()
    now = numbers.significant(history.steps.loss)
    last = history.epochs[-1] if history.epochs else None
    known = (last.train_loss, last.loss) if last else (UNSET, UNSET)
    train, validation = map(numbers.significant, known)
    if history.steps.loss is None:
        train = now  # a narrow border has no room for both, and this is the worse one
    ours = init is not None and history.watched is None
    first = _init(number(init), len(history.classes)) if ours else ()
    tails = [(True, first), (True, ()), (False, first), (False, ())]
    return fitting(_forms(history, now, train, validation, tails), room)


def accuracy_facts(history: History, room: int) -> Row:
    """`now 88.0   train 87.2   o val 86.1 @12   gap 1.1   ◆ best 86.3 @11`, or a shorter form."""
    if history.steps is None:
        return ()
    last = history.epochs[-1] if history.epochs else None
    known = (last.train_top1, last.top1) if last else (UNSET, UNSET)
    train, validation = map(numbers.percent, known)
    best, gap = best_fact(history), _gap(last)
    long = (*gap, *best)
    tails = [(True, (*long, *_top5(last))), (True, long), (False, long), (True, best)]
    tails += [(False, best), (True, ()), (False, ())]
    now = numbers.percent(history.steps.top1)
    return fitting(_forms(history, now, train, validation, tails), room)


def best_fact(history: History) -> Row:
    """`◆ best 86.3 @11`, and the accuracy on the test set once it is known: `test 85.9`."""
    best = history.best
    spans: list[Span] = []
    if best is not None and best.top1 is not UNSET:
        spans += [
            Span("   "),
            Span(f"◆ {drawing_text.BEST} ", "good"),
            Span(numbers.percent(best.top1)),
            Span(f" @{place_words.at_end(history, best)}", "dim"),
        ]
    if history.test_top1 is not None:
        spans += [
            Span(f"   {drawing_text.TEST} ", "good"),
            _value(numbers.percent(history.test_top1)),
        ]
    return tuple(spans)


def best_note(history: History, room: int) -> Row:
    """`best 86.3 @11   test 85.9`, or the first part alone; its sign stands on the curve above."""
    fact = [span._replace(text=span.text.removeprefix("◆ ")) for span in best_fact(history)[1:]]
    return fitting([tuple(fact), tuple(fact[:3])], room)


def _forms(
    history: History, now: str, train: str, validation: str, tails: Sequence[tuple[bool, Row]]
) -> Iterator[Row]:
    """The numbers of a border, the longest form first.

    Each tail is what stands after the pair of training and validation, and whether the newest
    number stands before them.
    """
    name = drawing_text.NOW if history.ended is None else drawing_text.LAST
    newest = cells.row(Span(f"{name} ", "train"), _value(now), "   ")
    if now == numbers.MISSING:  # another program may measure nothing in training
        newest = ()
    last = history.epochs[-1] if history.epochs else None
    if last is None or train == validation == numbers.MISSING:
        yield from ((*newest[:-1], *tail) for _, tail in tails)
        return
    at = Span(f" @{place_words.at_end(history, last)}", "dim")
    if numbers.MISSING in (train, validation):  # another program may measure only one of them
        one = cells.row(*_one(train, validation), at)
        yield from ((*newest, *one, *tail) for _, tail in tails)
        yield from (one, one[:-1])
    else:
        newer = history.step > last.step and not history.epochs_are_short
        yield from _forms_of_both(newest if newer else (), train, validation, at, tails)


def _forms_of_both(
    newest: Row, train: str, validation: str, at: Span, tails: Sequence[tuple[bool, Row]]
) -> Iterator[Row]:
    """The forms with training and validation; `newest` is empty where it says nothing new."""
    pair = _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, "   ")
    for with_newest, tail in tails:
        if with_newest and newest:
            yield (*newest, *pair, at, *tail)
        if not with_newest:
            yield (*pair, at, *tail)
            yield (*pair, *tail)
            yield tuple(
                span._replace(text=span.text.replace("   ", "  ")) for span in (*pair, *tail)
            )
    for between in ("  ", " "):
        yield _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, between)
    yield _pair(drawing_text.TRAIN, train, drawing_text.VALIDATION, validation, " ", sign="")
    yield _pair("", train, "", validation, "  ")


class CursorReading(NamedTuple):
    """The values at the cursor, in the units of the border.

    `place` is where it is in three forms, the longest first. `ended` is the last epoch that ended
    before the cursor, and `validation` its value; they are empty and None if no epoch did.
    """

    place: tuple[str, str, str]
    train: float | None
    validation: float | None
    ended: str


def cursor_facts(reading: CursorReading, room: int) -> Row:
    """`▲ epoch 12.4, step 1,215   last steps 0.41235   o val 0.46811 @12`, or a shorter form.

    The training value is that of the steps before the cursor, not the mean of an epoch.
    """
    train, validation = _exact(reading.train), _exact(reading.validation)
    ended = (Span(f" @{reading.ended}", "dim"),) if reading.ended else ()
    long, short, least = cursor_labels(reading.place)
    steps = _pair(drawing_text.LAST_STEPS, train, drawing_text.VALIDATION, validation, "   ")
    full = (*steps, *ended)
    plain = _pair("", train, "", validation, "  ")
    forms = [(*long, Span("   "), *full), (*short, Span("   "), *full)]
    forms += [(*least, Span("  "), *values) for values in ((*plain, *ended), plain)]
    return fitting([*forms, plain], room)


def cursor_labels(place: tuple[str, str, str]) -> tuple[Row, Row, Row]:
    """The place of the cursor in three forms, the longest first."""
    long, short, least = ((Span(f"▲ {name}", "key"),) for name in place)
    return long, short, least


def _exact(value: float | None) -> str:
    return shared_text.NONE if value is None else numbers.exact(value)


def view_facts(smoothing: float, log: bool, *, short: bool = False) -> Row:
    """`log  smooth 0.6` or `log ≈.6`: the scale and the smoothing; empty for plain curves."""
    level = f"{smoothing:g}"
    written = f"≈{level}" if short else f"{drawing_text.SMOOTH} {level}"
    words = [*([drawing_text.LOG_SCALE] if log else []), *([written] if smoothing else [])]
    gap = " " if short else "  "
    return (Span(gap + gap.join(words), "dim"),) if words else ()


def _pair(
    train_name: str, train: str, name: str, validation: str, between: str, sign: str = "o "
) -> Row:
    first = f"{train_name} " if train_name else ""
    second = f"{sign}{name} " if name else sign
    return cells.row(
        Span(first, "train"),
        # Without a name, the ink of the number shows which curve it belongs to.
        _value(train, "plain" if first else "train"),
        Span(between),
        Span(second, "validation"),
        _value(validation),
    )


def _one(train: str, validation: str) -> Row:
    """The only one of the two numbers that was measured."""
    if train == numbers.MISSING:
        return cells.row(Span(f"o {drawing_text.VALIDATION} ", "validation"), _value(validation))
    return cells.row(Span(f"{drawing_text.TRAIN} ", "train"), _value(train))


def _value(written: str, ink: Ink = "plain") -> Span:
    return Span(written, ink if written not in (numbers.NAN, "inf", "-inf") else "error")


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


def _gap(last: EpochEnded | None) -> Row:
    """Training accuracy minus validation accuracy of an epoch, from the numbers beside it."""
    if last is None or UNSET in (last.train_top1, last.top1):
        return ()
    train, validation = (round(100 * number(value), 1) for value in (last.train_top1, last.top1))
    gap = numbers.percent((train - validation) / 100)
    return (Span(f"   {drawing_text.GAP} ", "dim"), Span(gap))


def _top5(last: EpochEnded | None) -> Row:
    top5 = numbers.number(last.top5) if last is not None else math.nan
    if not math.isfinite(top5):
        return ()
    return (Span(f"   {drawing_text.TOP5} ", "dim"), Span(numbers.percent(top5)))
