"""Data sets in the shards of WebDataset: tar archives in which files of one name form a sample.

The name of a sample ends at the first dot after its folder: `a/7.jpg` and `a/7.cls` are one.
"""

from __future__ import annotations

import itertools
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from engine import regular_files
from engine.data.inventory.containers import library_text
from engine.data.inventory.containers.column_choice import LABEL_NAMES, chosen
from engine.data.inventory.containers.labelled_items import ItemSet, Label, SplitItems
from engine.data.inventory.containers.shard_splits import shards_at
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.inventory.listing.tar_listing import tar_entries
from engine.data.stored.archive_entry import ArchiveEntry
from engine.data.stored.image_kinds import IMAGE_SUFFIXES
from engine.errors import DataError
from engine.recipes.recipe import Recipe

# The files of a sample, by what follows its name.
Sample: TypeAlias = Mapping[str, ArchiveEntry]
SUFFIX = ".tar"
# The files that tell a label: a number or a word alone, or fields.
PLAIN, FIELDS = "cls", "json"
# So many entries show whether an archive is a shard.
GLANCE = 12
# Beside the shards, the names of the classes in the order of their numbers, one a line.
CLASS_NAMES = ("classnames.txt", "classes.txt", "labels.txt")


def recognises(path: Path) -> bool:
    """Whether this is a shard, or a folder with shards, also in folders of splits."""
    first = next(iter(_shards_in(path)), None) if path.is_dir() else path.name
    folder = path if path.is_dir() else path.parent
    return first is not None and first.endswith(SUFFIX) and _is_shard(folder / first)


def check(path: Path, recipe: Recipe) -> None:
    """Check the first sample. Raises DataError as `read`."""
    _fields_of(*shards_at(path, _shards_in), recipe)


def read(path: Path, recipe: Recipe) -> ItemSet:
    """The images of the samples. Raises DataError where they cannot be trained on."""
    folder, shards = shards_at(path, _shards_in)
    fields = _fields_of(folder, shards, recipe)
    parts = [
        _part(folder / shard, split, fields) for split, names in shards.items() for shard in names
    ]
    return ItemSet(str(path), library_text.SHARDS, parts, _class_names(folder))


class _Fields:
    """Which file of a sample is the image, and where its label stands."""

    def __init__(self, shard: Path, sample: Sample, recipe: Recipe) -> None:
        """Raises DataError where the first sample leaves that unclear."""
        place, there = str(shard), [*sample]
        images = [*filter(_is_image, sample)]
        self._image = chosen(recipe.image_column, images, "image_column", place, there)
        told = [PLAIN] if PLAIN in sample else []
        fields = [*_fields(sample)]
        usual = [name for name in fields if name.lower() in LABEL_NAMES]
        known = [*told, *fields] if recipe.label_column else told or usual[:1] or fields
        there += fields
        self._label = chosen(recipe.label_column, known, "label_column", place, there)

    def image(self, sample: Sample) -> ArchiveEntry | None:
        """The image; samples need not all have the same format."""
        if self._image in sample:
            return sample[self._image]
        others = (entry for key, entry in sample.items() if "." not in key and _is_image(key))
        return next(others, None)

    def label(self, sample: Sample) -> Label:
        """The label; None where the sample has none. Raises OSError."""
        if self._label in sample:
            return _word(sample[self._label].content().decode("utf-8", "replace").strip())
        return _fields(sample).get(self._label)


def _fields(sample: Sample) -> Mapping[str, Label]:
    """The numbers and words in the fields of a sample. Raises OSError."""
    try:
        told = json.loads(sample[FIELDS].content()) if FIELDS in sample else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {key: value for key, value in told.items() if isinstance(value, int | str)}


def _word(text: str) -> Label:
    return int(text) if text.removeprefix("-").isdecimal() else text or None


def _part(shard: Path, split: SplitName, fields: _Fields) -> SplitItems:
    images: list[ArchiveEntry] = []
    labels: list[Label] = []
    try:
        for sample in _samples(shard):
            if image := fields.image(sample):
                images.append(image)
                labels.append(fields.label(sample))
    except OSError as error:
        raise DataError(library_text.unreadable_table(shard, str(error))) from error
    return SplitItems(split, images, labels)


def _samples(shard: Path) -> Iterable[Sample]:
    """The samples of a shard, in its order."""
    found: dict[str, dict[str, ArchiveEntry]] = {}
    for entry in tar_entries(shard):
        key, suffix = _key(entry.name)
        found.setdefault(key, {})[suffix] = entry._replace(name=f"{shard.name}/{entry.name}")
    return found.values()


def _key(name: str) -> tuple[str, str]:
    """The name of the sample, and which of its files this is, in small letters."""
    folder, slash, last = name.rpartition("/")
    stem, _, suffix = last.partition(".")
    return f"{folder}{slash}{stem}", suffix.lower()


def _is_shard(path: Path) -> bool:
    """Whether an image and a file with its label have one name among the first entries."""
    try:
        with regular_files.open_to_read(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            names = [info.name for info in itertools.islice(tar, GLANCE) if info.isreg()]
    except (OSError, tarfile.TarError, EOFError, ValueError):
        return False
    of_key: dict[str, set[str]] = {}
    for name in names:
        key, suffix = _key(name)
        of_key.setdefault(key, set()).add(suffix.rpartition(".")[2])
    return any(
        suffixes & {PLAIN, FIELDS} and any(map(_is_image, suffixes)) for suffixes in of_key.values()
    )


def _shards_in(folder: Path) -> list[str]:
    """The archives in a folder and in those below it."""
    found = [*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*/*{SUFFIX}")]
    return sorted(str(file.relative_to(folder)) for file in found if file.name[0] != ".")


def _fields_of(folder: Path, shards: Mapping[SplitName, Sequence[str]], recipe: Recipe) -> _Fields:
    """The fields of the first training sample that may have an image."""
    if "train" not in shards:
        raise DataError(library_text.no_training_split(folder, [*shards]))
    shard = folder / shards["train"][0]
    samples = [*_samples(shard)]
    usual = (sample for sample in samples if any(map(_is_image, sample)))
    return _Fields(shard, next(usual, {}), recipe)


def _is_image(key: str) -> bool:
    return f".{key.rpartition('.')[2]}" in IMAGE_SUFFIXES


def _class_names(folder: Path) -> Mapping[int, str]:
    for name in CLASS_NAMES:
        try:
            lines = regular_files.read_text(folder / name).splitlines()
        except (OSError, ValueError):
            continue
        return {label: line.strip() for label, line in enumerate(lines) if line.strip()}
    return {}
