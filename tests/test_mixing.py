"""Mixup and CutMix: pixels and labels in the same shares."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.data.augmentation.mixing import Mixing, beta
from engine.data.base.batch import Batch
from engine.recipes.recipe import Recipe

CPU = torch.device("cpu")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(count: int) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 8, 8) all of whose pixels are their number, and their numbers as labels."""
    labels = torch.arange(count)
    return labels.float().view(-1, 1, 1, 1).expand(-1, 3, 8, 8).clone(), labels


def mixed(asked: Mixing, count: int = 500) -> tuple[Batch, Tensor, Tensor]:
    """The batch with `others` and `share`."""
    batch = asked(*numbered(count), seeded())
    assert batch.others is not None
    assert batch.share is not None
    return batch, batch.others, batch.share


@pytest.mark.parametrize("asked", [Mixing(mixup=0.4), Mixing(cutmix=1.0), Mixing(0.4, 1.0)])
def test_the_share_is_that_of_the_pixels(asked: Mixing) -> None:
    batch, others, share = mixed(asked)
    assert others.tolist() == [499, *range(499)]
    assert torch.equal(batch.labels, torch.arange(500))
    expected = share * batch.labels + (1 - share) * others
    torch.testing.assert_close(batch.images.mean((1, 2, 3)), expected, rtol=1e-4, atol=1e-3)
    assert ((share >= 0) & (share <= 1)).all()


def test_mixup_blends_all_pixels_alike_and_cutmix_each_wholly() -> None:
    blended, _, _ = mixed(Mixing(mixup=1.0))
    assert torch.equal(blended.images.amax((1, 2, 3)), blended.images.amin((1, 2, 3)))
    pasted, others, _ = mixed(Mixing(cutmix=1.0))
    own = pasted.images == pasted.labels.view(-1, 1, 1, 1)
    assert (own | (pasted.images == others.view(-1, 1, 1, 1))).all()
    assert own.any()
    assert not own.all()


def test_with_both_each_image_gets_either() -> None:
    batch, others, _ = mixed(Mixing(1.0, 1.0))
    blended = (batch.images != batch.labels.view(-1, 1, 1, 1)).all((1, 2, 3))
    blended &= (batch.images != others.view(-1, 1, 1, 1)).all((1, 2, 3))
    assert 0.42 < blended.float().mean() < 0.58


def test_the_dominant_label_is_that_of_the_larger_part() -> None:
    images, labels = numbered(3)
    assert torch.equal(Batch(images, labels).dominant, labels)
    others, share = torch.tensor([7, 8, 9]), torch.tensor([0.2, 0.5, 0.9])
    assert Batch(images, labels, others, share).dominant.tolist() == [7, 1, 2]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 8.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    shares = beta(alpha, 20_000, CPU, seeded())
    assert abs(shares.mean() - 0.5) < 0.01
    assert shares.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_mixing_keeps_the_memory_format() -> None:
    images, labels = numbered(4)
    images = images.contiguous(memory_format=torch.channels_last)
    found = Mixing(0.2, 1.0)(images, labels, seeded()).images
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_recipe_that_mixes_nothing_has_none() -> None:
    assert Mixing.of(Recipe(crop=4)) is None
    assert Mixing.of(Recipe(mixup=0.2, cutmix=1.0)) == Mixing(0.2, 1.0)
