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

# Steps until all is prepared that the first ones prepare: kernels chosen, momenta made.
WARM_UP = 3


class CudaGraphStep:
    """Takes training steps, from some step on by replaying one that was recorded.

    `step` reads and writes tensors that stay where they are, waits for nothing, and gets images of
    one shape. What Python decides in it is decided for good.
    """

    def __init__(self, step: Step, record: Record) -> None:
        self._step, self._record = step, record
        self._taken = 0
        self._drawn: RawBatch | None = None
        self._again: Callable[[], None] | None = None
        # Why it is not replayed, where recording has failed.
        self.failure = ""

    def __call__(self, drawn: RawBatch) -> None:
        """Take a step on these images."""
        if self._again is None and not self._begin(drawn):
            self._step(drawn)
            return
        assert self._drawn is not None
        assert self._again is not None
        _copy(drawn, self._drawn)
        self._again()

    def forget(self) -> None:
        """What a step reads or writes lies elsewhere from now on."""
        self._taken, self._drawn, self._again = 0, None, None

    def _begin(self, drawn: RawBatch) -> bool:
        """Record the step, where it is time and can be done."""
        self._taken += 1
        if self._taken <= WARM_UP or self.failure:
            return False
        own = _twin(drawn)
        try:
            self._again = self._record(lambda: self._step(own))
        except RuntimeError as error:  # of CUDA, of memory, or of a model that waits for the GPU
            self.failure = f"{type(error).__name__}: {error}".partition("\n")[0]
            return False
        self._drawn = own
        return True


def _twin(drawn: RawBatch) -> RawBatch:
    """The same, whose epoch can be overwritten too."""
    return RawBatch(
        drawn.pixels.clone(),
        drawn.labels.clone(),
        drawn.indices.clone(),
        torch.full((), int(drawn.epoch), device=drawn.pixels.device),
        drawn.step,
    )


def _copy(source: RawBatch, target: RawBatch) -> None:
    target.pixels.copy_(source.pixels)
    target.labels.copy_(source.labels)
    target.indices.copy_(source.indices)
    assert isinstance(target.epoch, torch.Tensor)
    target.epoch.fill_(source.epoch)
