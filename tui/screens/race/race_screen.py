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
from tui.drawing import board_words, race_rows
from tui.drawing.cells import Row
from tui.screens import screen_text
from tui.screens.dashboard import Dashboard
from tui.screens.help import HelpScreen
from tui.screens.question import QuestionScreen
from tui.screens.race import race_screen_text as words
from tui.screens.race.race_box import RaceBox
from tui.terminal.fine_screen import FineScreen
from tui.viewer import race_reading
from tui.viewer.race_reading import RaceReading
from tui.viewer.run_follower import RunFollower
from tui.widgets.drawn import CellWidget
from tui.widgets.strips import keys_row

# A reading waits at least this long after the one before, and so many times as long as that took.
REST_SECONDS, REST = 1.0, 20
# The recipes that are compared, and the most runs of them.
MOST_RECIPES, MOST_RUNS = 5, 20
# The least rows of a screen that has room for curves, and the share of the list.
LEAST_ROWS, LIST_SHARE = 18, 0.55


class RaceScreen(FineScreen[None]):
    """Shows a race of the runs folder, and lets its user look into it, pause it, drop its runs."""

    CSS = """
    RaceScreen #board { height: 1fr; }
    RaceScreen #curves { height: 1fr; }
    RaceScreen #keys { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", words.OPEN),
        Binding("left,h", "run(-1)", show=False),
        Binding("right,l", "run(1)", show=False),
        Binding("c", "compare", words.COMPARE),
        Binding("p", "pause", words.PAUSE),
        Binding("d", "drop", words.DROP),
        Binding("question_mark", "help", screen_text.LIST_KEYS),
        Binding("escape", "back", show=False),
        Binding("q,ctrl+c", "leave", words.LEAVE),
    ]

    def __init__(
        self,
        runs_dir: Path,
        label: str,
        *,
        below: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`below` says that another screen is below."""
        super().__init__()
        self._runs_dir, self._label, self._below, self._clock = runs_dir, label, below, clock
        self.reading: RaceReading | None = None
        """What was read last; None before the first reading."""

    def compose(self) -> ComposeResult:
        yield RaceBox(id="board")
        yield CurvesBox(id="curves")
        yield KeysRow(id="keys")

    def on_mount(self) -> None:
        self._read()

    def on_resize(self) -> None:
        self._show()

    # Reading

    @work(thread=True)
    def _read(self) -> None:
        """Read in a thread: a slow disk takes long."""
        began = time.monotonic()
        try:
            found = race_reading.read(self._runs_dir, self._label)
        except EngineError as error:
            self.app.call_from_thread(self._tell, error, seconds=60)
            self.app.call_from_thread(self._read_later, time.monotonic() - began)
            return
        self.app.call_from_thread(self._take, found, time.monotonic() - began)

    def _take(self, found: RaceReading, took: float) -> None:
        before, self.reading = self.reading, found
        if found != before:
            self._show()
        if before is not None and found.board.ended and not before.board.ended:
            self.call_attention(board_words.ended(found.board))
        self._read_later(took)

    def _read_later(self, took: float) -> None:
        self.set_timer(max(REST_SECONDS, REST * took), self._read)

    def _show(self) -> None:
        self._lay_out()
        if self.reading is not None:
            self.query_one(RaceBox).show(self.reading)
            self.query_one(CurvesBox).show(self.reading)
            self.query_one(KeysRow).redraw()

    def _lay_out(self) -> None:
        """Give the list the rows that it needs, if the curves keep enough."""
        height, curves = self.size.height, self.query_one(CurvesBox)
        curves.display = height >= LEAST_ROWS
        recipes = len(self.reading.recipes) if self.reading is not None else 0
        rows = min(recipes + 5, int(LIST_SHARE * height))
        self.query_one(RaceBox).styles.height = rows if curves.display else "1fr"

    # Keys

    def action_run(self, runs: int) -> None:
        self.query_one(RaceBox).next_run(runs)

    def action_open(self) -> None:
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
            self.app.push_screen(CompareScreen(paths, self._runs_dir, clock=self._clock))
        except EngineError as error:
            self._tell(error)

    def action_pause(self) -> None:
        if self.reading is not None:
            self._change(self._go_on if self.reading.board.paused else self._pause)

    def _pause(self) -> str:
        return words.paused(queue_edits.pause(self._runs_dir))

    def _go_on(self) -> str:
        queue_edits.go_on(self._runs_dir)
        return words.GOES_ON

    def action_drop(self) -> None:
        if (run := self._run) is not None:
            self.app.push_screen(DropScreen(run.label), partial(self._drop, run))

    def _drop(self, run: RunDir, answer: str | None) -> None:
        def drop() -> str:
            race_dropping.drop(self._runs_dir, self._label, run.label)
            return words.dropped(run.label)

        if answer == "drop":
            self._change(drop)

    @work(thread=True)
    def _change(self, change: Callable[[], str]) -> None:
        """Change a file in a thread, since others may hold its lock; tell what was done."""
        try:
            said = change()
        except EngineError as error:
            self.app.call_from_thread(self._tell, error)
        else:
            self.app.call_from_thread(self.notify, said, markup=False)

    def _tell(self, error: EngineError, seconds: float | None = None) -> None:
        self.notify(str(error), severity="error", timeout=seconds, markup=False)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen((words.HELP, screen_text.HELP_BOXES)))

    def action_back(self) -> None:
        if self._below:
            self.dismiss()

    def action_leave(self) -> None:
        self.app.exit(self.farewell)

    @property
    def farewell(self) -> str:
        ended = self.reading is not None and self.reading.board.ended
        return words.show_again(self._label, ended=ended)


class CurvesBox(CellWidget):
    """The curves of the best recipes."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._reading: RaceReading | None = None

    def show(self, reading: RaceReading) -> None:
        self._reading = reading
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        found = self._reading
        if found is None or width < 3 or height < 3:
            return []
        pairs = zip(found.recipes, found.board.standings, strict=True)
        names = {recipe: board_words.recipe(standing) for recipe, standing in pairs}
        return race_rows.curves_box(found.curves, names, found.epochs, found.rungs, width, height)


class KeysRow(CellWidget):
    """The keys that work now."""

    def draw(self, width: int, height: int) -> list[Row]:
        screen = self.screen
        assert isinstance(screen, RaceScreen)
        reading = screen.reading
        paused = reading is not None and bool(reading.board.paused)
        several = reading is not None and reading.board.race.seeds > 1
        keys = (
            ("⏎", words.KEY_OPEN),
            *((("←→", words.KEY_RUN),) if several else ()),
            ("c", words.KEY_COMPARE),
            ("p", words.KEY_GO_ON if paused else words.KEY_PAUSE),
            ("d", words.KEY_DROP),
            (":", screen_text.KEY_COMMANDS),
            ("q", screen_text.KEY_LEAVE),
            ("?", words.KEY_HELP),
        )
        return [keys_row(keys, width, self.spelled)]


class DropScreen(QuestionScreen):
    """Let the run race on (the default), or drop it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "answer('drop')", show=False)]

    def __init__(self, label: str) -> None:
        super().__init__(label, words.DROP_QUESTION, words.DROP_ANSWERS)
