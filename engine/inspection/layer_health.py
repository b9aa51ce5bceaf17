"""How the layers of a model fare in one training step: gradients, updates, activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.hooks import RemovableHandle

from engine.devices.readback import Readback
from engine.protocol.events import Health, LayerHealth, Measured, Scalars

# How many weights of a layer are compared before and after the step; enough for the ratio.
COMPARED = 65_536
# Of how many images the activations are told: on a processor their mean and deviation take longer
# than the layer itself.
SEEN = 16
RELUS = (nn.ReLU, nn.ReLU6)
# gradient, update, mean, deviation, dead
COLUMNS = 5
GRADIENT_NORM = "gradient_norm"


class LayerHealthMeter:
    """Looks at one training step, from before the forward pass to after the optimiser.

    Make it, run forward and backward, call `after_backward`, step, call `after_step`. The device
    does not wait; the numbers are there when `ready` says so. It sees the activations by hooks,
    which a compiled forward pass does not call: there let it see a pass of the model itself, and
    call `unhook` before the compiled one.
    """

    def __init__(self, model: nn.Module, device: torch.device) -> None:
        self._device = device
        self._weights = dict(_weights(model))
        self._parameters = list(model.parameters())
        self._before = {name: _part(weight).clone() for name, weight in self._weights.items()}
        # By layer, in the order of computation: mean, deviation, and the dead share where known.
        self._outputs: dict[str, tuple[Tensor, Tensor]] = {}
        self._dead: dict[str, Tensor] = {}
        self._newest = ""
        self._gradients: dict[str, Tensor] = {}
        # The norm of the whole gradient, before it is clipped.
        self._total: Tensor | None = None
        self._readback: Readback | None = None
        self._hooks = list(self._watch(model))

    def _watch(self, model: nn.Module) -> Iterator[RemovableHandle]:
        for name, module in model.named_modules():
            if name in self._weights:
                yield module.register_forward_hook(self._see(name))
            elif isinstance(module, RELUS):
                yield module.register_forward_hook(self._count_dead)

    def _see(self, name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def see(module: nn.Module, inputs: object, output: Tensor) -> None:
            # At once: an in-place activation may overwrite the output.
            self._outputs[name] = _mean_and_deviation(output.detach()[:SEEN].float())
            # A batch norm only scales: its ReLU's dead units are those of the layer before it.
            if not isinstance(module, _BatchNorm):
                self._newest = name

        return see

    def _count_dead(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        if self._newest:
            # In bfloat16 a processor takes fifteen times as long.
            units = output.detach().float().amax([d for d in range(output.ndim) if d != 1])
            self._dead[self._newest] = (units <= 0).float().mean()

    def unhook(self) -> None:
        """See no more of what is computed."""
        for hook in self._hooks:
            hook.remove()

    def after_backward(self) -> None:
        self.unhook()
        for name in self._outputs:
            gradient = self._weights[name].grad
            if gradient is not None:
                self._gradients[name] = gradient.norm()
        gradients = [weight.grad for weight in self._parameters if weight.grad is not None]
        if gradients:
            self._total = nn.utils.get_total_norm(gradients)

    def broken_off(self) -> None:
        """In place of `after_backward` and `after_step`, for a batch that nothing is learnt from.

        Then only the activations are told.
        """
        self.unhook()
        self.after_step()

    @torch.no_grad()
    def after_step(self) -> None:
        nothing = torch.full((), math.nan, device=self._device)
        rows = []
        for name, (mean, deviation) in self._outputs.items():
            before, after = self._before[name], _part(self._weights[name])
            update = _ratio((after - before).float().norm(), before.float(), after.float())
            gradient = self._gradients.get(name, nothing)
            dead = self._dead.get(name, nothing)
            row = (gradient, update if name in self._gradients else nothing, mean, deviation, dead)
            rows.append(torch.stack([value.float() for value in row]))
        table = torch.stack(rows) if rows else torch.zeros(0, COLUMNS, device=self._device)
        total = nothing if self._total is None else self._total.float()
        self._readback = Readback(self._device, [table, total])
        self._before.clear()

    def ready(self) -> bool:
        return self._readback is not None and self._readback.ready()

    def scalars(self) -> Scalars:
        """The norm of the whole gradient, before clipping; waits as `event` does.

        Empty where nothing was learnt from the batch.
        """
        assert self._readback is not None
        if self._total is None:
            return {}
        return {GRADIENT_NORM: _rounded(self._readback.wait()[1].item())}

    def event(self, step: int) -> LayerHealth:
        """What was found, as of the end of this step; waits for the device where it must."""
        assert self._readback is not None
        found = self._readback.wait()[0].tolist()
        layers = zip(self._outputs, found, strict=True)
        return LayerHealth(
            tuple(Health(name, *(_rounded(value) for value in row)) for name, row in layers),
            step=step,
        )


def _weights(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The modules that have a weight of their own, by name."""
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, nn.Parameter) and not list(module.children()):
            yield name, weight


def _part(weight: nn.Parameter) -> Tensor:
    """The first rows of a weight, enough to judge it by."""
    rows = max(1, COMPARED * len(weight) // max(1, weight.numel()))
    return weight.detach()[:rows]


def _ratio(change: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """A change over the norm of what was; weights that were zero are compared with what they are.

    That is 1 where they moved, as a batch norm's that begins with zeros, and 0 where not.
    """
    own = before.norm()
    own = torch.where(own > 0, own, after.norm())
    return change / own.clamp_min(torch.finfo(torch.float32).tiny)


def _mean_and_deviation(values: Tensor) -> tuple[Tensor, Tensor]:
    """As `torch.std_mean`, which takes fifteen times as long on a processor."""
    mean = values.mean()
    return mean, torch.linalg.vector_norm(values - mean) / math.sqrt(max(1, values.numel() - 1))


def _rounded(value: float) -> Measured:
    """Four digits are enough, and a journal holds many."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
