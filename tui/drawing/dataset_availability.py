"""Whether a data set is on this disk, in a word or two."""

from __future__ import annotations

from engine import numbers
from engine.catalog import datasets
from engine.catalog.datasets import DatasetFacts
from tui.drawing import drawing_text


def availability(data: DatasetFacts, data_dir: str = "") -> str:
    """`ready` if the set is on this disk, else `↓` and the size of its download."""
    if datasets.folder_of(data, data_dir) is not None:
        return drawing_text.READY
    return drawing_text.to_download(numbers.size(sum(file.size for file in data.downloads)))
