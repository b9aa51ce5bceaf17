"""Takes a run out of its race: as a run that somebody has stopped, it goes on only if resumed."""

from __future__ import annotations

import contextlib

from engine.errors import RunError
from engine.protocol import commands
from engine.protocol.events import RunEnded
from engine.queueing import queue_edits
from engine.racing import racing_text
from engine.racing.run_results import run_results
from engine.run import run_lock, spool
from engine.run.journal import Journal
from engine.run.journal_search import last_event
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir


def drop(run: RunDir) -> None:
    """Stop a run that trains, saved; let one that has not begun, or whose engine died, never train.

    Raises RunError for a run that trains no more, or waits at a rung, where no run is told apart
    from one that goes on.
    """
    state = run_results(run).state
    if state == "training":
        spool.send(run, commands.Stop)
    elif state in ("queued", "interrupted"):
        _note_stop(run)
        with contextlib.suppress(RunError):  # it may not be in the queue at the moment
            queue_edits.remove(run.path.parent, run.label)
    else:
        raise RunError(racing_text.cannot_drop(run.label))


def _note_stop(run: RunDir) -> None:
    """Write that the run has stopped, in place of the engine that it does not have."""
    lock = run_lock.acquire(run)
    try:
        last = last_event(run.journal)
        Journal(run.journal).append(RunEnded("stopped", step=last.step if last is not None else 0))
    finally:
        run_lock.release(Claim(run, lock))
