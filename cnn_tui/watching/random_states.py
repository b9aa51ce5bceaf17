"""The states of all random number generators that a training draws from."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def random_states() -> dict[str, Any]:
    """The states of Python, NumPy (if it is loaded) and PyTorch, as plain values and tensors."""
    version, numbers, following = random.getstate()
    states: dict[str, Any] = {"python": (version, tuple(numbers), following)}
    if "numpy" in sys.modules:
        kind, keys, *rest = sys.modules["numpy"].random.get_state()
        states["numpy"] = (str(kind), keys.tolist(), *rest)
    states["torch"] = torch.get_rng_state()
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def set_random_states(states: dict[str, Any]) -> None:
    """Go back to these states; those of GPUs that are not there any more are left out."""
    version, numbers, following = states["python"]
    random.setstate((version, tuple(numbers), following))
    if "numpy" in states and "numpy" in sys.modules:
        sys.modules["numpy"].random.set_state(tuple(states["numpy"]))
    torch.set_rng_state(states["torch"])
    if "cuda" in states and torch.cuda.is_available():
        for device, state in zip(range(torch.cuda.device_count()), states["cuda"]):
            torch.cuda.set_rng_state(state, device)


@contextmanager
def kept_random_states() -> Iterator[None]:
    """Draw as many random numbers as you like: afterwards none was drawn."""
    states = random_states()
    try:
        yield
    finally:
        set_random_states(states)
