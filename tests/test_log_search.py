"""What a path is: a log, or a folder with logs; the walk that finds them is bounded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import RunError
from engine.logs import log_search
from engine.logs.log_search import FoundLog
from tests import scripted
from tui.viewer.log_list import grew, name, ordered

EVENTS = "events.out.tfevents.1700000000.host.1.0"
TABLE = "epoch,step,train_loss,val_loss\n0,10,0.5,0.6\n"


def make(path: Path, content: str = "x" * 10, written_at: float = scripted.START) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (written_at, written_at))
    return path


def found(folder: Path) -> list[str]:
    """The logs below a folder, with their kinds."""
    logs = log_search.below(folder).logs
    return [f"{log.path.relative_to(folder)} {log.kind}" for log in logs]


def test_a_file_is_the_log_that_its_name_says(tmp_path: Path) -> None:
    for file, kind in ((EVENTS, "tensorboard"), ("metrics.csv", "table"), ("log.jsonl", "table")):
        path = make(tmp_path / file)
        expected = FoundLog(path, kind, 10, scripted.START)  # type: ignore[arg-type]
        assert log_search.find(path).logs == (expected,)


def test_several_writers_in_one_folder_are_one_log(tmp_path: Path) -> None:
    make(tmp_path / "a" / EVENTS)
    make(tmp_path / "a" / EVENTS.replace("host", "other"), "x" * 7, scripted.START + 60)
    assert log_search.find(tmp_path / "a").logs == (
        FoundLog(tmp_path / "a", "tensorboard", 17, scripted.START + 60),
    )


def test_the_parts_of_one_training_are_one_log(tmp_path: Path) -> None:
    for part in ("keras/train", "keras/validation", "torch", "torch/loss_train", "torch/loss_val"):
        make(tmp_path / part / EVENTS)
    for trial in ("test", "second"):
        make(tmp_path / "trials" / trial / EVENTS)
    logs = ["keras tensorboard", "torch tensorboard"]
    assert found(tmp_path) == [*logs, "trials/second tensorboard", "trials/test tensorboard"]


def test_many_logs_of_several_kinds_are_found_below_a_folder(tmp_path: Path) -> None:
    make(tmp_path / "lightning_logs/version_0/metrics.csv", TABLE)
    make(tmp_path / "lightning_logs/version_1/metrics.csv", TABLE)
    make(tmp_path / "tb/run1" / EVENTS)
    make(tmp_path / "data/labels.csv", "file,label\na.png,cat\n")
    make(tmp_path / "notes.txt")
    make(tmp_path / ".cache" / EVENTS)
    make(tmp_path / "venv/lib/site-packages/x/metrics.csv", TABLE)
    assert found(tmp_path) == [
        "lightning_logs/version_0/metrics.csv table",
        "lightning_logs/version_1/metrics.csv table",
        "tb/run1 tensorboard",
    ]


def test_logs_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for run in ("r10", "r1", "r100", "r2"):
        make(tmp_path / run / "metrics.csv", TABLE)
    assert [log.split("/")[0] for log in found(tmp_path)] == ["r1", "r2", "r10", "r100"]


def test_a_run_folder_is_no_log(tmp_path: Path) -> None:
    scripted.run_dir(tmp_path, scripted.half_a_run())
    make(tmp_path / "other/metrics.csv", TABLE)
    assert found(tmp_path) == ["other/metrics.csv table"]


def test_links_in_circles_are_entered_once(tmp_path: Path) -> None:
    make(tmp_path / "a/b" / EVENTS)
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a")
    (tmp_path / "a/latest").symlink_to(tmp_path / "a/b")
    (tmp_path / "a/itself").symlink_to(tmp_path / "a/itself")
    (tmp_path / "elsewhere").mkdir()
    make(tmp_path / "far" / EVENTS)
    (tmp_path / "a/linked").symlink_to(tmp_path / "far")
    assert found(tmp_path / "a") == ["b tensorboard", "linked tensorboard"]


def test_special_files_and_links_to_nothing_are_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.csv")
    os.mkfifo(tmp_path / EVENTS)
    (tmp_path / "log.csv").symlink_to(tmp_path / "nothing")
    assert found(tmp_path) == []
    with pytest.raises(RunError, match="no log that is read"):
        log_search.find(tmp_path / "metrics.csv")


def test_a_walk_ends_at_a_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "DEEPEST", 2)
    make(tmp_path / "1/2" / EVENTS)
    make(tmp_path / "1/b/3" / EVENTS)
    seen = log_search.below(tmp_path)
    assert [log.path for log in seen.logs] == [tmp_path / "1/2"]
    assert not seen.whole


def test_a_walk_ends_after_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "MOST_ENTRIES", 30)
    make(tmp_path / "a" / EVENTS)
    for i in range(40):
        make(tmp_path / "b" / f"{i}.png")
    make(tmp_path / "c" / EVENTS)
    seen = log_search.below(tmp_path)
    assert [log.path for log in seen.logs] == [tmp_path / "a"], "upper folders come first"
    assert not seen.whole


def test_a_walk_ends_after_some_seconds(tmp_path: Path) -> None:
    clock = scripted.Clock(0.0)

    def slow_disk() -> float:
        clock.now += 1.0
        return clock.now

    for i in range(20):
        make(tmp_path / f"{i:02}" / EVENTS)
    assert not log_search.below(tmp_path, slow_disk).whole
    assert clock.now < log_search.MOST_SECONDS + 3
    assert log_search.below(tmp_path, scripted.Clock()).whole


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("notes.txt", "notes.txt is no run, and no log that is read: name a run, or one of"),
        ("empty", "empty is no run and holds no log that is read: name a folder with"),
        ("absent", r"the log .*absent cannot be read: No such file or directory; check the path\."),
    ],
)
def test_what_is_no_log_is_said_in_one_sentence(tmp_path: Path, file: str, why: str) -> None:
    make(tmp_path / "notes.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=why):
        log_search.find(tmp_path / file)


def test_too_much_to_search_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "MOST_ENTRIES", 1)
    for i in range(3):
        make(tmp_path / f"{i}.png")
    with pytest.raises(RunError, match="holds too much to be searched"):
        log_search.find(tmp_path)


def test_live_logs_come_first_and_keep_their_places(tmp_path: Path) -> None:
    ages = {"b": 5.0, "a": 25.0, "old": 9_000.0, "older": 90_000.0}
    logs = [
        FoundLog(tmp_path / name, "table", 1, scripted.START - age) for name, age in ages.items()
    ]
    listed = ordered(logs[::-1], scripted.START)
    assert [name(log, tmp_path) for log in listed] == ["a", "b", "old", "older"]
    assert [grew(log, scripted.START) for log in listed[1:]] == ["5 s ago", "2 h ago", "1 d ago"]
