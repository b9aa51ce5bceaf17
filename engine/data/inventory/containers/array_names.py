"""What the name of an array says: images or labels, of which split, of which data set.

The names are those of members of an `.npz`, of `.npy` files, and of files in the format of MNIST:
`x_train`, `train_images`, `t10k-labels-idx1-ubyte`, `emnist-letters-test-images-idx3-ubyte`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.data.inventory.layouts.split_names import SPLIT_NAMES, SplitName

Content: TypeAlias = Literal["images", "labels", "class names"]

CONTENTS: dict[str, Content] = {
    **dict.fromkeys(("x", "image", "images", "img", "imgs", "data", "pixels"), "images"),
    **dict.fromkeys(("y", "label", "labels", "target", "targets"), "labels"),
}
# MNIST's test split has ten thousand images.
SPLITS: dict[str, SplitName] = {**SPLIT_NAMES, "t10k": "test"}
# The format of a file, which its name repeats; an image has three axes there, a label one.
FORMATS: dict[str, Content | None] = {
    "idx3": "images",
    "idx1": "labels",
    **dict.fromkeys(("idx2", "idx4", "ubyte", "int"), None),
}
CLASS_NAMES = ("class_names", "classes", "label_names", "target_names")
# `Xtrain` and `train_X` mean the same; so do `trainX` and `xTrain`.
JOINED = re.compile(
    f"({'|'.join(SPLITS)})({'|'.join(CONTENTS)})|({'|'.join(CONTENTS)})({'|'.join(SPLITS)})"
)


@dataclass(frozen=True)
class ArrayName:
    """What an array holds. `family` are the other words of its name, such as `emnist letters`.

    Images without a split are for training.
    """

    content: Content
    split: SplitName
    family: str = ""


def parsed(name: str) -> ArrayName | None:
    """What the name says, or None where it does not say what the array holds."""
    if name.lower() in CLASS_NAMES:
        return ArrayName("class names", "train")
    words = _words(name.lower())
    contents = [CONTENTS[word] for word in words if word in CONTENTS]
    contents = contents or [kind for word in words if (kind := FORMATS.get(word))]
    splits = {SPLITS[word] for word in words if word in SPLITS}
    if len({*contents}) != 1 or len(splits) > 1:
        return None
    known = {*CONTENTS, *SPLITS, *FORMATS}
    family = " ".join(word for word in words if word not in known)
    return ArrayName(contents[0], next(iter(splits), "train"), family)


def split_or_train(name: str) -> SplitName:
    """The split that a name says; training where it says none."""
    return next((SPLITS[word] for word in _words(name.lower()) if word in SPLITS), "train")


def _words(name: str) -> list[str]:
    words = []
    for word in re.findall("[a-z0-9]+", name):
        joined = JOINED.fullmatch(word)
        words += [part for part in joined.groups() if part] if joined else [word]
    return words
