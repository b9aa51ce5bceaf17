"""Small data sets in the layouts in which torchvision unpacks the real ones."""

from __future__ import annotations

import bz2
import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.small_arrays import coloured, grey, labels, write_idx

COUNT = 8


def picture(path: Path, seed: int, side: int = 16) -> Path:
    """An image file whose pixels depend on the seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(values).save(path)
    return path


def mnist_like(
    root: Path, name: str = "KMNIST", prefix: str = "", first: int = 0, count: int = COUNT
) -> None:
    """The raw files of the classes that inherit from MNIST; labels count from `first`."""
    raw = root / name / "raw"
    for split in ("train", "t10k") if not prefix else ("train", "test"):
        write_idx(raw / f"{prefix}{split}-images-idx3-ubyte", grey(count))
        write_idx(raw / f"{prefix}{split}-labels-idx1-ubyte", labels(count) + first)


def usps(root: Path) -> None:
    """Lines of LIBSVM, labels from 1."""
    rng = np.random.default_rng(0)
    for name in ("usps.bz2", "usps.t.bz2"):
        lines = [
            f"{label + 1} " + " ".join(f"{at + 1}:{v:.3f}" for at, v in enumerate(row))
            for label, row in zip(labels(COUNT), rng.uniform(-1, 1, (COUNT, 256)), strict=True)
        ]
        (root / name).write_bytes(bz2.compress("\n".join(lines).encode()))


def stl10(root: Path) -> None:
    """Columns first, labels from 1."""
    folder = root / "stl10_binary"
    folder.mkdir()
    for split in ("train", "test"):
        images = coloured(COUNT, 96).transpose(0, 3, 2, 1)
        (folder / f"{split}_X.bin").write_bytes(np.ascontiguousarray(images).tobytes())
        (folder / f"{split}_y.bin").write_bytes((labels(COUNT) + 1).astype(np.uint8).tobytes())
    (folder / "class_names.txt").write_text("airplane\nbird\n")


def gtsrb(root: Path) -> None:
    folder = root / "gtsrb"
    rows = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"]
    for index, label in enumerate(labels(COUNT).tolist()):
        picture(folder / f"GTSRB/Training/{label:05}/00000_{index:05}.ppm", index)
        picture(folder / f"GTSRB/Final_Test/Images/{index:05}.ppm", 50 + index)
        rows.append(f"{index:05}.ppm;16;16;0;0;1;1;{label}")
    (folder / "GT-final_test.csv").write_text("\n".join(rows) + "\n")


def dtd(root: Path) -> None:
    folder = root / "dtd" / "dtd"
    (folder / "labels").mkdir(parents=True)
    for split, start in (("train", 0), ("val", 10), ("test", 20)):
        names = [f"{('banded', 'dotted')[at % 2]}/{at:04}.jpg" for at in range(start, start + 4)]
        for at, name in enumerate(names, start):
            picture(folder / "images" / name, at)
        for partition in (1, 2):
            (folder / f"labels/{split}{partition}.txt").write_text("\n".join(names[::-1]) + "\n")


def eurosat(root: Path) -> None:
    for index in range(COUNT):
        kind = ("Forest", "River")[index % 2]
        picture(root / f"eurosat/2750/{kind}/{kind}_{index}.jpg", index)


def pets(root: Path) -> None:
    folder = root / "oxford-iiit-pet"
    (folder / "annotations").mkdir(parents=True)
    for split, start in (("trainval", 0), ("test", 20)):
        lines = []
        for at in range(start, start + COUNT):
            name = f"{('Abyssinian', 'beagle')[at % 2]}_{at}"
            picture(folder / f"images/{name}.jpg", at)
            lines.append(f"{name} {at % 2 + 1} {at % 2 + 1} 1")
        (folder / f"annotations/{split}.txt").write_text("\n".join(lines) + "\n")


def food101(root: Path) -> None:
    folder = root / "food-101"
    (folder / "meta").mkdir(parents=True)
    for split, start in (("train", 0), ("test", 20)):
        listed: dict[str, list[str]] = {"sushi": [], "apple_pie": []}
        for at in range(start, start + COUNT):
            kind = ("sushi", "apple_pie")[at % 2]
            picture(folder / f"images/{kind}/{at}.jpg", at)
            listed[kind].append(f"{kind}/{at}")
        (folder / f"meta/{split}.json").write_text(json.dumps(listed))


def caltech101(root: Path) -> None:
    folder = root / "caltech101" / "101_ObjectCategories"
    (root / "caltech101" / "Annotations").mkdir(parents=True)
    for kind in ("BACKGROUND_Google", "ant", "beaver"):
        for at in range(1, 5):
            picture(folder / kind / f"image_{at:04}.jpg", at + len(kind))


def imagenette(root: Path) -> None:
    for split in ("train", "val"):
        for wnid in ("n01440764", "n02102040"):
            for at in range(4):
                picture(root / f"imagenette2/{split}/{wnid}/{wnid}_{at}.JPEG", at)
