"""The engine as a real process: what a headless user and a scheduler do to it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from engine.protocol import commands, events
from engine.recipes.recipe_building import build_recipe
from engine.run import run_paths, run_search, spool
from engine.run.run_paths import RunDir
from engine.start import engine_death, launch
from tests.forked_engines import Engine, ForkServer, new_run
from tests.processes import TIMEOUT, LiveJournal, headless, wait_for

# One thread: the tests share the processor, and threads that wait for each other crawl.
DIGITS = ("--no-ui", "-m", "lenet5", "-d", "digits", "--seed", "0", "--set", "threads=1")
TRAIN = {"arch": "lenet5", "data": "digits", "seed": 0, "threads": 1, "epochs": 5000}
RUN = RunDir(Path("runs/1-lenet5-digits"))


def ended(process: subprocess.Popen[str], code: int) -> tuple[str, str]:
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == code, err
    return out, err


def last_line(out: str) -> str:
    return out.strip().splitlines()[-1]


def test_ten_epochs_of_digits_learn_and_say_everything() -> None:
    out, err = ended(headless(*DIGITS, "--epochs", "10"), 0)
    assert err == ""
    *_, last, hint = out.strip().splitlines()
    assert last.startswith("done after")
    assert hint == "to show it: cnn-tui report 1"
    journal = LiveJournal(RUN.journal)
    for kind in (
        events.RunStarted,
        events.Phase,
        events.Steps,
        events.Confusion,
        events.FeatureMaps,
        events.EpochEnded,
        events.Checkpointed,
        events.Alert,
        events.Hardware,
        events.RunEnded,
    ):
        assert journal.count(kind), kind
    assert [e.seq for e in journal.events] == list(range(1, len(journal.events) + 1))
    end = journal.events[-1]
    assert isinstance(end, events.RunEnded)
    assert isinstance(end.best_top1, float)
    assert end.best_top1 >= 0.95
    assert "[resolved]" in RUN.recipe.read_text()
    assert sorted(os.listdir(RUN.checkpoints)) == ["best.pt", "last.pt"]
    for path in RUN.path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("where", ["make", "forward"])
def test_a_model_that_ends_the_engine_does_not_pass_for_a_finished_run(where: str) -> None:
    """`forward` would end it among the steps, `make` before the first of them."""
    ends = {"make": ("os._exit(0)", "pass"), "forward": ("pass", "self.training and os._exit(0)")}
    in_make, in_forward = ends[where]
    Path("net.py").write_text(
        "import os\nfrom torch import nn\nclass Net(nn.Sequential):\n    def forward(self, x):\n"
        f"        {in_forward}\n        return super().forward(x)\n"
        f"def make(classes):\n    {in_make}\n"
        "    return Net(nn.Flatten(), nn.LazyLinear(classes))\n"
    )
    line = {"make": 8, "forward": 5}[where]
    told = f"the engine died: net.py, line {line}, called os._exit(0); `cnn-tui resume"
    _, err = ended(headless("--no-ui", "-m", "net.py:make", "-d", "digits"), 1)
    assert err == f"cnn-tui: {told} 1` starts it again.\n"
    assert f"in {where}" in run_search.find(Path("runs"), "1").log.read_text()

    recipe = build_recipe(flags={"arch": "net.py:make", "data": "digits"})
    watched = launch.create(recipe, Path("runs"))
    assert launch.spawn(watched, recipe).wait() == 1
    assert engine_death.sentence(watched.run) == f"{told} 2` starts it again.", "in a viewer"


def started(*arguments: str) -> tuple[subprocess.Popen[str], LiveJournal]:
    """A long run that has trained a few steps."""
    process = headless(*DIGITS, "--epochs", "5000", *arguments)
    journal = LiveJournal(RUN.journal)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.EpochEnded)), process)
    return process, journal


def stopped(process: subprocess.Popen[str], number: signal.Signals, code: int) -> int:
    """The step at which a run stopped when its engine got this signal."""
    process.send_signal(number)
    out, _ = ended(process, code)
    assert last_line(out).endswith("go on with: cnn-tui resume 1")
    journal = LiveJournal(RUN.journal)
    assert journal.has(lambda e: isinstance(e, events.RunEnded))
    end = journal.events[-1]
    assert isinstance(end, events.RunEnded)
    assert end.reason == "stopped"
    saved = [e for e in journal.events if isinstance(e, events.Checkpointed)][-1]
    assert (saved.file, saved.reason) == ("last.pt", "stop")
    return saved.step


def test_a_signal_saves_and_stops_and_a_resume_goes_on() -> None:
    process, _ = started()
    at = stopped(process, signal.SIGTERM, 143)
    again, journal = headless("resume", "--no-ui"), LiveJournal(RUN.journal)
    wait_for(lambda: journal.has(lambda e: isinstance(e, events.Resumed)), again)
    assert next(e.step for e in journal.events if isinstance(e, events.Resumed)) == at
    wait_for(lambda: journal.has(lambda e: e.step > at), again)
    assert stopped(again, signal.SIGINT, 130) > at


@pytest.fixture
def engine(fork_server: ForkServer) -> Engine:
    """One that has trained an epoch of a long run."""
    run = new_run(RUN.path.parent, TRAIN)
    engine, journal = fork_server.start(run), LiveJournal(RUN.journal)
    wait_for(lambda: journal.count(events.EpochEnded) > 0, engine)
    return engine


def test_hang_up_is_ignored_and_usr1_saves(engine: Engine) -> None:
    journal = LiveJournal(RUN.journal)
    engine.send_signal(signal.SIGHUP)
    engine.send_signal(signal.SIGUSR1)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "signal"),
        engine,
    )
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == 143


def test_pause_checkpoint_continue_and_stop_by_command(engine: Engine) -> None:
    journal = LiveJournal(RUN.journal)
    spool.send(RUN, commands.Pause)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.Phase) and e.name == "paused"), engine
    )
    at = next(e.step for e in journal.events if isinstance(e, events.Phase) and e.name == "paused")
    spool.send(RUN, commands.Checkpoint)
    wait_for(
        lambda: journal.has(lambda e: isinstance(e, events.Checkpointed) and e.reason == "command"),
        engine,
    )
    assert all(e.step <= at for e in journal.events), "no step is taken while paused"
    spool.send(RUN, commands.Continue)
    wait_for(lambda: journal.has(lambda e: e.step > at), engine)
    spool.send(RUN, commands.Stop)
    assert engine.wait() == 0


@pytest.mark.usefixtures("engine")
def test_a_second_engine_is_refused() -> None:
    _, err = ended(headless("resume", "--no-ui"), 1)
    assert "is already running" in err


def test_lines_that_nobody_reads_do_not_stop_the_training() -> None:
    process, journal = started()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    epochs = journal.count(events.EpochEnded)
    wait_for(lambda: journal.count(events.EpochEnded) > epochs, process)
    process.terminate()
    process.stderr.close()
    assert process.wait(TIMEOUT) == 143


def test_a_rehearsal_trains_a_step_and_leaves_nothing() -> None:
    out, err = ended(headless(*DIGITS, "--dry-run"), 0)
    assert err == ""
    assert "step 1/" in out
    assert "run 1-" not in out
    assert last_line(out).startswith("dry run: one step and one evaluation batch worked")
    assert not Path("runs").exists()
    assert not run_paths.state_dir().exists()


def test_a_broken_folder_ends_with_a_sentence_and_leaves_no_run(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(3):
            (tmp_path / "d" / name / f"{i}.png").write_bytes(b"no image")
    _, err = ended(headless("--no-ui", "-m", "lenet5", "-d", str(tmp_path / "d")), 2)
    assert "cannot be read" in err
    assert "repair or delete them" in err
    assert "Traceback" not in err
    assert os.listdir("runs") == [".numbers"]
    assert os.listdir(run_paths.state_dir()) == []


def test_a_gpu_that_is_not_there_is_said() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    _, err = ended(headless(*DIGITS, "--device", "cuda"), 2)
    assert "no usable GPU" in err
