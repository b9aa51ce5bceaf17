"""When an app under test has nothing left to do."""

from __future__ import annotations

import asyncio
from typing import Any

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
