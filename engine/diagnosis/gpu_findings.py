"""Examines the GPUs: what the driver lists, what others hold, what PyTorch can use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from engine.diagnosis import diagnosis_text as words
from engine.diagnosis.examined_system import System
from engine.diagnosis.finding import Finding
from engine.machine.torch_facts import TorchFacts
from engine.numbers import size
from engine.protocol.events import Gpu
from engine.start.device_request import GPU_SIGNS

SECTION = "GPUs"
# Others leave less than this share of the memory.
LITTLE = 0.25


def gpus(system: System, listed: Sequence[Gpu], torch: TorchFacts | None) -> Iterator[Finding]:
    """`listed` is what NVML says; `torch` is None if PyTorch could not be asked."""
    for gpu in listed:
        yield _listed(gpu)
    usable = [] if torch is None else torch.gpus
    for number, found in enumerate(usable):
        name, value = f"cuda:{number}", words.computes(found.capability)
        if found.error:
            yield Finding(SECTION, name, system.shown(found.error), "failure", words.GPU_BROKEN)
        else:
            yield Finding(SECTION, name, value)
    there = bool(listed) or any((system.root / sign.lstrip("/")).exists() for sign in GPU_SIGNS)
    if not there:
        yield Finding(SECTION, "GPU", words.NONE_HERE)
    elif torch is not None and not usable:
        hidden = system.environment.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
        if hidden:
            yield Finding(SECTION, "GPU", words.HIDDEN)
        else:
            advice = words.GPU_UNUSABLE if torch.cuda else words.TORCH_WITHOUT_CUDA
            yield Finding(SECTION, "GPU", words.UNUSABLE, "warning", advice)


def _listed(gpu: Gpu) -> Finding:
    """A GPU with the memory that other processes hold; who they are is nobody's business."""
    number = "" if gpu.cuda is UNSET else f" (cuda:{gpu.cuda})"
    free = gpu.memory_total - gpu.memory_used
    value = f"{gpu.name}, {size(free)} of {size(gpu.memory_total)} free"
    others = sum(holder.processes for holder in gpu.holders)
    if others:
        held = sum(holder.memory for holder in gpu.holders)
        value += words.held(others, size(held))
    name = f"GPU {gpu.index}{number}"
    if free < LITTLE * gpu.memory_total:
        return Finding(SECTION, name, value, "warning", words.GPU_FULL)
    return Finding(SECTION, name, value)
