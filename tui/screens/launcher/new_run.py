"""The run that is about to start: the choices in the launcher, and the recipe from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from engine.catalog import datasets
from engine.catalog.data_shape import DataShape
from engine.errors import EngineError
from engine.recipes.recipe import Recipe
from engine.recipes.recipe_building import SeenImages, build_for_images
from engine.recipes.recipe_toml import parse_setting
from engine.start import recipe_resolution
from tui.drawing import architecture_list
from tui.screens.launcher import launcher_text

# In the list of data sets, the row that stands for a folder of images.
FOLDER = "folder"
# The row of another one in its place, which Enter asks for.
OTHER_FOLDER = "other folder"
AUTO = "auto"
# Fields that say how one data set is understood, and nothing of another.
OF_ONE_SET = ("labels", "decisions", "class_names", "image_column", "label_column")


class ImageFolder(NamedTuple):
    """A folder of images that a network can be trained on, perhaps only with this setting.

    `seen` is by what the preset and the batch are chosen.
    """

    path: str
    images: int
    shape: DataShape
    setting: str = ""
    seen: SeenImages = SeenImages()


@dataclass(frozen=True)
class NewRun:
    """One row chosen in each list; `fields` are the recipe's fields that differ from the preset.

    `folder_fields` are those of the folder while a row of another data set is chosen.
    """

    arch: str = ""
    data: str = ""
    preset: str = ""
    device: str = AUTO
    fields: Mapping[str, object] = field(default_factory=dict)
    folder: ImageFolder | None = None
    data_dir: str = ""
    folder_fields: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def default(cls, data_dir: str) -> NewRun:
        """The run that starts if the user chooses nothing else."""
        found = recipe_resolution.default_fields({"data_dir": data_dir} if data_dir else {})
        return cls(str(found["arch"]), str(found["data"]), data_dir=data_dir)

    @property
    def wants_folder(self) -> bool:
        """Whether the user chose to train on a folder of images that is not read yet."""
        none = self.data == FOLDER and self.folder is None
        return none or self.data == OTHER_FOLDER or bool(self.offered)

    @property
    def offered(self) -> str:
        """The path of the folder, where one that was found is chosen and not read yet."""
        return self.data if os.path.isabs(self.data) else ""

    @property
    def shape(self) -> DataShape:
        """The shape of the chosen images, at the size that the run will have.

        Until a folder is chosen, it is that of CIFAR-10.
        """
        if self.data in (FOLDER, OTHER_FOLDER):
            shape = self.folder.shape if self.folder else architecture_list.CIFAR10
        else:
            shape = architecture_list.shape_of(datasets.DATASETS.get(self.data))
        return _sized(shape, self.draft)

    @property
    def folder_shape(self) -> DataShape:
        """The shape of the images of the folder, which there is, at the size of a run on it."""
        shape = self.folder.shape if self.folder else architecture_list.CIFAR10
        return _sized(shape, self.with_data(FOLDER).draft)

    @cached_property
    def plan(self) -> Recipe | str:
        """The recipe of the run, or a sentence that says why there is none yet."""
        if self.wants_folder and isinstance(self.draft, Recipe):
            name = os.path.basename(self.offered)
            return launcher_text.folder_unread(name) if name else launcher_text.FOLDER_WANTED
        return self.draft

    @cached_property
    def draft(self) -> Recipe | str:
        """The plan, also while its folder is not chosen yet: all other fields are those of it."""
        if not self.arch:
            return launcher_text.NO_MATCH
        try:
            return self.recipe_for(
                self.folder.path if self.data == FOLDER and self.folder else self.data
            )
        except EngineError as error:
            return str(error)

    def with_data(self, data: str) -> NewRun:
        """The same run on this row; what says how a data set is understood stays with that one."""
        if data == self.data:
            return self
        of_set = {key: self.fields[key] for key in OF_ONE_SET if key in self.fields}
        others = {key: each for key, each in self.fields.items() if key not in OF_ONE_SET}
        of_folder = of_set if self.data == FOLDER else self.folder_fields
        fields = {**others, **of_folder} if data == FOLDER else others
        return replace(self, data=data, fields=fields, folder_fields=of_folder)

    def with_folder(self, folder: ImageFolder) -> NewRun:
        """The same run on this folder, with the setting that the folder needs."""
        needed = dict([parse_setting(folder.setting)] if folder.setting else [])
        return replace(self, data=FOLDER, folder=folder, fields={**self.fields, **needed})

    def draft_with(self, fields: Mapping[str, object]) -> Recipe | str:
        """The draft with these fields."""
        return replace(self, fields=fields).draft

    def recipe_for(self, data: str) -> Recipe:
        """The recipe of what is chosen, for this data. Raises UsageError as `build_recipe`."""
        flags: dict[str, object] = {"data": data}
        chosen = self.folder if self.folder and data == self.folder.path else None
        seen = chosen.seen if chosen else SeenImages()
        flags |= {key: chosen for key in ("arch", "preset") if (chosen := getattr(self, key))}
        if self.data_dir:
            flags["data_dir"] = self.data_dir
        if self.device != AUTO:
            flags["device"] = self.device
        return build_for_images(seen, settings=self.fields, flags=flags)


def _sized(shape: DataShape, draft: Recipe | str) -> DataShape:
    """The shape with the size that a recipe sets; that of the images themselves with `auto`."""
    if isinstance(draft, str) or draft.size == "auto":
        return shape
    return shape._replace(size=draft.size)
