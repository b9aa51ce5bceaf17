"""One small data set in each container that the program reads.

A container is a function that writes the images into a folder and returns the path to train on. A
new one is a function and a line in `CONTAINERS`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.archived_images import write_tar, write_zip
from tests.small_arrays import Array, write_table

SIDE = 28
CLASSES = ("0", "1", "2")
# Images of each class in each split: 300 in all.
COUNTS = {"train": 80, "val": 20}


class SmallSet(NamedTuple):
    """Images (N, 28, 28, 3) and labels (N,) of each split, in the order of class folders."""

    images: Mapping[str, Array]
    labels: Mapping[str, Array]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The images as PNG files, by name: `train/0/012.png`."""
        for split, images in self.images.items():
            for index, (image, label) in enumerate(zip(images, self.labels[split], strict=True)):
                buffer = io.BytesIO()
                Image.fromarray(image).save(buffer, "PNG")
                yield f"{split}/{CLASSES[label]}/{index:03d}.png", buffer.getvalue()

    def arrays(self) -> dict[str, Array]:
        """The same as arrays by name: `x_train`, `y_train`, …"""
        named = {f"x_{split}": images for split, images in self.images.items()}
        return named | {f"y_{split}": labels for split, labels in self.labels.items()}


def small_set() -> SmallSet:
    """Images whose brightness tells their class, and noise."""
    dice = np.random.default_rng(5)
    images, labels = {}, {}
    for split, count in COUNTS.items():
        known = np.repeat(np.arange(len(CLASSES)), count)
        noise = dice.integers(0, 170, (len(known), SIDE, SIDE, 3))
        images[split] = (noise + 40 * known[:, None, None, None]).astype(np.uint8)
        labels[split] = known
    return SmallSet(images, labels)


def folder(place: Path, data: SmallSet) -> Path:
    for name, content in data.files():
        (place / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "set" / name).write_bytes(content)
    return place / "set"


def zipped(place: Path, data: SmallSet) -> Path:
    return write_zip(place / "set.zip", dict(data.files()))


def tarred(packing: str, place: Path, data: SmallSet) -> Path:
    return write_tar(place / f"set.tar{packing}", dict(data.files()), packing.removeprefix("."))


def npz(save: Callable[..., None], place: Path, data: SmallSet) -> Path:
    save(place / "set.npz", **data.arrays())
    return place / "set.npz"


def npy_pairs(place: Path, data: SmallSet) -> Path:
    for name, values in data.arrays().items():
        np.save(place / f"{name}.npy", values)
    return place


def pixel_tables(place: Path, data: SmallSet) -> Path:
    names = ",".join(["label", *(f"pixel{number}" for number in range(3 * SIDE**2))])
    for split, images in data.images.items():
        rows = np.column_stack([data.labels[split], images.reshape(len(images), -1)])
        write_table(place / f"set_{split}.csv", rows, names)
    return place


def shards(place: Path, data: SmallSet) -> Path:
    """Shards of WebDataset, of which two are for training."""
    files: dict[str, dict[str, bytes]] = {}
    for at, (name, content) in enumerate(data.files()):
        split, label, _ = name.split("/")
        shard = f"set-{split}-{at // 200:06d}.tar"
        files.setdefault(shard, {})[f"{at:06d}.png"] = content
        files[shard][f"{at:06d}.cls"] = label.encode()
    for shard, members in files.items():
        write_tar(place / shard, members)
    return place


OWN = """
import random
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

class Rows(Dataset):
    classes = ("0", "1", "2")

    def __init__(self, split):
        arrays = np.load(Path(__file__).with_name("rows.npz"))
        self.images, self.labels = arrays["x_" + split], arrays["y_" + split]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        random.random(), np.random.rand(), torch.rand(1)
        return torch.from_numpy(self.images[index]).permute(2, 0, 1) / 255, int(self.labels[index])

def make():
    return Rows("train"), Rows("val")
"""


def own_code(place: Path, data: SmallSet) -> Path:
    np.savez(place / "rows.npz", allow_pickle=False, **data.arrays())
    (place / "own.py").write_text(OWN)
    return place / "own.py:make"


CONTAINERS: Mapping[str, Callable[[Path, SmallSet], Path]] = {
    "zip": zipped,
    "tar": partial(tarred, ""),
    "tar.gz": partial(tarred, ".gz"),
    "npz": partial(npz, np.savez),
    "compressed npz": partial(npz, np.savez_compressed),
    "npy pairs": npy_pairs,
    "CSV of pixels": pixel_tables,
    "WebDataset": shards,
    "FILE.py:FUNCTION": own_code,
}
