"""Creates a run folder, and removes one in which nothing was trained.

The folder is filled under a hidden name, with its lock held, and renamed when it is complete. So
nobody ever sees half a run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from engine import text
from engine.errors import RunError, UsageError
from engine.run import run_lock, run_text
from engine.run.durable_files import write_durably
from engine.run.run_lock import Claim
from engine.run.run_paths import TRASH, RunDir, numbered_names, state_dir

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def safe_name(name: str) -> str:
    """The name with a dash for each character except letters, digits, dots and underscores.

    Nothing may be left of it. Only the letters of ASCII count, since every shell can type them.
    """
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return safe.strip(".-")


def check_name(name: str) -> None:
    """Raise UsageError for a name that cannot name a run."""
    if not NAME.fullmatch(name):
        raise UsageError(run_text.bad_name(name))


def create(runs_dir: Path, name: str, recipe_toml: str) -> Claim:
    """Create a run folder with this recipe, locked for the engine that will start on it.

    Raises UsageError for a name that cannot name a folder, and RunError if the folder cannot be
    written. After an error only the claimed number remains.
    """
    (label,) = claim_labels(runs_dir, [name])
    return create_labelled(runs_dir, label, recipe_toml)


def claim_labels(runs_dir: Path, names: Sequence[str]) -> list[str]:
    """Claim a number for each of these names. Raises as `create`."""
    for name in names:
        check_name(name)
    try:
        os.makedirs(runs_dir, mode=0o700, exist_ok=True)
        numbers = _claim_numbers(runs_dir, len(names))
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.refused(error))) from error
    return [f"{number}-{name}" for number, name in zip(numbers, names, strict=True)]


def create_labelled(runs_dir: Path, label: str, recipe_toml: str) -> Claim:
    """Create the run folder of a label whose number is claimed. Raises as `create`."""
    try:
        return _create(runs_dir, label, recipe_toml)
    except OSError as error:
        raise RunError(text.cannot_write(runs_dir, text.refused(error))) from error
    except UnicodeEncodeError as error:
        raise UsageError(text.not_unicode(error.object)) from error


def _create(runs_dir: Path, label: str, recipe_toml: str) -> Claim:
    hidden = RunDir(runs_dir / f".{label}")
    shutil.rmtree(hidden.path, ignore_errors=True)  # of a process that was killed right here
    try:
        for folder in (hidden.path, hidden.commands, hidden.checkpoints):
            os.mkdir(folder, mode=0o700)
        write_durably(hidden.recipe, recipe_toml.encode())
        lock = run_lock.acquire(hidden)
        final = RunDir(runs_dir / label)
        os.rename(hidden.path, final.path)
    finally:
        # After the rename this path no longer exists; after an error it does.
        shutil.rmtree(hidden.path, ignore_errors=True)
    return Claim(final, lock)


def _claim_numbers(runs_dir: Path, count: int) -> list[int]:
    """Claim the next numbers by creating a file exclusively for each; it is never deleted.

    The next number is above those claimed and those of the runs that are there, or in the trash:
    runs may have been moved into this folder without their claims.
    """
    numbers = _numbers(runs_dir)
    claimed = [int(name) for name in os.listdir(numbers) if name.isdecimal()]
    places = (runs_dir, runs_dir / TRASH)
    there = [number for place in places for number, _ in numbered_names(place)]
    free = itertools.count(max([*claimed, *there], default=0) + 1)
    return list(itertools.islice(filter(functools.partial(claim_number, runs_dir), free), count))


def claim_number(runs_dir: Path, number: int) -> bool:
    """Claim a number; returns False if it was claimed before. Raises OSError."""
    file = _numbers(runs_dir) / str(number)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


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
