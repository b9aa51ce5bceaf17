"""Random numbers that depend only on the seed and on the position in the run."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derive_seed(*numbers: int) -> int:
    """A seed of 64 bits from these numbers in this order; similar numbers give unrelated seeds."""
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def seeded_generator(device: torch.device, *numbers: int) -> torch.Generator:
    """A generator seeded with these numbers in this order, such as (seed, epoch, step)."""
    return torch.Generator(device).manual_seed(derive_seed(*numbers))


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """The indices of all images in the order of an epoch, (N,) int64, the same on any device."""
    return torch.randperm(count, generator=seeded_generator(torch.device("cpu"), seed, epoch))
