"""Images as a model takes them, scaled so that a person sees them."""

from __future__ import annotations

import torch
from torch import Tensor


def as_images(inputs: Tensor) -> Tensor:
    """What a model takes, (N, …), as images (N, C, H, W).

    Of a film (N, C, T, H, W) the middle one counts. A fourth channel is opacity and left out; of
    any other number but one and three, the mean is shown.
    """
    if inputs.ndim == 2:
        inputs = inputs[:, None, None]
    elif inputs.ndim == 3:
        inputs = inputs[:, None]
    elif inputs.ndim > 4:
        inputs = inputs[:, :, inputs.shape[2] // 2]
        return as_images(inputs)
    channels = inputs.shape[1]
    if channels in (1, 3):
        return inputs
    return inputs[:, :3] if channels == 4 else inputs.float().mean(1, keepdim=True).to(inputs.dtype)


class ShownPixels:
    """Scales images as `sample` is scaled: how they were normalised is not known.

    Bytes are shown as they are, and numbers from 0 to 1 times 255. Of others, each channel goes
    from its lowest to its highest value in the sample, which undoes a mean and a deviation where
    the sample has black and white.
    """

    def __init__(self, sample: Tensor) -> None:
        """`sample` are images (N, C, H, W) on the CPU."""
        values = sample.double().nan_to_num(0.0, 0.0, 0.0)
        if sample.dtype == torch.uint8:
            low, high = torch.tensor(0.0), torch.tensor(255.0)
        elif sample.is_floating_point() and values.min() >= 0 and values.max() <= 1:
            low, high = torch.tensor(0.0), torch.tensor(1.0)
        else:
            low, high = values.amin((0, 2, 3))[:, None, None], values.amax((0, 2, 3))[:, None, None]
        self._low, self._range = low, (high - low).clamp_min(1e-12)

    def pixels(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) on the CPU as uint8."""
        scaled = (images.double().nan_to_num(0.0, 0.0, 0.0) - self._low) / self._range * 255
        return scaled.round().clamp(0, 255).to(torch.uint8)
