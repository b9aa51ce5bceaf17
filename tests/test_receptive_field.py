"""Receptive fields against the part of the image that has a gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.layer_table import layer_table
from cnn_tui.receptive_field import ReceptiveFields
from engine.models import registry


def side_by_gradient(net: nn.Module, size: int) -> int:
    """The side of the square of pixels that the middle output value depends on."""
    image = torch.rand(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    output = net.double()(image)
    height, width = output.shape[2:]
    output[0, :, height // 2, width // 2].sum().backward()
    assert image.grad is not None
    rows = image.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    return int(rows[-1] - rows[0]) + 1


def side_by_rule(net: nn.Module, size: int) -> int:
    image = torch.empty(1, 3, size, size, device="meta")
    fields = ReceptiveFields(image)
    with torch.no_grad(), fields:
        return fields.side(net.to("meta", torch.float32)(image))


class Forked(nn.Module):
    """Two paths of different width, added and then joined; no value of it has no gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(3, 4, 1)
        self.wide = nn.Conv2d(3, 4, 5, padding=2)
        self.last = nn.Conv2d(8, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        added = self.narrow(x) + self.wide(x)
        result: Tensor = self.last(torch.cat([added.tanh(), self.narrow(x)], 1))
        return result


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 5, stride=2), nn.Conv2d(2, 2, 3)),
        nn.Sequential(nn.Conv2d(3, 2, 3, dilation=2), nn.Tanh(), nn.Conv2d(2, 2, 3)),
        nn.Sequential(nn.Conv2d(3, 2, 3), nn.AvgPool2d(2), nn.Conv2d(2, 2, 3)),
        nn.Sequential(nn.Conv2d(3, 2, 3), nn.AvgPool2d(3, stride=1), nn.Conv2d(2, 2, 3)),
        Forked(),
    ],
)
def test_a_field_is_where_the_gradient_is(net: nn.Module) -> None:
    torch.manual_seed(0)
    assert side_by_gradient(net, 41) == side_by_rule(net, 41)


@pytest.mark.parametrize("head", [nn.AdaptiveAvgPool2d(1), nn.Flatten(1)])
def test_what_gathers_sees_the_whole_image(head: nn.Module) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), head, nn.Flatten(), nn.LazyLinear(2))
    net(torch.zeros(1, 3, 9, 9))
    assert side_by_rule(net, 9) == 0


class Applied(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize(
    "unknown",
    [
        nn.ConvTranspose2d(2, 2, 3, stride=2),
        nn.Sequential(nn.Flatten(2), nn.Conv1d(2, 2, 3), nn.Unflatten(2, (1, -1))),
        nn.Upsample(scale_factor=2),
        nn.PixelShuffle(1),
        nn.GroupNorm(1, 2),
        Applied(lambda x: x.cumsum(2)),
        Applied(lambda x: x @ x.transpose(2, 3)),
        Applied(lambda x: x.softmax(3)),
    ],
)
def test_after_what_is_not_known_no_field_is_known(unknown: nn.Module) -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 3), unknown)
    assert side_by_rule(net, 9) == 0
    assert side_by_rule(nn.Sequential(net, nn.ReLU(), nn.Conv2d(2, 2, 1)), 9) == 0


@pytest.mark.parametrize(
    "known",
    [
        lambda x: (1 - x) * 2 + x / 3,
        lambda x: x.add_(1).relu_(),
        lambda x: torch.cat(x.chunk(2, 1), 1).contiguous(),
        nn.PReLU(),
        nn.Hardswish(),
        nn.Dropout2d(),
        nn.BatchNorm2d(2),
    ],
)
def test_a_pointwise_function_leaves_the_field(known: Callable[[Tensor], Tensor]) -> None:
    assert side_by_rule(nn.Sequential(nn.Conv2d(3, 2, 3), Applied(known)), 9) == 3


def test_resnet18_for_small_images_has_the_known_fields() -> None:
    fields = {layer.name: layer.receptive_field for layer in layer_table(_resnet18(), 3, 32)}
    assert fields["conv1"] == 3
    assert max(fields.values()) == 109
    assert fields["fc"] == 0


def _resnet18() -> nn.Module:
    return registry.build("resnet18", 3, 32, 10)
