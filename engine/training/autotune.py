"""The choices that depend on the model: memory format, threads, and whether to compile it.

More threads do not always help: a small net has no work for many. They are found out by trying
steps of a copy of the model, in a second or two.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from engine.devices import device as devices
from engine.devices.precision_trial import best_of, preferred
from engine.recipes.recipe import Recipe, Resolved
from engine.training.cuda_graph import WARM_UP

# A step that is tried takes so many seconds on one thread, at most: two images take no longer, or
# nothing is tried.
LONGEST = 0.05
FEWEST = 2
# `auto` compiles on a GPU where the planned run would take so many seconds without: what a
# compilation takes, a minute or two, is then repaid by a gain of a tenth or two.
REPAYS = 900.0


class Way(NamedTuple):
    """How a step is computed."""

    precision: str
    memory_format: str
    threads: int
    cuda_graph: str = "off"


class Trial:
    """Training steps of a copy of a model; the model and the random state stay as they are."""

    def __init__(
        self, model: nn.Module, shape: tuple[int, ...], batch: int, device: torch.device
    ) -> None:
        self._model, self._shape, self._device = copy.deepcopy(model).to(device), shape, device
        self.batch = batch

    def seconds(self, way: Way) -> float:
        """Seconds of a forward and a backward pass; on a GPU with those of waiting for it."""
        before, layout = torch.get_num_threads(), devices.MEMORY_FORMATS[way.memory_format]
        self._model.to(memory_format=layout).train()
        images = torch.zeros(self.batch, *self._shape, device=self._device)
        images = images.contiguous(memory_format=layout)
        torch.set_num_threads(way.threads)
        try:
            with devices.untouched(self._model, self._device):
                step: Callable[[], None] = partial(self._step, images, way.precision)
                if way.cuda_graph == "on":
                    step = self._recorded(step)
                return best_of(partial(self._waited, step))
        finally:
            torch.set_num_threads(before)

    def _step(self, images: Tensor, precision: str) -> None:
        with devices.autocast(self._device, precision):
            logits = self._model(images)
        logits.float().logsumexp(1).sum().backward()
        self._model.zero_grad(set_to_none=True)

    def _recorded(self, step: Callable[[], None]) -> Callable[[], None]:
        """The step as a training will replay it, or as it is where that cannot be."""
        for _ in range(WARM_UP):
            step()
        try:
            return devices.recorded(step, self._device, torch.Generator(self._device))
        except RuntimeError:
            return step

    def _waited(self, step: Callable[[], None]) -> None:
        step()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def settle(
    recipe: Recipe,
    resolved: Resolved,
    device: torch.device,
    model: nn.Module,
    shape: tuple[int, ...],
    images: int,
) -> Resolved:
    """The choices that depend on the model: memory format, threads and compilation.

    `shape` (C, H, W) and `images` are those of the training set.
    """
    batch = min(recipe.batch, images)
    if device.type == "cpu" and "auto" in (recipe.memory_format, recipe.threads):
        trial = Trial(model, shape, min(batch, FEWEST), device)
        return _on_processor(recipe, resolved, trial, batch)
    if device.type == "cpu" or recipe.compile != "auto":
        return resolved
    way = Way(resolved.precision, resolved.memory_format, resolved.threads, resolved.cuda_graph)
    seconds = Trial(model, shape, batch, device).seconds(way)
    return msgspec.structs.replace(resolved, compile=compilation(recipe, images, seconds))


def compilation(recipe: Recipe, images: int, seconds: float) -> Literal["off", "on"]:
    """Whether to compile a training on so many images, a step of which takes `seconds` without."""
    steps = recipe.epochs * max(1, images // recipe.batch)
    return "on" if steps * seconds >= REPAYS else "off"


def _on_processor(recipe: Recipe, resolved: Resolved, trial: Trial, batch: int) -> Resolved:
    """Where a step takes long, it has work for all threads, and the usual is left as it is."""
    way = Way(resolved.precision, resolved.memory_format, 1)
    few = trial.seconds(way)
    if few > LONGEST:
        return resolved
    trial.batch = min(batch, int(FEWEST * LONGEST / few))
    layouts = [way.memory_format]
    if recipe.memory_format == "auto":
        layouts.append("contiguous")
    layout = preferred(layouts, lambda tried: trial.seconds(way._replace(memory_format=tried)))
    way = way._replace(memory_format=layout)
    counts = halved(resolved.threads) if recipe.threads == "auto" else [resolved.threads]
    threads = preferred(counts, lambda tried: trial.seconds(way._replace(threads=tried)))
    return msgspec.structs.replace(resolved, memory_format=layout, threads=threads)


def halved(most: int) -> list[int]:
    """So many threads, half of them, and so on down to one."""
    counts = [most]
    while counts[-1] > 1:
        counts.append(counts[-1] // 2)
    return counts
