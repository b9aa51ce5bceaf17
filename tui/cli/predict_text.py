"""Words of `cnn-tui predict`."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.text import examples, harmless, typed

HELP = r"""Predict the classes of images with a trained network.

RUN is a number, a part of a name, or a path; or name a checkpoint file. Each IMAGE is an image
file, a folder (with all that lies below it), a zip or tar archive, or arrays and tables of images
as for a training. `-` is one image that comes through a pipe, as in `curl URL | cnn-tui predict
RUN -`. For a list of paths, type `xargs -d '\n' cnn-tui predict RUN < LIST`.

A few images that are named themselves are shown with pictures. Of more, and of folders, each has a
line, by class, with those first that the network is unsure about. The exit code is 1 where an image
cannot be read; the others are predicted all the same.
"""
HELP_TOP = "Show so many of the first classes."
HELP_JSON = (
    "Print a line of JSON for each image: file, class, probability, and top with the first classes."
)
HELP_CSV = "Print CSV: file, class, probability, then class2, probability2 and so on, up to --top."
HELP_UNSURE = (
    "List only images whose first probability is below this, such as 60% or 0.6, with pictures: "
    "what a person should look at."
)
STOPPED = "stopped: the other images were not predicted"
ONE_FORM = "--json and --csv print different forms: choose one."
STDIN_IS_TERMINAL = (
    "- is an image that comes through a pipe, and standard input is a terminal: name a file, or "
    "type `cnn-tui predict RUN - < IMAGE`."
)
STDIN_IS_EMPTY = (
    "standard input is empty, and - is an image that comes through it: see whether the program "
    "before the pipe has failed."
)
CSV_HEAD = ("file", "class", "probability")


def stdin_too_large(most: int) -> str:
    return f"standard input has more than {numbers.size(most)}: save it, and name the file."


def missing(places: Sequence[str]) -> str:
    return (
        f"there is no image, folder or archive {examples(places)}: check the path, which begins at "
        "the folder where you are."
    )


def run_first(run: str, images: str) -> str:
    return f"the run comes first: `cnn-tui predict {typed(run)} {typed(images)}`."


def no_file(place: str) -> str:
    return (
        f"{harmless(place)} is neither a file nor a folder: let an image come through a pipe, and "
        "name it `-`."
    )


def unknown_device(device: str) -> str:
    return f"there is no device '{harmless(device)}': choose auto, cpu, cuda or cuda:N."


def unreadable(file: str, why: str) -> str:
    return f"{harmless(file)} cannot be read: {harmless(why)}"


def stdin_unreadable(why: str) -> str:
    return (
        f"what comes through the pipe is no image that can be read: {harmless(why)}; for a list of "
        "paths, type `xargs -d '\\n' cnn-tui predict RUN < LIST`"
    )
