"""The screen of all runs: the table, and what can be done with the chosen and the marked ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

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
from tui.screens.runs.runs_keys import RunsKeys
from tui.screens.started_runs import StartedRuns
from tui.terminal.fine_screen import FineScreen
from tui.viewer import run_selection, source_opening
from tui.viewer.run_index import RunIndex
from tui.viewer.run_summary import RunSummary
from tui.viewer.shown_runs import RunCells, RunsView, ShownRuns, shown_runs

if TYPE_CHECKING:
    from tui.screens.resumption import Resumption

REFRESH_SECONDS = 2.0
# So many runs fill the first screen; the others may take a while.
FIRST_RUNS = 100
# How long the note of an error stays.
ERROR_SECONDS = 10
# Below these heights there is no room for the box with details, and for the row at the top.
DETAILED, HEADED = 22, 14


class RunsScreen(FineScreen[None]):
    """Lists all runs of a folder, and reads them again and again in a thread."""

    CSS = """
    RunsScreen #head, RunsScreen #keys { height: 1; }
    RunsScreen #table { height: 1fr; }
    RunsScreen #chosen { height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "attach", runs_screen_text.ATTACH),
        Binding("space", "mark", runs_screen_text.MARK),
        Binding("u", "unmark", runs_screen_text.UNMARK),
        Binding("c", "compare", runs_screen_text.COMPARE),
        Binding("slash", "filter", runs_screen_text.FILTER),
        Binding("o", "order", runs_screen_text.ORDER),
        Binding("O", "reverse", runs_screen_text.REVERSE),
        Binding("C", "columns", runs_screen_text.COLUMNS),
        Binding("t", "tags", runs_screen_text.TAGS),
        Binding("n", "note", runs_screen_text.NOTE),
        Binding("N", "rename", runs_screen_text.RENAME),
        Binding("d", "delete", runs_screen_text.DELETE),
        Binding("R", "resume", runs_screen_text.RESUME),
        Binding("x", "report", runs_screen_text.REPORT),
        Binding("p", "predict", runs_screen_text.PREDICT),
        Binding("w", "race", runs_screen_text.RACE),
        Binding("y", "copy", runs_screen_text.COPY),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape", "back", runs_screen_text.BACK),
        Binding("q,ctrl+c", "leave", runs_screen_text.LEAVE),
    ]

    def __init__(
        self,
        runs_dir: Path,
        started: StartedRuns,
        index: RunIndex,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`started` learns which runs are resumed here."""
        super().__init__()
        self._runs_dir, self._started, self._clock = runs_dir, started, clock
        self._index = index
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
        yield HeadRow(self._runs_dir, id="head")
        yield AllRuns(id="table")
        yield RunDetails(id="chosen")
        yield RunsKeys(id="keys")

    def on_mount(self) -> None:
        self.watch(self._table, "chosen", self._show_details)
        self._table.entitle((Span(runs_screen_text.TITLE, "title"),))
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
        run = self._table.run
        self.query_one(RunDetails).show(run)
        self.query_one(RunsKeys).has_race = run is not None and bool(run.race)

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

    # Marks and comparing

    def action_mark(self) -> None:
        self._table.toggle_mark()

    def action_unmark(self) -> None:
        self._table.unmark_all()

    def action_compare(self) -> None:
        marked = self._table.marked
        if len(marked) < 2:
            self.notify(runs_screen_text.MARK_MORE)
            return
        from tui.screens.compare.compare_screen import CompareScreen

        try:
            paths = [str(run.path.absolute()) for run in marked]
            compared = CompareScreen(source_opening.open_all(self._runs_dir, paths))
        except EngineError as error:
            self._complain(str(error))
        else:
            self.app.push_screen(compared)

    @property
    def _chosen(self) -> RunDir | None:
        run = self._table.run
        return RunDir(Path(run.path)) if run is not None else None

    @property
    def _wanted(self) -> list[RunDir]:
        """The marked runs, else the chosen one."""
        chosen = self._chosen
        return self._table.marked or ([chosen] if chosen is not None else [])

    # Tags, note, name, and the trash

    def action_tags(self) -> None:
        if runs := self._wanted:
            tags = {run.path: run.tags for run in self._runs}
            self._changes.tag({run: tags.get(str(run.path), ()) for run in runs})

    def action_note(self) -> None:
        if (run := self._table.run) is not None:
            self._changes.note(RunDir(Path(run.path)), run.note)

    def action_rename(self) -> None:
        if (run := self._chosen) is not None:
            self._changes.rename(run)

    def action_delete(self) -> None:
        if runs := self._wanted:
            self._changes.delete(runs)

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

    # Watching, resuming, reporting, predicting

    def action_attach(self) -> None:
        if (run := self._chosen) is not None:
            self._watch(run, None)

    def _watch(self, run: RunDir, expected_at: float | None) -> None:
        from tui.screens.dashboard import Dashboard
        from tui.viewer.run_follower import RunFollower

        source, started = RunFollower(run, expected_at), expected_at is not None
        self.app.push_screen(Dashboard(source, started=started, below=True))

    @cached_property
    def _resumption(self) -> Resumption:
        from tui.screens.resumption import Resumption

        return Resumption(self, self._resumed)

    def action_resume(self) -> None:
        if (run := self._chosen) is not None:
            self._resumption.of(run)

    def _resumed(self, run: RunDir) -> None:
        self._started.add(run)
        self._watch(run, time.time())

    def action_report(self) -> None:
        if runs := self._wanted:
            from tui.screens.runs.report_dialog import ReportDialog

            self.app.push_screen(ReportDialog(runs))

    def action_predict(self) -> None:
        if (run := self._chosen) is not None:
            from tui.screens.runs.prediction_dialogs import ImagesPathDialog

            self.app.push_screen(ImagesPathDialog(), partial(self._predict, run))

    def _predict(self, run: RunDir, path: str | None) -> None:
        if path:
            from tui.screens.runs.prediction_dialogs import PredictionsScreen

            self.app.push_screen(PredictionsScreen(run, path))

    def action_race(self) -> None:
        """Show the race that the chosen run belongs to."""
        run = self._table.run
        if run is None or not run.race:
            self.notify(runs_screen_text.NO_RACE)
            return
        from tui.screens.race.race_screen import RaceScreen

        self.app.push_screen(RaceScreen(self._runs_dir, run.race))

    def action_copy(self) -> None:
        if (run := self._chosen) is not None:
            command = screen_text.attach_command(run.selector)
            self.app.copy_to_clipboard(command)
            self.notify(screen_text.copied(command), markup=False)

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen((runs_screen_text.HELP, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        self.dismiss()

    @property
    def farewell(self) -> str:
        """The runs started here that live on."""
        return self._started.farewell
