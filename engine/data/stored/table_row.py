"""An image in a row of a Parquet or Arrow file. Imports pyarrow on use only."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from engine import regular_files
from engine.data.stored import stored_text
from engine.data.stored.image_opening import open_content

PARQUET = ".parquet"
# With these bytes an Arrow file begins that says where its batches are.
INDEXED = b"ARROW1"
# How many files stay open in a process, and how many groups of rows of Parquet stay unpacked.
MOST_OPEN, MOST_GROUPS = 64, 2
# Neither the readers of Parquet nor those of Arrow are made for several threads at once.
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class TableRow:
    """The image in a column of row `row` of a group: a row group of Parquet, a batch of Arrow.

    `table` is the name of the file in the data set, whose rows `index` counts; the image is read at
    `path`.
    """

    path: str
    table: str
    column: str
    group: int
    row: int
    index: int

    @property
    def name(self) -> str:
        return f"{self.table}/{self.index}"

    @property
    def file(self) -> str:
        """None: the image may lie in another file, which the table names."""
        return ""

    def open(self) -> Image.Image:
        return open_content(self.content(), self.name)

    def encoded(self, most: int) -> bytes:
        content = self.content()
        return content if len(content) <= most else b""

    def content(self) -> bytes:
        with _one_at_a_time:
            value = _group(self.path, self.group, self.column)[self.row].as_py()
        if isinstance(value, dict):
            found, beside = value.get("bytes"), value.get("path")
            value = (
                found
                if found or not beside
                else regular_files.read_bytes(Path(self.path).parent / beside)
            )
        if not isinstance(value, bytes):
            raise OSError(stored_text.EMPTY_CELL)
        return value


class Table(Protocol):
    """An opened file whose rows lie in groups: row groups of Parquet, batches of Arrow."""

    @property
    def schema(self) -> Any:
        """The schema of Arrow."""

    @property
    def group_sizes(self) -> list[int]:
        """The number of rows in each group."""

    def column(self, group: int, name: str) -> Any:
        """The values of a column in a group. Raises OSError and pyarrow's errors."""


def open_table(path: str) -> Table:
    """Open a file as it is now. Raises OSError and pyarrow's errors."""
    with regular_files.open_to_read(Path(path)) as file:
        indexed = file.read(len(INDEXED)) == INDEXED
    return _ParquetTable(path) if path.endswith(PARQUET) else _ArrowTable(path, indexed=indexed)


class _ParquetTable:
    def __init__(self, path: str) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(path, memory_map=True)
        self.schema = self._file.schema_arrow

    @property
    def group_sizes(self) -> list[int]:
        metadata = self._file.metadata
        return [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]

    def column(self, group: int, name: str) -> Any:
        table = self._file.read_row_group(group, columns=[name], use_threads=False)
        return table.column(name)


class _ArrowTable:
    """Mapped into memory. A stream does not say where its batches are: all heads are read."""

    def __init__(self, path: str, *, indexed: bool) -> None:
        import pyarrow

        mapped = pyarrow.memory_map(path)
        reader = pyarrow.ipc.open_file(mapped) if indexed else pyarrow.ipc.open_stream(mapped)
        self.schema = reader.schema
        self._batches = [] if indexed else [*reader]
        self._count = reader.num_record_batches if indexed else len(self._batches)
        self._batch = reader.get_batch if indexed else self._batches.__getitem__

    @property
    def group_sizes(self) -> list[int]:
        return [self._batch(at).num_rows for at in range(self._count)]

    def column(self, group: int, name: str) -> Any:
        return self._batch(group).column(name)


_opened = lru_cache(MOST_OPEN)(open_table)


@lru_cache(MOST_GROUPS)
def _group(path: str, group: int, column: str) -> Any:
    return _opened(path).column(group, column)
