"""torchvision's published weights, and the normalisation of images that belongs to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine import text
from engine.catalog.data_shape import LARGEST_SMALL_IMAGE
from engine.errors import RunError, UsageError
from engine.models import model_text
from engine.recipes.image_normalisation import Normalisation

IMAGENET_NAME = re.compile(r"n\d{8}")
# These models of torchvision take pixels from -1 to 1. torchvision itself converts ImageNet's
# normalisation in their forward pass, if it loads the weights (`transform_input`).
PIXELS_AROUND_ZERO = ("googlenet", "inception_v3")
AROUND_ZERO = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
# torchvision names its files by the beginning of their digest.
PUBLISHED_FILE = re.compile(r".+-[0-9a-f]{8}\.pth")


def pretrained_weights(arch: str, size: int) -> dict[str, Tensor]:
    """torchvision's ImageNet weights for an architecture, downloaded if they are not here.

    Raises UsageError for small images, because the architecture has another form for them, and
    RunError if the weights cannot be loaded.
    """
    if size <= LARGEST_SMALL_IMAGE:
        raise UsageError(text.pretrained_too_small(size))
    weights = _published(arch)
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except Exception as error:  # network, disk, hash or file format
        file, folder = Path(weights.url).name, Path(torch.hub.get_dir()) / "checkpoints"
        raise RunError(
            model_text.weights_not_here(file, folder, weights.url, str(error))
        ) from error
    return dict(state)


def are_imagenet(classes: Sequence[str]) -> bool:
    """Whether these are the 1,000 classes of ImageNet by their folder names, n01440764 and so on.

    Sorted, they have the order of the outputs of torchvision's weights.
    """
    return len(classes) == 1000 and all(map(IMAGENET_NAME.fullmatch, classes))


def normalisation_of(arch: str) -> Normalisation:
    """The normalisation of images for torchvision's first weights for an architecture."""
    return _normalisation(_torchvision_name(arch), _published(arch))


def normalisation_of_file(name: str) -> Normalisation | None:
    """That of torchvision's weights in a file of this name; None if there are none."""
    if not PUBLISHED_FILE.fullmatch(name):
        return None
    from torchvision import models

    for model in models.list_models(module=models):
        for weights in models.get_model_weights(model):
            if weights.url.endswith(f"/{name}"):
                return _normalisation(model, weights)
    return None


def _published(arch: str) -> Any:
    """torchvision's first weights for an architecture, a member of its `WeightsEnum`."""
    from torchvision import models  # takes seconds to import

    return next(iter(models.get_model_weights(_torchvision_name(arch))))


def _torchvision_name(arch: str) -> str:
    return arch.removeprefix("torchvision/").replace("-", "_")


def _normalisation(model: str, weights: Any) -> Normalisation:
    if model in PIXELS_AROUND_ZERO:
        return AROUND_ZERO
    images = weights.transforms()
    return Normalisation(tuple(images.mean), tuple(images.std))
