"""Numbers as the program writes them, in panes, tables, explanations and printed lines alike.

A measured number has three significant digits and a zero before its point. A share is written in
per cent with one decimal. What was not measured is a dash, what is not finite is `nan`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from msgspec import UnsetType

MISSING = "–"
NAN = "nan"

MaybeNumber: TypeAlias = float | UnsetType | None


def number(value: MaybeNumber) -> float:
    """The value, or NaN if it was not finite or not measured."""
    return math.nan if value is None or isinstance(value, UnsetType) else float(value)


def significant(value: MaybeNumber, digits: int = 3) -> str:
    """A loss, a rate or another measured value: 0.412, 2.30, 0.0730, 1,234, 1.00e-5."""
    if isinstance(value, UnsetType):
        return MISSING
    amount = number(value)
    if 10.0**digits - 0.5 <= abs(amount) < 1e6:
        return f"{amount:,.0f}"
    return f"{amount:#.{digits}g}".rstrip(".").replace("e-0", "e-").replace("e+0", "e")


def short(value: float, least: float = 1e-4, digits: int = 3) -> str:
    """A number that somebody chose, in at most `digits` digits: 0.5, 0.073, 1e-5.

    Below `least`, it is written with an exponent.
    """
    plain = least <= abs(value) < 1e3 or not value
    written = f"{value:.{digits}g}" if plain else f"{value:.{digits - 1}e}"
    mantissa, e, exponent = written.partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}" if e else written


def exact(value: MaybeNumber) -> str:
    """A measured value with five digits: 0.41235, 87.214."""
    return significant(value, 5)


def percent(fraction: MaybeNumber) -> str:
    """A share in per cent whose unit stands elsewhere, as in the head of a column: 87.2."""
    return MISSING if isinstance(fraction, UnsetType) else f"{100 * number(fraction):.1f}"


def share(fraction: MaybeNumber) -> str:
    """A share in per cent with its unit: 87.2 %."""
    return f"{percent(fraction)} %" if isinstance(fraction, float | int) else percent(fraction)


def whole(fraction: MaybeNumber) -> str:
    """A fraction in whole per cent: 87."""
    return f"{100 * number(fraction):.0f}"


def whole_share(fraction: MaybeNumber) -> str:
    """A fraction in whole per cent, with the unit: 87 %."""
    return f"{whole(fraction)} %"


def probability(value: MaybeNumber) -> str:
    """0.81, 1.00 or nan."""
    return f"{number(value):.2f}"


def rounded(value: MaybeNumber) -> str:
    """The nearest whole number."""
    return f"{number(value):.0f}"


def count(value: MaybeNumber) -> str:
    """A count in about four characters: 831k, 11.2M, 1.3G."""
    amount = number(value)
    if not math.isfinite(amount):
        return f"{amount}"
    for bound, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= bound:
            scaled = amount / bound
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.3g}{unit}"
    return f"{amount:.0f}"


def speed(value: MaybeNumber) -> str:
    """Images per second: 831, 5.12k, 12.3k; a dash if none were measured."""
    amount = number(value)
    if not math.isfinite(amount):
        return MISSING
    for bound, unit in ((1e6, "M"), (1e3, "k")):
        if amount >= 0.9995 * bound:
            return f"{significant(amount / bound)}{unit}"
    return f"{amount:.0f}"


def size(value: MaybeNumber) -> str:
    """A number of bytes in decimal units: 90 MB, 4.1 GB."""
    amount = number(value)
    if not math.isfinite(amount):
        return f"{amount}"
    for bound, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if amount >= bound:
            scaled = amount / bound
            return f"{scaled:.0f} {unit}" if scaled >= 10 else f"{scaled:.1f} {unit}"
    return f"{amount:.0f} B"


def duration(seconds: MaybeNumber) -> str:
    """A duration: 9.8 s, 3:12, 2:05:00, 3 d 4 h; a dash if it was not measured."""
    if isinstance(seconds, UnsetType):
        return MISSING
    length = number(seconds)
    if not math.isfinite(length):
        return f"{length}"
    if length < 59.95:
        return f"{length:.1f} s" if length < 9.95 else f"{length:.0f} s"
    whole_seconds = round(min(length, 1e12))
    minutes, hours, days = whole_seconds // 60, whole_seconds // 3600, whole_seconds // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours}:{minutes % 60:02d}:{whole_seconds % 60:02d}"
    return f"{minutes}:{whole_seconds % 60:02d}"


def at_point(written: str, before: int, after: int) -> str:
    """The written number with its point after `before` cells, and `after` cells from there on."""
    at = _before_point(written)
    return " " * (before - at) + written + " " * (after - (len(written) - at))


def _before_point(written: str) -> int:
    """The cells of a written number that stand before its point."""
    digits = next((i for i, c in enumerate(written) if c not in "+-0123456789,"), len(written))
    return digits if written[:digits] else len(written)
