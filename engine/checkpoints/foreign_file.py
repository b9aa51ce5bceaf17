"""Recognises files of other programs, to say what they are in place of a checkpoint."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from engine import regular_files
from engine.checkpoints import checkpoint_text

# The first bytes of files that hold weights of other programs.
HDF5 = b"\x89HDF\r\n\x1a\n"
# safetensors: the length of a JSON header in 8 bytes, then the header.
SAFETENSORS_LENGTH, MOST_HEADER = 8, 100_000_000
# Whole models that PyTorch writes, by a file in their archive.
ARCHIVES = (("constants.pkl", checkpoint_text.TORCHSCRIPT), ("config.json", checkpoint_text.KERAS))


def content_of(loaded: object) -> str:
    """What PyTorch has loaded from a file, in words; empty if it says nothing."""
    if not isinstance(loaded, Mapping) or not loaded:
        return ""
    if "pytorch-lightning_version" in loaded:
        return checkpoint_text.LIGHTNING
    if all(isinstance(value, Tensor) for value in loaded.values()):
        return checkpoint_text.WEIGHTS_ALONE
    return checkpoint_text.other_keys([str(key) for key in loaded])


def kind_of(path: Path) -> str:
    """What a file is that PyTorch cannot load as plain values, in words; empty if unknown.

    Reads no more than its first bytes and its table of contents, and runs no code of it.
    """
    try:
        return _kind_of(path)
    except (OSError, ValueError, zipfile.BadZipFile):
        return ""


def _kind_of(path: Path) -> str:
    with regular_files.open_to_read(path) as file:
        start = file.read(SAFETENSORS_LENGTH)
        if start == HDF5:
            return checkpoint_text.KERAS
        length = int.from_bytes(start, "little")
        if 2 <= length <= MOST_HEADER and file.read(1) == b"{":
            json.loads(b"{" + file.read(length - 1))
            return checkpoint_text.SAFETENSORS
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    found = (words for name, words in ARCHIVES if name in names)
    return next(found, checkpoint_text.WITH_CODE if "data.pkl" in names else "")
