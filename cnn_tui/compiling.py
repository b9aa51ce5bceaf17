"""What `torch.compile` does to a model, without importing the compiler."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import torch
from torch import nn


def _never() -> bool:
    return False


# Whether the compiler looks at the caller's code right now; a PyTorch before 2.1 does not tell. No
# function of ours around it: optimizers' hooks ask in every step.
is_compiling: Callable[[], bool] = getattr(getattr(torch, "compiler", None), "is_compiling", _never)


def is_compiled(model: nn.Module) -> bool:
    """Whether a forward pass of the model, or of a part of it, runs compiled code.

    Compiled code does not call the hooks of layers.
    """
    return any(
        hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None
        for module in model.modules()
    )


@contextlib.contextmanager
def eager() -> Iterator[None]:
    """Run what was compiled as it was written, and compile nothing, where this torch can.

    Loads no compiler: where nobody has, nothing is compiled.
    """
    set_stance = getattr(getattr(torch, "compiler", None), "set_stance", None)
    if "torch._dynamo" not in sys.modules or set_stance is None:
        yield
        return
    with set_stance("force_eager"):
        yield
