"""The same command line again and again, as a scheduler that requeues a job gives it."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.protocol import commands, events
from engine.run import spool
from engine.run.run_paths import RunDir
from tests import scripted
from tests.processes import TIMEOUT, LiveJournal, events_of, headless, wait_for

JOB = (
    *("--no-ui", "-m", "lenet5", "-d", "digits", "--seed", "0", "--set", "threads=1"),
    *("--name", "job", "--resume", "auto"),
)
RUN = RunDir(Path("runs/1-job"))


class Ended(NamedTuple):
    """What became of one call of the command line."""

    code: int
    out: str
    err: str


def ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=TIMEOUT)
    return Ended(process.returncode, out, err)


def epochs() -> list[int]:
    """The epochs of the one clean line that a reader makes of the journal."""
    return [event.epoch for event in events_of(RUN) if isinstance(event, events.EpochEnded)]


class Job(NamedTuple):
    """A job that was killed and requeued until it was done, and in which folder.

    `beside` is the same command line while it ran, `requeued` after it was killed, `again` after it
    was done.
    """

    folder: Path
    beside: Ended
    requeued: Ended
    again: Ended
    epochs: list[int]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("job")
    with contextlib.chdir(folder):
        process = headless(*JOB, "--epochs", "12")
        journal = LiveJournal(RUN.journal)
        wait_for(lambda: journal.count(events.Steps) > 0, process)
        spool.send(RUN, commands.Pause)
        wait_for(
            lambda: journal.has(lambda e: isinstance(e, events.Phase) and e.name == "paused"),
            process,
        )
        beside = ended(headless(*JOB, "--epochs", "12"))
        process.kill()
        process.communicate()
        requeued, again = (ended(headless(*JOB, "--epochs", "12")) for _ in range(2))
        yield Job(folder, beside, requeued, again, epochs())


def test_a_requeued_job_is_one_run_and_one_clean_curve(job: Job) -> None:
    assert job.requeued.code == 0
    assert "resumed at step" in job.requeued.out
    assert job.epochs == [*range(1, 13)]
    runs = os.listdir(job.folder / "runs")
    assert [name for name in runs if not name.startswith(".")] == ["1-job"]


def test_a_job_that_is_done_has_nothing_to_do(job: Job) -> None:
    assert (job.again.code, job.again.err) == (0, "")
    assert "1-job is done" in job.again.out


def test_a_dry_run_of_a_resume_trains_nothing_and_changes_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.folder)
    before = RUN.journal.read_bytes(), RUN.recipe.read_bytes(), os.listdir("runs")
    code, out, err = ended(headless(*JOB, "--epochs", "40", "--dry-run"))
    assert (code, err) == (0, "")
    assert "dry run: one step" in out
    assert "\nresumed at step " in out
    assert (RUN.journal.read_bytes(), RUN.recipe.read_bytes(), os.listdir("runs")) == before


def test_a_second_one_beside_it_is_refused(job: Job) -> None:
    assert job.beside.code == 1
    assert "already running" in job.beside.err


def test_a_name_is_needed() -> None:
    code, _, err = ended(headless("--no-ui", "--resume", "auto"))
    assert code == 2
    assert "needs --name" in err


def test_a_run_that_is_done_goes_on_for_more_epochs(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job.folder)
    code, _, err = ended(headless("resume", "1", "--no-ui"))
    assert code == 1
    assert "resume 1 --epochs" in err
    code, out, _ = ended(headless("resume", "1", "--no-ui", "--epochs", "13"))
    assert code == 0
    assert "epoch 13/13" in out
    assert epochs() == [*range(1, 14)]
    code, out, _ = ended(headless("resume", "1", "--no-ui", "--epochs", "14"))
    assert "13 epochs of" in out, "so many were meant before this command"


def test_a_plan_that_was_saved_is_the_one_that_is_told(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that came after it is taken back as the run goes on."""
    monkeypatch.chdir(job.folder)
    told = []
    for _ in range(2):
        process = headless("resume", "1", "--no-ui", "--epochs", "9000")
        assert process.stdout is not None
        before = itertools.takewhile(lambda line: not line.startswith("epoch "), process.stdout)
        told.append("the run goes on with epochs = 9000" in "".join(before))
        process.terminate()
        assert ended(process).code == 143
        scripted.write(RUN, [events.Steered(1.0, 99, 0.1)])
    assert told == [True, False], "so many were meant before the second command"
