"""Starts the engine of a task, whether its run is new or goes on.

While a run trains, the engine of the next one may be prepared: see `engine.start.warm_engine`.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Mapping
from functools import partial

from engine.errors import EngineError
from engine.queueing.task import Task
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import read_recipe
from engine.run import engine_log, run_lock
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.device_request import count_ranks
from engine.start.resume import ResumeRequest
from engine.start.warm_engine import WarmEngine


class StartedEngine:
    """An engine that this process has started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def has_left(self) -> bool:
        """Whether it holds no devices any more: it has ended, or is the user's command by now.

        The lock of its run may be free a moment before that.
        """
        return self._process.poll() is not None or launch.serves_the_end(self._process.pid)


class TaskStarter:
    """Starts the engines of tasks. Owns at most one warm engine, which a start uses up."""

    def __init__(self) -> None:
        self._warm: WarmEngine | None = None
        self._tried: RunDir | None = None
        """The run that no warm engine is prepared for again: it got one, which may have died."""

    @property
    def is_ready(self) -> bool:
        """Whether there is a warm engine, which lives."""
        return self._warm is not None and self._warm.process.poll() is None

    def prepare(self, run: RunDir, variables: Mapping[str, str]) -> None:
        """Start a warm engine that suits this run, unless several processes are to train it.

        Where that fails, or if the engine dies, calls for the same run do nothing: what has ended
        one would end the next.
        """
        if run == self._tried:
            return
        self.close()
        self._tried = run
        # After an error, the engine of the run starts cold, and says what is wrong.
        with contextlib.suppress(EngineError, OSError):
            recipe = read_recipe(run.recipe)
            if count_ranks(recipe) == 1:
                self._warm = WarmEngine(recipe, variables)

    def start(
        self, run: RunDir, task: Task, variables: Mapping[str, str], is_wanted: Callable[[], bool]
    ) -> StartedEngine | None:
        """Start the engine of a task with these environment variables beside the usual ones.

        Asks once more whether it `is_wanted`, now that it can be stopped; None if not. Raises
        EngineError if it cannot be started; the log of the run then says why.
        """
        until = ["--until", str(task.until)] if task.until else []
        try:
            claim, recipe = resume.resume(run, ResumeRequest())
            if not is_wanted():
                run_lock.release(claim)
                return None
            process = self._started(claim, recipe, "--queued", *until, variables=variables)
        except EngineError as error:
            engine_log.add_error(run, error)
            raise
        return StartedEngine(process)

    def _started(
        self, claim: Claim, recipe: Recipe, *options: str, variables: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        warm = self._take_if_ahead()
        if warm is not None and warm.hand_over(
            claim,
            recipe,
            *options,
            variables=variables,
            wait=launch.wait_and_note,
            died=partial(_free, claim, warm.process),
        ):
            return warm.process
        process = launch.started(claim, recipe, *options, variables=variables)
        launch.in_thread(launch.wait_and_note, process, claim.run)
        return process

    def _take_if_ahead(self) -> WarmEngine | None:
        """The warm engine. One that got too little of the cores is left for a later task."""
        if self._warm is None or not self._warm.is_ahead:
            return None
        warm, self._warm, self._tried = self._warm, None, None
        return warm

    def close(self) -> None:
        """End the engine that was prepared."""
        if self.is_ready:
            self._tried = None
        if self._warm is not None:
            self._warm.close()
        self._warm = None


def _free(claim: Claim, engine: subprocess.Popen[bytes]) -> None:
    """Free the lock of a run that its engine did not live to take. The queue sees that."""
    run_lock.release(claim)
    launch.wait_and_note(engine, claim.run)


def tell_failure(run: RunDir) -> None:
    """Start the user's command for the end of a run that is given up."""
    if command := launch.start_command_for_failure(run):
        launch.in_thread(command.wait)
