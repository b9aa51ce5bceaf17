"""What a model is built for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.catalog.architectures import LARGEST_SMALL_IMAGE
from engine.errors import UsageError
from engine.models.model_text import input_too_small


@dataclass(frozen=True)
class Task:
    """Images (N, channels, size, size), of 1 or 3 channels, to be told apart into so many classes.

    Up to 64 pixels images are small: the architectures made for ImageNet then begin gently, since
    their own first layers would leave next to nothing.
    """

    channels: int
    size: int
    classes: int

    @property
    def small(self) -> bool:
        return self.size <= LARGEST_SMALL_IMAGE

    def at_least(self, least: int, arch: str) -> None:
        """Raise UsageError where the images are smaller than this architecture takes."""
        if self.size < least:
            raise UsageError(input_too_small(arch, least, self.size))
