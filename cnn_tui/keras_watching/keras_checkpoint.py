"""Saves the weights of a Keras model into the folder of its run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

FILE = "script.weights.h5"
# Keras wants this ending, so the file that is not whole yet has it, too.
_UNFINISHED = "unfinished.weights.h5"


def save_weights(model: Any, run: Path) -> Path:
    """Write weights and optimizer as Keras does, durably and as a whole. Raises OSError."""
    folder = run / "checkpoints"
    folder.mkdir(exist_ok=True)
    unfinished, file = folder / _UNFINISHED, folder / FILE
    model.save_weights(unfinished)
    _sync(unfinished)
    os.replace(unfinished, file)
    _sync(folder)
    return file


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
