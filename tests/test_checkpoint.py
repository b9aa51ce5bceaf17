"""Checkpoints: whole or not there, and never code."""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.checkpoints import checkpoint, run_state, starting_weights
from engine.checkpoints.run_state import RunShape
from engine.errors import EngineError, RunError
from engine.protocol import events
from tests import run_states
from tests.test_broken_loss import STEPS_AN_EPOCH, Attempt


def test_a_state_comes_back(tmp_path: Path) -> None:
    state = run_states.state(trained_weights=run_states.weights(w=torch.ones(4)))
    size = run_states.save(tmp_path / "last.pt", state)
    assert size == (tmp_path / "last.pt").stat().st_size
    back = checkpoint.load(tmp_path / "last.pt")
    assert (back.attempt, back.seq, back.description) == ("a1", 7, state.description)
    assert (back.training.step, back.training.best) == (3, state.training.best)
    assert (back.training.plateau, back.training.steering) == (
        state.training.plateau,
        state.training.steering,
    )
    assert torch.equal(back.training.weights["w"], torch.arange(4.0))
    assert back.training.trained_weights is not None
    assert torch.equal(back.training.trained_weights["w"], torch.ones(4))
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_file_is_a_dict_of_plain_values_that_pytorch_reads_by_itself(tmp_path: Path) -> None:
    run_states.save(tmp_path / "best.pt", run_states.state())
    plain = torch.load(tmp_path / "best.pt", weights_only=True)
    assert plain.keys() == {"format", "attempt", "seq", "description", "training"}
    assert plain["format"] == run_state.FORMAT
    assert plain["description"]["classes"] == ("0", "1")
    assert plain["description"]["input"]["fit"] == "crop"
    assert plain["training"]["weights"]["w"].tolist() == [0, 1, 2, 3]


def test_format_3_knew_one_fit_and_loads(tmp_path: Path) -> None:
    state = run_states.state()
    old = run_state.to_plain(state)
    given = old["description"]["input"]
    old["format"], given["fit"] = 3, "center-square"
    del given["crop_pct"], given["canvas"]
    loaded = checkpoint.state_in(old, tmp_path)
    assert loaded.description == state.description
    given["fit"] = "circle"
    with pytest.raises(RunError):
        checkpoint.state_in(old, tmp_path)


def test_weights_keep_the_versions_of_their_modules(tmp_path: Path) -> None:
    weights = run_state.weights_of(nn.BatchNorm1d(2))
    run_states.save(tmp_path / "best.pt", run_state.copied(run_states.state(weights=weights)))
    back = checkpoint.load(tmp_path / "best.pt").training.weights
    assert back._metadata == weights._metadata  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", ["fsync", "rename"])
def test_a_save_that_fails_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = tmp_path / "last.pt"
    run_states.save(path, run_states.state(step=1))

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, where, fail)
    with pytest.raises(OSError, match="No space"):
        run_states.save(path, run_states.state(step=2))
    monkeypatch.undo()
    assert checkpoint.load(path).training.step == 1
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_disk_that_is_really_full_is_an_oserror(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    large = run_states.state(weights=run_states.weights(w=torch.zeros(10_000)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            run_states.save(path, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == []


def test_what_it_refers_to_is_durable_before_it_has_its_name(tmp_path: Path) -> None:
    seen = []
    path = tmp_path / "last.pt"
    run_states.save(path, run_states.state(), lambda: seen.append(path.exists()))
    assert seen == [False]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("executed",))


def test_a_file_that_carries_code_is_refused_unexecuted(tmp_path: Path) -> None:
    torch.save({"format": 1, "x": Evil()}, tmp_path / "evil.pt")
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(RunError, match="is a pickled object with code, which this program never"):
        checkpoint.load(tmp_path / "evil.pt")
    with pytest.raises(RunError, match="not a whole checkpoint"):
        checkpoint.load(tmp_path / "raw.pt")
    assert not Path("executed").exists()


def test_a_half_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    run_states.save(path, run_states.state())
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(RunError, match="not a whole checkpoint"):
        checkpoint.load(path)


def test_a_file_with_changed_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    run_states.save(path, run_states.state())
    with zipfile.ZipFile(path) as archive:
        tensors = [entry for entry in archive.infolist() if "/data/" in entry.filename]
        tensor = max(tensors, key=lambda entry: entry.file_size)
        content = archive.read(tensor)
    whole = path.read_bytes()
    at = whole.index(content, tensor.header_offset)
    path.write_bytes(whole[:at] + bytes([content[0] ^ 1]) + whole[at + 1 :])
    with pytest.raises(RunError, match=r"last\.pt is damaged"):
        checkpoint.load(path)


HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
LAYER = nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (lambda path: torch.save(LAYER.state_dict(), path), "weights alone (a state_dict)"),
        (
            lambda path: torch.save({"pytorch-lightning_version": "2", "state_dict": {}}, path),
            "a checkpoint of PyTorch Lightning",
        ),
        (
            lambda path: torch.save({"model": {}, "optimizer": {}, "epoch": 3}, path),
            "a file that holds model, optimizer, epoch",
        ),
        (
            lambda path: path.write_bytes(len(HEADER).to_bytes(8, "little") + HEADER + b"\0\0\0\0"),
            "a safetensors file",
        ),
        (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(90)), "a Keras model"),
        (lambda path: torch.save(LAYER, path), "a pickled object with code"),
    ],
)
def test_a_whole_file_of_another_program_is_called_by_its_name(
    tmp_path: Path, write: Callable[[Path], object], kind: str
) -> None:
    path = tmp_path / "theirs.pt"
    write(path)
    with pytest.raises(RunError) as caught:
        checkpoint.load(path)
    assert f"theirs.pt is {kind}" in str(caught.value)
    assert "name last.pt, best.pt or epoch-N.pt of a run" in str(caught.value)


def test_a_file_that_cannot_be_opened_is_not_called_broken(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read: No such file"):
        checkpoint.load(tmp_path / "last.pt")


@pytest.mark.parametrize("load", [checkpoint.load, starting_weights.load])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused(load: Callable[[Path], object], data: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(EngineError):
            load(Path(file.name))


@pytest.mark.parametrize(
    "plain",
    [
        {"format": 3},
        {"format": 3, "attempt": "a1", "seq": 1, "description": None, "training": {"step": 1}},
        {"format": 2},
        {"format": 2, "data": 5, "epoch": 3},
        {"format": 2, "data": {}, "model": {}, "optimizers": "many", "step": "far", "seq": None},
    ],
)
def test_a_run_whose_checkpoint_lacks_what_it_needs_ends_with_a_sentence(
    tmp_path: Path, plain: dict[str, Any]
) -> None:
    """The file is whole and of a known format, and yet no training can go on from it."""
    assert_refused(tmp_path, plain, "last.pt is not a whole checkpoint")


def test_a_run_refuses_the_weights_of_another_architecture(tmp_path: Path) -> None:
    shape = RunShape(steps_per_epoch=STEPS_AN_EPOCH, batch=64, classes=10)
    plain = run_state.to_plain(run_states.state(shape=shape)) | {"description": None}
    assert_refused(tmp_path, plain, "last.pt does not fit the model and the optimiser of this run")


def test_a_run_says_in_which_numbers_its_checkpoint_differs(tmp_path: Path) -> None:
    plain = run_state.to_plain(run_states.state()) | {"description": None}
    said = "steps per epoch 2 → 22, batch 2 → 64, classes 2 → 10"
    assert_refused(tmp_path, plain, said)


def assert_refused(folder: Path, plain: dict[str, Any], sentence: str) -> None:
    attempt = Attempt(folder, "stop")
    path = attempt.run.checkpoints / "last.pt"
    checkpoint.write(path, checkpoint.content(plain), lambda: None)
    attempt.finish()
    [ended] = attempt.all(events.RunEnded)
    assert isinstance(ended, events.RunEnded)
    assert ended.reason == "failed"
    assert sentence in ended.error
