"""The log: what happened, newest first."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import UnsetType

from engine import events
from engine.events import Event
from engine.history import History
from engine.recipe import names
from engine.text import harmless
from tui import text
from tui.drawing import cells, numbers
from tui.drawing.cells import Ink, Row, Span

# How a moment (unix seconds) is written: HH:MM:SS where the reader is.
Clock = Callable[[float], str]

STRIP_ENTRIES = 3


def local_time(moment: float) -> str:
    """HH:MM:SS in the time zone of this machine."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


class Entry(NamedTuple):
    """One line of the log: a sign, what it is about, and the rest."""

    sign: str
    ink: Ink
    head: str
    rest: str = ""


def log_pane(
    log: Sequence[Event], width: int, height: int, clock: Clock = local_time, first: int = 0
) -> list[Row]:
    """The events, newest first, from the one with index `first`; one row each."""
    newest = list(log)[::-1][max(0, first) : max(0, first) + height]
    rows = [_line(event, clock, width) for event in newest]
    blank: list[Row] = [()] * (height - len(rows))
    return [cells.fit(row, width) for row in [*rows, *blank]]


def log_line(history: History, width: int, clock: Clock = local_time) -> Row:
    """The newest of what is worth a word in one row; what each epoch brings is not."""
    spoken = [event for event in history.log if not _routine(event)][-STRIP_ENTRIES:]
    row: Row = ()
    for event in reversed(spoken):
        before = Span("     " if row else " ")
        left = width - cells.width(row) - len(before.text) - 1
        if row and left < cells.width(_strip_entry(event, clock)):
            break
        row = (*row, before, *_strip_entry(event, clock))
    return cells.fit(cells.shortened(row, width), width)


def entry(event: Event) -> Entry:
    """What the log says of an event."""
    match event:
        case events.EpochEnded():
            return _epoch(event)
        case events.Checkpointed():
            return _checkpointed(event)
        case events.Alert():
            return _ALERTS[event.level]._replace(rest=harmless(event.text))
        case events.RunStarted():
            recipe = event.recipe
            words = *names(recipe), recipe.preset, event.device
            return Entry(" ", "plain", text.STARTED, text.log_started(*map(harmless, words)))
        case events.Resumed():
            return Entry("↻", "key", text.RESUMED, text.log_resumed(event.epoch, event.step))
        case events.RunEnded():
            return _ended(event)
    return Entry(" ", "dim", type(event).__name__)


# In place of an alert's level and code, which would only repeat its sentence.
_ALERTS = {
    "info": Entry("·", "plain", ""),
    "warning": Entry("!", "warning", ""),
    "error": Entry("✗", "error", ""),
}


def _routine(event: Event) -> bool:
    if isinstance(event, events.Checkpointed):
        return event.reason == "epoch"
    return isinstance(event, events.EpochEnded)


def _epoch(event: events.EpochEnded) -> Entry:
    results = text.log_results(
        numbers.bare(numbers.loss(event.train_loss)),
        numbers.bare(numbers.loss(event.loss)),
        numbers.percent(event.train_top1),
        numbers.percent(event.top1),
        numbers.duration(event.seconds + event.evaluation_seconds),
    )
    return Entry(" ", "plain", text.log_epoch(event.epoch), results)


def _checkpointed(event: events.Checkpointed) -> Entry:
    file = harmless(event.file)
    known = not isinstance(event.top1, UnsetType)
    if event.reason == "best" and known:
        rest = text.log_best(numbers.percent(event.top1), event.epoch, file)
        return Entry("◆", "good", text.BEST, rest)
    reason = text.CHECKPOINT_REASONS[event.reason]
    return Entry(" ", "plain", text.CHECKPOINT, text.log_checkpoint(reason, event.step, file))


def _ended(event: events.RunEnded) -> Entry:
    sign: dict[str, tuple[str, Ink]]
    sign = {"done": ("✓", "good"), "stopped": ("·", "plain"), "failed": ("✗", "error")}
    best = numbers.percent(event.best_top1)
    rest = harmless(event.error)
    if not rest and math.isfinite(numbers.number(event.best_top1)):
        epoch = 0 if isinstance(event.best_epoch, UnsetType) else event.best_epoch
        rest = text.log_ended(best, epoch, numbers.duration(event.seconds))
    return Entry(*sign[event.reason], text.RUN_ENDED[event.reason], rest)


def _line(event: Event, clock: Clock, width: int) -> Row:
    said = entry(event)
    head = cells.fit_text(said.head, 12) if said.head else ""
    return cells.shortened(
        (
            Span(f" {clock(event.time)}  ", "dim"),
            Span(f"{said.sign} ", said.ink),
            Span(head, said.ink),
            Span(said.rest, "plain" if said.ink == "good" else said.ink),
        ),
        width,
    )


def _strip_entry(event: Event, clock: Clock) -> Row:
    said = entry(event)
    words = " ".join(word for word in (said.sign.strip(), said.head, said.rest) if word)
    return (Span(clock(event.time) + " ", "dim"), Span(words, said.ink))
