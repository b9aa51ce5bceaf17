"""Several processes train one run: it is the run that one process would train."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine import checkpoint, commands, events, rundir, spool
from engine.events import Event
from engine.journal import Reader
from engine.rundir import RunDir
from tests.processes import Watch, headless, wait_for

# No augmentation, whose draws differ, and no batch norm or dropout, which see a part of a batch.
PLAIN = (
    *("-m", "lenet5", "-d", "digits", "--seed", "0", "--device", "cpu"),
    *("--set", "rotate=0", "--set", "shift=0", "--set", "zoom=0", "--set", "precision=float32"),
    *("--set", "memory_format=contiguous", "--set", "threads=1"),
)
TWO = ("--gpus", "2")
RUN = RunDir(Path("runs/1-lenet5-digits"))


def ended(process: subprocess.Popen[str], code: int) -> str:
    """What a process complained of, which ends with this code."""
    _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    return err


def clean(run: RunDir) -> list[Event]:
    """What a reader makes of the journal: one line, whatever happened."""
    said: list[Event] = []
    for batch in Reader(run.journal).batches():
        said = [*batch.events] if batch.anew else [*said, *batch.events]
    return said


def epochs(run: RunDir) -> list[events.EpochEnded]:
    return [event for event in clean(run) if isinstance(event, events.EpochEnded)]


def measured(found: list[events.EpochEnded]) -> list[float | None]:
    return [value for e in found for value in (e.train_loss, e.train_top1, e.loss, e.top1, e.lr)]


def started(*arguments: str) -> tuple[subprocess.Popen[str], Watch]:
    """A long run that has ended an epoch."""
    process = headless("--no-ui", *PLAIN, *arguments)
    watch = Watch(RUN.journal)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.EpochEnded)), process)
    return process, watch


def leader() -> int:
    owner = rundir.owner(RUN)
    assert owner is not None
    return owner.pid


def follower() -> psutil.Process:
    parent = psutil.Process(leader()).parent()
    assert parent is not None
    (other,) = (child for child in parent.children() if child.pid != leader())
    return other


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[events.EpochEnded]:
    """Six epochs by one process."""
    folder = tmp_path_factory.mktemp("alone")
    ended(headless("--no-ui", *PLAIN, "--epochs", "6", "--runs-dir", str(folder)), 0)
    return epochs(RunDir(folder / "1-lenet5-digits"))


def test_two_processes_train_what_one_does(alone: list[events.EpochEnded]) -> None:
    assert ended(headless("--no-ui", *PLAIN, *TWO, "--epochs", "6"), 0) == ""
    assert measured(epochs(RUN)) == pytest.approx(measured(alone), rel=1e-3)
    said = clean(RUN)
    for matrix in (event for event in said if isinstance(event, events.Confusion)):
        assert sum(map(sum, matrix.counts)) == 355
        for cell in matrix.worst:
            assert len(cell.images) == min(16, matrix.counts[cell.true][cell.predicted])
    (begun,) = (event for event in said if isinstance(event, events.RunStarted))
    assert begun.device.startswith("cpu×2 ")
    assert begun.steps_per_epoch == 22
    (first, *_) = (event for event in said if isinstance(event, events.Steps))
    assert first.step == 1
    assert first.loss == pytest.approx(2.3, abs=0.1)


@pytest.mark.parametrize(("before", "after"), [("2", "1"), ("1", "2")])
def test_a_run_goes_on_with_another_number_of_processes(
    alone: list[events.EpochEnded], before: str, after: str
) -> None:
    process, watch = started("--epochs", "6", "--gpus", before)
    process.send_signal(signal.SIGTERM)
    ended(process, 143)
    assert watch.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "stopped")
    saved = [e for e in watch.events if isinstance(e, events.Checkpointed)][-1]
    assert (saved.file, saved.reason) == ("last.pt", "stop")
    ended(headless("resume", "--no-ui", "--gpus", after), 0)
    assert [e.epoch for e in epochs(RUN)] == [1, 2, 3, 4, 5, 6]
    assert measured(epochs(RUN)) == pytest.approx(measured(alone), rel=1e-3)


def test_commands_reach_all_processes_and_the_lock_is_rank_0s() -> None:
    process, watch = started("--epochs", "1000", *TWO)
    process.send_signal(signal.SIGUSR1)
    wait_for(
        lambda: watch.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "signal"),
        process,
    )
    spool.send(RUN, commands.Pause)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.Phase) and e.name == "paused"))
    at = next(e.step for e in watch.events if isinstance(e, events.Phase) and e.name == "paused")
    spool.send(RUN, commands.Steer, scale=0.5)
    spool.send(RUN, commands.Checkpoint)
    wait_for(
        lambda: watch.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "command")
    )
    assert all(e.step <= at for e in watch.events), "no step is taken while paused"
    spool.send(RUN, commands.Continue)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.EpochEnded) and e.step > at), process)
    other = follower()
    process.kill()
    process.wait()  # whoever reads its lines would wait for rank 0, which goes on
    assert rundir.alive(RUN)
    spool.send(RUN, commands.Stop)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.RunEnded)))
    wait_for(lambda: not rundir.alive(RUN))
    assert checkpoint.load(RUN.checkpoints / "last.pt")["steering"][0] == 0.5
    wait_for(lambda: not other.is_running())
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()


def test_a_process_that_is_killed_ends_the_run_which_goes_on_later() -> None:
    process, watch = started("--epochs", "1000", *TWO)
    follower().kill()
    err = ended(process, 1)
    assert "another process of this run has ended" in err
    assert watch.has(lambda e: isinstance(e, events.RunEnded) and e.error in err)
    assert not rundir.alive(RUN)
    again = headless("resume", "--no-ui")
    resumed = Watch(RUN.journal)
    wait_for(lambda: resumed.has(lambda e: isinstance(e, events.Resumed)), again)
    wait_for(lambda: resumed.has(lambda e: e.step > watch.events[-1].step), again)
    os.kill(leader(), signal.SIGKILL)
    err = ended(again, 1)
    assert "one of the 2 processes" in err
    assert resumed.has(lambda e: isinstance(e, events.RunEnded) and e.error in err)


def test_torchrun_itself_may_start_a_run() -> None:
    made = headless("--create", *PLAIN, "--epochs", "1000")
    out, _ = made.communicate(timeout=60)
    assert Path(out.strip()) == RUN.path.resolve()
    assert rundir.owner(RUN) is None, "rank 0 may be on any machine"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    engine = ["-m", "engine", str(RUN.path), "--lines"]
    process = subprocess.Popen(
        [*torchrun, "--nproc-per-node", "2", *engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    watch = Watch(RUN.journal)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.EpochEnded)), process)
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert "epoch 1/1000" in said
    assert watch.has(lambda e: isinstance(e, events.RunEnded) and e.reason == "stopped")
    state = checkpoint.load(RUN.checkpoints / "last.pt")
    assert state["step"] == watch.events[-1].step


def test_a_loss_that_is_not_a_number_ends_all_with_a_sentence() -> None:
    broken = ("--set", "optimizer=sgd", "--set", "lr=1000", "--set", "act=relu")
    process = headless("--no-ui", *PLAIN, *TWO, *broken, "--set", "schedule=constant")
    assert "the loss is not a number since step" in ended(process, 1)
    assert [path.name for path in RUN.checkpoints.glob("nan-step-*.pt")]
