"""Training steps of copies of a model, to be timed; they leave the model alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from cnn_tui.independent_copy import independent_copy
from cnn_tui.model_outputs import logits_of
from engine.devices import forward_pass, graph_recording
from engine.devices.timing import Step
from engine.models.auxiliary_outputs import auxiliary_logits
from engine.training.cuda_graph import WARM_UP


class TrialSteps:
    """Forward and backward passes of a batch of `images` images of `shape` (C, H, W)."""

    def __init__(
        self, model: nn.Module, shape: tuple[int, ...], images: int, device: torch.device
    ) -> None:
        self._model, self._batch, self._device = model, (images, *shape), device

    def step(self, precision: str, memory_format: str) -> Step:
        """A step of a copy of the model. Its gradients are computed and dropped."""
        layout = forward_pass.MEMORY_FORMATS[memory_format]
        copied = independent_copy(self._model)
        model = forward_pass.placed(copied, self._device, memory_format)
        model.train()
        images = torch.zeros(self._batch, device=self._device).contiguous(memory_format=layout)
        return partial(_step, model, images, self._device, precision)

    def finished(self, step: Step) -> Step:
        """The step and all that it has launched on a GPU."""

        def finished() -> None:
            step()
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)

        return finished

    def replayed(self, step: Step) -> Step:
        """The step as a CUDA graph, or the step itself where it cannot be recorded."""
        for _ in range(WARM_UP):
            step()
        try:
            return graph_recording.record_graph(step, self._device, ())
        except RuntimeError:
            return step


def _step(model: nn.Module, images: Tensor, device: torch.device, precision: str) -> None:
    with forward_pass.autocast(device, precision):
        output = model(images)
    trained = [logits_of(output), *auxiliary_logits(output)]
    torch.cat(trained).float().logsumexp(1).sum().backward()  # type: ignore[no-untyped-call]
    model.zero_grad(set_to_none=True)


@contextlib.contextmanager
def unnoticed(device: torch.device, threads: int) -> Iterator[None]:
    """Compute with so many threads; restore their number and the random state at the end."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        torch.set_num_threads(before)
