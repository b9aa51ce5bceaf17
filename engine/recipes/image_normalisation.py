"""The normalisation of pixels, as the recipe field `normalise` names it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from engine.errors import UsageError
from engine.recipes import recipe_text


class Normalisation(NamedTuple):
    """Means and standard deviations of pixels in 0..1: one for each channel, or one for all."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def for_channels(self, channels: int) -> Normalisation:
        """The same for this number of channels; grey images take the mean of the colours'."""
        if len(self.mean) == channels:
            return self
        return Normalisation((fmean(self.mean),) * channels, (fmean(self.std),) * channels)


IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def possible(mean: Sequence[float], std: Sequence[float]) -> bool:
    """Whether these can normalise images of one channel or three, with values in 0..1."""
    alike = len(mean) == len(std) and len(mean) in (1, 3)
    return alike and all(0 <= each <= 1 for each in mean) and all(0 < each <= 1 for each in std)


def named(value: str) -> Normalisation | None:
    """What a recipe's value stands for; None for `auto` and `data`.

    Raises UsageError for numbers that are not possible.
    """
    if value in ("auto", "data"):
        return None
    if value == "imagenet":
        return IMAGENET
    mean, std = (tuple(map(float, part.split(","))) for part in value.split("/"))
    if not possible(mean, std):
        raise UsageError(recipe_text.bad_normalisation(value))
    return Normalisation(mean, std)


def name_of(normalisation: Normalisation) -> str:
    """The value of a recipe that stands for exactly this normalisation."""
    if normalisation == IMAGENET:
        return "imagenet"
    return "/".join(",".join(map(repr, part)) for part in normalisation)
