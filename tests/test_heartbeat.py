"""Where a lock cannot tell whether an engine lives, its process or its journal does."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from engine.errors import RunError
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.run import run_creation, run_liveness, run_lock, run_search, spool
from engine.run.lock_owner import Owner, owner_here
from engine.run.run_paths import RunDir
from engine.run.runs_folder_lock import locked_runs_folder
from tests import scripted
from tests.processes import TIMEOUT, start_process, wait_for
from tests.scripted import Clock
from tui.cli.command_line import main
from tui.drawing import cells
from tui.drawing.status_rows import status_row
from tui.viewer.run_follower import RunFollower

HARDWARE = events.Hardware(2, 0.5, 0.5, 1, 2, 1, 1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of day, which stands still. A silent run is judged at once."""
    monkeypatch.setattr(run_liveness, "WATCH_SECONDS", 0.0)
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


def elsewhere(run: RunDir, ago: float, said: list[Event]) -> RunDir:
    """As if an engine on another machine had said this, the last of it so many seconds ago."""
    began = time.time() - ago - len(said)
    scripted.write(run, said, Clock(began + 1))
    holder = Owner("farhost", "another boot", 4242, "abc", began)
    run.lock.write_bytes(msgspec.json.encode(holder))
    return run


def half_done(folder: Path, ago: float) -> RunDir:
    return elsewhere(scripted.run_dir(folder), ago, [*scripted.half_a_run(), HARDWARE])


def test_an_engine_elsewhere_lives_as_long_as_it_is_heard_of(tmp_path: Path) -> None:
    run = half_done(tmp_path / "runs", 5)
    assert run_liveness.liveness(run) == "live"
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run, force=True)
    assert run_search.find_live(tmp_path / "runs") == run
    spool.send(run, commands.Pause)
    assert len(os.listdir(run.commands)) == 1


def test_a_silent_engine_is_never_called_dead(tmp_path: Path) -> None:
    run = half_done(tmp_path / "runs", 120)
    assert run_liveness.liveness(run) == "silent"
    for refused in (
        lambda: run_lock.acquire(run),
        lambda: run_search.find_live(tmp_path / "runs", "1"),
        lambda: spool.send(run, commands.Stop),
    ):
        with pytest.raises(RunError, match=r"silent for 2:00.*farhost.*--force"):
            refused()
    os.close(run_lock.acquire(run, force=True))
    assert run_liveness.liveness(run) == "gone", "it was ours, and ended here"


def test_an_engine_elsewhere_that_said_that_it_ended_is_gone(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("stopped")]
    run = elsewhere(scripted.run_dir(tmp_path), 120, said)
    assert run_liveness.liveness(run) == "gone"
    os.close(run_lock.acquire(run))


def test_one_that_began_again_after_it_ended_is_not(tmp_path: Path) -> None:
    said = [*scripted.half_a_run(), events.RunEnded("stopped")]
    run = elsewhere(scripted.run_dir(tmp_path), 120, said)
    again = Owner("farhost", "another boot", 4243, "def", time.time() - 5)
    run.lock.write_bytes(msgspec.json.encode(again))
    assert run_liveness.liveness(run) == "live"


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0])
def test_a_clock_that_was_set_makes_it_silent_until_it_is_heard_again(
    tmp_path: Path, jump: float
) -> None:
    run = half_done(tmp_path, -jump)
    assert run_liveness.liveness(run) == "silent"
    scripted.write(run, [HARDWARE], Clock(time.time()))
    assert run_liveness.liveness(run) == "live"


@pytest.mark.parametrize("apart", [300.0, -300.0])
def test_a_journal_that_grows_is_that_of_a_live_engine_whatever_the_clocks_say(
    tmp_path: Path, apart: float
) -> None:
    run = half_done(tmp_path / "runs", apart)
    follower = RunFollower(run)
    follower.update()
    assert (run_liveness.liveness(run), follower.liveness) == ("silent", "silent")
    scripted.write(run, [HARDWARE], Clock(time.time() - apart))
    follower.update()
    assert (run_liveness.liveness(run), follower.liveness) == ("live", "live")
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run, force=True)
    assert run_search.find_live(tmp_path / "runs", "1") == run
    spool.send(run, commands.Pause)


@pytest.mark.parametrize("force", [False, True])
def test_a_silent_run_is_watched_before_another_engine_may_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    run = half_done(tmp_path / "runs", 300)
    monkeypatch.setattr(run_liveness, "WATCH_SECONDS", TIMEOUT)
    written: list[float] = []

    def sleep(seconds: float) -> None:
        written.append(seconds)
        if len(written) == 3:
            scripted.write(run, [HARDWARE], Clock(time.time() - 299))

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run, force=force)
    assert len(written) == 3


def test_the_only_live_run_is_found_though_clocks_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = half_done(tmp_path / "runs", 300)
    elsewhere(scripted.run_dir(tmp_path / "runs", name="2-x"), 9e5, scripted.half_a_run())
    moments = iter(range(1000))
    monkeypatch.setattr(run_liveness, "WATCH_SECONDS", 5.0)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(moments)))
    monkeypatch.setattr(
        time, "sleep", lambda _: scripted.write(run, [HARDWARE], Clock(time.time() - 299))
    )
    assert run_search.find_live(tmp_path / "runs") == run


def test_the_runs_the_status_and_the_commands_say_so(tmp_path: Path) -> None:
    run = half_done(tmp_path / "runs", 3600)
    told = "has been silent for 1:00:00"
    listed = CliRunner().invoke(main, ["runs"], env={"COLUMNS": "100"})
    assert "? silent" in listed.output
    assert told in listed.output
    for command in (["resume", "1", "--no-ui"], ["stop", "1"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        assert told in done.output
    follower = RunFollower(run)
    while follower.update().more:
        pass
    assert (follower.liveness, follower.alive) == ("silent", False)
    row = status_row(follower.history, 80, time.time(), silence="silent")
    assert "? silent   epoch 3/4" in cells.text(row)
    assert "unexpectedly" not in cells.text(row)


# A file system without locks


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, mode: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_runs_start_and_are_judged_by_what_is_heard(
    tmp_path: Path, clock: Clock
) -> None:
    run, lock = run_creation.create(tmp_path, "x", "")
    assert run_liveness.is_live(run), "before its engine has said anything"
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run)
    os.close(lock)
    later = time.time() + 40
    scripted.write(run, [events.Phase("starting"), HARDWARE], Clock(later))
    clock.now = later + 20
    assert run_liveness.liveness(run) == "live"
    clock.now = later + 60
    assert run_liveness.liveness(run) == "silent"
    with pytest.raises(RunError, match="--force"):
        run_lock.acquire(run)
    scripted.write(run, [events.RunEnded("stopped")], Clock(later + 55))
    os.close(run_lock.acquire(run))


@pytest.mark.usefixtures("no_locks")
def test_without_locks_an_engine_of_this_machine_lives_as_long_as_its_process(
    tmp_path: Path,
) -> None:
    run = half_done(tmp_path / "runs", 7200)
    process = start_process(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    owner = msgspec.structs.replace(owner_here("a1", process.pid), time=0.0)

    def judged(**changed: object) -> run_liveness.Liveness:
        run.lock.write_bytes(msgspec.json.encode(msgspec.structs.replace(owner, **changed)))
        return run_liveness.liveness(run)

    assert judged() == "live"
    with pytest.raises(RunError, match="already running"):
        run_lock.acquire(run, force=True)
    assert judged(started=owner.started - 1) == "gone", "its id is another process's now"
    assert judged(namespace="pid:[1]") == "silent", "a container's ids are its own"
    assert judged(boot="another") == "silent"
    assert judged(started=0) == "silent", "an older engine did not say when it started"
    process.kill()
    wait_for(lambda: judged() == "gone", timeout=TIMEOUT)
    os.close(run_lock.acquire(run))


@pytest.mark.usefixtures("no_locks")
def test_without_locks_it_is_still_decided_what_to_go_on_with(tmp_path: Path) -> None:
    with locked_runs_folder(tmp_path / "runs"):
        assert run_search.list_runs(tmp_path / "runs") == []


def test_an_error_in_the_choice_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    def choose() -> None:
        with locked_runs_folder(tmp_path):
            raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError):
        choose()


def test_of_an_engine_of_this_boot_the_lock_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine of this boot that is gone is gone at once: its journal is not asked."""
    run, lock = run_creation.create(tmp_path, "x", "")
    asked: list[Path] = []
    seen: Callable[[Path], None] = asked.append
    monkeypatch.setattr(run_liveness, "last_event", seen)
    os.close(lock)
    assert run_liveness.liveness(run) == "gone"
    assert asked == []
