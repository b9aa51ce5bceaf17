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


class ExportNetwork(_Request, frozen=True, kw_only=True):
    """Export the network of a checkpoint. Answers: `engine.protocol.export_answers.Message`.

    `run` is the folder of its run, or empty. `files` are existing empty files by format; a file
    that does not pass its check is left behind. `raw` leaves out the normalisation and the mirror
    images. `arch` names the user's file that makes the network, where the run does not keep it.
    """

    checkpoint: str
    run: str = ""
    files: dict[ExportFormat, str]
    raw: bool = False
    arch: str = ""


Request: TypeAlias = Preview | CheckData | InspectData | ExportNetwork

encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def decode(content: bytes) -> Request:
    """The request. Raises MsgspecError for what is none."""
    return _decoder.decode(content)
