"""Sentences for the user about a Keras training."""

from __future__ import annotations

RATE_IS_A_SCHEDULE = (
    "the optimizer was made with a LearningRateSchedule, which Keras computes inside its step: "
    "make it with a number and a LearningRateScheduler callback to steer it."
)
NO_SINGLE_RATE = "this model has no single optimizer with a learning rate to steer."
EPOCHS_ARE_FIXED = (
    "fit() was called with its number of epochs, which cannot change while it runs: stop the run, "
    "or steer the rate alone."
)
NO_DATA = "pass the validation images to see this: cnn_tui.KerasCallback(data=(x_val, y_val))."
NO_IMAGES = "the arrays of `data` are no images (N, height, width, channels)."
NO_KERNELS = "this model has no two-dimensional convolution and so no kernels."
NO_AUGMENTED = "what fit() does to its training images is not seen by a callback."
DATA_IS_A_PAIR = "data must be two arrays of the same length: data=(x_val, y_val)."


def no_maps(layer: str) -> str:
    return f"the layer {layer!r} has no feature maps: choose a convolution."


def no_such_image(count: int) -> str:
    return f"there are {count:,} validation images: ask for one from 0 to {count - 1}."


def no_images_known(epoch: int) -> str:
    return (
        f"which images were in this cell in epoch {epoch} is known no more: choose the last epoch."
    )
