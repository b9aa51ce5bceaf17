"""The log of a run as rows, newest event first."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from rich.cells import cell_len, chop_cells

from engine import numbers
from engine.protocol import events
from engine.protocol.events import Event
from engine.recipes.recipe import short_names
from engine.run.history import History
from engine.text import harmless
from tui import shared_text
from tui.drawing import cells, drawing_text
from tui.drawing.cells import Ink, Row, Span
from tui.shared_text import GoOn

# Writes a moment (unix seconds) as HH:MM:SS in the time zone of the reader.
Clock = Callable[[float], str]

STRIP_ENTRIES = 3
# From this many rows on, a pane has room for whole sentences.
TALL = 16
# What ends a part of a sentence.
PART_ENDS = (": ", "; ", ". ")
# With fewer cells than this, no sentence is broken into rows.
NARROWEST = 20


def local_time(moment: float) -> str:
    """HH:MM:SS in the time zone of this machine."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


class LogEntry(NamedTuple):
    """One line of the log: a sign, a heading and the rest."""

    sign: str
    ink: Ink
    head: str
    rest: str = ""


def log_pane(
    log: Sequence[Event],
    width: int,
    height: int,
    clock: Clock = local_time,
    first: int = 0,
    wanted: str = "",
) -> list[Row]:
    """The events whose row contains `wanted`, newest first, from the index `first` on.

    Each event takes one row. In a tall pane, or if everything fits, the sentence of an alert is
    wrapped instead of cut.
    """
    found = matching(log, wanted, clock)
    shown = found[max(0, first) : max(0, first) + height]
    rows = [row for event in shown for row in _whole(event, width, clock)]
    if len(rows) > height and height < TALL:
        rows = [_line(event, clock) for event in shown]
    if not found:
        rows = [
            cells.row(Span(f" {drawing_text.NONE_MATCHES if log else drawing_text.NO_LOG}", "dim"))
        ]
    return cells.filled((cells.shortened(row, width) for row in rows), width, height)


def matching(log: Sequence[Event], wanted: str, clock: Clock = local_time) -> list[Event]:
    """The events whose row contains `wanted`, newest first; an empty string keeps all.

    Automatic checkpoints are left out, except for the best: they only show that the run goes on.
    """
    newest = [event for event in list(log)[::-1] if not _by_itself(event)]
    if not wanted:
        return newest
    return [e for e in newest if wanted.casefold() in _searched(e, clock).casefold()]


def _searched(event: Event, clock: Clock) -> str:
    level = event.level if isinstance(event, events.Alert) else ""
    said = entry(event)
    return " ".join((clock(event.time), level, said.head, said.rest))


def _whole(event: Event, width: int, clock: Clock) -> list[Row]:
    line = _line(event, clock)
    spoken = isinstance(event, events.Alert | events.RunEnded)
    return _wrapped(line, width) if spoken else [line]


def _wrapped(line: Row, width: int) -> list[Row]:
    """The line in rows of this width, broken between words; all but the first are indented."""
    *head, last = line
    indent = cells.width(head)
    if width - indent < NARROWEST:
        return [line]
    first, *others = _broken(last.text, width - indent - 1)
    space = Span(" " * indent)
    return [(*head, Span(first, last.ink)), *((space, Span(part, last.ink)) for part in others)]


def _broken(sentence: str, room: int) -> list[str]:
    """The sentence in pieces of at most this many cells; a longer word is cut."""
    words = [part for word in sentence.split(" ") for part in chop_cells(word, room) or [""]]
    pieces = [""]
    for word in words:
        longer = f"{pieces[-1]} {word}" if pieces[-1] else word
        if cell_len(longer) <= room:
            pieces[-1] = longer
        else:
            pieces.append(word)
    return pieces


def log_line(
    history: History,
    width: int,
    clock: Clock = local_time,
    go_on: GoOn | None = None,
    report: str = "",
) -> Row:
    """The newest entries in one row, without the results and checkpoints of every epoch.

    `go_on` is how an ended run goes on, and `report` the command that reports on a run that is
    done; it stands on the right.
    """
    hint = _hint(*go_on) if go_on is not None else _hint(shared_text.TO_SHOW, report)
    room = width - cells.width(hint)
    return (*_newest(history, room, clock), *hint) if room >= NARROWEST else cells.fit(hint, width)


def _hint(what: str, command: str) -> Row:
    return (Span(f"  {what} ", "dim"), Span(f"{command} ", "key")) if command else ()


def _newest(history: History, width: int, clock: Clock) -> Row:
    spoken = (event for event in reversed(history.log) if not _routine(event))
    row: Row = ()
    for event in itertools.islice(spoken, STRIP_ENTRIES):
        before, said = Span("     " if row else " "), _strip_entry(event, clock)
        left = width - cells.width(row) - len(before.text) - 1
        if row and left < cells.width(said):
            break
        row = (*row, before, *said)
    return cells.fit(_ended_early(row, width), width)


def _ended_early(row: Row, width: int) -> Row:
    """The row; if it is too wide, it ends with `…` after a part of its sentence, if one fits."""
    cut = cells.shortened(row, width)
    if cut == row:
        return row
    *before, last = cut[:-1]
    ends = [at for end in PART_ENDS if (at := last.text.rfind(end)) > len(last.text) // 2]
    if not ends:
        return cut
    return (*before, last._replace(text=last.text[: max(ends)]), Span(" …", "dim"))


def entry(event: Event) -> LogEntry:
    """The entry of an event."""
    match event:
        case events.EpochEnded():
            return _epoch(event)
        case events.Checkpointed():
            return _checkpointed(event)
        case events.Alert():
            return _ALERTS[event.level]._replace(rest=harmless(event.text))
        case events.RunStarted():
            return LogEntry(" ", "plain", drawing_text.STARTED, _started(event))
        case events.Resumed():
            return LogEntry(
                "↻", "key", drawing_text.RESUMED, drawing_text.log_resumed(event.epoch, event.step)
            )
        case events.Steered():
            lr = numbers.significant(event.lr)
            factor = numbers.short(event.factor) if event.asked is None else ""
            change = drawing_text.log_steered(event.step, lr, factor, event.epochs)
            return LogEntry("s", "key", drawing_text.STEERED, change)
        case events.RunEnded():
            return _ended(event)
    return LogEntry(" ", "dim", type(event).__name__)


# The sign of an alert. It has no heading: its level and code would only repeat the sentence.
_ALERTS = {
    "info": LogEntry("·", "plain", ""),
    "warning": LogEntry("!", "warning", ""),
    "error": LogEntry("✗", "error", ""),
}


def _by_itself(event: Event) -> bool:
    return isinstance(event, events.Checkpointed) and event.reason in ("epoch", "interval")


def _routine(event: Event) -> bool:
    return isinstance(event, events.EpochEnded) or _by_itself(event)


def _epoch(event: events.EpochEnded) -> LogEntry:
    """The results of an epoch, of which somebody's own program may measure only some."""
    parts = []
    losses, top1s = (event.train_loss, event.loss), (event.train_top1, event.top1)
    if losses != (UNSET, UNSET):
        parts.append(drawing_text.log_losses(*map(numbers.significant, losses)))
    if top1s != (UNSET, UNSET):
        parts.append(drawing_text.log_accuracies(*map(numbers.percent, top1s)))
    spent = [part for part in (event.seconds, event.evaluation_seconds) if part is not UNSET]
    if spent:
        parts.append(numbers.duration(sum(spent)))
    return LogEntry(" ", "plain", drawing_text.log_epoch(event.epoch), "   ".join(parts))


def _started(event: events.RunStarted) -> str:
    """What trains, and where."""
    if event.recipe is not None:
        words = *short_names(event.recipe), event.recipe.preset, event.device
        return drawing_text.log_started(*map(harmless, words))
    watched = event.watched
    whose = (watched.program, watched.framework) if watched is not None else ()
    given = shared_text.settings(watched.settings) if watched is not None else []
    return ", ".join(harmless(word) for word in (*whose, event.device, *given) if word)


def _checkpointed(event: events.Checkpointed) -> LogEntry:
    file = harmless(event.file)
    known = not isinstance(event.top1, UnsetType)
    if event.reason == "best" and known:
        rest = drawing_text.log_best(numbers.percent(event.top1), event.epoch, file)
        return LogEntry("◆", "good", drawing_text.BEST, rest)
    reason = drawing_text.CHECKPOINT_REASONS[event.reason]
    return LogEntry(
        " ", "plain", shared_text.CHECKPOINT, drawing_text.log_checkpoint(reason, event.step, file)
    )


def _ended(event: events.RunEnded) -> LogEntry:
    sign: dict[str, tuple[str, Ink]]
    sign = {"done": ("✓", "good"), "stopped": ("·", "plain"), "failed": ("✗", "error")}
    best = numbers.percent(event.best_top1)
    rest = harmless(event.error)
    if not rest and math.isfinite(numbers.number(event.best_top1)):
        epoch = 0 if isinstance(event.best_epoch, UnsetType) else event.best_epoch
        # The status row shows the duration, which includes earlier attempts and pauses.
        rest = drawing_text.log_ended(best, epoch)
        if math.isfinite(numbers.number(event.test_top1)):
            rest += drawing_text.log_tested(numbers.percent(event.test_top1))
    return LogEntry(*sign[event.reason], shared_text.RUN_ENDED[event.reason], rest)


def _line(event: Event, clock: Clock) -> Row:
    said = entry(event)
    head = cells.fit_text(said.head, 12) if said.head else ""
    return (
        Span(f" {clock(event.time)}  ", "dim"),
        Span(f"{said.sign} ", said.ink),
        Span(head, said.ink),
        Span(said.rest, "plain" if said.ink in ("good", "key") else said.ink),
    )


def _strip_entry(event: Event, clock: Clock) -> Row:
    said = entry(event)
    words = " ".join(word for word in (said.sign.strip(), said.head, said.rest) if word)
    return (Span(clock(event.time) + " ", "dim"), Span(words, said.ink))
