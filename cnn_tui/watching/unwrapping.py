"""The model itself, inside of what it was wrapped into for its training."""

from __future__ import annotations

from torch import nn

_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside `DistributedDataParallel`, `DataParallel` and `torch.compile`."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, _WRAPPERS):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def is_sharded(model: nn.Module) -> bool:
    """Whether each process holds a part of the weights: a forward pass of one waits for all."""
    modules = any(type(one).__name__ == "FullyShardedDataParallel" for one in model.modules())
    return modules or any(type(one).__name__ == "DTensor" for one in model.parameters())
