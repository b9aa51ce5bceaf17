"""Measured numbers as a journal keeps them."""

from __future__ import annotations

import math


def measured(value: float, digits: int = 7) -> float | None:
    """The value with so many digits, to keep a journal small; None if it is NaN or infinite."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
