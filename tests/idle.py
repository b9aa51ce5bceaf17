"""When an app under test, or what works beside it, has nothing left to do."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from textual.app import App
from textual.worker import WorkerCancelled

# Timers that are due within so many seconds belong to what is going on, as Textual's drawing does,
# 60 times a second.
SOON = 0.08


async def everything_has_run(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
    """Until only what waits for a person, for a thread or for a later timer is left.

    In place of Textual's `wait_for_idle`, which takes the processor time of the process for its
    measure: on a busy machine it calls an app idle that only waits for its turn, and on an idle
    one it sleeps through 20 ms and more after every key.
    """
    loop: Any = asyncio.get_running_loop()
    ahead = SOON
    while ahead > 0:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due = min(
            (timer.when() for timer in loop._scheduled if not timer.cancelled()), default=None
        )
        if due is None or due - loop.time() > ahead:
            return
        # By what is slept on purpose, not by the clock: on a busy machine a timer comes late.
        wait = max(0.001, due - loop.time())
        ahead -= wait
        await asyncio.sleep(wait)


async def workers_have_ended(app: App[Any]) -> None:
    """Until no worker is at work; one whose place another one took has ended too."""
    while at_work := [worker for worker in app.workers if not worker.is_finished]:
        with contextlib.suppress(WorkerCancelled):
            await app.workers.wait_for_complete(at_work)
