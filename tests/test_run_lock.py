"""The lock of a run: one engine holds it, until that engine is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.run import file_lock, lock_owner, run_creation, run_liveness, run_lock
from engine.run.lock_owner import owner_here
from tests.processes import start_process


def test_the_lock_is_one_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "ACQUIRE_SECONDS", 0.0)
    run, lock = run_creation.create(tmp_path, "x", "")
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run)
    os.close(lock)
    os.close(run_lock.acquire(run))


def test_the_lock_outlives_the_launchers_copy_and_dies_with_the_engine(tmp_path: Path) -> None:
    run, lock = run_creation.create(tmp_path, "x", "")
    engine = start_process(sys.executable, "-c", "input()", stdin=subprocess.PIPE, pass_fds=(lock,))
    os.close(lock)
    assert run_liveness.is_live(run)
    engine.kill()
    engine.communicate()
    assert not run_liveness.is_live(run)


def test_the_owner_is_in_the_lock_file(tmp_path: Path) -> None:
    run, lock = run_creation.create(tmp_path, "x", "")
    first = lock_owner.read_owner(run)
    assert first is not None
    lock_owner.write_owner(lock, owner_here(first.attempt, 42))
    second = lock_owner.read_owner(run)
    assert second is not None
    assert (second.pid, second.attempt) == (42, first.attempt)
