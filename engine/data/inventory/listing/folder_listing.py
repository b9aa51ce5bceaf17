"""Lists what lies in a folder and in the folders below it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from engine import regular_files, text
from engine.data import data_text
from engine.data.inventory import inventory_text
from engine.data.inventory.listing.listed_names import ListedNames
from engine.data.stored.image_file import ImageFile
from engine.data.stored.image_kinds import FIRST_BYTES, IMAGE_SUFFIXES, suffix
from engine.errors import DataError

# As a rule, a glance reads no more images of a folder.
GLANCE = 10


class FolderListing:
    """What lies in a folder. `glance` is how many images are read of a folder that holds only them.

    `glanced` says whether some folder was not read to its end. Links to folders are followed,
    except to one that holds them. Raises DataError where the folder is missing or unreadable.
    """

    notes: Sequence[str] = ()
    remarks: Sequence[str] = ()

    def __init__(self, place: Path, *, glance: int | None = None) -> None:
        self.place, self.glanced = str(place), False
        self._most = glance
        self._names = ListedNames()
        self._walk(place)
        for names in self._names.folders.values():
            names.sort()
        self.folders: Mapping[str, Sequence[str]] = self._names.folders
        self.tables = sorted(self._names.tables)
        self.skipped = self._names.left_out()

    def image(self, name: str) -> ImageFile:
        return ImageFile(self.place, name)

    def read(self, name: str) -> bytes:
        try:
            return regular_files.read_bytes(Path(self.place, name))
        except OSError as error:
            path = os.path.join(self.place, name)
            raise DataError(inventory_text.table_unreadable(path, text.reason(error))) from error

    def _walk(self, place: Path) -> None:
        waiting = [_Folder(str(place), "", _Route())]
        while waiting:
            folder = waiting.pop()
            try:
                waiting += self._entries(folder)
            except OSError as error:
                if not folder.name:
                    raise _unreadable(place, error) from error
                self._names.skip(inventory_text.UNREADABLE, folder.name)

    def _entries(self, folder: _Folder) -> list[_Folder]:
        """Take the entries of a folder; returns the folders in it."""
        found: list[_Folder] = []
        images = self._names.folders[folder.name]
        with os.scandir(folder.path) as entries:
            for entry in entries:
                name = entry.name
                # The one path of most entries: nothing is asked of the file system.
                if entry.is_file(follow_symlinks=False):
                    if suffix(name) in IMAGE_SUFFIXES and name[0] != ".":
                        images.append(name)
                        if self._most and len(images) >= self._most and not found and folder.name:
                            self.glanced = True
                            break
                    else:
                        self._names.add_file(folder.name, name, partial(_first_bytes, entry.path))
                elif below := self._other(folder, entry):
                    found.append(below)
        return found

    def _other(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        """Take an entry that is no plain file; returns a folder that is to be read."""
        name = f"{folder.name}/{entry.name}" if folder.name else entry.name
        if os.path.isdir(entry.path):  # unlike the entry's own answer, no error for a circle
            route = folder.route.below(folder.path, entry)
            if route is None:
                self._names.skip(inventory_text.LOOP, name)
            elif self._names.add_folder(name):
                return _Folder(entry.path, name, route)
        elif os.path.isfile(entry.path):
            self._names.add_file(folder.name, entry.name, partial(_first_bytes, entry.path))
        else:
            link = entry.is_symlink()
            self._names.skip(inventory_text.DANGLING if link else inventory_text.SPECIAL, name)
        return None


class _Folder(NamedTuple):
    path: str
    name: str
    route: _Route


class _Route(NamedTuple):
    """The real paths of the folders with the links through which a walk came."""

    ends: tuple[str, ...] = ()

    def below(self, path: str, entry: os.DirEntry[str]) -> _Route | None:
        """The route into a folder in the one at `path`; None where that would go in a circle."""
        if not entry.is_symlink():
            return self
        ends = (*self.ends, os.path.realpath(path))
        target = os.path.realpath(entry.path)
        if any(end == target or end.startswith(target.rstrip("/") + "/") for end in ends):
            return None
        return _Route(ends)


def _first_bytes(path: str) -> bytes:
    with regular_files.open_to_read(Path(path)) as file:
        return file.read(FIRST_BYTES)


def _unreadable(folder: Path, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(text.folder_missing(folder))
    return DataError(data_text.folder_unreadable(folder, text.reason(error)))
