"""Several processes train one run: it is the run that one process would train."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from engine.checkpoints import checkpoint
from engine.inspection.neighbours import NEIGHBOURS
from engine.process import torchrun
from engine.protocol import commands, events
from engine.protocol.events import Event
from engine.run import lock_owner, replies, run_liveness, sightings_file, spool
from engine.run.run_paths import RunDir
from tests.forked_engines import Engine, ForkServer, new_run
from tests.processes import (
    TIMEOUT,
    LiveJournal,
    Process,
    events_of,
    headless,
    start_process,
    wait_for,
)

# No augmentation, whose draws differ, and no batch norm or dropout, which see a part of a batch.
PLAIN = {
    **{"arch": "lenet5", "data": "digits", "seed": 0, "device": "cpu"},
    **{"rotate": 0.0, "shift": 0.0, "zoom": 0.0, "precision": "float32"},
    **{"memory_format": "contiguous", "threads": 1, "gpus": 2},
}
EPOCHS = 8
LONG: dict[str, object] = {**PLAIN, "epochs": 1000}
RUN = RunDir(Path("runs/1-lenet5-digits"))
ARGUMENTS = (
    *("-m", "lenet5", "-d", "digits", "--seed", "0", "--device", "cpu", "--epochs", "1000"),
    *("--set", "threads=1", "--set", "precision=float32", "--set", "memory_format=contiguous"),
)


def ended(process: subprocess.Popen[str], code: int) -> str:
    """What a process complained of, which ends with this code."""
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == code, err
    return err


def epochs(said: list[Event]) -> list[events.EpochEnded]:
    return [event for event in said if isinstance(event, events.EpochEnded)]


def measured(found: list[events.EpochEnded]) -> list[events.MaybeMeasured]:
    return [value for e in found for value in (e.train_loss, e.train_top1, e.loss, e.top1, e.lr)]


def two_ranks(fork_server: ForkServer, run: RunDir) -> tuple[Engine, Engine]:
    """Both processes of a run, with what torchrun would put into their environments."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    common = {"TORCHELASTIC_RUN_ID": "test", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    sizes = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    leader, follower = (
        fork_server.start(
            run, variables=torchrun.LOOPBACK | common | sizes | {"RANK": rank, "LOCAL_RANK": rank}
        )
        for rank in ("0", "1")
    )
    return leader, follower


def trained(run: RunDir, process: Process, after: int = 1) -> LiveJournal:
    """The journal of a run in which so many more epochs have ended."""
    journal = LiveJournal(run.journal)
    wanted = journal.count(events.EpochEnded) + after
    wait_for(lambda: journal.count(events.EpochEnded) >= wanted, process)
    return journal


def leader_of(run: RunDir) -> psutil.Process:
    owner = lock_owner.read_owner(run)
    assert owner is not None
    return psutil.Process(owner.pid)


def beside(process: psutil.Process) -> psutil.Process:
    """The other process that torchrun has started."""
    parent = process.parent()
    assert parent is not None
    (other,) = (child for child in parent.children() if child != process)
    return other


# The numbers


@pytest.fixture(scope="module")
def alone(
    fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory
) -> list[events.EpochEnded]:
    """Epochs by one process."""
    run = new_run(tmp_path_factory.mktemp("alone"), LONG)
    stopped(run, fork_server.start(run), EPOCHS)
    return epochs(events_of(run))


class Together(NamedTuple):
    """A run that was begun by two processes, taken up by one, and again by two.

    `said` is what readers make of its journal, and `saved` the last save of each.
    """

    said: list[Event]
    saved: list[events.Checkpointed]


@pytest.fixture(scope="module")
def together(fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> Together:
    run = new_run(tmp_path_factory.mktemp("together"), LONG)
    leader, follower = two_ranks(fork_server, run)
    saved = [stopped(run, leader)]
    follower.wait()
    saved.append(stopped(run, fork_server.start(run)))
    leader, follower = two_ranks(fork_server, run)
    saved.append(stopped(run, leader))
    follower.wait()
    assert [engine.stderr for engine in (leader, follower)] == ["", ""]
    return Together(events_of(run), saved)


def stopped(run: RunDir, engine: Engine, after: int = 1) -> events.Checkpointed:
    """The save of an engine that was told to stop after so many epochs."""
    journal = trained(run, engine, after)
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == 143
    assert journal.has(lambda e: isinstance(e, events.RunEnded))
    return [e for e in journal.events if isinstance(e, events.Checkpointed)][-1]


def test_two_processes_train_what_one_does(
    alone: list[events.EpochEnded], together: Together
) -> None:
    both = list(zip(epochs(together.said), alone, strict=False))
    assert len(both) >= 3
    found, expected = (measured([*part]) for part in zip(*both, strict=True))
    assert found == pytest.approx(expected, rel=1e-3)
    for matrix in (event for event in together.said if isinstance(event, events.Confusion)):
        assert sum(map(sum, matrix.counts)) == 355
        for cell in matrix.worst:
            assert len(cell.images) == min(16, matrix.counts[cell.true][cell.predicted])
    begun = next(event for event in together.said if isinstance(event, events.RunStarted))
    assert begun.device.startswith("cpu×2 ")
    assert begun.steps_per_epoch == 22
    first = next(event for event in together.said if isinstance(event, events.Steps))
    assert first.step == 1
    assert first.loss == pytest.approx(2.3, abs=0.1)


def test_two_processes_learn_in_parts_what_one_learns_from_whole_batches(
    fork_server: ForkServer, tmp_path: Path, alone: list[events.EpochEnded]
) -> None:
    """Each learns from its 32 images of a batch in parts of 11, 11 and 10."""
    run = new_run(tmp_path, {**LONG, "accumulate": 3})
    leader, follower = two_ranks(fork_server, run)
    stopped(run, leader, 2)
    follower.wait()
    assert [engine.stderr for engine in (leader, follower)] == ["", ""]
    found = epochs(events_of(run))[:2]
    assert measured(found) == pytest.approx(measured(alone[:2]), rel=1e-3)


def test_a_run_goes_on_with_another_number_of_processes(together: Together) -> None:
    """From two to one, and from one to two."""
    numbers = [e.epoch for e in epochs(together.said)]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert [(save.file, save.reason) for save in together.saved] == [("last.pt", "stop")] * 3
    resumed = [event.step for event in together.said if isinstance(event, events.Resumed)]
    assert resumed == [save.step for save in together.saved[:2]]


# The end of one is the end of all


def test_two_processes_that_go_on_have_seen_what_undisturbed_ones_have(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    """Stopped within an epoch, they save what both have seen of the images."""
    whole, torn = (new_run(tmp_path / name, {**PLAIN, "epochs": 30}) for name in ("a", "b"))
    step = 0
    while step % 22 == 0:
        leader, follower = two_ranks(fork_server, torn)
        step = stopped(torn, leader).step
        follower.wait()
    for run in (torn, whole):
        for engine in two_ranks(fork_server, run):
            assert engine.wait() == 0, engine.stderr
    assert torn.sightings.read_bytes() == whole.sightings.read_bytes()
    found = sightings_file.read(whole.sightings, 10)
    assert found is not None
    assert (found.epoch, int(found.sightings.max())) == (30, 30)
    assert int(found.sightings.sum()) == 30 * 22 * 64


def test_a_loss_that_is_not_a_number_ends_all_with_a_sentence(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    broken = {"optimizer": "sgd", "lr": 1000.0, "act": "relu", "schedule": "constant"}
    run = new_run(tmp_path, {**LONG, **broken})
    leader, follower = two_ranks(fork_server, run)
    assert leader.wait() == 1
    assert follower.wait() != 0
    assert "the loss is not a number since step" in leader.stderr
    assert [path.name for path in run.checkpoints.glob("nan-step-*.pt")]


@pytest.mark.parametrize(
    ("rank", "told"),
    [
        ("0", "ended without a message"),
        ("1", "the engine died: net.py, line 5, called os._exit(0)"),
    ],
)
def test_a_process_that_its_model_ends_is_no_stopped_run(rank: str, told: str) -> None:
    Path("net.py").write_text(
        "import os\nfrom torch import nn\nclass Net(nn.Sequential):\n    def forward(self, x):\n"
        f"        os.environ.get('RANK') == '{rank}' and os._exit(0)\n"
        "        return super().forward(x)\n"
        "def make(classes): return Net(nn.Flatten(), nn.LazyLinear(classes))\n"
    )
    options = ("--device", "cpu", "--gpus", "2", "--set", "threads=1")
    assert told in ended(headless("--no-ui", "-m", "net.py:make", "-d", "digits", *options), 1)


def test_a_process_that_is_killed_ends_the_run_which_goes_on_later(fork_server: ForkServer) -> None:
    run = new_run(RUN.path.parent, LONG)
    leader, follower = two_ranks(fork_server, run)
    journal = trained(run, leader)
    follower.send_signal(signal.SIGKILL)
    assert leader.wait() == 1
    assert "another process of this run has ended" in leader.stderr
    assert journal.has(lambda e: isinstance(e, events.RunEnded) and e.error in leader.stderr)
    assert not run_liveness.is_live(run)
    # Now as a person does it, so that it is torchrun that finds one of them gone.
    again = headless("resume", "--no-ui")
    resumed = LiveJournal(run.journal)
    wait_for(lambda: resumed.has(lambda e: isinstance(e, events.Resumed)), again)
    wait_for(lambda: resumed.has(lambda e: e.step > journal.events[-1].step), again)
    leader_of(run).kill()
    err = ended(again, 1)
    assert "one of the 2 processes" in err
    assert resumed.has(lambda e: isinstance(e, events.RunEnded) and e.error in err)


# As they are started


def test_commands_reach_all_processes_and_the_lock_is_rank_0s() -> None:
    process = headless("--no-ui", *ARGUMENTS, "--gpus", "2")
    journal = trained(RUN, process)
    process.send_signal(signal.SIGUSR1)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "signal"),
        process,
    )
    spool.send(RUN, commands.Pause)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Phase) and e.name == "paused"))
    at = next(e.step for e in journal.events if isinstance(e, events.Phase) and e.name == "paused")
    spool.send(RUN, commands.Steer, scale=0.5)
    asked = spool.send(
        RUN, commands.Inspect, kind="neighbours", images=(3,), cell=(4, 9), split="training"
    )
    spool.send(RUN, commands.Checkpoint)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "command")
    )
    shown = replies.read_reply(RUN, asked)
    assert isinstance(shown, events.Neighbours)
    assert (len(shown.given), len(shown.held)) == (NEIGHBOURS, NEIGHBOURS)
    assert all(e.step <= at for e in journal.events), "no step is taken while paused"
    spool.send(RUN, commands.Continue)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.EpochEnded) and e.step > at), process
    )
    other = beside(leader_of(RUN))
    process.kill()
    process.wait()  # whoever reads its lines would wait for rank 0, which goes on
    assert run_liveness.is_live(RUN)
    spool.send(RUN, commands.Stop)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.RunEnded)))
    wait_for(lambda: not run_liveness.is_live(RUN))
    assert checkpoint.load(RUN.checkpoints / "last.pt").training.steering.factor == 0.5
    wait_for(lambda: not other.is_running())


def test_torchrun_itself_may_start_a_run() -> None:
    made = headless("--create", *ARGUMENTS)
    out, _ = made.communicate(timeout=TIMEOUT)
    assert Path(out.strip()) == RUN.path.resolve()
    assert lock_owner.read_owner(RUN) is None, "rank 0 may be on any machine"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    engine = ["-m", "engine", str(RUN.path), "--lines"]
    process = start_process(
        *(*launcher, "--nproc-per-node", "2", *engine),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.EpochEnded)), process)
    process.terminate()
    said, _ = process.communicate(timeout=TIMEOUT)
    assert "epoch 1/1000" in said
    assert journal.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "stopped")
    state = checkpoint.load(RUN.checkpoints / "last.pt")
    assert state.training.step == journal.events[-1].step
