"""The screen of all runs: what can be done with the chosen and the marked ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from engine.errors import EngineError
from engine.run.run_paths import RunDir
from tui.screens import screen_text
from tui.screens.runs import runs_screen_text
from tui.screens.runs.run_list_screen import RunListScreen
from tui.screens.runs.runs_keys import RunsKeys
from tui.screens.started_runs import StartedRuns
from tui.viewer import source_opening
from tui.viewer.run_index import RunIndex

if TYPE_CHECKING:
    from tui.screens.resumption import Resumption


class RunsScreen(RunListScreen):
    """Lists all runs of a folder; keys watch, compare, change and resume them."""

    TITLE_OF_LIST = runs_screen_text.TITLE
    EMPTY = runs_screen_text.NO_RUNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "attach", runs_screen_text.ATTACH),
        Binding("c", "compare", runs_screen_text.COMPARE),
        Binding("t", "tags", runs_screen_text.TAGS),
        Binding("n", "note", runs_screen_text.NOTE),
        Binding("N", "rename", runs_screen_text.RENAME),
        Binding("d", "delete", runs_screen_text.DELETE),
        Binding("T", "trash", runs_screen_text.TRASH),
        Binding("R", "resume", runs_screen_text.RESUME),
        Binding("x", "report", runs_screen_text.REPORT),
        Binding("p", "predict", runs_screen_text.PREDICT),
        Binding("w", "race", runs_screen_text.RACE),
        Binding("y", "copy", runs_screen_text.COPY),
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
        super().__init__(runs_dir, index, clock)
        self._started = started

    def keys_row(self) -> RunsKeys:
        return RunsKeys(id="keys")

    def _show_details(self) -> None:
        super()._show_details()
        run = self._table.run
        self.query_one(RunsKeys).has_race = run is not None and bool(run.race)

    def action_compare(self) -> None:
        marked = self._table.marked
        if len(marked) < 2:
            self.notify(runs_screen_text.MARK_MORE)
            return
        from tui.screens.compare.compare_screen import CompareScreen

        try:
            paths = [str(run.path.absolute()) for run in marked]
            compared = CompareScreen(source_opening.open_all(self._folder, paths))
        except EngineError as error:
            self._complain(str(error))
        else:
            self.app.push_screen(compared)

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

    def action_trash(self) -> None:
        """Show the runs in the trash, from where they can come back."""
        from tui.screens.runs.trash_screen import TrashScreen

        self.app.push_screen(TrashScreen(self._folder, clock=self._clock))

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

        self.app.push_screen(RaceScreen(self._folder, run.race))

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
