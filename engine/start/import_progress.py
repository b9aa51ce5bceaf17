"""Whether the import of a warm engine gets on, by what its threads have computed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.run import lock_owner

# An import that has computed for less time is hardly ahead of a new one.
LEAST_NANOSECONDS = 400_000_000


class _Thread(NamedTuple):
    """The priority of a thread, and the nanoseconds that it spent on a core and waiting for one."""

    nice: int
    on_core: int
    waiting: int


def is_ahead(tasks: Path) -> bool:
    """Whether a warm engine will have imported PyTorch sooner than a new process.

    That is so before and after its import is nicer than its other threads. Nobody may raise a
    priority again, so in between it must get the cores that it needs, and must not have just begun.
    `tasks` is the folder of its threads.
    """
    threads = [*_threads(tasks)]
    usual = min((thread.nice for thread in threads), default=0)
    return all(
        thread.on_core >= max(LEAST_NANOSECONDS, thread.waiting)
        for thread in threads
        if thread.nice > usual
    )


def _threads(tasks: Path) -> Iterator[_Thread]:
    """See proc_pid_stat(5), and Documentation/scheduler/sched-stats.rst in the kernel."""
    for task in tasks.glob("*"):
        with contextlib.suppress(OSError, ValueError):
            nice = lock_owner.stat_fields(task / "stat")[16]
            on_core, waiting, _ = (task / "schedstat").read_text().split()
            yield _Thread(int(nice), int(on_core), int(waiting))
