"""The part of each batch that a rank trains on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.recipes.recipe import share_of_batch

if TYPE_CHECKING:
    from torch import Tensor


class BatchShare(NamedTuple):
    """The part of a rank, numbered from 0; the parts of all ranks together are the batch."""

    rank: int = 0
    ranks: int = 1

    def of(self, values: Tensor, dim: int = 0) -> Tensor:
        """This part of values (..., N, ...) along a dimension; the parts differ by one at most."""
        return values.tensor_split(self.ranks, dim)[self.rank]

    def share(self, batch: int, most: int) -> int:
        """The number of images in this part of a batch. Raises UsageError as `share_of_batch`."""
        return share_of_batch(batch, self.ranks, most)


WHOLE = BatchShare()
