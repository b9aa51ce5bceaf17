"""Changes the learning rates of a script's optimizers, whatever its schedulers set.

For the length of each optimizer step, every group's rate is multiplied; then it is put back, so
that a scheduler finds its own values, whether it computes them from the epoch or from the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnn_tui.compiling import is_compiling
from cnn_tui.watching import obeying_text
from cnn_tui.watching.rate_limits import check_asked, check_change
from cnn_tui.watching.refusal_error import RefusalError


class _Steered(NamedTuple):
    """A group whose rate is another one during a step, and the rate that the script set."""

    group: dict[str, Any]
    own: Any


class RateSteering:
    """A factor on all learning rates, and what rate the last step used."""

    def __init__(self, optimizers: Sequence[Any]) -> None:
        self.factor = 1.0
        self.refusal = ""
        # The rate of the first group in the last step; a tensor where the script keeps it as one.
        self.used: float | Tensor | None = None
        self._asked: float | None = None
        self._optimizers = [*optimizers]
        self._steered: dict[int, list[_Steered]] = {}
        self._hooks: list[Any] = []
        self._highest = 0.0
        try:
            for optimizer in self._optimizers:
                self._hooks.append(optimizer.register_step_pre_hook(self._before_step))
                self._hooks.append(optimizer.register_step_post_hook(self._after_step))
            if self._optimizers:
                self._highest = self._own_rate()
        except (AttributeError, TypeError, ValueError, KeyError, IndexError):
            self.refusal = obeying_text.no_rate(self._optimizers)
            self.remove_hooks()

    def remove_hooks(self) -> None:
        """Leave the optimizers with the script's own rates, also after a step that failed."""
        for hook in self._hooks:
            hook.remove()
        for optimizer in self._optimizers:
            self._put_back(optimizer)

    # What a person asks for

    def steer(self, lr: float | None, scale: float | None, sure: bool = False) -> float:
        """Change the rates from the next step on; returns the rate of that step.

        `lr` is the rate of the first group, whose multiple the others stay, and `scale` multiplies
        it. Raises RefusalError, and then changes nothing.
        """
        if self.refusal:
            raise RefusalError(self.refusal)
        check_asked(lr, scale)
        own, before = self._own_rate(), self.rate()
        if lr is not None and not own:
            raise RefusalError(obeying_text.RATE_IS_ZERO)
        after = (before if lr is None else lr) * (1.0 if scale is None else scale)
        check_change(before, after, max(own, self._highest), sure)
        if lr is not None or self._asked is not None:
            self._asked = after
        if own:
            self.factor = after / own
        elif scale is not None:
            self.factor *= scale
        return after

    def rate(self) -> float:
        """The rate of the next step, unless a scheduler changes it before. Waits for the device."""
        return self._own_rate() * self.factor if self._asked is None else self._asked

    def _own_rate(self) -> float:
        return float(self._optimizers[0].param_groups[0]["lr"])

    # Each step

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if is_compiling():  # a factor in compiled code would stay in it
            return
        if self._steered:
            self._put_back(optimizer)
        if optimizer is self._optimizers[0]:
            rate = optimizer.param_groups[0]["lr"]
            if self._asked is not None:
                self._follow(self._asked)
            if type(rate) is float:  # a cheap check, for every step
                if rate > self._highest:
                    self._highest = rate
                self.used = rate * self.factor
            else:
                own = rate.detach() if isinstance(rate, Tensor) else float(rate)
                self.used = own * self.factor
        if self.factor != 1.0:
            self._steered[id(optimizer)] = [*map(self._multiply, optimizer.param_groups)]

    def _follow(self, asked: float) -> None:
        """Find the factor that makes the rate of this step the one that was asked for."""
        self._asked = None
        own = self._own_rate()  # a CPU-GPU sync where the rate is on a GPU, once a command
        self.factor = asked / own if own else self.factor

    def _multiply(self, group: dict[str, Any]) -> _Steered:
        rate = group["lr"]
        if not isinstance(rate, Tensor):
            group["lr"] = rate * self.factor
            return _Steered(group, rate)
        # In place: recorded and fused steps know the tensor.
        own = rate.detach().clone()
        with torch.no_grad():
            rate.mul_(self.factor)
        return _Steered(group, own)

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self._steered and not is_compiling():
            self._put_back(optimizer)

    def _put_back(self, optimizer: Any) -> None:
        """Give the groups the rates that the script set; before a step, if the last one failed."""
        for group, own in self._steered.pop(id(optimizer), ()):
            if isinstance(own, Tensor):
                with torch.no_grad():
                    group["lr"].copy_(own)
            else:
                group["lr"] = own

    # A checkpoint

    def state(self) -> dict[str, Any]:
        return {"factor": self.factor, "asked": self._asked}

    def load_state(self, state: dict[str, Any]) -> None:
        self.factor, self._asked = float(state["factor"]), state["asked"]
