"""Builds models of torchvision and timm, unchanged, by their names there."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.stem import with_channels

# These options turn off the auxiliary outputs that the models have in training mode.
ONE_OUTPUT: Mapping[str, Mapping[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


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
