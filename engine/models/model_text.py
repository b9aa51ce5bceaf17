"""Sentences for the user about models and their weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from engine.text import PIP, harmless, nearest


def input_too_small(arch: str, least: int, given: int) -> str:
    return (
        f"{arch} needs images of {least} pixels or more, not {given}: use --set size={least}, "
        "or another architecture."
    )


def no_dropout_in_small(arch: str, size: int) -> str:
    return (
        f"{arch} has dropout between its linear layers, and for images of {size} pixels it has one "
        "such layer only: leave dropout out, or use images above 64 pixels."
    )


def weights_not_here(file: str, folder: object, url: str, why: str) -> str:
    return (
        f"the pretrained weights cannot be loaded ({harmless(why)}): get {file} from {url} and "
        f"put it into {harmless(str(folder))}."
    )


def weights_do_not_fit(source: object) -> str:
    return (
        f"the weights in {harmless(str(source))} belong to another architecture or another form of "
        "it: use the arch, size, act, bn and dropout that they were trained with."
    )


# The most weights that a sentence names.
MOST_NAMES = 3


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return harmless(", ".join(names[:MOST_NAMES])) + more


def taken(
    count: int, total: int, head: Sequence[str], others: Sequence[str], unused: Sequence[str]
) -> str:
    """What a model takes over: `taken 120 of 122; fresh: fc.weight, fc.bias (1000 -> 3 classes)`.

    `head` and `others` are the weights that stay fresh, each with a remark where it has one.
    """
    fresh = [", ".join(each) for each in (head, [_first(others)]) if any(each)]
    parts = [f"taken {count:,} of {total:,}"]
    parts += [f"fresh: {', '.join(fresh)}"] if fresh else []
    parts += [f"unused: {_first(unused)}"] if unused else []
    return "; ".join(parts)


def changed_shape(name: str, then: Sequence[int], now: Sequence[int]) -> str:
    was, is_now = ("×".join(map(str, shape)) or "one number" for shape in (then, now))
    return f"{name} ({was} -> {is_now})"


def changed_classes(name: str, then: int, now: int) -> str:
    """`name` is that of the last weights of the head."""
    return f"{name} ({then:,} -> {now:,} classes)"


def too_few_taken(source: object, arch: str, what: str, ours: Sequence[str]) -> str:
    """`what` is the sentence of `taken`; `ours` are the names that the model looks for."""
    return (
        f"the weights in {harmless(str(source))} are not those of {harmless(arch)}, whose names "
        f"are {_first(ours)} ({what}): use the architecture that they were trained with, or take "
        "what fits with --set partial=true."
    )


def nothing_taken(source: object, arch: str, what: str, ours: Sequence[str]) -> str:
    return (
        f"none of the weights in {harmless(str(source))} fits {harmless(arch)}, whose names are "
        f"{_first(ours)} ({what}): use the architecture that they were trained with."
    )


def unknown_library_model(library: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    hint = f"did you mean {library}/{close[0]}?" if close else "see the list in its documentation."
    return f"{library} has no image classifier '{harmless(name)}': {hint}"


NO_TIMM = (
    f"timm is not installed: install it with `{PIP} install timm`, or use another architecture."
)


def user_file_unreadable(file: object, why: str) -> str:
    return f"the file {harmless(str(file))} cannot be read: {harmless(why)}; check the path."


def user_fails(where: str, error: str) -> str:
    return f"the model cannot be made: {harmless(error)} ({harmless(where)}); repair the file."


def user_exits(where: str) -> str:
    return (
        f"the file of the model ends the program when it is loaded ({harmless(where)}): put what "
        'only a script needs, such as argparse, under `if __name__ == "__main__":`.'
    )


def user_lacks_function(file: str, function: str, names: Iterable[str]) -> str:
    known = [harmless(name) for name in names]
    write = "write one that takes classes and returns a model."
    hint = nearest(function, known) if known else write
    return f"{harmless(file)} has no function {harmless(function)}: {hint}"


def user_script(file: str, function: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} returns TorchScript, whose layers cannot be "
        "watched: return the model without torch.jit."
    )


def user_takes_no_classes(file: str, function: str, definition: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} must take the number of classes: {definition}."
    )


def user_no_model(file: str, function: str, made: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} returns {harmless(made)}: it must return a "
        "torch.nn.Module."
    )


def model_fails(arch: str, images: str, error: str, where: str) -> str:
    at = f"{harmless(error)}; {harmless(where)}" if where else harmless(error)
    return f"{harmless(arch)} fails on images of {images} ({at}): repair it."


def other_channels(arch: str, takes: int, channels: int) -> str:
    have = "1 channel (grey)" if channels == 1 else f"{channels} channels (colour)"
    return (
        f"{harmless(arch)} takes images of {takes} channels, and these have {have}: give its "
        "function a parameter in_channels, and use that in the first layer."
    )


def other_size(arch: str, images: str, error: str, size: int) -> str:
    return (
        f"{harmless(arch)} does not take images of {images} ({harmless(error)}), but those of "
        f"{size} pixels: use --set size={size}."
    )


def other_width(layer: str, takes: int, given: int, images: str) -> str:
    return (
        f"the layer {harmless(layer)} takes {takes:,} values, and gets {given:,} from images of "
        f"{images}: change it to {given:,}."
    )


def no_parameters(arch: str) -> str:
    return f"{harmless(arch)} has no parameters, so it cannot learn: give it a layer with weights."


def all_frozen(arch: str) -> str:
    return (
        f"all parameters of {harmless(arch)} are frozen, so it cannot learn: leave requires_grad "
        "true for the layer that makes the logits at least."
    )


def no_gradient(arch: str) -> str:
    return (
        f"the logits of {harmless(arch)} have no gradient, so it cannot learn: call its layers "
        "without no_grad() and detach()."
    )


def wrong_output(arch: str, given: str, images: int, classes: int) -> str:
    return (
        f"{harmless(arch)} returns {harmless(given)} for {images} images and {classes} classes: a "
        f"model must return one tensor of logits, ({images}, {classes})."
    )


HEAD_FROZEN = (
    "freeze leaves only the layer that makes the logits to learn, but the model freezes that layer "
    "itself: leave freeze out, or set requires_grad of that layer."
)
