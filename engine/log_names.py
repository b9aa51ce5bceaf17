"""How the files of other programs' logs are named."""

from __future__ import annotations

from typing import Literal, TypeAlias

LogKind: TypeAlias = Literal["tensorboard", "table"]

# TensorBoard, too, reads every file with this in its name.
IN_NAME = "tfevents"
# mmcv writes JSON lines into `*.log.json`, and DeiT and its successors into `log.txt`.
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", "log.txt")


def kind_of_file(name: str) -> LogKind | None:
    """The kind of a log that a file with this name may be; None if it is none."""
    if IN_NAME in name:
        return "tensorboard"
    return "table" if name.lower().endswith(_SUFFIXES) else None
