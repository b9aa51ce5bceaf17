"""Waiting until an app under test, or its workers, have nothing left to do."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

# A timer that is due within this time belongs to the current work, such as Textual's drawing, which
# happens 60 times a second.
SOON_SECONDS = 0.08


async def wait_until_idle(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
    """Wait until the app only waits for a person, for a thread or for a later timer.

    This replaces Textual's `wait_for_idle`, which measures the CPU time of the process. On a busy
    machine it takes an app for idle that waits for its turn; on an idle machine it sleeps for 20 ms
    or more after every key.
    """
    loop: Any = asyncio.get_running_loop()
    left = SOON_SECONDS
    while left > 0:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due = min(
            (timer.when() for timer in loop._scheduled if not timer.cancelled()), default=None
        )
        if due is None or due - loop.time() > left:
            return
        # Count the time slept on purpose, not the clock: on a busy machine a timer comes late.
        wait = max(0.001, due - loop.time())
        left -= wait
        await asyncio.sleep(wait)


async def wait_for_workers(app: App[Any]) -> None:
    """Wait until no worker runs, including those that another worker has replaced."""
    while unfinished := [worker for worker in app.workers if not worker.is_finished]:
        with contextlib.suppress(WorkerCancelled):
            await app.workers.wait_for_complete(unfinished)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the workers are done, and those that what they found has started."""
    for _ in range(2):
        await wait_for_workers(pilot.app)
        await pilot.pause()
