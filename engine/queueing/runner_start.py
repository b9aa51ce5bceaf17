"""Starts the runner of a queue, in its own session: it outlives the terminal, like an engine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from engine import regular_files, text
from engine.errors import RunError
from engine.queueing import kept_command, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.run import process_lock
from engine.start import launch
from engine.start.engine_environment import FIXED
from engine.start.launch import ProcessStart


def ensure_runner(runs_dir: Path) -> None:
    """Start the runner, unless one works already. Raises RunError if it cannot be started.

    The runner inherits the lock, so that of two who start one at once only one does.
    """
    if runner_lock.is_working(runs_dir):
        return
    try:
        lock = runner_lock.acquire(runs_dir)
    except RunError:
        if runner_lock.is_working(runs_dir):
            return
        raise
    try:
        _start(runs_dir, lock)
    finally:
        os.close(lock)


def _start(runs_dir: Path, lock: int) -> None:
    log = QueueDir(runs_dir).runner_log
    arguments = [*launch.COMMAND, "--queue", str(runs_dir.resolve()), "--lock-fd", str(lock)]
    environment = os.environ | kept_command.variables(runs_dir) | FIXED
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        with contextlib.closing(open(regular_files.open_descriptor(log, flags), "ab")) as output:
            runner = launch.detached(ProcessStart(arguments, environment), output, lock)
    except OSError as error:
        raise RunError(text.cannot_write(log, text.refused(error))) from error
    process_lock.sign(lock, runner.pid)  # who asks before it has started knows it already
    launch.in_thread(runner.wait)
