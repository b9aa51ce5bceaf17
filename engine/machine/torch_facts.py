"""What PyTorch finds on this machine, as a process that has loaded it tells one that has not."""

from __future__ import annotations

import msgspec


class GpuFacts(msgspec.Struct, frozen=True):
    """A GPU by its number in torch; `error` is why it does not compute, or empty."""

    capability: str
    error: str = ""


class TorchFacts(msgspec.Struct, frozen=True):
    """`cuda` is the version that PyTorch was built for, empty for none."""

    cuda: str
    kernels: str
    gpus: list[GpuFacts] = []
