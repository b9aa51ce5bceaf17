"""Measured numbers as a journal keeps them."""

from __future__ import annotations

import math


def rounded(value: float, digits: int = 7) -> float:
    """The value with so many digits, to keep a journal small."""
    return float(f"{value:.{digits}g}")


def measured(value: float, digits: int = 7) -> float | None:
    """The rounded value; None if it is NaN or infinite."""
    return rounded(value, digits) if math.isfinite(value) else None
