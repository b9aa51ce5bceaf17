"""A script of several ranks: one run. All ranks obey a key at the same step, or it is refused."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cnn_tui.watching.channel import Recording
from cnn_tui.watching.ranked_reports import RankedReports
from cnn_tui.watching.ranks import Message, Rank, RankedChannel, SilentChannel, this_rank
from cnn_tui.watching.script import Script
from cnn_tui.watching.step_means import LOSS
from engine.protocol import commands, events
from engine.run import run_liveness, spool
from engine.run.run_paths import RunDir
from tests.processes import TIMEOUT, LiveJournal, events_of, start_process, wait_for
from tests.scripted import Clock

SCRIPT = str(Path(__file__).parent / "ranked_script.py")


@pytest.fixture(autouse=True)
def _no_other_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


class Network:
    """The group of one process, which counts the messages that the leader makes."""

    def __init__(self) -> None:
        self.messages = 0

    def from_leader(self, make: Any) -> Any:
        self.messages += 1
        return make()


class Line:
    """The leader's channel."""

    def __init__(self) -> None:
        self.alive = True
        self.waiting: deque[dict[str, Any]] = deque()
        self.waits: list[float] = []

    def commands(self) -> list[dict[str, Any]]:
        taken = [*self.waiting]
        self.waiting.clear()
        return taken

    def wait_for_command(self, seconds: float) -> None:
        self.waits.append(seconds)

    def recording(self, seconds: float = 0.0) -> Recording | None:
        return Recording("/runs/1-mine", "1-mine", "1")


def ranked() -> tuple[Any, Line, Network, Clock]:
    clock, line, network = Clock(0.0), Line(), Network()
    channel: Any = RankedChannel
    return channel(line, Rank(0, 2), network, clock), line, network, clock


def test_commands_travel_about_ten_times_a_second() -> None:
    channel, line, network, clock = ranked()
    for _ in range(10_000):
        clock.now += 0.001
        channel.after_step(lambda: False)
    assert 90 <= network.messages <= 120
    line.waiting.append({"type": "Pause"})
    assert channel.commands() == []
    for _ in range(200):
        clock.now += 0.001
        channel.after_step(lambda: False)
    assert channel.commands() == [{"type": "Pause"}]


def test_a_paused_rank_waits_no_longer_than_a_collective() -> None:
    channel, line, network, _ = ranked()
    channel.wait_for_command(1.0)
    assert line.waits == [0.1]
    assert network.messages == 1


def test_all_ranks_learn_that_the_recorder_has_ended() -> None:
    channel, line, network, _ = ranked()
    line.alive = False
    channel.wait_for_command(1.0)
    assert not channel.alive
    channel.wait_for_command(1.0)
    assert channel.after_step(lambda: True) is None
    assert network.messages == 1


def test_a_device_that_fails_on_one_rank_leaves_no_other_waiting(
    capfd: pytest.CaptureFixture[str],
) -> None:
    gathered: list[Any] = []
    told: list[dict[str, Any]] = []

    def gather(mine: Any) -> list[Any]:
        gathered.append(mine)
        return gathered

    due = Message(1, [], report=True, alive=True)
    channel: Any = SimpleNamespace(
        after_step=lambda is_due: due, group=SimpleNamespace(gather=gather)
    )
    script = Script("train.py", told.append)
    reports = RankedReports(script, lambda: None, Clock(0.0), channel)
    reports.means.add(LOSS, torch.ones((), device="meta"))  # whose value nobody can read
    reports.after_step(0.0)
    reports.after_step(0.0)
    assert gathered == [({}, 0)]
    assert "cannot be put together" in capfd.readouterr().err


def test_a_rank_is_found_by_the_variables_of_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    assert this_rank() == Rank(0, 1)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert this_rank() == Rank(3, 8)
    assert not this_rank().leads


def test_a_silent_channel_does_nothing() -> None:
    silent = SilentChannel()
    silent.open()
    silent.send({"type": "Steps"})
    silent.wait_for_command(1.0)
    silent.close()
    assert (silent.alive, silent.commands(), silent.recording(1.0)) == (False, [], None)


def started(folder: Path, *arguments: str) -> list[subprocess.Popen[str]]:
    """Two ranks of the script, with their runs in this folder."""
    return [
        start_process(
            *(sys.executable, SCRIPT, str(rank), str(folder / "store"), *arguments),
            cwd=folder,
            stdout=subprocess.PIPE,
        )
        for rank in range(2)
    ]


def steps_of(ranks: list[subprocess.Popen[str]]) -> list[int]:
    """How many steps each has trained, once all have ended well."""
    outputs = [rank.communicate(timeout=TIMEOUT)[0] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0]
    return [int(output) for output in outputs]


def test_all_ranks_pause_go_on_and_stop_at_the_same_step(tmp_path: Path) -> None:
    ranks = started(tmp_path, "1000000", "mean")
    run = RunDir(tmp_path / "runs" / "1-ranks")
    journal = LiveJournal(run.journal)
    wait_for(run.journal.exists, ranks[0])
    wait_for(lambda: journal.has(is_steps), ranks[0])
    spool.send(run, commands.Pause)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Phase) and e.name == "paused"))
    paused = journal.events[-1].step
    spool.send(run, commands.Continue)
    wait_for(lambda: journal.has(lambda e: is_steps(e) and e.step > paused), ranks[0])
    spool.send(run, commands.Stop)
    first, second = steps_of(ranks)
    assert first == second > paused
    wait_for(lambda: not run_liveness.is_live(run, run.lock))
    said = events_of(run)
    reports = [event for event in said if isinstance(event, events.Steps)]
    assert {(event.loss, event.scalars["rank"]) for event in reports[1:]} == {(0.5, 0.5)}
    (start,) = (event for event in said if isinstance(event, events.RunStarted))
    assert start.watched is not None
    assert "Pause" not in start.watched.refusals
    assert isinstance(said[-1], events.RunEnded)
    assert said[-1].reason == "stopped"


def test_one_rank_alone_speaks_and_refuses_what_needs_all(tmp_path: Path) -> None:
    assert steps_of(started(tmp_path, "2")) == [400, 400]
    (folder,) = (tmp_path / "runs").glob("[0-9]*")
    run = RunDir(folder)
    wait_for(lambda: not run_liveness.is_live(run, run.lock))
    said = events_of(run)
    (start,) = (event for event in said if isinstance(event, events.RunStarted))
    assert start.watched is not None
    assert {"Pause", "Stop", "Steer"} <= start.watched.refusals.keys()
    assert 'reduce="mean"' in start.watched.refusals["Pause"]
    assert {e.loss for e in said if isinstance(e, events.Steps)} == {0.0}


def is_steps(event: events.Event) -> bool:
    return isinstance(event, events.Steps)
