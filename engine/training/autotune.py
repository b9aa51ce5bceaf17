"""Resolves the settings that depend on the model: threads, precision, memory format, compilation.

The same command and seed must give the same bits on the same machine, however busy it is. So the
number of threads is a rule, and what has to be measured is measured once and kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from functools import partial
from pathlib import PurePath
from typing import Literal, NamedTuple

import msgspec
import torch
from torch import nn

from engine.catalog.architectures import ARCHITECTURES
from engine.devices import timing
from engine.devices.thread_count import thread_count
from engine.inspection import layer_events
from engine.machine import kept_choices
from engine.machine.kept_choices import Computation, StepTime
from engine.machine.processor import Processor, processor
from engine.protocol.events import Event
from engine.recipes.recipe import Recipe, Resolved
from engine.training.trial_steps import TrialSteps, unnoticed

# A trial on a CPU takes as many images as need so many multiply-accumulates: with fewer, the calls
# take longer than the computation and hide what is compared.
TRIAL_MACS = 300_000_000
FEWEST_IMAGES, MOST_IMAGES = 2, 64
# `auto` compiles on a GPU where the run would take longer than this without it, in seconds.
# Compiled steps are faster by a tenth or two, which then repays the minute or two of compiling.
LONG_RUN = 900.0

Tuning = Generator[Event | None, None, Resolved]


class Workload(NamedTuple):
    """What a run computes with: a model and its training images, of `shape` (C, H, W).

    `source` is the text of a user's file; without one it is empty.
    """

    model: nn.Module
    shape: tuple[int, ...]
    images: int
    source: str = ""

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image. Each weight is used at least once."""
        counted = sum(layer.macs for layer in layer_events.layers(self.model, *self.shape[:2]))
        return max(counted, sum(parameter.numel() for parameter in self.model.parameters()))


def tune(recipe: Recipe, resolved: Resolved, device: torch.device, work: Workload) -> Tuning:
    """Resolve what depends on the model, as a generator of events.

    `recipe` has the batch of one process.
    """
    if device.type == "cuda":
        return (yield from _tune_on_gpu(recipe, resolved, device, work))
    if "auto" not in (recipe.threads, recipe.precision, recipe.memory_format):
        return resolved
    macs = work.macs
    if recipe.threads == "auto":
        batch = min(recipe.batch, work.images)
        threads = thread_count(resolved.threads, macs * batch)
        resolved = msgspec.structs.replace(resolved, threads=threads)
    return (yield from _tune_computation(recipe, resolved, work, macs, processor()))


def _tune_computation(
    recipe: Recipe, resolved: Resolved, work: Workload, macs: int, cpu: Processor
) -> Tuning:
    """Resolve precision and memory format on a CPU, by measuring where no rule decides.

    bfloat16 is faster on some processors that multiply it and slower on others, and differs with
    the layers. Channels-last suits every architecture of the catalogue: poolings are many times as
    fast as in the contiguous format, which is never clearly faster. Other models may have layers
    for which the opposite holds, such as group norm.
    """
    tried = {
        "bf16": recipe.precision == "auto" and cpu.multiplies_bf16,
        "contiguous": recipe.memory_format == "auto" and recipe.arch not in ARCHITECTURES,
    }
    alternatives = [name for name, open_ in tried.items() if open_]
    if not alternatives:
        return resolved
    subject = {
        "processor": cpu.model,
        "kernels": torch.backends.cpu.get_cpu_capability(),
        **model_subject(recipe, work),
        "default": f"{resolved.precision}, {resolved.memory_format}",
        "alternatives": ", ".join(alternatives),
    }
    images = max(FEWEST_IMAGES, min(MOST_IMAGES, TRIAL_MACS // max(1, macs)))
    steps = TrialSteps(work.model, work.shape, images, torch.device("cpu"))
    default = Computation(resolved.precision, resolved.memory_format)
    chosen = yield from kept_choices.settle(
        subject,
        Computation,
        partial(fastest, default, alternatives, steps),
        kept_choices.choices_folder(),
    )
    return msgspec.structs.replace(
        resolved, precision=chosen.precision, memory_format=chosen.memory_format
    )


def fastest(
    chosen: Computation, alternatives: list[str], steps: TrialSteps
) -> Generator[None, None, Computation]:
    """The default, with each alternative that is clearly faster on one thread."""
    gains = {}
    with unnoticed(torch.device("cpu"), threads=1):
        for field, value in (("memory_format", "contiguous"), ("precision", "bf16")):
            if value not in alternatives:
                continue
            other = msgspec.structs.replace(chosen, **{field: value})
            gains[value] = yield from timing.gain(
                steps.step(chosen.precision, chosen.memory_format),
                steps.step(other.precision, other.memory_format),
            )
            if gains[value] >= timing.CLEAR_GAIN:
                chosen = other
    rounded = {name: round(gain, 2) for name, gain in gains.items()}
    return msgspec.structs.replace(chosen, gains=rounded)


def _tune_on_gpu(
    recipe: Recipe, resolved: Resolved, device: torch.device, work: Workload
) -> Tuning:
    """Resolve whether the run is compiled, by the time of a step, which is measured once."""
    if recipe.compile != "auto":
        return resolved
    batch = min(recipe.batch, work.images)
    part = -(-batch // resolved.accumulate)
    subject = {
        "processor": torch.cuda.get_device_name(device),
        **model_subject(recipe, work),
        "batch": str(part),
        "computation": f"{resolved.precision}, {resolved.memory_format}, {resolved.cuda_graph}",
    }
    time = _step_time_in_parts if recipe.accumulate == "auto" else _step_time
    step = yield from kept_choices.settle(
        subject,
        StepTime,
        partial(time, work, part, resolved, device),
        kept_choices.choices_folder(),
    )
    seconds = resolved.accumulate * step.seconds
    return msgspec.structs.replace(resolved, compile=compilation(recipe, work.images, seconds))


def _step_time(
    work: Workload, images: int, resolved: Resolved, device: torch.device
) -> Generator[None, None, StepTime]:
    with unnoticed(device, resolved.threads):
        steps = TrialSteps(work.model, work.shape, images, device)
        step = steps.step(resolved.precision, resolved.memory_format)
        if resolved.cuda_graph == "on":
            step = steps.replayed(step)
        yield
        return StepTime(timing.best_of(steps.finished(step)))


def _step_time_in_parts(
    work: Workload, images: int, resolved: Resolved, device: torch.device
) -> Generator[None, None, StepTime]:
    """As `_step_time`, in halves of halves where so many images at a time do not fit."""
    parts = 1
    while True:
        try:
            part = yield from _step_time(work, -(-images // parts), resolved, device)
            return StepTime(parts * part.seconds)
        except torch.OutOfMemoryError:
            if parts >= images:
                raise
        parts *= 2


def compilation(recipe: Recipe, images: int, seconds: float) -> Literal["off", "on"]:
    """Whether to compile, given the number of training images and the seconds of an eager step."""
    steps = recipe.epochs * max(1, images // recipe.batch)
    return "on" if steps * seconds >= LONG_RUN else "off"


def model_subject(recipe: Recipe, work: Workload) -> dict[str, str]:
    """What the speed of a model depends on, apart from the processor."""
    modules = [(name, type(m).__qualname__) for name, m in work.model.named_modules()]
    shapes = [(name, tuple(value.shape)) for name, value in work.model.named_parameters()]
    name = PurePath(recipe.arch).name if work.source else recipe.arch
    described = repr((name, recipe.act, work.source, modules, shapes))
    return {
        "torch": str(torch.__version__),
        "architecture": name,
        "structure": hashlib.sha256(described.encode()).hexdigest()[:16],
        "input": "×".join(map(str, work.shape)),
    }
