"""An image in a row of a Parquet or Arrow file. Imports pyarrow on use only."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from engine import regular_files
from engine.data import library_text
from engine.data.stored.image_bytes import open_bytes

PARQUET = ".parquet"
# With these bytes an Arrow file begins whose batches can be found without reading all before them.
INDEXED = b"ARROW1"
# How many files stay open in a process, and how many groups of rows of Parquet stay unpacked.
MOST_OPEN, MOST_GROUPS = 64, 2
# Neither the readers of Parquet nor those of Arrow are made for several threads at once.
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class TableRow:
    """The image in a column of row `row` of a group: a row group of Parquet, a batch of Arrow.

    `folder` and `file` are the path; `index` counts the rows of the file.
    """

    folder: str
    file: str
    column: str
    group: int
    row: int
    index: int

    @property
    def name(self) -> str:
        return f"{self.file}/{self.index}"

    def open(self) -> Image.Image:
        return open_bytes(self.content())

    def encoded(self, most: int) -> bytes:
        content = self.content()
        return content if len(content) <= most else b""

    def content(self) -> bytes:
        path = Path(self.folder, self.file)
        with _one_at_a_time:
            value = column_of(str(path), self.group, self.column)[self.row].as_py()
        if isinstance(value, dict):
            found, beside = value.get("bytes"), value.get("path")
            value = found if found or not beside else regular_files.read_bytes(path.parent / beside)
        if not isinstance(value, bytes):
            raise OSError(library_text.EMPTY_CELL)
        return value


def column_of(path: str, group: int, column: str) -> Any:
    """The values of a column in one group of rows. Raises OSError and pyarrow's errors."""
    if path.endswith(PARQUET):
        return _unpacked(path, group, column)
    return batches(path)[group].column(column)


@lru_cache(MOST_GROUPS)
def _unpacked(path: str, group: int, column: str) -> Any:
    table = parquet_file(path).read_row_group(group, columns=[column], use_threads=False)
    return table.column(column)


@lru_cache(MOST_OPEN)
def parquet_file(path: str) -> Any:
    """An opened Parquet file. Raises OSError and pyarrow's errors."""
    from pyarrow import parquet

    _check_regular(path)
    return parquet.ParquetFile(path, memory_map=True)


class _IndexedBatches(Sequence[Any]):
    """The batches of an Arrow file that knows where they are, each read when it is asked for."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._batch = lru_cache(MOST_GROUPS)(reader.get_batch)

    def __len__(self) -> int:
        return int(self._reader.num_record_batches)

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self):
            raise IndexError(index)
        return self._batch(index)


@lru_cache(MOST_OPEN)
def batches(path: str) -> Sequence[Any]:
    """The batches of an Arrow file, mapped into memory. Raises OSError and pyarrow's errors."""
    return _IndexedBatches(arrow_reader(path)) if is_indexed(path) else list(arrow_reader(path))


def arrow_reader(path: str) -> Any:
    """A reader of an Arrow file, mapped into memory. Raises OSError and pyarrow's errors."""
    import pyarrow

    mapped = pyarrow.memory_map(path)
    return pyarrow.ipc.open_file(mapped) if is_indexed(path) else pyarrow.ipc.open_stream(mapped)


def is_indexed(path: str) -> bool:
    """Whether an Arrow file says where its batches are. Raises OSError."""
    with regular_files.open_to_read(Path(path)) as file:
        return file.read(len(INDEXED)) == INDEXED


def _check_regular(path: str) -> None:
    with regular_files.open_to_read(Path(path)):
        pass
