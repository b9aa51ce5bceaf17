"""Images that stand in two classes or in two splits of a data set, as `inspect-data` has found.

They are kept in a file in the user's cache folder, which is named after the lists of the images:
the runs on these lists find it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from engine import regular_files
from engine.catalog.user_folders import cache_folder
from engine.data.cache.image_stamps import stamp_of
from engine.data.survey.survey import Findings, Place
from engine.recipes.recipe_building import read_recipe
from engine.run.durable_files import write_durably
from engine.run.image_names import ImageNames
from engine.run.run_paths import RunDir

Kind: TypeAlias = Literal["two classes", "two splits"]

# So many groups are kept of a data set, so many images of a group, and the files of so many data
# sets, the newest ones.
MOST, MOST_OF_ONE, MOST_FILES = 200, 8, 100


class RepeatedImage(NamedTuple):
    """The name of an image, that of its class, and its split: `train`, `validation` or `test`."""

    name: str
    label: str
    split: str


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """A group of `count` images with the same pixels, with the first of them.

    The first two differ in what the kind says. Of "two splits", one is `train`.
    """

    kind: Kind
    images: tuple[RepeatedImage, ...]
    count: int


class RepeatedImages(msgspec.Struct, frozen=True, kw_only=True):
    """The groups of a data set, those of two classes first, and how many `more` there are."""

    repeated: tuple[Repeated, ...]
    more: int

    def first(self, count: int) -> RepeatedImages:
        """At most so many groups; the others are counted."""
        left_out = len(self.repeated[count:])
        return RepeatedImages(repeated=self.repeated[:count], more=self.more + left_out)


class _Kept(msgspec.Struct, frozen=True):
    """The content of a file: the groups, and the size and time of change (ns) of their files."""

    found: RepeatedImages
    files: dict[str, tuple[int, int]]


class Lists(NamedTuple):
    """The data set of a recipe, its names as of `ImageNames`, and the digest of their labels."""

    data: str
    training: bytes
    validation: bytes
    labels: str


def among(found: Findings) -> RepeatedImages:
    """The groups that stand in two classes or two splits."""
    kinds = [(kind, group) for group in found.twice if (kind := _kind(group)) is not None]
    kinds.sort(key=lambda each: each[0])
    repeated = tuple(
        Repeated(kind=kind, images=tuple(_first(kind, group)), count=len(group))
        for kind, group in kinds[:MOST]
    )
    return RepeatedImages(repeated=repeated, more=max(0, len(kinds) - MOST))


def keep(lists: Lists, found: RepeatedImages, files: Mapping[str, str]) -> None:
    """Keep what was found; `files` are those of images by their names, empty for none.

    Where the cache folder cannot be written, nothing is kept.
    """
    own = {files[image.name] for each in found.repeated for image in each.images} - {""}
    stamps = {file: _stamp(file) for file in sorted(own)}
    content = json.dumps(msgspec.to_builtins(_Kept(found, stamps)))  # a name may be no text
    path = _path(lists)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, content.encode())
        _forget_all_but_the_newest(path.parent)


def of_run(run: RunDir, names: ImageNames | None) -> RepeatedImages | None:
    """What was found in the data of a run, whose images have these names.

    None where nobody has looked since its lists are these, or since a file of a group has changed;
    and for a run of an older version, which keeps no names. Raises as `read_recipe`.
    """
    if names is None:
        return None
    data = read_recipe(run.recipe).data
    kept = _read(_path(Lists(data, names.training, names.validation, names.labels)))
    if kept is None or any(_stamp(file) != stamp for file, stamp in kept.files.items()):
        return None
    return kept.found


def kept_folder() -> Path:
    """The folder with a file for each data set; it changes when something is kept."""
    return cache_folder() / "repeated-images"


def _kind(group: Iterable[Place]) -> Kind | None:
    labels, splits = ({getattr(each, what) for each in group} for what in ("label", "split"))
    if len(labels) > 1:
        return "two classes"
    return "two splits" if len(splits) > 1 and "train" in splits else None


def _first(kind: Kind, group: Iterable[Place]) -> list[RepeatedImage]:
    """The first images of each class or split, then others."""
    differs = "label" if kind == "two classes" else "split"
    seen: set[str] = set()
    first, others = list[RepeatedImage](), list[RepeatedImage]()
    for each in group:
        image, value = RepeatedImage(each.name, each.label, each.split), getattr(each, differs)
        (others if value in seen else first).append(image)
        seen.add(value)
    return [*first, *others][:MOST_OF_ONE]


def _stamp(file: str) -> tuple[int, int]:
    size, changed, *_ = stamp_of(file)
    return size, changed


def _path(lists: Lists) -> Path:
    made = hashlib.blake2b(digest_size=16)
    for part in (os.fsencode(lists.data), lists.training, lists.validation, lists.labels.encode()):
        made.update(hashlib.blake2b(part).digest())
    return kept_folder() / f"{made.hexdigest()}.json"


def _read(path: Path) -> _Kept | None:
    """None where there is no such file, or `keep` has not written it so: `inspect-data` does again.

    What msgspec and json raise are ValueErrors, and a RecursionError.
    """
    with contextlib.suppress(OSError, ValueError, RecursionError):
        kept = msgspec.convert(json.loads(regular_files.read_bytes(path)), _Kept)
        if all(map(_is_group, kept.found.repeated)) and kept.found.more >= 0:
            return kept
    return None


def _is_group(group: Repeated) -> bool:
    """Whether it names two images, and no more than there are."""
    return len({image.name for image in group.images}) > 1 and len(group.images) <= group.count


def _forget_all_but_the_newest(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-MOST_FILES]:
        file.unlink(missing_ok=True)
