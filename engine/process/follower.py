"""A rank that does not lead: it trains beside rank 0, and only rank 0 reports and writes."""

from __future__ import annotations

import signal
from types import FrameType
from typing import TextIO

from engine.distributed.rank import Rank
from engine.process.entry import exit_now
from engine.process.session import AttemptOptions, Session
from engine.process.worker import Worker
from engine.recipes.recipe_building import read_recipe
from engine.run.journal import UnwrittenJournal
from engine.run.run_paths import RunDir

POLL_SECONDS = 0.05
# After a signal to stop, rank 0 orders the end within a step or two; if it does not, it has died.
GRACE_SECONDS = 25


def follow(run: RunDir, rank: Rank, options: AttemptOptions, err: TextIO) -> int:
    """Train until rank 0 ends the training; returns the exit code.

    Writes an error to `err` and reports it to rank 0.
    """
    _listen(rank)
    # Rank 0 writes the same events.
    journal = UnwrittenJournal()
    recipe = read_recipe(run.recipe)
    session = Session(run, recipe, "", journal, journal.append, rank)
    stream = session.stream(options)
    worker = Worker(session, stream, rank, journal.append)
    worker.start()
    while worker.is_alive():
        worker.join(POLL_SECONDS)
    if worker.outcome.error:
        print(f"cnn-tui: rank {rank.number}: {worker.outcome.error}", file=err, flush=True)
        rank.report_failure(worker.outcome.error)
    return worker.outcome.exit_code


def _listen(rank: Rank) -> None:
    """End at once on a signal; once all ranks take the same steps, leave signals to rank 0."""

    def stop(number: int, frame: FrameType | None) -> None:
        if not rank.in_step:
            exit_now(128 + number)
        signal.alarm(GRACE_SECONDS)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
