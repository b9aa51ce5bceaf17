"""The mean of a number that a script reports, summed where it is, without waiting for a device."""

from __future__ import annotations

import torch
from torch import Tensor

# So many tensors are held before they are added up. One launch for each would take too long.
MOST_HELD = 256


class HeldNumber:
    """Sums numbers since it was last taken. One-element tensors stay on their device."""

    __slots__ = ("_held", "_on_device", "_on_host", "count")

    def __init__(self) -> None:
        self._held: list[Tensor] = []
        self._on_device: Tensor | None = None
        self._on_host = 0.0
        self.count = 0

    def add(self, value: object) -> bool:
        """Add a number, or a tensor or array with one. Returns whether it was one."""
        if isinstance(value, Tensor):
            number = value.detach()
            if number.dim():
                if number.numel() != 1:
                    return False
                number = number.reshape(())
            if number.is_complex():
                return False
            self._held.append(number)
            if len(self._held) >= MOST_HELD:
                self._add_up()
        else:
            try:
                self._on_host += float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError, RuntimeError):
                return False
        self.count += 1
        return True

    def take(self) -> tuple[float, int, Tensor | None]:
        """The sum of the numbers on the host, their count, and the sum of those on a device.

        A new sum begins.
        """
        self._add_up()
        taken = self._on_host, self.count, self._on_device
        self._on_host, self.count, self._on_device = 0.0, 0, None
        return taken

    @torch.no_grad()
    def _add_up(self) -> None:
        if self._held:
            held, self._held = self._held, []
            total = torch.stack(held).float().sum()
            self._on_device = total if self._on_device is None else self._on_device + total
