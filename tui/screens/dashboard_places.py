"""Where each part of the dashboard stands at a given size of the terminal.

Three columns from 160×45, two from 100×34, curves over a shelf of tabs from 60×20, one pane
from 60×14, and below that three numbers over as much of it as fits: nothing overlaps and nothing
leaves the screen.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

LayoutKind: TypeAlias = Literal["wide", "medium", "shelf", "single", "tiny"]

SHELF = ("rate", "layers", "confusion", "maps", "machine", "log")
# The rows of the numbers, and the fewest that show something of a pane.
NUMBERS, LEAST = 3, 3


class Box(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


def layout_kind(width: int, height: int) -> LayoutKind:
    """Which arrangement a terminal of this size gets."""
    if width >= 160 and height >= 45:
        return "wide"
    if width >= 100 and height >= 34:
        return "medium"
    if width >= 60 and height >= 20:
        return "shelf"
    return "single" if width >= 60 and height >= 14 else "tiny"


def places(width: int, height: int, pane: str, shelf: str, zoomed: bool) -> dict[str, Box]:
    """The parts that are shown and where.

    `pane` is the focused one and `shelf` the one that lies on the shelf, where there is one.
    A zoomed pane takes all the room between the status and the footer.
    """
    shape = layout_kind(width, height)
    if shape == "tiny":
        return _tiny(width, height, pane, zoomed)
    body = Box(0, 2, width, height - 4)
    ends = {
        "status": Box(0, 0, width, 1),
        "progress": Box(0, 1, width, 1),
        "news": Box(0, height - 2, width, 1),
        "footer": Box(0, height - 1, width, 1),
    }
    if zoomed or shape == "single":
        return ends | {pane: body}
    if shape == "shelf":
        return ends | _shelf(body, shelf)
    return ends | (_three(body) if shape == "wide" else _two(body))


def _tiny(width: int, height: int, pane: str, zoomed: bool) -> dict[str, Box]:
    """Status, three numbers, the pane below them or in their place, and the keys, if they fit."""
    if height < 3:
        rows = ("status", "numbers")[:height]
        return {name: Box(0, y, width, 1) for y, name in enumerate(rows)}
    ends = {"status": Box(0, 0, width, 1), "footer": Box(0, height - 1, width, 1)}
    body = Box(0, 1, width, height - 2)
    if zoomed and body.height >= LEAST:
        return ends | {pane: body}
    if body.height < NUMBERS + LEAST:
        return ends | {"numbers": body}
    parts = {"numbers": NUMBERS, pane: body.height - NUMBERS}
    return ends | _stack(0, body.y, width, **parts)[0]


def _shelf(body: Box, shelf: str) -> dict[str, Box]:
    curves = max(7, body.height * 2 // 5)
    left = body.width // 2
    return {
        "loss": Box(0, body.y, left, curves),
        "accuracy": Box(left, body.y, body.width - left, curves),
        shelf: Box(0, body.y + curves, body.width, body.height - curves),
    }


def _two(body: Box) -> dict[str, Box]:
    left = body.width * 7 // 12
    right = body.width - left
    curve, rate = body.height * 10 // 36, max(6, body.height * 6 // 36)
    machine = max(10, body.height * 9 // 36)
    confusion = max(14, body.height * 14 // 36)
    return {
        **_stack(0, body.y, left, loss=curve, accuracy=curve, rate=rate)[0],
        "layers": Box(0, body.y + 2 * curve + rate, left, body.height - 2 * curve - rate),
        "confusion": Box(left, body.y, right, confusion),
        "machine": Box(left, body.y + confusion, right, machine),
        "maps": Box(left, body.y + confusion + machine, right, body.height - confusion - machine),
    }


def _three(body: Box) -> dict[str, Box]:
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
        "log": Box(0, used, first, body.y + body.height - used),
        **middle,
        "maps": Box(first + second, body.y, third, body.height),
    }


def _stack(x: int, y: int, width: int, **heights: int) -> tuple[dict[str, Box], int]:
    """Parts one below the other, and the row after the last."""
    boxes = {}
    for name, height in heights.items():
        boxes[name] = Box(x, y, width, height)
        y += height
    return boxes, y
