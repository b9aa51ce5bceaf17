"""Resumes a run of the engine from a screen, as `cnn-tui resume` does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen
from textual.worker import Worker

from engine.errors import EngineError
from engine.protocol.events import RunEnded
from engine.recipes.recipe_toml import parse_setting, read_fields
from engine.run.journal_search import newest_first
from engine.run.run_paths import RunDir
from engine.start import engine_environment, launch
from engine.start import resume as resuming
from tui.screens.epochs_dialog import EpochsDialog


class Resumption:
    """Starts an engine on a run that none trains, and then calls `resumed` with the run.

    Of a run that is done, it asks to how many epochs it shall train. A note says why a run cannot
    be resumed. It works in a thread: a disk may be slow.
    """

    def __init__(self, screen: Screen[Any], resumed: Callable[[RunDir], object]) -> None:
        self._screen, self._resumed = screen, resumed
        self._working: Worker[None] | None = None

    def of(self, run: RunDir) -> None:
        """Resume this run, unless a run is just being resumed."""
        self._begin(run, None)

    def _begin(self, run: RunDir, epochs: int | None) -> None:
        if self._working is None or self._working.is_finished:
            work = partial(self._work, run, epochs)
            self._working = self._screen.run_worker(work, thread=True, group="resume")

    def _work(self, run: RunDir, epochs: int | None) -> None:
        app = self._screen.app
        try:
            read_fields(run.recipe)  # refuses somebody's own program
            if epochs is None and resuming.is_done(run):
                app.call_from_thread(self._ask, run, resuming.least_epochs(run))
                return
            _start(run, epochs)
        except EngineError as error:
            app.call_from_thread(self._complain, str(error))
            return
        app.call_from_thread(self._resumed, run)

    def _ask(self, run: RunDir, least: int) -> None:
        def take(epochs: int | None) -> None:
            if epochs is not None:
                self._begin(run, epochs)

        self._screen.app.push_screen(EpochsDialog(run.label, least), take)

    def _complain(self, sentence: str) -> None:
        self._screen.notify(sentence, severity="warning", markup=False)


def _start(run: RunDir, epochs: int | None) -> None:
    """Start an engine on the run, with the setting that its end says it needs to get further."""
    engine_environment.check_modules()
    ended = next(newest_first(run.journal, RunEnded), None)
    needed = ended.setting if ended is not None else ""
    settings = dict([parse_setting(needed)]) if needed else {}
    request = resuming.resume_request(run, settings, epochs)
    claim, recipe = resuming.resume(run, request)
    launch.spawn(claim, recipe, *request.engine_options)
