"""The same command line again and again, as a scheduler that requeues a job gives it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from engine import events
from engine.journal import Reader
from engine.rundir import RunDir
from tests.processes import Watch, headless, wait_for

JOB = (
    *("--no-ui", "-m", "lenet5", "-d", "digits", "--seed", "0", "--set", "threads=1"),
    *("--name", "job", "--resume", "auto"),
)
RUN = RunDir(Path("runs/1-job"))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def epochs(run: RunDir) -> list[int]:
    """The epochs of the one clean line that a reader makes of the journal."""
    said: list[events.Event] = []
    for batch in Reader(run.journal).batches():
        said = [*batch.events] if batch.anew else [*said, *batch.events]
    return [event.epoch for event in said if isinstance(event, events.EpochEnded)]


def killed_in_the_third_epoch() -> None:
    process = headless(*JOB, "--epochs", "6")
    watch = Watch(RUN.journal)
    wait_for(lambda: watch.has(lambda e: isinstance(e, events.EpochEnded) and e.epoch == 2))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_requeued_job_is_one_run_and_one_clean_curve() -> None:
    killed_in_the_third_epoch()
    code, out, _ = ended(headless(*JOB, "--epochs", "6"))
    assert code == 0
    assert "resumed at step" in out
    assert epochs(RUN) == [1, 2, 3, 4, 5, 6]
    code, out, err = ended(headless(*JOB, "--epochs", "6"))
    assert (code, err) == (0, "")
    assert "1-job is done" in out
    assert [name for name in os.listdir("runs") if not name.startswith(".")] == ["1-job"]


def test_a_second_one_beside_it_is_refused() -> None:
    process = headless(*JOB, "--epochs", "500")
    watch = Watch(RUN.journal)
    wait_for(lambda: watch.count(events.EpochEnded) > 0, process)
    code, _, err = ended(headless(*JOB, "--epochs", "500"))
    assert code == 1
    assert "already running" in err
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 143


def test_a_name_is_needed() -> None:
    code, _, err = ended(headless("--no-ui", "--resume", "auto"))
    assert code == 2
    assert "needs --name" in err


def test_a_run_that_is_done_goes_on_for_more_epochs() -> None:
    assert ended(headless(*JOB, "--epochs", "2"))[0] == 0
    code, _, err = ended(headless("resume", "1", "--no-ui"))
    assert code == 1
    assert "resume 1-job --epochs" in err
    code, out, _ = ended(headless("resume", "1", "--no-ui", "--epochs", "4"))
    assert code == 0
    assert "epoch 4/4" in out
    assert epochs(RUN) == [1, 2, 3, 4]
