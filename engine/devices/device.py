"""The device that a run trains on: its choice, its memory, its random state."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch
from torch import Tensor

from engine import text
from engine.errors import UsageError
from engine.machine import memory

# The rest is for the model, its activations and the images in flight.
DATA_SHARE = 0.5
# A GPU evaluates at least this many pixels of each channel at a time: 1,000 images of 32×32.
EVALUATED_PIXELS = 2**20


def choose(wanted: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda` or `cuda:N` means here.

    `auto` and `cuda` take the GPU with the most free memory; without a GPU, `auto` is the CPU.
    Raises UsageError for a GPU that is not there or not usable.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cpu" or (wanted == "auto" and not count):
        return torch.device("cpu")
    if not count:
        raise UsageError(text.no_cuda(wanted))
    _, _, index = wanted.partition(":")
    if not index:
        free = [torch.cuda.mem_get_info(i)[0] for i in range(count)]
        return torch.device("cuda", free.index(max(free)))
    if int(index) >= count:
        raise UsageError(text.no_such_gpu(wanted, count))
    return torch.device("cuda", int(index))


def unusable_gpu(device: torch.device) -> str | None:
    """Why a GPU of this machine is not used; None where it is, or is hidden on purpose."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    if device.type == "cuda" or hidden or not Path("/proc/driver/nvidia/gpus").exists():
        return None
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return str(error).partition("\n")[0]
    return None


def reads_are_free(device: torch.device) -> bool:
    """Whether reading a number from the device waits for nothing."""
    return device.type == "cpu"


def room(device: torch.device, processes: int = 1) -> float:
    """Bytes that a data set may take on this device and in the machine's memory on the way there.

    `processes` on this machine share its memory.
    """
    free = memory.free_bytes() // processes
    if device.type == "cuda":
        free = min(free, torch.cuda.mem_get_info(device)[0])
    return free * DATA_SHARE


def evaluation_batch(device: torch.device, batch: int, shape: tuple[int, ...]) -> int:
    """How many images of `shape` (C, H, W) are evaluated at a time, given the training batch.

    Without gradients, twice as many images take no more memory. A GPU takes more small images at a
    time, which is faster, but at most eight times the batch, so that a smaller batch always takes
    less memory.
    """
    small = EVALUATED_PIXELS // (shape[1] * shape[2]) if device.type == "cuda" else 0
    return min(max(2 * batch, small), 8 * batch)


def name(device: torch.device, ranks: int = 1) -> str:
    """`cuda:1 NVIDIA RTX A5000`, `cpu Intel Xeon`, or, of several, `cuda×8 NVIDIA H100`."""
    several = f"{device.type}×{ranks}" if ranks > 1 else ""
    if device.type == "cuda":
        return f"{several or device} {torch.cuda.get_device_name(device)}"
    capabilities = torch.cpu.get_capabilities()
    return f"{several or 'cpu'} {capabilities.get('cpu_name') or platform.machine()}"


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of the global generators that a run on this device draws from."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(device: torch.device, state: dict[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
