"""A GPU without free memory: the error says what was requested and what to try; nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.checkpoints import checkpoint
from engine.data.base.batch import Batch
from engine.process import process_text
from engine.protocol import events
from engine.recipes.recipe_toml import parse_setting
from engine.start import resume as resuming
from engine.training.loss import CrossEntropy
from tests.test_broken_loss import STEPS_AN_EPOCH, Attempt

# As PyTorch 2 says it, whole.
MESSAGE = (
    "CUDA out of memory. Tried to allocate 22.78 GiB. GPU 0 has a total capacity of 31.47 GiB of "
    "which 12.73 GiB is free. Including non-PyTorch memory, this process has 18.73 GiB memory in "
    "use. Of the allocated memory 9.08 GiB is allocated by PyTorch, and 9.35 GiB is reserved by "
    "PyTorch but unallocated. If reserved but unallocated memory is large try setting "
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)


def said(batch: int, parts: int, message: str, selector: str = "7-x", *, saved: bool = True) -> str:
    return process_text.out_of_memory(batch, parts, message, selector, saved=saved)


def test_the_sentence_has_the_amounts_and_the_resume_that_fits() -> None:
    assert said(512, 2, MESSAGE) == (
        "the device ran out of memory with 512 images in 2 parts, where 22.78 GiB more were "
        "requested and 12.73 GiB were free: resume with `cnn-tui resume 7-x --set accumulate=4`, "
        "which goes on from the last checkpoint."
    )
    none_free = MESSAGE.replace("12.73 GiB is free", "0 bytes is free")
    assert "and 0 bytes were free" in said(512, 1, none_free)


@pytest.mark.parametrize("message", ["", "CUDA error: out of memory", "Tried to allocate"])
def test_a_message_without_them_does_as_well(message: str) -> None:
    assert said(3, 1, message, saved=False) == (
        "the device ran out of memory with 3 images at a time: resume with `cnn-tui resume 7-x "
        "--set accumulate=2`, which begins again."
    )
    assert said(3, 2, message, "") == (
        "the device ran out of memory with 3 images in 2 parts: add --set accumulate=3."
    )
    assert "smaller size" in said(3, 3, message)


@pytest.mark.parametrize("saved", [False, True])
def test_a_run_without_room_ends_with_it_and_keeps_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    whole, count = CrossEntropy.__call__, 0

    def loss(self: CrossEntropy, logits: Tensor, batch: Batch) -> Tensor:
        nonlocal count
        count += 1
        if count > (STEPS_AN_EPOCH + 2 if saved else 2):
            raise torch.OutOfMemoryError(MESSAGE)
        return whole(self, logits, batch)

    monkeypatch.setattr(CrossEntropy, "__call__", loss)
    attempt = Attempt(tmp_path, "stop")
    attempt.finish()
    [ended] = attempt.all(events.RunEnded)
    assert isinstance(ended, events.RunEnded)
    assert ended.reason == "failed"
    assert "22.78 GiB more were requested and 12.73 GiB were free" in ended.error
    assert ("begins again" in ended.error) != saved
    assert ended.setting == "accumulate=2"
    if saved:
        last = checkpoint.load(attempt.run.checkpoints / "last.pt")
        assert last.training.step == STEPS_AN_EPOCH


def test_a_run_in_parts_is_saved_after_its_last_step_and_resumes_with_smaller_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second part of its third step fails."""
    whole, count = CrossEntropy.__call__, 0

    def loss(self: CrossEntropy, logits: Tensor, batch: Batch) -> Tensor:
        nonlocal count
        count += 1
        if len(logits) > 16 and count == 6:
            raise torch.OutOfMemoryError(MESSAGE)
        return whole(self, logits, batch)

    monkeypatch.setattr(CrossEntropy, "__call__", loss)
    attempt = Attempt(tmp_path, "stop", accumulate=2)
    attempt.finish()
    [ended] = attempt.all(events.RunEnded)
    assert isinstance(ended, events.RunEnded)
    assert (ended.reason, ended.step, ended.setting) == ("failed", 2, "accumulate=4")
    assert "--set accumulate=4`, which goes on from the last checkpoint." in ended.error
    assert checkpoint.load(attempt.run.checkpoints / "last.pt").training.step == 2
    request = resuming.resume_request(attempt.run, dict([parse_setting(ended.setting)]))
    claim, recipe = resuming.resume(attempt.run, request)
    os.close(claim.lock)
    assert recipe.accumulate == 4
