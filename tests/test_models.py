"""Architectures: the counts that are pinned, the shapes, and that they learn."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import registry
from engine.models.definition import FromImages
from engine.models.families.article_resnet import BN_EPS, BN_MOMENTUM
from engine.models.families.cifar_resnet import shortcut
from engine.models.families.lenet import LeNet5
from engine.models.families.speednet import LOGIT_SCALE, SpeedNet
from engine.models.layer_options import LayerOptions
from engine.models.stem import with_channels

pytestmark = pytest.mark.usefixtures("one_thread")

SMALLEST = {
    **{"lenet5": 28, "alexnet": 15, "convnext-tiny": 16, "speednet": 9, "article-resnet": 13},
    **{f"vgg{depth}{bn}": 32 for depth in (11, 13, 16, 19) for bn in ("", "-bn")},
}
# Deep nets without BN learn at a lower rate only.
RATES = dict.fromkeys(("alexnet", "vgg11"), 1e-4)
# One of each kind of block; the deeper ones only have more of them.
KINDS = (
    *("lenet5", "alexnet", "vgg11", "vgg11-bn", "resnet18", "resnet50", "resnet20", "plain20"),
    *("mobilenet-v2", "efficientnet-b0", "convnext-tiny", "speednet", "article-resnet"),
)


def on_meta(
    arch: str,
    channels: int,
    size: int,
    classes: int,
    options: LayerOptions = registry.DEFAULT_OPTIONS,
) -> nn.Module:
    with torch.device("meta"):
        return registry.build(arch, channels, size, classes, options)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def kinds(model: nn.Module) -> set[type[nn.Module]]:
    return {type(module) for module in model.modules()}


@pytest.mark.parametrize(
    ("arch", "channels", "size", "classes", "count"),
    [
        ("lenet5", 1, 28, 10, 61_706),
        ("lenet5", 1, 32, 10, 61_706),
        ("lenet5", 3, 32, 10, 62_006),
        ("lenet5", 3, 224, 10, 62_006),
        ("alexnet", 3, 224, 1000, 61_100_840),
        ("vgg11", 3, 224, 1000, 132_863_336),
        ("vgg13", 3, 224, 1000, 133_047_848),
        ("vgg16", 3, 224, 1000, 138_357_544),
        ("vgg19", 3, 224, 1000, 143_667_240),
        ("resnet18", 3, 224, 1000, 11_689_512),
        ("resnet34", 3, 224, 1000, 21_797_672),
        ("resnet50", 3, 224, 1000, 25_557_032),
        ("resnet101", 3, 224, 1000, 44_549_160),
        ("resnet152", 3, 224, 1000, 60_192_808),
        ("resnet18", 3, 32, 10, 11_173_962),
        ("resnet34", 3, 32, 10, 21_282_122),
        ("resnet50", 3, 32, 10, 23_520_842),
        ("resnet101", 3, 32, 10, 42_512_970),
        ("resnet152", 3, 32, 10, 58_156_618),
        ("vgg16-bn", 3, 32, 10, 14_728_266),
        ("resnet20", 3, 32, 10, 269_722),
        ("resnet32", 3, 32, 10, 464_154),
        ("resnet44", 3, 32, 10, 658_586),
        ("resnet56", 3, 32, 10, 853_018),
        ("resnet110", 3, 32, 10, 1_727_962),
        ("plain20", 3, 32, 10, 269_722),
        ("plain56", 3, 32, 10, 853_018),
        ("article-resnet", 3, 32, 10, 830_858),
        # At 28 pixels 7×7 remain, of which Keras' valid pooling of 4×4 makes one.
        ("article-resnet", 3, 28, 10, 830_858 - 3 * 128 * 256),
    ],
)
def test_parameters_are_those_published(
    arch: str, channels: int, size: int, classes: int, count: int
) -> None:
    assert parameters(on_meta(arch, channels, size, classes)) == count


@pytest.mark.parametrize("arch", registry.DEFINITIONS)
def test_output_is_a_logit_a_class(arch: str) -> None:
    for channels, size in ((3, max(28, SMALLEST.get(arch, 8))), (1, 64), (1, 224)):
        model = on_meta(arch, channels, size, 7).eval()
        with torch.no_grad():
            output = model(torch.empty(2, channels, size, size, device="meta"))
        assert output.shape == (2, 7), (channels, size)


@pytest.mark.parametrize(("arch", "least"), SMALLEST.items())
def test_smaller_images_are_refused_with_the_least_size(arch: str, least: int) -> None:
    with pytest.raises(UsageError, match=f"{arch} needs images of {least} pixels or more"):
        on_meta(arch, 1, least - 1, 10)


@pytest.mark.parametrize("arch", KINDS)
def test_a_few_steps_lower_the_loss_at_the_smallest_size(arch: str) -> None:
    torch.manual_seed(0)
    size = SMALLEST.get(arch, 8)
    options = LayerOptions(dropout=0.0) if arch == "alexnet" else LayerOptions()
    model = registry.build(arch, 1, size, 4, options)
    images, labels = torch.randn(8, 1, size, size), torch.arange(8) % 4
    if isinstance(model, FromImages):
        model.initialise_from(torch.randn(100, 1, size, size))
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=RATES.get(arch, 1e-3), fused=True)
    losses = []
    for _ in range(4):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    # Not each of the first steps lowers it: the deep plain nets are there to show that.
    assert min(losses[1:]) < losses[0] * 0.99


def test_the_module_loads_without_torchvision() -> None:
    code = "import sys, engine.models.registry; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# LeNet and the article's


def test_lenet_pads_28_pixels_as_if_they_were_32() -> None:
    torch.manual_seed(0)
    small, large = (LeNet5(DataShape(1, size, 10), LayerOptions()) for size in (28, 32))
    large.load_state_dict(small.state_dict())
    images = torch.rand(2, 1, 28, 28)
    torch.testing.assert_close(small(images), large(F.pad(images, (2, 2, 2, 2))))


def test_article_resnet_begins_as_keras_would() -> None:
    torch.manual_seed(0)
    model = registry.build("article-resnet", 3, 32, 10)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert (module.eps, module.momentum) == (BN_EPS, BN_MOMENTUM) == (1e-3, 0.01)
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.bias is not None
            assert not module.bias.any()
            outputs, inputs, *kernel = module.weight.shape
            limit = (6 / ((inputs + outputs) * torch.Size(kernel).numel())) ** 0.5
            assert 0.9 * limit < module.weight.abs().max() <= limit


# What is torchvision's


@pytest.mark.parametrize(
    ("arch", "name", "small", "large"),
    [
        ("resnet18", "conv1", ((3, 3), (1, 1)), ((7, 7), (2, 2))),
        ("alexnet", "features.0", ((3, 3), (1, 1)), ((11, 11), (4, 4))),
        ("alexnet", "features.3", ((3, 3), (1, 1)), ((5, 5), (1, 1))),
        ("mobilenet-v2", "features.0.0", ((3, 3), (1, 1)), ((3, 3), (2, 2))),
        ("mobilenet-v2", "features.2.conv.1.0", ((3, 3), (1, 1)), ((3, 3), (2, 2))),
        ("mobilenet-v2", "features.4.conv.1.0", ((3, 3), (2, 2)), ((3, 3), (2, 2))),
        ("efficientnet-b0", "features.0.0", ((3, 3), (1, 1)), ((3, 3), (2, 2))),
        ("efficientnet-b0", "features.2.0.block.1.0", ((3, 3), (1, 1)), ((3, 3), (2, 2))),
        ("efficientnet-b0", "features.3.0.block.1.0", ((5, 5), (2, 2)), ((5, 5), (2, 2))),
        ("convnext-tiny", "features.0.0", ((2, 2), (2, 2)), ((4, 4), (4, 4))),
    ],
)
def test_small_images_have_a_gentler_beginning_up_to_64_pixels(
    arch: str, name: str, small: tuple[object, ...], large: tuple[object, ...]
) -> None:
    for size, expected in ((64, small), (65, large)):
        conv = on_meta(arch, 3, size, 10).get_submodule(name)
        assert isinstance(conv, nn.Conv2d)
        assert (conv.kernel_size, conv.stride) == expected


def test_small_images_are_not_pooled_before_a_resnet_and_end_vgg_in_one_linear_layer() -> None:
    resnets = [on_meta("resnet18", 3, size, 10) for size in (64, 65)]
    assert [nn.MaxPool2d in kinds(model) for model in resnets] == [False, True]
    linear = [
        sum(isinstance(m, nn.Linear) for m in on_meta("vgg11", 3, size, 10).modules())
        for size in (64, 65)
    ]
    assert linear == [1, 3]


@pytest.mark.parametrize("arch", ["resnet18", "alexnet", "convnext-tiny"])
def test_grey_images_are_seen_as_three_equal_channels(arch: str) -> None:
    torch.manual_seed(0)
    model = registry.build(arch, 3, 32, 4).eval()
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        expected = model(images.expand(-1, 3, -1, -1))
        output = with_channels(model, 1)(images)
    torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)


# CIFAR ResNets and their plain twins


def test_a_shortcut_takes_every_second_pixel_and_adds_zeros() -> None:
    x = torch.arange(32.0).view(1, 2, 4, 4)
    assert shortcut(x, 2) is x
    out = shortcut(x, 5)
    assert out.shape == (1, 5, 2, 2)
    assert out[0, 1].tolist() == [[16, 18], [24, 26]]
    assert not out[0, 2:].any()


def test_a_plain_twin_has_the_same_layers_but_no_shortcut() -> None:
    torch.manual_seed(0)
    residual, plain = (registry.build(arch, 3, 32, 10).eval() for arch in ("resnet20", "plain20"))
    plain.load_state_dict(residual.state_dict())
    for model in (residual, plain):
        for name, weight in model.named_parameters():
            if name.startswith("layer") and "conv" in name:
                nn.init.zeros_(weight)
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert residual(images).std(0).sum() > 0, "the shortcuts carry the image past the blocks"
        assert plain(images).std(0).sum() == 0


# The speed net


def speednet(size: int = 32) -> SpeedNet:
    torch.manual_seed(0)
    model = registry.build("speednet", 3, size, 10)
    assert isinstance(model, SpeedNet)
    return model


def smooth_images(count: int) -> Tensor:
    """Images whose neighbouring pixels are alike, as those of photographs are."""
    images = F.avg_pool2d(torch.randn(count, 3, 36, 36), 5, stride=1)
    return (images - images.mean((0, 2, 3), True)) / images.std((0, 2, 3), keepdim=True)


def test_the_first_layer_whitens_patches() -> None:
    model, images = speednet(), smooth_images(400)
    model.initialise_from(images)
    with torch.no_grad():
        seen = F.conv2d(images, model.whiten.weight).transpose(0, 1).flatten(1)  # (24, patches)
    torch.testing.assert_close(seen[:12], -seen[12:])
    deviations = seen[:12].std(1)
    assert deviations.min() > 0.5, "faint directions count, too"
    assert deviations.max() <= 1.0 + 1e-3
    correlations = seen[:12].corrcoef() - torch.eye(12)
    assert correlations.abs().max() < 1e-3


def test_only_biases_of_the_whitening_and_of_the_norms_learn() -> None:
    frozen = {name for name, p in speednet().named_parameters() if not p.requires_grad}
    norms = {f"groups.{group}.bn{i}.weight" for group in range(3) for i in (1, 2)}
    assert frozen == {"whiten.weight", *norms}


def test_convolutions_of_the_speed_net_begin_as_the_identity() -> None:
    conv = speednet().groups[0].conv1
    assert isinstance(conv, nn.Conv2d)
    maps = torch.rand(1, 24, 5, 5)
    torch.testing.assert_close(conv(maps)[:, :24], maps)
    assert conv.weight[24:].std() > 0


def test_logits_of_the_speed_net_are_scaled_down() -> None:
    model = speednet().eval()
    before: list[Tensor] = []
    model.fc.register_forward_hook(lambda module, inputs, output: before.append(output))
    logits = model(torch.rand(2, 3, 32, 32))
    torch.testing.assert_close(logits, before[0] * LOGIT_SCALE)


# Options of layers


@pytest.mark.parametrize("arch", ["lenet5", "article-resnet", "resnet20", "plain20", "speednet"])
def test_an_option_changes_every_activation(arch: str) -> None:
    made = kinds(on_meta(arch, 3, 32, 10, LayerOptions(act="sigmoid")))
    assert nn.Sigmoid in made
    assert not made & {nn.ReLU, nn.Tanh, nn.GELU}


@pytest.mark.parametrize("arch", ["lenet5", "article-resnet", "resnet20", "plain20"])
def test_an_option_puts_norms_in_and_takes_them_out(arch: str) -> None:
    with_norms, without = (on_meta(arch, 3, 32, 10, LayerOptions(bn=bn)) for bn in (True, False))
    assert nn.BatchNorm2d in kinds(with_norms)
    assert not kinds(without) & {nn.BatchNorm1d, nn.BatchNorm2d}
    conv = next(m for m in without.modules() if isinstance(m, nn.Conv2d))
    assert conv.bias is not None, "a convolution without BN has a bias"


@pytest.mark.parametrize(
    ("arch", "size", "default"),
    [
        ("lenet5", 32, set()),
        ("article-resnet", 32, {0.5}),
        ("resnet20", 32, set()),
        ("plain20", 32, set()),
        ("alexnet", 32, {0.5}),
        ("vgg11", 224, {0.5}),
        ("mobilenet-v2", 32, {0.2}),
        ("efficientnet-b0", 32, {0.2}),
    ],
)
def test_an_option_sets_dropout(arch: str, size: int, default: set[float]) -> None:
    for options, expected in ((LayerOptions(), default), (LayerOptions(dropout=0.3), {0.3})):
        model = on_meta(arch, 3, size, 10, options)
        assert {m.p for m in model.modules() if isinstance(m, nn.Dropout)} == expected


def test_layers_stand_in_their_order() -> None:
    model = on_meta("lenet5", 1, 32, 10, LayerOptions("relu", True, 0.2))
    called: list[str] = []
    for name, module in model.named_children():
        module.register_forward_hook(lambda *_, name=name: called.append(name))
    model(torch.empty(2, 1, 32, 32, device="meta"))
    assert called[:4] == ["conv1", "bn1", "act1", "pool1"]
    assert called[-4:] == ["fc2", "act4", "drop2", "fc3"]


def test_dropout_of_a_small_vgg_is_refused() -> None:
    with pytest.raises(UsageError, match="vgg16-bn has dropout between its linear layers"):
        on_meta("vgg16-bn", 3, 32, 10, LayerOptions(dropout=0.2))


@pytest.mark.parametrize("arch", ["mobilenet-v2", "efficientnet-b0"])
def test_no_activation_is_copied_for_its_backward_pass(arch: str) -> None:
    """As PyTorch does where one like these overwrites its input."""
    model = registry.build(arch, 3, 32, 10)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        model(torch.randn(2, 3, 32, 32))
    assert not [event for event in seen.key_averages() if event.key == "aten::clone"]


@pytest.mark.parametrize(("arch", "default"), [("convnext-tiny", 0.1), ("efficientnet-b0", 0.2)])
def test_drop_path_is_the_rate_of_the_last_branch(arch: str, default: float) -> None:
    from torchvision.ops import StochasticDepth

    for options, expected in ((LayerOptions(), default), (LayerOptions(drop_path=0.4), 0.4)):
        model = on_meta(arch, 3, 224, 10, options)
        rates = [layer.p for layer in model.modules() if isinstance(layer, StochasticDepth)]
        assert rates == sorted(rates)
        assert rates[0] == 0.0
        assert 0.9 * expected < rates[-1] <= expected
