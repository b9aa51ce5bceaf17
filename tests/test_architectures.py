"""The facts on architectures: the generated file against the models, and the estimates from it."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from cnn_tui.layer_table import layer_table
from engine.catalog.architectures import ARCHITECTURES, FACTS, macs, parameters, stages
from engine.catalog.data_shape import DataShape
from engine.models import registry
from engine.models.facts import architecture_facts, formatted

# One of each kind of block; the deeper ones only have more of them.
KINDS = (
    *("lenet5", "alexnet", "vgg11", "resnet18", "resnet20", "plain20", "mobilenet-v2"),
    *("efficientnet-b0", "convnext-tiny", "speednet", "article-resnet"),
)


@cache
def counted(arch: str, shape: DataShape) -> tuple[int, int]:
    """Parameters and multiply-accumulates of the model, built on the meta device."""
    with torch.device("meta"):
        model: nn.Module = registry.build(arch, *shape)
    layers = layer_table(model, shape.channels, shape.size)
    return sum(p.numel() for p in model.parameters()), sum(layer.macs for layer in layers)


def test_catalogue_and_models_have_the_same_keys() -> None:
    assert list(ARCHITECTURES) == list(registry.DEFINITIONS), "run `make catalog`"


@pytest.mark.parametrize("arch", registry.DEFINITIONS)
def test_the_facts_are_those_of_the_model(arch: str) -> None:
    found = architecture_facts(registry.DEFINITIONS[arch])
    assert found == ARCHITECTURES[arch], "run `make catalog`"
    for form in (found.small, found.large):
        assert sum(stage.parameters for stage in form.stages) == form.parameters
        assert form.stages[-1].output == (form.classes,)


def test_the_generated_file_has_short_lines_and_can_be_read_again() -> None:
    assert max(map(len, FACTS.read_text(encoding="utf-8").splitlines())) <= 120
    assert formatted({"a": [1, 2], "b": {"c": "x" * 120}}) == (
        '{\n "a": [1, 2],\n "b": {\n  "c": "' + "x" * 120 + '"\n }\n}'
    )


@pytest.mark.parametrize("arch", KINDS)
@pytest.mark.parametrize("shape", [DataShape(1, 32, 100), DataShape(1, 224, 3)])
def test_counts_are_exact_at_both_sizes_for_any_channels_and_classes(
    arch: str, shape: DataShape
) -> None:
    count = counted(arch, shape)
    assert parameters(arch, shape) == (count[0], True)
    assert macs(arch, shape) == (count[1], True)


@pytest.mark.parametrize("size", [48, 96, 128])
@pytest.mark.parametrize("arch", KINDS)
def test_macs_of_other_sizes_are_about_right_and_parameters_mostly_exact(
    arch: str, size: int
) -> None:
    shape = DataShape(1, size, 10)
    count = counted(arch, shape)
    assert parameters(arch, shape) == (count[0], arch != "article-resnet")
    estimate = macs(arch, shape)
    assert not estimate.exact
    assert estimate.value == pytest.approx(count[1], rel=0.2)


def test_the_last_stage_has_the_classes_of_the_data() -> None:
    head = stages("resnet18", DataShape(3, 32, 3))[-1]
    assert (head.output, head.parameters) == ((3,), 513 * 3)
    head = stages("vgg16", DataShape(3, 224, 3))[-1]
    assert (head.output, head.parameters) == ((3,), 4097 * 3)


@pytest.mark.parametrize(
    ("arch", "drawn"),
    [
        ("vgg11", ["conv 1: 3×3, max 2×2", "conv 3: 2 × 3×3, max 2×2", "linear: from 512"]),
        ("resnet50", ["stem: 3×3", "stage 2: 4 × [1×1, 3×3, 1×1]", "pool: average"]),
        ("efficientnet-b0", ["stage 3: 2 × [1×1, 5×5 depthwise, squeeze, 1×1]"]),
        ("convnext-tiny", ["stage 2: 2×2 /2, 3 × [7×7 depthwise, linear, linear]"]),
        ("speednet", ["stage 1: 1 × [3×3, max 2×2, 3×3]"]),
        ("article-resnet", ["pool: average 4×4", "linear 1: from 512"]),
    ],
)
def test_stages_are_found_in_the_model(arch: str, drawn: list[str]) -> None:
    found = [f"{stage.name}: {stage.layers}" for stage in ARCHITECTURES[arch].small.stages]
    assert set(drawn) <= set(found)


@pytest.mark.parametrize(
    ("arch", "depth"),
    [("lenet5", 5), ("alexnet", 8), ("vgg16", 16), ("resnet50", 50), ("mobilenet-v2", 53)],
)
def test_depth_is_that_of_the_paper(arch: str, depth: int) -> None:
    assert ARCHITECTURES[arch].depth == depth


def test_counts_are_those_that_torchvision_publishes() -> None:
    from torchvision import models as theirs

    for key in filter(None, (key for key, facts in ARCHITECTURES.items() if facts.top1)):
        meta = theirs.get_model_weights(key.replace("-", "_"))["IMAGENET1K_V1"].meta
        large = ARCHITECTURES[key].large
        assert large.parameters == meta["num_params"]
        assert large.macs / 1e9 == pytest.approx(meta["_ops"], abs=1e-3)
