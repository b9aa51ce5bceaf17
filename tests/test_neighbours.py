"""The neighbours of an image, by networks whose features are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from engine.data.base.dataset import Images
from engine.data.base.part_names import PartNames
from engine.devices.forward_pass import Judge
from engine.errors import UsageError
from engine.inspection import candidates
from engine.inspection.candidates import CANDIDATES
from engine.inspection.features import TOGETHER, features
from engine.inspection.neighbours import NEIGHBOURS, NeighbourSearch
from engine.inspection.training_images import SightedLogits, TrainingImages
from engine.protocol.events import Example, Neighbours

CPU = torch.device("cpu")
CLASSES = 3


class Angles(nn.Module):
    """Its features are the first two channels of the one pixel of an image, less 100."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(images.flatten(1)[:, :2] - 100)
        return logits


def at_angles(
    degrees: Sequence[float], labels: Sequence[int], shown: Tensor | None = None
) -> Images:
    """Images whose features lie in these directions, at three distances from the origin."""
    angles = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    distances = 30.0 + 30 * (torch.arange(len(angles)) % 3)
    x, y = 100 + distances * angles.cos(), 100 + distances * angles.sin()
    pixels = torch.stack([x, y, torch.zeros(len(angles))], 1)[:, :, None, None]
    names = PartNames("train", torch.arange(len(angles)) + 5)
    return Images(pixels.round().byte(), torch.tensor(labels), parts=names, shown=shown)


def search(
    images: Images,
    model: nn.Module | None = None,
    sighted: SightedLogits | None = None,
    judge: Judge | None = None,
) -> NeighbourSearch:
    torch.manual_seed(0)
    return NeighbourSearch(
        model or Angles(),
        judge or Judge(CPU),
        Tensor.float,
        TrainingImages(images, sighted),
        CLASSES,
    )


def near(
    images: Images, at: int, given: int, held: int, model: nn.Module | None = None
) -> Neighbours:
    return search(images, model).near(images.one(at), at, given, held, 70)


def indices(examples: Sequence[Example]) -> list[int]:
    return [example.image for example in examples]


def test_neighbours_are_those_at_the_smallest_angle_nearest_first() -> None:
    images = at_angles([0, 90, 20, 60, 180, 40, 10, 300], [0, 0, 0, 1, 1, 1, 1, 0])
    found = near(images, 0, 0, 1)
    assert indices(found.given) == [2, 7, 1]
    assert indices(found.held) == [6, 5, 3, 4]
    assert (found.image.image, found.image.true, found.image.name) == (0, 0, "train/5")
    assert [(one.true, one.name) for one in found.held[:2]] == [(1, "train/11"), (1, "train/10")]
    assert found.step == 70
    assert len(found.image.top) == CLASSES


def test_an_image_is_never_its_own_neighbour_but_its_copy_is() -> None:
    images = at_angles([30, 30, 30, 200, 10], [0, 0, 0, 0, 1])
    assert indices(near(images, 1, 0, 1).given) == [0, 2, 3]
    assert indices(near(images, 1, 1, 0).held) == [0, 2, 3], "whatever class it is asked with"


def test_a_validation_image_has_the_training_image_of_its_index_as_neighbour() -> None:
    images, others = at_angles([0, 90, 10], [0, 0, 1]), at_angles([0], [0])
    found = search(images).near(others.one(0), None, 0, 1, 0)
    assert (indices(found.given), indices(found.held)) == ([0, 1], [2])


def test_no_more_neighbours_than_a_dialog_shows_and_none_of_a_class_without_images() -> None:
    images = at_angles([0, *range(20)], [1, *[0] * 20])
    found = near(images, 0, 0, 2)
    assert indices(found.given) == [*range(1, NEIGHBOURS + 1)]
    assert found.held == ()


@pytest.mark.parametrize("cell", [(0, CLASSES), (-1, 0), (10**12, 1)])
def test_a_class_that_does_not_exist_is_refused(cell: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="there are 3 classes: ask for two from 0 to 2"):
        near(at_angles([0, 1], [0, 1]), 0, *cell)


class Broken(Angles):
    """Its features are NaN where an image has this value in its first channel."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def forward(self, images: Tensor) -> Tensor:
        is_broken = images[:, :1] == self._value
        return super().forward(images.masked_fill(is_broken, math.nan))


def test_images_whose_features_are_not_finite_are_nobodys_neighbours() -> None:
    images = at_angles([0, 10, 90, 180], [0, 0, 0, 0])
    model = Broken(float(images.pixels[1, 0]))
    assert indices(near(images, 0, 0, 1, model).given) == [2, 3]
    with pytest.raises(UsageError, match="is not finite"):
        near(images, 1, 0, 1, model)


def test_an_image_that_cannot_be_read_is_nobodys_neighbour() -> None:
    images = at_angles([0, 10, 20, 30], [0, 0, 0, 0], shown=torch.tensor([0, 2, 2, 3]))
    assert indices(near(images, 0, 0, 1).given) == [2, 3]


# Which images are compared


def test_of_a_large_class_an_even_spread_is_compared() -> None:
    members = torch.arange(3, 3 + 10 * CANDIDATES)
    chosen = candidates.spread(members)
    assert chosen.tolist() == [*range(3, 3 + 10 * CANDIDATES, 10)]
    odd = candidates.spread(torch.arange(CANDIDATES + 1))
    assert len(set(odd.tolist())) == CANDIDATES
    assert candidates.spread(torch.arange(5)).tolist() == [0, 1, 2, 3, 4]
    assert candidates.spread(torch.arange(0)).tolist() == []


def test_of_what_was_seen_the_images_with_the_nearest_mean_logits_are_compared() -> None:
    count = 3 * CANDIDATES
    counts = torch.arange(count) % 4  # every fourth was never seen
    means = torch.stack([torch.arange(count).flip(0).float(), torch.zeros(count)], 1)
    sighted = SightedLogits(means * counts[:, None], counts)
    chosen = candidates.nearest_logits(torch.arange(count), sighted, torch.tensor([-5.0, 0.0]))
    seen = [at for at in range(count) if at % 4]
    assert chosen.tolist() == seen[-CANDIDATES:]
    few = candidates.nearest_logits(torch.tensor([0, 1, 2, 4]), sighted, torch.zeros(2))
    assert few.tolist() == [0, 1, 2, 4], "the unseen come where there is room"


def test_the_sightings_of_an_image_choose_its_candidates_before_what_it_looks_like_now() -> None:
    count = 4 * CANDIDATES
    images = at_angles([0.0] * (count + 1), [0] * (count + 1))
    means = torch.zeros(count + 1, CLASSES)
    means[:, 0] = torch.arange(count + 1).float()
    counts = torch.ones(count + 1, dtype=torch.int32)
    found = search(images, sighted=SightedLogits(means, counts)).near(
        images.one(count), count, 0, 1, 0
    )
    assert all(at >= count - CANDIDATES for at in indices(found.given))


# What the features are


def of(model: nn.Module, images: Images, judge: Judge | None = None) -> Tensor:
    pixels = [*images.pixels]
    return features(model, judge or Judge(CPU), Tensor.float, pixels, CLASSES).features


def test_features_are_what_the_last_layer_takes_in() -> None:
    images = at_angles([*range(TOGETHER + 3)], [0] * (TOGETHER + 3))
    expected = images.pixels.flatten(1)[:, :2].float() - 100
    assert torch.equal(of(Angles(), images), expected)


class Gated(nn.Module):
    """A convolution makes its logits, and linear layers within only weigh channels."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.squeeze = nn.Linear(3, CLASSES), nn.Linear(3, 4)
        self.head = nn.Conv2d(3, 4, 1)
        self.last = nn.Conv2d(4, CLASSES, 1)

    def forward(self, images: Tensor) -> Tensor:
        gate = self.gate(images[:, None].flatten(2))  # (N, 1, 3)
        channels = self.head(images * gate[:, 0, :, None, None])
        logits: Tensor = self.last(channels * self.squeeze(images.flatten(1))[:, :, None, None])
        return logits.flatten(1)


def test_without_a_linear_layer_that_makes_the_logits_these_are_the_features() -> None:
    images = at_angles([0, 90, 45], [0, 0, 1])
    model = Gated().eval()
    with torch.no_grad():
        expected = model(images.pixels.float())
    assert torch.equal(of(model, images), expected)
    assert indices(near(images, 0, 0, 1, model).given) == [1]


class ByName(Angles):
    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(input=images.flatten(1)[:, :2] - 100)
        return logits


def test_a_layer_that_is_called_with_a_keyword_is_understood() -> None:
    images = at_angles([0, 90], [0, 1])
    assert torch.equal(of(ByName(), images), of(Angles(), images))


class Mirroring(nn.Module):
    """Its features are the left pixel: another one in the mirror image."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(images[:, :, 0, 0])
        return logits


def test_features_are_those_of_the_image_where_its_mirror_image_is_judged_too() -> None:
    pixels = torch.arange(2 * 3 * 2).view(2, 3, 1, 2).byte()
    found = of(Mirroring(), Images(pixels, torch.tensor([0, 1])), Judge(CPU, mirrored=True))
    assert torch.equal(found, pixels[:, :, 0, 0].float())


class Deep(Angles):
    """A layer before the last one, which computes in bf16 where the network does."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(2, 2, bias=False)
        nn.init.eye_(self.body.weight)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(images.flatten(1)[:, :2] - 100))
        return logits


def test_bf16_finds_the_same_neighbours() -> None:
    images = at_angles([0, 90, 20, 60, 180, 40, 10, 300], [0, 0, 0, 1, 1, 1, 1, 0])
    bf16 = Judge(CPU, "bf16")
    found = search(images, Deep(), judge=bf16).near(images.one(0), 0, 0, 1, 0)
    assert (indices(found.given), indices(found.held)) == ([2, 7, 1], [6, 5, 3, 4])
    rounded, exact = of(Deep(), images, bf16), of(Deep(), images)
    assert rounded.dtype == torch.float32
    assert torch.equal(rounded, exact.bfloat16().float())


class Restless(Angles):
    """Keeps statistics, drops features, and draws random numbers in evaluation mode, too."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5))

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(self.body(images) + torch.rand(()))


def test_modes_statistics_and_hooks_stay() -> None:
    images = at_angles([0, 90, 20], [0, 0, 1])
    model = Restless().train()
    model.body[1].eval()
    modes = [module.training for module in model.modules()]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    near(images, 0, 0, 1, model)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
