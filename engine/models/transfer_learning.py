"""Transfer learning: beginning with the weights of another training, its trunk frozen at first."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine import text
from engine.catalog.architectures import LARGEST_SMALL_IMAGE
from engine.errors import RunError, UsageError
from engine.models import model_text

# The weight files of DenseNets are older than the names of its layers: norm.1 is norm1 today.
OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.")


def pretrained(arch: str, size: int) -> dict[str, Tensor]:
    """torchvision's weights of an architecture for ImageNet, downloaded unless they are there.

    Raises UsageError for images so small that the architecture has another form, RunError where
    the weights cannot be had.
    """
    from torchvision import models  # takes seconds to import

    if size <= LARGEST_SMALL_IMAGE:
        raise UsageError(text.pretrained_too_small(size))
    name = arch.removeprefix("torchvision/").replace("-", "_")
    weights = next(iter(models.get_model_weights(name)))
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except Exception as error:  # of the network, the disk, the hash or the file's format
        file, folder = Path(weights.url).name, Path(torch.hub.get_dir()) / "checkpoints"
        raise RunError(
            model_text.weights_not_here(file, folder, weights.url, str(error))
        ) from error
    return {OLD_NAME.sub(r"\1", key): value for key, value in state.items()}


def head(model: nn.Module) -> tuple[str, nn.Module]:
    """The layer that makes the logits, the last with parameters of its own, after its name."""
    owners = [(n, m) for n, m in model.named_modules() if [*m.parameters(recurse=False)]]
    return owners[-1]


def adopt(model: nn.Module, state: dict[str, Tensor], source: str) -> bool:
    """Take over the weights of another model of this architecture.

    A head for another number of classes is left as it is; filters for colours are summed where
    this model's images are grey. Returns whether the head was left. Raises UsageError where the
    weights are of another architecture.
    """
    own = model.state_dict()
    offered = {key: _for_grey(theirs, own.get(key)) for key, theirs in state.items()}
    last = [key for key in own if key.startswith(f"{head(model)[0]}.")]
    left = any(key not in offered or offered[key].shape != own[key].shape for key in last)
    if left:
        offered = {key: value for key, value in offered.items() if key not in last}
    try:
        missing = model.load_state_dict(offered, strict=False).missing_keys
    except RuntimeError as error:  # a shape is another
        raise UsageError(model_text.weights_do_not_fit(source)) from error
    if set(missing) - set(last):
        raise UsageError(model_text.weights_do_not_fit(source))
    return left


def _for_grey(filters: Tensor, own: Tensor | None) -> Tensor:
    """The sums of filters for colours (K, 3, H, W), where the own ones are (K, 1, H, W)."""
    if own is None or own.shape[1:2] != (1,) or filters.shape[1:2] != (3,):
        return filters
    return filters.sum(1, keepdim=True)


class Trunk:
    """All of a model but its head; frozen for the first epochs, it stays exactly as it is."""

    def __init__(self, model: nn.Module, frozen_epochs: int) -> None:
        self._frozen_epochs = frozen_epochs
        kept = set(head(model)[1].parameters())
        self._parameters = [p for p in model.parameters() if p.requires_grad and p not in kept]
        self._norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]

    def begin(self, epoch: int) -> None:
        """Freeze or thaw for this epoch; the model is in training mode.

        A frozen trunk has no gradients, and its BN normalises by the statistics that it has.
        """
        frozen = epoch <= self._frozen_epochs
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        for norm in self._norms:
            norm.train(not frozen)
