"""Random numbers that depend on nothing but the seed and the place in the run."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def derived(*numbers: int) -> int:
    """A seed of 64 bits from all of these numbers, in this order; neighbours share nothing."""
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def generator(device: torch.device, *numbers: int) -> torch.Generator:
    """A generator seeded by all of these numbers, as (seed, epoch, step), in this order."""
    return torch.Generator(device).manual_seed(derived(*numbers))


def order(count: int, seed: int, epoch: int) -> Tensor:
    """The places of so many images in the order of an epoch, (N,) int64, the same on any device."""
    return torch.randperm(count, generator=generator(torch.device("cpu"), seed, epoch))
