"""What an engine process without a run is asked: one request, and answers until it ends.

The request comes as JSON through stdin; each answer is a line of JSON on stdout.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.recipes.recipe import Recipe

ExportFormat: TypeAlias = Literal["onnx", "pt2", "safetensors", "state-dict"]


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


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
    print size, or empty; each is the bytes of an absolute path. `images` wants pictures of the data
    in it. A file that is not whole is left behind.
    """

    run: bytes
    target: bytes
    pictures: bytes = b""
    images: bool = True


class MeasureNetwork(_Request, frozen=True, kw_only=True):
    """Test a trained network. Answers: those of `engine.run.kept_tests`.

    `saved` is the bytes of the path of a checkpoint file. `data` is another data set than the run's
    own; `understood` says that the user sets how its files are understood. `arch` names the file
    that makes the network, where the run does not keep it.
    """

    saved: bytes
    data: Recipe | None = None
    understood: bool = False
    device: str = "auto"
    arch: str = ""


class Predict(_Request, frozen=True, kw_only=True):
    """Say which classes images have. Answers: those of `predicted`.

    `saved` is a checkpoint file, and `places` are images, folders and archives; each is the bytes
    of a path, which may be no text. `-` is an image whose file is `content`. `arch` names the
    user's file that makes the network, where the run does not keep it. Each image has its `top`
    first classes. `pictures` asks for those of few images that are named themselves, or, with
    `unsure`, of all whose first probability is below it.
    """

    saved: bytes
    places: tuple[bytes, ...]
    content: bytes = b""
    arch: str = ""
    device: str = "auto"
    top: int = 5
    pictures: bool = False
    unsure: float | None = None


class ExportNetwork(_Request, frozen=True, kw_only=True):
    """Export the network of a checkpoint. Answers: `engine.protocol.export_answers.Message`.

    `saved` is a checkpoint file, and `files` are existing empty files by format; each is the bytes
    of a path. A file that does not pass its check is left behind. `raw` leaves out the
    normalisation and the mirror images. `arch` names the user's file that makes the network, where
    the run does not keep it.
    """

    saved: bytes
    files: dict[ExportFormat, bytes]
    raw: bool = False
    arch: str = ""


Request: TypeAlias = (
    Preview | CheckData | InspectData | Predict | MeasureNetwork | ExportNetwork | Report
)

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def decode(content: bytes) -> Request:
    """The request. Raises MsgspecError for what is none."""
    return _decoder.decode(content)
