"""The facts on architectures, against the models as built."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from engine import models
from engine.catalog.architectures import ARCHITECTURES, macs, parameters
from engine.inspection import layer_events
from engine.protocol.events import Layer

# Layers of shortcuts and of squeeze-excitation.
ASIDE = ("downsample", "shortcut", ".fc1", ".fc2")


@cache
def built(arch: str, channels: int, size: int, classes: int) -> tuple[nn.Module, tuple[Layer, ...]]:
    """A model on the meta device, and its table of layers."""
    with torch.device("meta"):
        model = models.build(arch, channels, size, classes)
    return model, layer_events.layers(model, channels, size)


def counted(arch: str, channels: int, size: int, classes: int) -> tuple[int, int]:
    """Parameters and multiply-accumulates of the model."""
    model, layers = built(arch, channels, size, classes)
    return sum(p.numel() for p in model.parameters()), sum(layer.macs for layer in layers)


def test_catalogue_and_models_have_the_same_keys() -> None:
    assert list(ARCHITECTURES) == list(models.MODELS)
    assert all(facts.key == key for key, facts in ARCHITECTURES.items())


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_counts_for_small_images_are_those_of_the_model(arch: str) -> None:
    facts = ARCHITECTURES[arch]
    count = counted(arch, 3, 32, 10)
    assert (facts.parameters, facts.macs) == count
    assert parameters(arch, 3, 32, 10) == (count[0], True)
    assert macs(arch, 3, 32, 10) == (count[1], True)
    count = counted(arch, 1, 32, 100)
    assert parameters(arch, 1, 32, 100) == (count[0], True)
    assert macs(arch, 1, 32, 100) == (count[1], True)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_counts_for_large_images_are_those_of_the_model(arch: str) -> None:
    count = counted(arch, 3, 224, 1000)
    assert parameters(arch, 3, 224, 1000) == (count[0], True)
    estimate = macs(arch, 3, 224, 1000)
    if large := ARCHITECTURES[arch].large:
        assert (large.parameters, large.macs) == count
        assert estimate == (count[1], True)
    assert estimate.value == pytest.approx(count[1], rel=0.4)


@pytest.mark.parametrize("size", [48, 128])
@pytest.mark.parametrize(
    "arch",
    [
        *("lenet5", "alexnet", "vgg11", "resnet18", "resnet20", "plain20", "mobilenet-v2"),
        *("efficientnet-b0", "convnext-tiny", "speednet", "article-resnet"),
    ],
)
def test_between_these_sizes_macs_are_about_right(arch: str, size: int) -> None:
    count = counted(arch, 1, size, 10)
    assert parameters(arch, 1, size, 10) == (count[0], True)
    estimate = macs(arch, 1, size, 10)
    assert not estimate.exact
    assert estimate.value == pytest.approx(count[1], rel=0.4)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_stages_are_those_of_the_model(arch: str) -> None:
    _, layers = built(arch, 3, 32, 10)
    shapes = iter("×".join(map(str, layer.output)) for layer in layers)
    for stage in ARCHITECTURES[arch].stages:
        assert stage.output in shapes, stage  # takes from the iterator up to there


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_depth_counts_the_layers_on_the_way_of_the_image(arch: str) -> None:
    facts = ARCHITECTURES[arch]
    _, layers = built(arch, 3, 224, 1000) if facts.large else built(arch, 3, 32, 10)
    computing = [layer.name for layer in layers if layer.kind in ("Conv2d", "Linear")]
    assert facts.depth == sum(not any(part in name for part in ASIDE) for name in computing)


def test_accuracies_and_counts_are_those_that_torchvision_publishes() -> None:
    from torchvision import models as theirs

    known = theirs.list_models(module=theirs)
    for key, facts in ARCHITECTURES.items():
        name = key.replace("-", "_")
        if name in known:
            meta = theirs.get_model_weights(name)["IMAGENET1K_V1"].meta
            assert facts.top1 == pytest.approx(meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100)
            assert facts.large is not None
            assert facts.large.parameters == meta["num_params"]
            assert facts.large.macs / 1e9 == pytest.approx(meta["_ops"], abs=1e-3)
        else:
            assert (facts.top1, facts.large) == (None, None)
