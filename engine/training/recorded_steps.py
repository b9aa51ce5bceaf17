"""The recorded steps of a training: one step a launch, and several where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.data.loaders.loader_choice import Loader
from engine.data.loaders.training_loader import EpochBatches
from engine.devices import graph_recording
from engine.training.cuda_graph import CudaGraphSteps, StepInput
from engine.training.learner import Learner
from engine.training.progress import Progress


class RecordedSteps:
    """Takes the next step of a training as a CUDA graph, or the next `together` steps as one.

    The graphs contain the augmentation and the rates too. Each step of a launch draws from its own
    generator, which is seeded for it, so that it draws what it would draw alone.
    """

    def __init__(
        self,
        learner: Learner,
        loader: Loader,
        progress: Progress,
        device: torch.device,
        together: int = 1,
    ) -> None:
        self._learner, self._loader, self._progress = learner, loader, progress
        self._device = device
        # An EMA is updated between two steps.
        self._together = 1 if learner.keeps_ema else together
        others = (torch.Generator(device) for _ in range(1, self._together))
        self._draws = [loader.draws, *others]
        self._graphs = {count: self._new_graph(count) for count in {1, self._together}}

    def next_inputs(self, batches: EpochBatches) -> list[StepInput]:
        """What the steps of the next launch start from: never more than are left of the epoch."""
        progress, together = self._progress, self._together
        count = together if together <= progress.steps_left_in_epoch else 1
        return [
            StepInput(batches.next_raw(draws), progress.rate(progress.step + place))
            for place, draws in enumerate(self._draws[:count])
        ]

    def take(self, inputs: Sequence[StepInput]) -> None:
        """Take the steps that start from these."""
        self._graphs[len(inputs)](inputs)

    @property
    def failure(self) -> str:
        """The reason why steps could not be recorded; else empty."""
        return next(filter(None, (graph.failure for graph in self._graphs.values())), "")

    def forget(self) -> None:
        """Drop the recordings: the tensors of a step have new addresses from now on."""
        for graph in self._graphs.values():
            graph.forget()

    def _new_graph(self, count: int) -> CudaGraphSteps:
        draws = self._draws[:count]
        return CudaGraphSteps(
            self._steps, lambda steps: graph_recording.record_graph(steps, self._device, draws)
        )

    def _steps(self, inputs: Sequence[StepInput]) -> None:
        first = self._progress.step + 1
        for place, (raw, rate) in enumerate(inputs):
            self._learner.set_rate(rate)
            self._learner.learn(self._loader.augmented(raw, self._draws[place]), first + place)
