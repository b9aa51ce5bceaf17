"""Random numbers that depend on nothing but the seed and the place in the run."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def generator(device: torch.device, *numbers: int) -> torch.Generator:
    """A generator seeded by all of these numbers, as (seed, epoch, step), in this order.

    They are hashed into 64 bits, so that neighbours have nothing in common.
    """
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest, "little"))


def order(count: int, seed: int, epoch: int) -> Tensor:
    """The places of so many images in the order of an epoch, (N,) int64, the same on any device."""
    return torch.randperm(count, generator=generator(torch.device("cpu"), seed, epoch))
