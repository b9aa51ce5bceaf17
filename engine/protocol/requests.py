"""What an engine process without a run is asked: one request, and answers until it ends.

The request comes as JSON through stdin; each answer is a line of JSON on stdout.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from engine.recipes.recipe import Recipe

ExportFormat: TypeAlias = Literal["onnx", "pt2", "safetensors", "state-dict"]

# The place that names the image on standard input.
STDIN = "-"


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The base of all requests. Paths are their bytes, which may be no text; `path_of` decodes."""


class NetworkRequest(_Request, frozen=True, kw_only=True):
    """The base of requests about a trained network.

    `saved` is the path of a checkpoint file. `arch` names the user's file that makes the network,
    where the run does not keep it.
    """

    saved: bytes
    arch: str = ""


class Preview(_Request, frozen=True, kw_only=True):
    """Show the first training images of a recipe, augmented. Answer: `events.Augmented`."""

    recipe: Recipe
    images: int = 32


class CheckData(_Request, frozen=True, kw_only=True):
    """Find the images of a recipe. No answer, unless they cannot be found."""

    recipe: Recipe


class InspectData(_Request, frozen=True, kw_only=True):
    """Say what a data set holds. Answers: those of `engine.data.survey.survey`.

    `pixels` wants a look at all pixels, `near_bits` images that look alike, and `files` a list of
    the files.
    """

    recipe: Recipe
    pixels: bool = True
    near_bits: int | None = None
    files: bool = False


class Report(_Request, frozen=True, kw_only=True):
    """Write a report on a run as an HTML file. Answers: progress, notes, and `Written`.

    `run` is the run's folder, `target` an existing file, and `pictures` a folder for the figures at
    print size, or empty. All are absolute. `images` wants pictures of the data in it. A file that
    is not whole is left behind.
    """

    run: bytes
    target: bytes
    pictures: bytes = b""
    images: bool = True


class CompareRuns(_Request, frozen=True, kw_only=True):
    """Write a report on several runs as an HTML file, as `Report` does on one."""

    runs: tuple[bytes, ...]
    target: bytes
    pictures: bytes = b""


class MeasureNetwork(NetworkRequest, frozen=True, kw_only=True):
    """Test a trained network. Answers: those of `engine.run.kept_tests`.

    `data` is another data set than the run's own; `understood` says that the user sets how its
    files are understood.
    """

    data: Recipe | None = None
    understood: bool = False
    device: str = "auto"


class Predict(NetworkRequest, frozen=True, kw_only=True):
    """Say which classes images have. Answers: those of `predicted`.

    `places` are paths of images, folders and archives, as the user typed them; `STDIN` is an image
    whose bytes are `content`. Each image has its `top` first classes. `pictures` asks for those of
    few images that are named themselves, or, with `unsure`, of all whose first probability is below
    it.
    """

    places: tuple[bytes, ...]
    content: bytes = b""
    device: str = "auto"
    top: int = 5
    pictures: bool = False
    unsure: float | None = None


class ExportNetwork(NetworkRequest, frozen=True, kw_only=True):
    """Export the network of a checkpoint. Answers: `engine.protocol.export_answers.Message`.

    `files` are the paths of existing empty files by format. A file that does not pass its check is
    left behind. `raw` leaves out the normalisation and the mirror images.
    """

    files: dict[ExportFormat, bytes]
    raw: bool = False


Request: TypeAlias = (
    Preview
    | CheckData
    | InspectData
    | Predict
    | MeasureNetwork
    | ExportNetwork
    | Report
    | CompareRuns
)


def path_of(given: bytes) -> Path:
    """The path that these bytes of a request mean."""
    return Path(os.fsdecode(given))


encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def decode(content: bytes) -> Request:
    """The request. Raises MsgspecError for what is none."""
    return _decoder.decode(content)
