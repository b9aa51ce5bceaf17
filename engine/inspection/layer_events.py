"""The layer table and the layer health of a model, as events."""

from __future__ import annotations

import math

from torch import Tensor, nn

from cnn_tui.layer_health import LayerHealthMeter, layer_health
from cnn_tui.layer_table import layer_table
from cnn_tui.readback import Readback
from engine.inspection import output_range
from engine.inspection.output_range import Ending
from engine.protocol.events import Health, Layer, LayerHealth, Measured, Scalars

GRADIENT_NORM = "gradient_norm"


def layers(model: nn.Module, channels: int, size: int) -> tuple[Layer, ...]:
    """The layer table for one image of (channels, size, size)."""
    return tuple(Layer(*row) for row in layer_table(model, channels, size))


class LayerHealthReading:
    """The numbers of a meter after its step, while the device still computes or copies them.

    Beside the layers, these are the range of the logits (N, classes) of that step.
    """

    def __init__(self, meter: LayerHealthMeter, logits: Tensor) -> None:
        self._layers = meter.layers
        total = [] if meter.gradient_norm is None else [meter.gradient_norm]
        tensors = [meter.table, output_range.measured_range(logits), *total]
        self._readback = Readback(meter.table.device, tensors)

    def ready(self) -> bool:
        """Whether `event` returns without waiting."""
        return self._readback.ready()

    def scalars(self) -> Scalars:
        """The norm of the whole gradient before clipping; nothing for a step without backward pass.

        Waits as `event` does.
        """
        _, _, *norms = self._readback.wait()
        return {GRADIENT_NORM: _rounded(norms[0].item())} if norms else {}

    def ending(self) -> Ending | None:
        """The activation function after the logits, if there is one. Waits as `event` does."""
        return output_range.ending(self._readback.wait()[1])

    def event(self, step: int) -> LayerHealth:
        """The layer health at the end of this step. Waits for the device unless `ready`."""
        rows = layer_health(self._layers, self._readback.wait()[0])
        return LayerHealth(
            tuple(Health(name, *map(_rounded, values)) for name, *values in rows), step=step
        )


def _rounded(value: float) -> Measured:
    """The value with four digits, which are enough and keep the journal small; None for NaN."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
