"""Operations of a policy that are no tables of levels: warps, saturation and sharpness.

All take and give pixels (K, C, H, W) uint8, with a strength or a matrix for each image, and give
the bits of torchvision's v2 functions for uint8 on a CPU. Where a source lies midway between two
pixels, the nearest one is a matter of the last bit: torchvision's differs from CPU to CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.data.augmentation.tone_tables import as_levels, as_uint8, whole_grey


def warped(pixels: Tensor, matrices: Tensor) -> Tensor:
    """The nearest pixel of each source, black outside; matrices (K, 2, 3) as in `PolicySpace`.

    Sums in torchvision's order, and no matrix product, which a GPU may round to 10 bits.
    """
    h, w = pixels.shape[2:]
    x = from_centre(w, pixels.device)
    y = from_centre(h, pixels.device)[:, None]
    from_x, from_y, still = matrices[:, :, :, None, None].unbind(2)  # (K, 2, 1, 1)
    grid = (x * from_x).addcmul(y, from_y) + still  # (K, 2, H, W)
    found = F.grid_sample(
        pixels.float(), grid.permute(0, 2, 3, 1), mode="nearest", align_corners=False
    )
    return as_uint8(found)


def from_centre(side: int, device: torch.device) -> Tensor:
    """The centres of a row of pixels, in pixels from the middle of the row."""
    return torch.arange(side, device=device) - (side - 1) * 0.5


def saturated(pixels: Tensor, strengths: Tensor) -> Tensor:
    """Each pixel blended with its grey; images that are not RGB stay as they are."""
    if pixels.shape[1] != 3:
        return pixels
    change = strengths[:, None, None, None]
    return as_levels((pixels * (1 + change)).addcmul_(whole_grey(pixels), -change))


def sharpened(pixels: Tensor, strengths: Tensor) -> Tensor:
    """Each pixel blended with a mean of its neighbourhood; those of the border stay.

    The mean weighs the pixel itself five times, as Pillow's filter SMOOTH.
    """
    whole = pixels.short()
    rows = whole[:, :, :-2] + whole[:, :, 1:-1] + whole[:, :, 2:]
    inner = whole[:, :, 1:-1, 1:-1]
    total = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] + 4 * inner
    away = total.float().div_(13).round_().sub_(inner)
    found = pixels.clone()
    found[:, :, 1:-1, 1:-1] = as_levels(
        inner.float().addcmul_(away, -strengths[:, None, None, None])
    )
    return found
