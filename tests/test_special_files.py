"""A FIFO, a socket, a device or a folder in place of a file: nothing waits for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from engine import regular_files
from engine.catalog.user_file import UserFile
from engine.checkpoints import checkpoint
from engine.errors import EngineError, RunError
from engine.machine import kept_choices
from engine.machine.kept_choices import StepTime
from engine.protocol import events
from engine.recipes.recipe_building import read_recipe
from engine.run import (
    engine_log,
    journal_growth,
    journal_search,
    lock_owner,
    replies,
    run_liveness,
    run_lock,
)
from engine.run.journal import Journal
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from engine.start import launch
from tests import scripted
from tui.viewer.run_follower import RunFollower


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return scripted.run_dir(tmp_path, scripted.half_a_run())


def fifo(path: Path) -> Path:
    """A FIFO in place of what is there, which nobody writes to."""
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [os.mkfifo, a_socket, a_device, Path.mkdir])
def test_what_is_no_regular_file_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    make(Path("special"))
    with pytest.raises(OSError, match=r"not a regular file|No such device"):
        regular_files.read_bytes(Path("special"))


def test_regular_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\xef\xbb\xbfa\r\nb")
    assert regular_files.read_bytes(file) == b"\xef\xbb\xbfa\r\nb"
    assert regular_files.read_text(file, "utf-8-sig") == "a\nb"


def test_kept_choices_leave_out_what_is_no_file(tmp_path: Path) -> None:
    for _ in kept_choices.settle({"a": "b"}, StepTime, measured, tmp_path):
        pass
    fifo(tmp_path / "0123456789abcdef.json")
    (tmp_path / "fedcba9876543210.json").mkdir()
    assert [kept.choice for kept in kept_choices.every(StepTime, tmp_path)] == [StepTime(1.0)]


def measured() -> Generator[None, None, StepTime]:
    yield from ()
    return StepTime(1.0)


def test_a_journal_that_is_a_fifo_is_an_empty_one_and_cannot_be_written(run: RunDir) -> None:
    fifo(run.journal)
    assert JournalTail(run.journal).read() == []
    assert journal_search.excerpt(run.journal) == []
    assert [*journal_search.newest_first(run.journal, events.Steps)] == []
    assert not journal_growth.grows(run.journal, 0.0)
    assert RunFollower(run).update().more is False
    for read in (journal_search.last_event, journal_search.last_seq, Journal):
        with pytest.raises(OSError, match="not a regular file"):
            read(run.journal)


def test_a_lock_that_is_a_fifo_is_held_by_nobody_and_cannot_be_taken(run: RunDir) -> None:
    fifo(run.lock)
    assert run_liveness.liveness(run) == "gone"
    assert lock_owner.read_owner(run) is None
    with pytest.raises(RunError, match="not a regular file"):
        run_lock.acquire(run)


def test_no_reply_comes_from_a_fifo(run: RunDir) -> None:
    fifo(run.replies / "1.json")
    assert replies.read_reply(run, "1") is None


def test_a_log_that_is_a_fifo_is_neither_read_nor_written(run: RunDir) -> None:
    fifo(run.log)
    engine_log.add_signal(run, 9)
    assert engine_log.last_line(run) == ""
    with pytest.raises(RunError, match=r"engine\.log"):
        launch.start_inspection_server(run)


@pytest.mark.parametrize("read", [read_recipe, checkpoint.load])
def test_recipes_and_checkpoints_that_are_fifos_are_refused(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    with pytest.raises(EngineError, match="not a regular file"):
        read(fifo(tmp_path / "file"))


def test_a_model_file_that_is_a_fifo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        UserFile.read(fifo(tmp_path / "model.py"))
