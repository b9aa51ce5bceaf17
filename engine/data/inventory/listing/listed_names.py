"""Sorts the names found in a folder or an archive: images, tables, and what is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from engine.data.inventory import inventory_text
from engine.data.stored.image_kinds import IMAGE_SUFFIXES, looks_like_image, suffix

TABLE_SUFFIXES = frozenset((".csv", ".tsv", ".txt"))
ARCHIVE_SUFFIXES = frozenset(
    (".7z", ".bz2", ".gz", ".rar", ".tar", ".tbz2", ".tgz", ".txz", ".xz", ".zip", ".zst")
)
# Files with these suffixes are no images, and are not opened to see it.
OTHER_SUFFIXES = frozenset(
    (
        *(".arrow", ".avi", ".bin", ".cfg", ".db", ".doc", ".docx", ".h5", ".hdf5", ".html"),
        *(".ini", ".ipynb", ".json", ".jsonl", ".log", ".mat", ".md", ".mov", ".mp4"),
        *(".names", ".npy", ".npz", ".parquet", ".pdf", ".pkl", ".pt", ".pth", ".py", ".rst"),
        *(".sh", ".toml", ".url", ".xls", ".xlsx", ".xml", ".yaml", ".yml"),
    )
)
SYSTEM_FILES = frozenset(("thumbs.db", "desktop.ini", "icon\r", "ehthumbs.db"))
SYSTEM_FOLDERS = frozenset(("__macosx", "$recycle.bin", "system volume information", "@eadir"))


class ListedNames:
    """What was found so far in a place; a name has `/` and no `/` in front."""

    def __init__(self) -> None:
        self.folders: dict[str, list[str]] = {"": []}
        self.tables: list[str] = []
        self.skipped: defaultdict[str, list[str]] = defaultdict(list)

    def add_folder(self, name: str) -> bool:
        """Take a folder, and the folders that hold it; False where it is left out."""
        if name in self.folders:
            return True
        ends = [at for at, sign in enumerate(name) if sign == "/"]
        for end in (*ends, len(name)):
            folder = name[:end]
            if folder in self.folders:
                continue
            if reason := why_not_folder(folder.rpartition("/")[2]):
                if folder not in self.skipped[reason]:
                    self.skip(reason, folder)
                return False
            self.folders[folder] = []
        return True

    def left_out(self) -> Mapping[str, Sequence[str]]:
        """What is left out, by reason and then by name."""
        return {reason: sorted(names) for reason, names in self.skipped.items()}

    def skip(self, reason: str, name: str) -> None:
        """Leave out a file or a folder."""
        self.skipped[reason].append(name)

    def add_file(self, folder: str, name: str, first: Callable[[], bytes]) -> None:
        """Take the file `name` of a folder that was added; `first` reads its first bytes.

        Where `first` raises OSError, the file cannot be read.
        """
        kind = suffix(name)
        if kind in IMAGE_SUFFIXES and not name.startswith("."):
            self.folders[folder].append(name)
            return
        path = f"{folder}/{name}" if folder else name
        if reason := why_not_file(name, kind):
            self.skip(reason, path)
        elif kind in TABLE_SUFFIXES:
            self.tables.append(path)
        else:
            self._look_into(folder, name, path, first)

    def _look_into(self, folder: str, name: str, path: str, first: Callable[[], bytes]) -> None:
        try:
            is_image = looks_like_image(first())
        except OSError:
            self.skip(inventory_text.UNREADABLE, path)
            return
        if is_image:
            self.folders[folder].append(name)
        else:
            self.skip(inventory_text.OTHER_FORMAT, path)


def why_not_folder(last: str) -> str:
    """Why a folder of this name is left out with all that it holds, or nothing."""
    if last.lower() in SYSTEM_FOLDERS:
        return inventory_text.SYSTEM
    return inventory_text.HIDDEN if last.startswith(".") else ""


def why_not_file(name: str, kind: str) -> str:
    """Why a file of this name and suffix is left out unopened, or nothing."""
    if name.startswith("._"):
        return inventory_text.RESOURCE_FORK
    if name.lower() in SYSTEM_FILES:
        return inventory_text.SYSTEM
    if name.startswith("."):
        return inventory_text.HIDDEN
    if kind in ARCHIVE_SUFFIXES:
        return inventory_text.ARCHIVE
    return inventory_text.OTHER_FORMAT if kind in OTHER_SUFFIXES else ""
