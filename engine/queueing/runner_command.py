"""The user's command for the end of a run, as the runner of a queue has it: it stays the same."""

from __future__ import annotations

import os
import time
from pathlib import Path

from engine.catalog import config_trust
from engine.queueing import queue_text, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.run import lock_owner, on_end

# How long a process may take from its start until it has its environment.
START_SECONDS = 1.0
POLL_SECONDS = 0.01


def difference(runs_dir: Path) -> str:
    """The sentence that a runner at work has another command than this process; "" if not."""
    wanted = os.environ.get(on_end.VARIABLE)
    if wanted is None or not runner_lock.is_working(runs_dir):
        return ""
    found = _of_runner(runs_dir)
    return "" if found in (None, wanted) else queue_text.other_command(found)


def _environment(pid: int) -> list[bytes]:
    """The environment variables of a process; none if it has ended, or they cannot be read.

    While the kernel starts its program, they are empty for a moment.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            found = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return []
        if found or time.monotonic() >= deadline:
            return list(filter(None, found.split(b"\0")))
        time.sleep(POLL_SECONDS)


def _of_runner(runs_dir: Path) -> str | None:
    """The command that the runner's engines inherit; None if that cannot be known here."""
    owner = lock_owner.owner_in(QueueDir(runs_dir).runner_lock)
    if owner is None or owner.boot != lock_owner.boot_id():
        return None
    variables = _environment(owner.pid)
    if not variables:
        return None
    name = f"{on_end.VARIABLE}=".encode()
    named = (each.removeprefix(name) for each in variables if each.startswith(name))
    command = next(named, None)
    return config_trust.trusted_on_end() if command is None else os.fsdecode(command)
