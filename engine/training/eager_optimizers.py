"""PyTorch's optimisers without its compiler, for steps that are not compiled themselves.

`torch.optim` wraps the methods of its optimisers, so that compiled code may call them. The first
call of a wrapper imports `torch._dynamo` and SymPy: as long as importing torch itself, and 150 MB.
The classes here are those of `torch.optim`, but they call what these wrappers wrap
(`functools.wraps` keeps it as `__wrapped__`). State and results are the same bit for bit. A method
that a version of PyTorch does not wrap stays as it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import optim
from torch.optim import Optimizer


def _step(kind: type[Optimizer]) -> Callable[..., Any]:
    """The step of this optimiser inside of its wrappers, which also turned gradients off."""
    step: Callable[..., Any] = torch.no_grad()(inspect.unwrap(kind.step))
    return step


class EagerOptimizer(Optimizer):
    """Behind a class of `torch.optim` in the order of bases, it answers the calls of `super()`."""

    add_param_group = inspect.unwrap(Optimizer.add_param_group)
    state_dict = inspect.unwrap(Optimizer.state_dict)
    load_state_dict = inspect.unwrap(Optimizer.load_state_dict)
    zero_grad = inspect.unwrap(Optimizer.zero_grad)


class SGD(optim.SGD, EagerOptimizer):
    step = _step(optim.SGD)


class Adam(optim.Adam, EagerOptimizer):
    step = _step(optim.Adam)


class AdamW(optim.AdamW, EagerOptimizer):
    step = _step(optim.AdamW)
