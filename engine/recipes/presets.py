"""The presets: the recipe fields that each one sets for an architecture and a data set.

Learning rates and weight decays come from the papers, or from training scripts that reproduce them.
A field that a preset does not set keeps the default of `Recipe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from engine import text
from engine.catalog import datasets
from engine.errors import UsageError

Fields: TypeAlias = Mapping[str, Any]

PRESETS: Mapping[str, str] = {
    "quick": "a good result in a few minutes: one-cycle, light augmentation",
    "best": "the training that the literature reports for the architecture",
    "article": "the Keras tutorial: Adam, 120 epochs, rate ×0.1 from epoch 77 and from epoch 102",
    "article-plateau": "article, and rate ×0.2 after 5 epochs without a lower validation loss",
}

# The style of an architecture. Architectures of one style are trained alike.
STYLES: Mapping[str, str] = {
    "lenet5": "lenet",
    "alexnet": "alexnet",
    **dict.fromkeys(("vgg11", "vgg13", "vgg16", "vgg19"), "vgg"),
    **dict.fromkeys(("vgg11-bn", "vgg13-bn", "vgg16-bn", "vgg19-bn"), "vgg-bn"),
    **dict.fromkeys(("resnet20", "resnet32", "resnet44", "resnet56"), "cifar-resnet"),
    **dict.fromkeys(("plain20", "plain32", "plain44", "plain56"), "cifar-resnet"),
    **dict.fromkeys(("resnet110", "plain110"), "deep-cifar-resnet"),
    **dict.fromkeys(("mobilenet-v2", "efficientnet-b0"), "mobile"),
    "convnext-tiny": "convnext",
    "speednet": "speednet",
}

QUICK: Fields = {"epochs": 30, "batch": 128, "lr": 0.1, "crop": 4, "flip": True}

QUICK_ADAMW: Fields = {
    **QUICK,
    "optimizer": "adamw",
    "lr": 2e-3,
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
}

# The 96 % variant of Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU". Rate and decay
# are converted from the summed loss to the mean loss. An EMA replaces the lookahead, and test-time
# augmentation uses mirror images only.
SPEEDNET: Fields = {
    "epochs": 37,
    "batch": 1024,
    "lr": 1.17,
    "momentum": 0.85,
    "weight_decay": 1.33e-3,
    "norm_bias_lr": 64.0,
    "schedule": "linear",
    "peak": 0.23,
    "label_smoothing": 0.2,
    "ema": 0.95,
    "crop": 4,
    "cutout": 12,
    "fill": "reflect",
    "flip": "alternating",
    "tta": True,
}

# Muon in place of SGD, as in airbench94_muon by the same author. The rates are for the Muon of this
# program; benchmarks/README.md has the results.
QUICK_SPEEDNET: Fields = {
    **SPEEDNET,
    "epochs": 10,
    "optimizer": "muon",
    "lr": 0.025,
    "momentum": 0.6,
    "weight_decay": 0.5,
    "norm_bias_lr": 1.0,
    "peak": 0.0,
    "crop": 2,
    "cutout": 0,
}

# DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout",
# with a cosine schedule.
BEST: Fields = {
    "epochs": 200,
    "batch": 128,
    "lr": 0.1,
    "weight_decay": 5e-4,
    "decay_norms": True,
    "schedule": "cosine",
    "crop": 4,
    "fill": "constant",
    "flip": True,
    "cutout": 16,
}

# He et al. 2015, section 4.2: 64,000 steps, rate ×0.1 after 32,000 and after 48,000.
CIFAR_RESNET: Fields = {
    "epochs": 164,
    "batch": 128,
    "lr": 0.1,
    "nesterov": False,
    "weight_decay": 1e-4,
    "decay_norms": True,
    "schedule": "step",
    "milestones": (83, 124),
    "crop": 4,
    "fill": "constant",
    "flip": True,
}

# Krizhevsky et al. 2012, with the milestones of torchvision's reference script.
ALEXNET: Fields = {
    "epochs": 90,
    "batch": 128,
    "lr": 0.01,
    "nesterov": False,
    "weight_decay": 5e-4,
    "decay_norms": True,
    "schedule": "step",
    "milestones": (31, 61),
    "crop": 4,
    "fill": "constant",
    "flip": True,
}

BEST_ADAMW: Fields = {
    "epochs": 200,
    "batch": 128,
    "optimizer": "adamw",
    "lr": 1e-3,
    "weight_decay": 0.05,
    "schedule": "cosine",
    "warmup": 5.0,
    "label_smoothing": 0.1,
    "ema": 0.9995,
    "crop": 4,
    "flip": True,
    "erasing": 0.25,
    "mixup": 0.2,
}

# Liu et al. 2022, "A ConvNet for the 2020s", table 5. The rate is scaled down from batch 4096, then
# raised for data sets less varied than ImageNet.
CONVNEXT: Fields = {
    **BEST_ADAMW,
    "epochs": 300,
    "lr": 5e-4,
    "warmup": 20.0,
    "ema": 0.9999,
    "mixup": 0.8,
    "cutmix": 1.0,
}

# The Keras tutorial; see `engine/models/families/article_resnet.py`.
ARTICLE: Fields = {
    "epochs": 120,
    "batch": 64,
    "optimizer": "adam",
    "lr": 1e-3,
    "momentum": 0.9,
    "beta2": 0.999,
    "eps": 1e-7,
    "weight_decay": 0.0,
    "schedule": "step",
    "milestones": (77, 102),
    "gamma": 0.1,
    "rotate": 15.0,
    "shift": 0.1,
    "flip": True,
    "zoom": 0.1,
    "fill": "nearest",
}

# The same tutorial as its author meant it. There, the scheduler sets the rate anew before each
# epoch, so that its ReduceLROnPlateau (factor 0.2, patience 5, min_lr 1e-5) never acts. Here both
# act, and the plateau counts as Keras does: a flat loss lowers the rate from epochs 7 and 12 on.
ARTICLE_PLATEAU: Fields = {
    **ARTICLE,
    "plateau": True,
    "plateau_factor": 0.2,
    "plateau_patience": 5,
    "plateau_rule": "keras",
    "lr_floor": 1e-5,
}

# The fields by preset, then by style. The style "" stands for every other architecture.
FIELDS_BY_STYLE: Mapping[str, Mapping[str, Fields]] = {
    "quick": {
        "": QUICK,
        "lenet": {**QUICK, "lr": 0.05},
        "alexnet": {**QUICK, "lr": 0.02, "clip": 2.0},
        "vgg": {**QUICK, "lr": 0.02, "clip": 2.0},
        "mobile": QUICK_ADAMW,
        "convnext": {**QUICK_ADAMW, "lr": 1e-3},
        "speednet": QUICK_SPEEDNET,
    },
    "best": {
        "": BEST,
        "lenet": {**QUICK, "epochs": 100, "lr": 0.05},
        "alexnet": ALEXNET,
        "vgg": {**BEST, "lr": 0.01, "warmup": 5.0, "cutout": 0},
        "vgg-bn": {**BEST, "lr": 0.05},
        "cifar-resnet": CIFAR_RESNET,
        "deep-cifar-resnet": {**CIFAR_RESNET, "warmup": 1.0},
        "mobile": BEST_ADAMW,
        "convnext": CONVNEXT,
        "speednet": SPEEDNET,
    },
    "article": {"": ARTICLE},
    "article-plateau": {"": ARTICLE_PLATEAU},
}

# A mirrored digit means something else, and a partly erased one may. For such data sets the presets
# rotate and shift instead.
ROTATED: Fields = {
    **{"crop": 0, "flip": False, "rotate": 10.0, "shift": 0.08},
    **{"cutout": 0, "erasing": 0.0, "fill": "nearest", "tta": False},
}
UNMIRRORED: Mapping[str, Fields] = {
    "quick": {**ROTATED, "epochs": 20},
    "best": ROTATED,
    "article": {"flip": False},
    "article-plateau": {"flip": False},
}

# A data set with fewer than `SMALL_IMAGES` training images gets a smaller batch. The learning rate
# shrinks with the batch only if the batch of the preset is above `DEFAULT_BATCH`.
SMALL_IMAGES, SMALL_BATCH = 10_000, 64
DEFAULT_BATCH = 128

# The usual learning rate of each optimiser, for a recipe that departs from its preset's optimiser.
DEFAULT_RATES: Mapping[str, float] = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "muon": 5e-3}


def preset(name: str, arch: str, data: str) -> dict[str, Any]:
    """The fields that this preset sets for an architecture and a data set.

    Raises UsageError for an unknown name.
    """
    if name not in PRESETS:
        raise UsageError(text.unknown_preset(name, PRESETS))
    styles = FIELDS_BY_STYLE[name]
    fields = {"preset": name, **styles.get(STYLES.get(arch, ""), styles[""])}
    known = datasets.DATASETS.get(data)
    if known is not None and not known.mirrored:
        fields |= UNMIRRORED[name]
    if known is not None and known.train_images < SMALL_IMAGES:
        fields["lr"] *= DEFAULT_BATCH / max(DEFAULT_BATCH, fields["batch"])
        fields["batch"] = min(SMALL_BATCH, fields["batch"])
    return fields
