"""Unpacks tables whose rows lie in few large groups, since an image would take a whole one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engine.data.inventory.kept_copies import check_room, kept_copy
from engine.data.stored.table_row import PARQUET

# pandas writes a million rows into one group; `datasets` writes a hundred images.
MOST_GROUP_BYTES = 100_000_000
# So many rows are unpacked at a time, and lie in a batch of the copy.
ROWS = 64
COPY = "rows.arrow"


def in_small_groups(file: Path, column: str) -> Path:
    """The file, or else a copy of its column in small groups, unpacked once.

    Raises DataError where the disk lacks room for it, OSError and pyarrow's errors.
    """
    if file.suffix != PARQUET or _largest_group(file) <= MOST_GROUP_BYTES:
        return file
    return kept_copy(file, column, partial(_unpack, file, column)) / COPY


def _largest_group(file: Path) -> int:
    """The bytes of the largest group of rows, unpacked."""
    from pyarrow import parquet

    metadata = parquet.read_metadata(file)
    groups = range(metadata.num_row_groups)
    return max((metadata.row_group(at).total_byte_size for at in groups), default=0)


def _unpack(file: Path, column: str, folder: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    with parquet.ParquetFile(file, memory_map=True) as opened:
        metadata = opened.metadata
        check_room(
            sum(metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
        )
        batches = opened.iter_batches(ROWS, columns=[column], use_threads=False)
        with pyarrow.OSFile(str(folder / COPY), "wb") as sink:
            schema = pyarrow.schema([opened.schema_arrow.field(column)])
            with pyarrow.ipc.new_stream(sink, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
