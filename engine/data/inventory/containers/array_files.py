"""Data sets of arrays: a `.npz`, or a folder of `.npy`, `.npz` and IDX files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine import regular_files
from engine.data.inventory.containers import array_names, array_pairs, container_text
from engine.data.inventory.containers.array_pairs import Pairs, class_names, paired, split_items
from engine.data.inventory.containers.folder_files import file_names
from engine.data.inventory.containers.found_array import FoundArray
from engine.data.inventory.containers.idx_arrays import array_name, read_idx
from engine.data.inventory.containers.labelled_rows import RowSet
from engine.data.inventory.containers.npy_arrays import NPY, NPZ, read_npy, read_npz
from engine.data.inventory.containers.pixel_rows import RowShape
from engine.data.inventory.data_files import is_idx
from engine.errors import DataError
from engine.recipes.recipe import Recipe

# EMNIST's images lie on their side, as MATLAB has them: columns first.
TURNED = "emnist"
MAPPING = "mapping"


def recognises(path: Path) -> bool:
    """Whether this is a file of arrays, or a folder with images and labels for training in such."""
    if path.is_file():
        return _is_array(path.name)
    names = [_stem(each.name) for each in _array_files(path)]
    known = [array_names.parsed(name) for name in names]
    return {"images", "labels"} <= {each.content for each in known if each}


def read(path: Path, _recipe: Recipe) -> RowSet:
    """The images of the arrays. Raises DataError where they cannot be trained on."""
    pairs = _pairs(path)
    names = class_names(pairs) or _mapping(path, pairs.pairs[0].images.name)
    skipped = {container_text.OTHER_ARRAYS: pairs.others} if pairs.others else {}
    return RowSet(str(path), container_text.ARRAYS, split_items(pairs), names, skipped)


def check(path: Path, _recipe: Recipe) -> None:
    """Check the arrays by their headers. Raises DataError as `read`."""
    _pairs(path)


def _pairs(path: Path) -> Pairs:
    if path.suffix.lower() == NPZ and path.is_file():
        arrays = read_npz(path)
        # A file of one array needs others beside it.
        if array_pairs.meanings(array.name for array in arrays).keys() != {path.stem}:
            return _turned(paired(path, arrays))
    family = _family(path.name) if path.is_file() else None
    folder = path.parent if path.is_file() else path
    arrays = [array for file in _array_files(folder) for array in _arrays(file)]
    return _turned(paired(folder, arrays, family))


def _family(file: str) -> str:
    """The data set to which a file belongs. Raises DataError where its name does not say it."""
    name = array_names.parsed(_stem(file))
    if name is None:
        raise DataError(container_text.name_says_nothing(file))
    return name.family


def _turned(pairs: Pairs) -> Pairs:
    """The pairs, with EMNIST's images upright."""
    return pairs._replace(
        pairs=[
            pair._replace(shape=RowShape(pair.shape.row, pair.shape.axes[::-1]))
            if TURNED in pair.images.name.lower()
            else pair
            for pair in pairs.pairs
        ]
    )


def _array_files(folder: Path) -> list[Path]:
    """The files of arrays in a folder, by name."""
    return [folder / name for name in file_names(folder) if _is_array(name)]


def _is_array(name: str) -> bool:
    return name.lower().endswith((NPY, NPZ)) or is_idx(name)


def _arrays(file: Path) -> list[FoundArray]:
    if is_idx(file.name):
        return read_idx(file)
    return read_npy(file) if file.suffix.lower() == NPY else read_npz(file)


def _stem(name: str) -> str:
    return array_name(name) if is_idx(name) else name.rpartition(".")[0]


def _mapping(path: Path, images: str) -> Mapping[int, str]:
    """The names of the classes from EMNIST's `emnist-letters-mapping.txt`, where it is there.

    Each line has a label and the codes of its characters, of which the first is the capital.
    """
    folder = path.parent if path.is_file() else path
    file = folder / f"{images.partition('-train')[0]}-{MAPPING}.txt"
    try:
        lines = regular_files.read_text(file, "ascii").splitlines()
        pairs = [line.split()[:2] for line in lines if line.strip()]
        return {int(label): chr(int(code)) for label, code in pairs}
    except (OSError, ValueError, OverflowError):
        return {}
