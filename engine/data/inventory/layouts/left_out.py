"""What a layout leaves out of a place, and what it says of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.folder_tree import FolderTree, above, last
from engine.data.inventory.layouts.layout import Layout, Part
from engine.data.inventory.layouts.split_names import SplitName, split_of
from engine.errors import DataError


def check_known(place: str, parts: Sequence[Part], layout: Layout, holds_out: bool) -> None:
    """Raise DataError where a split has classes that the training images lack, or leave them out.

    They are left out where a share of the training images is held out for validation.
    """
    classes = {*layout.classes}
    held: tuple[SplitName, SplitName] = ("validation", "test")
    for split in held:
        unknown = [one for one in layout.of(split) if one[1] not in classes]
        if unknown and not holds_out:
            folder = next((part.folders[0] for part in parts if part.split == split), "")
            labels = sorted({label for _, label in unknown})
            alike = _differing_in_case(labels, layout.classes)
            raise DataError(
                inventory_text.unknown_classes(place, folder, len(unknown), labels, alike)
            )
        layout.splits[split] = [one for one in layout.of(split) if one[1] in classes]
        layout.skip(inventory_text.UNKNOWN_CLASS, [name for name, _ in unknown])


def _differing_in_case(labels: Iterable[str], classes: Iterable[str]) -> Mapping[str, str]:
    """The class of each label that differs from it only in capitals."""
    small = {name.casefold(): name for name in classes}
    return {label: small[label.casefold()] for label in labels if label.casefold() in small}


def skip_the_rest(tree: FolderTree, parts: Sequence[Part], layout: Layout) -> None:
    """Leave out, and name, what lies beside the folders of classes and splits."""
    used = sum(map(len, layout.splits.values())) + len(layout.unlabelled)
    used += sum(map(len, layout.skipped.values()))
    if used == tree.count[""]:
        return
    taken = {name for labelled in layout.splits.values() for name, _ in labelled}
    taken.update(layout.unlabelled, *layout.skipped.values())
    within = {folder for part in parts for folder in part.folders}
    left: dict[str, list[str]] = {}
    for name in tree.images(""):
        if name not in taken:
            loose = any(_holds(above(name), folder) for folder in within)
            left.setdefault(inventory_text.LOOSE if loose else inventory_text.BESIDE, []).append(
                name
            )
    for reason, names in left.items():
        layout.skip(reason, names)


def _holds(folder: str, other: str) -> bool:
    return not folder or other == folder or other.startswith(f"{folder}/")


def notes_on_empty(tree: FolderTree, parts: Sequence[Part]) -> list[str]:
    """Sentences on folders without images where classes and splits are."""
    folders = parts[0].folders
    classes = [child for folder in folders for child in tree.children.get(folder, ())]
    beside = [
        child
        for folder in dict.fromkeys(above(folder) for folder in folders if folder)
        for child in tree.children.get(folder, ())
        if split_of(last(child))
    ]
    empty = [child for child in (*classes, *beside) if not tree.count[child]]
    return [inventory_text.empty_folders(empty)] if empty else []
