"""Gives code of others the same random numbers each time, and leaves those of the program alone."""

from __future__ import annotations

import multiprocessing
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def of(seed: int) -> Iterator[None]:
    """Seed the generators of Python, NumPy and, where it is loaded, torch, and restore them.

    A decoding process draws nothing else, and need not restore them.
    """
    torch = sys.modules.get("torch")
    if multiprocessing.parent_process() is not None:
        _seed(torch, seed)
        yield
        return
    own, array = random.getstate(), np.random.get_state()
    tensor = torch.get_rng_state() if torch else None
    try:
        _seed(torch, seed)
        yield
    finally:
        random.setstate(own)
        np.random.set_state(array)
        if torch and tensor is not None:
            torch.set_rng_state(tensor)


def _seed(torch: Any, seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if torch:
        torch.default_generator.manual_seed(seed)
