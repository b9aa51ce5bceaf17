"""The list of data sets; the first and last rows are folders of the user's own images."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from textual.reactive import var

from engine.catalog import datasets
from engine.catalog.data_shape import DataShape
from engine.catalog.datasets import DatasetFacts
from engine.numbers import count
from engine.text import harmless
from tui import shared_text
from tui.drawing.dataset_availability import availability
from tui.drawing.table import Column
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import FOLDER, OTHER_FOLDER, ImageFolder, NewRun
from tui.widgets.chooser import Chooser

# Name, number of images, size, and what else there is to say of it.
DataRow: TypeAlias = tuple[str, str, str, str]


class DataBox(Chooser):
    """The folders of images that were found, the data sets of the catalogue, and any folder."""

    new_run: var[NewRun] = var(NewRun())
    found: var[tuple[str, ...]] = var(())
    """The absolute paths of folders of images near at hand."""

    def watch_found(self) -> None:
        self._list()

    def watch_new_run(self, before: NewRun, now: NewRun) -> None:
        if before.folder != now.folder:
            self._list(FOLDER)
        elif before.data_dir != now.data_dir or before.folder_shape != now.folder_shape:
            self._list()

    def _list(self, chosen: str = "") -> None:
        rows = self._data_rows()
        names, images, sizes, rest = zip(*rows.values(), strict=True)
        columns = [
            Column("", names),
            Column("", images, 2, right=True),
            Column("", sizes, 3),
            Column("", rest, 1),
        ]
        self.fill([*rows], columns, chosen=chosen, facts=(launcher_text.INSPECT_HINT,))

    def _data_rows(self) -> dict[str, DataRow]:
        """The rows by their keys. A folder that was found and then chosen keeps its place."""
        new = self.new_run
        known = {
            each.key: _published_row(each, new.data_dir) for each in datasets.DATASETS.values()
        }
        found = {path: _found_row(path) for path in self.found}
        if new.folder is None:
            return {**found, **known, FOLDER: (launcher_text.FOLDER_ENTRY, "", "", "")}
        row = _folder_row(new.folder, new.folder_shape)
        keys = {path: FOLDER if path == new.folder.path else path for path in found}
        rows = {keys.get(path, path): each for path, each in {**found, **known}.items()}
        rows[FOLDER] = row
        return {**rows, OTHER_FOLDER: (launcher_text.OTHER_FOLDER_ENTRY, "", "", "")}


def _published_row(data: DatasetFacts, data_dir: str) -> DataRow:
    images = count(data.train_images + data.test_images)
    return data.key, images, _square(data.size), availability(data, data_dir)


def _found_row(path: str) -> DataRow:
    return harmless(Path(path).name), "", "", launcher_text.FOUND_FOLDER


def _folder_row(folder: ImageFolder, shape: DataShape) -> DataRow:
    name = harmless(Path(folder.path).name)
    return name, count(folder.images), _square(shape.size), shared_text.classes(shape.classes)


def _square(side: int) -> str:
    return f"{side}×{side}"
