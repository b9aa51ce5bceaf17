"""The user's command for the end of runs, kept for the runner that follows a killed one.

It is kept in the user's state folder. A runs folder may come from somebody else, as recipes do, and
whatever its files name would run as soon as its queue goes on, whoever owns them by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from engine import regular_files
from engine.catalog import config_trust
from engine.catalog.user_folders import state_folder
from engine.errors import RunError
from engine.queueing import queue_file
from engine.run import on_end
from engine.run.durable_files import write_durably


def variables(runs_dir: Path) -> Mapping[str, str]:
    """The variable with the command, for a runner that starts now; none where the user's file says.

    A command that is named now counts, and else that of a runner that was killed at its work. It is
    kept for the next one; a state folder that takes no file is no fault.
    """
    named = os.environ.get(on_end.VARIABLE)
    command = _kept(runs_dir) if named is None and _was_killed(runs_dir) else named
    with contextlib.suppress(OSError):
        _keep(_file(runs_dir), command)
    return {} if command is None else {on_end.VARIABLE: command}


def _was_killed(runs_dir: Path) -> bool:
    """Whether the runner before has left tasks whose engines it had started."""
    with contextlib.suppress(RunError):  # the runner says what is wrong with the queue
        return any(task.begun is not None for task in queue_file.read(runs_dir).tasks)
    return False


def _kept(runs_dir: Path) -> str | None:
    """The command that was kept; None without one, and where others could have changed it."""
    file = _file(runs_dir)
    with contextlib.suppress(OSError):
        if config_trust.writable_by_others(file) is None:
            return os.fsdecode(regular_files.read_bytes(file))
    return None


def _keep(file: Path, command: str | None) -> None:
    if command is None:
        file.unlink(missing_ok=True)
        return
    os.makedirs(file.parent, mode=0o700, exist_ok=True)
    write_durably(file, os.fsencode(command))


def _file(runs_dir: Path) -> Path:
    name = hashlib.sha256(bytes(runs_dir.resolve())).hexdigest()[:16]
    return state_folder() / "on-end" / name
