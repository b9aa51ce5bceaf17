"""python -m engine RUN --look: inspects the best checkpoint of a run that no engine trains.

It writes only replies. It ends after a while without requests, or when an engine resumes the run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from engine.protocol import commands
from engine.run import lock_owner, replies, run_liveness, run_lock
from engine.run.run_paths import RunDir
from engine.run.spool import Spool

POLL_SECONDS = 0.05
IDLE_SECONDS = 60.0


def serve(run: RunDir, clock: Callable[[], float] = time.monotonic) -> int:
    """Reply to requests until it is time to end. Returns the exit code.

    Raises RunError where another server runs already or there is no checkpoint, and the errors of
    loading the checkpoint and the data.
    """
    lock = run_lock.acquire(run, run.inspection_lock)
    try:
        return _reply_until_idle(run, clock)
    finally:
        os.close(lock)


def _reply_until_idle(run: RunDir, clock: Callable[[], float]) -> int:
    from engine.process.inspected_model import load_inspected_model  # loads torch

    owner = lock_owner.read_owner(run, run.inspection_lock)
    assert owner is not None, "the lock is signed where it is taken"
    model = load_inspected_model(run)
    spool = Spool(run, owner.attempt, lambda file, why: None)
    last_request = clock()
    while clock() - last_request < IDLE_SECONDS and not run_liveness.is_live(run):
        for command in spool.take():
            last_request = clock()
            if isinstance(command, commands.Inspect):
                replies.write_reply(run, command.id, model.reply(command, clock))
        time.sleep(POLL_SECONDS)
    return 0
