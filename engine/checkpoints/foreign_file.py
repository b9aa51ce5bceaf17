"""Recognises what a file is by its first bytes and its table of contents. Loads no torch."""

from __future__ import annotations

import json
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from engine import regular_files
from engine.checkpoints import checkpoint_text, conversion_text
from engine.errors import UsageError

# The first bytes of files that hold weights of other programs.
HDF5 = b"\x89HDF\r\n\x1a\n"
# What PyTorch wrote before 1.6, and still writes on request: five pickles, the first a number.
OLD_PYTORCH, PICKLES_BEFORE_CONTENT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", 3
# ONNX: the fields ir_version, a number of one byte, and then producer_name of a protobuf.
ONNX_FIELDS = (0x08, 0x12)
# safetensors: the length of a JSON header in 8 bytes, then the header.
SAFETENSORS_LENGTH, MOST_HEADER = 8, 100_000_000
INDEX_NAME = ".index.json"
# Whole models that PyTorch and Keras write, by a file in their archive.
ARCHIVES = (
    ("constants.pkl", checkpoint_text.TORCHSCRIPT),
    ("config.json", checkpoint_text.KERAS),
    ("archive_format", checkpoint_text.EXPORTED),
    ("serialized_exported_program.json", checkpoint_text.EXPORTED),  # before PyTorch 2.8
)
# What the content of a file may name besides torch, as far as PyTorch loads it without code.
BUILTINS = ("set", "complex", "bytearray")
PLAIN_NAMES = frozenset(
    {"collections OrderedDict", "collections Counter", "_codecs encode"}
    | {f"{module} {name}" for module in ("builtins", "__builtin__") for name in BUILTINS}
)


def kind_of(path: Path) -> str:
    """What a file is that PyTorch cannot load as plain values, in words; empty if unknown.

    Runs no code of it.
    """
    try:
        return _kind_of(path)
    except Exception:  # noqa: BLE001 (parsers raise errors of any type for a broken file)
        return ""


def code_names(path: Path) -> tuple[str, ...] | None:
    """The classes and functions that PyTorch would need code for to load a file, each once.

    None if what should name them seems broken; PyTorch may load it all the same, since it does not
    look at check sums.
    """
    try:
        with regular_files.open_to_read(path) as file:
            return tuple(dict.fromkeys(_code_names(file)))
    except OSError:
        return ()
    except Exception:  # noqa: BLE001 (as above)
        return None


def check_weights(path: Path) -> None:
    """Raise UsageError for a file that is known, without PyTorch, not to hold weights to load."""
    kind = kind_of(path)
    if kind not in ("", checkpoint_text.SAFETENSORS, checkpoint_text.WITH_CODE):
        raise UsageError(conversion_text.foreign_weights(path, kind))
    if names := code_names(path):
        raise UsageError(conversion_text.weights_with_code(path, names))
    if not kind and not _may_be_pytorch(path):
        raise UsageError(conversion_text.no_weights(path))


def _kind_of(path: Path) -> str:
    with regular_files.open_to_read(path) as file:
        start = file.read(SAFETENSORS_LENGTH)
        if start == HDF5:
            return checkpoint_text.KERAS
        length = int.from_bytes(start, "little")
        if 2 <= length <= MOST_HEADER and file.read(1) == b"{":
            json.loads(b"{" + file.read(length - 1))
            return checkpoint_text.SAFETENSORS
        if (*start[0:1], *start[2:3]) == ONNX_FIELDS:
            return checkpoint_text.ONNX
    if path.name.endswith(INDEX_NAME):
        return checkpoint_text.SHARDS
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    found = (words for name, words in ARCHIVES if name in names)
    return next(found, checkpoint_text.WITH_CODE if "data.pkl" in names else "")


def _may_be_pytorch(path: Path) -> bool:
    """Whether a file of no known kind begins as PyTorch's older ones do."""
    try:
        with regular_files.open_to_read(path) as file:
            return file.read(len(OLD_PYTORCH)) == OLD_PYTORCH
    except OSError as error:
        raise UsageError(checkpoint_text.unreadable(path, error.strerror or "")) from error


def _code_names(file: BinaryIO) -> Iterator[str]:
    if file.read(len(OLD_PYTORCH)) == OLD_PYTORCH:
        file.seek(0)
        for _ in range(PICKLES_BEFORE_CONTENT):
            list(pickletools.genops(file))
        yield from _names_with_code(file)
    elif zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            for name in pickles:
                with archive.open(name) as content:
                    yield from _names_with_code(content)


def _names_with_code(pickled: IO[bytes]) -> Iterator[str]:
    """The names in a pickle for which PyTorch has no loading without code; torch's own may do."""
    for opcode, name, _ in pickletools.genops(pickled):
        if opcode.name != "GLOBAL" or name in PLAIN_NAMES:
            continue
        if not str(name).startswith(("torch.", "torch ")) or str(name).startswith(
            "torch.nn.modules."
        ):
            yield str(name).replace(" ", ".")
