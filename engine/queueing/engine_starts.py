"""Starts the engine of a task, whether its run is new or goes on."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping

from engine.errors import EngineError
from engine.queueing.task import Task
from engine.run import engine_log, run_lock
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.resume import ResumeRequest


class StartedEngine:
    """An engine that this process has started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def has_left(self) -> bool:
        """Whether it holds no devices any more: it has ended, or is the user's command by now.

        The lock of its run may be free a moment before that.
        """
        return self._process.poll() is not None or launch.serves_the_end(self._process.pid)


def start(
    run: RunDir, task: Task, variables: Mapping[str, str], is_wanted: Callable[[], bool]
) -> StartedEngine | None:
    """Start it with these environment variables beside the usual ones.

    Asks once more whether it `is_wanted`, now that it can be stopped; None if not. Raises
    EngineError if it cannot be started; the log of the run then says why.
    """
    until = ["--until", str(task.until)] if task.until else []
    try:
        claim, recipe = resume.resume(run, ResumeRequest())
        if not is_wanted():
            run_lock.release(claim)
            return None
        process = launch.started(claim, recipe, "--queued", *until, variables=variables)
    except EngineError as error:
        engine_log.add_error(run, error)
        raise
    waiting = threading.Thread(target=launch.wait_and_note, args=(process, run), daemon=True)
    waiting.start()
    return StartedEngine(process)


def tell_failure(run: RunDir) -> None:
    """Start the user's command for the end of a run that is given up."""
    if command := launch.start_command_for_failure(run):
        threading.Thread(target=command.wait, daemon=True).start()  # else a zombie stays
