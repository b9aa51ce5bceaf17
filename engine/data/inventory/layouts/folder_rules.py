"""What folders mean: wrappers, splits, classes. Each rule is a function of a tree of names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from engine.data.inventory.layouts.folder_tree import FolderTree, last
from engine.data.inventory.layouts.layout import Part
from engine.data.inventory.layouts.rare_split_names import rare_split_of
from engine.data.inventory.layouts.split_names import (
    SplitName,
    split_of,
    without_digits,
    words_before,
)

# Folders with these names hold the images, and those beside them, of the second list, do not.
CONTENT = frozenset(
    ("images", "image", "imgs", "img", "jpg", "jpegs", "jpeg", "pictures", "photos")
)
ANNOTATIONS = frozenset(
    (
        *("annotation", "annotations", "label", "labels", "mask", "masks", "trimaps", "gt"),
        *("segmentation", "segmentations", "groundtruth", "ground_truth", "bboxes"),
    )
)
# Folders with these names hold images of any class, as one that ImageFolder is to read needs.
CLASSLESS = frozenset(("unknown", "all", "dummy", "unclassified", "none", "unlabeled"))


def unwrapped(tree: FolderTree, folder: str, classes: Collection[str] = ()) -> str:
    """The folder, or the one below it whose folders mean something: wrappers are walked through.

    A folder named as one of the `classes` is no wrapper.
    """
    while True:
        inner = _wrapped(tree, folder)
        if inner is None or last(inner) in classes:
            return folder
        folder = inner


def _wrapped(tree: FolderTree, folder: str) -> str | None:
    """The only folder of a folder that counts, if the images beside it do not."""
    inner = _content(tree, folder)
    if inner is None:
        return None
    if tree.is_nested(inner):
        return inner
    return inner if not tree.own[folder] and _is_no_class(last(inner)) else None


def _content(tree: FolderTree, folder: str) -> str | None:
    """The only folder of images in a folder; annotations may lie beside it, as `images, masks`."""
    occupied = tree.occupied(folder)
    content = [child for child in occupied if last(child).lower() in CONTENT]
    others = {last(child).lower() for child in occupied} - CONTENT
    if len(content) == 1 and others <= ANNOTATIONS:
        return content[0]
    return occupied[0] if len(occupied) == 1 else None


def _without_annotations(tree: FolderTree, folder: str) -> str:
    """The folder of a class, or the one in it that holds its images beside annotations of them."""
    beside = len(tree.occupied(folder)) > 1 and not tree.own[folder]
    return _content(tree, folder) or folder if beside else folder


def _is_no_class(name: str) -> bool:
    return name.lower() in CONTENT | CLASSLESS or split_of(name) is not None


def split_parts(tree: FolderTree, folder: str) -> list[Part]:
    """The parts of a folder whose folders are splits; none where they are classes.

    A class may be called train. Then it holds images, and no other split is beside it.
    """
    occupied = tree.occupied(folder)
    found = _by_rare_names(tree, occupied) or _by_split(occupied)
    training = found.get("train", [])
    nested = any(tree.is_nested(child) for child in training)
    # Not `road_train` beside `blood_test`.
    alike = len({words_before(last(name)) for names in found.values() for name in names}) == 1
    if not training or not (nested or (alike and (are_numbered(training) or len(found) > 1))):
        return []
    training_part = _part(tree, "train", training)
    known = training_part.classes
    rest = [_part(tree, split, found[split], known) for split in found if split != "train"]
    return [training_part, *rest]


def only_held_splits(tree: FolderTree, folder: str) -> list[str]:
    """The folders of a folder where they are all splits, several, and none is for training."""
    occupied = tree.occupied(folder)
    found = _by_split(occupied)
    held = sum(len(names) for names in found.values()) == len(occupied) and "train" not in found
    return occupied if held and len(found) > 1 else []


def _by_rare_names(tree: FolderTree, folders: Sequence[str]) -> Mapping[SplitName, list[str]]:
    """The splits of folders by names that count only where all are splits, and one has classes."""
    found: defaultdict[SplitName, list[str]] = defaultdict(list)
    for folder in folders:
        split = rare_split_of(last(folder))
        if split is None or (split == "train" and tree.own[folder]):
            return {}
        found[split].append(folder)
    return found if "train" in found and len(found) > 1 else {}


def alike_folders(tree: FolderTree, folder: str) -> list[str]:
    """The folders in a folder where all hold the same folders, as splits do, and no images.

    One of them may lack some. Folders such as `images, masks` are parts of each class.
    """
    occupied = tree.occupied(folder)
    inner = [{last(below) for below in tree.occupied(child)} for child in occupied]
    most = max(inner, key=len, default=set())
    alike = len(occupied) > 1 and all(len(names) > 1 and names <= most for names in inner)
    parts = {name.lower() for name in most} <= CONTENT | ANNOTATIONS
    return occupied if alike and not parts and not any(map(tree.own.get, occupied)) else []


def _by_split(folders: Sequence[str]) -> Mapping[SplitName, list[str]]:
    found: defaultdict[SplitName, list[str]] = defaultdict(list)
    for folder in folders:
        if split := split_of(last(folder)):
            found[split].append(folder)
    return found


def _part(
    tree: FolderTree, split: SplitName, folders: Sequence[str], known: Collection[str] = ()
) -> Part:
    """A split with the class folders in its folders, within their wrappers."""
    inner = [unwrapped(tree, folder, known) for folder in folders]
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for folder in inner:
        for child in tree.occupied(folder):
            classes[last(child)].append(_without_annotations(tree, child))
    return Part(split, inner, classes)


def class_parts(tree: FolderTree, folder: str) -> list[Part]:
    """All images, with the folders in a folder as classes; what is below belongs to its class.

    A folder called just test or val beside two classes is a split if it has no classes of its own.
    """
    held: defaultdict[SplitName, list[str]] = defaultdict(list)
    classes = {last(child): child for child in tree.occupied(folder)}
    for name, child in [*classes.items()]:
        split = split_of(name)
        others = {*classes} - {name}
        inner = {last(below) for below in tree.occupied(child)}
        if split and split != "train" and not words_before(name) and inner <= others:
            held[split].append(child)
    rest = {
        name: [_without_annotations(tree, child)]
        for name, child in classes.items()
        if not any(child in folders for folders in held.values())
    }
    if len(rest) < 2:
        every = {name: [child] for name, child in classes.items()}
        return [Part("train", [folder], every, named=False)]
    return [
        Part("train", [folder], rest, shared=bool(held), named=False),
        *(_part(tree, split, folders, rest) for split, folders in held.items()),
    ]


def parts_by_class(tree: FolderTree, folder: str) -> list[Part]:
    """The parts of a folder whose classes hold the splits, `cat/train`; else none."""
    splits = {child: _splits_of_class(tree, child) for child in tree.occupied(folder)}
    if len(splits) < 2 or not all("train" in found for found in splits.values()):
        return []
    names: list[SplitName] = ["train", "validation", "test", "predict"]
    by_name = {
        name: {last(child): found[name] for child, found in splits.items() if name in found}
        for name in names
    }
    return [Part(name, [folder], classes, True) for name, classes in by_name.items() if classes]


def _splits_of_class(tree: FolderTree, folder: str) -> Mapping[SplitName, list[str]]:
    """The splits that the folders in a class are, if they are all splits with its images."""
    occupied = tree.occupied(folder)
    found = _by_split(occupied)
    whole = not tree.own[folder] and sum(map(len, found.values())) == len(occupied)
    # Two or more folders in a split are classes: this folder is one of several data sets.
    flat = all(len(tree.occupied(unwrapped(tree, child))) < 2 for child in occupied)
    return found if whole and flat else {}


def data_sets(tree: FolderTree, folder: str) -> list[str]:
    """The folders in a folder that are each a data set with splits of its own."""
    return [child for child in tree.occupied(folder) if split_parts(tree, unwrapped(tree, child))]


def are_numbered(folders: Sequence[str]) -> bool:
    """Whether the names differ only in numbers, `part_1`, `part_2`, and are not numbers."""
    plain = {without_digits(last(folder)) for folder in folders}
    return len(folders) > 1 and len(plain) == 1 and plain != {""}
