"""python -m engine --queue RUNS_DIR: the runner of a queue, which starts an engine for each run."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

from engine.errors import STOP_EXIT
from engine.queueing import runner_lock
from engine.racing.race_runner import RaceRunner
from engine.run import process_lock


def serve(runs_dir: Path, lock: int | None) -> int:
    """Train the runs of the queue until nothing is left to do. Returns the exit code.

    `lock` is an inherited descriptor that holds the queue's lock. Raises RunError if another runner
    holds it.
    """
    lock = runner_lock.acquire(runs_dir) if lock is None else lock
    process_lock.sign(lock, os.getpid())
    runner, ended_by = RaceRunner(runs_dir, lock), list[signal.Signals]()

    def end(number: int, frame: FrameType | None) -> None:
        ended_by.append(signal.Signals(number))
        runner.is_ending = True

    for number in STOP_EXIT:
        signal.signal(number, end)
    runner.run()
    return STOP_EXIT[ended_by[0]] if runner.is_ending else 0
