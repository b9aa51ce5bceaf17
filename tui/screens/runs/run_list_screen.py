"""A screen that lists runs: it reads them again and again, and filters, orders and marks them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine.errors import EngineError
from engine.run.run_paths import RunDir
from tui.drawing.cells import Span
from tui.screens import screen_text
from tui.screens.head_row import HeadRow
from tui.screens.paced_reading import PacedReading
from tui.screens.runs import remembered_view, runs_screen_text
from tui.screens.runs.all_runs import AllRuns
from tui.screens.runs.run_changes import Change, RunChanges
from tui.screens.runs.run_details import RunDetails
from tui.terminal.fine_screen import FineScreen
from tui.viewer import run_selection
from tui.viewer.run_index import RunIndex
from tui.viewer.run_summary import RunSummary
from tui.viewer.shown_runs import RunCells, RunsView, ShownRuns, shown_runs

REFRESH_SECONDS = 2.0
# So many runs fill the first screen; the others may take a while.
FIRST_RUNS = 100
# How long the note of an error stays.
ERROR_SECONDS = 10
# Below these heights there is no room for the box with details, and for the row at the top.
DETAILED, HEADED = 22, 14


class RunListScreen(FineScreen[None]):
    """Lists the runs of a folder, which it reads in a thread.

    A screen below it says what the list is, and what can be done with its runs.
    """

    TITLE_OF_LIST: ClassVar[str]
    EMPTY: ClassVar[tuple[str, str]]
    """Why there are no runs, in a long form and a short one."""
    CSS = """
    #head, #keys { height: 1; }
    #table { height: 1fr; }
    #chosen { height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", runs_screen_text.MARK),
        Binding("u", "unmark", runs_screen_text.UNMARK),
        Binding("slash", "filter", runs_screen_text.FILTER),
        Binding("o", "order", runs_screen_text.ORDER),
        Binding("O", "reverse", runs_screen_text.REVERSE),
        Binding("C", "columns", runs_screen_text.COLUMNS),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
    ]

    def __init__(self, folder: Path, index: RunIndex, clock: Callable[[], float]) -> None:
        super().__init__()
        self._folder, self._index, self._clock = folder, index, clock
        self._view = remembered_view.read()
        self._filter = ""
        self._runs: Sequence[RunSummary] = ()
        self._texts = RunCells()
        self._reading = PacedReading(
            self, self._read, REFRESH_SECONDS, wanted=lambda: self.is_current
        )
        self._remembering = threading.Lock()
        self._changes = RunChanges(self, self._changed)
        # So many times runs were changed here.
        self._change_count = 0

    def compose(self) -> ComposeResult:
        yield HeadRow(self._folder, id="head")
        yield AllRuns(self.EMPTY, id="table")
        yield RunDetails(id="chosen")
        yield self.keys_row()

    def keys_row(self) -> Widget:
        """The row of keys at the bottom, whose id is `keys`."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.watch(self._table, "chosen", self._show_details)
        self._table.entitle((Span(self.TITLE_OF_LIST, "title"),))
        self._table.wait(runs_screen_text.READING)
        self.read_runs()

    @property
    def _table(self) -> AllRuns:
        return self.query_one(AllRuns)

    def on_resize(self) -> None:
        height = self.app.size.height
        self.query_one("#head").display = height >= HEADED
        self.query_one("#chosen").display = height >= DETAILED

    def on_screen_resume(self) -> None:
        self.read_runs()

    # Reading and showing

    def read_runs(self) -> None:
        """Read the runs, unless a reading goes on."""
        self._reading.now()

    def _read(self) -> None:
        """Read all runs; of very many, show the first screen meanwhile, if none is shown yet."""
        view, change_count = self._view, self._change_count
        runs: list[RunSummary] = []
        try:
            for run in self._index.stream():
                runs.append(run)
                if len(runs) == FIRST_RUNS and not self._runs:
                    first = shown_runs(runs, view, self._texts, self._clock())
                    self.app.call_from_thread(self._show, first)
        except EngineError as error:
            self.app.call_from_thread(self._say_unreadable, str(error))
            return
        self._texts.forget_others(runs)
        shown = shown_runs(runs, view, self._texts, self._clock())
        self.app.call_from_thread(self._take, runs, shown, change_count)

    def _say_unreadable(self, sentence: str) -> None:
        self._table.complain(sentence)

    def _take(self, runs: Sequence[RunSummary], shown: ShownRuns, change_count: int) -> None:
        """Show what was read in the view that is wanted now, unless runs were changed meanwhile."""
        if change_count != self._change_count or self._changes.under_way:
            return
        self._runs = runs
        if shown.view is self._view:
            self._show(shown)
        else:
            self._arrange(self._view, runs)
        self._table.unmark_missing({run.path for run in runs})

    @work(thread=True, group="arrange", exclusive=True)
    def _arrange(self, view: RunsView, runs: Sequence[RunSummary]) -> None:
        """Choose and order the rows in a thread: there may be very many."""
        shown = shown_runs(runs, view, self._texts, self._clock())
        self.app.call_from_thread(self._take_arranged, runs, shown)

    def _take_arranged(self, runs: Sequence[RunSummary], shown: ShownRuns) -> None:
        """Show the rows, unless others are wanted by now."""
        if runs is self._runs and shown.view is self._view:
            self._show(shown)

    def _show(self, shown: ShownRuns) -> None:
        self._table.show(shown)
        self._table.note(self._table.spelled(runs_screen_text.foot(self._filter, self._view.order)))
        self._show_details()

    def _look_at(self, view: RunsView) -> None:
        """Show the runs in another view."""
        self._view = view
        self._arrange(view, self._runs)

    def _show_details(self) -> None:
        self.query_one(RunDetails).show(self._table.run)

    def on_all_runs_vanished(self, message: AllRuns.Vanished) -> None:
        self.notify(runs_screen_text.vanished(message.labels), severity="warning", markup=False)

    def _complain(self, sentence: str) -> None:
        self.notify(sentence, severity="error", timeout=ERROR_SECONDS, markup=False)

    # Filter, order and columns

    def action_filter(self) -> None:
        from tui.screens.runs.live_line import LiveLine, refusal

        before = self._filter

        def take(written: str | None) -> None:
            self._apply(before if written is None else written)

        line = LiveLine(
            before,
            lambda written: refusal(lambda: written and run_selection.parse(written)),
            runs_screen_text.FILTER_EXAMPLE,
            self._apply,
        )
        line.entitled(runs_screen_text.FILTER_TITLE, runs_screen_text.FILTER_KEYS)
        self.app.push_screen(line, take)

    def _apply(self, written: str) -> None:
        """Show the runs that meet this condition, or all runs."""
        if written != self._filter:
            self._filter = written
            condition = run_selection.parse(written) if written else None
            self._look_at(self._view._replace(condition=condition))

    def action_order(self) -> None:
        from tui.screens.runs.column_dialogs import OrderDialog

        def take(order: str | None) -> None:
            if order is not None:
                self._remember(self._view._replace(order=order))

        self.app.push_screen(OrderDialog(self._view.order, self._view.columns), take)

    def action_reverse(self) -> None:
        order = self._view.order
        if order:
            turned = order[1:] if order.startswith("-") else f"-{order}"
            self._remember(self._view._replace(order=turned))

    def action_columns(self) -> None:
        from tui.screens.runs.column_dialogs import ColumnsDialog

        def take(columns: tuple[str, ...] | None) -> None:
            if columns is not None:
                self._remember(self._view._replace(columns=columns))

        self.app.push_screen(ColumnsDialog(self._view.columns), take)

    def _remember(self, view: RunsView) -> None:
        self._look_at(view)
        self._write_view()

    @work(thread=True, group="remember")
    def _write_view(self) -> None:
        """Write the view that is wanted now: of two that are chosen at once, the last one stays."""
        with self._remembering:
            remembered_view.write(self._view)

    # Marks

    def action_mark(self) -> None:
        self._table.toggle_mark()

    def action_unmark(self) -> None:
        self._table.unmark_all()

    @property
    def _chosen(self) -> RunDir | None:
        run = self._table.run
        return RunDir(Path(run.path)) if run is not None else None

    @property
    def _wanted(self) -> list[RunDir]:
        """The marked runs, else the chosen one."""
        chosen = self._chosen
        return self._table.marked or ([chosen] if chosen is not None else [])

    # Changes

    def _changed(self, change: Change) -> None:
        """Show what has become of the runs; what is said of a mistake stays longer."""
        if change.error:
            self._complain(change.error)
        if change.said:
            self.notify(change.said, markup=False)
        self._change_count += 1
        for before, after in change.moved.items():
            self._table.follow(before, after)
        self._reading.anew()
