"""Commands: written whole, taken in order, heard only by the attempt that they are for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RunError
from engine.protocol import commands
from engine.protocol.commands import Command
from engine.run import lock_owner, run_creation, spool
from engine.run.lock_owner import owner_here
from engine.run.run_lock import Claim
from engine.run.run_paths import RunDir


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Claim]:
    claim = run_creation.create(tmp_path / "runs", "x", "")
    yield claim
    os.close(claim.lock)


def attempt(run: RunDir) -> str:
    owner = lock_owner.read_owner(run)
    assert owner is not None
    return owner.attempt


def taken(run: RunDir) -> tuple[list[Command], list[tuple[str, str]]]:
    refused: list[tuple[str, str]] = []
    receiving = spool.Spool(run, attempt(run), lambda file, why: refused.append((file, why)))
    return receiving.take(), refused


def test_commands_come_in_order_and_once(live: Claim) -> None:
    ids = [spool.send(live.run, kind) for kind in (commands.Pause, commands.Continue)]
    said, refused = taken(live.run)
    assert [(type(c), c.id) for c in said] == [
        (commands.Pause, ids[0]),
        (commands.Continue, ids[1]),
    ]
    assert refused == []
    assert taken(live.run) == ([], [])
    assert os.listdir(live.run.commands) == []


def test_a_command_for_another_attempt_is_deleted_unheard(live: Claim) -> None:
    spool.send(live.run, commands.Stop)
    lock_owner.write_owner(live.lock, owner_here("another", 1))
    assert taken(live.run) == ([], [])
    assert os.listdir(live.run.commands) == []


def test_a_run_without_an_engine_is_told_nothing(tmp_path: Path) -> None:
    run, lock = run_creation.create(tmp_path / "runs", "x", "")
    os.close(lock)
    with pytest.raises(RunError, match="is not running"):
        spool.send(run, commands.Stop)
    assert os.listdir(run.commands) == []


def test_a_half_written_command_is_not_looked_at(live: Claim) -> None:
    (live.run.commands / ".1-x.json").write_bytes(b"{")
    assert taken(live.run) == ([], [])


def test_what_is_no_command_is_refused_and_gone(live: Claim) -> None:
    folder = live.run.commands
    (folder / "1-a.json").write_bytes(b"{}")
    (folder / "2-b.json").write_bytes(b"x" * (spool.MOST_BYTES + 1))
    (folder / "3-c.json").symlink_to("/etc/hostname")
    os.mkfifo(folder / "4-d.json")
    said, refused = taken(live.run)
    assert said == []
    assert [file for file, _ in refused] == ["1-a.json", "2-b.json", "3-c.json", "4-d.json"]
    assert os.listdir(folder) == []


def test_what_cannot_be_deleted_is_heard_once_and_leaks_nothing(live: Claim) -> None:
    (live.run.commands / "1-folder").mkdir()
    refused: list[str] = []
    receiving = spool.Spool(live.run, attempt(live.run), lambda file, why: refused.append(file))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        receiving.take()
    assert refused == ["1-folder"]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_full_disk_is_one_sentence(live: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(old: Path, new: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(RunError, match="No space left"):
        spool.send(live.run, commands.Pause)
    assert os.listdir(live.run.commands) == []


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_command_or_refused(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run = RunDir(Path(folder))
        run.commands.mkdir()
        (run.commands / "1-a.json").write_bytes(data)
        refused: list[str] = []
        assert spool.Spool(run, "a", lambda file, why: refused.append(file)).take() == []
        assert os.listdir(run.commands) == []
