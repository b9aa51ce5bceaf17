"""The stages of a model in the order of computation, for a small drawing.

Consecutive blocks of one class with the same output shape form a stage. So do consecutive equal
convolutions, together with the pooling after them. A block is a module with several convolutions or
linear layers that is more than a container.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import nn

from cnn_tui.layer_table import Layer, layer_table
from engine.catalog.architectures import Stage

STAGE, CONV, LINEAR, POOL, STEM = "stage", "conv", "linear", "pool", "stem"
# The two layers of a squeeze-and-excitation block (Hu et al. 2018), and the pooling before them.
GATE = "squeeze"
POOLINGS = {
    "MaxPool2d": "max",
    "AdaptiveMaxPool2d": "max",
    "AvgPool2d": "average",
    "AdaptiveAvgPool2d": "average",
}


class Part(NamedTuple):
    """A block or a layer.

    Without a `kind` it belongs to the part before it, as a batch norm does. `block` is the class of
    a block, or "" for a layer.
    """

    kind: str
    block: str
    text: str
    output: tuple[int, ...]
    parameters: int


def stages(model: nn.Module, channels: int, size: int) -> tuple[Stage, ...]:
    """The stages for images of (channels, size, size)."""
    groups: list[list[Part]] = []
    for part in _parts(model, layer_table(model, channels, size)):
        if groups and not part.kind:
            last = groups[-1][-1]
            groups[-1][-1] = last._replace(parameters=last.parameters + part.parameters)
        elif groups and _continues(groups[-1][-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    groups = _with_downsampling(groups)
    return tuple(
        Stage(name, _text(group), group[-1].output, sum(part.parameters for part in group))
        for name, group in zip(_names(groups), groups, strict=True)
    )


def _continues(last: Part, part: Part) -> bool:
    """Whether a part belongs to the stage that ends with the `last` part."""
    if part.kind == POOL:
        return last.kind == CONV
    equal = part.block == last.block and part.output == last.output
    return part.kind == last.kind and equal and (part.kind == STAGE or part.text == last.text)


def _with_downsampling(groups: Sequence[list[Part]]) -> list[list[Part]]:
    """The groups. A convolution between two stages of blocks joins the second stage."""
    merged: list[list[Part]] = []
    for group in groups:
        kinds = [one[-1].kind for one in (*merged[-2:], group)]
        merged.append(merged.pop() + group if kinds == [STAGE, CONV, STAGE] else group)
    return merged


def _names(groups: Sequence[list[Part]]) -> Iterator[str]:
    """`stem`, `stage 1`, …, `linear`: numbered if there are several of a kind."""
    kinds = [group[-1].kind if group[-1].kind == STAGE else group[0].kind for group in groups]
    if STAGE in kinds and kinds[0] == CONV:
        kinds[0] = STEM
    total, seen = Counter(kinds), Counter[str]()
    for kind in kinds:
        seen[kind] += 1
        yield f"{kind} {seen[kind]}" if total[kind] > 1 else kind


def _text(group: Sequence[Part]) -> str:
    """`2 × [3×3, 3×3]` for blocks, `2 × 3×3, max 2×2` for convolutions."""
    texts = []
    for kind, same in itertools.groupby(group, key=lambda part: part.kind):
        parts = list(same)
        # The first block of a stage may have a projection too, so the last block is typical.
        text = f"[{parts[-1].text}]" if kind == STAGE else parts[-1].text
        texts.append(f"{len(parts)} × {text}" if len(parts) > 1 or kind == STAGE else text)
    return ", ".join(texts)


def _parts(model: nn.Module, table: Sequence[Layer]) -> Iterator[Part]:
    blocks = set(_blocks(model, ""))

    def block_of(layer: Layer) -> str:
        path = layer.name.split(".")
        prefixes = (".".join(path[:length]) for length in range(1, len(path)))
        return next((prefix for prefix in prefixes if prefix in blocks), "")

    for name, same in itertools.groupby(table, key=block_of):
        layers = list(same)
        if name:
            yield _block_part(model.get_submodule(name), layers, model)
        else:
            yield from (_layer_part(layer) for layer in layers)


def _blocks(module: nn.Module, prefix: str) -> Iterator[str]:
    """The dotted names of the blocks in a module."""
    for name, child in module.named_children():
        if _count_layers(child) > 1:
            if _is_container(child):
                yield from _blocks(child, f"{prefix}{name}.")
            else:
                yield prefix + name


def _count_layers(module: nn.Module) -> int:
    """The number of convolutions and linear layers in a module."""
    return sum(isinstance(part, nn.Conv2d | nn.Linear) for part in module.modules())


def _is_container(module: nn.Module) -> bool:
    several = sum(_count_layers(child) > 1 for child in module.children()) > 1
    return several or isinstance(module, nn.Sequential | nn.ModuleList)


def _block_part(block: nn.Module, layers: Sequence[Layer], model: nn.Module) -> Part:
    output = layers[-1].output
    texts = [_text_in_block(layer, output, model.get_submodule(layer.name)) for layer in layers]
    # The consecutive layers of a gate get one name.
    pairs = itertools.pairwise(["", *filter(None, texts)])
    text = ", ".join(text for last, text in pairs if not text == last == GATE)
    parameters = sum(parameter.numel() for parameter in block.parameters())
    return Part(STAGE, type(block).__name__, text, output, parameters)


def _text_in_block(layer: Layer, block_output: tuple[int, ...], module: nn.Module) -> str:
    if layer.output[1:] == (1, 1) != block_output[1:]:
        return GATE
    if isinstance(module, nn.Conv2d):
        depthwise = module.groups == module.in_channels > 1
        return layer.detail + (" depthwise" if depthwise else "")
    return LINEAR if isinstance(module, nn.Linear) else _pooling(layer)


def _layer_part(layer: Layer) -> Part:
    kind = {"Conv2d": CONV, "Linear": LINEAR}.get(layer.kind, POOL if _pooling(layer) else "")
    text = f"from {layer.detail.partition('→')[0]}" if kind == LINEAR else layer.detail
    return Part(kind, "", _pooling(layer) or text, layer.output, layer.parameters)


def _pooling(layer: Layer) -> str:
    """`max 2×2`, or "" for a layer of another kind."""
    if layer.kind not in POOLINGS:
        return ""
    kernel, _, stride = layer.detail.partition(" /")
    usual = kernel == f"{stride}×{stride}"
    return f"{POOLINGS[layer.kind]} {kernel if usual else layer.detail}".strip()
