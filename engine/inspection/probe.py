"""What stands inside a model: its table of layers, and what they make of an image."""

from __future__ import annotations

import base64
import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.data.base.batch import Batch
from engine.data.base.dataset import Dataset
from engine.devices.readback import Readback
from engine.inspection.receptive_field import Fields
from engine.protocol.events import (
    Augmented,
    Example,
    Examples,
    FeatureMap,
    FeatureMaps,
    Kernels,
    Layer,
    Picture,
    Sample,
    measured,
)


class Grid(NamedTuple):
    """So many channels of a layer, each on a grid of at most this side."""

    channels: int
    side: int


# What is shown unasked while a run goes on, and what the answer to a question holds.
GLIMPSE = Grid(16, 16)
FULL = Grid(1024, 32)
PICTURE_SIDE = 32
TOP = 3
# Kernels beyond these are left out.
LARGEST_LAYER = 256


def layers(model: nn.Module, channels: int, size: int) -> tuple[Layer, ...]:
    """The leaf layers that have parameters or change the shape, in the order of computation.

    `macs` counts the multiply-accumulates of convolutions and linear layers for one image of
    (channels, size, size). Computed on the meta device: nothing is allocated, nothing drawn.
    """
    shadow = copy.deepcopy(model).to("meta").eval()
    image = torch.empty(1, channels, size, size, device="meta")
    fields = Fields(image)
    table: list[Layer] = []
    for name, module in shadow.named_modules():
        if not list(module.children()):
            module.register_forward_hook(_row(name, table, fields))
    with torch.no_grad(), fields:
        shadow(image)
    return tuple(table)


def _row(
    name: str, table: list[Layer], fields: Fields
) -> Callable[[nn.Module, object, object], None]:
    """A hook that adds its layer to the table."""

    def add(module: nn.Module, inputs: object, output: object) -> None:
        parameters = sum(parameter.numel() for parameter in module.parameters())
        shape = _shape(output)
        if parameters or shape != _shape(inputs):
            table.append(
                Layer(
                    name,
                    type(module).__name__,
                    detail(module),
                    shape,
                    parameters,
                    macs(module, shape),
                    fields.side(output),
                )
            )

    return add


def _shape(given: object) -> tuple[int, ...]:
    """The shape, without the batch, of a tensor or of the first of several; else none."""
    first = _first(given)
    return tuple(first.shape[1:]) if isinstance(first, Tensor) else ()


def _first(given: object) -> object:
    """What a layer gives, or the first of several."""
    while isinstance(given, tuple) and given:
        given = given[0]
    return given


def detail(module: nn.Module) -> str:
    """`3×3`, `3×3 /2` with a stride, `512→10`; nothing for what has neither."""
    if isinstance(module, nn.Linear):
        return f"{module.in_features}→{module.out_features}"
    if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride = _pair(module.kernel_size), _pair(module.stride)
        return f"{kernel[0]}×{kernel[1]}" + (f" /{stride[0]}" if max(stride) > 1 else "")
    return ""


def _pair(size: int | tuple[int, ...]) -> tuple[int, ...]:
    return (size, size) if isinstance(size, int) else size


def macs(module: nn.Module, output: tuple[int, ...]) -> int:
    """Multiply-accumulates of a layer with this output shape: (C, H, W), or (…, features)."""
    if isinstance(module, nn.Conv2d):
        return module.weight[0].numel() * math.prod(output)
    return module.in_features * math.prod(output) if isinstance(module, nn.Linear) else 0


def probed_layers(model: nn.Module) -> tuple[str, ...]:
    """The names of the first two convolutions and of the last one."""
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    return tuple(dict.fromkeys([*names[:2], *names[-1:]]))


def feature_maps(
    model: nn.Module,
    dataset: Dataset,
    normalise: Callable[[Tensor], Tensor],
    names: Sequence[str],
    device: torch.device,
    step: int,
    image: int = 0,
    grid: Grid = GLIMPSE,
) -> Reading:
    """What the named layers make of a validation image, on its way to the host.

    In eval mode, without autocast; modes, BN statistics and random state stay as they are.
    """
    pixels, true = dataset.validation.one(image)
    seen: dict[str, Maps] = {}
    with _watched(model, names, seen, grid), torch.no_grad():
        logits = model(normalise(pixels[None].to(device)))
    shapes = {name: seen[name].shape for name in names}
    readback = Readback(device, [logits[0].float(), *(seen[name].grid for name in names)])
    return Reading(readback, shapes, picture(pixels), image, true, step)


class Maps(NamedTuple):
    """A layer's output for one image: its shape (C, H, W) and a grid of its first channels."""

    shape: tuple[int, ...]
    grid: Tensor


@contextmanager
def _watched(
    model: nn.Module, names: Sequence[str], seen: dict[str, Maps], grid: Grid = GLIMPSE
) -> Iterator[None]:
    """The model in eval mode, storing the maps of these layers."""
    modes = [(module, module.training) for module in model.modules()]
    hooks = [
        model.get_submodule(name).register_forward_hook(_store(name, seen, grid)) for name in names
    ]
    model.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes:
            module.training = training


def _store(
    name: str, seen: dict[str, Maps], grid: Grid
) -> Callable[[nn.Module, object, object], None]:
    def store(module: nn.Module, inputs: object, given: object) -> None:
        output = _first(given)
        assert isinstance(output, Tensor), "only such layers are asked for"
        # Reduced at once, since an in-place activation may overwrite the output.
        seen[name] = Maps(tuple(output.shape[1:]), _reduced(output[0, : grid.channels], grid.side))

    return store


def _reduced(maps: Tensor, side: int) -> Tensor:
    """Maps (C, H, W) averaged to a grid of this side at most, float32."""
    height, width = maps.shape[1:]
    return F.adaptive_avg_pool2d(maps.float(), (min(height, side), min(width, side)))


def picture(pixels: Tensor) -> Picture:
    """Pixels (C, H, W) uint8, averaged to 32×32 at most."""
    channels, height, width = pixels.shape
    height, width = min(height, PICTURE_SIDE), min(width, PICTURE_SIDE)
    small = F.adaptive_avg_pool2d(pixels.float(), (height, width)).round().to(torch.uint8)
    return Picture(channels, height, width, _base64(small))


def augmented(batch: Batch, dataset: Dataset, count: int, epoch: int, step: int) -> Augmented:
    """The first images of a training batch, brought back from normalised values to pixels."""
    mean = torch.tensor(dataset.mean).view(1, -1, 1, 1)
    std = torch.tensor(dataset.std).view(1, -1, 1, 1)
    images = batch.images[:count].float().cpu() * std + mean
    pixels = (images * 255).round().clamp(0, 255).to(torch.uint8)
    names = [dataset.classes[label] for label in batch.labels[:count].tolist()]
    samples = [Sample(picture(one), name) for one, name in zip(pixels, names, strict=True)]
    if batch.others is not None and batch.share is not None:
        others = [dataset.classes[label] for label in batch.others[:count].tolist()]
        shares = batch.share[:count].tolist()
        samples = [
            Sample(sample.picture, sample.label, other, share)
            for sample, other, share in zip(samples, others, shares, strict=True)
        ]
    return Augmented(epoch, tuple(samples), step=step)


def first_broken(model: nn.Module, images: Tensor) -> str:
    """The first layer whose output for these images is not finite; else as `broken_weights`.

    Computed in eval mode, so that nothing is left of it.
    """
    found: list[str] = []

    def watch(name: str) -> Callable[[nn.Module, object, object], None]:
        def see(module: nn.Module, inputs: object, output: object) -> None:
            if not found and isinstance(output, Tensor) and not bool(output.isfinite().all()):
                found.append(name)

        return see

    leaves = [(n, m) for n, m in model.named_modules() if n and not list(m.children())]
    hooks = [module.register_forward_hook(watch(name)) for name, module in leaves]
    try:
        with _watched(model, (), {}), torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else broken_weights(model)


def broken_weights(model: nn.Module) -> str:
    """The first layer with a weight that is not finite; nothing where there is none."""
    for name, weight in model.named_parameters():
        if not bool(weight.isfinite().all()):
            return name.rpartition(".")[0] or name
    return ""


def examples(
    model: nn.Module,
    dataset: Dataset,
    normalise: Callable[[Tensor], Tensor],
    images: Sequence[int],
    device: torch.device,
    step: int,
) -> Examples:
    """Validation images with the three classes that the model thinks likeliest. Waits for it."""
    found = [dataset.validation.one(place) for place in images]
    pixels = torch.stack([one for one, _ in found])
    with _watched(model, (), {}), torch.no_grad():
        logits = model(normalise(pixels.to(device))).float().cpu()
    return Examples(
        tuple(
            Example(place, picture(one), true, predictions(row))
            for place, (one, true), row in zip(images, found, logits, strict=True)
        ),
        step=step,
    )


def kernels(model: nn.Module, name: str, step: int) -> Kernels:
    """The filters of a convolution, all on one scale around zero. Waits for the device."""
    weight = model.get_submodule(name).weight
    assert isinstance(weight, Tensor)
    values = weight.detach().float().cpu()
    shown = values if values.shape[1] == 3 else values.mean(1, keepdim=True)
    shown = shown[:LARGEST_LAYER]
    largest = float(shown.abs().max())
    scaled = (shown / max(largest, 1e-30) + 1) * 127.5
    pixels = scaled.nan_to_num(127.5, 255.0, 0.0).round().clamp(0, 255).to(torch.uint8)
    channels, height, width = pixels.shape[1:]
    pictures = tuple(Picture(channels, height, width, _base64(one)) for one in pixels)
    return Kernels(name, tuple(values.shape), measured(largest), pictures, step=step)


class Reading:
    """Feature maps on their way from the device."""

    def __init__(
        self,
        readback: Readback,
        shapes: dict[str, tuple[int, ...]],
        picture: Picture,
        image: int,
        true: int,
        step: int,
    ) -> None:
        self._readback, self._shapes = readback, shapes
        self._picture, self._image, self._true = picture, image, true
        self._step = step

    def ready(self) -> bool:
        """Whether `events` would not have to wait."""
        return self._readback.ready()

    def events(self) -> list[FeatureMaps]:
        """One event a layer; waits for the device where it is not done."""
        logits, *grids = self._readback.wait()
        top = predictions(logits)
        return [
            FeatureMaps(
                step=self._step,
                layer=name,
                shape=shape,
                image=self._image,
                picture=self._picture,
                true=self._true,
                top=top,
                maps=tuple(feature_map(channel, grid) for channel, grid in enumerate(maps)),
            )
            for (name, shape), maps in zip(self._shapes.items(), grids, strict=True)
        ]


def predictions(logits: Tensor) -> tuple[tuple[int, float | None], ...]:
    """The three likeliest classes of logits (classes,), each with its probability."""
    probabilities, classes = logits.softmax(0).topk(min(TOP, len(logits)))
    pairs = zip(classes.tolist(), probabilities.tolist(), strict=True)
    return tuple((index, measured(probability)) for index, probability in pairs)


def feature_map(channel: int, grid: Tensor) -> FeatureMap:
    """A grid (H, W) float32 scaled to bytes over its own range; zeros where that is not finite."""
    values = grid.double()
    low, high = values.aminmax()
    scaled = (values - low) / (high - low).clamp(min=1e-300) * 255
    height, width = grid.shape
    return FeatureMap(
        channel=channel,
        height=height,
        width=width,
        low=measured(float(low)),
        high=measured(float(high)),
        data=_base64(scaled.nan_to_num(0.0, 0.0, 0.0).round().to(torch.uint8)),
    )


def _base64(values: Tensor) -> str:
    return base64.b64encode(values.numpy().tobytes()).decode("ascii")
