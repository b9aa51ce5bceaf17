"""Finds out by trying in how many parts a batch fits into the memory of a GPU."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch

from engine.data.base.batch import Batch
from engine.devices import gpu_memory
from engine.training.learner import Learner

# The share of the free memory that a step may take: a tenth stays for what a trial does not see.
FILLED = 0.9
# The first step of a training makes the momenta, so that the second one needs more.
TRIED_STEPS = 2


class MemoryTrial:
    """Tries steps of a learner that is given up afterwards.

    `make` makes it: a copy of the one that will train, from before its first step. `load` makes the
    batch of a step, since the augmentation takes memory too.
    """

    def __init__(
        self, make: Callable[[], Learner], load: Callable[[], Batch], device: torch.device
    ) -> None:
        self._room = FILLED * gpu_memory.free(device)
        self._learner, self._load, self._device = make(), load, device

    def fits(self, parts: int) -> bool:
        """Whether a step fits that learns from its batch in so many parts. Waits for the GPU."""
        self._learner.parts = parts
        needed = gpu_memory.needed(self._steps, self._device)
        return needed is not None and needed <= self._room

    def _steps(self) -> None:
        for step in range(1, TRIED_STEPS + 1):
            self._learner.learn(self._load(), step)


def fewest_parts(images: int, fits: Callable[[int], bool]) -> Generator[None, None, int]:
    """The smallest number of parts of so many images that fits; yields between trials.

    Each part has two images at least, since batch norm may need them; where not even these fit, the
    training will say so.
    """
    too_few, parts, most = 0, 1, max(1, images // 2)
    while parts < most and not fits(parts):
        yield
        too_few, parts = parts, min(2 * parts, most)
    while parts - too_few > 1:
        yield
        between = (too_few + parts) // 2
        if fits(between):
            parts = between
        else:
            too_few = between
    return parts
