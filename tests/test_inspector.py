"""What is answered to each look inside, by a small model that notices nothing of it."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.evaluated_cells import EvaluatedCells
from engine.data.base.dataset import Dataset, Images
from engine.data.loaders.loader_choice import loader
from engine.data.loaders.resident_loader import ResidentLoader
from engine.data.sets import digits
from engine.devices.forward_pass import Judge
from engine.errors import DataError
from engine.inspection import layer_events
from engine.inspection.inspector import AUGMENTED_IMAGES, MOST_IMAGES, Inspector
from engine.inspection.neighbours import NEIGHBOURS
from engine.inspection.training_images import TrainingImages
from engine.models import registry
from engine.protocol import commands
from engine.protocol.commands import ANY_MISTAKE, ImageSplit, InspectionKind
from engine.protocol.events import (
    Alert,
    Augmented,
    Event,
    Examples,
    FeatureMaps,
    Kernels,
    Neighbours,
)
from engine.recipes.recipe_building import build_recipe
from tests.loading import run_to_end

CPU = torch.device("cpu")
EPOCH, STEP = 2, 30


@pytest.fixture(scope="module")
def data() -> Dataset:
    return run_to_end(digits.load(build_recipe()))[1]


@pytest.fixture
def model() -> nn.Module:
    """LeNet-5 in the midst of training, with a BN and a dropout that would notice a batch."""
    torch.manual_seed(0)
    lenet = registry.build("lenet5", 1, 32, 10)
    return nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), lenet).train()


def answers(model: nn.Module, data: Dataset) -> Inspector:
    chosen = build_recipe(flags={"arch": "lenet5", "data": "digits"})
    source = loader(chosen, data, CPU, torch.contiguous_format)
    assert isinstance(source, ResidentLoader)
    layers = layer_events.layers(model, 1, 32)
    training = TrainingImages(data.train, None)
    return Inspector(model, layers, data, source, Judge(CPU), lambda: training)


def asked(
    model: nn.Module,
    data: Dataset,
    kind: InspectionKind,
    layer: str = "2.conv2",
    images: tuple[int, ...] = (7,),
    split: ImageSplit = "validation",
    cell: tuple[int, int] | None = None,
) -> Event:
    question = commands.Inspect(
        id="q", attempt="a", kind=kind, layer=layer, images=images, split=split, cell=cell
    )
    return answers(model, data).reply(question, EPOCH, STEP)


def test_maps_are_all_channels_of_a_layer_for_one_image(model: nn.Module, data: Dataset) -> None:
    found = asked(model, data, "maps", "2.conv2", (7, 8))
    assert isinstance(found, FeatureMaps)
    assert (found.layer, found.shape, found.image, found.step) == ("2.conv2", (16, 10, 10), 7, STEP)
    assert [map_.channel for map_ in found.maps] == list(range(16))
    assert {(map_.height, map_.width) for map_ in found.maps} == {(10, 10)}
    pixels, true, *_ = data.validation.one(7)
    assert found.true == true
    assert base64.b64decode(found.picture.data) == pixels.numpy().tobytes()


def test_a_layer_of_any_kind_has_maps_where_its_output_is_one(
    model: nn.Module, data: Dataset
) -> None:
    pooled = asked(model, data, "maps", "2.pool1")
    assert isinstance(pooled, FeatureMaps)
    assert (pooled.shape, len(pooled.maps)) == ((6, 14, 14), 6)


@pytest.mark.parametrize("layer", ["2.fc1", "2.conv3", ""])
def test_a_layer_without_maps_is_refused(model: nn.Module, data: Dataset, layer: str) -> None:
    refused = asked(model, data, "maps", layer)
    assert isinstance(refused, Alert)
    assert (refused.level, refused.command, refused.step) == ("warning", "q", STEP)
    assert f"the layer {layer!r} has no feature maps" in refused.text


@pytest.mark.parametrize("kind", ["maps", "images"])
@pytest.mark.parametrize("images", [(), (-1,), (355,), (0, 10**9)])
def test_an_image_that_is_not_there_is_refused(
    model: nn.Module, data: Dataset, kind: InspectionKind, images: tuple[int, ...]
) -> None:
    refused = asked(model, data, kind, images=images)
    assert isinstance(refused, Alert)
    assert f"there are {len(data.validation)} validation images" in refused.text


@pytest.mark.parametrize("kind", ["maps", "images"])
def test_a_training_image_is_shown_as_it_is_stored(
    model: nn.Module, data: Dataset, kind: InspectionKind
) -> None:
    """There are more of them than validation images."""
    last = len(data.train) - 1
    found = asked(model, data, kind, images=(last,), split="training")
    assert isinstance(found, Examples | FeatureMaps)
    shown = found.examples[0] if isinstance(found, Examples) else found
    expected = data.train.one(last)
    assert (shown.image, shown.true, shown.name) == (last, expected.label, expected.name)
    assert base64.b64decode(shown.picture.data) == expected.pixels.numpy().tobytes()
    refused = asked(model, data, kind, images=(last + 1,), split="training")
    assert isinstance(refused, Alert)
    assert refused.text.startswith(f"there are {last + 1:,} training images")


def test_images_come_with_the_three_likeliest_classes(model: nn.Module, data: Dataset) -> None:
    found = asked(model, data, "images", images=(3, 354, 3))
    assert isinstance(found, Examples)
    assert [one.image for one in found.examples] == [3, 354, 3]
    assert found.examples[0] == found.examples[2]
    for one in found.examples:
        assert one.true == data.validation.one(one.image)[1]
        probabilities = [p for _, p in one.top if p is not None]
        assert len(probabilities) == 3
        assert probabilities == sorted(probabilities, reverse=True)


def test_images_of_a_cell_are_those_that_the_validation_counted(
    model: nn.Module, data: Dataset
) -> None:
    labels = data.validation.labels
    cells = labels * 10 + (labels == 4).long() * (torch.arange(len(labels)) % 3 == 0)
    inspector = answers(model, data)
    fours, wrong = labels == 4, cells != labels * 10 + labels

    def shown(predicted: int, epoch: int = EPOCH, images: tuple[int, ...] = (2,)) -> Event:
        cell = 4, predicted
        question = commands.Inspect("images", "", images, cell, epoch, id="q", attempt="a")
        return inspector.reply(question, EPOCH, STEP)

    def indices(reply: Event) -> list[int]:
        assert isinstance(reply, Examples)
        return [example.image for example in reply.examples]

    assert indices(shown(1)) == [2], "before a validation, the ones in the question"
    inspector.evaluated = EvaluatedCells(EPOCH, 10, cells)
    expected = (cells == 41).nonzero().flatten().tolist()
    assert expected
    assert indices(shown(1)) == expected[:MOST_IMAGES]
    assert indices(shown(ANY_MISTAKE)) == (fours & wrong).nonzero().flatten().tolist()[:MOST_IMAGES]
    assert indices(shown(1, epoch=EPOCH - 1)) == [2]
    refused = shown(1, EPOCH - 1, ())
    assert isinstance(refused, Alert)
    assert "no longer knows" in refused.text
    other = commands.Inspect("images", "", (2,), (4, 1), EPOCH, "training", id="q", attempt="a")
    assert indices(inspector.reply(other, EPOCH, STEP)) == [2], "its cells are of validation images"


def test_no_more_images_than_a_screen_holds(model: nn.Module, data: Dataset) -> None:
    found = asked(model, data, "images", images=tuple(range(MOST_IMAGES + 1)))
    assert isinstance(found, Examples)
    assert len(found.examples) == MOST_IMAGES


def test_kernels_are_those_of_the_first_convolution(model: nn.Module, data: Dataset) -> None:
    found = asked(model, data, "kernels")
    assert isinstance(found, Kernels)
    weight = model.get_submodule("2.conv1").weight
    assert isinstance(weight, torch.Tensor)
    assert (found.layer, found.shape) == ("2.conv1", (6, 1, 5, 5))
    assert found.largest == pytest.approx(weight.abs().max().item())
    assert found.largest is not None
    restored = [
        [(byte / 127.5 - 1) * found.largest for byte in base64.b64decode(one.data)]
        for one in found.kernels
    ]
    flat = weight.detach().flatten(1).tolist()
    for got, expected in zip(restored, flat, strict=True):
        assert got == pytest.approx(expected, abs=found.largest / 200)


def test_a_model_without_convolutions_has_no_kernels(data: Dataset) -> None:
    flat = nn.Sequential(nn.Flatten(), nn.Linear(1024, 10))
    refused = asked(flat, data, "kernels")
    assert isinstance(refused, Alert)
    assert "has no convolution" in refused.text


def test_kernels_that_are_not_finite_still_are_an_answer(model: nn.Module, data: Dataset) -> None:
    weight = model.get_submodule("2.conv1").weight
    assert isinstance(weight, torch.Tensor)
    with torch.no_grad():
        weight[0, 0, 0, 0] = math.nan
    found = asked(model, data, "kernels")
    assert isinstance(found, Kernels)
    assert found.largest is None
    assert len(found.kernels) == 6


def test_augmented_images_are_those_of_the_coming_step(model: nn.Module, data: Dataset) -> None:
    found, again = (asked(model, data, "augmented") for _ in range(2))
    assert isinstance(found, Augmented)
    assert (found.epoch, found.step, len(found.samples)) == (EPOCH, STEP, AUGMENTED_IMAGES)
    assert again == found


class Pair(nn.Module):
    """Gives two things, of which the first has maps."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :, ::2], x


class First(nn.Module):
    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        return pair[0]


def test_of_several_outputs_the_first_is_looked_at(data: Dataset) -> None:
    several = nn.Sequential(Pair(), First(), nn.Flatten(), nn.Linear(512, 10))
    found = asked(several, data, "maps", "0")
    assert isinstance(found, FeatureMaps)
    assert found.shape == (1, 16, 32)


def test_an_image_that_cannot_be_read_is_no_end_of_a_training(
    model: nn.Module, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one(self: Images, index: int) -> tuple[Tensor, int]:
        raise DataError("the disk is gone")

    monkeypatch.setattr(Images, "one", one)
    refused = asked(model, data, "maps")
    assert isinstance(refused, Alert)
    assert refused.text == "the disk is gone"


@pytest.mark.parametrize("split", get_args(ImageSplit))
def test_neighbours_are_training_images_for_an_image_of_either_split(
    model: nn.Module, data: Dataset, split: ImageSplit
) -> None:
    found = asked(model, data, "neighbours", images=(7,), split=split, cell=(4, 9))
    assert isinstance(found, Neighbours)
    asked_for = (data.train if split == "training" else data.validation).one(7)
    image = found.image
    assert (image.image, image.true, image.name) == (7, asked_for.label, asked_for.name)
    assert found.step == STEP
    for label, near in ((4, found.given), (9, found.held)):
        assert len(near) == NEIGHBOURS
        for one in near:
            assert (one.true, one.name) == (label, data.train.one(one.image).name)
            assert data.train.labels[one.image] == label


def test_neighbours_of_nothing_are_refused(model: nn.Module, data: Dataset) -> None:
    count = len(data.train)
    for images in ((), (-1,), (count,)):
        refused = asked(model, data, "neighbours", "", images, "training", (4, 9))
        assert isinstance(refused, Alert)
        assert f"there are {count:,} training images" in refused.text
    refused = asked(model, data, "neighbours", split="training")
    assert isinstance(refused, Alert)
    assert "neighbours are those of two classes" in refused.text


def test_an_image_that_cannot_be_read_has_no_neighbours(model: nn.Module, data: Dataset) -> None:
    shown = torch.arange(len(data.train)).index_fill(0, torch.tensor(7), 8)
    assert isinstance(data.train, Images)
    broken = replace(data, train=replace(data.train, shown=shown))
    refused = asked(model, broken, "neighbours", "", (7,), "training", (4, 9))
    assert isinstance(refused, Alert)
    assert "the training image 7 cannot be read" in refused.text


class Drawing(nn.Linear):
    """Draws random numbers whenever it is called."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.flatten(1) + torch.rand(()))


@pytest.mark.parametrize("kind", ["images", "neighbours"])
def test_the_random_numbers_that_a_model_draws_are_not_those_of_its_training(
    data: Dataset, kind: InspectionKind
) -> None:
    random = torch.get_rng_state()
    model = Drawing(1024, 10)
    drawn = torch.get_rng_state()
    assert not torch.equal(drawn, random)
    assert isinstance(asked(model, data, kind, cell=(4, 9)), Examples | Neighbours)
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize("kind", get_args(InspectionKind))
def test_nothing_of_the_model_is_touched(
    model: nn.Module, data: Dataset, kind: InspectionKind
) -> None:
    model.get_submodule("1").eval()
    modes = [module.training for module in model.modules()]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    assert not isinstance(asked(model, data, kind, cell=(4, 9)), Alert)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())
