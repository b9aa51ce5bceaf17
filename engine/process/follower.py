"""The ranks that do not lead: they train beside rank 0, which alone reports and writes."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType
from typing import TextIO

from engine.distributed.rank import Rank
from engine.process.session import Session
from engine.process.worker import Worker
from engine.recipes.recipe_building import read_recipe
from engine.run.journal import Journal
from engine.run.run_paths import RunDir

POLL_SECONDS = 0.05
# After a signal to stop, rank 0 gives the order within a step or two; if none comes, it is gone.
GRACE_SECONDS = 25


def follow(run: RunDir, rank: Rank, dry: bool, epochs: int | None, err: TextIO) -> int:
    """Train until rank 0 ends the training, and return the exit code.

    An error is written to `err` and reported to rank 0.
    """
    _listen(rank)
    # Rank 0 has the same events and writes them.
    journal = Journal(Path(os.devnull))
    known = read_recipe(run.recipe)
    session = Session(run, known, "", journal, journal.append, rank)
    life = session.rehearse() if dry else session.live(epochs)
    worker = Worker(session, life, rank, journal.append)
    worker.start()
    while worker.is_alive():
        worker.join(POLL_SECONDS)
    if worker.outcome.error:
        print(f"cnn-tui: rank {rank.number}: {worker.outcome.error}", file=err, flush=True)
        rank.report_failure(worker.outcome.error)
    return worker.outcome.exit_code


def _listen(rank: Rank) -> None:
    """End at once on a signal; once all ranks are in step, leave signals to rank 0."""

    def stop(number: int, frame: FrameType | None) -> None:
        if not rank.in_step:
            os._exit(128 + number)
        signal.alarm(GRACE_SECONDS)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
