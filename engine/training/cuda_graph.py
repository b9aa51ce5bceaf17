"""A training step as one launch: recorded on a GPU after a few steps, and replayed from then on.

A step of a small net consists of a hundred short kernels. Python takes longer to launch them than
the GPU to compute them; see benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from engine import text
from engine.data.base.batch import RawBatch

Step: TypeAlias = Callable[[RawBatch], None]
# Records the launches of a step without computing; returns a function that replays them all.
Record: TypeAlias = Callable[[Callable[[], None]], Callable[[], None]]

# The eager steps before the recording: they choose kernels and allocate momenta.
WARM_UP = 3


class CudaGraphStep:
    """Takes training steps: the first ones eagerly, the others by replaying a recorded one.

    `step` must read and write tensors that stay at their addresses, wait for nothing, and get
    images of one shape. Every replay repeats the decisions that Python made during the recording.
    """

    def __init__(self, step: Step, record: Record) -> None:
        self._step, self._record = step, record
        self._steps_taken = 0
        # The memory that the recorded step reads its images from.
        self._static: RawBatch | None = None
        self._replay: Callable[[], None] | None = None
        # The reason why recording failed, or empty; after a failure all steps are eager.
        self.failure = ""

    def __call__(self, raw: RawBatch) -> None:
        """Take a step on these images."""
        if self._replay is None and not self._record_if_ready(raw):
            self._step(raw)
            return
        assert self._static is not None
        assert self._replay is not None
        _copy_into(raw, self._static)
        self._replay()

    def forget(self) -> None:
        """Drop the recording: the tensors of a step have new addresses from now on."""
        self._steps_taken, self._static, self._replay = 0, None, None

    def _record_if_ready(self, raw: RawBatch) -> bool:
        """Record the step once enough eager steps were taken; returns whether it is recorded."""
        self._steps_taken += 1
        if self._steps_taken <= WARM_UP or self.failure:
            return False
        static = _static_copy(raw)
        try:
            self._replay = self._record(lambda: self._step(static))
        except (
            RuntimeError
        ) as error:  # from CUDA, from lack of memory, or from a model that waits for the GPU
            self.failure = text.error_summary(error)
            return False
        self._static = static
        return True


def _static_copy(raw: RawBatch) -> RawBatch:
    """A copy whose epoch is a tensor, so that it can be overwritten too."""
    return RawBatch(
        raw.pixels.clone(),
        raw.labels.clone(),
        raw.indices.clone(),
        torch.full((), int(raw.epoch), device=raw.pixels.device),
        raw.step,
    )


def _copy_into(source: RawBatch, target: RawBatch) -> None:
    target.pixels.copy_(source.pixels)
    target.labels.copy_(source.labels)
    target.indices.copy_(source.indices)
    assert isinstance(target.epoch, torch.Tensor)
    target.epoch.fill_(source.epoch)
