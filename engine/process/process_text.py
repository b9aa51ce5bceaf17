"""Sentences for the user from the engine process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from engine.machine import machine_text
from engine.numbers import duration, share, significant
from engine.start import start_text
from engine.text import harmless, in_epochs, in_steps, typed

# What a start does before its first phase: the interpreter, and the command line where it is one.
PYTHON = "Python"
START_PHASES = {
    "starting": PYTHON,
    "loading PyTorch": "PyTorch",
    "loading model": "model",
    "training": "first step",
    **{f"loading {note}": "measuring" for note in machine_text.WHOLE_NOTES},
}
# A phase of a start that takes fewer seconds is not told.
SHORT_PHASE = 0.05


def start_phase(name: str, note: str) -> str:
    """What a phase is called among those of a start; loading anything else is loading images."""
    usual = "images" if name == "loading" else name
    return START_PHASES.get(f"{name} {note}".rstrip(), usual)


def start_cost(total: float, seconds: Mapping[str, float]) -> str:
    told = [f"{name} {duration(s)}" for name, s in seconds.items() if s >= SHORT_PHASE]
    parts = f": {', '.join(told)}" if told else ""
    return f"the first step came after {duration(total)}{parts}"


def test_left_out(why: str) -> str:
    return f"the test images were not evaluated, since the best checkpoint is missing: {why}"


def out_of_patience(patience: int, best_epoch: int, selector: str, total: int) -> str:
    return (
        f"{in_epochs(patience)} brought no better validation accuracy than epoch {best_epoch}, so "
        f"the training ends here: go on with `cnn-tui resume {typed(selector)} --epochs "
        f"{total}`, and add --set patience=0 to train all epochs."
    )


PRETRAINED_WEIGHTS = "torchvision's weights for ImageNet"


def head_left_fresh(source: object, then: Sequence[str] | None, now: Sequence[str]) -> str:
    why = (
        f"has other classes ({start_text.class_changes(then, now)})"
        if then
        else "does not name its classes"
    )
    return (
        f"{harmless(str(source))} {why}, so the last layer starts anew, and all "
        "others from those of the file."
    )


def weights_taken(
    source: object, where: str, left: str, what: str, unnamed_classes: int | None
) -> str:
    """`where` and `left` are keys in the file: of the weights, and of others that it has."""
    key = f", {harmless(where)}{f' (not {harmless(left)})' if left else ''}" if where else ""
    head = (
        f"; the file names no classes, so its {unnamed_classes:,} outputs are those of the "
        "classes here, in their order"
        if unnamed_classes
        else ""
    )
    return f"{harmless(str(source))}{key}: {what}{head}."


def normalised_as_weights(source: object, normalise: str) -> str:
    """`normalise` is the value of the recipe field."""
    numbers = "ImageNet's mean and deviation" if normalise == "imagenet" else normalise
    return (
        f"the images are normalised with {numbers}, as for {harmless(str(source))}: --set "
        "normalise=data takes their own mean and deviation."
    )


def normalisation_unknown(source: object) -> str:
    return (
        f"{harmless(str(source))} does not tell how its images were normalised, so these take "
        "their own mean and deviation: --set normalise=imagenet takes ImageNet's."
    )


# Resuming


def other_images(run: str, then: Sequence[int], now: Sequence[int]) -> str:
    was, is_now = ("×".join(map(str, shape)) for shape in (then, now))
    return (
        f"the images are {is_now}, and {harmless(run)} was trained on {was}: put the data and "
        "recipe.toml back as they were, or start another run."
    )


def other_list(split: str, then: int, now: int) -> str:
    return f"{now:,} {split} images, not {then:,}" if then != now else f"other {split} images"


def other_labels(split: str) -> str:
    return f"{split} images with other labels"


def other_contents(split: str) -> str:
    return f"{split} images with other content"


OTHER_DECISIONS = "other decisions on labels"

OTHER_PIXELS = "the same files with other pixels"


def other_lists(run: str, selector: str, changed: Iterable[str]) -> str:
    return (
        f"the images are not those that {harmless(run)} was trained on ({', '.join(changed)}): put "
        f"them back as they were, or use `cnn-tui resume {typed(selector)} --force`, which goes "
        "on with the new images from the next epoch and is not bit-exact."
    )


def images_to_inspect_changed(run: str, changed: Iterable[str]) -> str:
    return (
        f"the images are not those that {harmless(run)} was trained on ({', '.join(changed)}), so "
        "they cannot be shown: put them back as they were."
    )


def resumed_with_other_lists(changed: Iterable[str], *, other_validation: bool) -> str:
    forgotten = (
        "; the best epoch so far is forgotten, since the validation images have changed"
        if other_validation
        else ""
    )
    return (
        f"not bit-exact: the run goes on from the next epoch with other images "
        f"({', '.join(changed)}){forgotten}."
    )


def _changes(fields: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(
        f"{key} = {harmless(now)} (before: {harmless(was)})" for key, (was, now) in fields.items()
    )


def trained_so_far(epochs: int, selector: str) -> str:
    return (
        f"nothing was left to train: the run has {in_epochs(epochs)} already, as many as were "
        f"asked for; train the rest with `cnn-tui resume {typed(selector)}`."
    )


def settings_changed(fields: Mapping[str, tuple[str, str]]) -> str:
    return f"the run goes on with {_changes(fields)}."


def settings_edited(fields: Mapping[str, tuple[str, str]]) -> str:
    return (
        f"not bit-exact: recipe.toml was edited, and the run goes on with {_changes(fields)}; for "
        "an exact resume, put the file back as it was."
    )


def gpu_unusable(why: str) -> str:
    return (
        f"a GPU is here but PyTorch cannot use it, so the run is on the CPU "
        f"({harmless(why)}): install a PyTorch build for its driver."
    )


def untested_torch(version: str, tested: str) -> str:
    return (
        f"PyTorch {harmless(version)} is newer than {tested}, the newest that cnn-tui was tested "
        "with: if the run goes wrong, try that version."
    )


def ranks_ended(name: str, selector: str, ranks: int) -> str:
    return (
        f"one of the {ranks} processes of {harmless(name)} ended without a message, so all of them "
        f"were ended (see engine.log): go on with `cnn-tui resume {typed(selector)}`."
    )


# Parts of PyTorch's message; its units are powers of 1024.
REQUESTED = re.compile(r"Tried to allocate ([0-9.]+ \w+)")

FREE = re.compile(r"of which ([0-9.]+ \w+) is free")


def out_of_memory(batch: int, parts: int, message: str, selector: str, *, saved: bool) -> str:
    """A process learned from `batch` images in so many parts; `message` is PyTorch's.

    `selector` is empty for a rehearsal, which leaves no run. `saved` says whether that run has a
    checkpoint.
    """
    requested, free = REQUESTED.search(message), FREE.search(message)
    amounts = f", where {requested[1]} more were requested" if requested else ""
    amounts += f" and {free[1]} were free" if requested and free else ""
    if parts >= batch:
        return (
            f"the device ran out of memory with one image{amounts}: try a smaller size, --set size."
        )
    images = f"{batch:,} images" + (f" in {parts} parts" if parts > 1 else " at a time")
    setting = smaller_parts(batch, parts)
    then = "goes on from the last checkpoint" if saved else "begins again"
    how = (
        f"resume with `cnn-tui resume {typed(selector)} --set {setting}`, which {then}"
        if selector
        else f"add --set {setting}"
    )
    return f"the device ran out of memory with {images}{amounts}: {how}."


def smaller_parts(batch: int, parts: int) -> str:
    """The setting for twice as many parts of so many images, as far as there are images."""
    return f"accumulate={min(2 * parts, batch)}"


MARGINS_ALONE = (
    "all that the network says about each training image would take too much memory, with so many "
    "images of so many classes: the run keeps how sure the network is of each label, and doubtful "
    "labels are ranked by this alone."
)
TRIES_MEMORY = "trying how much fits into the memory"


def learned_in_parts(batch: int, parts: int, *, batch_norm: bool) -> str:
    least, most = batch // parts, -(-batch // parts)
    images = f"{most}" if least == most else f"{least} or {most}"
    norm = (
        f"; batch norm takes mean and deviation from each part alone, as with batches of {images}"
        if batch_norm
        else ""
    )
    return (
        f"a step learns from its {batch:,} images in {parts:,} parts of {images}, whose gradients "
        f"add up to those of the batch{norm}."
    )


def takes_one_size(arch: str, start: int, size: int) -> str:
    return (
        f"{arch} takes images of {size} pixels alone, and size_start = {start} begins with smaller "
        "ones: use --set size_start=0, or an architecture that takes any size, such as resnet18."
    )


def not_compiled(why: str) -> str:
    return (
        f"the model could not be compiled ({harmless(why)}), so it is trained without; engine.log "
        "has the details, and --compile off skips the attempt."
    )


def loss_explodes(loss: float, before: float) -> str:
    return (
        f"the loss has grown from {significant(before)} to {significant(loss)}: try a lower "
        "learning rate (here with s), a warm-up, or --set clip=1."
    )


def gradient_explodes(norm: float, usual: float, layer: str) -> str:
    return (
        f"the gradient has grown from {significant(usual)} to {significant(norm)}, most in "
        f"{harmless(layer)}: try a lower learning rate (here with s), a warm-up, or --set clip=1."
    )


def learns_nothing(epochs: int, top1: float, chance: float) -> str:
    return (
        f"after {epochs} epochs the validation accuracy is {share(top1)}, no better than a "
        f"guess ({share(chance)}): check the labels, and try another learning rate, mostly a "
        "lower one."
    )


def batch_not_kept(refusal: str) -> str:
    """`refusal` is what `text.refused` says, here and below."""
    return f"the batch that broke the loss was not kept: {refusal}."


def not_saved_broken(file: str) -> str:
    return (
        f"{file} was not saved, since some weights are not finite: the checkpoint before it is "
        "still whole, so resume from it with a lower learning rate."
    )


def small_norm_batch(batch: int, enough: int) -> str:
    return (
        f"batch norm sees only {batch} images at a time, too few for a good estimate of the mean: "
        f"use --set batch={enough} or more, or an architecture without batch norm."
    )


def small_norm_part(images: int) -> str:
    """A resume may change the parts of a batch, but not the batch."""
    return (
        f"batch norm sees only {images} images at a time, too few for a good estimate of the mean: "
        "a resume with --set accumulate=1 lets it see all that a step learns from, where they fit "
        "into the memory."
    )


def batch_of_all(batch: int, images: int) -> str:
    return f"batch {batch:,} is more than the {images:,} training images: {images:,} is used."


def few_steps(in_epoch: int, in_all: int, batch: int) -> str:
    """`batch` is a better one, or 0."""
    steps = "one step" if in_epoch == 1 else in_steps(in_epoch)
    return (
        f"an epoch has only {steps}, and the run {in_all:,} in all: a smaller batch (--set "
        f"batch={batch or 'N'}) or more epochs (--epochs N) learns more."
    )


def fitted_batch(batch: int, usual: int, images: int, in_epoch: int) -> str:
    """True as well where the user asked for that batch, which a recipe does not tell."""
    return (
        f"an epoch of the {images:,} training images has {in_steps(in_epoch)} with batch {batch}: "
        f"the recipe's usual one, {usual:,}, is large for so few."
    )


def flip_changes_labels(title: str) -> str:
    return f"a mirrored image of {title} shows something else: leave flip and tta false."


def high_rate(lr: float, usual: float, optimizer: str) -> str:
    return (
        f"lr = {lr:g} is {lr / usual:.0f} times what {optimizer} usually takes here: if the loss "
        f"does not fall, try --set lr={usual:g}."
    )


def batch_of_one(arch: str, layer: str, enough: int) -> str:
    return (
        f"{harmless(arch)} cannot train on one image at a time, since the batch norm {layer} needs "
        f"two values at least: use --set batch={enough} or more."
    )


def left_by(file: str, line: int, code: int) -> str:
    return f"{harmless(os.path.basename(file))}, line {line}, called os._exit({code})"


def crashed(error: str) -> str:
    return f"the training stopped on an error of the program: {harmless(error)} (see engine.log)."


def request_crashed(error: str) -> str:
    return f"an error of the program: {harmless(error)}; please report it with the command."


def own_model_failed(line: str, error: str, selector: str) -> str:
    """`selector` is empty where a checkpoint holds the run to the file that it has."""
    then = f"go on with `cnn-tui resume {typed(selector)}`" if selector else "start a new run"
    # PyTorch says so, in several ways, where one tensor of an operation is on the CPU.
    elsewhere = "same device" in error or "expected device" in error
    how = "make its tensors with device=x.device, or with self.register_buffer" if elsewhere else ""
    repair = f"repair that file ({how})" if how else "repair that file"
    return (
        f"the training stopped on an error of the model ({harmless(line)}): {harmless(error)}; "
        f"{repair} and {then} (engine.log has the traceback)."
    )


def journal_failed(selector: str, refusal: str) -> str:
    return (
        f"the journal cannot be written: {refusal}, then go on with "
        f"`cnn-tui resume {typed(selector)}`."
    )


def nothing_to_save(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to save."


def nothing_to_show(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to look at: ask again later."


def nothing_to_steer(phase: str) -> str:
    return f"nothing is trained yet ({phase}), so there is nothing to steer: ask again later."


def nothing_to_inspect(name: str) -> str:
    return (
        f"{harmless(name)} has no checkpoint yet, so there is nothing to look at: resume it first."
    )


def lines_dropped(count: int) -> str:
    lines = "1 line was" if count == 1 else f"{count:,} lines were"
    return f"{lines} not printed, because nobody read them: the journal has everything"


# Inspecting data


def published_layout(source: str) -> str:
    return f"a published data set: {source}"


# Predictions


def looks_labelled(place: str, network: str) -> str:
    """`network` selects a run, or is a file."""
    return (
        f"the folders in {harmless(place)} are named as classes, which is not used here: "
        f"`cnn-tui test {typed(network)} --data {typed(place)}` measures how often the network is "
        "right."
    )


def no_room_to_predict(device: str) -> str:
    return f"the memory of {device} is too full for a batch of images: add --device cpu."


# The end of a run


def how_to_report(selector: str) -> str:
    return f"to show it: cnn-tui report {typed(selector)}"


# The user's command for the end of a run


def not_started(why: str) -> str:
    return f"could not be started: {harmless(why)}"


def took_too_long(seconds: float) -> str:
    return f"took longer than {duration(seconds)} and was ended"


def command_ended(code: int, seconds: float, said: str) -> str:
    how = f"exited with {code}" if code >= 0 else f"was ended by signal {-code}"
    return f"{how} after {duration(seconds)}" + (f", and said: {harmless(said)}" if said else "")
