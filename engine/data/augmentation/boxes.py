"""A box in each image of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Boxes:
    """One box in each image, all (N,) int64: rows `top` … `bottom` - 1, columns likewise."""

    top: Tensor
    bottom: Tensor
    left: Tensor
    right: Tensor

    def mask(self, height: int, width: int) -> Tensor:
        """True inside the box, (N, 1, H, W)."""
        y = torch.arange(height, device=self.top.device)
        x = torch.arange(width, device=self.top.device)
        rows = (y >= self.top[:, None]) & (y < self.bottom[:, None])
        columns = (x >= self.left[:, None]) & (x < self.right[:, None])
        return (rows[:, :, None] & columns[:, None, :])[:, None]
