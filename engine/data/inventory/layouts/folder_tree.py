"""The folders of a place as a tree, with the number of images below each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence


class FolderTree:
    """Folders by name with `/`; the place is `""`. Children are in the order of their names."""

    def __init__(self, folders: Mapping[str, Sequence[str]]) -> None:
        self.own = folders
        self.count = {name: len(images) for name, images in folders.items()}
        self.children: defaultdict[str, list[str]] = defaultdict(list)
        ordered = sorted(folders, key=lambda name: name.split("/"))
        for name in filter(None, ordered):
            self.children[above(name)].append(name)
        for name in reversed(ordered):
            if name:
                self.count[above(name)] += self.count[name]

    def occupied(self, folder: str) -> list[str]:
        """The folders in a folder with images in or below them."""
        return [child for child in self.children.get(folder, ()) if self.count[child]]

    def is_nested(self, folder: str) -> bool:
        """Whether images lie in folders below it."""
        return self.count[folder] > len(self.own[folder])

    def below(self, folder: str) -> Iterator[str]:
        """The folder and all below it, in the order of their names."""
        waiting = [folder]
        while waiting:
            name = waiting.pop()
            yield name
            waiting += reversed(self.children.get(name, ()))

    def images(self, *folders: str) -> list[str]:
        """The names of the images in and below folders: those of one, then of those in it."""
        return [
            f"{name}/{image}" if name else image
            for folder in folders
            for name in self.below(folder)
            for image in self.own[name]
        ]


def above(name: str) -> str:
    """The folder that holds this one."""
    return name.rpartition("/")[0]


def last(name: str) -> str:
    """The last part of a name."""
    return name.rpartition("/")[2]
