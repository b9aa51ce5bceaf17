"""Sentences for the user about trained networks."""

from __future__ import annotations

from collections.abc import Sequence

from engine import numbers
from engine.text import examples, harmless

LOADING, PREDICTING = "loading the network", "predicting"


def still_training(run: str, file: str, epoch: int) -> str:
    when = f"after epoch {epoch:,}" if epoch else "in its first epoch"
    return (
        f"{harmless(run)} is still training: its {file} is used, saved {when}; a later one may "
        "predict otherwise."
    )


def dim_images(files: Sequence[str], share: float, levels: tuple[float, ...]) -> str:
    are = "image of more than 8 bits is" if len(files) == 1 else "images of more than 8 bits are"
    known = (
        f"the levels of the training from {levels[0]:g} to {levels[1]:g}"
        if levels
        else "the range of their kind, by which they are judged"
    )
    return (
        f"{len(files):,} {are} nearly black ({examples(files)}): the values use at most "
        f"{numbers.share(share)} of {known}, so scale them like the images of the training."
    )


def undescribed(path: object) -> str:
    return (
        f"{harmless(str(path))} was saved by an older version and lacks class names, size and "
        "normalisation: `cnn-tui resume` its run once, which saves them."
    )


def code_needed(path: object, arch: str) -> str:
    file, _, function = arch.rpartition(":")
    name = f"{file.rpartition('/')[2]}:{function}"
    return (
        f"the network of {harmless(str(path))} is made by {harmless(name)}, which is not kept "
        "beside it, and code in a checkpoint is never run: add --arch FOLDER/"
        f"{harmless(name)}, or name the run itself."
    )


def weights_do_not_fit(path: object, arch: str, why: str) -> str:
    return (
        f"the weights in {harmless(str(path))} do not fit the network {harmless(arch)} "
        f"({harmless(why)}): check its file or its library, which has changed since."
    )
