"""The data sets, for the picker, the checks of a recipe and the downloads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.catalog import user_config
from engine.catalog.user_folders import cache_folder, home_folder


class Download(msgspec.Struct, frozen=True):
    """A published file and its path below a data folder.

    `urls` are mirrors, tried in turn. `size` is in bytes.
    """

    path: str
    urls: tuple[str, ...]
    size: int
    md5: str


class DatasetFacts(msgspec.Struct, frozen=True):
    """A data set by its key.

    `size` is the side in pixels of the images for the network. `mirrored` says whether a flipped
    image keeps its label. All `files` must be in `folder` below a data folder, where torchvision
    also puts them, or in the data folder itself. Each file may be gzipped, as NAME.gz. A data set
    without files is part of the program.
    """

    key: str
    title: str
    train_images: int
    test_images: int
    channels: int
    size: int
    classes: tuple[str, ...]
    mirrored: bool
    source: str
    folder: str = ""
    files: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()


CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)

CIFAR100_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""
CIFAR100_CLASSES = tuple(CIFAR100_NAMES.split())

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def _cifar(archive: str, size: int, md5: str) -> tuple[Download, ...]:
    sites = ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/")
    return (Download(archive, tuple(site + archive for site in sites), size, md5),)


def _idx(
    folder: str, sites: tuple[str, ...], facts: tuple[tuple[int, str], ...]
) -> tuple[Download, ...]:
    """The four files of a data set in MNIST's format, with these sizes and checksums."""
    return tuple(
        Download(f"{folder}/{name}.gz", tuple(f"{site}{name}.gz" for site in sites), size, md5)
        for name, (size, md5) in zip(IDX_FILES, facts, strict=True)
    )


DATASETS: Mapping[str, DatasetFacts] = {
    d.key: d
    for d in (
        DatasetFacts(
            key="digits",
            title="handwritten digits",
            train_images=1_442,
            test_images=355,
            channels=1,
            size=32,
            classes=tuple("0123456789"),
            mirrored=False,
            source="UCI optical recognition of handwritten digits, embedded",
        ),
        DatasetFacts(
            key="mnist",
            title="MNIST",
            train_images=60_000,
            test_images=10_000,
            channels=1,
            size=32,
            classes=tuple("0123456789"),
            mirrored=False,
            source="LeCun et al. 1998, handwritten digits framed from 28 pixels",
            folder="MNIST/raw",
            files=IDX_FILES,
            downloads=_idx(
                "MNIST/raw",
                (
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    "https://storage.googleapis.com/cvdf-datasets/mnist/",
                ),
                (
                    (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                    (28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
                    (1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
                    (4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
                ),
            ),
        ),
        DatasetFacts(
            key="fashion-mnist",
            title="Fashion-MNIST",
            train_images=60_000,
            test_images=10_000,
            channels=1,
            size=32,
            classes=FASHION_CLASSES,
            mirrored=True,
            source="Xiao, Rasul and Vollgraf 2017, clothes framed from 28 pixels",
            folder="FashionMNIST/raw",
            files=IDX_FILES,
            downloads=_idx(
                "FashionMNIST/raw",
                (
                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                ),
                (
                    (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                    (29_515, "25c81989df183df01b3e8a0aad5dffbe"),
                    (4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
                    (5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
                ),
            ),
        ),
        DatasetFacts(
            key="svhn",
            title="SVHN",
            train_images=73_257,
            test_images=26_032,
            channels=3,
            size=32,
            classes=tuple("0123456789"),
            mirrored=False,
            source="Netzer et al. 2011, house numbers, cropped digits",
            files=("train_32x32.mat", "test_32x32.mat"),
            downloads=(
                Download(
                    "train_32x32.mat",
                    ("http://ufldl.stanford.edu/housenumbers/train_32x32.mat",),
                    182_040_794,
                    "e26dedcc434d2e4c54c9b2d4a06d8373",
                ),
                Download(
                    "test_32x32.mat",
                    ("http://ufldl.stanford.edu/housenumbers/test_32x32.mat",),
                    64_275_384,
                    "eb5a983be6a315427106f1b164d9cef3",
                ),
            ),
        ),
        DatasetFacts(
            key="cifar10",
            title="CIFAR-10",
            train_images=50_000,
            test_images=10_000,
            channels=3,
            size=32,
            classes=CIFAR10_CLASSES,
            mirrored=True,
            source="Krizhevsky 2009, small photographs",
            folder="cifar-10-batches-py",
            files=(*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"),
            downloads=_cifar(
                "cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a"
            ),
        ),
        DatasetFacts(
            key="cifar100",
            title="CIFAR-100",
            train_images=50_000,
            test_images=10_000,
            channels=3,
            size=32,
            classes=CIFAR100_CLASSES,
            mirrored=True,
            source="Krizhevsky 2009, small photographs",
            folder="cifar-100-python",
            files=("train", "test"),
            downloads=_cifar(
                "cifar-100-python.tar.gz", 169_001_437, "eb9058c3a382ffc7106e4002c42a8d85"
            ),
        ),
    )
}


def data_folders(data_dir: str = "") -> list[Path]:
    """The folders to search for data sets, in this order."""
    if data_dir:
        return [Path(data_dir)]
    if named := os.environ.get(user_config.DATA_VARIABLE):
        return [Path(named)]
    if folders := user_config.current().data_folders:
        return [Path(folder) for folder in folders]
    return [Path("data"), home_folder() / "data", cache_folder() / "data"]


def folder_of(data: DatasetFacts, data_dir: str = "") -> Path | None:
    """The folder with the files of this data set, or None. An embedded data set has no files, so
    any folder will do.
    """
    for parent in data_folders(data_dir):
        for folder in (parent / data.folder, parent):
            if all(file_in(folder, name) is not None for name in data.files):
                return folder
    return None


def file_in(folder: Path, name: str) -> Path | None:
    """The file of this name, else its gzipped form, else None."""
    paths = (folder / name, folder / f"{name}.gz")
    return next((path for path in paths if os.path.isfile(path)), None)
