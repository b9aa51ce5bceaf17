"""A training step as one launch: recorded on a GPU after a few steps, and replayed from then on.

A step of a small net is a hundred short kernels, which Python takes longer to launch than a GPU to
compute; see benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from engine.data.base.batch import RawBatch

Step: TypeAlias = Callable[[RawBatch], None]
# Makes of a step's launches one that repeats them all; computes nothing.
Record: TypeAlias = Callable[[Callable[[], None]], Callable[[], None]]

# The first steps prepare what a recording finds: kernels are chosen, momenta allocated.
WARM_UP = 3


class CudaGraphStep:
    """Takes training steps: the first ones eagerly, the others by replaying a recorded one.

    `step` reads and writes tensors that stay where they are, waits for nothing, and gets images of
    one shape. The recording keeps what Python decides in it.
    """

    def __init__(self, step: Step, record: Record) -> None:
        self._step, self._record = step, record
        self._steps_taken = 0
        # The memory that the recorded step reads its images from.
        self._static: RawBatch | None = None
        self._replay: Callable[[], None] | None = None
        # Why recording has failed, where it has; then all steps are eager.
        self.failure = ""

    def __call__(self, raw: RawBatch) -> None:
        """Take a step on these images."""
        if self._replay is None and not self._record_if_ready(raw):
            self._step(raw)
            return
        assert self._static is not None
        assert self._replay is not None
        _copy(raw, self._static)
        self._replay()

    def forget(self) -> None:
        """Record anew: tensors that a step reads or writes lie elsewhere from now on."""
        self._steps_taken, self._static, self._replay = 0, None, None

    def _record_if_ready(self, raw: RawBatch) -> bool:
        """Record the step, if enough steps were taken and it can be recorded."""
        self._steps_taken += 1
        if self._steps_taken <= WARM_UP or self.failure:
            return False
        static = _twin(raw)
        try:
            self._replay = self._record(lambda: self._step(static))
        except RuntimeError as error:  # of CUDA, of memory, or of a model that waits for the GPU
            self.failure = f"{type(error).__name__}: {error}".partition("\n")[0]
            return False
        self._static = static
        return True


def _twin(raw: RawBatch) -> RawBatch:
    """A copy whose epoch is a tensor, which can be overwritten too."""
    return RawBatch(
        raw.pixels.clone(),
        raw.labels.clone(),
        raw.indices.clone(),
        torch.full((), int(raw.epoch), device=raw.pixels.device),
        raw.step,
    )


def _copy(source: RawBatch, target: RawBatch) -> None:
    target.pixels.copy_(source.pixels)
    target.labels.copy_(source.labels)
    target.indices.copy_(source.indices)
    assert isinstance(target.epoch, torch.Tensor)
    target.epoch.fill_(source.epoch)
