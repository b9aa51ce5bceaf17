"""The live runs of a folder that the queue has not started: they hold devices, too."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from engine.errors import EngineError
from engine.queueing import device_shares, queue_file
from engine.recipes.recipe_building import read_recipe
from engine.run import run_liveness, run_search
from engine.run.run_paths import RunDir


class OtherRuns:
    """Finds them in a runs folder, and forgets them as they end."""

    def __init__(self, runs_dir: Path, gpus: Sequence[str]) -> None:
        self._runs_dir, self._gpus = runs_dir, gpus
        self._live: dict[str, tuple[str, ...]] = {}

    def look(self) -> Mapping[str, tuple[str, ...]]:
        """Look at all runs; the labels of those that live on this machine, with their devices."""
        queue = queue_file.read(self._runs_dir)
        ours = {task.run for task in queue.tasks if task.trains}
        self._live = {
            run.label: held
            for run in run_search.list_runs(self._runs_dir)
            if run.label not in ours and (held := self._held_by(run))
        }
        return self._live

    def _held_by(self, run: RunDir) -> tuple[str, ...]:
        """The devices of a run if it is live, as its recipe tells; else ()."""
        if not (run_liveness.is_live(run) and run_liveness.is_here(run)):
            return ()
        with contextlib.suppress(EngineError):  # that of somebody's own program
            return device_shares.by_default(
                device_shares.wanted(read_recipe(run.recipe), self._gpus), self._gpus
            )
        return ()

    def held(self) -> Collection[tuple[str, ...]]:
        """The devices of those that still live."""
        for label in [*self._live]:
            if not run_liveness.is_live(RunDir(self._runs_dir / label)):
                del self._live[label]
        return self._live.values()
