"""The base of the panes over the epochs: the x-axis, its marks, and a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events as textual_events
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from tui.drawing import axis, cells, place_words, series
from tui.drawing.axis import Limits, Mark
from tui.drawing.cells import Row, Span
from tui.panes.base import axis_marks, pane_text
from tui.panes.base.chart_view import ChartView
from tui.panes.base.pane import Pane
from tui.widgets.key_group import KeyGroup

# The newest column, which new steps move by a dot at most, is drawn again this often.
SECONDS = 2.0
# The events that move it so little while several epochs pass within these seconds.
SHORT_EPOCHS = frozenset({events.Steps, events.EpochEnded, events.Checkpointed})


class Chart(Pane):
    """A quantity over epochs. Several charts can share one `view`; see `Viewed`."""

    RENEWED: ClassVar[float] = SECONDS
    """The age in seconds at which the newest column is drawn again."""
    LISTENS: ClassVar[frozenset[type[Event]]] = frozenset(
        {
            events.Steps,
            events.EpochEnded,
            events.RunStarted,
            events.Checkpointed,
            events.Phase,
            events.Steered,
            events.Alert,
            events.RunEnded,
        }
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", show=False),
        Binding("right,l", "move(1)", show=False),
        Binding("shift+left", "move(-10)", show=False),
        Binding("shift+right", "move(10)", show=False),
        Binding("escape", "hide_cursor", show=False),
        Binding("t", "recent", pane_text.SHOW_RECENT, show=False),
    ]
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("←→", pane_text.KEY_CURSOR),
        ("t", pane_text.KEY_RECENT),
    )
    KEY_HELP: ClassVar[tuple[KeyGroup, ...]] = (
        KeyGroup(pane_text.HELP_CURVES, pane_text.HELP_CURVES_ROWS),
    )

    class Viewed(Message):
        """The view changed: all charts that share it must be drawn again."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.view = ChartView()
        # The last plot: its rows, its size, the value of `_reached`, and its time.
        self._plot: list[Row] = []
        self._plotted: tuple[int, int] = (0, 0)
        self._plotted_to: tuple[Limits, int] = ((0.0, 0.0), 0)
        self._plotted_at = 0.0
        # Whether the next drawing may keep the plot.
        self._waits = False

    def show(self, history: History, kinds: frozenset[type[Event]] | None) -> None:
        """Draw again if needed. The plot is kept until a new column begins or it is old."""
        steady = SHORT_EPOCHS if history.epochs_are_short else {events.Steps}
        moves_little = kinds is not None and kinds & self.LISTENS <= steady
        self._waits = moves_little and history is self.history and self._is_fresh
        super().show(history, kinds)
        self._waits = False

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the border, which shows the focus, and keep the plot."""
        self._waits = True
        super().watch_has_focus(has_focus)
        self._waits = False

    @property
    def _is_fresh(self) -> bool:
        waited = self.history.last_time - self._plotted_at
        return self._plotted_to == self._reached and 0 <= waited < self.RENEWED

    @property
    def _reached(self) -> tuple[Limits, int]:
        """The window of the axis, and the column that the run has reached."""
        columns = self._columns(self.size.width)
        return self.window, axis.column_in(self.window, series.epochs_done(self.history), columns)

    def inside(self, width: int, height: int) -> list[Row]:
        if not (self._waits and self._plotted == (width, height)):
            self._plot, self._plotted = self.plot(width, height), (width, height)
            self._plotted_to, self._plotted_at = self._reached, self.history.last_time
        return self._plot

    def plot(self, width: int, height: int) -> list[Row]:
        """The curves with their y-axis."""
        raise NotImplementedError

    @property
    def window(self) -> Limits:
        return self.view.window(self.history)

    @property
    def epoch_shown(self) -> float | None:
        return self.cursor

    def go_to_epoch(self, epoch: int | None) -> None:
        """Put the cursor at the end of this epoch; without one, hide it."""
        super().go_to_epoch(epoch)
        if epoch is None:
            self.view.cursor = None
        for ended in self.history.epochs:  # a chart that is not visible may have none
            if ended.epoch == epoch:
                self.view.cursor = self.history.place(ended)

    def dated(self, title: Row, width: int) -> Row:
        """The title; at the cursor, the numbers beside it say which epoch it is."""
        return title if self.cursor is not None else super().dated(title, width)

    @property
    def cursor(self) -> float | None:
        """The cursor, unless the axis has changed and no longer holds it."""
        start, end = self.window
        at = self.view.cursor
        return at if at is not None and start <= at <= end else None

    def plot_width(self, width: int) -> int:
        """The cells of the plot and its y-axis in a pane of this width."""
        return width - 2

    def ticks(self, width: int) -> Row:
        """The lower border of a pane of this width: the x-axis with its marks."""
        plot = self.plot_width(width)
        signs = axis_marks.event_marks(self.history)
        left, note = axis.gutter(plot), self.note(width)
        labels = self.labels(width)
        unit = place_words.unit(self.history)
        ticks = axis.epoch_ticks(self.window, plot, left, signs, self.cursor, note, labels, unit)
        return cells.row(*ticks, Span("─" * (width - 2 - plot), "border"))

    def note(self, width: int) -> Row:
        """Words on the lower border of a pane of this width."""
        return ()

    def labels(self, width: int) -> Sequence[Mark]:
        """Words on the lower border, at their epochs."""
        return ()

    def reach(self, width: int) -> float:
        """The largest distance in epochs between the cursor and the value that it shows."""
        start, end = self.window
        columns = self._columns(width)
        report = self.history.loss.width / self.history.steps_per_epoch
        return max((end - start) / columns, report)

    def _columns(self, width: int) -> int:
        """The columns of the plot in a pane of this width."""
        plot = self.plot_width(width)
        return max(1, plot - axis.gutter(plot))

    def action_move(self, places: int) -> None:
        if series.epochs_done(self.history):
            columns = self._columns(self.size.width)
            self.view.cursor = self.cursor
            self.view.move(self.history, places, columns)
            self.post_message(self.Viewed())

    def on_click(self, event: textual_events.Click | None = None) -> None:
        """A click on the plot moves the cursor there."""
        super().on_click()
        columns, plot = self._columns(self.size.width), self.plot_width(self.size.width)
        column = event.x - 1 - axis.gutter(plot) if event is not None else -1
        if 0 <= column < columns and series.epochs_done(self.history):
            self.view.point(self.window, column, columns)
            self.post_message(self.Viewed())

    def action_hide_cursor(self) -> None:
        self.view.cursor = None
        self.post_message(self.Viewed())

    def action_recent(self) -> None:
        self.view.toggle_recent()
        self.post_message(self.Viewed())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Escape to the screen while there is no cursor."""
        if action == "hide_cursor":
            return self.cursor is not None
        return super().check_action(action, parameters)
