"""Prints as JSON what PyTorch finds on this machine: `python -m engine.devices.torch_report`."""

from __future__ import annotations

import sys

import msgspec

from engine.machine.torch_facts import GpuFacts, TorchFacts


def facts() -> TorchFacts:
    """Imports torch, and tries each GPU."""
    import torch

    available = torch.cuda.is_available()
    count = torch.cuda.device_count() if available else 0
    return TorchFacts(
        cuda=torch.version.cuda or "",
        kernels=torch.backends.cpu.get_cpu_capability(),
        gpus=[_tried(number) for number in range(count)],
    )


def _tried(number: int) -> GpuFacts:
    """The GPU `cuda:number`, after it has computed something."""
    import torch

    capability = torch.cuda.get_device_capability(number)
    error = ""
    try:
        torch.ones(8, device=f"cuda:{number}").sum().item()
    except RuntimeError as raised:
        error = str(raised).partition("\n")[0]
    return GpuFacts(f"{capability[0]}.{capability[1]}", error)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(facts()))
