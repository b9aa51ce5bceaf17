"""Facts on architectures and data sets, for the picker and the checks; loads no torch.

A test holds the numbers against the models as built.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Architecture(msgspec.Struct, frozen=True):
    """An architecture by its key.

    `parameters` and `macs` are those of the form for 3×32×32 images and 10 classes.
    """

    key: str
    title: str
    family: str
    year: int
    depth: int
    parameters: int
    macs: int
    new: str


class DataSet(msgspec.Struct, frozen=True):
    """A data set by its key.

    `size` is the side in pixels as trained, `mirrored` whether a flipped image keeps its label.
    `marker` is a file below the data folder that is there when the set is; an empty one means
    that the set ships with the program.
    """

    key: str
    title: str
    train_images: int
    test_images: int
    channels: int
    size: int
    classes: tuple[str, ...]
    mirrored: bool
    marker: str
    source: str


ARCHITECTURES: Mapping[str, Architecture] = {
    a.key: a
    for a in (
        Architecture(
            key="lenet5",
            title="LeNet-5",
            family="LeNet",
            year=1998,
            depth=5,
            parameters=62_006,
            macs=651_720,
            new="the CNN itself: convolution, pooling, fully connected",
        ),
        Architecture(
            key="resnet18",
            title="ResNet-18",
            family="ResNet",
            year=2015,
            depth=18,
            parameters=11_173_962,
            macs=555_422_720,
            new="residual blocks: F(x) + x",
        ),
        Architecture(
            key="article-resnet",
            title="article ResNet",
            family="ResNet",
            year=2025,
            depth=15,
            parameters=830_858,
            macs=105_875_968,
            new="a small residual net from a Keras tutorial",
        ),
    )
}

DATA: Mapping[str, DataSet] = {
    d.key: d
    for d in (
        DataSet(
            key="digits",
            title="handwritten digits",
            train_images=1_442,
            test_images=355,
            channels=1,
            size=32,
            classes=tuple("0123456789"),
            mirrored=False,
            marker="",
            source="UCI optical recognition of handwritten digits, embedded",
        ),
        DataSet(
            key="cifar10",
            title="CIFAR-10",
            train_images=50_000,
            test_images=10_000,
            channels=3,
            size=32,
            classes=(
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
            mirrored=True,
            marker="cifar-10-batches-py/data_batch_1",
            source="cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
    )
}


def data_places(data_dir: str = "") -> list[Path]:
    """Where data sets are looked for, first place first."""
    if data_dir:
        return [Path(data_dir)]
    if said := os.environ.get("CNN_TUI_DATA"):
        return [Path(said)]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return [Path("data"), Path.home() / "data", cache / "cnn-tui" / "data"]


def located(data: DataSet, data_dir: str = "") -> Path | None:
    """The folder that holds this set on disk, or None; an embedded set is found anywhere."""
    for place in data_places(data_dir):
        if not data.marker or (place / data.marker).is_file():
            return place
    return None
