"""Builds models of torchvision and timm, unchanged, by their names there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.stem import with_channels
from engine.recipes.image_normalisation import Normalisation

# These options turn off the auxiliary outputs that the models have in training mode.
ONE_OUTPUT: Mapping[str, Mapping[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


# These models of torchvision take pixels from -1 to 1. torchvision itself converts ImageNet's
# normalisation in their forward pass, if it loads the weights (`transform_input`).
PIXELS_AROUND_ZERO = ("googlenet", "inception_v3")
AROUND_ZERO = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
# torchvision names its files by the beginning of their digest.
PUBLISHED_FILE = re.compile(r".+-[0-9a-f]{8}\.pth")


def published_weights(arch: str) -> Any:
    """torchvision's first weights for an architecture, a member of its `WeightsEnum`."""
    from torchvision import models  # takes seconds to import

    return next(iter(models.get_model_weights(_torchvision_name(arch))))


def published_normalisation(arch: str) -> Normalisation:
    """The normalisation of images for torchvision's first weights for an architecture."""
    return _normalisation(_torchvision_name(arch), published_weights(arch))


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


def _torchvision_name(arch: str) -> str:
    return arch.removeprefix("torchvision/").replace("-", "_")


def _normalisation(model: str, weights: Any) -> Normalisation:
    if model in PIXELS_AROUND_ZERO:
        return AROUND_ZERO
    images = weights.transforms()
    return Normalisation(tuple(images.mean), tuple(images.std))


def torchvision_model(name: str, shape: DataShape) -> nn.Module:
    """torchvision's image classifier of this name. Raises UsageError if there is none."""
    from torchvision import models  # takes seconds to import

    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(model_text.unknown_library_model("torchvision", name, known))
    options = ONE_OUTPUT.get(name, {})
    return with_channels(
        models.get_model(name, num_classes=shape.classes, **options), shape.channels
    )


def timm_model(name: str, shape: DataShape) -> nn.Module:
    """timm's model of this name. Raises UsageError if timm is not installed or has none."""
    try:
        import timm
    except ImportError as error:
        raise UsageError(model_text.NO_TIMM) from error
    if not timm.is_model(name):
        raise UsageError(model_text.unknown_library_model("timm", name, timm.list_models()))
    model: nn.Module = timm.create_model(name, num_classes=shape.classes, in_chans=shape.channels)
    return model
