"""How a comparison is looked at, and the memory of it: a file for each set of runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tui.viewer import remembered
from tui.viewer.compared_axes import AXES, Axis

# The weights of the levels of smoothing, from none on.
SMOOTHING = (0.0, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99)


class CompareView(msgspec.Struct):
    """`hidden` and `baseline` are resolved paths.

    `window` is a part of the axis, None all of it.
    """

    quantity: str = ""
    axis: Axis = AXES[0]
    window: tuple[float, float] | None = None
    level: int = 0
    log: bool = False
    folded: bool = False
    by_value: bool = False
    baseline: str = ""
    hidden: set[str] = msgspec.field(default_factory=set)

    @property
    def smoothing(self) -> float:
        return SMOOTHING[self.level]

    def smooth(self, levels: int) -> None:
        """Smooth more, or less if negative."""
        self.level = min(len(SMOOTHING) - 1, max(0, self.level + levels))


def view_of(runs: Iterable[Path]) -> CompareView:
    """The view that the runs with these resolved paths had last; the usual one if none is known."""
    found = remembered.read(_file(runs), CompareView) or CompareView()
    start, end = found.window or (0.0, 1.0)
    return found if start < end and 0 <= found.level < len(SMOOTHING) else CompareView()


def remember(runs: Iterable[Path], view: CompareView) -> None:
    """Keep the view of the runs with these resolved paths for the next time."""
    remembered.write(_file(runs), view)


def _file(runs: Iterable[Path]) -> Path:
    """The file of these runs, in whatever order they are named."""
    paths = sorted(map(str, runs))
    key = hashlib.sha256("\0".join(paths).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return remembered.file("compare", f"{key}.json")
