"""The operations of a policy, and what each does at each of 31 strengths.

The order, the strengths and the signs are torchvision's: `RandAugment._AUGMENTATION_SPACE` (Cubuk
et al. 2019, "RandAugment: practical automated data augmentation with a reduced search space") and
`TrivialAugmentWide._AUGMENTATION_SPACE` (Müller & Hutter 2021, "TrivialAugment: tuning-free yet
state-of-the-art data augmentation"). The matrices are computed as torchvision computes them, in
Python's floats, since nearest pixels depend on the last bit.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

import torch
from torch import Tensor

PolicyName: TypeAlias = Literal["trivialaugment", "randaugment"]


class Operation(IntEnum):
    """What may happen to an image."""

    IDENTITY = 0
    SHEAR_X = 1
    SHEAR_Y = 2
    TRANSLATE_X = 3
    TRANSLATE_Y = 4
    ROTATE = 5
    BRIGHTNESS = 6
    COLOR = 7
    CONTRAST = 8
    SHARPNESS = 9
    POSTERIZE = 10
    SOLARIZE = 11
    AUTO_CONTRAST = 12
    EQUALIZE = 13


WARPS = range(Operation.SHEAR_X, Operation.ROTATE + 1)
BINS = 31
# Each operation at each strength, upwards and downwards.
CHOICES = len(Operation) * BINS * 2
# The strengths of the last bin; those of the first are 0.
WIDEST: dict[PolicyName, dict[Operation, float]] = {
    "trivialaugment": {
        **dict.fromkeys((Operation.SHEAR_X, Operation.SHEAR_Y), 0.99),
        **dict.fromkeys((Operation.TRANSLATE_X, Operation.TRANSLATE_Y), 32.0),
        Operation.ROTATE: 135.0,
        **dict.fromkeys((Operation.BRIGHTNESS, Operation.COLOR), 0.99),
        **dict.fromkeys((Operation.CONTRAST, Operation.SHARPNESS), 0.99),
    },
    "randaugment": {
        **dict.fromkeys((Operation.SHEAR_X, Operation.SHEAR_Y), 0.3),
        Operation.ROTATE: 30.0,
        **dict.fromkeys((Operation.BRIGHTNESS, Operation.COLOR), 0.9),
        **dict.fromkeys((Operation.CONTRAST, Operation.SHARPNESS), 0.9),
    },
}
# RandAugment shifts by a share of the side, as in images of 331 pixels.
WIDEST_SHIFT = 150 / 331
# The bits that posterize takes away in the last bin.
POSTERIZED_BITS: dict[PolicyName, int] = {"trivialaugment": 6, "randaugment": 4}


@dataclass(frozen=True, eq=False)
class PolicySpace:
    """What each choice (see `choice`) means, on a device, for images of one height and width.

    `strengths` (CHOICES,) float32 are, by operation: the change of a factor of 1 (brightness,
    colour, contrast, sharpness), the kept bits as a mask (posterize), and the level from which
    pixels are inverted (solarize). `matrices` (CHOICES, 2, 3) float32 map the pixels of the image,
    counted from its centre, to their sources, which run from -1 to 1.
    """

    strengths: Tensor
    matrices: Tensor


def choice(operation: Tensor, bin_number: Tensor, negative: Tensor) -> Tensor:
    """The number of a choice, int64; `negative` (bool) means nothing where there is no sign."""
    return (operation * BINS + bin_number) * 2 + negative


@functools.cache  # a recorded CUDA graph keeps reading these tensors, and cannot make them
def policy_space(name: PolicyName, height: int, width: int, device: torch.device) -> PolicySpace:
    """The space of a policy; the first call for a size and a device waits for the device."""
    strengths: list[float] = []
    matrices: list[list[float]] = []
    for operation in Operation:
        for strength in signed_strengths(name, operation, height, width):
            strengths.append(strength)
            matrices.append(source_matrix(operation, strength, height, width))
    half_sides = torch.tensor([[width * 0.5], [height * 0.5]])
    found = torch.tensor(matrices).view(CHOICES, 2, 3) / half_sides
    return PolicySpace(torch.tensor(strengths).to(device), found.to(device))


def signed_strengths(
    name: PolicyName, operation: Operation, height: int, width: int
) -> list[float]:
    """The strengths of an operation: of each bin upwards, then downwards (2 · BINS)."""
    if operation == Operation.POSTERIZE:
        taken = torch.arange(BINS) / ((BINS - 1) / POSTERIZED_BITS[name])
        bits = (8 - taken).round().int().tolist()
        return [float(255 >> (8 - each) << (8 - each)) for each in bits for _ in range(2)]
    if operation == Operation.SOLARIZE:
        shares = torch.linspace(1.0, 0.0, BINS).tolist()
        return [255 * each for each in shares for _ in range(2)]
    widest = WIDEST[name].get(operation, 0.0)
    if name == "randaugment" and operation == Operation.TRANSLATE_X:
        widest = WIDEST_SHIFT * width
    if name == "randaugment" and operation == Operation.TRANSLATE_Y:
        widest = WIDEST_SHIFT * height
    amounts = torch.linspace(0.0, widest, BINS).tolist()
    return [sign * each for each in amounts for sign in (1, -1)]


def source_matrix(operation: Operation, strength: float, height: int, width: int) -> list[float]:
    """The map of an operation, (2 · 3), in pixels from the centre; whole pixels for shifts.

    A shear keeps the first row or column where it is, and a rotation is by degrees,
    counter-clockwise.
    """
    skew = math.radians(math.degrees(math.atan(strength)))
    match operation:
        case Operation.SHEAR_X:
            return [1.0, math.tan(skew), math.tan(skew) * height / 2, 0.0, 1.0, 0.0]
        case Operation.SHEAR_Y:
            along = math.sin(skew) / math.cos(skew)
            return [1.0, 0.0, 0.0, along, 1.0, along * width / 2]
        case Operation.TRANSLATE_X:
            return [1.0, 0.0, -float(int(strength)), 0.0, 1.0, 0.0]
        case Operation.TRANSLATE_Y:
            return [1.0, 0.0, 0.0, 0.0, 1.0, -float(int(strength))]
        case Operation.ROTATE:
            angle = math.radians(-(strength % 360))
            return [math.cos(angle), math.sin(angle), 0.0, -math.sin(angle), math.cos(angle), 0.0]
        case _:
            return [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
