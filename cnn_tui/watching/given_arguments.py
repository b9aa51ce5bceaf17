"""Checks what a script passes to `watch`, where a mistake can still be seen."""

from __future__ import annotations

from operator import index
from typing import Any

from torch import nn

from cnn_tui.watching import watching_text


def check_given(model: Any, optimizer: Any, epochs: Any, classes: Any, on_checkpoint: Any) -> None:
    """Raises TypeError or ValueError, with one sentence, for what cannot be meant."""
    if isinstance(optimizer, nn.Module) or hasattr(model, "param_groups"):
        raise TypeError(watching_text.SWAPPED)
    if model is not None and not isinstance(model, nn.Module):
        raise TypeError(watching_text.no_model(model))
    if on_checkpoint is not None and not callable(on_checkpoint):
        raise TypeError(watching_text.no_function(on_checkpoint))
    if isinstance(classes, (str, bytes)) or not (classes is None or hasattr(classes, "__iter__")):
        raise TypeError(watching_text.no_names(classes))
    _check_epochs(epochs)


def _check_epochs(epochs: Any) -> None:
    try:
        is_number = epochs is None or index(epochs) > 0
    except TypeError:
        is_number = False
    if not is_number:
        raise ValueError(watching_text.no_epochs(epochs))
