"""The region of each part of the dashboard at a given size of the terminal.

Three columns from 160×45, two from 100×34, curves over a shelf of tabs from 60×20, one pane
from 60×14, and below that three numbers above as much of the pane as fits. No region overlaps
another one or leaves the screen. A pane that is not named here has no tile: it is a tab of the
shelf, or it is shown alone.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from textual.geometry import Region

LayoutKind: TypeAlias = Literal["wide", "medium", "shelf", "single", "tiny"]

STRIPS = frozenset({"status", "progress", "verdict", "numbers", "news", "footer"})
# The rows of the numbers, and the fewest rows of a useful pane.
NUMBERS, LEAST = 3, 3
# The rows of a pane that shows ten classes below their heading.
TEN_CLASSES = 13


def layout_kind(width: int, height: int) -> LayoutKind:
    """The kind of layout for a terminal of this size."""
    if width >= 160 and height >= 45:
        return "wide"
    if width >= 100 and height >= 34:
        return "medium"
    if width >= 60 and height >= 20:
        return "shelf"
    return "single" if width >= 60 and height >= 14 else "tiny"


def regions(width: int, height: int, pane: str, tab: str, zoomed: bool) -> dict[str, Region]:
    """The regions of the visible parts, by their ids.

    `pane` has the focus, and `tab` is the open tab if there is a shelf. A zoomed pane takes all the
    room between the header and the footer. The smallest kinds have no verdict.
    """
    kind = layout_kind(width, height)
    if kind == "tiny":
        return _tiny(width, height, pane, zoomed)
    head = 2 if kind == "single" else 3
    body = Region(0, head, width, height - head - 2)
    ends = {
        "status": Region(0, 0, width, 1),
        "progress": Region(0, 1, width, 1),
        **({"verdict": Region(0, 2, width, 1)} if kind != "single" else {}),
        "news": Region(0, height - 2, width, 1),
        "footer": Region(0, height - 1, width, 1),
    }
    if zoomed or kind == "single":
        return ends | {pane: body}
    if kind == "shelf":
        return ends | _shelf(body, tab)
    return ends | (_three(body) if kind == "wide" else _two(body))


def _tiny(width: int, height: int, pane: str, zoomed: bool) -> dict[str, Region]:
    """Status, three numbers, the pane below them or instead of them, and the keys, if they fit."""
    if height < 3:
        rows = ("status", "numbers")[:height]
        return {name: Region(0, y, width, 1) for y, name in enumerate(rows)}
    ends = {"status": Region(0, 0, width, 1), "footer": Region(0, height - 1, width, 1)}
    body = Region(0, 1, width, height - 2)
    if zoomed and body.height >= LEAST:
        return ends | {pane: body}
    if body.height < NUMBERS + LEAST:
        return ends | {"numbers": body}
    parts = {"numbers": NUMBERS, pane: body.height - NUMBERS}
    return ends | _stack(0, body.y, width, **parts)[0]


def _shelf(body: Region, tab: str) -> dict[str, Region]:
    curves = max(7, body.height * 2 // 5)
    curves -= body.height - curves == TEN_CLASSES - 1
    left = body.width // 2
    return {
        "loss": Region(0, body.y, left, curves),
        "accuracy": Region(left, body.y, body.width - left, curves),
        tab: Region(0, body.y + curves, body.width, body.height - curves),
    }


def _two(body: Region) -> dict[str, Region]:
    left = body.width * 7 // 12
    right = body.width - left
    curve, rate = body.height * 10 // 36, max(6, body.height * 6 // 36)
    machine = max(10, body.height * 9 // 36)
    confusion = max(14, body.height * 14 // 36)
    return {
        **_stack(0, body.y, left, loss=curve, accuracy=curve, rate=rate)[0],
        "layers": Region(0, body.y + 2 * curve + rate, left, body.height - 2 * curve - rate),
        "confusion": Region(left, body.y, right, confusion),
        "machine": Region(left, body.y + confusion, right, machine),
        "maps": Region(
            left, body.y + confusion + machine, right, body.height - confusion - machine
        ),
    }


def _three(body: Region) -> dict[str, Region]:
    first, second = body.width * 42 // 100, body.width * 33 // 100
    third = body.width - first - second
    curve, rate = body.height * 16 // 56, body.height * 9 // 56
    machine = max(12, body.height * 14 // 56)
    confusion = max(14, body.height * 16 // 56)
    left, used = _stack(0, body.y, first, loss=curve, accuracy=curve, rate=rate)
    layers = body.height - confusion - machine
    middle, _ = _stack(first, body.y, second, layers=layers, confusion=confusion, machine=machine)
    return {
        **left,
        "log": Region(0, used, first, body.y + body.height - used),
        **middle,
        "maps": Region(first + second, body.y, third, body.height),
    }


def _stack(x: int, y: int, width: int, **heights: int) -> tuple[dict[str, Region], int]:
    """Regions one below the other, and the row after the last."""
    found = {}
    for name, height in heights.items():
        found[name] = Region(x, y, width, height)
        y += height
    return found, y
