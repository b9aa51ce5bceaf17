"""The user's command for the end of a run, as the runner of a queue has it: it stays the same."""

from __future__ import annotations

import os
from pathlib import Path

from engine.catalog import config_trust
from engine.queueing import queue_text, runner_lock
from engine.queueing.queue_dir import QueueDir
from engine.run import lock_owner, on_end


def difference(runs_dir: Path) -> str:
    """The sentence that a runner at work has another command than this process; "" if not."""
    wanted = os.environ.get(on_end.VARIABLE)
    if wanted is None or not runner_lock.is_working(runs_dir):
        return ""
    found = _of_runner(runs_dir)
    return "" if found in (None, wanted) else queue_text.other_command(found)


def _of_runner(runs_dir: Path) -> str | None:
    """The command that the runner's engines inherit; None if that cannot be known here."""
    owner = lock_owner.owner_in(QueueDir(runs_dir).runner_lock)
    if owner is None or owner.boot != lock_owner.boot_id():
        return None
    try:
        variables = Path(f"/proc/{owner.pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    name = f"{on_end.VARIABLE}=".encode()
    named = (each.removeprefix(name) for each in variables if each.startswith(name))
    command = next(named, None)
    return config_trust.trusted_on_end() if command is None else os.fsdecode(command)
