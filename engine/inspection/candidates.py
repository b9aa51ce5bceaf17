"""Which images of a class may be the neighbours of an image, before any is decoded."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.inspection.training_images import SightedLogits

# So many are decoded and judged, of each class, however large the data is.
CANDIDATES = 64


def spread(members: Tensor) -> Tensor:
    """At most `CANDIDATES` of these images (N,), evenly over them."""
    count = min(CANDIDATES, len(members))
    return members[torch.arange(count) * len(members) // max(1, count)]


def nearest_logits(members: Tensor, sighted: SightedLogits, logits: Tensor) -> Tensor:
    """Those of the images (N,) whose mean logits are nearest to `logits` (classes,), by index.

    At most `CANDIDATES`. An image that was never seen comes after all others.
    """
    means, seen = sighted.means(members)
    distances = (means - logits).norm(dim=1).where(seen, torch.inf)
    chosen = distances.argsort(stable=True)[:CANDIDATES]
    return members[chosen].sort().values
