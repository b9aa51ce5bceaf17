"""The parts of the dashboard without a frame: status, progress, numbers, news and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, NamedTuple

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.kept_tests import DataTest
from tui import shared_text
from tui.drawing import cells, curve_facts, curves, learning_rate, log_lines, series, status_rows
from tui.drawing.cells import Row, Span
from tui.drawing.frame import fitting
from tui.shared_text import GoOn
from tui.widgets.drawn import CellWidget

# The sign for keys that were left out.
MORE = "…"


class Strip(CellWidget):
    """One or a few rows, drawn from the history and the state of the screen."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {
            events.Steps,
            events.Phase,
            events.RunStarted,
            events.EpochEnded,
            events.Steered,
            events.RunEnded,
        }
    )

    class State(NamedTuple):
        """The state of the screen, besides the history.

        `keys` are the keys that work now; `go_on` is how a run that has ended goes on, and
        `report` the command that reports on it, or empty. `silence` is the word for a silent
        source, or empty. `tests` are the results of tests that the run keeps, the newest first.
        """

        label: str
        now: float
        pausing: bool
        keys: tuple[tuple[str, str], ...]
        silence: str = ""
        go_on: GoOn | None = None
        report: str = ""
        tests: tuple[DataTest, ...] = ()

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.history = History()
        self.state = self.State("", 0.0, False, ())

    def show(self, history: History, state: State, kinds: frozenset[type[Event]] | None) -> None:
        """Draw again if needed; `kinds` are the new events, None if anything may have changed."""
        self.history, self.state = history, state
        if kinds is None or kinds & self.LISTENS:
            self.redraw()


class Status(Strip):
    """The run, its state, its speed and the time left."""

    def draw(self, width: int, height: int) -> list[Row]:
        s = self.state
        return [
            status_rows.status_row(
                self.history,
                width,
                s.now,
                label=s.label,
                pausing=s.pausing,
                silence=s.silence,
            )
        ]


class Progress(Strip):
    """The progress of the run as a bar; in a small terminal, the bar is the schedule, if any."""

    def draw(self, width: int, height: int) -> list[Row]:
        if width >= 100 or self.history.watched is not None:
            return [status_rows.progress_row(self.history, width)]
        return [learning_rate.rate_strip(self.history, width)]


class Numbers(Strip):
    """The three numbers that fit into a very small terminal, and the recent loss."""

    def draw(self, width: int, height: int) -> list[Row]:
        history = self.history
        quantities = (
            (shared_text.LOSS_TITLE, curve_facts.loss_facts, True),
            (shared_text.ACCURACY_TITLE_SHORT, curve_facts.accuracy_facts, history.has_top1),
            (shared_text.RATE, learning_rate.rate_facts, history.has_rate),
        )
        rows: list[Row] = []
        for name, fact, is_told in quantities:
            label = Span(f" {name:<5}", "dim")
            if is_told:
                rows.append((label, *fact(history, width - cells.width([label]))))
        if height > len(rows):
            ended, newest = history.ended is not None, series.loss_series(history)
            recent = curves.recent_row(newest, width - 1, ended=ended)
            rows.append((Span(" "), *recent))
        return rows[:height]


class News(Strip):
    """The newest entries of the log in one row, and how to resume a run that has ended."""

    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {
            events.RunStarted,
            events.EpochEnded,
            events.Checkpointed,
            events.Alert,
            events.Resumed,
            events.Steered,
            events.RunEnded,
        }
    )

    def draw(self, width: int, height: int) -> list[Row]:
        state = self.state
        return [log_lines.log_line(self.history, width, go_on=state.go_on, report=state.report)]


class Footer(Strip):
    """The keys that work now."""

    def show(
        self, history: History, state: Strip.State, kinds: frozenset[type[Event]] | None
    ) -> None:
        """Draw again if other keys work now."""
        before, self.history, self.state = self.state.keys, history, state
        if state.keys != before:
            self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        return [keys_row(self.state.keys, width, self.spelled)] if self.state.keys else []


def keys_row(keys: Iterable[tuple[str, str]], width: int, spell: Callable[[str], str] = str) -> Row:
    """` p pause   c checkpoint`; a narrow row has less space between keys, then fewer keys.

    The most useful keys come first. The last two, for leaving and for help, always stay, at last
    without what their labels add in brackets; a sign before them stands for keys that were left
    out. `spell` writes a key.
    """
    written = tuple((spell(key), label) for key, label in keys)
    others, always = written[:-2], written[-2:]
    firsts = [(*others[:kept], (spell(MORE), "")) for kept in range(len(others) - 1, -1, -1)]
    forms = [_keys(written, gap) for gap in (3, 2)]
    forms += [_keys((*first, *always), 2) for first in (*firsts, ())]
    brief = tuple((key, label.partition(" (")[0]) for key, label in always)
    forms += [_keys(brief, 2), _keys(tuple((key, "") for key, _ in always), 1)]
    return fitting(forms, width)


def _keys(keys: tuple[tuple[str, str], ...], gap: int) -> Row:
    spans: list[Span] = [Span(" ")]
    for key, label in keys:
        words = f" {label}" if label else ""
        spans += [Span(key, "key"), Span(words, "dim"), Span(" " * gap)]
    return tuple(spans[:-1])
