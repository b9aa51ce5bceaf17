"""The layer table and layer health of a model as the journal records them."""

from __future__ import annotations

import math

from torch import nn

from cnn_tui.layer_health import LayerHealthMeter, layer_health
from cnn_tui.layer_table import layer_table
from engine.devices.readback import Readback
from engine.protocol.events import Health, Layer, LayerHealth, Measured, Scalars

GRADIENT_NORM = "gradient_norm"


def layers(model: nn.Module, channels: int, size: int) -> tuple[Layer, ...]:
    """The layer table for one image of (channels, size, size)."""
    return tuple(Layer(*row) for row in layer_table(model, channels, size))


class LayerHealthReading:
    """The numbers of a meter on their way from the device; the meter's step is over."""

    def __init__(self, meter: LayerHealthMeter) -> None:
        self._layers = meter.layers
        total = [] if meter.gradient_norm is None else [meter.gradient_norm]
        self._readback = Readback(meter.table.device, [meter.table, *total])

    def ready(self) -> bool:
        """Whether `event` would not have to wait."""
        return self._readback.ready()

    def scalars(self) -> Scalars:
        """The norm of the whole gradient, before clipping, in a step with a backward pass.

        Waits as `event` does.
        """
        _, *norms = self._readback.wait()
        return {GRADIENT_NORM: _rounded(norms[0].item())} if norms else {}

    def event(self, step: int) -> LayerHealth:
        """The layer health at the end of this step. Waits for the device until it is ready."""
        rows = layer_health(self._layers, self._readback.wait()[0])
        return LayerHealth(
            tuple(Health(name, *map(_rounded, values)) for name, *values in rows), step=step
        )


def _rounded(value: float) -> Measured:
    """Four digits are enough, and a journal holds many numbers."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
