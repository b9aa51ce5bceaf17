"""The list of live and recent runs, which it reads again every two seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from textual.message import Message

from engine.errors import EngineError
from engine.run.run_paths import RunDir
from engine.text import harmless
from tui.screens.launcher import launcher_text
from tui.screens.paced_reading import PacedReading
from tui.viewer import queue_news
from tui.viewer.queue_news import QueueNews
from tui.viewer.run_index import RunIndex
from tui.viewer.run_list import run_columns
from tui.viewer.run_summary import LIVE, RunSummary
from tui.widgets.chooser import Chooser

RECENT_RUNS = 20
ORDERS: Mapping[str, Callable[[RunSummary], float | str]] = {
    launcher_text.NEWEST: lambda run: 0.0,
    launcher_text.BEST: lambda run: -(run.best_top1 or 0.0),
    launcher_text.NAME: lambda run: run.name.lower(),
}
REFRESH_SECONDS = 2.0


class RunsBox(Chooser):
    """The newest runs, live ones first."""

    class Listed(Message):
        """The runs were read. The list may be empty."""

    class Unreadable(Message):
        """The runs could not be read; `why` is a sentence."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(
        self,
        runs_dir: Path,
        index: RunIndex,
        *,
        id: str,  # noqa: A002 (Textual's name)
    ) -> None:
        super().__init__(id=id)
        self._runs_dir, self._index = runs_dir, index
        self._runs: Sequence[RunSummary] = ()
        self._order = launcher_text.NEWEST
        self._queue = QueueNews()
        self._reading = PacedReading(
            self, self._read, REFRESH_SECONDS, wanted=lambda: self.screen.is_current
        )
        # The run to mark when the list is filled next.
        self._to_mark = ""

    def on_mount(self) -> None:
        self.read_runs()

    @property
    def run(self) -> RunDir:
        """The marked run; there has to be one."""
        return RunDir(Path(self.chosen))

    def mark(self, run: RunDir) -> None:
        """Mark this run when the list is filled next."""
        self._to_mark = str(run.path)

    def read_runs(self) -> None:
        """Read the runs, unless a reading goes on."""
        self._reading.now()

    def _read(self) -> None:
        """Read the runs in a thread: some journals may be long."""
        news = queue_news.read(self._runs_dir)
        try:
            with closing(self._index.stream()) as runs:
                found = [*itertools.islice(runs, RECENT_RUNS)]
        except EngineError as error:
            self.post_message(self.Unreadable(str(error)))
            return
        self.app.call_from_thread(self._take, found, news)

    def _take(self, found: Sequence[RunSummary], news: QueueNews) -> None:
        self._queue = news
        self._show(found)

    def next_order(self) -> bool:
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._show(self._runs)
        return True

    def _show(self, runs: Sequence[RunSummary]) -> None:
        """List these runs; live ones come before others."""
        self._runs = runs
        key = ORDERS[self._order]
        ordered = sorted(runs, key=lambda run: (run.state not in LIVE, key(run)))
        paths = [run.path for run in ordered]
        marked = self._to_mark if self._to_mark in paths else ""
        hint = f"{launcher_text.ATTACH_HINT}   {launcher_text.filter_and_order(self._order)}"
        self.fill(paths, run_columns(ordered), chosen=marked, facts=(self.spelled(hint),))
        if runs:
            self._to_mark = ""
        self._tell_why()
        self.post_message(self.Listed())

    def watch_chosen(self) -> None:
        super().watch_chosen()
        self._tell_why()

    def _tell_why(self) -> None:
        """Say below the list what the queue does, and why the marked run failed."""
        run = self._summary
        said = launcher_text.queue(self._queue), harmless(run.error) if run is not None else ""
        self.note("   ".join(filter(None, said)))

    @property
    def _summary(self) -> RunSummary | None:
        return next((run for run in self._runs if run.path == self.chosen), None)

    @property
    def race(self) -> str:
        """The race of the marked run, else the one in the queue; "" if there is none."""
        run = self._summary
        return (run.race if run is not None and self.has_focus else "") or self._queue.race
