"""Sentences for the user about models and their weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from engine.text import PIP, examples, harmless


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


def not_finite(source: object, names: Sequence[str]) -> str:
    return (
        f"the weights in {harmless(str(source))} hold NaN or infinity ({examples(names)}): use "
        "those of an earlier epoch."
    )


def begins_not_finite(arch: str, names: Sequence[str]) -> str:
    return (
        f"{harmless(arch)} begins with NaN or infinity in {examples(names)}: initialise these "
        "parameters."
    )


def taken(
    count: int, total: int, head: Sequence[str], others: Sequence[str], unused: Sequence[str]
) -> str:
    """What a model takes over: `taken 120 of 122; fresh: fc.weight, fc.bias (1000 -> 3 classes)`.

    `head` and `others` are the weights that stay fresh, each with a remark where it has one.
    """
    fresh = [", ".join(each) for each in (head, [examples(others)]) if any(each)]
    parts = [f"taken {count:,} of {total:,}"]
    parts += [f"fresh: {', '.join(fresh)}"] if fresh else []
    parts += [f"unused: {examples(unused)}"] if unused else []
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
        f"are {examples(ours)} ({what}): use the architecture that they were trained with, or take "
        "what fits with --set partial=true."
    )


def nothing_taken(source: object, arch: str, what: str, ours: Sequence[str]) -> str:
    return (
        f"none of the weights in {harmless(str(source))} fits {harmless(arch)}, whose names are "
        f"{examples(ours)} ({what}): use the architecture that they were trained with."
    )


def unknown_library_model(library: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    hint = f"did you mean {library}/{close[0]}?" if close else "see the list in its documentation."
    return f"{library} has no image classifier '{harmless(name)}': {hint}"


NO_TIMM = (
    f"timm is not installed: install it with `{PIP} install timm`, or use another architecture."
)


def user_script(file: str, function: str) -> str:
    return (
        f"{harmless(function)} in {harmless(file)} returns TorchScript, whose layers cannot be "
        "watched: return the model without torch.jit."
    )


def user_is_no_model(file: str, name: str, kind: str) -> str:
    return (
        f"{harmless(name)} in {harmless(file)} is of type {harmless(kind)}: name a function or a "
        "class that makes a torch.nn.Module, or an instance of one."
    )


def user_asks_for_more(file: str, name: str, unknown: Sequence[str]) -> str:
    wanted = " and ".join(harmless(each) for each in unknown)
    return (
        f"{harmless(name)} in {harmless(file)} asks for {wanted}, and is given only the number of "
        f"classes and channels: write a default for {wanted}."
    )


def user_takes_other(name: str, takes: str, given: str, where: str) -> str:
    return (
        f"{harmless(name)} takes ({harmless(takes)}), was given {harmless(given)}, and what it "
        f"calls does not take that ({harmless(where)}): name it in the parameters, as in "
        f"{harmless(name)}(num_classes, in_channels)."
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


def other_classes(arch: str, outputs: int, classes: int) -> str:
    return (
        f"{harmless(arch)} makes {outputs:,} outputs, and the data has {classes:,} classes: name a "
        f"function or a class that takes num_classes, or make the last layer with {classes:,}."
    )


def two_logits(arch: str, classes: int) -> str:
    return (
        f"{harmless(arch)} returns several tensors of {classes:,} columns in evaluation mode, too: "
        "return the logits alone there, and auxiliary logits only while self.training is true."
    )


def exported(arch: str) -> str:
    return (
        f"{harmless(arch)} is an exported program of torch.export, which has no training mode: "
        "return the model that was exported."
    )


def no_copy(arch: str, why: str) -> str:
    return (
        f"{harmless(arch)} cannot be copied ({harmless(why)}): name a function or a class that "
        "makes the model anew."
    )


def auxiliary_trained(arch: str, count: int, share: float) -> str:
    what = "auxiliary logits" if count == 1 else f"{count} sets of auxiliary logits"
    each = "" if count == 1 else " each"
    return (
        f"{harmless(arch)} returns {what} in training mode: their loss counts {share:g}{each}, and "
        "the loss that is shown is that of the logits alone."
    )


def outputs_ignored(arch: str, count: int) -> str:
    what = "1 tensor" if count == 1 else f"{count} tensors"
    return (
        f"{harmless(arch)} returns {what} beside the logits that cannot be logits by their shape, "
        "which the training ignores."
    )


def takes_no_hooks(arch: str) -> str:
    return (
        f"{harmless(arch)} is TorchScript, or has parts that are: it is trained, and nothing can "
        "look inside these parts, so their layers, health and feature maps are not shown."
    )


def plain_tensors(arch: str, names: Sequence[str], device: str) -> str:
    return (
        f"{harmless(arch)} keeps tensors as plain attributes ({examples(names)}), which were moved "
        f"to {device}: use self.register_buffer, so that checkpoints keep them, too."
    )


HEAD_FROZEN = (
    "freeze leaves only the layer that makes the logits to learn, but the model freezes that layer "
    "itself: leave freeze out, or set requires_grad of that layer."
)
