"""Architectures: the counts that are pinned, the shapes, and that they learn."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engine import catalog, models, probe
from engine.errors import UsageError
from engine.models.article import BN_EPS, BN_MOMENTUM
from engine.models.lenet import LeNet5


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of test processes side by side would spin while they wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def on_meta(arch: str, channels: int, size: int, classes: int) -> nn.Module:
    with torch.device("meta"):
        return models.build(arch, channels, size, classes)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@pytest.mark.parametrize(
    ("arch", "channels", "size", "classes", "count"),
    [
        ("lenet5", 1, 28, 10, 61_706),
        ("lenet5", 1, 32, 10, 61_706),
        ("lenet5", 3, 32, 10, 62_006),
        ("lenet5", 3, 224, 10, 62_006),
        ("resnet18", 3, 32, 10, 11_173_962),
        ("resnet18", 3, 224, 1000, 11_689_512),
        ("article-resnet", 3, 32, 10, 830_858),
        # At 28 pixels 7×7 remain, of which Keras' valid pooling of 4×4 makes one.
        ("article-resnet", 3, 28, 10, 830_858 - 3 * 128 * 256),
    ],
)
def test_parameters_are_those_published(
    arch: str, channels: int, size: int, classes: int, count: int
) -> None:
    assert parameters(on_meta(arch, channels, size, classes)) == count


@pytest.mark.parametrize("size", [28, 32, 33, 64, 224])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("arch", models.MODELS)
def test_output_is_a_logit_a_class(arch: str, channels: int, size: int) -> None:
    model = on_meta(arch, channels, size, 7)
    assert model(torch.empty(2, channels, size, size, device="meta")).shape == (2, 7)


@pytest.mark.parametrize("arch", models.MODELS)
def test_catalogue_tells_what_is_built(arch: str) -> None:
    layers = probe.layers(on_meta(arch, 3, 32, 10), 3, 32)
    facts = catalog.ARCHITECTURES[arch]
    assert facts.parameters == sum(layer.parameters for layer in layers)
    assert facts.macs == sum(layer.macs for layer in layers)


def test_catalogue_and_models_have_the_same_keys() -> None:
    assert models.MODELS.keys() == catalog.ARCHITECTURES.keys()


@pytest.mark.parametrize(("arch", "least"), [("lenet5", 28), ("article-resnet", 13)])
def test_smaller_images_are_refused_with_the_least_size(arch: str, least: int) -> None:
    on_meta(arch, 1, least, 10)
    with pytest.raises(UsageError, match=f"needs images of {least} pixels or more"):
        on_meta(arch, 1, least - 1, 10)


@pytest.mark.parametrize(
    ("arch", "size"), [("lenet5", 28), ("resnet18", 8), ("article-resnet", 13)]
)
def test_a_few_steps_lower_the_loss_at_the_smallest_size(arch: str, size: int) -> None:
    torch.manual_seed(0)
    model = models.build(arch, 1, size, 4)
    images, labels = torch.randn(16, 1, size, size), torch.arange(16) % 4
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.95


def test_lenet_pads_28_pixels_as_if_they_were_32() -> None:
    torch.manual_seed(0)
    small, large = LeNet5(1, 28, 10), LeNet5(1, 32, 10)
    large.load_state_dict(small.state_dict())
    images = torch.rand(2, 1, 28, 28)
    torch.testing.assert_close(small(images), large(F.pad(images, (2, 2, 2, 2))))


def test_resnet_has_the_small_stem_up_to_64_pixels() -> None:
    small, large = on_meta("resnet18", 3, 64, 10), on_meta("resnet18", 1, 65, 10)
    assert isinstance(small.conv1, nn.Conv2d)
    assert isinstance(large.conv1, nn.Conv2d)
    assert (small.conv1.kernel_size, small.conv1.stride) == ((3, 3), (1, 1))
    assert (large.conv1.kernel_size, large.conv1.stride) == ((7, 7), (2, 2))
    assert isinstance(small.maxpool, nn.Identity)
    assert isinstance(large.maxpool, nn.MaxPool2d)


def test_article_resnet_begins_as_keras_would() -> None:
    torch.manual_seed(0)
    model = models.build("article-resnet", 3, 32, 10)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert (module.eps, module.momentum) == (BN_EPS, BN_MOMENTUM) == (1e-3, 0.01)
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.bias is not None
            assert not module.bias.any()
            outputs, inputs, *kernel = module.weight.shape
            limit = (6 / ((inputs + outputs) * torch.Size(kernel).numel())) ** 0.5
            assert 0.9 * limit < module.weight.abs().max() <= limit


def test_the_module_loads_without_torchvision() -> None:
    code = "import sys, engine.models; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
