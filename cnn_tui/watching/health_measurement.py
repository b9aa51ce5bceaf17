"""Measures the health of a script's layers in one step every few seconds.

What it measures is read back while the device goes on. It takes at most one hundredth of the
training's time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnn_tui.compiling import eager, is_compiled, is_compiling
from cnn_tui.layer_health import LayerHealthMeter, layer_health
from cnn_tui.measured import measured
from cnn_tui.model_copy import device_of
from cnn_tui.readback import Readback
from cnn_tui.untouched import untouched

INTERVAL_SECONDS = 5.0
# A measurement waits until it has taken less than this share of the time.
SHARE = 0.01


class _Reading(NamedTuple):
    """Of a step: the table of these layers, the gradient's norm, and whether it was skipped."""

    layers: tuple[str, ...]
    readback: Readback
    step: int


class HealthMeasurement:
    """The health of the layers of an unwrapped model that an optimizer updates.

    Its methods raise whatever the model raises.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Any,
        sample: Callable[[], Tensor | None],
        clock: Callable[[], float],
    ) -> None:
        """`sample` are images for the model, which a compiled one is run on before it trains."""
        self._model, self._sample, self._clock = model, sample, clock
        self._meter: LayerHealthMeter | None = None
        self._has_gradients = False
        self._overflowed: Tensor | None = None
        self._reading: _Reading | None = None
        self._next, self._is_compiled = 0.0, False
        self._gradient_norm: float | None = None
        self._hooks = [
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        ]

    def close(self) -> None:
        """Leave no hook behind."""
        self.forget()
        for hook in self._hooks:
            hook.remove()

    def forget(self) -> None:
        """Stop a measurement that waits for its step, as before a validation."""
        if self._meter is not None:
            self._meter.remove_hooks()
        self._meter, self._has_gradients = None, False

    @property
    def next_look(self) -> float:
        """When `between_steps` has something to do, on the clock."""
        is_under_way = self._meter is not None or self._reading is not None
        return -math.inf if is_under_way else self._next

    def take_gradient_norm(self) -> float | None:
        """The norm of the whole gradient, if it was measured since the last call."""
        norm, self._gradient_norm = self._gradient_norm, None
        return norm

    def between_steps(self, step: int) -> dict[str, Any] | None:
        """Finish or begin a measurement; returns the event of one whose numbers have arrived.

        Call it after each step; `step` is its number.
        """
        if self._has_gradients:
            self._finish(step)
        if self._reading is not None:
            return self._arrived(self._reading) if self._reading.readback.ready() else None
        if self._meter is None and self._clock() >= self._next:
            self._begin()
        return None

    def _begin(self) -> None:
        began = self._clock()
        self._meter = LayerHealthMeter(self._model)
        if self._is_compiled or is_compiled(self._model):
            self._run_sample()
            self._meter.remove_hooks()
        self._wait(began)

    def _run_sample(self) -> None:
        """Measure the activations that a compiled pass hides, on images of the validation."""
        images = self._sample()
        if images is None:
            return
        with untouched(self._model, device_of(self._model)), torch.no_grad(), eager():
            self._model(images)

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._meter is not None and not is_compiling() and not _has_closure(args, kwargs):
            self._take_gradients(optimizer)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A closure computes the gradients within the step."""
        if self._meter is not None and not is_compiling() and _has_closure(args, kwargs):
            self._take_gradients(optimizer)

    def _take_gradients(self, optimizer: Any) -> None:
        if self._meter is None or self._has_gradients:
            return
        try:
            # A fused optimizer divides by the scale of `GradScaler`, and skips a step, itself.
            self._meter.after_backward(getattr(optimizer, "grad_scale", None))
            self._overflowed = getattr(optimizer, "found_inf", None)
            self._has_gradients = True
        except Exception:  # noqa: BLE001 (a hook must not end the script's step)
            self.forget()

    def _finish(self, step: int) -> None:
        began, meter = self._clock(), self._meter
        assert meter is not None
        meter.after_step()
        # Somebody may have compiled the model behind our back.
        self._is_compiled = self._is_compiled or not meter.saw_forward
        zero = torch.zeros((), device=meter.table.device)
        norm = zero * math.nan if meter.gradient_norm is None else meter.gradient_norm
        skipped = zero if self._overflowed is None else self._overflowed
        readback = Readback(meter.table.device, [meter.table, norm, skipped])
        self._reading = _Reading(meter.layers, readback, step)
        self._meter, self._has_gradients = None, False
        self._wait(began)

    def _wait(self, began: float) -> None:
        """Put off the next measurement by what this part of one took since `began`."""
        now = self._clock()
        self._next = max(self._next, now + max(INTERVAL_SECONDS, (now - began) / SHARE))

    def _arrived(self, reading: _Reading) -> dict[str, Any] | None:
        table, norm, skipped = reading.readback.wait()
        self._reading = None
        if float(skipped):
            self._next = self._clock()
            return None
        self._gradient_norm = measured(float(norm))
        rows = [
            [name, *(measured(value, 4) for value in values)]
            for name, *values in layer_health(reading.layers, table)
        ]
        return {"type": "LayerHealth", "step": reading.step, "layers": rows}


def _has_closure(args: Any, kwargs: Any) -> bool:
    """Whether a step got a function for the gradients; `args` begin with the optimizer."""
    return kwargs.get("closure") is not None or any(map(callable, args))


def updated_by(model: nn.Module, optimizers: Sequence[Any]) -> Any:
    """The first optimizer that updates a weight of the model; None if there is none."""
    weights = {id(weight) for weight in model.parameters()}
    for optimizer in optimizers:
        groups = getattr(optimizer, "param_groups", ())
        if any(id(weight) in weights for group in groups for weight in group["params"]):
            return optimizer
    return None
