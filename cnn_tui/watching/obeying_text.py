"""Sentences for the user about what a watched script was asked to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# What was not given to `cnn_tui.watch`

NO_MODEL = "the script did not give its model: pass it as cnn_tui.watch(model, …) to see this."
NO_OPTIMIZER = (
    "the script did not give its optimizer: pass it as cnn_tui.watch(model, optimizer, …) to "
    "change its learning rate."
)
NO_DATA = "the script did not give its images: pass cnn_tui.watch(…, data=val_loader) to see this."
NO_BATCH = (
    "the script's training images are not known: write `for … in run.batches(train_loader)` to "
    "see them."
)
NOTHING_TO_SAVE = (
    "the script gave nothing that could be saved: pass the model and the optimizer to "
    "cnn_tui.watch, or on_checkpoint=."
)
CANNOT_STOP = (
    "the script's loop cannot be ended from here: write `for epoch in run.epochs()` or `for … in "
    "run.batches(loader)`, or press Ctrl+C where it runs."
)
STOPS_AFTER_EPOCH = (
    "the training ends after this epoch, since the script's loop over the batches is its own: with "
    "run.batches(loader) it would end after the step."
)
EPOCHS_NOT_OURS = (
    "the number of epochs is the script's own: write `for epoch in run.epochs()` to change it."
)
SHARDED = (
    "each process of this training holds a part of the weights, so that none can run the model "
    "alone: train without sharding to see this."
)


# Images


def not_indexed(data: object) -> str:
    return (
        f"data is a {type(data).__name__}, which has no items by index: pass a DataLoader over a "
        "data set with __getitem__, or one batch, such as data=next(iter(loader))."
    )


def unreadable(error: BaseException) -> str:
    return f"the images of data= cannot be read ({reason(error)}): repair its data set."


def no_images(batch: object) -> str:
    return (
        f"no images were found in a batch of data=, a {type(batch).__name__}: its items should be "
        "(image, label), or a dictionary with 'image' and 'label'."
    )


def no_such_image(count: int) -> str:
    return f"there are {count:,} images here: ask for one from 0 to {count - 1}."


def no_images_known(epoch: int) -> str:
    return (
        f"the images of this cell in epoch {epoch} are not known: run.evaluate(model, loader) "
        "keeps those of the last epoch, if its loader does not shuffle and has the data set of "
        "data=."
    )


# The model


def model_failed(error: BaseException) -> str:
    return (
        f"the model cannot be run on an image of data= ({reason(error)}): pass data= whose items "
        "are what the model takes, after all that the script's loop does to them."
    )


def no_maps(layer: str) -> str:
    return f"the layer {layer!r} has no feature maps: choose a convolution."


NO_KERNELS = "this model has no convolution and so no kernels: look at another run."


def no_health(error: BaseException) -> str:
    return f"the health of the layers is not measured any more, since it failed: {reason(error)}."


# The learning rate


def no_rate(optimizers: Sequence[object]) -> str:
    kinds = " and ".join(type(one).__name__ for one in optimizers)
    return (
        f"the learning rate of {kinds} cannot be changed from here, since it is no optimizer of "
        "torch.optim with a rate: change it in the script."
    )


RATE_IS_ZERO = (
    "the script's own learning rate is 0 now, so that no factor makes another one of it: wait "
    "until its scheduler raises it."
)


def rate_out_of_range(most: float) -> str:
    return f"a learning rate or factor must be above 0 and at most {most:g}: give another one."


def rate_far_above(rate: float, usual: float) -> str:
    return (
        f"the learning rate would be {rate:.3g}, which is {rate / usual:,.0f} times the highest "
        f"that the script has set ({usual:.3g}): if you mean that, confirm it in the dialog (s)."
    )


STEERED_NOTHING = "nothing to change: give a learning rate, a factor or a number of epochs."


def too_many_epochs(most: int) -> str:
    return f"a run has at most {most:,} epochs: give fewer."


def too_few_epochs(epochs: int, least: int) -> str:
    return (
        f"the run cannot end after {epochs} epochs, since it is in epoch {least}: give {least} or "
        "more."
    )


# Checkpoints

NO_FOLDER = (
    "the recorder has not told where this run is kept, so nothing is saved: try again in a moment."
)


def not_saved(error: BaseException) -> str:
    return (
        f"the checkpoint was not written ({reason(error)}); the training goes on: free some space, "
        "or repair what it names, and save again."
    )


def on_checkpoint_failed(error: BaseException) -> str:
    return (
        f"the script's on_checkpoint failed ({reason(error)}); the training goes on: repair it, or "
        "leave it out to have model and optimizer saved."
    )


def not_plain(where: str, value: object) -> str:
    return (
        f"the checkpoint was not written, since {where} is a {type(value).__name__}, which no safe "
        "file can hold: leave it out of its state_dict, or save it yourself with on_checkpoint=."
    )


def not_loaded(path: object, error: BaseException) -> str:
    return (
        f"{path} cannot be loaded ({reason(error)}): start without run.resume(), or put the file "
        "of this run back."
    )


def incomplete(path: object) -> str:
    return (
        f"{path} does not say where the training was: start without run.resume(), or put the file "
        "of this run back."
    )


def does_not_fit(path: object, what: str, error: BaseException) -> str:
    return (
        f"{path} does not fit the {what} of this script ({reason(error)}): build it as it was when "
        "the checkpoint was written, or start without run.resume()."
    )


def lacks(path: object, what: Iterable[str]) -> str:
    return (
        f"{path} has no state of {', '.join(what)}: leave it out of state= in this run, or start "
        "without run.resume()."
    )


def own_file(path: object) -> str:
    return (
        f"{path} was written by the script's on_checkpoint: pass run.resume(load=…), a function "
        "that loads this file."
    )


# Confusion


def bad_matrix(shape: object, classes: int) -> str:
    wanted = f"{classes} × {classes}" if classes else "square"
    return (
        f"confusion= is not shown: it should be {wanted}, with a row for each true class, and it "
        f"is {shape}."
    )


def unequal_rows(number: int, length: int, before: int) -> str:
    return f"a list whose row {number} has {length} numbers, and the row before it {before}"


BAD_COUNTS = (
    "confusion= is not shown: it should hold counts, which are whole numbers from 0: do not divide "
    "it by its sums."
)


def not_obeyed(error: BaseException) -> str:
    return f"this failed in the script ({reason(error)}); the training goes on."


def reason(error: BaseException) -> str:
    """The first line of an error, with its kind, in a length for a sentence."""
    text = " ".join(str(error).split("\n\n")[0].split())
    shown = text if len(text) <= 160 else f"{text[:159]}…"
    return f"{type(error).__name__}: {shown}".rstrip(": .") if shown else type(error).__name__
