"""The list of live and recent runs, which it reads again every two seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from textual import work
from textual.message import Message
from textual.worker import Worker

from engine.errors import EngineError
from engine.run.run_paths import RunDir
from engine.text import harmless
from tui.screens.launcher import launcher_text
from tui.viewer.run_index import RunIndex
from tui.viewer.run_list import run_columns
from tui.viewer.run_summary import RunSummary
from tui.widgets.chooser import Chooser

RECENT_RUNS = 20
LIVE = ("live", "paused")
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

    def __init__(self, runs_dir: Path, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._runs_dir = runs_dir
        self._index = RunIndex(runs_dir)
        self._runs: Sequence[RunSummary] = ()
        self._order = launcher_text.NEWEST
        self._reading: Worker[None] | None = None
        # The run to mark when the list is filled next.
        self._to_mark = ""

    def on_mount(self) -> None:
        self.read_runs()
        self.set_interval(REFRESH_SECONDS, self.read_runs)

    @property
    def run(self) -> RunDir:
        """The marked run; there has to be one."""
        return RunDir(Path(self.chosen))

    def mark(self, run: RunDir) -> None:
        """Mark this run when the list is filled next."""
        self._to_mark = str(run.path)

    def read_runs(self) -> None:
        """Read the runs, unless an earlier reading still goes on: a slow disk may take longer."""
        if self.screen.is_current and (self._reading is None or self._reading.is_finished):
            self._reading = self._read()

    @work(thread=True)
    def _read(self) -> None:
        """Read the runs in a thread: some journals may be long."""
        try:
            found = [*itertools.islice(self._index.stream(), RECENT_RUNS)]
        except EngineError as error:
            self.post_message(self.Unreadable(str(error)))
            return
        self.app.call_from_thread(self._show, found)

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
        """Say below the list why the marked run failed."""
        self.note(next((harmless(run.error) for run in self._runs if run.path == self.chosen), ""))
