"""Models of torchvision and timm, by the names that they have there and in their own form."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from engine.catalog.data_shape import DataShape
from engine.errors import UsageError
from engine.models import model_text
from engine.models.stem import with_channels

# Without their second and third outputs in training mode.
ONE_OUTPUT: Mapping[str, Mapping[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


def torchvision_model(name: str, shape: DataShape) -> nn.Module:
    """torchvision's image classifier. Raises UsageError for a name that it does not have."""
    from torchvision import models  # takes seconds to import

    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(model_text.unknown_library_model("torchvision", name, known))
    options = ONE_OUTPUT.get(name, {})
    return with_channels(
        models.get_model(name, num_classes=shape.classes, **options), shape.channels
    )


def timm_model(name: str, shape: DataShape) -> nn.Module:
    """timm's model. Raises UsageError where timm is not installed or has no such model."""
    try:
        import timm
    except ImportError as error:
        raise UsageError(model_text.NO_TIMM) from error
    if not timm.is_model(name):
        raise UsageError(model_text.unknown_library_model("timm", name, timm.list_models()))
    model: nn.Module = timm.create_model(name, num_classes=shape.classes, in_chans=shape.channels)
    return model
