"""Places that are only names, for tests of layouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.data.inventory.layouts.layout import Layout
from engine.data.inventory.layouts.split_names import SplitName
from engine.data.inventory.layouts.understanding import understand
from engine.data.inventory.listing.listed_names import ListedNames
from engine.data.stored.image_file import ImageFile


class NamedPlace:
    """A place that holds these files, and these tables with their text."""

    place = "/set"

    def __init__(self, names: Iterable[str], tables: Mapping[str, str]) -> None:
        found = ListedNames()
        for name in (*names, *tables):
            folder, _, last = name.rpartition("/")
            if found.add_folder(folder) and last:
                found.add_file(folder, last, lambda: b"")
        self.folders: Mapping[str, Sequence[str]] = found.folders
        self.tables: Sequence[str] = sorted(found.tables)
        self.skipped: Mapping[str, Sequence[str]] = found.skipped
        self._contents = tables

    def image(self, name: str) -> ImageFile:
        return ImageFile(self.place, name)

    def read(self, name: str) -> bytes:
        return self._contents[name].encode()


def spread(pattern: str, *choices: str) -> list[str]:
    """The names that result where each `{}` in turn becomes each word of a choice.

    >>> spread("{}/{}.jpg", "cat dog", "1 2")
    ['cat/1.jpg', 'cat/2.jpg', 'dog/1.jpg', 'dog/2.jpg']
    """
    names = [pattern]
    for choice in choices:
        names = [name.replace("{}", word, 1) for name in names for word in choice.split()]
    return names


def understood(
    names: Iterable[str], tables: Mapping[str, str] | None = None, labels: str = "auto"
) -> Layout:
    return understand(NamedPlace(names, tables or {}), labels)


def summary(layout: Layout) -> str:
    """How many images of each class each split has: `train a:2 b:2, test a:1, 3 unlabelled`."""
    parts = []
    split: SplitName
    for split in ("train", "validation", "test", "predict"):
        if not (labelled := layout.of(split)):
            continue
        labels = [label for _, label in labelled]
        counts = " ".join(f"{label}:{labels.count(label)}" for label in sorted({*labels}))
        parts.append(f"{split} {counts}")
    if layout.unlabelled:
        parts.append(f"{len(layout.unlabelled)} unlabelled")
    return ", ".join(parts)
