"""How the images of a place are sorted into classes and splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from engine.data.inventory.layouts.split_names import SplitName

# The name of an image and that of its class.
Labelled: TypeAlias = tuple[str, str]


@dataclass
class Layout:
    """The images of each split with their classes, in the order of folders and names.

    `words` says how they were found, and `folders` where each split lies, if in a folder.
    `unlabelled` have no class and are kept for predictions.
    `tables` are those that gave classes. `skipped` are left out, by reason.
    `source` is what gave the classes of the training images.
    """

    words: str
    source: Literal["folders", "table", "prefix"]
    splits: dict[SplitName, list[Labelled]] = field(default_factory=dict)
    folders: dict[SplitName, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, split: SplitName, labelled: Iterable[Labelled]) -> None:
        if added := list(labelled):
            self.splits.setdefault(split, []).extend(added)

    def skip(self, reason: str, names: Iterable[str]) -> None:
        if added := sorted(names):
            self.skipped.setdefault(reason, []).extend(added)

    def of(self, split: SplitName) -> list[Labelled]:
        return self.splits.get(split, [])

    @cached_property
    def classes(self) -> list[str]:
        """The classes of the training images, by name; asked for when all are there."""
        return sorted({label for _, label in self.of("train")})


@dataclass(frozen=True)
class Part:
    """A split, or all images: the folders that hold it, and the folders of each class.

    Without `classes`, its images are in no folders of classes. `within` says that the classes hold
    the splits, and `shared` that other splits are in its folders, too.
    """

    split: SplitName
    folders: Sequence[str]
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    within: bool = False
    shared: bool = False

    @property
    def roots(self) -> list[str]:
        """The folders whose images are all of this part."""
        if not (self.within or self.shared):
            return [*self.folders]
        return [folder for folders in self.classes.values() for folder in folders]
