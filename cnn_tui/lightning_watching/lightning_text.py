"""Sentences for the user about a Lightning training."""

from __future__ import annotations

NOT_IMPORTED = (
    "import lightning.pytorch, or pytorch_lightning, before you make a cnn_tui.LightningCallback."
)
