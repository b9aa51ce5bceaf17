"""The presets: the recipe fields that each one sets for an architecture and a data set.

Learning rates and weight decays come from the papers, or from training scripts that reproduce them.
A field that a preset does not set keeps the default of `Recipe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from engine import text
from engine.catalog import architecture_names, architectures, datasets
from engine.errors import UsageError
from engine.recipes.recipe import PHOTOGRAPH, PHOTOGRAPH_SIZE
from engine.recipes.styles import style

Fields: TypeAlias = Mapping[str, Any]

PRESETS: Mapping[str, str] = {
    "quick": "a good result in a few minutes: one-cycle, light augmentation",
    "best": "the training that the literature reports for the architecture",
    "photo": "for photographs, at 224 pixels: random resized crops; milder from pretrained weights",
    "article": "the Keras tutorial: Adam, 120 epochs, rate ×0.1 from epoch 77 and from epoch 102",
    "article-plateau": "article, and rate ×0.2 after 5 epochs without a lower validation loss",
}

# The presets that `auto` chooses from: for photographs, and for other images.
PHOTO_NAME, QUICK_NAME = "photo", "quick"
# What `--recipe` takes.
AUTO = "auto"
CHOICES: Mapping[str, str] = {
    AUTO: "photo for a folder of photographs and a network made for ImageNet, else quick",
    **PRESETS,
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

# Photographs. What all architectures share is from torchvision's recipe (Vryniotis 2021, "How to
# train state-of-the-art models using TorchVision's latest primitives"): TrivialAugment, random
# erasing, label smoothing, EMA, no decay of norms. Images grow, as in Leclerc et al. 2023, "FFCV:
# accelerating training by removing data bottlenecks", whose 88 epochs these are about; there they
# grow from 160 to 192 pixels after three quarters of the epochs. Crops show a quarter of an image
# or more, not 8 % as for ImageNet: the training is shorter, and the sets of users are smaller.
# Validation sees 95 % of the side, as in Wightman et al. 2021, "ResNet strikes back".
PHOTO_IMAGES: Fields = {
    "size": PHOTOGRAPH_SIZE,
    "size_start": 128,
    "crop_pct": 0.95,
    "crop_scale": (0.25, 1.0),
    "flip": True,
    "auto_augment": "trivialaugment",
    "erasing": 0.1,
}

# The rates of torchvision and of FFCV's ResNet-18 (0.5 for 1,024 images) would be 0.03 here; a user
# has fewer steps. The decay is FFCV's for ResNet-18. Small networks learn more without mixing.
PHOTO: Fields = {
    **PHOTO_IMAGES,
    "epochs": 90,
    "batch": 64,
    "lr": 0.05,
    "weight_decay": 5e-5,
    "schedule": "cosine",
    "warmup": 5.0,
    "label_smoothing": 0.1,
    "ema": 0.9998,
}

# Deep networks: with the mixing of torchvision's recipe.
PHOTO_DEEP: Fields = {**PHOTO, "weight_decay": 1e-4, "mixup": 0.2, "cutmix": 1.0}

# EfficientNet and MobileNetV2 by AdamW, as `best`; erasing as timm trains EfficientNet-B0. The
# default of drop path is the paper's (Tan & Le 2019): the last branch survives with 0.8.
PHOTO_MOBILE: Fields = {
    **PHOTO,
    "optimizer": "adamw",
    "lr": 1e-3,
    "weight_decay": 0.05,
    "erasing": 0.2,
}

# Liu et al. 2022, table 5, as `best`, with a drop path of 0.1; the policy is torchvision's.
PHOTO_CONVNEXT: Fields = {
    **PHOTO,
    "epochs": 300,
    "optimizer": "adamw",
    "lr": 5e-4,
    "weight_decay": 0.05,
    "warmup": 20.0,
    "ema": 0.9999,
    "erasing": 0.25,
    "mixup": 0.8,
    "cutmix": 1.0,
    "drop_path": 0.1,
}

# From pretrained weights: a tenth of the rate, as in Kolesnikov et al. 2020, "Big Transfer" (0.003
# after 0.03), whose 500 steps for less than 20,000 images are as few. Colours stay as they are, as
# where Chen et al. 2020, "A simple framework for contrastive learning", fine-tune (appendix B.8).
# Half of an image or more stays visible, since little is to be learned but the classes. There are
# few steps, so that the EMA is shorter. EfficientNet is fine-tuned by SGD, too;
# docs/photos.md has a small comparison with AdamW.
FINE_TUNING: Fields = {
    **PHOTO,
    "epochs": 20,
    "lr": 5e-3,
    "weight_decay": 1e-4,
    "warmup": 1.0,
    "ema": 0.999,
    "crop_scale": (0.5, 1.0),
    "auto_augment": "none",
}

# AdamW, with twice the rate at which Liu et al. 2022 (table 6) fine-tune ConvNeXt, because the last
# layer is new, and the decay that is PyTorch's default.
FINE_TUNING_ADAMW: Fields = {
    **FINE_TUNING,
    "optimizer": "adamw",
    "lr": 1e-4,
    "weight_decay": 1e-2,
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
    "photo": {
        "": PHOTO,
        "alexnet": {**PHOTO, "lr": 0.01, "clip": 2.0},
        "vgg": {**PHOTO, "lr": 0.01, "clip": 2.0},
        "deep-resnet": PHOTO_DEEP,
        "mobile": PHOTO_MOBILE,
        "convnext": PHOTO_CONVNEXT,
    },
}
# The same from trained weights, where a preset trains them in another way.
FINE_TUNED: Mapping[str, Mapping[str, Fields]] = {
    "photo": {
        "": FINE_TUNING,
        "convnext": {**FINE_TUNING_ADAMW, "drop_path": 0.1},
    },
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
    "photo": {**ROTATED, "crop_scale": (), "auto_augment": "none"},
}

# Published data sets are small squares, which stay as they are.
OF_SMALL_SQUARES: Fields = {"size": "auto", "size_start": 0, "crop_pct": 1.0}

# A published data set with fewer training images gets no larger batch.
SMALL_PUBLISHED_SET, SMALL_PUBLISHED_BATCH = 10_000, 64
DEFAULT_BATCH = 128

# Of fewer training images in a folder or an archive, an epoch of a preset's batch has so few steps
# that batch norm and the schedule suffer. The batch is halved until there are enough, but not below
# the smallest. With 200 small photographs and `quick`, ResNet-20 had 64 % with a batch of 16, and
# 47 % with 128. A lower rate, and a batch of 8 for 100 images, were no better.
ENOUGH_STEPS_PER_EPOCH, SMALLEST_FITTED_BATCH = 8, 16
# Of so many training images, every preset keeps its batch.
ENOUGH_IMAGES = ENOUGH_STEPS_PER_EPOCH * max(
    int(fields["batch"])
    for by_style in (*FIELDS_BY_STYLE.values(), *FINE_TUNED.values())
    for fields in by_style.values()
)

# The usual learning rate of each optimiser, for a recipe that departs from its preset's optimiser.
DEFAULT_RATES: Mapping[str, float] = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "muon": 5e-3}


def chosen(arch: str, shorter_side: int) -> str:
    """The preset that `auto` stands for.

    `shorter_side` is the median of those of the user's images in pixels, or 0 for other data.
    """
    return PHOTO_NAME if shorter_side >= PHOTOGRAPH and suits_photographs(arch) else QUICK_NAME


def batch_for(batch: int, images: int) -> int:
    """The batch in place of a preset's for so many training images; 0 images are unknown."""
    if images:
        while images // batch < ENOUGH_STEPS_PER_EPOCH and batch >= 2 * SMALLEST_FITTED_BATCH:
            batch //= 2
    return batch


def rate_scale(batch: int, smaller: int) -> float:
    """The factor of a preset's learning rate where a smaller batch takes the place of its own.

    The rate shrinks with the batch only above `DEFAULT_BATCH`.
    """
    return max(DEFAULT_BATCH, smaller) / max(DEFAULT_BATCH, batch)


def suits_photographs(arch: str) -> bool:
    """Whether an architecture was made for images of the size of ImageNet's."""
    named = architecture_names.library_model(arch)
    return architectures.has_weights(arch) or named is not None


def preset(name: str, arch: str, data: str, *, fine_tunes: bool = False) -> dict[str, Any]:
    """The fields that this preset sets for an architecture and a data set.

    `fine_tunes` says that the training starts from trained weights. Raises UsageError for an
    unknown name.
    """
    if name not in PRESETS:
        raise UsageError(text.unknown_preset(name, CHOICES))
    styles = (FINE_TUNED if fine_tunes and name in FINE_TUNED else FIELDS_BY_STYLE)[name]
    fields = {"preset": name, **styles.get(style(arch), styles[""])}
    if not architectures.adjustable(arch, "drop_path"):
        fields.pop("drop_path", None)
    known = datasets.DATASETS.get(data)
    if known is None:
        return fields
    if "size" in fields:
        fields |= OF_SMALL_SQUARES
    if not known.mirrored:
        fields |= UNMIRRORED[name]
    if known.train_images < SMALL_PUBLISHED_SET:
        fields["lr"] *= rate_scale(fields["batch"], SMALL_PUBLISHED_BATCH)
        fields["batch"] = min(SMALL_PUBLISHED_BATCH, fields["batch"])
    return fields
