"""What a person reads about models and their weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from engine.text import harmless, nearest


def input_too_small(arch: str, least: int, given: int) -> str:
    return (
        f"{arch} needs images of {least} pixels or more, not {given}: use --set size={least}, "
        "or another architecture."
    )


def no_dropout_in_small(arch: str, size: int) -> str:
    return (
        f"{arch} has dropout between its linear layers, of which images of {size} pixels leave one "
        "only: leave dropout out, or use images above 64 pixels."
    )


def weights_not_here(file: str, folder: object, url: str, why: str) -> str:
    return (
        f"the pretrained weights cannot be loaded ({harmless(why)}): get {file} from {url} and "
        f"put it into {harmless(str(folder))}."
    )


def weights_do_not_fit(source: object) -> str:
    return (
        f"the weights in {harmless(str(source))} are of another architecture or another form of "
        "it: use the arch, size and style that they were trained with."
    )


def unknown_library_model(library: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    hint = f"did you mean {library}/{close[0]}?" if close else "see the list in its documentation."
    return f"{library} has no image classifier '{harmless(name)}': {hint}"


NO_TIMM = "timm is not installed: install it with `pip install timm`, or use another architecture."


def own_unreadable(file: object, why: str) -> str:
    return f"the file {harmless(str(file))} cannot be read: {harmless(why)}; check the path."


def own_fails(where: str, error: str) -> str:
    return f"the model cannot be made: {harmless(error)} ({harmless(where)}); repair the file."


def own_lacks(file: str, function: str, names: Iterable[str]) -> str:
    known = [harmless(name) for name in names]
    hint = nearest(function, known) if known else "write one that takes classes and gives a model."
    return f"{harmless(file)} has no function {harmless(function)}: {hint}"


def own_makes_no_model(file: str, function: str, made: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} gives {harmless(made)}: it must return a "
        "torch.nn.Module."
    )


def model_fails(arch: str, images: str, error: str) -> str:
    return (
        f"{harmless(arch)} does not take images of {images} ({harmless(error)}): use another size, "
        "or another architecture."
    )


def wrong_output(arch: str, given: str, images: int, classes: int) -> str:
    return (
        f"{harmless(arch)} gives {harmless(given)} for {images} images and {classes} classes: a "
        f"model must give one tensor of logits, ({images}, {classes})."
    )
