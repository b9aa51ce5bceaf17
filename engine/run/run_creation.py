"""Creates a run folder, and removes one in which nothing was trained.

The folder is filled under a hidden name, with its lock held, and renamed when it is complete. So
nobody ever sees half a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path

from engine import text
from engine.errors import RunError, UsageError
from engine.run import run_lock, run_text
from engine.run.durable_files import write_durably
from engine.run.run_lock import Claim
from engine.run.run_paths import NUMBERED, TRASH, RunDir, state_dir

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def safe_name(name: str) -> str:
    """The name with a dash for each character except letters, digits, dots and underscores.

    Nothing may be left of it. Only the letters of ASCII count, since every shell can type them.
    """
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return safe.strip(".-")


def create(runs_dir: Path, name: str, recipe_toml: str) -> Claim:
    """Create a run folder with this recipe, locked for the engine that will start on it.

    Raises UsageError for a name that cannot name a folder, and RunError if the folder cannot be
    written. After an error only the claimed number remains.
    """
    if not NAME.fullmatch(name):
        raise UsageError(run_text.bad_name(name))
    try:
        return _create(runs_dir, name, recipe_toml)
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.reason(error))) from error
    except UnicodeEncodeError as error:
        raise UsageError(text.not_unicode(error.object)) from error


def _create(runs_dir: Path, name: str, recipe_toml: str) -> Claim:
    os.makedirs(runs_dir, mode=0o700, exist_ok=True)
    number = _claim_number(runs_dir)
    hidden = RunDir(runs_dir / f".{number}-{name}")
    try:
        for folder in (hidden.path, hidden.commands, hidden.checkpoints):
            os.mkdir(folder, mode=0o700)
        write_durably(hidden.recipe, recipe_toml.encode())
        lock = run_lock.acquire(hidden)
        final = RunDir(runs_dir / f"{number}-{name}")
        os.rename(hidden.path, final.path)
    finally:
        # After the rename this path no longer exists; after an error it does.
        shutil.rmtree(hidden.path, ignore_errors=True)
    return Claim(final, lock)


def _claim_number(runs_dir: Path) -> int:
    """Claim the next number by creating a file exclusively. That file is never deleted.

    The next number is above those claimed and those of the runs that are there, or in the trash:
    runs may have been moved into this folder without their claims.
    """
    numbers = _numbers(runs_dir)
    claimed = [int(name) for name in os.listdir(numbers) if name.isdecimal()]
    names = [*os.listdir(runs_dir), *_listed(runs_dir / TRASH)]
    there = [int(run[1]) for name in names if (run := NUMBERED.fullmatch(name))]
    number = max([*claimed, *there], default=0) + 1
    while True:
        with contextlib.suppress(FileExistsError):
            keep_number(runs_dir, number, os.O_EXCL)
            return number
        number += 1


def _listed(folder: Path) -> list[str]:
    """The names in a folder; none if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return os.listdir(folder)
    return []


def keep_number(runs_dir: Path, number: int, how: int = 0) -> None:
    """Claim a number, which a run that was moved into the folder may not have done.

    Raises OSError; with os.O_EXCL also if it is claimed.
    """
    file = _numbers(runs_dir) / str(number)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY | how, 0o600))


def _numbers(runs_dir: Path) -> Path:
    """The folder of the claims, which is made where there is none."""
    numbers = runs_dir / ".numbers"
    os.makedirs(numbers, mode=0o700, exist_ok=True)
    return numbers


def link_into_state(run: RunDir) -> None:
    """Link the run into the state folder, so that it can be found from any folder.

    Ignores a home folder that cannot be written.
    """
    target = run.path.resolve()
    link = state_link(run)
    with contextlib.suppress(OSError):
        os.makedirs(link.parent, mode=0o700, exist_ok=True)
        link.symlink_to(target, target_is_directory=True)


def remove(run: RunDir) -> None:
    """Remove a run that has trained nothing, and its link. The caller holds its lock.

    It is hidden first, so that nobody sees half of it. Ignores a folder that cannot be written.
    """
    link = state_link(run)
    hidden = run.path.with_name(f".{run.label}")
    with contextlib.suppress(OSError):
        os.rename(run.path, hidden)
        link.unlink(missing_ok=True)
    shutil.rmtree(hidden, ignore_errors=True)


def state_link(run: RunDir) -> Path:
    """The place of the link in the user's state folder. The folder of the run must be there."""
    target = bytes(run.path.resolve())
    return state_dir() / f"{run.label}-{hashlib.blake2b(target, digest_size=4).hexdigest()}"
