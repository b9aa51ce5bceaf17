"""The run directory: made whole, found by what people type, held by one engine."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import RunError, UsageError
from engine.run import rundir
from engine.run.rundir import RunDir
from tests.processes import begin


def test_a_new_run_is_whole_private_and_locked(tmp_path: Path) -> None:
    run, lock = rundir.create(tmp_path / "runs", "lenet5-digits", "epochs = 1\n")
    assert run.label == "1-lenet5-digits"
    assert run.recipe.read_text() == "epochs = 1\n"
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(run.recipe.stat().st_mode) == 0o600
    assert rundir.alive(run)
    os.close(lock)
    assert not rundir.alive(run)


def test_numbers_are_never_given_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: rundir.create(tmp_path, "x", ""), range(20)))
    assert sorted(claim.run.number or 0 for claim in claims) == list(range(1, 21))


def test_a_deleted_run_keeps_its_number(tmp_path: Path) -> None:
    first, _ = rundir.create(tmp_path, "x", "")
    os.rename(first.path, tmp_path.parent / "elsewhere")
    assert rundir.create(tmp_path, "x", "").run.number == 2


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "a\x1b[31m", "x" * 101, ".hidden"])
def test_a_name_that_climbs_or_hides_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        rundir.create(tmp_path, name, "")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        rundir.create(tmp_path / "file" / "runs", "x", "")


def test_a_run_that_is_not_ours_hides_no_other(three: Path) -> None:
    (three / "4-theirs").mkdir(mode=0o000)
    assert len(rundir.runs(three)) == 3


def test_a_name_that_is_not_unicode_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not valid UTF-8"):
        rundir.create(tmp_path / "runs", "x", "data = '\udce9'")
    assert os.listdir(tmp_path / "runs") == [".numbers"]


def test_a_run_is_called_by_its_number_in_the_default_folder_else_by_its_path(
    tmp_path: Path,
) -> None:
    assert rundir.selector(RunDir(tmp_path / "runs" / "7-x")) == "7"
    assert rundir.selector(RunDir(tmp_path / "other" / "7-x")) == str(tmp_path / "other" / "7-x")


def test_a_failed_start_leaves_nothing_but_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rundir, "write_durably", full)
    with pytest.raises(RunError, match="No space left"):
        rundir.create(tmp_path / "runs", "x", "")
    assert os.listdir(tmp_path / "runs") == [".numbers"]


def test_the_lock_is_one_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rundir, "TAKE_SECONDS", 0.0)
    run, lock = rundir.create(tmp_path, "x", "")
    with pytest.raises(RunError, match="already running"):
        rundir.take(run)
    os.close(lock)
    os.close(rundir.take(run))


def test_the_lock_outlives_the_launchers_copy_and_dies_with_the_engine(tmp_path: Path) -> None:
    run, lock = rundir.create(tmp_path, "x", "")
    engine = begin(sys.executable, "-c", "input()", stdin=subprocess.PIPE, pass_fds=(lock,))
    os.close(lock)
    assert rundir.alive(run)
    engine.kill()
    engine.communicate()
    assert not rundir.alive(run)


def test_the_owner_is_in_the_lock_file(tmp_path: Path) -> None:
    run, lock = rundir.create(tmp_path, "x", "")
    first = rundir.owner(run)
    assert first is not None
    rundir.sign(lock, first.attempt, 42)
    second = rundir.owner(run)
    assert second is not None
    assert (second.pid, second.attempt) == (42, first.attempt)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("lenet5-digits", "resnet18-cifar10", "resnet18-digits"):
        os.close(rundir.create(tmp_path / "runs", name, "").lock)
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("selector", "number"),
    [("", 3), ("2", 2), ("2-resnet18-cifar10", 2), ("lenet", 1), ("cifar", 2)],
)
def test_a_run_is_found_by(three: Path, selector: str, number: int) -> None:
    assert rundir.find(three, selector).number == number


def test_a_run_is_found_by_its_path(three: Path) -> None:
    path = three / "2-resnet18-cifar10"
    assert rundir.find(Path("nowhere"), str(path)) == RunDir(path)


def test_a_run_is_found_from_another_folder_by_the_state_folder(three: Path) -> None:
    rundir.link_into_state(RunDir(three / "1-lenet5-digits"))
    assert rundir.find(Path("elsewhere"), "lenet").path == three / "1-lenet5-digits"


def test_an_ambiguous_name_says_which_fit(three: Path) -> None:
    with pytest.raises(RunError, match=r"3-resnet18-digits, 2-resnet18-cifar10"):
        rundir.find(three, "resnet")


def test_an_unknown_run_says_where_it_looked(three: Path) -> None:
    with pytest.raises(RunError, match="no run 'vgg'"):
        rundir.find(three, "vgg")


def test_no_runs_at_all(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run yet"):
        rundir.find(tmp_path / "none")


def test_commands_without_a_name_mean_the_only_live_run(three: Path) -> None:
    with pytest.raises(RunError, match="no run is live"):
        rundir.find_live(three)
    first = rundir.take(RunDir(three / "1-lenet5-digits"))
    assert rundir.find_live(three).number == 1
    second = rundir.take(RunDir(three / "2-resnet18-cifar10"))
    with pytest.raises(RunError, match="several runs are live"):
        rundir.find_live(three)
    os.close(first)
    os.close(second)
    with pytest.raises(RunError, match="is not running"):
        rundir.find_live(three, "1")
