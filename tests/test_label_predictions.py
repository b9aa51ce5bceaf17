"""The predictions that rankings of doubtful labels start from, in the benchmark of peers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks import label_predictions
from benchmarks.label_predictions import FOLDS, fold_of_each, held_out, of_last_epoch
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.recipes.recipe import Recipe
from tests.kept_sightings import sighted


class Memory(nn.Module):
    """Knows by its grey level each image that it was trained on; level `i` is image `i`."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.known = torch.zeros(len(dataset.classes) * 10)
        assert isinstance(dataset.train, Images)
        self.known[dataset.train.pixels[:, 0, 0, 0].long()] = 1.0

    def forward(self, images: Tensor) -> Tensor:
        levels = (images.mean((1, 2, 3)) * 255).round().long()
        return torch.stack([self.known[levels], levels], 1)


class Training:
    def __init__(self, recipe: Recipe, dataset: Dataset) -> None:
        self.eval_model = Memory(dataset)

    def run(self) -> tuple[()]:
        return ()


def test_each_image_is_judged_by_a_network_that_has_not_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = torch.arange(20, dtype=torch.uint8)[:, None, None, None].expand(20, 1, 8, 8)
    images = Images(pixels, torch.arange(20) % 2)
    form = ImageFormat(1, 8)
    dataset = Dataset(("a", "b"), images, images, "test", (0.0,), (1.0,), form)
    monkeypatch.setattr(label_predictions, "beginning", Training)
    found = held_out(Recipe(arch="lenet5", data="digits", batch=4, device="cpu"), dataset)
    assert found[:, 0].tolist() == [0.0] * 20
    assert found[:, 1].tolist() == list(range(20))


def test_each_fold_has_its_share_of_each_label() -> None:
    labels = np.repeat([0, 1, 2], [50, 13, 3])
    folds = fold_of_each(labels, 1)
    for label in range(3):
        counts = np.bincount(folds[labels == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    assert (folds != fold_of_each(labels, 2)).any()


def test_the_last_epoch_is_what_the_means_have_gained() -> None:
    before = sighted(3, 2, logits=np.ones((3, 2), np.float32), sightings=np.array([1, 4, 4]))
    kept = sighted(3, 2, logits=np.full((3, 2), 2.0, np.float32), sightings=np.array([2, 5, 4]))
    assert of_last_epoch(before, kept).tolist() == [[3.0, 3.0], [6.0, 6.0], [2.0, 2.0]]
