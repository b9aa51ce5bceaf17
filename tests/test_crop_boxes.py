"""The boxes of random resized crops against those that torchvision makes of the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import v2

from engine.data.augmentation.crop_boxes import CROP_ROWS, resized_crop_boxes
from engine.data.decoding.crop_box import TRIES

COUNT = 400


def chances() -> Tensor:
    return torch.rand(CROP_ROWS, COUNT, generator=torch.Generator().manual_seed(3))


def torchvisions(
    numbers: list[float], make: v2.RandomResizedCrop, image: Tensor, patch: pytest.MonkeyPatch
) -> list[int]:
    """Top, bottom, left and right of torchvision's box, which draws these numbers (CROP_ROWS,)."""
    areas, ratios, places = numbers[:TRIES], numbers[TRIES:-2], iter(numbers[-2:])
    tries: Iterator[float] = (each for pair in zip(areas, ratios, strict=True) for each in pair)

    def uniform(self: Tensor, low: float, high: float) -> Tensor:
        return self.fill_(low + next(tries) * (high - low))

    def randint(low: int, high: int, size: tuple[int]) -> Tensor:
        return torch.tensor(int(low + next(places) * (high - low)))

    with patch.context() as patched:
        patched.setattr(torch.Tensor, "uniform_", uniform)
        patched.setattr(torch, "randint", randint)
        found: dict[str, Any] = make.make_params([image])
    top, left = found["top"], found["left"]
    return [top, top + found["height"], left, left + found["width"]]


@pytest.mark.parametrize(
    ("height", "width", "scale", "ratio"),
    [
        (32, 32, (0.08, 1.0), (3 / 4, 4 / 3)),
        (32, 32, (0.25, 1.0), (1.0, 1.0)),
        (160, 160, (0.9, 1.0), (1 / 3, 3.0)),  # many tries fail
        (20, 60, (0.9, 1.0), (3 / 4, 4 / 3)),  # all do, as in the next ones
        (60, 20, (0.9, 1.0), (3 / 4, 4 / 3)),
        (32, 32, (1.0, 1.0), (1.5, 2.0)),
        (32, 32, (1.0, 1.0), (0.5, 0.6)),
        (8, 8, (0.001, 0.02), (0.5, 2.0)),  # some have no pixel
    ],
)
def test_boxes_are_torchvisions(
    height: int,
    width: int,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance, image = chances(), torch.empty(3, height, width)
    boxes = resized_crop_boxes(chance, scale, ratio, height, width)
    found = torch.stack((boxes.top, boxes.bottom, boxes.left, boxes.right), 1).tolist()
    make = v2.RandomResizedCrop(16, scale, ratio)
    assert found == [torchvisions(each, make, image, monkeypatch) for each in chance.T.tolist()]


def test_boxes_are_never_larger_than_the_image_so_crops_never_shrink() -> None:
    boxes = resized_crop_boxes(chances(), (0.08, 1.0), (3 / 4, 4 / 3), 32, 32)
    assert min(boxes.top.min(), boxes.left.min()) >= 0
    assert max(boxes.bottom.max(), boxes.right.max()) <= 32
    assert (boxes.bottom > boxes.top).all()
    assert (boxes.right > boxes.left).all()
