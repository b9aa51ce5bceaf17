"""The style of an architecture: networks of one style are trained alike."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.catalog import architecture_names

# Architectures that are not here have the style "".
STYLES: Mapping[str, str] = {
    "lenet5": "lenet",
    "alexnet": "alexnet",
    **dict.fromkeys(("vgg11", "vgg13", "vgg16", "vgg19"), "vgg"),
    **dict.fromkeys(("vgg11-bn", "vgg13-bn", "vgg16-bn", "vgg19-bn"), "vgg-bn"),
    **dict.fromkeys(("resnet20", "resnet32", "resnet44", "resnet56"), "cifar-resnet"),
    **dict.fromkeys(("plain20", "plain32", "plain44", "plain56"), "cifar-resnet"),
    **dict.fromkeys(("resnet110", "plain110"), "deep-cifar-resnet"),
    **dict.fromkeys(("mobilenet-v2", "efficientnet-b0"), "mobile"),
    **dict.fromkeys(("resnet50", "resnet101", "resnet152"), "deep-resnet"),
    "convnext-tiny": "convnext",
    "speednet": "speednet",
}

# The beginnings of the names of torchvision and timm; the first that fits counts.
LIBRARY_STYLES: Mapping[str, str] = {
    r"alexnet": "alexnet",
    r"vgg\d+_bn": "vgg-bn",
    r"vgg\d": "vgg",
    r"(wide_)?resnex?t(50|101|152)": "deep-resnet",
    r"(tf_)?(mobilenet|efficientnet|mnasnet|mixnet)": "mobile",
    r"convnext": "convnext",
}


def style(arch: str) -> str:
    """The style of an architecture, with that of a library's network by its name; "" for others."""
    library = architecture_names.library_model(arch)
    if library is None:
        return STYLES.get(arch, "")
    fitting = (name for start, name in LIBRARY_STYLES.items() if re.match(start, library.name))
    return next(fitting, "")
