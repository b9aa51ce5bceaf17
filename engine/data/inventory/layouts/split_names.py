"""Which names of folders, tables and values of a column mean a split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

# Images of `predict` have no classes: they are kept for predictions.
SplitName: TypeAlias = Literal["train", "validation", "test", "predict"]

SPLIT_NAMES: Mapping[str, SplitName] = {
    **dict.fromkeys(("train", "training", "trn", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating"), "validation"),
    **dict.fromkeys(("dev", "development", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
    **dict.fromkeys(("pred", "predict", "prediction", "unlabelled", "unlabeled"), "predict"),
}
# Words that say nothing of the split: `test_images`, `training_data`, `train_labels.csv`.
FILLERS = frozenset(
    (
        *("set", "data", "dataset", "folder", "split", "image", "img", "picture", "photo", "pic"),
        *("label", "annotation", "metadata", "meta", "csv", "gt", "list", "class", "solution"),
        *("info", "file", "name", "input", "output", "groundtruth", "ground", "truth"),
    )
)
# Small letters, also those that a capital begins; digits and signs part words.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def split_of(name: str) -> SplitName | None:
    """The split that a name means: its last word that is no filler, as in `seg_train`, `Test-set`.

    `train_val` is for training, and `train_test_split` means none.

    >>> split_of("Training_Data")
    'train'
    """
    told = [SPLIT_NAMES.get(word) for word in _telling_words(name)]
    if told[-2:] == ["train", "validation"]:
        return "train"
    return None if told[-2:] == ["train", "test"] else (told or [None])[-1]


def words_before(name: str) -> tuple[str, ...]:
    """The words before the one that means a split: `("seg",)` of `seg_train`."""
    return tuple(_telling_words(name)[:-1])


def _telling_words(name: str) -> list[str]:
    words = [_singular(word) for word in _WORDS.findall(name)]
    return [word for word in words if word not in FILLERS]


def without_digits(name: str) -> str:
    """The name without its numbers, by which `part_1` and `part_2` are parts of one thing."""
    return re.sub(r"[\d\W_]+", " ", name).strip().lower()


def _singular(word: str) -> str:
    """The word in small letters, without a plural `s` and without `set` at its end."""
    small = word.lower()
    if small in SPLIT_NAMES or small in FILLERS:
        return small
    for end in ("sets", "set", "s"):
        cut = small.removesuffix(end)
        if cut in SPLIT_NAMES or cut in FILLERS:
            return cut
    return small
