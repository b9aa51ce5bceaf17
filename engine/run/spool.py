"""The command spool of a run folder, which works like a maildir.

A command is written under a hidden name and renamed to TIME_NS-ID.json. The engine takes the files
in the order of their names and deletes them. Each command names an attempt. The engine deletes
commands for other attempts without serving them.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from pathlib import Path

from engine import text
from engine.errors import RunError
from engine.protocol import commands, events
from engine.protocol.commands import Command
from engine.run import lock_owner, run_liveness, run_text
from engine.run.run_paths import RunDir

MOST_BYTES = 64 * 1024
# The reply to an inspection is written to a file of this name.
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def send(run: RunDir, command_type: Callable[..., Command], **fields: object) -> str:
    """Put a command into the spool of a live run and return its id.

    If no engine runs, an `Inspect` goes to the inspection server. Raises RunError if neither runs,
    or if the command cannot be written.
    """
    locks = [run.lock, run.inspection_lock] if command_type is commands.Inspect else [run.lock]
    lock = next((lock for lock in locks if run_liveness.is_live(run, lock)), None)
    owner = lock_owner.read_owner(run, lock) if lock is not None else None
    if owner is None:
        raise RunError(run_liveness.why_not_live(run))
    command = command_type(id=secrets.token_hex(4), attempt=owner.attempt, **fields)
    name = f"{time.time_ns()}-{command.id}.json"
    hidden = run.commands / f".{name}"
    try:
        with open(os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(commands.encode(command))
        os.rename(hidden, run.commands / name)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        raise RunError(text.cannot_write(run.commands, text.refused(error))) from error
    return command.id


class Spool:
    """The receiving end, for one attempt. Calls `refuse(file, why)` for each bad file."""

    def __init__(self, run: RunDir, attempt: str, refuse: Callable[[str, str], None]) -> None:
        self._folder, self._attempt, self._refuse = run.commands, attempt, refuse
        # The commands whose files cannot be deleted. They must not be taken twice.
        self._taken: set[str] = set()

    def take(self) -> list[Command]:
        """The waiting commands for this attempt, oldest first. Deletes their files."""
        found = []
        for name in sorted(_names(self._folder)):
            if name.startswith(".") or name in self._taken:
                continue
            command = self._read(self._folder / name)
            try:
                os.unlink(self._folder / name)
            except OSError:
                self._taken.add(name)
            if command is not None and command.attempt == self._attempt:
                found.append(command)
        return found

    def _read(self, path: Path) -> Command | None:
        try:
            data = _content(path)
            if data is None:
                self._refuse(path.name, run_text.COMMAND_NOT_OURS)
            elif len(data) > MOST_BYTES:
                self._refuse(path.name, run_text.COMMAND_TOO_LARGE)
            else:
                command = commands.decode(data)
                if ID.fullmatch(command.id):
                    return command
                self._refuse(path.name, run_text.COMMAND_BAD_ID)
        except OSError as error:
            self._refuse(path.name, text.reason(error))
        except events.UNREADABLE as error:
            self._refuse(path.name, str(error))
        return None


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _content(path: Path) -> bytes | None:
    """The content of a file, or None unless it is a regular file of this user. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            return None
        return os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
