"""What is known before an engine starts: the device, and what a run that goes on has behind it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import UNSET

from engine import events, hardware, launch, recipe, rundir
from engine.errors import RunError, UsageError
from engine.events import Event, Gpu
from engine.recipe import Recipe, Resolved
from engine.rundir import RunDir
from tests import scripted

if TYPE_CHECKING:
    from engine.saving import SaveReason

ON_GPU = Resolved(
    device="cuda",
    precision="bf16",
    memory_format="channels-last",
    threads=16,
    size=64,
    compile="on",
    cuda_graph="on",
)


def gpus(count: int, hidden: int = 0) -> Callable[[], tuple[Gpu, ...]]:
    """So many GPUs that torch finds, and some that are hidden from it."""
    numbers = [*range(count), *([UNSET] * hidden)]
    return lambda: tuple(
        Gpu(index, "H100", False, 0.0, 0, 1, cuda=number) for index, number in enumerate(numbers)
    )


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sign of a GPU on this machine."""
    monkeypatch.setattr(hardware, "gpus", gpus(0))
    monkeypatch.setattr(launch, "UNTOLD", ())


@pytest.mark.parametrize(
    ("device", "count", "hidden", "sentence"),
    [
        ("cuda", 0, 0, "no usable GPU for --device cuda: use --device cpu or auto"),
        ("cuda:7", 0, 0, "no usable GPU for --device cuda:7"),
        ("cuda", 0, 2, "no usable GPU for --device cuda"),
        ("cuda:2", 2, 1, "there is no cuda:2: this machine has 2 usable"),
    ],
)
def test_a_gpu_that_is_not_here_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, device: str, count: int, hidden: int, sentence: str
) -> None:
    monkeypatch.setattr(hardware, "gpus", gpus(count, hidden))
    monkeypatch.setattr(launch, "UNTOLD", ("/dev/null",) if hidden else ())
    with pytest.raises(UsageError, match=sentence):
        launch.check_device(device)


@pytest.mark.parametrize(
    ("device", "count"), [("auto", 0), ("cpu", 0), ("cuda", 1), ("cuda:0", 1), ("cuda:1", 2)]
)
@pytest.mark.usefixtures("nowhere")
def test_a_device_that_is_here_is_taken(
    monkeypatch: pytest.MonkeyPatch, device: str, count: int
) -> None:
    monkeypatch.setattr(hardware, "gpus", gpus(count))
    launch.check_device(device)


@pytest.mark.usefixtures("nowhere")
def test_where_nvml_cannot_tell_the_engine_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "UNTOLD", ("/dev/null",))
    launch.check_device("cuda:1")


# A run that goes on


def stopped(folder: Path, said: list[Event], resolved: Resolved | None = None) -> RunDir:
    """A run that has saved what its journal says."""
    run = scripted.run_dir(folder / "runs", said)
    chosen = recipe.build(flags={"epochs": 4, "size": "auto"})
    run.recipe.write_text(recipe.to_toml(chosen, resolved))
    (run.checkpoints / "last.pt").touch()
    return run


def resumed(
    run: RunDir, epochs: int | None = None, device: str | None = None
) -> tuple[Recipe, Recipe]:
    """The recipe that a resume goes on with, and the one that the run then has."""
    claim, chosen = launch.resume(run, epochs, device=device)
    os.close(claim.lock)
    return chosen, recipe.build(file=recipe.load(run.recipe))


def saved(epoch: int, why: SaveReason, file: str = "last.pt") -> events.Checkpointed:
    return events.Checkpointed(file, epoch, 9, 0.1, why, step=epoch * 10)


@pytest.mark.parametrize(
    ("said", "least"),
    [
        ([], 1),
        ([saved(1, "epoch"), saved(2, "epoch")], 3),
        ([saved(2, "epoch"), saved(3, "stop")], 3),
        ([saved(1, "epoch"), saved(2, "epoch", "epoch-0002.pt")], 2),
        ([saved(2, "epoch"), events.Resumed("a2", 0, 1, step=0)], 1),
    ],
)
def test_a_run_cannot_end_before_what_it_has_saved(
    tmp_path: Path, said: list[Event], least: int
) -> None:
    run = stopped(tmp_path, [scripted.started(), *said])
    assert launch.least_epochs(run) == least
    (run.checkpoints / "last.pt").unlink()
    assert launch.least_epochs(run) == 1


def test_as_many_epochs_as_are_trained_are_refused_at_once(tmp_path: Path) -> None:
    done = events.RunEnded("done", 1, 0.9, seconds=75.0)
    run = stopped(tmp_path, [scripted.started(), saved(1, "epoch"), done])
    with pytest.raises(UsageError, match="has 1 epoch behind it: give --epochs 2 or more"):
        resumed(run, 1)
    with pytest.raises(UsageError, match="at most 1,000,000 epochs"):
        resumed(run, 1_000_001)
    with pytest.raises(RunError, match="is done"):
        resumed(run)
    resumed(run, 2)


def test_a_run_stays_on_the_device_that_it_goes_on_on(tmp_path: Path) -> None:
    run = stopped(tmp_path, [], ON_GPU)
    chosen, kept = resumed(run, device="cpu")
    assert chosen == kept
    assert (kept.device, kept.precision, kept.compile, kept.cuda_graph, kept.threads) == (
        *("cpu", "auto", "auto", "auto", "auto"),
    )
    assert kept.size == 64, "as the weights were trained"
    assert "[resolved]" not in run.recipe.read_text(), "which is for the engine to write"
    assert resumed(run)[0].device == "cpu"


@pytest.mark.parametrize("device", [None, "cuda"])
def test_on_the_same_device_all_stays_as_it_was_resolved(
    tmp_path: Path, device: str | None
) -> None:
    run = stopped(tmp_path, [], ON_GPU)
    before = run.recipe.read_text()
    chosen, _ = resumed(run, device=device)
    assert (chosen.device, chosen.precision, chosen.threads) == ("cuda", "bf16", 16)
    assert run.recipe.read_text() == before


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "gpu"])
def test_a_run_does_not_move_to_what_is_not_there(tmp_path: Path, device: str) -> None:
    run = stopped(tmp_path, [])
    before = run.recipe.read_text()
    with pytest.raises(UsageError):
        resumed(run, device=device)
    assert run.recipe.read_text() == before


@pytest.mark.usefixtures("nowhere")
def test_a_run_of_a_gpu_that_is_gone_does_not_start_to_fail(tmp_path: Path) -> None:
    claim, chosen = launch.resume(stopped(tmp_path, [], ON_GPU))
    with pytest.raises(UsageError, match="no usable GPU"):
        launch.spawn(claim, chosen)
    assert not rundir.alive(claim.run)


@pytest.mark.parametrize(("said", "expected"), [("auto", "cuda"), ("cpu", "cpu")])
def test_a_requeued_run_moves_where_its_command_line_says_so(
    tmp_path: Path, said: str, expected: str
) -> None:
    run = stopped(tmp_path, [], ON_GPU)
    asked = recipe.build(flags={"device": said})
    found = launch.resume_or_create(asked, tmp_path / "runs", run.name)
    assert not isinstance(found, RunDir)
    os.close(found[0].lock)
    assert found[1].device == expected
