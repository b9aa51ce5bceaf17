"""Sentences for the user about a Keras training."""

from __future__ import annotations

from cnn_tui.watching.obeying_text import reason

RATE_IS_A_SCHEDULE = (
    "the optimizer was made with a LearningRateSchedule, which Keras computes inside its step: "
    "make it with a number and a LearningRateScheduler callback to steer it."
)
NO_SINGLE_RATE = (
    "this model has no single optimizer with a learning rate: compile it with one to steer that."
)
EPOCHS_ARE_FIXED = (
    "fit() was called with its number of epochs, which cannot change while it runs: stop the run, "
    "or steer the rate alone."
)
NO_DATA = "pass the validation images to see this: cnn_tui.KerasCallback(data=(x_val, y_val))."
NO_IMAGES = (
    "data= holds no images: pass arrays of images (N, height, width, channels) with their labels."
)
NO_KERNELS = "this model has no two-dimensional convolution and so no kernels: look at another run."
NO_AUGMENTED = (
    "no callback sees what fit() does to its training images: look at those of data= instead (e)."
)
FIT_NEVER_ENDED = "fit() has ended without a word: look at what the script printed last."
DATA_IS_A_PAIR = "data must be two arrays of the same length: data=(x_val, y_val)."


def no_images_known(epoch: int) -> str:
    return (
        f"which images were in this cell in epoch {epoch} is known no more: choose the last epoch."
    )


def not_watched(error: BaseException) -> str:
    return (
        f"this training can be watched no longer, since that failed ({reason(error)}); it goes on: "
        "leave data= out of cnn_tui.KerasCallback, or update cnn-tui, before the next one."
    )
