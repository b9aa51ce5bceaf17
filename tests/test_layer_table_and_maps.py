"""The table of layers, and feature maps that leave the model as it was."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.feature_maps import default_layers, record_feature_maps
from cnn_tui.layer_table import layer_table
from cnn_tui.network_depth import network_depth
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.devices.forward_pass import Judge
from engine.inspection import layer_events
from engine.inspection.feature_map_events import FeatureMapReading, feature_map
from engine.models import registry
from engine.protocol.events import FeatureMap, FeatureMaps, Layer
from tests.loading import pixels as loaded

CPU = torch.device("cpu")


class Net(nn.Module):
    """Every kind of layer that the table tells apart, with an in-place activation."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 20, 3, stride=2, padding=1, groups=1, bias=False),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(20),
            nn.MaxPool2d(2, stride=1),
            nn.Dropout(0.5),
            nn.Conv2d(20, 4, (1, 3), groups=2),
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits


def net() -> Net:
    torch.manual_seed(0)
    return Net()


def data(size: int = 40) -> Dataset:
    pixels = torch.arange(3 * size * size).remainder(251).to(torch.uint8).view(1, 3, size, size)
    split = Images(pixels, torch.tensor([3]))
    form = ImageFormat(3, size)
    return Dataset(tuple("abcde"), split, split, "separate", (0.0,) * 3, (1.0,) * 3, form)


def normalise(pixels: Tensor) -> Tensor:
    return pixels.float() / 255


def looked(model: nn.Module, *names: str, size: int = 40) -> list[FeatureMaps]:
    return FeatureMapReading(model, data(size).validation, normalise, names, Judge(CPU), 7).events()


def numbers(data: str) -> list[int]:
    return list(base64.b64decode(data))


def test_table_of_layers() -> None:
    assert layer_events.layers(net(), 3, 12) == (
        Layer("features.0", "Conv2d", "3×3 /2", (20, 6, 6), 540, 540 * 36, 3),
        Layer("features.2", "BatchNorm2d", "", (20, 6, 6), 40, 0, 3),
        Layer("features.3", "MaxPool2d", "2×2", (20, 5, 5), 0, 0, 5),
        Layer("features.5", "Conv2d", "1×3", (4, 5, 3), 124, 120 * 15, 9),
        Layer("head.0", "AdaptiveAvgPool2d", "", (4, 1, 1), 0, 0),
        Layer("head.1", "Flatten", "", (4,), 0, 0),
        Layer("head.2", "Linear", "4→5", (5,), 25, 20),
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_table_and_depth_of_a_model_of_any_floating_type(dtype: torch.dtype) -> None:
    model = net().to(dtype)
    assert layer_table(model, 3, 12) == layer_table(net(), 3, 12)
    assert network_depth(model, 3, 12) == 3


def test_a_convolution_with_parametrized_weights_is_one_layer() -> None:
    normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    (plain, _), (row, _) = (
        layer_table(nn.Sequential(conv, nn.MaxPool2d(2)), 3, 12)
        for conv in (nn.Conv2d(3, 4, 3), normed)
    )
    # A length for each of the four kernels.
    assert row == plain._replace(parameters=plain.parameters + 4)


def test_a_lazy_model_that_has_seen_no_data_is_refused_with_what_to_do() -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(affine=False), nn.ReLU())
    for look in (layer_table, network_depth):
        with pytest.raises(
            ValueError, match="run one batch through the model first: 2 layers are lazy"
        ):
            look(model, 3, 12)
    model(torch.zeros(1, 3, 12, 12))
    assert [layer.parameters for layer in layer_table(model, 3, 12)] == [112]
    assert network_depth(model, 3, 12) == 1


def test_table_leaves_the_model_where_it_is() -> None:
    model = net()
    layer_events.layers(model, 3, 12)
    assert {parameter.device for parameter in model.parameters()} == {CPU}
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_probed_are_the_first_two_convolutions_and_the_last() -> None:
    with torch.device("meta"):
        resnet, lenet = registry.build("resnet18", 3, 32, 10), registry.build("lenet5", 3, 32, 10)
    assert default_layers(resnet) == ("conv1", "layer1.0.conv1", "layer4.1.conv2")
    assert default_layers(lenet) == ("conv1", "conv2")
    assert default_layers(nn.Linear(1, 1)) == ()


def test_maps_are_those_that_the_layers_computed() -> None:
    model = net().eval()
    first, last = looked(model, "features.0", "features.5")
    output = model.features[0](normalise(loaded(data().validation)))[0]  # (20, 20, 20)
    assert (first.layer, first.shape, first.step) == ("features.0", (20, 20, 20), 7)
    assert (last.layer, last.shape) == ("features.5", (4, 19, 17))
    assert [m.channel for m in first.maps] == list(range(16))
    assert [(m.height, m.width) for m in first.maps + last.maps] == [(16, 16)] * 20
    grid = nn.functional.adaptive_avg_pool2d(output, 16)[5]
    assert restored(first.maps[5]) == pytest.approx(grid.flatten().tolist(), abs=1e-2)
    limits = pytest.approx((grid.min().item(), grid.max().item()), rel=1e-6)
    assert (first.maps[5].low, first.maps[5].high) == limits


def restored(found: FeatureMap) -> list[float]:
    """What the bytes of a map stand for."""
    assert found.low is not None
    assert found.high is not None
    return [found.low + b / 255 * (found.high - found.low) for b in numbers(found.data)]


class Wrapped(nn.Module):
    """A net whose output is a part of something else, next to the maps before its head."""

    def __init__(self, wrap: Callable[[Tensor, Tensor], object]) -> None:
        super().__init__()
        self.net, self.wrap = net(), wrap

    def forward(self, x: Tensor) -> object:
        maps = self.net.features(x)
        return self.wrap(self.net.head(maps), maps)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda logits, maps: {"logits": logits, "maps": maps},
        lambda logits, maps: (logits, maps),
        lambda logits, maps: [{"logits": (logits,)}, maps],
    ],
)
def test_the_first_tensor_of_several_is_the_logits(
    wrap: Callable[[Tensor, Tensor], object],
) -> None:
    image, name = torch.rand(1, 3, 12, 12), "features.0"
    alone = record_feature_maps(net(), image, [name], 4, 8)
    wrapped = record_feature_maps(Wrapped(wrap), image, [f"net.{name}"], 4, 8)
    assert torch.equal(wrapped.logits, alone.logits)
    assert torch.equal(wrapped.layers[f"net.{name}"].grids, alone.layers[name].grids)
    assert network_depth(Wrapped(wrap), 3, 12) == 3


def test_depth_is_that_of_the_deepest_output() -> None:
    model = Wrapped(lambda logits, maps: {"maps": maps, "logits": logits})
    assert network_depth(model, 3, 12) == 3


def test_predictions_are_the_three_likeliest() -> None:
    model = net().eval()
    (found,) = looked(model, "features.0")
    probabilities = model(normalise(loaded(data().validation)))[0].softmax(0)
    expected = probabilities.sort(descending=True)
    assert [index for index, _ in found.top] == expected.indices[:3].tolist()
    assert [p for _, p in found.top] == pytest.approx(expected.values[:3].tolist())
    assert (found.image, found.true) == (0, 3)


def test_picture_is_reduced_only_where_it_is_larger() -> None:
    (small,), (large,) = (looked(net(), "features.0", size=size) for size in (20, 64))
    assert (small.picture.height, large.picture.height) == (20, 32)
    assert numbers(small.picture.data) == loaded(data(20).validation).flatten().tolist()
    means = nn.functional.avg_pool2d(loaded(data(64).validation).float(), 2)
    assert numbers(large.picture.data) == means.round().flatten().tolist()


def test_model_and_random_state_stay_as_they_were() -> None:
    model = net()
    model.features.eval()
    modes = [module.training for module in model.modules()]
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    looked(model, "features.0", "features.5")
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, weights[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_model_that_fails_is_left_as_it_was() -> None:
    model = net()
    model.head[2] = nn.Linear(3, 5)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        looked(model, "features.0")
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_becomes_none_and_zeros(value: float) -> None:
    model = net()
    first = model.features[0]
    assert isinstance(first, nn.Conv2d)
    with torch.no_grad():
        first.weight[2] = value
    (found,) = looked(model, "features.0")
    broken, whole = found.maps[2], found.maps[3]
    assert None in (broken.low, broken.high)
    assert set(numbers(broken.data)) == {0}
    assert whole.low is not None
    assert set(numbers(whole.data)) > {0, 255}
    assert any(probability is None for _, probability in found.top)


def test_a_flat_map_is_zeros() -> None:
    flat = feature_map(4, torch.full((2, 3), 1.5))
    assert (flat.channel, flat.height, flat.width, flat.low, flat.high) == (4, 2, 3, 1.5, 1.5)
    assert numbers(flat.data) == [0] * 6


def test_one_infinite_pixel_leaves_no_range() -> None:
    found = feature_map(0, torch.tensor([[0.0, 1.0, math.inf]]))
    assert (found.low, found.high) == (0.0, None)
    assert numbers(found.data) == [0, 0, 0]


class SamePadded(nn.Conv2d):
    """A user's convolution, which pads its input by a layer of its own, as TensorFlow does."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__(inputs, outputs, kernel, stride, bias=False)
        self.padding_layer = nn.ZeroPad2d((0, 1, 0, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(self.padding_layer(x))


class ScaledLinear(nn.Linear):
    """A user's linear layer with an activation as a part."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.act = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        scaled: Tensor = self.act(super().forward(x))
        return scaled


class ActiveNorm(nn.BatchNorm2d):
    """A user's batch norm with an activation as a part."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        active: Tensor = self.act(super().forward(x))
        return active


def test_layers_of_a_users_own_kinds_count_as_those_that_they_extend() -> None:
    model = nn.Sequential(
        SamePadded(3, 8, 3, 2), ActiveNorm(8), nn.Flatten(), ScaledLinear(8 * 8 * 8, 5)
    )
    table = [
        (r.name, r.kind, r.detail, r.output, r.parameters, r.macs)
        for r in layer_table(model, 3, 16)
    ]
    assert table == [
        ("0", "SamePadded", "3×3 /2", (8, 8, 8), 216, 216 * 64),
        ("1", "ActiveNorm", "", (8, 8, 8), 16, 0),
        ("2", "Flatten", "", (512,), 0, 0),
        ("3", "ScaledLinear", "512→5", (5,), 512 * 5 + 5, 512 * 5),
    ]
