"""Starts the engine of a task, whether its run is new or goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from engine.errors import EngineError
from engine.queueing.task import Task
from engine.run import engine_log
from engine.run.run_paths import RunDir
from engine.start import launch, resume
from engine.start.resume import ResumeRequest


def start(run: RunDir, task: Task, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start it with these environment variables beside the usual ones.

    Raises EngineError if that is impossible; the log of the run then says why.
    """
    options = ["--until", str(task.until)] if task.until else []
    try:
        claim, recipe = resume.resume(run, ResumeRequest())
        return launch.spawn(claim, recipe, *options, variables=variables)
    except EngineError as error:
        engine_log.add_error(run, error)
        raise
