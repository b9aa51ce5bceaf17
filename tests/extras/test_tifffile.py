"""TIFF files of many bands, written and read by the real tifffile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data import loading
from engine.data.base.dataset import Dataset
from engine.errors import DataError
from engine.recipes.recipe_building import build_recipe
from tests.loading import pixels, run_to_end

tifffile = pytest.importorskip("tifffile")

pytestmark = pytest.mark.extras

SIZE, BANDS = 16, 6
RAMP = np.linspace(0, 1, SIZE * SIZE).reshape(SIZE, SIZE, 1)
# Each band is as bright as its number.
VALUES = RAMP * np.arange(1, BANDS + 1) * 40


def loaded(root: Path, **settings: Any) -> Dataset:
    chosen = build_recipe(settings={"data": str(root), "size": SIZE, **settings})
    return run_to_end(loading.load(chosen))[1]


def folder(root: Path, values: Any, **options: Any) -> Path:
    for index in range(10):
        file = root / "ab"[index % 2] / f"{index}.tif"
        file.parent.mkdir(exist_ok=True)
        tifffile.imwrite(file, values, photometric="minisblack", **options)
    return root


@pytest.mark.parametrize("planar", [False, True])
def test_three_of_six_bands_are_the_colours(tmp_path: Path, planar: bool) -> None:
    values = VALUES.astype(np.uint8)
    stored = np.moveaxis(values, 2, 0) if planar else values
    root = folder(tmp_path, stored, planarconfig="separate" if planar else "contig")
    with pytest.raises(DataError, match=r"with 6: choose one or three .*--set bands=1,2,3"):
        loaded(root)
    found = pixels(loaded(root, bands=[4, 3, 2]).train)[0]
    assert torch.equal(found, torch.from_numpy(values[..., [3, 2, 1]]).permute(2, 0, 1))


@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.float64, np.int32])
def test_bands_of_more_bits_have_common_levels(tmp_path: Path, kind: type) -> None:
    data = loaded(folder(tmp_path, (VALUES * 100).astype(kind), planarconfig="contig"), bands=[6])
    assert data.train.shape == (1, SIZE, SIZE)
    assert abs(pixels(data.train)[0, 0].numpy() - RAMP[..., 0] * 255).max() <= 2
    assert data.image_format.rendering.levels[1] == pytest.approx(24_000, rel=0.01)
    assert data.image_format.rendering.bands == (6,)


def test_compressed_bands_are_read(tmp_path: Path) -> None:
    root = folder(tmp_path, VALUES.astype(np.uint8), compression="zlib", planarconfig="contig")
    assert pixels(loaded(root, bands=[1]).train).max() == 40


def test_both_loaders_read_the_same(tmp_path: Path) -> None:
    root = folder(tmp_path, (VALUES * 100).astype(np.uint16), planarconfig="contig")
    kept = loaded(root, bands=[1, 2, 3]).train
    streamed = loaded(root, bands=[1, 2, 3], loader="streaming").train
    for index in range(len(kept)):
        assert torch.equal(kept.one(index).pixels, streamed.one(index).pixels)
