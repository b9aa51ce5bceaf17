"""Sentences for the user about exported networks."""

from __future__ import annotations

from engine.numbers import significant
from engine.text import PIP, harmless

ALWAYS_RAW = (
    "--raw changes only --onnx and --pt2: the other files hold weights alone, so leave it out."
)
IMAGES = "reading validation images"


def writing(name: str) -> str:
    return f"writing and checking {name}"


def packages_too_old(why: str) -> str:
    return (
        f"the packages for --onnx do not fit this PyTorch ({harmless(why)}): type "
        f"`{PIP} install --upgrade onnx onnxscript onnxruntime`."
    )


def no_validation_images(why: str) -> str:
    return (
        "the validation images cannot be read, so the files are checked with random images "
        f"instead: {harmless(why)}"
    )


OTHER_SIZE = "they have another size now."
NONE_READABLE = "none of them can be read."


TORCHSCRIPT = "it is a TorchScript model, whose computation is recorded already"
DEPENDS_ON_VALUES = "what it computes depends on values in the images"
FIXED_BATCH = "it works only for one number of images"


def no_translation(operation: str) -> str:
    return f"PyTorch has no translation to ONNX of {harmless(operation)}"


def cannot_be_exported(name: str, why: str) -> str:
    return (
        f"this network cannot be exported with --{name} ({harmless(why)}): change its forward, or "
        "use --safetensors, which holds the weights alone."
    )


def cannot_be_loaded(name: str, why: str) -> str:
    return (
        f"the file that --{name} wrote cannot be used ({harmless(why)}), so it is not kept: use "
        "another format."
    )


def too_large_for_onnx(size: str, most: str) -> str:
    return (
        f"the weights take {size}, and one ONNX file holds at most {most}: use --pt2 or "
        "--safetensors."
    )


def differs(name: str, difference: float, tolerance: float) -> str:
    return (
        f"the file that --{name} wrote is not kept, since its logits differ from those of the "
        f"network by {significant(difference)} of the largest, and {significant(tolerance)} is "
        "allowed: use another format."
    )


def other_classes(name: str, count: int, images: int) -> str:
    return (
        f"the file that --{name} wrote is not kept, since it puts {count} of {images} images into "
        "another class than the network does: use another format."
    )


NOT_THE_SAME_TWICE = (
    "the network gives the same images other logits each time, also in evaluation mode, so no "
    "file can be checked against it: look for random numbers or dropout in its forward that do "
    "not ask self.training."
)
NOT_THE_SAME_ALONE = (
    "the network gives an image other logits alone than among others, so no file can be checked "
    "against it: look in its forward for means over the batch, and for batch norm with "
    "training=True."
)
NOT_FINITE = (
    "the logits of this network are not all finite numbers, so no file can be checked against "
    "it: export another checkpoint."
)


def not_on_this_disk(title: str) -> str:
    return f"{title} is not on this disk."
