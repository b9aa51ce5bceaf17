"""Says why a place has no classes to train, and what to type."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.folder_tree import FolderTree
from engine.data.inventory.layouts.layout import Layout, Part
from engine.data.inventory.layouts.name_prefixes import proposed_classes
from engine.data.inventory.layouts.table_labels import TableLabels
from engine.errors import DataError, UndecidedError


def check_flat(
    place: str, flat: Sequence[Part], tables: TableLabels, layout: Layout, wanted: str
) -> None:
    """Raise DataError where a table or a split of images without folders is of no use."""
    labelled = len(tables.labels)
    if tables.several and len(tables.several) >= labelled:
        raise DataError(inventory_text.several_labels(place, [*tables.used], tables.several))
    if wanted and not labelled:
        raise DataError(
            inventory_text.no_column(place, wanted, tables.unsure, tables.candidates, tables.cells)
        )
    if tables.candidates and not labelled and flat and flat[0].split == "train":
        sentence = inventory_text.marks_several if tables.marked else inventory_text.unsure_column
        settings = tuple(f"labels=column:{column}" for column in tables.candidates)
        raise UndecidedError(
            sentence(place, tables.unsure, tables.candidates, tables.cells), settings
        )
    for part in flat:
        if part.split == "validation" and not layout.of("validation"):
            raise DataError(
                inventory_text.split_without_classes(place, part.folders[0], "validation")
            )


def why(place: str, tree: FolderTree, parts: Sequence[Part], layout: Layout) -> DataError:
    """Why the training images have fewer than two classes, and which setting gives them some."""
    training = parts[0]
    folder = training.folders[0]
    names = [name for one in training.folders for name in tree.images(one)]
    if layout.source == "prefix":
        return DataError(inventory_text.no_prefixes(place, names, layout.classes))
    if layout.classes:
        return DataError(inventory_text.one_class(place, layout.classes[0]))
    if len(training.classes) == 1 and not tree.own[folder]:
        return DataError(inventory_text.one_class(place, next(iter(training.classes))))
    proposed = proposed_classes(names)
    sentence = inventory_text.no_classes(place, folder, names, proposed)
    return UndecidedError(sentence, ("labels=prefix",)) if proposed else DataError(sentence)
