"""The screen that compares runs and logs: their curves in one plot, and a table below."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui import shared_text
from tui.drawing.cells import Row
from tui.screens import screen_text
from tui.screens.compare import compare_text as words
from tui.screens.compare.comparing import PAN, ZOOM, Comparing
from tui.screens.compare.curves_box import CurvesBox
from tui.screens.compare.runs_table import RunsTable
from tui.screens.compare.verdict_row import VerdictRow
from tui.screens.help import HelpScreen
from tui.terminal.fine_screen import FineScreen
from tui.viewer import compare_view, source_opening
from tui.viewer.compared import Compared
from tui.viewer.compared_axes import Axis
from tui.viewer.event_source import EventSource
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row

TICK_SECONDS = 0.5
# Between two slices of reading, keys are handled.
BREAK_SECONDS = 0.001
# While there is more to read, the curves are drawn again after this time at the earliest, and
# after as many times as long as the last drawing took.
FIRST_GLIMPSE_SECONDS, REST = 0.25, 9
# The table takes at most this share of the screen; the plot and its frame take so many rows.
TABLE_SHARE, LEAST_PLOT = 0.5, 8


class CompareScreen(FineScreen[None]):
    """Compares these sources; `source_opening.open_all` opens them."""

    CSS = "CompareScreen #curves { height: 1fr; } CompareScreen #keys { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", show=False),
        Binding("right,l", "move(1)", show=False),
        Binding("shift+left", "move(-10)", show=False),
        Binding("shift+right", "move(10)", show=False),
        Binding("up,k", "select(-1)", show=False),
        Binding("down,j", "select(1)", show=False),
        Binding("pageup", "select(-10)", show=False),
        Binding("pagedown", "select(10)", show=False),
        Binding("home", "select(-1000000)", show=False),
        Binding("end", "select(1000000)", show=False),
        Binding("enter", "attach", words.ATTACH),
        Binding("space", "hide", words.HIDE),
        Binding("b", "baseline", words.BASE),
        Binding("m", "quantity(1)", words.NEXT_QUANTITY),
        Binding("M", "quantity(-1)", words.LAST_QUANTITY),
        Binding("x", "axis", words.NEXT_AXIS),
        Binding("plus,equals_sign", "smooth(1)", words.SMOOTH_MORE),
        Binding("minus", "smooth(-1)", words.SMOOTH_LESS),
        Binding("z", f"zoom({ZOOM})", words.ZOOM_IN),
        Binding("Z,backspace", f"zoom({1 / ZOOM})", words.ZOOM_OUT),
        Binding("0", "whole", words.ZOOM_ALL),
        Binding("less_than_sign", f"pan({-PAN})", words.EARLIER),
        Binding("greater_than_sign", f"pan({PAN})", words.LATER),
        Binding("f", "fold", words.FOLD),
        Binding("o", "order", words.ORDER),
        Binding("L", "log_scale", words.LOG_SCALE),
        Binding("s", "settings", words.SHOW_SETTINGS),
        Binding("p", "pairs", words.SHOW_PAIRS),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape", "back", show=False),
        Binding("q,ctrl+c", "leave", words.QUIT),
    ]

    def __init__(
        self,
        sources: Sequence[EventSource],
        *,
        axis: Axis | None = None,
        baseline: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`axis` and the resolved path `baseline` replace what is remembered of these runs."""
        super().__init__()
        self._clock = clock
        compared = Compared(sources)
        view = compare_view.view_of(run.path for run in compared.runs)
        self.comparing = Comparing(compared, view)
        if axis is not None and axis != view.axis:
            self.comparing.choose_axis(axis)
        view.baseline = baseline or view.baseline
        self._may_draw_at = 0.0

    def compose(self) -> ComposeResult:
        yield CurvesBox(self.comparing, id="curves")
        yield RunsTable(self.comparing, id="runs")
        yield VerdictRow(self.comparing, id="verdict")
        yield KeysRow(id="keys")

    def on_mount(self) -> None:
        self._follow()

    def on_unmount(self) -> None:
        self.comparing.remember()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Give the table the rows that it needs, if the curves keep enough."""
        table = self.query_one(RunsTable)
        most = min(int(TABLE_SHARE * self.size.height), self.size.height - 1 - LEAST_PLOT)
        rows = max(2, min(most, table.rows_wanted))
        if table.styles.height is None or table.styles.height.value != rows:
            table.styles.height = rows

    # Reading

    def _follow(self) -> None:
        """Read now, and again at every tick; while there is more, as soon as keys are handled."""
        more = self._read()
        self.set_timer(BREAK_SECONDS if more else TICK_SECONDS, self._follow)

    def _read(self) -> bool:
        """Read for a slice of time, and draw what is new; whether there is more."""
        news = self.comparing.compared.read()
        for sentence in news.vanished:
            self.notify(sentence, severity="warning", markup=False)
        is_time = time.monotonic() >= self._may_draw_at
        if is_time if news.more else news.changed:
            self._draw()
        self.query_one(VerdictRow).judge()
        return news.more

    def _draw(self) -> None:
        began = time.monotonic()
        if self.is_current:
            self._lay_out()
            for part in self.query(CellWidget):
                part.redraw()
        ended = time.monotonic()
        self._may_draw_at = ended + max(FIRST_GLIMPSE_SECONDS, REST * (ended - began))

    def on_screen_resume(self) -> None:
        self._draw()

    # Keys

    def action_move(self, columns: int) -> None:
        self.comparing.move(columns, self.query_one(CurvesBox).columns)
        self._draw()

    def action_select(self, further: int) -> None:
        self.comparing.select(further)
        self._draw()

    def action_hide(self) -> None:
        self.comparing.toggle_hidden()
        self._draw()

    def action_baseline(self) -> None:
        self.comparing.toggle_baseline()
        self._draw()

    def action_quantity(self, further: int) -> None:
        self.comparing.choose_quantity(further)
        self._draw()

    def action_axis(self) -> None:
        self.comparing.choose_axis()
        self._draw()

    def action_smooth(self, levels: int) -> None:
        self.comparing.view.smooth(levels)
        self._draw()

    def action_zoom(self, factor: float) -> None:
        self.comparing.zoom(factor)
        self._draw()

    def action_whole(self) -> None:
        self.comparing.view.window = None
        self._draw()

    def action_pan(self, shares: float) -> None:
        self.comparing.pan(shares)
        self._draw()

    def action_fold(self) -> None:
        self.comparing.view.folded = not self.comparing.view.folded
        if self.comparing.view.folded and not self.comparing.has_folded:
            self.notify(words.NOTHING_FOLDS, markup=False)
        self._draw()

    def action_order(self) -> None:
        self.comparing.view.by_value = not self.comparing.view.by_value
        self._draw()

    def action_log_scale(self) -> None:
        self.comparing.view.log = not self.comparing.view.log
        self._draw()

    def action_settings(self) -> None:
        table = self.query_one(RunsTable)
        table.shows_settings = not table.shows_settings
        self._draw()

    def action_pairs(self) -> None:
        from tui.screens.compare.pairs_screen import PairsScreen

        self.app.push_screen(PairsScreen(self.comparing.compared))

    def action_attach(self) -> None:
        """Show the dashboard of the selected run, whose history is read for itself."""
        from tui.screens.dashboard import Dashboard

        source = source_opening.again(self.comparing.selected_row.runs[0].source)
        self.app.push_screen(Dashboard(source, below=True, clock=self._clock))

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((*words.HELP, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        """Take the cursor away; without one, go back to the screen below, if there is one."""
        if self.comparing.cursor is not None:
            self.comparing.cursor = None
            self._draw()
        elif self.is_above_another:
            self.dismiss()

    # The mouse

    def on_curves_box_viewed(self) -> None:
        self._draw()

    def on_runs_table_chosen(self, message: RunsTable.Chosen) -> None:
        """A click selects a run; a second one hides its curve, or shows it."""
        if message.letter in self.comparing.selected_row.letters:
            self.comparing.toggle_hidden()
        else:
            self.comparing.selected = message.letter
        self._draw()


class KeysRow(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        screen = self.screen
        assert isinstance(screen, CompareScreen)
        keys = (
            ("←→", words.KEY_CURSOR),
            ("↑↓", words.KEY_RUN),
            ("m", words.KEY_QUANTITY),
            ("p", words.KEY_PAIRS),
            ("x", words.KEY_AXIS),
            ("zZ", words.KEY_ZOOM),
            ("+ -", words.KEY_SMOOTH),
            ("b", words.KEY_BASELINE),
            ("s", words.KEY_SETTINGS),
            ("f", words.KEY_FOLD),
            ("space", words.KEY_HIDE),
            ("o", words.KEY_ORDER),
            ("⏎", words.KEY_ATTACH),
            *((("esc", screen_text.KEY_BACK),) if screen.is_above_another else ()),
            ("q", screen_text.KEY_LEAVE),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]
