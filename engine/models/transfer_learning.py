"""Transfer learning: starts from the weights of another training, and freezes the backbone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine import text
from engine.catalog.data_shape import LARGEST_SMALL_IMAGE
from engine.errors import RunError, UsageError
from engine.models import model_text
from engine.models.model_head import head_parameters, head_weights

IMAGENET_NAME = re.compile(r"n\d{8}")
# torchvision's weight files of DenseNets have old layer names: norm.1 is norm1 today.
OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.")


def pretrained_weights(arch: str, size: int) -> dict[str, Tensor]:
    """torchvision's ImageNet weights for an architecture, downloaded if they are not here.

    Raises UsageError for small images, because the architecture has another form for them, and
    RunError if the weights cannot be loaded.
    """
    from torchvision import models  # takes seconds to import

    if size <= LARGEST_SMALL_IMAGE:
        raise UsageError(text.pretrained_too_small(size))
    name = arch.removeprefix("torchvision/").replace("-", "_")
    weights = next(iter(models.get_model_weights(name)))
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except Exception as error:  # network, disk, hash or file format
        file, folder = Path(weights.url).name, Path(torch.hub.get_dir()) / "checkpoints"
        raise RunError(
            model_text.weights_not_here(file, folder, weights.url, str(error))
        ) from error
    return {OLD_NAME.sub(r"\1", key): value for key, value in state.items()}


def are_imagenet(classes: Sequence[str]) -> bool:
    """Whether these are the 1,000 classes of ImageNet by their folder names, n01440764 and so on.

    Sorted, they have the order of the outputs of torchvision's weights.
    """
    return len(classes) == 1000 and all(map(IMAGENET_NAME.fullmatch, classes))


def load_weights(
    model: nn.Module,
    state: dict[str, Tensor],
    source: str,
    image_shape: tuple[int, ...],
    *,
    same_classes: bool,
) -> bool:
    """Load the weights of another model of this architecture; images are (C, H, W).

    Keeps this model's head unless the other one was made for the `same_classes`. Sums colour
    filters over their channels if this model's images are grey. Returns whether the head was kept.
    Raises UsageError if the weights belong to another architecture.
    """
    current = model.state_dict()
    loaded = {key: _for_grey(weights, current.get(key)) for key, weights in state.items()}
    last = head_weights(model, image_shape[0], image_shape[-1]) & current.keys()
    fits = all(key in loaded and loaded[key].shape == current[key].shape for key in last)
    kept = not (same_classes and fits)
    if kept:
        loaded = {key: value for key, value in loaded.items() if key not in last}
    try:
        missing = model.load_state_dict(loaded, strict=False).missing_keys
    except RuntimeError as error:  # a shape differs
        raise UsageError(model_text.weights_do_not_fit(source)) from error
    if set(missing) - last:
        raise UsageError(model_text.weights_do_not_fit(source))
    return kept


def _for_grey(filters: Tensor, current: Tensor | None) -> Tensor:
    """The filters; colour filters (K, 3, H, W) are summed if the current ones are (K, 1, H, W)."""
    if current is None or current.shape[1:2] != (1,) or filters.shape[1:2] != (3,):
        return filters
    return filters.sum(1, keepdim=True)


class FrozenBackbone:
    """The model without its head. It stays unchanged in the first `frozen_epochs` epochs."""

    def __init__(self, model: nn.Module, frozen_epochs: int, image_shape: tuple[int, ...]) -> None:
        """Raises UsageError where nothing would learn, since the head itself is frozen."""
        self._frozen_epochs = frozen_epochs
        kept = head_parameters(model, image_shape[0], image_shape[-1]) if frozen_epochs else set()
        if frozen_epochs and not any(parameter.requires_grad for parameter in kept):
            raise UsageError(model_text.HEAD_FROZEN)
        self._parameters = [p for p in model.parameters() if p.requires_grad and p not in kept]
        self._norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]

    def start_epoch(self, epoch: int) -> None:
        """Freeze or thaw the backbone of a model in training mode; epochs count from 1.

        A frozen backbone has no gradients, and its batch norm keeps its running statistics.
        """
        frozen = epoch <= self._frozen_epochs
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        for norm in self._norms:
            norm.train(not frozen)
