"""The features of images: what the layer takes in that makes a network's logits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.evaluation_mode import evaluation_mode
from cnn_tui.nested_tensors import first_tensor
from engine.devices.forward_pass import Judge

# Images that are judged at once: a GPU that has room for a step has room for these.
TOGETHER = 64


class Features(NamedTuple):
    """The logits (N, classes) and the features (N, F) of N images, float32, on the CPU."""

    logits: Tensor
    features: Tensor


def features(
    model: nn.Module,
    judge: Judge,
    normalise: Callable[[Tensor], Tensor],
    pixels: Sequence[Tensor],
    classes: int,
) -> Features:
    """The features of images, pixels (C, H, W) uint8 each. Waits for the device.

    They are the input (N, F) of the linear layer that makes the logits, or without one the logits.
    Runs in evaluation mode. Leaves modes, BN statistics and hooks as they were.
    """
    found: list[Features] = []
    with evaluation_mode(model), _recorded(model, classes) as inputs:
        for start in range(0, len(pixels), TOGETHER):
            some = torch.stack([*pixels[start : start + TOGETHER]]).to(judge.device)
            logits = judge.logits(model, normalise(some)).float().cpu()
            found.append(Features(logits, _of_last(inputs, judge, logits)))
            inputs.clear()
    return Features(*map(torch.cat, zip(*found, strict=True)))


@contextlib.contextmanager
def _recorded(model: nn.Module, classes: int) -> Iterator[list[Tensor]]:
    """Meanwhile adds what each linear layer with so many outputs takes in, (N, F)."""
    inputs: list[Tensor] = []

    def record(module: nn.Module, args: object, kwargs: object, output: object) -> None:
        taken = first_tensor((args, kwargs))
        if taken is not None and taken.dim() == 2:
            inputs.append(taken.float().cpu())

    linear = (module for module in model.modules() if isinstance(module, nn.Linear))
    heads = [module for module in linear if module.out_features == classes]
    hooks = [head.register_forward_hook(record, with_kwargs=True) for head in heads]
    try:
        yield inputs
    finally:
        for hook in hooks:
            hook.remove()


def _of_last(inputs: Sequence[Tensor], judge: Judge, logits: Tensor) -> Tensor:
    """What the last layer took in, in the pass over the images that are not mirrored."""
    if not inputs:
        return logits
    passes = 2 if judge.mirrored else 1
    return inputs[len(inputs) // passes - 1]
