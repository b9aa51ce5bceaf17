"""The lock of a run, an flock on `engine.lock`: free as soon as the engine process is gone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from engine import regular_files, text
from engine.errors import RunError
from engine.run import run_liveness, run_text
from engine.run.file_lock import flock_patiently
from engine.run.lock_owner import owner_here, read_owner, write_owner
from engine.run.run_paths import RunDir


class Claim(NamedTuple):
    """A run and the descriptor that holds its lock."""

    run: RunDir
    lock: int


def acquire(run: RunDir, lock_file: Path | None = None, *, force: bool = False) -> int:
    """Lock the run, or another lock file in it, and write a new attempt into that file.

    Returns the locked descriptor. Raises RunError if another engine holds the run, or if one is
    silent and `force` is not set. A silent run is watched for a while before.
    """
    file = lock_file or run.lock
    if lock_file is None:
        run_liveness.watch(run)
    try:
        descriptor = regular_files.open_descriptor(file, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise RunError(text.cannot_write(file, text.refused(error))) from error
    found = run_liveness.judged(run, file, flock_patiently(descriptor))
    if found == "live" or (found == "silent" and lock_file is None and not force):
        os.close(descriptor)
        if found == "live":
            raise RunError(text.already_running(run.label, run.selector))
        raise RunError(run_liveness.why_not_live(run))
    owner = owner_here(secrets.token_hex(4), pid=0)
    write_owner(descriptor, replace(owner, log_bytes=_size(run.log)))
    return descriptor


@contextmanager
def held(run: RunDir) -> Iterator[None]:
    """Hold the lock of a run without an engine, so that none starts; its last owner stays in it.

    Raises RunError if an engine holds the run, or if one is silent.
    """
    descriptor = _held_descriptor(run)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _held_descriptor(run: RunDir) -> int | None:
    """The locked descriptor; None for a run that never had an engine."""
    try:
        descriptor = regular_files.open_descriptor(run.lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(text.cannot_write(run.lock, text.refused(error))) from error
    found = run_liveness.judged(run, run.lock, flock_patiently(descriptor))
    if found == "gone":
        return descriptor
    os.close(descriptor)
    if found == "live":
        raise RunError(run_text.stop_it_first(run.label, run.selector))
    raise RunError(run_liveness.why_not_live(run))


def take_over(claim: Claim, oom_file: str, oom_kills: int) -> str:
    """Sign the lock as the process that serves the run; returns the attempt it was claimed for.

    The count of `oom_file` at the start later tells whether memory was short; see `Owner`.
    """
    claimed = read_owner(claim.run)
    assert claimed is not None, "the lock is signed where it is taken"
    owner = owner_here(claimed.attempt, os.getpid())
    counts = {"oom_file": oom_file, "oom_kills": oom_kills}
    write_owner(claim.lock, replace(owner, log_bytes=claimed.log_bytes, **counts))
    return claimed.attempt


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def release(claim: Claim) -> None:
    """Release a run on which no engine was started. Any machine can then start one."""
    os.ftruncate(claim.lock, 0)
    os.close(claim.lock)
