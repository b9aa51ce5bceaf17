"""Saving beside the training: what is written when, and what a slow or full disk does."""

from __future__ import annotations

import io
import os
import threading
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.checkpoints import checkpoint
from engine.checkpoints.run_state import SightingsState, copied
from engine.checkpoints.save_interval import SaveInterval
from engine.checkpoints.saver import EPOCH_FILE, SaveReason, Snapshot, Writer
from engine.protocol import events
from engine.protocol.events import Event
from engine.run import image_names
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir
from engine.run.sightings_file import SightingsFile
from tests import run_states
from tests.processes import TIMEOUT
from tests.scripted import Clock
from tests.test_image_names import example

FILE = "sightings.npz"


def snapshot(step: int, *files: tuple[str, SaveReason]) -> Snapshot:
    state = run_states.state(step=step)
    return Snapshot(files or (("last.pt", "epoch"),), state, epoch=1, step=step, stall=0.25)


def step_in(path: Path) -> Any:
    return checkpoint.load(path).training.step


def nothing() -> None:
    return None


def test_each_file_is_written_and_told_in_order(tmp_path: Path) -> None:
    said: list[Event] = []
    writer = Writer(tmp_path, 0, nothing, said.append)
    writer.put(snapshot(7, ("best.pt", "best"), ("last.pt", "epoch")))
    assert writer.wait() == ""
    assert [step_in(tmp_path / name) for name in ("best.pt", "last.pt")] == [7, 7]
    told = [e for e in said if isinstance(e, events.Checkpointed)]
    assert [(e.file, e.reason, e.step, e.stall) for e in told] == [
        ("best.pt", "best", 7, 0.25),
        ("last.pt", "epoch", 7, 0.25),
    ]
    assert told[0].bytes == (tmp_path / "best.pt").stat().st_size


def test_a_slow_disk_skips_what_is_out_of_date_and_never_blocks(tmp_path: Path) -> None:
    said: list[Event] = []
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(TIMEOUT)

    writer = Writer(tmp_path, 0, slow, said.append)
    writer.put(snapshot(1))
    assert begun.wait(TIMEOUT)
    for step in (2, 3, 4):
        writer.put(snapshot(step))
    writer.put(snapshot(4, ("best.pt", "best")))
    go.set()
    writer.wait()
    told = [(e.file, e.step) for e in said if isinstance(e, events.Checkpointed)]
    assert told == [("last.pt", 1), ("last.pt", 4), ("best.pt", 4)]


def test_a_full_disk_is_told_and_the_next_save_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Event] = []
    writer = Writer(tmp_path, 0, nothing, said.append)
    writer.put(snapshot(1))
    writer.wait()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    writer.put(snapshot(2))
    assert "No space" in writer.wait()
    monkeypatch.undo()
    assert step_in(tmp_path / "last.pt") == 1
    assert [e.level for e in said if isinstance(e, events.Alert)] == ["error"]
    writer.put(snapshot(3))
    assert writer.wait() == ""
    assert step_in(tmp_path / "last.pt") == 3
    assert os.listdir(tmp_path) == ["last.pt"]


@pytest.mark.parametrize("room", [-1, 0, 500])
def test_memory_that_is_full_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            if self.tell() > room:
                raise MemoryError
            return super().write(data)

    writer = Writer(tmp_path, 0, nothing, lambda event: None)
    monkeypatch.setattr(io, "BytesIO", Full)
    writer.put(snapshot(1))
    assert "Cannot allocate memory; free some memory" in writer.wait()
    monkeypatch.undo()
    writer.put(snapshot(2))
    assert writer.wait() == ""


def test_a_fault_of_ours_is_told_and_the_next_save_is_not_waited_for_without_end(
    tmp_path: Path,
) -> None:
    said: list[Event] = []
    writer = Writer(tmp_path, 0, nothing, said.append)
    writer.put(snapshot(1)._replace(state=run_states.state(optimizers=[{"x": lambda: 1}])))
    assert "by a fault of this program" in writer.wait()
    assert [e.level for e in said if isinstance(e, events.Alert)] == ["error"]
    writer.put(snapshot(2))
    assert writer.wait() == ""


def test_a_copy_of_a_state_does_not_change_with_it() -> None:
    """Neither tensors, wherever they stand, nor the lists and dicts that hold them."""
    weights = run_states.weights(weight=torch.ones(2, 3))
    groups: list[dict[str, Any]] = [{"lr": torch.tensor(0.1), "params": [0, 1]}]
    state = run_states.state(weights=weights, optimizers=groups)
    copy = copied(state).training
    weights["weight"].zero_()
    weights["bias"] = torch.ones(3)
    groups[0]["lr"].zero_()
    groups[0]["params"].append(2)
    assert copy.weights.keys() == {"weight"}
    assert type(copy.weights) is OrderedDict
    assert copy.weights["weight"].tolist() == [[1] * 3] * 2
    assert copy.optimizers[0]["lr"] == pytest.approx(0.1)
    assert copy.optimizers[0]["params"] == [0, 1]
    assert copy.step == 3


def test_only_the_newest_epochs_are_kept(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 2, nothing, lambda event: None)
    for epoch in range(1, 12):
        writer.put(snapshot(epoch, (f"epoch-{epoch:04}.pt", "epoch"), ("last.pt", "epoch")))
        writer.wait()
    assert sorted(os.listdir(tmp_path)) == ["epoch-0010.pt", "epoch-0011.pt", "last.pt"]


def test_the_newest_epochs_are_those_with_the_highest_numbers(tmp_path: Path) -> None:
    (tmp_path / "epoch-mine.pt").touch()
    writer = Writer(tmp_path, 2, nothing, lambda event: None)
    for epoch in (9_998, 9_999, 10_000, 10_001):
        writer.put(snapshot(epoch, (EPOCH_FILE.format(epoch), "epoch")))
        writer.wait()
    kept = ["epoch-10000.pt", "epoch-10001.pt", "epoch-mine.pt"]
    assert sorted(os.listdir(tmp_path)) == kept


def test_a_folder_that_is_moved_away_after_the_write_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda self: True)  # as it was a moment before
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    writer = Writer(folder, 2, nothing, lambda event: folder.rename(tmp_path / "elsewhere"))
    writer.put(snapshot(1))
    assert writer.wait() == ""


def test_a_slow_disk_holds_few_snapshots_and_the_newest_of_each_file_wins(tmp_path: Path) -> None:
    said: list[Event] = []
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(TIMEOUT)

    made: list[weakref.ref[torch.Tensor]] = []

    def put(epoch: int, *files: tuple[str, SaveReason]) -> None:
        new = snapshot(epoch, *files)
        made.append(weakref.ref(new.state.training.weights["w"]))
        writer.put(new)

    writer = Writer(tmp_path, 200, slow, said.append)
    for epoch in range(1, 145):
        best: list[tuple[str, SaveReason]] = [("best.pt", "best")] if epoch <= 100 else []
        put(epoch, *best, (EPOCH_FILE.format(epoch), "epoch"), ("last.pt", "epoch"))
        assert begun.wait(TIMEOUT)
        put(epoch, ("last.pt", "interval"))
    assert sum(held() is not None for held in made) <= 4
    go.set()
    writer.wait()
    last = {e.file: e.step for e in said if isinstance(e, events.Checkpointed)}
    assert (last["best.pt"], last["last.pt"], last["epoch-0144.pt"]) == (100, 144, 144)


def sighted(step: int, *files: tuple[str, SaveReason]) -> Snapshot:
    """A snapshot at the end of an epoch, with what was seen of two images."""
    sums = {"counts": torch.ones(2, dtype=torch.int32)}
    state = run_states.state(step=step, sightings=SightingsState(since=1, sums=sums))
    two = np.zeros(2, np.int32)
    found = SightingsFile(
        digest="", epoch=step, since_epoch=1, labels=two, sightings=two, agreed=two
    )
    return Snapshot(files, state, epoch=1, step=step, stall=0.25, sightings=found)


def test_sightings_are_in_the_file_of_a_resume_alone_and_durable_before_it(tmp_path: Path) -> None:
    folder, there = tmp_path / "checkpoints", list[bool]()
    folder.mkdir()
    writer = Writer(folder, 1, lambda: there.append((tmp_path / FILE).exists()), lambda _: None)
    epoch: tuple[str, SaveReason] = (EPOCH_FILE.format(1), "epoch")
    writer.put(sighted(3, ("best.pt", "best"), epoch, ("last.pt", "epoch")))
    assert writer.wait() == ""
    assert there == [True, True, True]
    kept = {path.name: checkpoint.load(path).training.sightings for path in folder.iterdir()}
    assert kept.pop("last.pt") is not None
    assert kept == {"best.pt": None, "epoch-0001.pt": None}


def test_sightings_that_cannot_be_written_are_told_once_and_checkpoints_go_on(
    tmp_path: Path,
) -> None:
    folder, said = tmp_path / "checkpoints", list[Event]()
    folder.mkdir()
    (tmp_path / FILE).mkdir()
    writer = Writer(folder, 0, nothing, said.append)
    for step in (1, 2):
        writer.put(sighted(step, ("last.pt", "epoch")))
        assert writer.wait() == ""
        assert step_in(folder / "last.pt") == step
    (alert,) = (e for e in said if isinstance(e, events.Alert))
    assert alert.text.startswith(f"{FILE} was not saved: ")
    (tmp_path / FILE).rmdir()
    writer.put(sighted(3, ("last.pt", "epoch")))
    writer.wait()
    assert (tmp_path / FILE).is_file()


def test_names_are_written_once_before_the_first_checkpoint(tmp_path: Path) -> None:
    folder, there, asked = tmp_path / "checkpoints", list[bool](), list[int]()
    folder.mkdir()

    def names() -> ImageNames:
        asked.append(1)
        return example()

    def sync() -> None:
        there.append(image_names.read(RunDir(tmp_path)) == example())

    writer = Writer(folder, 0, sync, lambda _: None, names)
    for step in (1, 2):
        writer.put(snapshot(step))
        assert writer.wait() == ""
    assert (there, asked) == ([True, True], [1])


def test_names_that_cannot_be_written_are_told_once_and_a_later_save_tries_again(
    tmp_path: Path,
) -> None:
    folder, said = tmp_path / "checkpoints", list[Event]()
    folder.mkdir()
    run = RunDir(tmp_path)
    run.image_names.mkdir()
    writer = Writer(folder, 0, nothing, said.append, example)
    for step in (1, 2):
        writer.put(snapshot(step))
        assert writer.wait() == ""
        assert step_in(folder / "last.pt") == step
    (alert,) = (e for e in said if isinstance(e, events.Alert))
    assert alert.text.startswith("images.npz was not saved: ")
    run.image_names.rmdir()
    writer.put(snapshot(3))
    writer.wait()
    assert image_names.read(run) == example()


def test_a_folder_that_comes_back_between_two_files_is_told_once(tmp_path: Path) -> None:
    run, away, told = tmp_path / "run", tmp_path / "away", list[str]()
    (away / "checkpoints").mkdir(parents=True)

    def append(event: Event) -> None:
        if isinstance(event, events.Alert):
            told.append(event.text)
            away.rename(run)

    writer = Writer(run / "checkpoints", 0, nothing, append)
    writer.put(sighted(1, ("best.pt", "best"), ("last.pt", "epoch")))
    assert writer.wait() == ""
    assert [text.partition(" ")[0] for text in told] == ["best.pt"]


def test_a_later_save_without_sightings_does_not_take_those_of_the_epoch_away(
    tmp_path: Path,
) -> None:
    folder, begun, go = tmp_path / "checkpoints", threading.Event(), threading.Event()
    folder.mkdir()

    def slow() -> None:
        begun.set()
        go.wait(TIMEOUT)

    writer = Writer(folder, 0, slow, lambda _: None)
    writer.put(snapshot(1))
    assert begun.wait(TIMEOUT)
    for step in (2, 3):
        writer.put(sighted(step, ("last.pt", "epoch")))
    writer.put(snapshot(4, ("last.pt", "stop")))
    go.set()
    writer.wait()
    with np.load(tmp_path / FILE) as archive:
        assert archive["epoch"] == 3
    assert step_in(folder / "last.pt") == 4


def test_an_interval_of_steps_counts_each_step_once() -> None:
    interval = SaveInterval("20steps", Clock())
    asked = [0, 1, 19, 20, 20, 21, 39, 40, 40]
    assert [step for step in asked if interval.is_due(step)] == [20, 40]


def test_an_interval_of_steps_ends_within_a_launch_of_several() -> None:
    """Neither a resumed run at its first step nor one that has gone back saves at once."""
    interval = SaveInterval("20steps", Clock())
    asked = [20, 36, 52, 53, 69, 25, 41]
    assert [step for step in asked if interval.is_due(step)] == [52, 69, 41]


@pytest.mark.parametrize(("said", "seconds"), [("30s", 30), ("2m", 120), ("1h", 3600)])
def test_an_interval_of_time(said: str, seconds: int) -> None:
    clock = Clock(100.0)
    interval = SaveInterval(said, clock)
    due = []
    for step, now in enumerate([0, seconds - 1, seconds, seconds + 1, 2 * seconds]):
        clock.now = 100.0 + now
        due.append(interval.is_due(step))
    assert due == [False, False, True, False, True]


def test_without_an_interval_nothing_is_due() -> None:
    clock = Clock()
    interval = SaveInterval("", clock)
    clock.now += 1e6
    assert not any(interval.is_due(step) for step in range(1000))
