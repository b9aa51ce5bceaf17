"""The list of data sets; its last row is a folder of the user's own images."""

from __future__ import annotations

from pathlib import Path

from textual.reactive import var

from engine.catalog import datasets
from engine.catalog.data_shape import DataShape
from engine.numbers import count
from engine.text import harmless
from tui import shared_text
from tui.drawing.dataset_availability import availability
from tui.drawing.table import Column
from tui.screens.launcher import launcher_text
from tui.screens.launcher.new_run import FOLDER, OTHER_FOLDER, ImageFolder, NewRun
from tui.widgets.chooser import Chooser


class DataBox(Chooser):
    """The data sets of the catalogue, and a folder of images."""

    new_run: var[NewRun] = var(NewRun())

    def on_mount(self) -> None:
        self._list()

    def watch_new_run(self, before: NewRun, now: NewRun) -> None:
        if before.folder != now.folder:
            self._list(FOLDER)
        elif before.data_dir != now.data_dir or before.folder_shape != now.folder_shape:
            self._list()

    def _list(self, chosen: str = "") -> None:
        known = list(datasets.DATASETS.values())
        data_dir, folder = self.new_run.data_dir, self.new_run.folder
        name, images, size, classes = _folder_row(folder, self.new_run.folder_shape)
        other = [] if folder is None else [OTHER_FOLDER]
        names = [name, *(launcher_text.OTHER_FOLDER_ENTRY for _ in other)]
        rest = ["" for _ in other]
        columns = [
            Column("", [*(d.key for d in known), *names]),
            Column(
                "",
                [*(count(d.train_images + d.test_images) for d in known), images, *rest],
                2,
                right=True,
            ),
            Column("", [*(_square(d.size) for d in known), size, *rest], 3),
            Column("", [*(availability(d, data_dir) for d in known), classes, *rest], 1),
        ]
        self.fill(
            [*(d.key for d in known), FOLDER, *other],
            columns,
            chosen=chosen,
            facts=(launcher_text.INSPECT_HINT,),
        )


def _folder_row(folder: ImageFolder | None, shape: DataShape) -> tuple[str, str, str, str]:
    """Name, images, size and classes of the folder; until one is chosen, only a name."""
    if folder is None:
        return launcher_text.FOLDER_ENTRY, "", "", ""
    name = harmless(Path(folder.path).name)
    return name, count(folder.images), _square(shape.size), shared_text.classes(shape.classes)


def _square(side: int) -> str:
    return f"{side}×{side}"
