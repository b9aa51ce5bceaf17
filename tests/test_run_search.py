"""Runs are found by what people type."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.errors import RunError
from engine.run import lock_owner, run_creation, run_lock, run_search, saved_file
from engine.run.run_paths import RunDir

SOURCES = Path(__file__).parent.parent


@pytest.fixture
def three(tmp_path: Path) -> Path:
    for name in ("lenet5-digits", "resnet18-cifar10", "resnet18-digits"):
        os.close(run_creation.create(tmp_path / "runs", name, "").lock)
    return tmp_path / "runs"


def test_a_run_that_is_not_ours_hides_no_other(three: Path) -> None:
    (three / "4-theirs").mkdir(mode=0o000)
    assert len(run_search.list_runs(three)) == 3


@pytest.mark.parametrize(
    ("selector", "number"),
    [("", 3), ("2", 2), ("2-resnet18-cifar10", 2), ("lenet", 1), ("cifar", 2)],
)
def test_a_run_is_found_by(three: Path, selector: str, number: int) -> None:
    assert run_search.find(three, selector).number == number


def test_a_run_is_found_by_its_path(three: Path) -> None:
    path = three / "2-resnet18-cifar10"
    assert run_search.find(Path("nowhere"), str(path)) == RunDir(path)


@pytest.mark.parametrize(
    ("folder", "selector"),
    [
        ("elsewhere", "../runs/1-lenet5-digits"),
        ("runs/1-lenet5-digits", "."),
        ("runs/1-lenet5-digits/checkpoints", ".."),
        ("runs", "1-lenet5-digits"),
        (".", "runs/1-lenet5-digits/checkpoints/best.pt"),
        ("runs/1-lenet5-digits/checkpoints", "best.pt"),
    ],
)
def test_a_relative_path_selects_that_run_and_no_other_of_its_name(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, selector: str
) -> None:
    run_creation.link_into_state(run_creation.create(tmp_path / "other", "lenet5-digits", "").run)
    (three / "1-lenet5-digits" / "checkpoints").mkdir(exist_ok=True)
    (three / "1-lenet5-digits" / "checkpoints" / "best.pt").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / folder)
    assert run_search.find(Path("runs"), selector).path == three / "1-lenet5-digits"


@pytest.mark.parametrize(
    ("selector", "sentence"),
    [
        ("./photos", r"\./photos is a folder without a run: name that of a run, with recipe.toml"),
        ("photos", r"\./photos is a folder without a run"),
        ("photos/a.pt", "photos/a.pt is a file that lies in no run: name a run, or the checkpoint"),
        ("logs/metrics.csv", r"is no run: name a run; .* by `cnn-tui attach logs/metrics\.csv`\."),
        ("logs", r"is no run: name a run; .* by `cnn-tui attach logs`\."),
        (
            "runs",
            r"folder of runs, and no run itself: name one of them, as in \./runs/3-",
        ),
        ("./gone", r"there is no file and no folder \./gone: check the path\."),
    ],
)
@pytest.mark.usefixtures("three")
def test_a_path_to_no_run_is_told_what_it_is(tmp_path: Path, selector: str, sentence: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.pt").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "metrics.csv").touch()
    with pytest.raises(RunError, match=sentence):
        run_search.find(Path("elsewhere"), selector)


def test_of_a_folder_with_checkpoints_one_is_to_be_named(three: Path) -> None:
    checkpoints = three / "1-lenet5-digits" / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / "last.pt").touch()
    with pytest.raises(RunError, match=r"a folder without a run: name last\.pt in it\."):
        saved_file.find_saved(str(checkpoints), three)


def test_of_runs_with_one_name_the_path_is_asked_for(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run, lock = run_creation.create(tmp_path / folder, "lenet5-digits", "")
        run_creation.link_into_state(run)
        os.close(lock)
    with pytest.raises(RunError, match=r"/1-lenet5-digits\): give the path of one of them\."):
        run_search.find(tmp_path / "empty", "lenet")


def test_a_run_is_found_from_another_folder_by_the_state_folder(three: Path) -> None:
    run_creation.link_into_state(RunDir(three / "1-lenet5-digits"))
    assert run_search.find(Path("elsewhere"), "lenet").path == three / "1-lenet5-digits"


def test_an_ambiguous_name_says_which_fit(three: Path) -> None:
    with pytest.raises(RunError, match=r"3-resnet18-digits, 2-resnet18-cifar10"):
        run_search.find(three, "resnet")


def test_an_unknown_run_says_where_it_looked(three: Path) -> None:
    with pytest.raises(RunError, match="no run 'vgg'"):
        run_search.find(three, "vgg")


def test_no_runs_at_all(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"folder {tmp_path}/none holds no run yet"):
        run_search.find(tmp_path / "none")
    with pytest.raises(RunError, match=r"folder \./none holds no run yet"):
        run_search.find(Path("none"))
    with pytest.raises(RunError, match=r"in the folder \./none:"):
        run_search.find(Path("none"), "x")


def test_a_run_is_called_by_its_number_in_the_default_folder_else_by_its_path(
    tmp_path: Path,
) -> None:
    assert RunDir(tmp_path / "runs" / "7-x").selector == "7"
    assert RunDir(tmp_path / "other" / "7-x").selector == str(tmp_path / "other" / "7-x")


def test_a_rehearsal_is_called_as_the_run_that_it_stands_for(three: Path, tmp_path: Path) -> None:
    run, stand_in = RunDir(three / "1-lenet5-digits"), RunDir(tmp_path / "gone" / "1-lenet5-digits")
    run.checkpoints.mkdir(exist_ok=True)
    (run.checkpoints / "last.pt").touch()
    stand_in.checkpoints.mkdir(parents=True)
    (stand_in.checkpoints / "last.pt").symlink_to(run.checkpoints / "last.pt")
    assert stand_in.selector == "1"


def test_every_command_to_type_names_the_run_by_what_selects_it() -> None:
    """A name may belong to another run too, or need quotes; `typed` says what to type."""
    sources = [path for room in ("engine", "tui") for path in (SOURCES / room).rglob("*.py")]
    named = re.compile(r"cnn-tui (?!export --)[a-z]+ \{(?!(text\.)?typed\(|shlex\.quote\()")
    assert [str(path) for path in sources if named.search(path.read_text())] == []


def test_commands_without_a_name_mean_the_only_live_run(three: Path) -> None:
    with pytest.raises(RunError, match="no run is live"):
        run_search.find_live(three)
    first = run_lock.acquire(RunDir(three / "1-lenet5-digits"))
    assert run_search.find_live(three).number == 1
    second = run_lock.acquire(RunDir(three / "2-resnet18-cifar10"))
    with pytest.raises(RunError, match="several runs are live"):
        run_search.find_live(three)
    os.close(first)
    os.close(second)
    with pytest.raises(RunError, match="is not running"):
        run_search.find_live(three, "1")


def test_a_number_means_that_run_though_another_is_live_and_has_it_in_its_name(
    three: Path,
) -> None:
    second = run_lock.acquire(RunDir(three / "2-resnet18-cifar10"))
    with pytest.raises(RunError, match="1-lenet5-digits is not running"):
        run_search.find_live(three, "1")
    with pytest.raises(RunError, match="no run '18'"):
        run_search.find_live(three, "18")
    os.close(second)


def test_a_part_of_a_name_is_looked_for_among_all_runs(three: Path) -> None:
    second = run_lock.acquire(RunDir(three / "2-resnet18-cifar10"))
    with pytest.raises(RunError, match=r"3-resnet18-digits, 2-resnet18-cifar10"):
        run_search.find_live(three, "resnet")
    with pytest.raises(RunError, match="1-lenet5-digits is not running"):
        run_search.find_live(three, "lenet")
    assert run_search.find_live(three, "cifar").number == 2
    os.close(second)


def test_a_number_comes_before_a_name_and_a_name_before_a_part(three: Path) -> None:
    for name in ("2", "resnet18", "77"):
        os.close(run_creation.create(three, name, "").lock)
    assert run_search.find(three, "2").label == "2-resnet18-cifar10"
    assert run_search.find(three, "resnet18").label == "5-resnet18"
    assert run_search.find(three, "77").label == "6-77"


def test_a_number_counts_only_in_its_folder(three: Path, tmp_path: Path) -> None:
    run_creation.link_into_state(RunDir(three / "1-lenet5-digits"))
    refused = r"no run '1' in the folder .*empty, and a number counts only there: .* --runs-dir"
    with pytest.raises(RunError, match=refused):
        run_search.find(tmp_path / "empty", "1")
    other = tmp_path / "other"
    os.close(run_creation.create(other, "vgg16", "").lock)
    os.rename(other / "1-vgg16", other / "2-vgg16")
    with pytest.raises(RunError, match="no run '1'"):
        run_search.find(other, "1")
    assert run_search.find(other, "lenet").path == three / "1-lenet5-digits"


def test_a_run_that_is_live_on_this_machine_is_found_in_any_folder(tmp_path: Path) -> None:
    run, lock = run_creation.create(tmp_path / "runs", "lenet5-digits", "")
    elsewhere = tmp_path / "elsewhere"
    assert run_search.live_here(run.path.parent) == run
    assert run_search.live_here(elsewhere) is None
    run_creation.link_into_state(run)
    assert run_search.live_here(elsewhere) == run
    owner = lock_owner.read_owner(run)
    assert owner is not None
    lock_owner.write_owner(lock, replace(owner, boot="another machine"))
    assert run_search.live_here(elsewhere) is None
    lock_owner.write_owner(lock, owner)
    os.close(lock)
    assert run_search.live_here(elsewhere) is None
