"""Training steps as one launch: recorded on a GPU after a few steps, and replayed from then on.

A step of a small net consists of a hundred short kernels. Python takes longer to launch them than
the GPU to compute them; see benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from engine import text
from engine.data.base.batch import RawBatch


class StepInput(NamedTuple):
    """What a training step starts from; in a recording, the rate is a tensor () float64."""

    raw: RawBatch
    rate: float | Tensor


Steps: TypeAlias = Callable[[Sequence[StepInput]], None]
# Records the launches of steps without computing; returns a function that replays them all.
Record: TypeAlias = Callable[[Callable[[], None]], Callable[[], None]]

# The eager calls before the recording: they choose kernels and allocate momenta.
WARM_UP = 3


class CudaGraphSteps:
    """Takes training steps, the same number at each call: first eagerly, then by a replay.

    `steps` must read and write tensors that stay at their addresses, wait for nothing, and get
    images of one shape. Every replay repeats the decisions that Python made during the recording.
    """

    def __init__(self, steps: Steps, record: Record) -> None:
        self._steps, self._record = steps, record
        self._calls = 0
        # The memory that the recorded steps read their images and rates from.
        self._static: Sequence[StepInput] = ()
        self._replay: Callable[[], None] | None = None
        # The reason why recording failed, or empty; after a failure all steps are eager.
        self.failure = ""

    def __call__(self, inputs: Sequence[StepInput]) -> None:
        """Take a step on each of these, in order; they are of one epoch."""
        if self._replay is None and not self._record_if_ready(inputs):
            self._steps(inputs)
            return
        assert self._replay is not None
        _copy_into(inputs, self._static)
        self._replay()

    def forget(self) -> None:
        """Drop the recording: the tensors of a step have new addresses from now on."""
        self._calls, self._static, self._replay = 0, (), None

    def _record_if_ready(self, inputs: Sequence[StepInput]) -> bool:
        """Record the steps once enough eager ones were taken; returns whether they are recorded."""
        self._calls += 1
        if self._calls <= WARM_UP or self.failure:
            return False
        static = _static_copy(inputs)
        try:
            self._replay = self._record(lambda: self._steps(static))
        except (
            RuntimeError
        ) as error:  # from CUDA, from lack of memory, or from a model that waits for the GPU
            self.failure = text.error_summary(error)
            return False
        self._static = static
        return True


def _static_copy(inputs: Sequence[StepInput]) -> list[StepInput]:
    """Copies whose epoch, one for all, and rates are tensors, so that they can be overwritten."""
    device = inputs[0].raw.pixels.device
    epoch = torch.full((), int(inputs[0].raw.epoch), device=device)
    return [
        StepInput(
            RawBatch(
                pixels=raw.pixels.clone(),
                labels=raw.labels.clone(),
                indices=raw.indices.clone(),
                sighted=raw.sighted.clone(),
                epoch=epoch,
                step=raw.step,
            ),
            # As exact as Python's number, so that its product with a scale is rounded alike.
            torch.full((), float(rate), dtype=torch.float64, device=device),
        )
        for raw, rate in inputs
    ]


def _copy_into(sources: Sequence[StepInput], targets: Sequence[StepInput]) -> None:
    """Overwrite the targets, in as few launches as possible."""
    torch._foreach_copy_([t.raw.pixels for t in targets], [s.raw.pixels for s in sources])
    torch._foreach_copy_(_numbers(targets), _numbers(sources))
    epoch = targets[0].raw.epoch
    assert isinstance(epoch, Tensor)
    epoch.fill_(sources[0].raw.epoch)
    for source, target in zip(sources, targets, strict=True):
        assert isinstance(target.rate, Tensor)
        target.rate.fill_(source.rate)


def _numbers(inputs: Sequence[StepInput]) -> list[Tensor]:
    raws = [each.raw for each in inputs]
    return [numbers for raw in raws for numbers in (raw.labels, raw.indices, raw.sighted)]
