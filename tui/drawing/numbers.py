"""Numbers as the panes write them: short, of steady width, `nan` if not finite."""

from __future__ import annotations

import math

from msgspec import UnsetType

from engine import text
from engine.protocol.events import MaybeMeasured


def number(value: MaybeMeasured) -> float:
    """The value, or NaN if it was not finite or not measured."""
    return math.nan if value is None or isinstance(value, UnsetType) else float(value)


def loss(value: MaybeMeasured) -> str:
    """0.412, 12.3, 1.2e+06."""
    size = abs(number(value))
    return f"{number(value):.3f}" if size < 10 else f"{number(value):.3g}"


def exact(value: MaybeMeasured) -> str:
    """A measured value with five digits: 0.41235, 87.214."""
    return f"{number(value):#.5g}".rstrip(".").replace("e-0", "e-")


def bare(written: str) -> str:
    """The written number without the zero before its point: .412."""
    return written.replace("0.", ".", 1) if written.lstrip("-").startswith("0.") else written


def percent(fraction: MaybeMeasured) -> str:
    """A fraction in per cent with one decimal: 87.2."""
    return f"{100 * number(fraction):.1f}"


def whole(fraction: MaybeMeasured) -> str:
    """A fraction in whole per cent: 87."""
    return f"{100 * number(fraction):.0f}"


def probability(value: MaybeMeasured) -> str:
    """.81, 1.0 or nan."""
    return bare(f"{number(value):.2f}")[:4]


def rate(value: MaybeMeasured) -> str:
    """A learning rate with three digits: 0.0730, 1.00e-5."""
    return f"{number(value):#.3g}".rstrip(".").replace("e-0", "e-")


def rounded(value: MaybeMeasured) -> str:
    """The nearest whole number."""
    return f"{number(value):.0f}"


def count(value: MaybeMeasured) -> str:
    """A count in about four characters: 831k, 5.1k."""
    size = number(value)
    return text.short_count(size) if math.isfinite(size) else f"{size}"


def speed(value: MaybeMeasured) -> str:
    """A count in two or three digits, so that it changes less often: 831, 5.1k, 12k."""
    amount = number(value)
    if not 1e3 <= amount < 1e6:
        return count(amount)
    return f"{amount / 1e3:.1f}k" if amount < 9950 else f"{amount / 1e3:.0f}k"


def size(value: MaybeMeasured) -> str:
    """Bytes: 90 MB."""
    amount = number(value)
    return text.byte_size(amount) if math.isfinite(amount) else f"{amount}"


def duration(seconds: MaybeMeasured) -> str:
    """9.8 s, 3:12, 2:05:00."""
    length = number(seconds)
    return text.duration(length) if math.isfinite(length) else f"{length}"
