"""How images are judged: by themselves, or by the mean of each and its mirror image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.data.loaders import loader_choice
from engine.devices.forward_pass import Judge
from engine.distributed.rank import Rank
from engine.recipes.recipe_building import build_recipe
from engine.training.evaluator import Evaluator
from engine.training.metrics import EvaluationResult
from tests.loading import run_to_end

CPU = torch.device("cpu")


class BrightSide(nn.Module):
    """Two logits: the mean of the left half and that of the right half."""

    def forward(self, images: Tensor) -> Tensor:
        half = images.shape[3] // 2
        return torch.stack(
            (images[..., :half].mean((1, 2, 3)), images[..., half:].mean((1, 2, 3))), dim=1
        )


@pytest.fixture
def halves() -> Dataset:
    """Four images of which the left half is bright, all of class 1, which stands for right."""
    pixels = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    pixels[..., :4] = 200
    images = Images(pixels, torch.ones(4, dtype=torch.int64))
    return Dataset(("left", "right"), images, images, "test", (0.5,), (0.25,), ImageFormat(1, 8))


def judged(data: Dataset, *, mirrored: bool) -> EvaluationResult:
    chosen = build_recipe(settings={"batch": 2, "threads": 1})
    feed = loader_choice.loader(chosen, data, CPU, torch.contiguous_format)
    evaluator = Evaluator(feed, 2, 3, Judge(CPU, mirrored=mirrored), lambda: 0.0, Rank())
    _, (result, _) = run_to_end(evaluator.evaluate(BrightSide(), data.validation))
    return result


def test_alone_an_image_is_judged_by_its_own_side(halves: Dataset) -> None:
    result = judged(halves, mirrored=False)
    assert result.top1 == 0
    assert result.loss > 1


def test_with_its_mirror_image_both_sides_weigh_the_same(halves: Dataset) -> None:
    result = judged(halves, mirrored=True)
    assert result.loss == pytest.approx(0.6931, abs=1e-4)  # ln 2
