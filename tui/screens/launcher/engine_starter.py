"""Starts the engines of new runs. While the user chooses, it prepares one that starts at once."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from pathlib import Path

from engine.errors import EngineError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import build_recipe
from engine.run import engine_log, run_liveness, run_search
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch, warm_engine
from engine.start.warm_engine import WarmEngine


class EngineStarter:
    """Owns at most one warm engine, which the next run uses up."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._live: RunDir | None = None
        self._warm: WarmEngine | None = None
        # `prepare` runs in another thread; meanwhile a run may start, or the launcher end.
        self._taking = threading.Lock()
        self._taken = 0

    @property
    def is_ready(self) -> bool:
        """Whether there is a warm engine."""
        return self._warm is not None

    def prepare(self) -> None:
        """Start a warm engine if memory is free and no run is live. May wait for a slow disk."""
        taken = self._taken
        # After an error, the next run starts as from the command line.
        with contextlib.suppress(EngineError, OSError):
            if not warm_engine.has_memory() or self._a_run_is_live:
                return
            made = WarmEngine(build_recipe())
            with self._taking:
                if taken == self._taken:
                    self._warm = made
                    return
            made.close()

    @property
    def _a_run_is_live(self) -> bool:
        """Whether a run is live on this machine; as long as the one found last is, that one."""
        if self._live is None or not run_liveness.is_live(self._live):
            self._live = run_search.live_here(self._runs_dir)
        return self._live is not None

    def start(self, claim: Claim, chosen: Recipe) -> None:
        """Start an engine for this run. Raises EngineError if that is impossible."""
        warm = self._take()
        if warm is None or not _handed_over(warm, claim, chosen):
            launch.spawn(claim, chosen)

    def close(self) -> None:
        """End the engine that was prepared."""
        if (warm := self._take()) is not None:
            warm.close()

    def _take(self) -> WarmEngine | None:
        with self._taking:
            self._taken += 1
            warm, self._warm = self._warm, None
            return warm


def _handed_over(warm: WarmEngine, claim: Claim, chosen: Recipe) -> bool:
    """Hand this engine the run, if it is ahead of a new one and suits the run; else close it."""
    if not warm.is_ahead:
        warm.close()
        return False
    start_another = partial(_start_another, claim, chosen)
    return warm.hand_over(claim, chosen, wait=launch.wait, died=start_another)


def _start_another(claim: Claim, chosen: Recipe) -> None:
    """Start an engine in place of the warm one, which has died before it took the run."""
    try:
        launch.spawn(claim, chosen)
    except EngineError as error:
        engine_log.add_error(claim.run, error)
