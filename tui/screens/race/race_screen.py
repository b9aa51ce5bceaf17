"""The screen of a race: Enter shows the dashboard of a run, Escape there comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.errors import EngineError
from engine.queueing import queue_edits
from engine.racing import race_dropping
from engine.run.run_paths import RunDir
from tui import shared_text
from tui.drawing import race_rows_text
from tui.drawing.cells import Row, Span
from tui.screens import screen_text
from tui.screens.dashboard import Dashboard
from tui.screens.help import HelpScreen
from tui.screens.paced_reading import PacedReading
from tui.screens.question import QuestionScreen
from tui.screens.race import race_screen_text as words
from tui.screens.race.race_box import RaceBox
from tui.screens.race.race_end import RaceEnd
from tui.screens.race.recipe_curves import RecipeCurves
from tui.terminal.fine_screen import FineScreen
from tui.viewer import race_reading, source_opening
from tui.viewer.race_reading import RaceReading
from tui.viewer.run_follower import RunFollower
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row

# A reading waits at least this long after the one before.
REST_SECONDS = 1.0
# The recipes that are compared, and the most runs of them.
MOST_RECIPES, MOST_RUNS = 5, 20
# The least rows of a screen that has room for curves, and the shares of the list and the sentences.
LEAST_ROWS, LIST_SHARE, END_SHARE = 18, 0.55, 0.3


class RaceScreen(FineScreen[None]):
    """Shows a race of the runs folder, and lets its user look into it, pause it, stop its runs."""

    CSS = """
    RaceScreen #board { height: 1fr; }
    RaceScreen #curves { height: 1fr; }
    RaceScreen #keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "attach", words.ATTACH),
        Binding("left,h", "run(-1)", show=False),
        Binding("right,l", "run(1)", show=False),
        Binding("c", "compare", words.COMPARE),
        Binding("p", "pause", words.PAUSE),
        Binding("s", "stop", words.STOP),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape", "back", show=False),
        Binding("q,ctrl+c", "leave", words.LEAVE),
    ]

    def __init__(
        self,
        runs_dir: Path,
        label: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._runs_dir, self._label, self._clock = runs_dir, label, clock
        self._readings = PacedReading(self, self._read, REST_SECONDS)
        self._is_unreadable = False
        self.reading: RaceReading | None = None
        """What was read last; None before the first reading."""

    def compose(self) -> ComposeResult:
        yield RaceBox(id="board")
        yield RaceEnd(id="end")
        yield RecipeCurves(id="curves")
        yield KeysRow(id="keys")

    def on_mount(self) -> None:
        self.query_one(RaceBox).entitle((Span(race_rows_text.title(self._label)),))
        self.read_race()

    def on_resize(self) -> None:
        self._show()

    # Reading

    def read_race(self) -> None:
        """Read the race, unless a reading goes on."""
        self._readings.now()

    def _read(self) -> None:
        """Read in a thread: a slow disk takes long."""
        try:
            found = race_reading.read(self._runs_dir, self._label)
        except EngineError as error:
            self.app.call_from_thread(self._say_unreadable, str(error))
        else:
            self.app.call_from_thread(self._take, found)

    def _say_unreadable(self, sentence: str) -> None:
        self._is_unreadable = True
        self.query_one(RaceBox).complain(sentence)

    def _take(self, found: RaceReading) -> None:
        before, self.reading = self.reading, found
        if found != before or self._is_unreadable:
            self._is_unreadable = False
            self._show()
            self.refresh_bindings()
        if before is not None and found.board.ended and not before.board.ended:
            self.call_attention(race_rows_text.ended(found.board))

    def _show(self) -> None:
        self._lay_out()
        if self.reading is not None:
            most = int(END_SHARE * self.size.height)
            self.query_one(RaceEnd).show(self.reading.conclusions, self.size.width, most)
            self.query_one(RaceBox).show(self.reading)
            self.query_one(RecipeCurves).show(self.reading)
            self.query_one(KeysRow).redraw()

    def _lay_out(self) -> None:
        """Give the list the rows that it needs, if the curves keep enough."""
        height, curves = self.size.height, self.query_one(RecipeCurves)
        curves.display = height >= LEAST_ROWS
        recipes = len(self.reading.recipes) if self.reading is not None else 0
        rows = min(recipes + 5, int(LIST_SHARE * height))
        self.query_one(RaceBox).styles.height = rows if curves.display else "1fr"

    # Keys

    @property
    def is_over(self) -> bool:
        return self.reading is not None and self.reading.board.ended

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """After its end there is nothing to pause and to stop."""
        return not (self.is_over and action in ("pause", "stop"))

    def action_run(self, runs: int) -> None:
        self.query_one(RaceBox).next_run(runs)

    def action_attach(self) -> None:
        if (run := self._run) is not None:
            source = RunFollower(run)
            self.app.push_screen(Dashboard(source, below=True, clock=self._clock))

    @property
    def _run(self) -> RunDir | None:
        """The chosen run; None where there is none, or its folder is gone."""
        row = self.query_one(RaceBox).run
        if row is None:
            return None
        if row.state == "removed":
            self.notify(words.removed(row.run), markup=False)
            return None
        return RunDir(self._runs_dir / row.run)

    def action_compare(self) -> None:
        """Compare the runs of the best recipes, as far as they have begun."""
        standings = self.reading.board.standings if self.reading is not None else ()
        rows = [row for each in standings[:MOST_RECIPES] for row in each.rows]
        begun = [row.run for row in rows if row.epoch and row.state != "removed"]
        if len(begun) < 2:
            self.notify(words.TOO_FEW, markup=False)
            return
        from tui.screens.compare.compare_screen import CompareScreen

        paths = [str(self._runs_dir / run) for run in begun[:MOST_RUNS]]
        try:
            sources = source_opening.open_all(self._runs_dir, paths)
            self.app.push_screen(CompareScreen(sources, clock=self._clock))
        except EngineError as error:
            self._tell(error)

    def action_pause(self) -> None:
        if self.reading is not None:
            self._change(self._go_on if self.reading.board.idle else self._pause)

    def _pause(self) -> str:
        return words.paused(queue_edits.pause(self._runs_dir))

    def _go_on(self) -> str:
        queue_edits.go_on(self._runs_dir)
        return words.GOES_ON

    def action_stop(self) -> None:
        if (run := self._run) is not None:
            self.app.push_screen(StopInRace(run.label), partial(self._stop, run))

    def _stop(self, run: RunDir, answer: str | None) -> None:
        def stop() -> str:
            race_dropping.drop(self._runs_dir, self._label, run.label)
            return words.stopped(run.label)

        if answer == "stop":
            self._change(stop)

    @work(thread=True)
    def _change(self, change: Callable[[], str]) -> None:
        """Change a file in a thread, since others may hold its lock; tell what was done."""
        try:
            said = change()
        except EngineError as error:
            self.app.call_from_thread(self._tell, error)
        else:
            self.app.call_from_thread(self.notify, said, markup=False)
        self.app.call_from_thread(self._readings.anew)

    def _tell(self, error: EngineError) -> None:
        self.notify(str(error), severity="error", markup=False)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((words.HELP, words.HELP_SIGNS, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        if self.is_above_another:
            self.dismiss()

    @property
    def farewell(self) -> str:
        return words.show_again(self._label, ended=self.is_over)


class KeysRow(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        screen = self.screen
        assert isinstance(screen, RaceScreen)
        reading = screen.reading
        paused = reading is not None and bool(reading.board.idle)
        several = reading is not None and reading.board.race.seeds > 1
        under_way = (
            ("p", words.KEY_GO_ON if paused else words.KEY_PAUSE),
            ("s", words.KEY_STOP),
        )
        keys = (
            ("⏎", words.KEY_ATTACH),
            *((("←→", words.KEY_RUN),) if several else ()),
            ("c", words.KEY_COMPARE),
            *(() if screen.is_over else under_way),
            (":", screen_text.KEY_COMMANDS),
            ("q", screen_text.KEY_LEAVE),
            *((("esc", screen_text.KEY_BACK),) if screen.is_above_another else ()),
            ("?", shared_text.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]


class StopInRace(QuestionScreen):
    """Let the run race on (the default), or stop it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "answer('stop')", show=False)]

    def __init__(self, label: str) -> None:
        super().__init__(label, words.STOP_QUESTION, words.STOP_ANSWERS)
