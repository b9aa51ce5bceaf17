"""Checkpoints: whole or not there, and never code."""

from __future__ import annotations

import os
import pickle
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoints import checkpoint
from engine.errors import RunError
from engine.protocol import events
from tests.test_broken_loss import Attempt


def nothing() -> None:
    return None


def test_a_state_comes_back(tmp_path: Path) -> None:
    state = {"step": 3, "model": {"w": torch.arange(4.0)}, "best": [0.5, 2]}
    size = checkpoint.save(tmp_path / "last.pt", state, nothing)
    assert size == (tmp_path / "last.pt").stat().st_size
    back = checkpoint.load(tmp_path / "last.pt")
    assert (back["step"], back["best"]) == (3, [0.5, 2])
    assert torch.equal(back["model"]["w"], torch.arange(4.0))
    assert os.listdir(tmp_path) == ["last.pt"]


@pytest.mark.parametrize("where", ["fsync", "rename"])
def test_a_save_that_fails_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save(path, {"step": 1}, nothing)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, where, fail)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(path, {"step": 2}, nothing)
    monkeypatch.undo()
    assert checkpoint.load(path)["step"] == 1
    assert os.listdir(tmp_path) == ["last.pt"]


def test_a_disk_that_is_really_full_is_an_oserror(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            checkpoint.save(path, {"w": torch.zeros(10_000)}, nothing)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == []


def test_what_it_refers_to_is_durable_before_it_has_its_name(tmp_path: Path) -> None:
    seen = []
    path = tmp_path / "last.pt"
    checkpoint.save(path, {"step": 1}, lambda: seen.append(path.exists()))
    assert seen == [False]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("executed",))


def test_a_file_that_carries_code_is_refused_unexecuted(tmp_path: Path) -> None:
    torch.save({"format": 1, "x": Evil()}, tmp_path / "evil.pt")
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Evil()))
    for name in ("evil.pt", "raw.pt"):
        with pytest.raises(RunError, match="not a whole checkpoint"):
            checkpoint.load(tmp_path / name)
    assert not Path("executed").exists()


def test_a_half_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.save(path, {"w": torch.zeros(1000)}, nothing)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(RunError, match="not a whole checkpoint"):
        checkpoint.load(path)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(RunError):
            checkpoint.load(Path(file.name))


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"step": 1, "seq": 1},
        {"data": 5},
        {"data": {}, "model": {}, "optimizers": "many", "step": "far", "seq": None},
    ],
)
def test_a_run_whose_checkpoint_lacks_what_it_needs_ends_with_a_sentence(
    tmp_path: Path, state: dict[str, Any]
) -> None:
    """Whole, of our format, and yet nothing that a training could go on from."""
    attempt = Attempt(tmp_path, "stop")
    checkpoint.save(attempt.run.checkpoints / "last.pt", state, nothing)
    attempt.finish()
    [ended] = attempt.all(events.RunEnded)
    assert isinstance(ended, events.RunEnded)
    assert ended.reason == "failed"
    assert "last.pt is not a whole checkpoint" in ended.error or "is not what" in ended.error
