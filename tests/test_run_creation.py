"""A new run folder: complete, private, locked, with a number of its own."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import RunError, UsageError
from engine.run import run_creation, run_liveness


def test_a_new_run_is_whole_private_and_locked(tmp_path: Path) -> None:
    run, lock = run_creation.create(tmp_path / "runs", "lenet5-digits", "epochs = 1\n")
    assert run.label == "1-lenet5-digits"
    assert run.recipe.read_text() == "epochs = 1\n"
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(run.recipe.stat().st_mode) == 0o600
    assert run_liveness.is_live(run)
    os.close(lock)
    assert not run_liveness.is_live(run)


def test_numbers_are_never_given_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: run_creation.create(tmp_path, "x", ""), range(20)))
    assert sorted(claim.run.number or 0 for claim in claims) == list(range(1, 21))


def test_a_deleted_run_keeps_its_number(tmp_path: Path) -> None:
    first, _ = run_creation.create(tmp_path, "x", "")
    os.rename(first.path, tmp_path.parent / "elsewhere")
    assert run_creation.create(tmp_path, "x", "").run.number == 2


def test_runs_that_were_moved_without_the_claims_keep_their_numbers(tmp_path: Path) -> None:
    for _ in range(2):
        os.close(run_creation.create(tmp_path / "old", "x", "").lock)
    (tmp_path / "new").mkdir()
    for name in ("1-x", "2-x"):
        os.rename(tmp_path / "old" / name, tmp_path / "new" / name)
    for number in (3, 4):
        run, lock = run_creation.create(tmp_path / "new", "x", "")
        os.close(lock)
        assert run.number == number


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "a\x1b[31m", "x" * 101, ".hidden"])
def test_a_name_that_climbs_or_hides_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        run_creation.create(tmp_path, name, "")


def test_a_part_of_a_run_that_was_left_by_a_kill_is_in_nobodys_way(tmp_path: Path) -> None:
    (label,) = run_creation.claim_labels(tmp_path, ["x"])
    (tmp_path / f".{label}" / "commands").mkdir(parents=True)
    os.close(run_creation.create_labelled(tmp_path, label, "").lock)
    assert (tmp_path / label / "recipe.toml").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        run_creation.create(tmp_path / "file" / "runs", "x", "")


def test_a_name_that_is_not_unicode_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not valid UTF-8"):
        run_creation.create(tmp_path / "runs", "x", "data = '\udce9'")
    assert os.listdir(tmp_path / "runs") == [".numbers"]


def test_a_failed_start_leaves_nothing_but_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_creation, "write_durably", full)
    with pytest.raises(RunError, match="No space left"):
        run_creation.create(tmp_path / "runs", "x", "")
    assert os.listdir(tmp_path / "runs") == [".numbers"]
