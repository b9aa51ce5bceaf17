"""What the curves of a comparison are drawn against."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

# Time is in seconds, without pauses.
Axis: TypeAlias = Literal["epoch", "step", "time", "images"]
AXES: tuple[Axis, ...] = get_args(Axis)
