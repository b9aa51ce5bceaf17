"""Words of `cnn-tui export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.numbers import significant, size
from engine.text import harmless

if TYPE_CHECKING:
    from engine.protocol.export_answers import Exported

HELP = """Write a network or its numbers into files for other programs.

RUN is a number, a part of a name, or a path, whose best checkpoint counts; without it, the newest
run is meant. FILE is a checkpoint. Each file of a network holds the class names, and how images
are prepared, and is checked at once: it is kept only if it computes the same as the network does.
docs/checkpoint.md shows how to use it, and docs/numbers.md what the numbers mean."""
NOTHING = (
    "nothing says what to export: add --onnx FILE, --pt2 FILE, --safetensors FILE, "
    "--state-dict FILE, --csv FILE or --tensorboard FOLDER."
)
HELP_ONNX = (
    "Write ONNX: takes pixels from 0 to 1, returns logits. Needs packages: onnx, onnxscript and "
    "onnxruntime."
)
HELP_PT2 = "Write what torch.export.load reads: takes pixels from 0 to 1, returns logits."
HELP_SAFETENSORS = "Write the weights alone as safetensors."
HELP_STATE_DICT = "Write the weights alone as torch.load reads them."
HELP_RAW = "Leave normalisation and mirror images out of ONNX and pt2: they take normalised images."
STOPPED = "stopped: what is not named above was not written"


def used_twice(path: object) -> str:
    return f"{harmless(str(path))} is named twice, or is the checkpoint itself: name another file."


def kept(path: object, file: Exported) -> str:
    images = "validation images" if file.validated else "random images"
    return (
        f"{harmless(str(path))}: {size(file.bytes)}, checked by {file.reader} on {file.images} "
        f"{images}: the logits differ by at most {significant(file.difference)} of the largest"
    )
