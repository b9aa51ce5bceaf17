"""The command spool of a run directory, as in maildir.

A command is written under a dot name and renamed to TIME_NS-ID.json; the engine takes files in
the order of their names and deletes them. A command names the attempt that it is for: one that
was meant for an engine that is gone is deleted unheard.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from engine import commands, rundir, text
from engine.commands import Command
from engine.errors import RunError
from engine.rundir import RunDir

LARGEST = 64 * 1024


def send(run: RunDir, kind: Callable[..., Command], **fields: object) -> str:
    """Put a command into the spool of a live run and return its id.

    Raises RunError where no engine would hear it or it cannot be written.
    """
    owner = rundir.owner(run)
    if owner is None or not rundir.alive(run):
        raise RunError(text.not_running(run.label))
    command = kind(id=secrets.token_hex(4), attempt=owner.attempt, **fields)
    name = f"{time.time_ns()}-{command.id}.json"
    hidden = run.commands / f".{name}"
    try:
        with open(os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(commands.encode(command))
        os.rename(hidden, run.commands / name)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        raise RunError(text.cannot_write(run.commands, error.strerror or str(error))) from error
    return command.id


def take(run: RunDir, attempt: str, refuse: Callable[[str, str], None]) -> Iterator[Command]:
    """The commands that wait for this attempt, oldest first, each deleted as it is taken.

    `refuse(file, why)` hears of a file that no command can be made of.
    """
    with contextlib.suppress(FileNotFoundError):
        for name in sorted(os.listdir(run.commands)):
            if name.startswith("."):
                continue
            command = _read(run.commands / name, refuse)
            with contextlib.suppress(OSError):
                os.unlink(run.commands / name)
            if command is not None and command.attempt == attempt:
                yield command


def _read(path: Path, refuse: Callable[[str, str], None]) -> Command | None:
    """The command in a file: only a regular file of this user, of sane size, is opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
                refuse(path.name, text.COMMAND_NOT_OURS)
                return None
            data = file.read(LARGEST + 1)
    except OSError as error:
        refuse(path.name, error.strerror or str(error))
        return None
    if len(data) > LARGEST:
        refuse(path.name, text.COMMAND_TOO_LARGE)
        return None
    try:
        return commands.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        refuse(path.name, str(error))
        return None
