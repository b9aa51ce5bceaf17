"""Disks that are full, failing or gone: what is held, what is said, and what is written later."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import text
from engine.checkpoints import checkpoint, saver
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import journal, run_liveness
from engine.run.journal import Journal
from engine.run.journal_tail import JournalTail
from engine.run.run_paths import RunDir
from tests import scripted
from tests.forked_engines import Engine, ForkServer, new_run
from tests.processes import LiveJournal, start_process, wait_for
from tests.test_saving import snapshot, step_in

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


def seqs(path: Path) -> list[int]:
    return [event.seq for event in JournalTail(path).read()]


@pytest.mark.parametrize("number", ERRORS)
def test_events_that_the_disk_refuses_are_written_when_it_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "j"
    written = Journal(path)
    written.append(scripted.steps(1))
    monkeypatch.setattr(os, "write", failing(number))
    held = [written.append(scripted.steps(step)).seq for step in (2, 3)]
    assert held == [2, 3]
    assert written.write_error == text.refused(OSError(number, os.strerror(number)))
    with pytest.raises(OSError, match=os.strerror(number)):
        written.sync()
    assert seqs(path) == [1]
    monkeypatch.undo()
    written.append(scripted.steps(4))
    assert (seqs(path), written.write_error) == ([1, 2, 3, 4], "")
    written.sync()


def test_what_is_held_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Journal(tmp_path / "j")
    monkeypatch.setattr(journal, "MOST_WAITING_BYTES", 200)
    monkeypatch.setattr(os, "write", failing(errno.EIO))
    written.append(scripted.steps(1))
    with pytest.raises(OSError, match="Input/output"):
        written.append(scripted.steps(2))


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("where", ["fsync", "rename", "open"])
def test_of_saves_that_fail_one_alert_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    said: list[Event] = []
    writer = saver.Writer(tmp_path, 0, lambda: None, said.append)
    writer.put(snapshot(1))
    assert writer.wait() == ""
    monkeypatch.setattr(os, where, failing(number))
    for step in (2, 3, 4):
        writer.put(snapshot(step))
        assert os.strerror(number) in writer.wait()
    monkeypatch.undo()
    [alert] = [event for event in said if isinstance(event, events.Alert)]
    assert text.refused(OSError(number, os.strerror(number))) in alert.text
    assert step_in(tmp_path / "last.pt") == 1
    assert os.listdir(tmp_path) == ["last.pt"]
    writer.put(snapshot(5))
    assert writer.wait() == ""
    assert step_in(tmp_path / "last.pt") == 5


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "No space left on device; free some space"),
        (errno.EDQUOT, "Disk quota exceeded; delete files of yours, for your quota is used up"),
        (errno.EROFS, "Read-only file system; make the disk writable again"),
        (errno.EACCES, "Permission denied; change the permissions of its folder"),
        (errno.EIO, "Input/output error; check the disk, which may be failing"),
        (errno.EFBIG, "File too large; check its folder and its disk"),
    ],
)
def test_only_a_full_disk_needs_space(number: int, remedy: str) -> None:
    assert text.refused(OSError(number, os.strerror(number))) == remedy


# A real engine


RUN = RunDir(Path("runs/1-lenet5-digits"))
TRAIN = {
    "arch": "lenet5",
    "data": "digits",
    "epochs": 5000,
    "threads": 1,
    "save_every": "20steps",
}


def is_saved(event: Event) -> bool:
    return isinstance(event, events.Checkpointed)


def not_saved(event: Event) -> bool:
    return isinstance(event, events.Alert) and event.code == "save"


@pytest.fixture
def engine(fork_server: ForkServer) -> Engine:
    """One that has saved."""
    engine = fork_server.start(new_run(RUN.path.parent, TRAIN))
    live_journal = LiveJournal(RUN.journal)
    wait_for(lambda: live_journal.has(is_saved), engine)
    return engine


def test_a_folder_that_is_moved_away_and_back_costs_nothing(tmp_path: Path, engine: Engine) -> None:
    away = RunDir(tmp_path / "elsewhere")
    RUN.path.rename(away.path)
    there = LiveJournal(away.journal)
    wait_for(lambda: there.has(not_saved), engine)
    told = next(e.text for e in there.events if isinstance(e, events.Alert) and not_saved(e))
    assert "put the run's folder back where it was" in told
    assert run_liveness.is_live(away), "the lock went with it"
    checkpoint.load(away.checkpoints / "last.pt")
    away.path.rename(RUN.path)
    saved = there.count(events.Checkpointed)
    back = LiveJournal(RUN.journal)
    wait_for(lambda: back.count(events.Checkpointed) > saved, engine)
    alerts = [e for e in back.events if isinstance(e, events.Alert) and not_saved(e)]
    assert [alert.text for alert in alerts] == [told]
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == 143


def test_a_folder_that_is_deleted_is_said_and_the_training_goes_on(engine: Engine) -> None:
    # Renamed first: the engine would put another file into a folder that is being emptied.
    shutil.rmtree(RUN.path.rename("deleted"))
    said = "put the run's folder back"
    wait_for(lambda: said in engine.stdout, engine)
    wait_for(lambda: "\nepoch " in engine.stdout.partition(said)[2], engine)
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == 1
    assert "last.pt was not saved: No such file or directory" in engine.stderr


BEGUN = """
import sys
from pathlib import Path
from engine.run import run_creation, run_liveness
print("ready", flush=True)
sys.stdin.read()
print(run_creation.create(Path("runs"), "x", "").run.number)
"""


def test_twenty_processes_that_begin_at_once_get_twenty_numbers() -> None:
    # Not from a fork server: this process may have one already that others need as it is.
    command, pipe = (sys.executable, "-c", BEGUN), subprocess.PIPE
    pipes = []
    for _ in range(20):
        process = start_process(*command, stdin=pipe, stdout=pipe)
        assert process.stdin is not None
        assert process.stdout is not None
        pipes.append((process.stdin, process.stdout))
    for _, out in pipes:
        assert out.readline() == "ready\n"
    for go, _ in pipes:
        go.close()
    numbers = [int(out.read()) for _, out in pipes]
    assert sorted(numbers) == list(range(1, 21))
