"""What the network sees of an image, against torchvision's transforms of the same image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from engine.data.decoding.canvas import Canvas
from engine.data.decoding.decode import decode
from engine.data.decoding.framing import framed
from engine.data.decoding.image_format import ImageFormat
from engine.recipes.recipe import Fit
from tests.generated_photos import photo
from tests.memory_images import file_of

SIZE = 64


def whole(image: Image.Image) -> Canvas:
    pixels = np.asarray(image)
    return Canvas(pixels.reshape(*pixels.shape[:2], -1), image.size)


def of_torchvision(image: Image.Image, *steps: v2.Transform) -> npt.NDArray[np.int64]:
    tensor: torch.Tensor = v2.Compose([*steps, v2.PILToTensor()])(image)
    return tensor.numpy().astype(np.int64)


CASES: list[tuple[Fit, float, tuple[int, int], list[v2.Transform]]] = [
    ("crop", 1, (300, 200), [v2.Resize(SIZE), v2.CenterCrop(SIZE)]),
    ("crop", 1, (30, 20), [v2.Resize(SIZE), v2.CenterCrop(SIZE)]),
    ("crop", 0.8, (400, 320), [v2.Resize(80), v2.CenterCrop(SIZE)]),
    ("crop", 0.8, (320, 400), [v2.Resize(80), v2.CenterCrop(SIZE)]),
    ("squash", 1, (301, 200), [v2.Resize((SIZE, SIZE))]),
    ("squash", 0.8, (300, 200), [v2.Resize((80, 80)), v2.CenterCrop(SIZE)]),
    ("pad", 1, (320, 200), [v2.Resize((40, SIZE)), v2.CenterCrop(SIZE)]),
    ("pad", 1, (201, 320), [v2.Resize((SIZE, 40)), v2.Pad((12, 0))]),
    ("pad", 0.8, (320, 240), [v2.Resize((60, 80)), v2.CenterCrop(SIZE)]),
    ("pad", 0.5, (320, 240), [v2.Resize((96, 128)), v2.CenterCrop(SIZE)]),
]


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("fit", "crop_pct", "size", "steps"), CASES)
def test_each_fit_is_torchvisions(
    fit: Fit, crop_pct: float, size: tuple[int, int], steps: list[v2.Transform], mode: str
) -> None:
    image = photo(*size, 3).convert(mode)
    form = ImageFormat(1 if mode == "L" else 3, SIZE, 0, fit=fit, crop_pct=crop_pct)
    found, wanted = framed(whole(image), form), of_torchvision(image, *steps)
    assert found.shape == wanted.shape
    assert abs(found - wanted).max() <= 1
    assert (decode(file_of(image), form) == found).all()
