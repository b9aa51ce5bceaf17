"""The split of each shard of a data set, by the names of files and folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from engine.data.inventory.containers import library_text
from engine.data.inventory.layouts.split_names import SplitName, split_of
from engine.errors import DataError

_WORDS = re.compile(r"[A-Za-z]+")


def shards_by_split(folder: Path, shards: Sequence[str]) -> Mapping[SplitName, list[str]]:
    """The shards, paths below a folder, of each split; all are for training if no name says more.

    Raises DataError where shards of several subsets lie there.
    """
    subsets = sorted({_subset(shard) for shard in shards})
    if len(subsets) > 1:
        raise DataError(library_text.several_subsets(folder, ["/".join(each) for each in subsets]))
    found: dict[SplitName, list[str]] = {}
    known = any(map(split_in, shards))
    for shard in sorted(shards):
        split = split_in(shard) if known else "train"
        if split:
            found.setdefault(split, []).append(shard)
    return found


def shards_at(
    path: Path, below: Callable[[Path], Iterable[str]]
) -> tuple[Path, Mapping[SplitName, list[str]]]:
    """A folder and the shards `below` it by split; a shard alone is for training.

    Raises DataError as `shards_by_split`.
    """
    if path.is_file():
        return path.parent, {"train": [path.name]}
    return path, shards_by_split(path, [*below(path)])


def split_in(shard: str) -> SplitName | None:
    """The split that the name of a shard says, or else that of a folder, the nearest first.

    >>> split_in("data/train-00000-of-00004.parquet")
    'train'
    """
    for part in reversed(PurePath(shard).with_suffix("").parts):
        for word in reversed(_WORDS.findall(part)):
            if split := split_of(word):
                return split
    return None


def _subset(shard: str) -> tuple[str, ...]:
    """The folders of a shard that say no split: `("plain_text",)` of `plain_text/train/0.tar`."""
    return tuple(part for part in PurePath(shard).parts[:-1] if not split_in(f"{part}/0"))
