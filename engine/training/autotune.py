"""Resolves the settings that depend on the model: memory format, threads, compilation.

More threads do not always help: a small net has no work for many. A second or two of steps of a
copy of the model shows which setting is fastest.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from engine.devices import forward_pass, graph_recording
from engine.devices.timing import best_of, preferred
from engine.recipes.recipe import Recipe, Resolved
from engine.training.cuda_graph import WARM_UP

# A step that takes longer than this on one thread, in seconds, is not timed.
LONGEST_STEP = 0.05
FEWEST_IMAGES = 2
# `auto` compiles on a GPU where the run would take longer than this without it, in seconds.
# Compiled steps are faster by a tenth or two, which then repays the minute or two of compiling.
LONG_RUN = 900.0


class StepOptions(NamedTuple):
    """The settings that a step is computed with."""

    precision: str
    memory_format: str
    threads: int
    cuda_graph: str = "off"


class StepBenchmark:
    """Times training steps of a copy of a model; leaves the model and the random state alone."""

    def __init__(
        self, model: nn.Module, shape: tuple[int, ...], batch: int, device: torch.device
    ) -> None:
        self._model, self._shape, self._device = copy.deepcopy(model).to(device), shape, device
        self.batch = batch

    def seconds(self, options: StepOptions) -> float:
        """Seconds of a forward and a backward pass, including the computation on a GPU."""
        before, layout = torch.get_num_threads(), forward_pass.MEMORY_FORMATS[options.memory_format]
        self._model.to(memory_format=layout).train()
        images = torch.zeros(self.batch, *self._shape, device=self._device)
        images = images.contiguous(memory_format=layout)
        torch.set_num_threads(options.threads)
        try:
            with forward_pass.untouched(self._model, self._device):
                step: Callable[[], None] = partial(self._step, images, options.precision)
                if options.cuda_graph == "on":
                    step = self._recorded(step)
                return best_of(partial(self._finished, step))
        finally:
            torch.set_num_threads(before)

    def _step(self, images: Tensor, precision: str) -> None:
        with forward_pass.autocast(self._device, precision):
            logits = self._model(images)
        logits.float().logsumexp(1).sum().backward()
        self._model.zero_grad(set_to_none=True)

    def _recorded(self, step: Callable[[], None]) -> Callable[[], None]:
        """The step as a CUDA graph, or the step itself where it cannot be recorded."""
        for _ in range(WARM_UP):
            step()
        draws = torch.Generator(self._device)
        try:
            return graph_recording.record_graph(step, self._device, draws)
        except RuntimeError:
            return step

    def _finished(self, step: Callable[[], None]) -> None:
        step()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def tune(
    recipe: Recipe,
    resolved: Resolved,
    device: torch.device,
    model: nn.Module,
    shape: tuple[int, ...],
    images: int,
) -> Resolved:
    """Resolve what depends on the model: memory format, threads and compilation.

    `shape` (C, H, W) and `images` are those of the training set.
    """
    batch = min(recipe.batch, images)
    if device.type == "cpu" and "auto" in (recipe.memory_format, recipe.threads):
        steps = StepBenchmark(model, shape, min(batch, FEWEST_IMAGES), device)
        return _tune_on_cpu(recipe, resolved, steps, batch)
    if device.type == "cpu" or recipe.compile != "auto":
        return resolved
    options = StepOptions(
        resolved.precision, resolved.memory_format, resolved.threads, resolved.cuda_graph
    )
    seconds = StepBenchmark(model, shape, batch, device).seconds(options)
    return msgspec.structs.replace(resolved, compile=compilation(recipe, images, seconds))


def compilation(recipe: Recipe, images: int, seconds: float) -> Literal["off", "on"]:
    """Whether to compile, given the number of training images and the seconds of an eager step."""
    steps = recipe.epochs * max(1, images // recipe.batch)
    return "on" if steps * seconds >= LONG_RUN else "off"


def _tune_on_cpu(recipe: Recipe, resolved: Resolved, steps: StepBenchmark, batch: int) -> Resolved:
    """Time memory formats and threads; a long step uses all threads, so the defaults stay."""
    options = StepOptions(resolved.precision, resolved.memory_format, 1)
    seconds = steps.seconds(options)
    if seconds > LONGEST_STEP:
        return resolved
    steps.batch = min(batch, int(FEWEST_IMAGES * LONGEST_STEP / seconds))
    layouts = [options.memory_format]
    if recipe.memory_format == "auto":
        layouts.append("contiguous")
    layout = preferred(
        layouts, lambda layout: steps.seconds(options._replace(memory_format=layout))
    )
    options = options._replace(memory_format=layout)
    counts = halved(resolved.threads) if recipe.threads == "auto" else [resolved.threads]
    threads = preferred(counts, lambda count: steps.seconds(options._replace(threads=count)))
    return msgspec.structs.replace(resolved, memory_format=layout, threads=threads)


def halved(most: int) -> list[int]:
    """This number of threads, half of it, and so on down to one."""
    counts = [most]
    while counts[-1] > 1:
        counts.append(counts[-1] // 2)
    return counts
