"""The process of a script: whether it still runs."""

from __future__ import annotations

from engine.run import lock_owner


class ScriptProcess:
    """A forked worker of a script may hold the pipe of one that is gone: its end is no sign."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # None where processes cannot be seen: then only the end of the pipe tells.
        self._started = lock_owner.start_of(pid)

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended; its id may be that of another one by now."""
        return self._started is not None and lock_owner.start_of(self.pid) != self._started
