"""Finds images by what a table calls them: with or without folder and suffix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from engine.data.inventory.layouts.folder_tree import above, last
from engine.data.inventory.layouts.split_names import SplitName, split_of
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, suffix


class CalledImages:
    """The names of images, by the last part without its suffix; `folders` are all of the place."""

    def __init__(self, names: Iterable[str], folders: Iterable[str] = ()) -> None:
        self._folders = {last(folder).lower() for folder in folders}
        self._by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            self._by_stem[stem(name)].append(name)

    def __len__(self) -> int:
        return sum(map(len, self._by_stem.values()))

    def find(self, called: str) -> Sequence[str]:
        """The images that a cell means: those that agree with most of its path.

        `train/1.jpg` is not `test/1.jpg`, but `/there/images/1.png` is `pictures/1.jpg`.
        """
        path = called.replace("\\", "/")
        found: Sequence[str] = self._by_stem.get(stem(path)) or self._in_any_case(stem(path))
        if "/" in path and found:
            found = self._in_folder(above(path), found)
        if len(found) > 1:
            found = [name for name in found if suffix(name) == suffix(path)] or found
        return found

    def _in_any_case(self, called: str) -> Sequence[str]:
        """The images whose name differs only in capitals, if their names do not differ in them."""
        stems = self._by_small_stem.get(called.casefold(), ())
        return self._by_stem[stems[0]] if len(stems) == 1 else ()

    @cached_property
    def _by_small_stem(self) -> Mapping[str, Sequence[str]]:
        stems: defaultdict[str, list[str]] = defaultdict(list)
        for name in self._by_stem:
            stems[name.casefold()].append(name)
        return stems

    def _in_folder(self, folder: str, names: Sequence[str]) -> Sequence[str]:
        """Those of the names that agree with most parts of a folder.

        None of a folder that the place has, but elsewhere.
        """
        kept = _agreeing(folder, names)
        parts = {part for name in kept for part in above(name).lower().split("/")}
        inner = last(folder).lower()
        return [] if inner in self._folders and inner not in parts else kept


def _agreeing(folder: str, names: Sequence[str]) -> Sequence[str]:
    """Those of the names with the most of its parts among their folders, and of its split."""
    split = split_in(folder)
    kept = [name for name in names if not split or split_in(above(name)) in (split, None)]
    parts = {*folder.lower().split("/")}
    scores = [len(parts & {*above(name).lower().split("/")}) for name in kept]
    return [name for name, score in zip(kept, scores, strict=True) if score == max(scores)]


def split_in(folder: str) -> SplitName | None:
    """The split that the innermost folder with such a name means."""
    parts = folder.split("/")[::-1]
    return next((split for part in parts if (split := split_of(part))), None)


def stem(name: str) -> str:
    """The last part of a name without the suffix of an image: `cat.0` of `train/cat.0.jpg`."""
    base = last(name)
    kind = suffix(base)
    return base[: -len(kind)] if kind in IMAGE_SUFFIXES else base
